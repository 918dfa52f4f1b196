"""From a request to the driver that answers it.

Whatever speaks against a request is not decided here: it is the session's first event, and its
table has the answer.
"""

from __future__ import annotations

from dataclasses import replace

from tftp_fsm.driver.driver import Driver, Observer
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.events import Event, RequestReceived, StorageFailed
from tftp_fsm.protocol.roles import ReadServer, WriteServer
from tftp_fsm.protocol.session import MODES
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.storage import NetasciiSource
from tftp_fsm.storage.served.jail import ServedRoot
from tftp_fsm.transports import Transport
from tftp_fsm.transports.largest import largest_datagram
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import OptionLimits, Options, accept, read_options
from tftp_fsm.wire.packets import Request, Rrq, Wrq

DATA_HEADER = 4  # octets: opcode and block


def sendable(limits: OptionLimits) -> OptionLimits:
    """Lowered to what this system sends in one datagram."""
    return replace(limits, blksize=min(limits.blksize, largest_datagram() - DATA_HEADER))


class SessionFactory:
    """Opens files in `root` for requests, within the limits of `config`."""

    def __init__(self, config: ServerConfig, root: ServedRoot) -> None:
        self._config = config
        self._root = root
        self._sendable = sendable(config.limits)

    def driver(
        self, request: Request, peer: Address, transport: Transport, observer: Observer | None
    ) -> tuple[Driver, Event]:
        """The driver, and the first event to feed it."""
        event: Event = RequestReceived(peer)
        driver = None
        try:
            if request.mode.lower() in MODES:
                driver = self._granted(request, peer, transport, observer)
        except LocalError as failed:
            event = StorageFailed(failed.code, str(failed))
        return driver or self._refusing(request, peer, transport, observer), event

    def _granted(
        self, request: Request, peer: Address, transport: Transport, observer: Observer | None
    ) -> Driver:
        """May raise LocalError."""
        retry_policy, netascii = self._config.retry_policy, request.mode.lower() == "netascii"
        match request:
            case Rrq(filename=name):
                source = self._root.open_read(name, netascii)
                options = accept(request.options, self._sendable, tsize=source.size)
                counted = not isinstance(source, NetasciiSource) or source.is_counted
                if not counted:  # RFC 2349 lets a server leave tsize out
                    options = replace(options, tsize=None)
                sender = ReadServer(request, source.size, options, peer, retry_policy)
                sender.is_counted = counted
                return Driver(sender, transport, source=source, observer=observer)
            case Wrq(filename=name):
                # Refused before the first block comes, where tsize says that it cannot fit.
                told = read_options(request.options).tsize
                sink = self._root.open_write(name, told, netascii)
                options = accept(request.options, self._config.limits, tsize=None)
                receiver = WriteServer(request, options, peer, retry_policy)
                return Driver(receiver, transport, sink=sink, observer=observer)

    def _refusing(
        self, request: Request, peer: Address, transport: Transport, observer: Observer | None
    ) -> Driver:
        """A session without a file, which has only to say no."""
        session: ReadServer | WriteServer
        match request:
            case Rrq():
                session = ReadServer(request, 0, Options(), peer, self._config.retry_policy)
            case Wrq():
                session = WriteServer(request, Options(), peer, self._config.retry_policy)
        return Driver(session, transport, observer=observer)
