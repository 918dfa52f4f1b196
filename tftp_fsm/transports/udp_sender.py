"""Send bursts over UDP. If the kernel can cut bursts, this takes few system calls.

A send never waits long, because a server's loop serves every session. If the kernel has no room for
a datagram after ROOM_WAIT seconds, the datagram is lost, as it might be lost on its way.
"""

from __future__ import annotations

import errno
import select
import socket

from tftp_fsm.errors import LocalError
from tftp_fsm.language.sentences import reason, sentence
from tftp_fsm.transports.icmp import UNREACHABLE, unreachable
from tftp_fsm.transports.offload import (
    REFUSALS,
    SENDS_PIECES,
    can_segment,
    cut_every,
    few_pieces,
    gather,
    segments_a_call,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tftp_fsm.transports.burst import Buffer, Burst
    from tftp_fsm.transports.icmp import IcmpErrors
    from tftp_fsm.transports.offload import ControlMessages
    from tftp_fsm.wire.address import Address

    _Parts = Sequence[Sequence[Buffer]]

ROOM_WAIT = 0.05  # seconds; the longest that one burst waits for room in the kernel
ATTEMPTS = 4  # each ICMP error about an earlier datagram makes one send fail
_FULL = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS})


class UdpSender:
    """Sends out of one socket. ICMP errors that a send meets go to `icmp`.

    With `offload` the kernel cuts joined datagrams. If it refuses once, each datagram is sent by a
    separate call from then on. For a burst in one piece, the cuts are kept, because its memory may
    be sent again with other blocks.
    """

    __slots__ = ("_cut", "_icmp", "_may_wait", "_parts", "_segments", "_sock")

    def __init__(self, sock: socket.socket, icmp: IcmpErrors, *, offload: bool = True) -> None:
        self._sock = sock
        self._icmp = icmp
        self._segments = offload and can_segment()
        self._may_wait = False
        self._cut: Burst | None = None
        self._parts: _Parts = ()

    def send(self, burst: Burst, to: Address, control: ControlMessages = ()) -> None:
        """Send each datagram to `to`, with the `control` messages of sendmsg.

        Raises LocalError for a datagram that the path cannot carry, and for an address that this
        socket cannot reach.
        """
        self._may_wait = True
        if burst is self._cut:
            self._send_joined(self._parts, burst.segment, to, control)
        elif len(burst.buffers) == 1 and len(burst.buffers[0]) <= burst.segment:
            self._put(burst.buffers, control, to)
        elif self._segments and sum(map(len, burst.buffers)) > burst.segment > 0:
            parts = _in_calls(burst)
            if len(burst.buffers) == 1:
                self._cut, self._parts = burst, parts
            self._send_joined(parts, burst.segment, to, control)
        else:
            self._send_each(burst.buffers, burst.segment, to, control)

    def _send_joined(
        self, parts: _Parts, segment: int, to: Address, control: ControlMessages
    ) -> None:
        cut = (*control, *cut_every(segment)) if control else cut_every(segment)
        for part in parts:
            if not (self._segments and self._put(part, cut, to, is_joined=True)):
                self._segments = False
                self._send_each(part, segment, to, control)

    def _send_each(
        self, buffers: Sequence[Buffer], segment: int, to: Address, control: ControlMessages
    ) -> None:
        for datagram in gather(buffers, segment):
            self._put(few_pieces(datagram), control, to)

    def _put(
        self,
        pieces: Sequence[Buffer],
        control: ControlMessages,
        to: Address,
        *,
        is_joined: bool = False,
    ) -> bool:
        """Make one system call. Return False if the kernel refused to cut joined datagrams."""
        for _ in range(ATTEMPTS):
            try:
                self._call(pieces, control, to)
                return True
            except OSError as error:
                if self._icmp.read() or (error.errno in _FULL and self._wait_for_room()):
                    continue
                if is_joined and error.errno in REFUSALS:
                    return False
                self._give_up(error, sum(map(len, pieces)), to)
                return True
        return True

    def _call(self, pieces: Sequence[Buffer], control: ControlMessages, to: Address) -> None:
        if SENDS_PIECES:
            self._sock.sendmsg(pieces, control, 0, to)
        else:
            self._sock.sendto(b"".join(pieces), to)

    def _wait_for_room(self) -> bool:
        """Wait until the kernel has room. A burst waits again only if the last wait helped."""
        if not self._may_wait:
            return False
        self._may_wait = _is_writable(self._sock)
        return self._may_wait

    def _give_up(self, error: OSError, octets: int, to: Address) -> None:
        where = sentence("{host} port {port}", host=to[0], port=to[1])
        if error.errno in UNREACHABLE:
            self._icmp.report(unreachable(error.errno, to))
        elif error.errno == errno.EMSGSIZE:
            why = sentence(
                "a datagram of {octets} octets does not fit the path to {where}: use a lower "
                "blksize",
                octets=octets,
                where=where,
            )
            raise LocalError(why, setting="blksize") from error
        elif error.errno not in _FULL:
            why = sentence("cannot send to {where}: {why}", where=where, why=reason(error))
            raise LocalError(why) from error


def _in_calls(burst: Burst) -> _Parts:
    """The pieces of each system call."""
    octets = burst.segment * segments_a_call(burst.segment)
    return [few_pieces(part) for part in gather(burst.buffers, octets)]


def _is_writable(sock: socket.socket) -> bool:
    if not hasattr(select, "poll"):
        return bool(select.select((), (sock,), (), ROOM_WAIT)[1])
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    return bool(poll.poll(ROOM_WAIT * 1000))
