"""Our client's side of a transfer with a real server."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager

from tftp_fsm.client.names import base_name, name_octets
from tftp_fsm.client.orders import GetOrder, PutOrder
from tftp_fsm.debugger.worlds.live import LiveWorld
from tftp_fsm.driver.driver import Driver
from tftp_fsm.protocol.events import Opened
from tftp_fsm.transports.impaired import FaultyTransport
from tftp_fsm.transports.resolve import family_of, resolve
from tftp_fsm.transports.udp import UdpTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tftp_fsm.client.orders import Order
    from tftp_fsm.client.settings import Settings
    from tftp_fsm.wire.address import Address


def dial_get(
    host: str, remote: str | bytes, local: str | os.PathLike[str] | None, settings: Settings
) -> LiveWorld:
    """Return a world in which our client is about to read `remote`. Raises the errors of `get`."""
    path = base_name(name_octets(remote)) if local is None else local
    return _dial(host, GetOrder(remote, path, settings))


def dial_put(
    host: str, local: str | os.PathLike[str], remote: str | bytes | None, settings: Settings
) -> LiveWorld:
    """Return a world in which our client is about to send `local`. Raises the errors of `put`."""
    return _dial(host, PutOrder(local, remote, settings))


def _dial(host: str, order: Order) -> LiveWorld:
    """Return the world. It closes the storage later; a failure closes it at once."""
    with _world(host, order.settings) as (world, address), ExitStack() as opened:
        opened.enter_context(order)
        job = order.begin(address, None)
        driver = Driver(job.session, world.pipe, source=job.source, sink=job.sink)
        world.begin_with(driver, Opened())
        opened.pop_all()
    return world


@contextmanager
def _world(host: str, settings: Settings) -> Iterator[tuple[LiveWorld, Address]]:
    """Yield a new world and the server's address. The world is closed if its session fails."""
    address = resolve(host, settings.port, settings.family)[0]
    udp = UdpTransport(family_of(address), settings.bind, settings.ports, offload=settings.offload)
    transport = FaultyTransport(udp, settings.faults) if settings.faults else udp
    world = LiveWorld("client", transport)
    try:
        yield world, address
    except BaseException:
        world.close()
        raise
