"""From what the user asks to the RRQ or WRQ that says it: names, places, options."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TypeVar

from tftp_fsm.client.settings import Settings
from tftp_fsm.errors import LocalError
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import Options, blksize_for_mtu, offer
from tftp_fsm.wire.packets import Rrq, Wrq, build, printable

ETHERNET_MTU = 1500  # octets; assumed where the kernel does not tell
# 16 blocks of an Ethernet frame are 23 KiB: that fits the smallest socket buffers and switch
# queues in use, and loses little when one datagram is lost. Doubling it gains a few percent.
WINDOWSIZE = 16
WINDOW_OCTETS = 128 * 1024  # of larger blocks fewer: kernels give a socket about 200 KiB

AnyRequest = TypeVar("AnyRequest", Rrq, Wrq)


def name_octets(name: str | bytes) -> bytes:
    """A file's name as it is on the wire: UTF-8, or the octets that an argument really had."""
    return name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")


def checked(request: AnyRequest) -> AnyRequest:
    """The request, if it can be said on the wire; LocalError where it cannot."""
    build(request)
    return request


def with_options(request: AnyRequest, options: Options) -> AnyRequest:
    """The request that also offers these, checked."""
    return checked(replace(request, options=options.pairs()))


def offered(settings: Settings, address: Address, tsize: int) -> Options:
    """What to offer to `address`. `tsize`: the size on the wire, 0 to ask for it (RFC 2349)."""
    if not settings.options:
        return Options()
    blksize = settings.blksize
    if blksize == "auto":
        # Only over UDP does the kernel know the way; it might even ask a name server for it.
        blksize = _blksize(address, ask=settings.transport is None)
    window = _windowsize(blksize) if settings.windowsize == "auto" else settings.windowsize
    timeout = settings.offered_timeout
    return offer(blksize=blksize, windowsize=window, timeout=timeout, tsize=tsize)


def _windowsize(blksize: int) -> int:
    return max(1, min(WINDOWSIZE, WINDOW_OCTETS // blksize))


def _blksize(address: Address, *, ask: bool) -> int:
    from tftp_fsm.transports.udp import path_mtu

    ip_version = 4 if len(address) == 2 else 6
    known = path_mtu(address) if ask else None
    return blksize_for_mtu(known or ETHERNET_MTU, ip_version)


def base_name(remote: bytes) -> str:
    """The local name of a remote file: what follows its last slash or backslash.

    LocalError where that is empty, `.` or `..`, or no name of a file here.
    """
    name = remote.replace(b"\\", b"/").rpartition(b"/")[2]
    if name in (b"", b".", b"..") or b"\0" in name:
        raise LocalError(f"{printable(remote)!r} gives no local name: name the local file too")
    return os.fsdecode(name)


def local_path(local: str | os.PathLike[str], remote: bytes) -> str:
    """Where a `get` goes. Into a directory that exists, under the remote's name, as cp does."""
    path = os.fspath(local)
    return os.path.join(path, base_name(remote)) if os.path.isdir(path) else path


def remote_name(local: object, folder: bytes = b"") -> bytes:
    """What a `put` is called there when nobody says: the file's name without its directories."""
    if not isinstance(local, str | os.PathLike):
        raise ValueError("a remote name is needed for what has no name here")
    name = os.path.basename(os.fspath(local))
    return folder + os.fsencode(name)
