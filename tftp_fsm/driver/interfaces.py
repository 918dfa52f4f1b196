"""The methods of a session and a transport that effects and runs need. Only annotations use it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from tftp_fsm.protocol.rows import State
from tftp_fsm.transports.burst import Buffer
from tftp_fsm.wire.address import Address

Payload: TypeAlias = Sequence[Buffer]
"""The file data of the DATA packets of one event, in order."""

Joined: TypeAlias = tuple[bytes, int]
"""The octets that arrived, and the size of each datagram in them."""

Receive: TypeAlias = Callable[[memoryview], int]
Emit: TypeAlias = Callable[[bytes], int]


class Moved(Protocol):
    """The members of a session that effects and runs read."""

    @property
    def state(self) -> State: ...

    @property
    def peer(self) -> Address | None: ...

    @property
    def blksize(self) -> int: ...

    @property
    def windowsize(self) -> int: ...

    @property
    def prediction(self) -> int | None: ...


class Receives(Moved, Protocol):
    """The members of a receiving session that a run reads. See `Receiver`."""

    @property
    def next_number(self) -> int: ...

    @property
    def received(self) -> int: ...

    @property
    def acknowledged(self) -> int: ...


class Sends(Moved, Protocol):
    """The members of a sending session that a run reads. See `Sender`."""

    @property
    def acked(self) -> int: ...

    @property
    def blocks(self) -> int: ...
