"""Sending bursts out of a socket that others wait for too.

A send never waits long: the loop serves every session. What the kernel has no room for after a
moment is lost, as it might be anywhere on the way.
"""

from __future__ import annotations

import errno
import select
import socket
from collections.abc import Sequence

from tftp_fsm.errors import LocalError
from tftp_fsm.transports import Buffer, Burst, Unreachable
from tftp_fsm.transports.icmp import UNREACHABLE, queued_errors
from tftp_fsm.transports.offload import (
    REFUSALS,
    SENDS_PIECES,
    ControlMessages,
    can_segment,
    cut_every,
    few_pieces,
    gather,
    segments_a_call,
)
from tftp_fsm.transports.resolve import plain
from tftp_fsm.wire.address import Address

ROOM_WAIT = 0.05  # seconds; the longest that one burst waits for room in the kernel
ATTEMPTS = 4  # a send is refused, once each, for what ICMP said about earlier datagrams
_FULL = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS})
_LOSSES = _FULL | {errno.EPERM}  # EPERM: a firewall of this host drops it


class UdpSender:
    """One non-blocking socket. `news` collects what ICMP says about peers."""

    __slots__ = ("_may_wait", "_segments", "news", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.news: list[Unreachable] = []
        self._segments = can_segment()
        self._may_wait = False

    def send(self, burst: Burst, to: Address, control: ControlMessages = ()) -> None:
        """Each datagram to `to`; LocalError where this host cannot."""
        self._may_wait = True
        if len(burst.buffers) == 1 and len(burst.buffers[0]) <= burst.segment:
            self._put(burst.buffers, control, to)
            return
        if self._segments and self._send_joined(burst, to, control):
            return
        for datagram in gather(burst.buffers, burst.segment):
            self._put(datagram, control, to)

    def heard_icmp(self) -> bool:
        """Take what waits in the socket's error queue; whether there was anything."""
        said = list(queued_errors(self.sock))
        for number, peer in said:
            if number in UNREACHABLE:
                self.news.append(Unreachable(plain(peer)))
        return bool(said)

    def _send_joined(self, burst: Burst, to: Address, control: ControlMessages) -> bool:
        """False when the kernel cannot cut: only the first part can show that."""
        cut = (*control, *cut_every(burst.segment))
        for part in gather(burst.buffers, burst.segment * segments_a_call(burst.segment)):
            if not self._put(part, cut, to, cuts=True):
                self._segments = False
                return False
        return True

    def _put(
        self, pieces: Sequence[Buffer], control: ControlMessages, to: Address, *, cuts: bool = False
    ) -> bool:
        """One system call. False where it was refused for having the kernel cut."""
        for _ in range(ATTEMPTS):
            try:
                self._call(pieces, control, to)
                return True
            except OSError as error:
                if self.heard_icmp() or (error.errno in _FULL and self._wait_for_room()):
                    continue
                if cuts and error.errno in REFUSALS:
                    return False
                self._refused(error, sum(map(len, pieces)), to)
                return True
        return True

    def _call(self, pieces: Sequence[Buffer], control: ControlMessages, to: Address) -> None:
        if SENDS_PIECES:
            self.sock.sendmsg(few_pieces(pieces), control, 0, to)
        else:
            self.sock.sendto(b"".join(pieces), to)

    def _wait_for_room(self) -> bool:
        """Once for each burst: whether there is room now."""
        if not self._may_wait:
            return False
        self._may_wait = _is_writable(self.sock)
        return self._may_wait

    def _refused(self, error: OSError, octets: int, to: Address) -> None:
        where = f"{to[0]} port {to[1]}"
        if error.errno in UNREACHABLE:
            self.news.append(Unreachable(to))
        elif error.errno == errno.EMSGSIZE:
            raise LocalError(
                f"a datagram of {octets} octets does not fit the path to {where}: "
                "ask for a lower blksize"
            ) from error
        elif error.errno not in _LOSSES:
            raise LocalError(f"cannot send to {where}: {error.strerror or error}") from error


def _is_writable(sock: socket.socket) -> bool:
    if not hasattr(select, "poll"):
        return bool(select.select((), (sock,), (), ROOM_WAIT)[1])
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    return bool(poll.poll(ROOM_WAIT * 1000))
