"""Our client's side of a transfer with a real server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tftp_fsm.client.names import base_name, local_path, name_octets, remote_name
from tftp_fsm.client.offer import session_for
from tftp_fsm.client.settings import Settings
from tftp_fsm.debugger.worlds.live import LiveWorld
from tftp_fsm.driver.driver import Driver
from tftp_fsm.protocol.events import Opened
from tftp_fsm.storage import open_sink, open_source
from tftp_fsm.transports.faults import FaultyTransport
from tftp_fsm.transports.resolve import family_of, resolve
from tftp_fsm.transports.udp import UdpTransport
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Rrq, Wrq


def dial_get(
    host: str, remote: str | bytes, local: str | os.PathLike[str] | None, settings: Settings
) -> LiveWorld:
    """A world in which our client is about to ask for `remote`. It raises what `get` raises."""
    name = name_octets(remote)
    path = local_path(base_name(name) if local is None else local, name)
    with _world(host, settings) as (world, address):
        session = session_for(Rrq(name, settings.mode), settings, address)
        sink = open_sink(path, netascii=settings.netascii, overwrite=settings.overwrite)
        world.begin_with(Driver(session, world.pipe, sink=sink), Opened())
    return world


def dial_put(
    host: str, local: str | os.PathLike[str], remote: str | bytes | None, settings: Settings
) -> LiveWorld:
    """A world in which our client is about to send `local`. It raises what `put` raises."""
    name = remote_name(local) if remote is None else name_octets(remote)
    with _world(host, settings) as (world, address):
        source = open_source(local, netascii=settings.netascii)
        session = session_for(Wrq(name, settings.mode), settings, address, size=source.size)
        world.begin_with(Driver(session, world.pipe, source=source), Opened())
    return world


@contextmanager
def _world(host: str, settings: Settings) -> Iterator[tuple[LiveWorld, Address]]:
    """A new world and the server's address. If its session cannot begin, the world is closed."""
    address = resolve(host, settings.port, settings.family)[0]
    udp = UdpTransport(family_of(address), settings.bind, settings.ports, offload=settings.offload)
    transport = FaultyTransport(udp, settings.faults) if settings.faults else udp
    world = LiveWorld("client", transport)
    try:
        yield world, address
    except BaseException:
        world.close()
        raise
