"""The transfer's command line: its parser, and what its words mean."""

from __future__ import annotations

import argparse
import os
import re
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from tftp_fsm.cli.common import (
    Parser,
    integer,
    make_parser,
    number,
    port,
    port_range,
    probability,
    seconds,
)
from tftp_fsm.frozen import frozen

if TYPE_CHECKING:
    from tftp_fsm.client.settings import Keywords

VERBS = ("get", "put")
MODES = ("octet", "netascii")  # session.MODES, without the imports that it takes
USAGE = """tftp-fsm HOST [-p PORT] get REMOTE [LOCAL]
       tftp-fsm HOST [-p PORT] put LOCAL [REMOTE]
       tftp-fsm get tftp://HOST[:PORT]/NAME[;mode=netascii] [LOCAL]
       tftp-fsm put LOCAL tftp://HOST[:PORT]/NAME"""
EXAMPLES = """examples:
  tftp-fsm 192.0.2.1 get boot.img
  tftp-fsm 192.0.2.1 -p 6969 put config.txt
  tftp-fsm get tftp://[2001:db8::1]/motd - --mode netascii"""


@frozen
class Task:
    """One transfer. `local` is a path, `-`, or None for the remote's own name; and the reverse."""

    verb: str
    host: str
    remote: bytes | None
    local: str | None
    port: int | None = None
    mode: str | None = None


class Wrong(ValueError):
    """The words make no transfer; the text says what does."""


def transfer_parser(commands: dict[str, str]) -> Parser:
    """The parser. `commands` are named in the help."""
    named = f"\n\nother commands, each with --help: {' '.join(commands)}" if commands else ""
    parser = make_parser("tftp-fsm", "Move a file by TFTP (LOCAL - is stdout or stdin).")
    parser.usage = USAGE
    parser.epilog = EXAMPLES + named
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    _of_transfer(parser.add_argument)
    _of_network(parser.add_argument)
    _of_output(parser.add_argument)
    parser.add_argument("--version", action="version", version=_version())
    return parser


def _of_transfer(add: Callable[..., object]) -> None:
    add("-p", "--port", type=port, metavar="N", help="the server's port (69)")
    add("--mode", choices=MODES, help="octet, or netascii for text", metavar="MODE")
    add(
        "--blksize",
        type=_auto(8, 65464),
        default="auto",
        metavar="N",
        help="octets a block, 8 to 65464 (auto: what fits)",
    )
    add(
        "--windowsize",
        type=_auto(1, 65535),  # Settings says why no more than 32767
        default="auto",
        metavar="N",
        help="blocks an ACK, 1 to 32767 (auto: 16)",
    )
    add("--no-options", action="store_true", help="the plain protocol of RFC 1350")
    add("--strict-size", action="store_true", help="fail if a file has not the size that was told")
    add("--timeout", type=_timeout, metavar="S", help="seconds until the first retransmission (1)")
    add(
        "--retries", type=integer(0, 1000), metavar="N", help="retransmissions before giving up (5)"
    )
    add("--dally", type=seconds, metavar="S", help="seconds to stay and repeat the final ACK")


def _of_network(add: Callable[..., object]) -> None:
    add("--host", metavar="HOST", help="for a host that is called like a command")
    add("--bind", metavar="ADDRESS", help="this side's address")
    add(
        "--port-range",
        type=port_range,
        metavar="A-B",
        help="this side's ports, such as 50000-50100",
    )
    add("-4", dest="family", action="store_const", const=socket.AF_INET, help="IPv4 alone")
    add("-6", dest="family", action="store_const", const=socket.AF_INET6, help="IPv6 alone")
    add(
        "--no-offload",
        dest="offload",
        action="store_false",
        help="a frame for each block also in captures here",
    )
    for fault in ("loss", "duplicate", "reorder"):
        add(f"--{fault}", type=probability, default=0.0, metavar="P", help=_FAULTS[fault])
    add(
        "--delay",
        type=seconds,
        default=0.0,
        metavar="S",
        help="the most extra seconds of a datagram",
    )
    add("--seed", type=integer(0, 2**63), default=0, metavar="N", help="of these faults (0)")


_FAULTS = {
    "loss": "lose datagrams on purpose, for teaching: 0 to 1",
    "duplicate": "probability of a second copy",
    "reorder": "probability of being overtaken",
}


