"""Get a file from a server, or put one there.

    tftp_fsm.get("192.0.2.1", "boot.img", "/srv/boot.img")
    octets = tftp_fsm.get("192.0.2.1", "boot.img").data
    tftp_fsm.put("tftp.example", b"octets", "name", blksize=1428, windowsize=4)

`local` is a path or a binary file object, which stays open. `get` without `local` keeps the file
in memory, and `put` also takes octets. Other arguments are the fields of `Settings`. A transfer
that fails raises one of the exceptions of `errors`, and leaves no partial file.
"""

from __future__ import annotations

from contextlib import contextmanager

from tftp_fsm.client.attempt import Attempt
from tftp_fsm.client.hosts import Host, checked, name_and_port, whole
from tftp_fsm.client.orders import GetOrder, PutOrder, Tries
from tftp_fsm.client.result import Transfer
from tftp_fsm.client.settings import Settings
from tftp_fsm.errors import TftpError
from tftp_fsm.lazy import LateType
from tftp_fsm.storage.protocols import Readable, Writable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Unpack

    from tftp_fsm.client.keywords import Keywords
    from tftp_fsm.client.orders import Order
    from tftp_fsm.transports.protocol import Transport
    from tftp_fsm.wire.address import Address
else:
    Unpack = LateType("typing", "Unpack")
    Keywords = LateType("tftp_fsm.client.keywords", "Keywords")


def get(
    host: Host, remote: str | bytes, local: Writable | None = None, **keywords: Unpack[Keywords]
) -> Transfer:
    """Read `remote` from `host` into `local`. Without `local` the result's `data` has the file."""
    return _moved(host, GetOrder(remote, local, Settings(**keywords)))


def put(
    host: Host, local: Readable, remote: str | bytes | None = None, **keywords: Unpack[Keywords]
) -> Transfer:
    """Write `local` to `host` as `remote`.

    If `remote` is not given or ends with a slash, the base name of the path `local` is appended.
    """
    return _moved(host, PutOrder(local, remote, Settings(**keywords)))


def _moved(host: Host, order: Order) -> Transfer:
    """Try the addresses in order until one answers. An ERROR is an answer too."""
    settings = order.settings
    addresses = _addresses(host, settings)
    with order:
        tries = Tries(addresses, settings)
        for address, patience in tries:
            job, attempt = order.begin(address, patience), None
            try:
                with _transport_to(address, settings) as (transport, prepare):
                    attempt = Attempt(job, transport, settings, prepare, tries.left)
                    return attempt.run()
            except TftpError as failed:
                tries.note(failed, address, attempt)
        raise tries.failure


@contextmanager
def _transport_to(
    address: Address, settings: Settings
) -> Iterator[tuple[Transport, Callable[[int], None]]]:
    """Yield a transport, and a function that prepares it for windows of a number of octets."""
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
    from tftp_fsm.transports.impaired import FaultyTransport

    return FaultyTransport(transport, settings.faults, settings.on_mishap)


def _addresses(host: Host, settings: Settings) -> list[Address]:
    named = name_and_port(host, settings)
    if named is None:
        assert not isinstance(host, str), "a string has to be looked up"
        return [host if settings.transport is not None else whole(host)]
    if settings.transport is not None:
        from tftp_fsm.transports.protocol import addresses_of

        return addresses_of(settings.transport, *named)
    from tftp_fsm.transports.resolve import resolve

    return checked(named[0], resolve(*named, settings.family))


__all__ = ["Settings", "TftpError", "Transfer", "get", "put"]
