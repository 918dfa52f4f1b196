"""ICMP errors, each with the peer that it concerns (Linux: ip(7), IP_RECVERR).

A call on a socket that is not connected fails without saying which datagram could not be
delivered. Linux also keeps an error queue, which holds the destination of that datagram.
"""

from __future__ import annotations

import errno
import socket
import struct
import sys

from tftp_fsm.language.sentences import mark
from tftp_fsm.transports.burst import Unreachable
from tftp_fsm.wire.address import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tftp_fsm.wire.address import Address

# The two kinds of RFC 1122 section 4.1.3.3: a closed port stays closed, other errors may pass.
_CLOSED = ("ECONNREFUSED", "ECONNRESET")
_PASSING = {
    "EHOSTUNREACH": mark("no route to host"),  # no answer to ARP; also a router's firewall refuses
    "ENETUNREACH": mark("network is unreachable"),  # no route yet, or none while a link is down
    "EHOSTDOWN": mark("host is down"),
    "ENETDOWN": mark("network is down"),
    "ENONET": mark("this machine is not on the network"),
    "EPERM": mark("a firewall of this host drops the packets"),
}


def _known(name: str) -> int:
    return getattr(errno, name, 0)


CLOSED = {_known(name) for name in _CLOSED} | {10054, 10061}  # numbers of Windows
PASSING = {_known(name): words for name, words in _PASSING.items()} | {
    10050: mark("network is down"),
    10051: mark("network is unreachable"),
    10052: mark("network is unreachable"),
    10064: mark("host is down"),
    10065: mark("no route to host"),
}
UNREACHABLE = frozenset(CLOSED | set(PASSING)) - {0}  # 0 stands for names that are unknown here
# As an ICMPv6 error this may pass. If a send fails with it, the fault is here, as for a broadcast.
_FORBIDDEN = {_known("EACCES"): mark("communication is prohibited")}

_OPTIONS = {
    socket.AF_INET: (socket.IPPROTO_IP, 11),  # IP_RECVERR
    socket.AF_INET6: (socket.IPPROTO_IPV6, 25),  # IPV6_RECVERR
}
_EXTENDED_ERROR = struct.Struct("=IBBBBII")  # linux/errqueue.h, struct sock_extended_err
_FROM_ICMP = (2, 3)  # SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6; 1 is this host itself


def unreachable(number: int, peer: Address) -> Unreachable:
    """Return the meaning of the error `number` (errno) for `peer`."""
    words = PASSING.get(number) or _FORBIDDEN.get(number, "")
    return Unreachable(peer, not words, words)


def ask_for_errors(sock: socket.socket) -> None:
    """Ask the kernel to queue the ICMP errors about datagrams of `sock`."""
    if sys.platform == "linux":
        sock.setsockopt(*_OPTIONS[sock.family], 1)


class IcmpErrors:
    """The ICMP errors of a few sockets. `report` is called with each peer that is unreachable."""

    __slots__ = ("_sockets", "report")

    def __init__(self, sock: socket.socket, report: Callable[[Unreachable], object]) -> None:
        self._sockets = [sock]
        self.report = report

    def watch(self, sock: socket.socket) -> None:
        """Read the errors of `sock` too."""
        self._sockets.append(sock)

    def read(self) -> bool:
        """Empty the error queues. Return whether there was any error in them."""
        errors = [error for sock in self._sockets for error in _queued_errors(sock)]
        for number, peer in errors:
            if number in UNREACHABLE or number in _FORBIDDEN:
                self.report(unreachable(number, plain(peer)))
        return bool(errors)


def _queued_errors(sock: socket.socket) -> Iterator[tuple[int, Address]]:
    """Each ICMP error that waits in the queue, as errno and the peer whose datagram it was."""
    while sys.platform == "linux":
        try:
            _, control, _, peer = sock.recvmsg(0, 256, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
        except OSError:
            return
        for level, kind, octets in control:
            if (level, kind) == _OPTIONS[sock.family]:
                number, origin, *_ = _EXTENDED_ERROR.unpack_from(octets)
                if origin in _FROM_ICMP:
                    yield number, peer
