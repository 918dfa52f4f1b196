"""Make the driver that answers a request.

This module refuses no request. If a file cannot be opened, the session's first event says so, and
the session's table has the answer. A session that refuses has no file and accepts no options.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tftp_fsm.driver.driver import Driver
from tftp_fsm.driver.effects import storage_failed
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import Event, Observer, RequestReceived
from tftp_fsm.protocol.roles import ReadServer, WriteServer, server_session
from tftp_fsm.protocol.session import MODES
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.provided import provided
from tftp_fsm.storage.netascii import NetasciiSource
from tftp_fsm.storage.protocols import Sink, Source
from tftp_fsm.storage.served.jail import ServedRoot
from tftp_fsm.transports.largest import largest_datagram
from tftp_fsm.transports.protocol import Transport
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.kinds import Request, Rrq, Wrq
from tftp_fsm.wire.options import OptionLimits, read_options
from tftp_fsm.wire.packets import Reading

if TYPE_CHECKING:
    from tftp_fsm.providers.asked import Provider
    from tftp_fsm.transports.carried import Listening

DATA_HEADER = 4  # octets: opcode and block


def open_root(config: ServerConfig, kind: Callable[..., ServedRoot] = ServedRoot) -> ServedRoot:
    """Open the root directory of `config`. Raises LocalError if that is not possible."""
    return kind(
        config.root,
        writable=config.writable,
        overwrite=config.overwrite,
        max_size=config.max_size,
        fold_case=config.fold_case,
        public_only=config.public_only,
        follow_links=config.follow_links,
        keep_versions=config.keep_versions,
    )


def sendable(limits: OptionLimits) -> OptionLimits:
    """Return the limits, with a blksize that this system can send in one datagram."""
    return replace(limits, blksize=min(limits.blksize, largest_datagram() - DATA_HEADER))


@frozen
class Found:
    """The result of a search: a file to send, a file to receive, a failure, or none of these."""

    source: Source | None = None
    sink: Sink | None = None
    failed: LocalError | None = None

    def close(self) -> None:
        """Close the file. That of an upload is removed."""
        if self.source is not None:
            self.source.close()
        if self.sink is not None:
            self.sink.discard()


@frozen
class Opening:
    """A session that has heard nothing yet, its first event, and its file if there is one."""

    session: ReadServer | WriteServer
    event: Event
    source: Source | None
    sink: Sink | None

    @property
    def is_refused(self) -> bool:
        """Whether the first row must be a refusal, because there is no file."""
        return self.source is None and self.sink is None

    def driver(
        self,
        transport: Transport,
        observer: Observer | None,
        listening: Listening | None = None,
    ) -> Driver:
        """Return the driver that moves the file over `transport`."""
        return Driver(
            self.session,
            transport,
            source=self.source,
            sink=self.sink,
            observer=observer,
            listening=listening,
        )

    def close(self) -> None:
        """Close the file. That of an upload is removed."""
        Found(self.source, self.sink).close()


class SessionFactory:
    """Finds the files for requests, in `root` or with `provider`, within limits of `config`.

    `provider` is `pipeline(config, root)`. It has no default, so that no caller forgets it.
    """

    def __init__(self, config: ServerConfig, root: ServedRoot, provider: Provider | None) -> None:
        self._config = config
        self._root = root
        self._provider = provider
        self._retry_policy = config.retry_policy
        self._sendable = sendable(config.limits)
        # The client sends the windows of an upload, and each gets one ACK.
        self._receivable = replace(config.limits, window_octets=None)

    def driver(
        self, reading: Reading, peer: Address, transport: Transport, observer: Observer | None
    ) -> tuple[Driver, Event]:
        """Return the driver, and the first event to feed it. `reading` is the parsed request."""
        opening = self.open(reading, peer)
        return opening.driver(transport, observer), opening.event

    def lacks(self, name: bytes) -> bool:
        """Return whether there is no file of this name. This is faster than a refusal.

        A provider is not asked, because it may have a file of any name.
        """
        return self._provider is None and self._root.lacks(name)

    @property
    def takes_nothing(self) -> bool:
        """Return whether every upload is refused."""
        return self._provider is None and not self._config.writable

    @property
    def may_wait(self) -> bool:
        """Whether `find` may take long, so that it must not run on the loop's thread."""
        return self._provider is not None

    def open(self, reading: Reading, peer: Address, local: str | None = None) -> Opening:
        """Open the file of the request `reading`. `local` is our address that received it."""
        return self.opening(reading, peer, self.find(reading, peer, local))

    def hold(self) -> object:
        """Return an object that keeps the root open, even after a change to another root."""
        return self._root.hold()

    def find(self, reading: Reading, peer: Address, local: str | None) -> Found:
        """Find the file of a request. This may wait, and it makes no session."""
        request = reading.packet
        assert isinstance(request, Rrq | Wrq), "only a request begins a session"
        if request.mode.lower() not in MODES:
            return Found()
        try:
            if self._provider is None:
                return Found(*self._opened(request))
            return Found(*provided(self._provider, request, peer, local))
        except LocalError as failed:
            return Found(failed=failed)

    def opening(self, reading: Reading, peer: Address, found: Found) -> Opening:
        """Return the session of a request for which `found` was found."""
        request, source, sink = reading.packet, found.source, found.sink
        assert isinstance(request, Rrq | Wrq), "only a request begins a session"
        event: Event = RequestReceived(peer, reading.tolerated)
        if found.failed is not None:
            event = storage_failed(found.failed)
        limits: OptionLimits | None = self._sendable if sink is None else self._receivable
        if source is None and sink is None:
            limits = None
        session = server_session(
            request,
            peer,
            self._retry_policy,
            limits,
            size=0 if source is None else source.size,
            is_counted=not isinstance(source, NetasciiSource) or source.is_counted,
        )
        return Opening(session, event, source, sink)

    def _opened(self, request: Request) -> tuple[Source | None, Sink | None]:
        """Open the file that an RRQ reads or a WRQ writes. Raises LocalError."""
        netascii = request.mode.lower() == "netascii"
        match request:
            case Rrq(filename=name):
                return self._root.open_read(name, netascii), None
            case Wrq(filename=name):
                # If tsize shows that the file cannot fit, it is refused before the first block.
                size = read_options(request.options).tsize
                return None, self._root.open_write(name, size, netascii)
