"""Our client's side of a transfer with a real server."""

from __future__ import annotations

import os

from tftp_fsm.client.request import (
    base_name,
    local_path,
    name_octets,
    offered,
    remote_name,
    with_options,
)
from tftp_fsm.client.settings import Settings
from tftp_fsm.debugger.worlds.live import LiveWorld
from tftp_fsm.driver.driver import Driver
from tftp_fsm.protocol.events import Opened
from tftp_fsm.protocol.roles import ReadClient, WriteClient
from tftp_fsm.storage import open_sink, open_source
from tftp_fsm.transports.faults import FaultyTransport
from tftp_fsm.transports.resolve import family_of, resolve
from tftp_fsm.transports.udp import UdpTransport
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Rrq, Wrq


def dial_get(
    host: str, remote: str | bytes, local: str | os.PathLike[str] | None, settings: Settings
) -> LiveWorld:
    """A world in which our client is about to ask for `remote`. Errors as of `client.get`."""
    name = name_octets(remote)
    path = local_path(base_name(name) if local is None else local, name)
    world, address = _world(host, settings)
    try:
        request = Rrq(name, settings.mode)
        request = with_options(request, offered(settings, address, tsize=0))
        session = ReadClient(request, address, settings.retry_policy())
        sink = open_sink(path, netascii=settings.netascii, overwrite=settings.overwrite)
        world.begin_with(Driver(session, world.pipe, sink=sink), Opened())
    except BaseException:
        world.close()
        raise
    return world


def dial_put(
    host: str, local: str | os.PathLike[str], remote: str | bytes | None, settings: Settings
) -> LiveWorld:
    """A world in which our client is about to send `local`. Errors as of `client.put`."""
    name = remote_name(local) if remote is None else name_octets(remote)
    world, address = _world(host, settings)
    try:
        source = open_source(local, netascii=settings.netascii)
        request = with_options(
            Wrq(name, settings.mode), offered(settings, address, tsize=source.size)
        )
        session = WriteClient(request, source.size, address, settings.retry_policy())
        world.begin_with(Driver(session, world.pipe, source=source), Opened())
    except BaseException:
        world.close()
        raise
    return world


def _world(host: str, settings: Settings) -> tuple[LiveWorld, Address]:
    address = resolve(host, settings.port, settings.family)[0]
    udp = UdpTransport(family_of(address), settings.bind, settings.ports, offload=settings.offload)
    transport = FaultyTransport(udp, settings.faults) if settings.faults else udp
    return LiveWorld("client", transport), address
