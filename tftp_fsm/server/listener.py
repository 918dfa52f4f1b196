"""The listening sockets: requests arrive here, and refusals without a session leave here."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import time
from collections.abc import Iterator

from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark, marked, reason, sentence
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.destination import (
    CONTROL_ROOM,
    ask_for_destinations,
    destination_of,
    mapped,
    sent_from,
    unmapped,
)
from tftp_fsm.server.waited import ask_for_times, waited
from tftp_fsm.transports.burst import Buffer, Burst, Unreachable
from tftp_fsm.transports.icmp import IcmpErrors
from tftp_fsm.transports.kernel import grow_buffers
from tftp_fsm.transports.largest import make_room
from tftp_fsm.transports.resolve import family_of, resolve
from tftp_fsm.transports.udp_sender import UdpSender
from tftp_fsm.wire.address import Address, plain
from tftp_fsm.wire.packets import Error, build

RECEIVE_BUFFER = 1 << 20  # octets; many machines may boot at the same moment
LOOPBACK_WAIT = 0.1  # seconds; a datagram over the loopback arrives sooner
PROBES = 32  # source ports; Linux gives all of them to one of two sockets with chance 2 ** -31
SAME_PORT_ATTEMPTS = 20  # the kernel chooses a port, which must be free in both families
_RIGHTS = mark(
    "a port below 1024 needs special rights: use `setcap cap_net_bind_service=+ep` on the "
    "Python interpreter, or let systemd open the socket (LISTEN_FDS), or choose another port"
)


@frozen
class Arrival:
    """A datagram from `peer` to our address `host`, which is None if the kernel does not tell it.

    `octets` are valid until the next datagram is received. `came_at` is in seconds on the
    monotonic clock, or None if the kernel does not tell it.
    """

    octets: Buffer
    peer: Address
    host: str | None
    came_at: float | None = None


class Listener:
    """One socket that is bound to the listening port."""

    def __init__(self, sock: socket.socket, *, offload: bool = True) -> None:
        self.sock = sock
        sock.setblocking(False)
        self._tells_destination = ask_for_destinations(sock)
        ask_for_times(sock)
        self._sender = UdpSender(sock, IcmpErrors(sock, _ignore), offload=offload)
        make_room(sock)
        grow_buffers(sock, RECEIVE_BUFFER, (socket.SO_RCVBUF,))

    @property
    def address(self) -> Address:
        """The host and port that the socket is bound to."""
        return plain(self.sock.getsockname())

    def arrivals(self, memory: memoryview, most: int) -> Iterator[Arrival]:
        """Yield at most `most` waiting datagrams, without those to broadcast or multicast."""
        for _ in range(most):
            try:
                arrival = self._take(memory)
            except BlockingIOError:
                return
            except OSError:  # Windows: an ICMP error about an earlier answer
                continue
            if arrival is not None:
                yield arrival

    def send(self, burst: Burst, host: str | None) -> None:
        """Send each datagram to the burst's peer, from our address `host`."""
        self._sender.send(burst, self._reachable(burst.peer), sent_from(host, self.sock.family))

    def refuse(self, arrival: Arrival, error: Error) -> None:
        """Send an ERROR from the listening port, to a peer that gets no session."""
        with contextlib.suppress(LocalError):
            self.send(Burst.of(build(error), arrival.peer), arrival.host)

    def close(self) -> None:
        """Close the socket. The port is free then."""
        self.sock.close()

    def _take(self, memory: memoryview) -> Arrival | None:
        if not self._tells_destination:
            octets, peer = self.sock.recvfrom_into(memory)
            return Arrival(memory[:octets], _sender_of(peer), None)
        octets, control, _, peer = self.sock.recvmsg_into((memory,), CONTROL_ROOM)
        to = destination_of(control)
        if to.is_group:
            return None
        known = waited(control)
        came_at = time.monotonic() - known if known else None
        return Arrival(memory[:octets], _sender_of(peer), to.host, came_at)

    def _reachable(self, peer: Address) -> Address:
        if self.sock.family == socket.AF_INET6 and len(peer) == 2:
            return (mapped(peer[0]), peer[1], 0, 0)
        return peer


def _ignore(unreachable: Unreachable) -> None:
    """Do nothing: a session that shares the listening port ends by its time-outs."""


def _sender_of(address: object) -> Address:
    """Return the sender's address. An IPv4-mapped IPv6 address becomes an IPv4 address."""
    peer = plain(address)
    host = unmapped(peer[0])
    return peer if host == peer[0] else (host, peer[1])


