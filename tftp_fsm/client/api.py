"""Get a file from a server, or put one there.

    tftp_fsm.get("192.0.2.1", "boot.img", "/srv/boot.img")
    octets = tftp_fsm.get("192.0.2.1", "boot.img").data
    tftp_fsm.put("tftp.example", b"octets", "name", blksize=1428, windowsize=4)

`local` is a path or a binary file object, which stays open. `get` without `local` keeps the file
in memory, and `put` also takes octets. Other arguments are the fields of `Settings`. A transfer
that fails raises one of the exceptions of `errors`, and leaves no partial file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack

from tftp_fsm.client.attempt import Attempt, Job
from tftp_fsm.client.names import local_path, name_octets, remote_name
from tftp_fsm.client.offer import checked, session_for
from tftp_fsm.client.result import Transfer
from tftp_fsm.client.settings import Keywords, Settings
from tftp_fsm.errors import HostUnreachable, LocalError, TftpError, TransferTimedOut
from tftp_fsm.protocol.session import Session
from tftp_fsm.storage import (
    BytesSink,
    ExactSink,
    Sink,
    open_sink,
    open_source,
)
from tftp_fsm.storage.limits import MEMORY_LIMIT
from tftp_fsm.storage.sinks import around
from tftp_fsm.transports import Transport, addresses_of
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Rrq, Wrq

if TYPE_CHECKING:
    from tftp_fsm.storage import Readable, Writable

Host: TypeAlias = str | Address
_ANY = ("0.0.0.0", "::")
EARLY_PATIENCE = 7.0  # seconds of silence, if other addresses can be tried after this one


def get(
    host: Host, remote: str | bytes, local: Writable | None = None, **keywords: Unpack[Keywords]
) -> Transfer:
    """Read `remote` from `host` into `local`, or without `local` into the result's `data`."""
    settings = Settings(**keywords)
    request = checked(Rrq(name_octets(remote), settings.mode))
    if isinstance(local, str | os.PathLike):
        local = local_path(local, request.filename)
    addresses = _addresses(host, settings)
    digest = _digest(settings)
    memory = BytesSink(MEMORY_LIMIT if settings.max_size is None else None)
    asked: list[Session] = []
    sink = _sink(local, memory, settings, digest, lambda: asked[-1].agreed.tsize)

    def begin(address: Address, patience: float | None) -> Job:
        session = session_for(request, settings, address, unanswered_patience=patience)
        asked.append(session)
        target = _exact(sink, session) if settings.strict_size else sink
        return Job("get", session, _path(local), sink=target, digest=digest, memory=memory)

    try:
        return _first_that_answers(addresses, begin, settings)
    finally:
        sink.discard()


def put(
    host: Host, local: Readable, remote: str | bytes | None = None, **keywords: Unpack[Keywords]
) -> Transfer:
    """Write `local` to `host` as `remote`.

    If `remote` is not given or ends with a slash, the base name of the path `local` is appended.
    """
    settings = Settings(**keywords)
    name = b"" if remote is None else name_octets(remote)
    if remote is None or name.endswith(b"/"):
        name = remote_name(local, name)
    request = checked(Wrq(name, settings.mode))
    addresses = _addresses(host, settings)
    digest = _digest(settings)
    source = open_source(local, netascii=settings.netascii, digest=digest)

    def begin(address: Address, patience: float | None) -> Job:
        session = session_for(
            request, settings, address, size=source.size, unanswered_patience=patience
        )
        return Job("put", session, _path(local), source=source, digest=digest)

    try:
        return _first_that_answers(addresses, begin, settings)
    finally:
        source.close()


def _first_that_answers(
    addresses: list[Address], begin: Callable[[Address, float | None], Job], settings: Settings
) -> Transfer:
    """Try the addresses in order, until one answers. An ERROR is an answer too."""
    tried: list[str] = []
    left = inf if settings.max_time is None else settings.max_time
    for address in addresses:
        is_last = len(tried) == len(addresses) - 1
        job = begin(address, None if is_last else EARLY_PATIENCE)
        try:
            return _attempt(address, job, settings, left)
        except _NoAnswer as silence:
            failed = silence.failed
            left -= silence.seconds
            tried.append(f"{address[0]}: {_why(failed)}")
    if tried[:-1]:
        failed.args = (f"{failed}; before that {', '.join(tried[:-1])}",)
    raise failed


