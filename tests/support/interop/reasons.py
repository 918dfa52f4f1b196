"""The reason for each "no" of the matrix, found in the packets and in the source code."""

from __future__ import annotations

from dataclasses import dataclass

BOTH = ("get", "put")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why these cells are "no". `titles` are columns. `now_and_then`: they may also be "yes"."""

    peer: str
    role: str
    verbs: tuple[str, ...]
    titles: tuple[str, ...]
    fault: str  # the program that is at fault
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
        "of the other program",
        "It accepts the mode netascii, but it sends and stores the octets unchanged. The line ends "
        "of the two systems are then not translated.",
    )


def _text_refused(peer: str, words: str) -> Reason:
    return Reason(
        peer,
        "server",
        BOTH,
        ("text",),
        "of the other program",
        f"It refuses the mode netascii: {words}. Use octet.",
    )


def _numbers_end(peer: str, detail: str) -> Reason:
    return Reason(
        peer,
        "client",
        BOTH,
        ("34 MiB",),
        "of the other program",
        f"Its block numbers do not wrap: {detail} A file of more than 65,535 blocks cannot be "
        "moved.",
    )


REASONS = (
    Reason(
        "ptftpd",
        "server",
        ("get",),
        ("34 MiB", "34 MiB, no options"),
        "of the other program",
        "It puts all blocks of a window into one datagram, which fails (ERROR 0). Without options "
        "it does the same after block 65535, because it then takes the window as endless.",
    ),
    Reason(
        "ptftpd",
        "server",
        ("put",),
        ("34 MiB, no options",),
        "of the other program",
        "After a request without options it expects DATA 0, and answers DATA 1 with ERROR 4.",
    ),
    Reason(
        "ptftpd",
        "server",
        BOTH,
        ("text",),
        "of the other program",
        "Its translation of netascii fails at the first octet: it applies a text pattern to octets "
        "(TypeError), and sends ERROR 0.",
    ),
    Reason(
        "perl-net-tftpd",
        "server",
        ("put",),
        ("34 MiB, no options",),
        "of the other program",
        "It loses block 65536, whose number is 0: the file on the server lacks 512 octets, but no "
        "error is reported. With larger blocks the number does not wrap.",
    ),
    Reason(
        "inetutils-tftpd",
        "server",
        ("put",),
        ("34 MiB", "34 MiB, no options"),
        "of the other program",
        "It has no options, and it acknowledges no block after 65535: it waits for block 65536.",
    ),
    Reason(
        "ptftpd",
        "client",
        ("put",),
        ("1 MiB", "34 MiB"),
        "of the other program",
        "It asks for a windowsize, but it cannot send a window: it gives a tuple to its socket "
        "(TypeError). A server without windowsize, such as `tftp-fsm serve --max-windowsize 1`, "
        "gets the file.",
    ),
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
        BOTH,
        ("text",),
        "of the other program",
        "It sends the mode netascii, but it does not translate line ends. It writes the octets "
        "as they are in the packets.",
    ),
)


def why(peer: str, role: str, verb: str, title: str) -> Reason | None:
    """Return the first reason for that cell."""
    found = (reason for reason in REASONS if reason.holds(peer, role, verb, title))
    return next(found, None)
