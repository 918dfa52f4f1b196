"""The request and the storage of a `get` or a `put`. Both are ready before the first address.

    order = GetOrder("boot.img", "/srv/boot.img", settings)
    with order:                                # opens the storage, and closes it in the end
        tries = Tries(addresses, settings)
        for address, patience in tries:
            job = order.begin(address, patience)

`api` runs the jobs in the caller's thread, and `tftp_fsm.aio` in an event loop.
"""

from __future__ import annotations

import os
from math import inf

from tftp_fsm.client.attempt import Job
from tftp_fsm.client.names import local_path, name_octets, remote_name
from tftp_fsm.client.offer import checked, session_for
from tftp_fsm.errors import HostUnreachable, LocalError, TransferTimedOut
from tftp_fsm.language import joined, layout, sentence
from tftp_fsm.storage.limits import MEMORY_LIMIT
from tftp_fsm.storage.sinks import BytesSink, around, open_sink
from tftp_fsm.storage.wrapped import ExactSink
from tftp_fsm.wire.packets import Rrq, Wrq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Protocol, Self

    from tftp_fsm.client.attempt import Attempt
    from tftp_fsm.client.settings import Settings
    from tftp_fsm.errors import TftpError
    from tftp_fsm.protocol.session import Session
    from tftp_fsm.storage.protocols import Readable, Sink, Source, Writable
    from tftp_fsm.wire.address import Address

EARLY_PATIENCE = 7.0  # seconds of silence, if more addresses can be tried after this one


if TYPE_CHECKING:

    class Order(Protocol):
        """A transfer that can be tried at several addresses, one after the other."""

        settings: Settings

        def begin(self, address: Address, patience: float | None) -> Job:
            """Return a session with `address`. `patience` is that of `Settings.retry_policy`."""

        def __enter__(self) -> Self:
            """Open the storage. Raises LocalError."""

        def __exit__(self, *_: object) -> None:
            """Close the storage. A file that is not whole is removed."""


class GetOrder:
    """Reads `remote` into `local`, or into memory. Raises LocalError for a name."""

    def __init__(self, remote: str | bytes, local: Writable | None, settings: Settings) -> None:
        self.settings = settings
        self._request = checked(Rrq(name_octets(remote), settings.mode))
        if isinstance(local, str | os.PathLike):
            local = local_path(local, self._request.filename)
        self._local = local
        self._memory = BytesSink(MEMORY_LIMIT if settings.max_size is None else None)
        self._digest = _digest(settings)
        self._asked: list[Session] = []
        self._sink: Sink = self._memory

    def begin(self, address: Address, patience: float | None) -> Job:
        """A session that asks `address`."""
        session = session_for(self._request, self.settings, address, unanswered_patience=patience)
        self._asked.append(session)
        sink = _exact(self._sink, session) if self.settings.strict_size else self._sink
        digest, memory = self._digest, self._memory
        return Job("get", session, _path(self._local), sink=sink, digest=digest, memory=memory)

    def _announced(self) -> int | None:
        return self._asked[-1].agreed.tsize

    def __enter__(self) -> Self:
        settings, local = self.settings, self._local
        netascii, max_size = settings.netascii, settings.max_size
        if local is None:
            self._sink = around(
                self._memory,
                netascii=netascii,
                digest=self._digest,
                max_size=max_size,
                announced=self._announced,
            )
            return self
        self._sink = open_sink(
            local,
            netascii=netascii,
            digest=self._digest,
            overwrite=settings.overwrite,
            max_size=max_size,
            announced=self._announced,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._sink.discard()


class PutOrder:
    """Writes `local` as `remote`. Raises LocalError or ValueError for a name."""

    def __init__(self, local: Readable, remote: str | bytes | None, settings: Settings) -> None:
        self.settings = settings
        name = b"" if remote is None else name_octets(remote)
        if remote is None or name.endswith(b"/"):
            name = remote_name(local, name)
        self._request = checked(Wrq(name, settings.mode))
        self._local = local
        self._digest = _digest(settings)
        self._source: Source | None = None

    def begin(self, address: Address, patience: float | None) -> Job:
        """A session that asks `address`."""
        source = self._source
        assert source is not None, "the storage is opened first"
        session = session_for(
            self._request, self.settings, address, size=source.size, unanswered_patience=patience
        )
        return Job("put", session, _path(self._local), source=source, digest=self._digest)

    def __enter__(self) -> Self:
        from tftp_fsm.storage.sources import open_source  # imported late: a get needs no source

        netascii = self.settings.netascii
        self._source = open_source(self._local, netascii=netascii, digest=self._digest)
        return self

    def __exit__(self, *_: object) -> None:
        if self._source is not None:
            self._source.close()


class Tries:
    """The addresses in order, each with its patience, until one answers.

    `left` is the number of seconds that the transfer may still take. After the last address
    `failure` tells what happened at each address.
    """

    def __init__(self, addresses: list[Address], settings: Settings) -> None:
        self.left = inf if settings.max_time is None else settings.max_time
        self._addresses = addresses
        self._tried: list[str] = []
        self._failed: TftpError | None = None

    def __iter__(self) -> Iterator[tuple[Address, float | None]]:
        for number, address in enumerate(self._addresses, 1):
            yield address, None if number == len(self._addresses) else EARLY_PATIENCE

    def note(self, failed: TftpError, address: Address, attempt: Attempt | None) -> None:
        """Go on to the next address, or raise `failed` again if this one has answered."""
        is_silence = isinstance(failed, HostUnreachable | TransferTimedOut | LocalError)
        if not is_silence or (attempt is not None and attempt.is_decided):
            raise failed
        self.left -= 0.0 if attempt is None else attempt.seconds
        self._tried.append(layout("{address}: {why}", address=address[0], why=_why(failed)))
        self._failed = failed

    @property
    def failure(self) -> TftpError:
        """Return the error of the last address, with the errors of the others."""
        failed = self._failed
        assert failed is not None, "at least one address was tried"
        if self._tried[:-1]:
            others = joined(", ", self._tried[:-1])
            told = sentence("{failed}; tried before: {others}", failed=str(failed), others=others)
            failed.args = (told,)
        return failed


def _why(failed: TftpError) -> str:
    match failed:
        case HostUnreachable():
            return sentence("no program listens")
        case TransferTimedOut():
            return sentence("no answer")
        case _:
            return str(failed)


def _exact(sink: Sink, session: Session) -> Sink:
    """Return a sink that needs the announced size, except 0: some servers repeat our 0."""
    return ExactSink(sink, lambda: session.agreed.tsize or None)


def _digest(settings: Settings) -> Any:
    if not settings.sha256:
        return None
    from hashlib import sha256

    return sha256()


def _path(local: object) -> str | None:
    return os.fsdecode(local) if isinstance(local, str | os.PathLike) else None
