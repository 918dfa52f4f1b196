"""Why a transfer fails, for each "no" of the matrix, as the packets and the sources show it."""

from __future__ import annotations

from dataclasses import dataclass

BOTH = ("get", "put")
OCTETS = ("0", "1", "512", "1 MiB", "34 MiB", "1 MiB, blksize 512", "34 MiB, no options")
MANY = ("1 MiB", "34 MiB", "1 MiB, blksize 512", "34 MiB, no options")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why these cells are "no"; `titles` are columns. `now_and_then`: they may also be "yes"."""

    peer: str
    role: str
    verbs: tuple[str, ...]
    titles: tuple[str, ...]
    fault: str  # whose it is
    text: str
    now_and_then: bool = False

    def holds(self, peer: str, role: str, verb: str, title: str) -> bool:
        same = (peer, role) == (self.peer, self.role)
        return same and verb in self.verbs and title in self.titles


def _text_unchanged(peer: str) -> Reason:
    return Reason(
        peer,
        "server",
        BOTH,
        ("text",),
        "theirs",
        "It accepts the mode netascii, but it sends and stores the octets unchanged. The line ends "
        "of the two systems are then not translated.",
    )


def _text_refused(peer: str, words: str) -> Reason:
    return Reason(
        peer,
        "server",
        BOTH,
        ("text",),
        "theirs",
        f"It refuses the mode netascii: {words}. Use octet.",
    )


def _numbers_end(peer: str, detail: str) -> Reason:
    return Reason(
        peer,
        "client",
        BOTH,
        ("34 MiB",),
        "theirs",
        f"Its block numbers do not wrap: {detail} A file of more than 65,535 blocks cannot be "
        "moved.",
    )


REASONS = (
    _text_unchanged("tftpy"),
    _text_unchanged("partftpy"),
    _text_unchanged("node-tftp"),
    _text_unchanged("perl-net-tftpd"),
    _text_refused("erlang", "ERROR 4, Illegal mode netascii"),
    _text_refused("busybox-tftpd", "ERROR 0, mode is not 'octet'"),
    _numbers_end("perl-net-tftp", "after block 65535 it waits for block 65536."),
    _numbers_end("inetutils-tftp", "after block 65535 it waits for block 65536."),
    Reason(
        "curl",
        "client",
        ("get",),
        ("0",),
        "theirs",
        "curl 7.88 takes the tsize 0 of an empty file for an error (RFC 2349 allows it).",
    ),
    Reason(
        "curl",
        "client",
        BOTH,
        ("text",),
        "theirs",
        "It sends the mode netascii, but it does not translate line ends: what it writes is what "
        "is on the wire.",
    ),
)


def why(peer: str, role: str, verb: str, title: str) -> Reason | None:
    """The first reason for that cell."""
    found = (reason for reason in REASONS if reason.holds(peer, role, verb, title))
    return next(found, None)
