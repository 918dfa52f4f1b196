"""Many datagrams in one system call: Linux has UDP_SEGMENT for sending, UDP_GRO for receiving.

With UDP_SEGMENT the kernel cuts one long buffer into datagrams. With UDP_GRO it hands over a run of
datagrams as one buffer, and their size in a control message. The peer notices neither.

A capture shows a difference: on the loopback, or if the network card does the cutting, it has one
long frame for many datagrams. TFTP_FSM_OFFLOAD=0 in the environment turns both off.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
import sys
from functools import cache
from itertools import accumulate

from tftp_fsm.transports.burst import Burst
from tftp_fsm.wire.address import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    from tftp_fsm.transports.burst import Buffer

SOL_UDP = 17
UDP_SEGMENT = 103  # linux/udp.h; Python names neither
UDP_GRO = 104

VARIABLE = "TFTP_FSM_OFFLOAD"
_OFF = ("0", "no", "off", "false")

MOST_SEGMENTS = 64  # UDP_MAX_SEGMENTS of every kernel that has the option
MOST_OCTETS = 65507  # the longest UDP payload over IPv4; a joined buffer must fit it too
MOST_PIECES = 1024  # IOV_MAX
CONTROL_ROOM = 64  # octets; enough for one control message with an int

REFUSALS = frozenset({errno.EIO, errno.EINVAL, errno.EMSGSIZE, errno.EOPNOTSUPP, errno.ENOPROTOOPT})
"""The errors of sendmsg if the kernel, the route or the network card cannot cut."""

ControlMessages: TypeAlias = "Sequence[tuple[int, int, bytes]]"

SENDS_PIECES = hasattr(socket.socket, "sendmsg")  # not on Windows


def is_allowed() -> bool:
    """Whether the environment allows this process to use them."""
    return os.environ.get(VARIABLE, "").lower() not in _OFF


def can_segment() -> bool:
    """Whether this system may have UDP_SEGMENT. Only the first send shows that it works."""
    return sys.platform == "linux" and SENDS_PIECES and is_allowed()


def segments_a_call(segment: int) -> int:
    """How many datagrams of `segment` octets one call can send."""
    return max(1, min(MOST_SEGMENTS, MOST_OCTETS // segment))


@cache
def cut_every(segment: int) -> ControlMessages:
    """The control message that makes the kernel cut a buffer every `segment` octets."""
    return ((SOL_UDP, UDP_SEGMENT, struct.pack("H", segment)),)


def join_received(sock: socket.socket) -> bool:
    """Ask for runs of datagrams in one buffer. Return False if the kernel cannot join them."""
    if sys.platform != "linux" or not is_allowed():
        return False
    try:
        sock.setsockopt(SOL_UDP, UDP_GRO, 1)
    except OSError:
        return False
    return True


def leave_apart(sock: socket.socket) -> None:
    """Ask for separate datagrams again."""
    with contextlib.suppress(OSError):
        sock.setsockopt(SOL_UDP, UDP_GRO, 0)


def joined_every(control: ControlMessages) -> int | None:
    """Return the size of the datagrams that the kernel has joined, or None if it was one."""
    for level, kind, octets in control:
        if level == SOL_UDP and kind == UDP_GRO:
            return int.from_bytes(octets[:4], sys.byteorder)
    return None


def receive_burst(sock: socket.socket, memory: memoryview, joins: bool, flags: int = 0) -> Burst:
    """Receive into `memory`: one datagram, or a run of them if `joins`. Raises OSError."""
    if not joins:
        octets, peer = sock.recvfrom_into(memory, 0, flags)
        return Burst((memory[:octets],), octets, plain(peer))
    octets, control, _, peer = sock.recvmsg_into((memory,), CONTROL_ROOM, flags)
    return Burst((memory[:octets],), joined_every(control) or octets, plain(peer))


def gather(buffers: Sequence[Buffer], octets: int) -> Iterator[Sequence[Buffer]]:
    """Cut `buffers` into parts of `octets` octets. A part is a list of pieces, without a copy.

    There is at least one part, because an empty datagram is a datagram too.
    """
    if len(buffers) == 1:
        yield from _cut(memoryview(buffers[0]), octets)
        return
    ends = list(accumulate(map(len, buffers)))
    if not ends or ends[-1] <= octets:
        yield buffers
        return
    from bisect import bisect_left  # imported late: a short transfer has nothing to gather

    first = used = 0  # the next part starts `used` octets into buffer `first`
    for end in range(octets, ends[-1] + octets, octets):
        last = bisect_left(ends, min(end, ends[-1]), first)
        part = list(buffers[first : last + 1])
        left = max(0, ends[last] - end)
        if left:
            part[-1] = memoryview(part[-1])[:-left]
        if used:
            part[0] = memoryview(part[0])[used:]
        yield part
        first, used = (last, len(buffers[last]) - left) if left else (last + 1, 0)


def _cut(buffer: memoryview, octets: int) -> Iterator[Sequence[Buffer]]:
    for start in range(0, max(len(buffer), 1), octets):
        yield (buffer[start : start + octets],)


def few_pieces(part: Sequence[Buffer]) -> Sequence[Buffer]:
    """The octets in at most MOST_PIECES pieces, as many as one system call takes."""
    return part if len(part) <= MOST_PIECES else (b"".join(part),)
