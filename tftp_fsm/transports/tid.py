"""Sockets with their own TIDs (RFC 1350 section 4), and the MTU of the path to a peer."""

from __future__ import annotations

import errno
import socket
import sys

from tftp_fsm.errors import HostUnreachable, LocalError
from tftp_fsm.language.sentences import reason, sentence
from tftp_fsm.transports.icmp import ask_for_errors
from tftp_fsm.transports.resolve import family_of, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from tftp_fsm.wire.address import Address

_TAKEN = frozenset({errno.EADDRINUSE, errno.EACCES, 10048, 10013})  # the latter two: Windows
_PATH_MTU = {socket.AF_INET: (socket.IPPROTO_IP, 14), socket.AF_INET6: (socket.IPPROTO_IPV6, 24)}


def bound_socket(family: int, bind: str | None, ports: range | None) -> socket.socket:
    """Return a UDP socket with a TID that is hard to guess: from the kernel, or from `ports`.

    Raises LocalError if no port is free or `bind` is not an address of this host.
    """
    here = _own_address(family, bind)
    sock = _new_socket(family)
    try:
        ask_for_errors(sock)
        _bind_to_first_free(sock, here, (0,) if ports is None else _shuffled(ports))
    except BaseException:
        sock.close()
        raise
    return sock


def connected_twin(sock: socket.socket, peer: Address) -> socket.socket:
    """Return a second socket with the TID of `sock`. It gets the datagrams of `peer` from now on.

    The TID can be shared only during this call, so no third socket can join later. Raises OSError.
    """
    twin = _new_socket(sock.family)
    pair = (sock, twin)
    try:
        ask_for_errors(twin)
        _share_tid(pair, True)
        twin.bind(sock.getsockname())
        twin.connect(peer)
    except BaseException:
        twin.close()
        raise
    finally:
        _share_tid((sock,), False)
    _share_tid((twin,), False)
    return twin


def path_mtu(address: Address) -> int | None:
    """Return the kernel's MTU of the path to `address`: octets with IP and UDP headers.

    Return None if the kernel does not tell it. Nothing is sent.
    """
    if sys.platform != "linux":
        return None
    family = family_of(address)
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(address)
            return probe.getsockopt(*_PATH_MTU[family])
    except OSError:
        return None


def _new_socket(family: int) -> socket.socket:
    try:
        sock = socket.socket(family, socket.SOCK_DGRAM)
    except OSError as error:
        is_absent = error.errno == errno.EAFNOSUPPORT
        why = reason(error)
        told = sentence("cannot open a socket: {why}", why=why)
        if is_absent:
            told = sentence("this host has no addresses of that family: {why}", why=why)
        raise LocalError(told) from error
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return sock


def _own_address(family: int, bind: str | None) -> Address:
    if bind is None:
        return ("", 0) if family == socket.AF_INET else ("", 0, 0, 0)
    try:
        return resolve(bind, 0, family)[0]
    except HostUnreachable as error:
        why = sentence("cannot bind to {address}: {why}", address=bind, why=str(error))
        raise LocalError(why) from error


def _shuffled(ports: range) -> list[int]:
    if not ports or min(ports) < 1 or max(ports) > 65535:
        shown = _range_text(ports)
        raise LocalError(sentence("{ports} is not a range of ports from 1 to 65535", ports=shown))
    from random import SystemRandom  # only a range of ports needs it

    return SystemRandom().sample(ports, len(ports))


def _bind_to_first_free(sock: socket.socket, here: Address, ports: Iterable[int]) -> None:
    tried = []
    for port in ports:
        tried.append(port)
        try:
            return sock.bind((here[0], port, *here[2:]))
        except OSError as error:
            why = reason(error)
            if error.errno not in _TAKEN:
                told = sentence("cannot bind to {address}: {why}", address=_named(here), why=why)
                raise LocalError(told) from error
    told = sentence(
        "no UDP port is free on {address} port {ports}: {why}",
        address=_named(here),
        ports=_range_text(tried),
        why=why,
    )
    raise LocalError(told, setting="port_range")


def _named(here: Address) -> str:
    return here[0] or sentence("any address")


def _range_text(ports: range | list[int]) -> str:
    first, last = min(ports, default=0), max(ports, default=0)
    return f"{first}" if first == last else f"{first}-{last}"


def _share_tid(sockets: Iterable[socket.socket], shared: bool) -> None:
    for sock in sockets:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