def listen(config: ServerConfig, *, shared: bool = False, joins: bool = False) -> list[Listener]:
    """Return a listener for each address of `config`. No other program may have the address.

    If `shared`, other workers can join the addresses later. If `joins`, this call is of a worker
    that joins.
    """
    sockets: list[socket.socket] = []
    try:
        sockets = _bound(config, shared, joins)
        return [Listener(sock, offload=config.offload) for sock in sockets]
    except BaseException:
        for sock in sockets:
            sock.close()
        raise


def spreads_load() -> bool:
    """Return whether each socket of a shared port gets a part of the requests, as on Linux.

    On other systems (macOS) one socket gets all requests. This function tries it on the loopback.
    """
    with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
        first = stack.enter_context(_bind(("127.0.0.1", 0), shared=True))
        second = stack.enter_context(_bind(first.getsockname(), joins=True))
        for _ in range(PROBES):
            probe = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            probe.sendto(b"", first.getsockname())
        return all(select.select((sock,), (), (), LOOPBACK_WAIT)[0] for sock in (first, second))
    return True


def cannot_share_port() -> LocalError:
    """Return the error for several workers on a system without SO_REUSEPORT or fork."""
    why = sentence("this system cannot share a port between processes: use one worker")
    return LocalError(why, setting="workers")


def adopt(descriptors: range, *, offload: bool = True) -> list[Listener]:
    """Return listeners for the sockets that a service manager has bound (sd_listen_fds(3))."""
    listeners = []
    for number in descriptors:
        sock = socket.socket(fileno=number)
        if sock.type != socket.SOCK_DGRAM or sock.family not in (socket.AF_INET, socket.AF_INET6):
            sock.close()
            raise LocalError(
                sentence(
                    "descriptor {number} is not a UDP socket: use ListenDatagram=", number=number
                )
            )
        sock.set_inheritable(False)
        listeners.append(Listener(sock, offload=offload))
    return listeners


def _bound(config: ServerConfig, shared: bool, joins: bool) -> list[socket.socket]:
    attempts = SAME_PORT_ATTEMPTS if config.port == 0 else 1
    for attempt in range(attempts):
        sockets: list[socket.socket] = []
        try:
            for address in _addresses(config):
                port = config.port or (sockets[0].getsockname()[1] if sockets else 0)
                here = (address[0], port, *address[2:])
                sockets.append(_bind(here, shared=shared, joins=joins))
            return sockets
        except OSError as error:
            for sock in sockets:
                sock.close()
            last = attempt == attempts - 1 or not sockets
            if last or error.errno != errno.EADDRINUSE:
                raise _cannot_listen(error, config) from error
    raise AssertionError("the last attempt returns or raises")


def _addresses(config: ServerConfig) -> list[Address]:
    if config.bind:
        return list(dict.fromkeys(a for host in config.bind for a in resolve(host, config.port)))
    anywhere: list[Address] = [("0.0.0.0", config.port)]
    return [*anywhere, ("::", config.port, 0, 0)] if _has_ipv6() else anywhere


def _has_ipv6() -> bool:
    if not socket.has_ipv6:
        return False
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::", 0))
    except OSError:
        return False
    return True


def _bind(address: Address, *, shared: bool = False, joins: bool = False) -> socket.socket:
    """Return a socket that is bound to `address`.

    If SO_REUSEPORT were set before the first bind, two servers of one user could share the port by
    mistake, and each would get some of the requests. So it is set after the first bind, which
    fails if the port is taken. Workers that join set it before their bind.
    """
    sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
    try:
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if (shared or joins) and not hasattr(socket, "SO_REUSEPORT"):
            raise cannot_share_port()
        if joins:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(address)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except BaseException:
        sock.close()
        raise
    return sock


def _cannot_listen(error: OSError, config: ServerConfig) -> LocalError:
    address = ", ".join(config.bind) or sentence("any address")
    where = sentence("{address} port {port}", address=address, port=config.port)
    why = reason(error)
    if error.errno == errno.EACCES and 0 < config.port < 1024:
        why = marked(_RIGHTS)
    elif error.errno == errno.EADDRINUSE:
        why = sentence("another program listens there; stop it, or choose another port")
    elif error.errno == errno.EADDRNOTAVAIL:
        why = sentence("this host does not have this address")
    is_address = error.errno == errno.EADDRNOTAVAIL
    return LocalError(
        sentence("cannot listen on {where}: {why}", where=where, why=why),
        setting="bind" if is_address else "port",
    )
