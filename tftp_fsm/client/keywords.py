"""The keyword arguments of `get` and `put`, for type checkers.

A `TypedDict` compiles all its annotations when the class is created, which takes a millisecond. So
no transfer imports this module at run time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, TypedDict

from tftp_fsm.client.result import Transfer, Waiting
from tftp_fsm.protocol.events import Step
from tftp_fsm.protocol.session import Session
from tftp_fsm.transports.carried import Listening
from tftp_fsm.transports.faults import Faults, Impairment
from tftp_fsm.transports.protocol import Transport

Auto: TypeAlias = Literal["auto"]
Observer: TypeAlias = Callable[[Step], None]
Progress: TypeAlias = Callable[[int, int | None], None]
ToldMishap: TypeAlias = Callable[[Impairment], None]


class Keywords(TypedDict, total=False):
    """The keyword arguments of `get` and `put`: the fields of `Settings`."""

    port: int
    mode: str
    blksize: int | Auto | None
    windowsize: int | Auto | None
    timeout: float | None
    retries: int | None
    patience: float | None
    max_time: float | None
    dally: float | None
    options: bool
    bind: str | None
    ports: range | None
    family: int | None
    overwrite: bool
    strict_size: bool
    max_size: int | None
    offload: bool
    sha256: bool
    faults: Faults | None
    transport: Transport | None
    observer: Observer | None
    progress: Progress | None
    on_session: Callable[[Session], None] | None
    on_waiting: Callable[[Waiting], None] | None
    on_finished: Callable[[Transfer], None] | None
    on_mishap: ToldMishap | None
    on_datagram: Listening | None