class _NoAnswer(Exception):
    """Nobody answered at this address, so the next one may be tried."""

    def __init__(self, failed: TftpError, seconds: float) -> None:
        super().__init__(failed)
        self.failed = failed
        self.seconds = seconds


def _attempt(address: Address, job: Job, settings: Settings, left: float) -> Transfer:
    """Ask one address. The transfer may take `left` seconds."""
    conversation = None
    try:
        with _transport_to(address, settings) as (transport, prepare):
            conversation = Attempt(job, transport, settings, prepare, left)
            return conversation.run()
    except (HostUnreachable, TransferTimedOut, LocalError) as failed:
        if conversation is None or not conversation.is_decided:
            seconds = 0.0 if conversation is None else conversation.seconds
            raise _NoAnswer(failed, seconds) from failed
        raise


def _why(failed: TftpError) -> str:
    match failed:
        case HostUnreachable():
            return "nobody listens"
        case TransferTimedOut():
            return "no answer"
        case _:
            return str(failed)


@contextmanager
def _transport_to(
    address: Address, settings: Settings
) -> Iterator[tuple[Transport, Callable[[int], None]]]:
    """A transport, and a function that prepares it for windows of so many octets."""
    if settings.transport is not None:
        yield _faulty(settings.transport, settings), lambda octets: None
        return
    from tftp_fsm.transports.resolve import family_of
    from tftp_fsm.transports.udp import UdpTransport

    family = family_of(address)
    udp = UdpTransport(family, settings.bind, settings.ports, offload=settings.offload)
    transport = _faulty(udp, settings)
    try:
        yield transport, udp.set_buffers
    finally:
        transport.close()


def _faulty(transport: Transport, settings: Settings) -> Transport:
    if not settings.faults:
        return transport
    from tftp_fsm.transports.faults import FaultyTransport

    return FaultyTransport(transport, settings.faults, settings.on_mishap)


def _addresses(host: Host, settings: Settings) -> list[Address]:
    if isinstance(host, tuple) and len(host) != 2:
        return [host if settings.transport is not None else _with_zone(host)]
    name, port = host if isinstance(host, tuple) else (host, settings.port)
    if settings.transport is not None:
        return addresses_of(settings.transport, name, port)
    from tftp_fsm.transports.resolve import resolve

    found = resolve(name, port, settings.family)
    if found[0][0] in _ANY:
        # Linux sends it to this host, which answers from 127.0.0.1: that is another TID.
        raise HostUnreachable(f"{name} is not the address of a host: use localhost for this host")
    return found


def _with_zone(address: Address) -> Address:
    from tftp_fsm.transports.resolve import plain
    from tftp_fsm.transports.zones import with_zone

    return with_zone(plain(address))


def _sink(
    local: Writable | None,
    memory: BytesSink,
    settings: Settings,
    digest: Any,
    announced: Callable[[], int | None],
) -> Sink:
    netascii, max_size = settings.netascii, settings.max_size
    if local is not None:
        return open_sink(
            local,
            netascii=netascii,
            digest=digest,
            overwrite=settings.overwrite,
            max_size=max_size,
            announced=announced,
        )
    return around(memory, netascii=netascii, digest=digest, max_size=max_size, announced=announced)


def _exact(sink: Sink, session: Session) -> Sink:
    """Zero is no size: some servers tell 0 of every file, because that is what the request says."""
    return ExactSink(sink, lambda: session.agreed.tsize or None)


def _digest(settings: Settings) -> Any:
    if not settings.sha256:
        return None
    from hashlib import sha256

    return sha256()


def _path(local: object) -> str | None:
    return os.fsdecode(local) if isinstance(local, str | os.PathLike) else None


__all__ = ["Settings", "TftpError", "Transfer", "get", "put"]