def _of_output(add: Callable[..., object]) -> None:
    add("-q", "--quiet", action="store_true", help="print nothing but errors")
    add("-v", "--verbose", action="store_true", help="each step as a line, and why")
    add("--trace", metavar="FILE", help="each step as a JSON line")
    add("--json", action="store_true", help="the result as JSON")
    add(
        "--keep-failures",
        default="auto",
        metavar="DIR",
        help="where last steps go for `debug` (auto), or none",
    )


def _auto(least: int, most: int) -> Callable[[str], int | str]:
    read = integer(least, most)

    def read_or_auto(text: str) -> int | str:
        return text if text == "auto" else read(text)

    return read_or_auto


_timeout = number(0.001, 255, " of seconds")


def _version() -> str:
    from tftp_fsm import __version__

    return f"tftp-fsm {__version__}"


def task_of(words: list[str], host: str | None) -> Task:
    """What the words say. Raises Wrong, or ValueError out of a URL."""
    if not words:
        raise Wrong("nothing to do: tftp-fsm HOST get REMOTE [LOCAL]")
    if "" in words:
        raise Wrong("one of the words is empty: a host and files have names")
    if host is not None:
        return _with_host(host, words)
    if _has_url(words):
        return _with_url(words)
    return _with_host(words[0], words[1:])


def _with_host(host: str, words: list[str]) -> Task:
    if not words or words[0] not in VERBS:
        found = f", not {words[0]!r}" if words else ""
        raise Wrong(f"get or put should follow the host {host!r}{found}")
    name, colon, digits = host.partition(":")
    if colon and digits.isdigit():
        raise Wrong(f"the port of {host!r} is written apart: {name} -p {digits}")
    verb, *names = words
    if not 1 <= len(names) <= 2:
        wanted = "REMOTE [LOCAL]" if verb == "get" else "LOCAL [REMOTE]"
        raise Wrong(f"{verb} takes {wanted}: {len(names)} names were given")
    other = names[1] if len(names) == 2 else None
    if verb == "get":
        return Task(verb, host, os.fsencode(names[0]), other)
    return Task(verb, host, None if other is None else os.fsencode(other), names[0])


def _has_url(words: list[str]) -> bool:
    return len(words) > 1 and words[0] in VERBS and any(map(_is_url, words[1:]))


def _is_url(word: str) -> bool:
    """Of any scheme: those that are not TFTP's are told so."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", word) is not None


def _with_url(words: list[str]) -> Task:
    from tftp_fsm.client.url import parse_url

    verb, *names = words
    place = 0 if verb == "get" else 1
    if len(names) > 2 or len(names) <= place or not _is_url(names[place]):
        raise Wrong("with a URL it is: get URL [LOCAL], or put LOCAL URL")
    url = parse_url(names[place])
    local = names[1 - place] if len(names) == 2 else None
    name = None if verb == "put" and not url.name else url.name
    return Task(verb, url.host, name, local, url.port, url.mode)


def keywords_of(args: argparse.Namespace, task: Task) -> Keywords:
    """The options, as `get` and `put` take them. What was typed goes before what a URL says."""
    from tftp_fsm.protocol.timing import RETRIES
    from tftp_fsm.wire.packets import WELL_KNOWN_PORT

    if args.no_options and (args.blksize, args.windowsize) != ("auto", "auto"):
        raise Wrong("--no-options is plain RFC 1350: leave --blksize and --windowsize out")
    keywords: Keywords = {
        "port": args.port or task.port or WELL_KNOWN_PORT,
        "mode": args.mode or task.mode or "octet",
        "blksize": args.blksize,
        "windowsize": args.windowsize,
        "timeout": args.timeout,
        "retries": RETRIES if args.retries is None else args.retries,
        "dally": args.dally,
        "options": not args.no_options,
        "bind": args.bind,
        "ports": args.port_range,
        "family": args.family,
        "offload": args.offload,
        "strict_size": args.strict_size,
        "sha256": args.json,
    }
    if args.loss or args.duplicate or args.reorder or args.delay:
        from tftp_fsm.transports.faults import Faults

        keywords["faults"] = Faults(
            loss=args.loss,
            duplicate=args.duplicate,
            reorder=args.reorder,
            delay=args.delay,
            seed=args.seed,
        )
    return keywords
