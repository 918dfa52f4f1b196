"""`tftp-fsm probe HOST[:PORT] NAME`: examine a live server, and write its report card."""

from __future__ import annotations

import argparse
import os
import posixpath
import shlex
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tftp_fsm.borders import brief
from tftp_fsm.cli.common import (
    DONE,
    FAILED,
    UNFINISHED,
    USAGE,
    EndedBySignal,
    ended_by_signals,
    examples,
    interrupted_once,
    kind,
    port,
    say,
)
from tftp_fsm.cli.name_lists import NameList
from tftp_fsm.cli.next_step import closer
from tftp_fsm.cli.parser import Parser, make_parser
from tftp_fsm.cli.probe_watch import watched
from tftp_fsm.cli.progress import one_line
from tftp_fsm.language import mark, sentence, shown, tr
from tftp_fsm.wire.ranges import PORT, Range

if TYPE_CHECKING:
    from tftp_fsm.examine.card import Card
    from tftp_fsm.examine.checks import Result
    from tftp_fsm.examine.probing.desk import Desk
    from tftp_fsm.examine.probing.watch import Watch
    from tftp_fsm.wire.address import Address

DESCRIPTION = mark("""\
Examine a live TFTP server: which options it accepts, within which limits, and how it answers
packets that come twice, too early, too late, or from another host. The report card names the RFC
section of each rule. It also says what each departure from a rule means for a client.

NAME is a file that the server sends. It is read several times. Without --write nothing is
written.""")
EXAMPLES = mark("""\
  tftp-fsm probe 192.0.2.1 boot.img
  tftp-fsm probe 192.0.2.1:6969 boot.img --empty nothing --patience 40
  tftp-fsm probe 192.0.2.1 boot.img --write scratch --markdown > card.md
  tftp-fsm probe 192.0.2.1 boot.img --dry-run          print what would be sent
  tftp-fsm probe --list                                the checks, and the RFC of each""")
NOTES = mark("""\
Examine only servers that are yours, or whose owner agrees.

The exit status is 0 if there is no departure, 1 if there are departures, 2 if there is no card
(no answer, a wrong command line, or a file that cannot be written), 3 if a check was not finished
(the server stopped answering, or tftp-fsm has a fault), and 130 if the examination was interrupted
(the card has the checks made so far).""")
PATIENCE = Range(1, 300, "seconds", is_whole=False)
OCTETS = Range(1 << 16, 1 << 30, "octets")
LONGEST_NAME = 400  # octets; with all options a request still has fewer than 512


def main(argv: list[str]) -> int:
    """Examine the server and print its card. Return the exit status."""
    from tftp_fsm.cli.hints import with_hint
    from tftp_fsm.errors import HostUnreachable, LocalError
    from tftp_fsm.examine.probing.examination import CannotExamine

    parser = command_parser()
    args = parser.parse_intermixed_args(argv)
    if args.list:
        return _print_list(args)
    _refuse_url(parser, args.host)
    missing = [name for name in ("host", "name") if getattr(args, name) is None]
    if missing:
        names = ", ".join("HOST[:PORT]" if name == "host" else "NAME" for name in missing)
        parser.error(tr("the following arguments are required: {names}", names=names))
    if args.pcap == "-":
        parser.error(tr("--pcap needs a file, because the card goes to standard output"))
    try:
        with ended_by_signals(), watched(args) as watch:
            desk = _desk(parser, args, watch)
            if args.dry_run:
                _tell_plan(desk)
                return DONE
            return _examine(desk, args)
    except CannotExamine as failed:
        say(str(failed))
        return USAGE
    except (HostUnreachable, LocalError) as failed:
        say(with_hint(failed))
        return USAGE


def _refuse_url(parser: Parser, host: str | None) -> None:
    """If the host is a URL, exit with the words to write instead."""
    from tftp_fsm.client.url import is_url, parse_url
    from tftp_fsm.examine.probing.desk import where

    if host is None or not is_url(host):
        return
    try:
        url = parse_url(host)
    except ValueError as wrong:
        parser.error(shown(wrong))
    parser.error(
        tr(
            "probe takes no URL; write: tftp-fsm probe {where} {name}",
            where=where((url.host, url.port)),
            name=shlex.quote(brief(url.name)) if url.name else "NAME",
        )
    )


def command_parser() -> Parser:
    """The parser of `probe`."""
    parser = make_parser(
        "tftp-fsm probe", shown(DESCRIPTION), f"{examples(shown(EXAMPLES))}\n\n{shown(NOTES)}"
    )
    add = parser.add_argument
    does = tr("the server (default port: 69)")
    add("host", nargs="?", metavar="HOST[:PORT]", help=does)
    add("name", nargs="?", metavar="NAME", help=tr("a file that may be read"))
    add("-p", "--port", type=port, metavar="N", help=tr("the server's port (default: 69)"))
    add("--write", metavar="NAME", help=tr("write this file, too; its present content is lost"))
    add("--empty", metavar="NAME", help=tr("an empty file that may be read"))
    add(
        "--long",
        metavar="NAME",
        help=tr(
            "a file of 512 KiB or more, for block 65536 (32 MiB if the server refuses blksize 8)"
        ),
    )
    does = tr("wait S seconds for a silent server (default: 10)")
    add("--patience", type=kind(PATIENCE), default=10.0, metavar="S", help=does)
    does = tr("send and receive at most N octets in all (default: 16777216)")
    add("--octets", type=kind(OCTETS), default=16 << 20, metavar="N", help=does)
    does = tr(
        "make only these checks, and six that other checks need: read, answer-address, "
        "tsize, blksize, timeout, windowsize (--list prints all names)"
    )
    add("--only", action=NameList, names=_names, unknown=_unknown, metavar="A,B", help=does)
    add("--bind", metavar="ADDRESS", help=tr("send from this address"))
    add("-4", dest="family", action="store_const", const=socket.AF_INET, help=tr("use IPv4 only"))
    add("-6", dest="family", action="store_const", const=socket.AF_INET6, help=tr("use IPv6 only"))
    shape = parser.add_mutually_exclusive_group()
    for form in ("JSON", "Markdown"):
        does = tr("print the list or the card as {form}", form=form)
        shape.add_argument(f"--{form.lower()}", action="store_true", help=does)
    add("--list", action="store_true", help=tr("print the checks, and exit"))
    add("--dry-run", action="store_true", help=tr("print what would be sent, and send nothing"))
    does = tr("write the packets and reasons to FILE, for Wireshark")
    add("--pcap", metavar="FILE", help=does)
    add("-v", "--verbose", action="store_true", help=tr("print each step, and the reason for it"))
    return parser


def _unknown(name: str) -> str:
    return tr("there is no check {name!r}; `tftp-fsm probe --list` prints the names", name=name)


def _names() -> tuple[str, ...]:
    from tftp_fsm.examine.probing.plan import NAMES

    return tuple(NAMES)


def host_and_port(text: str) -> tuple[str, int | None]:
    """Split `192.0.2.1:6969` or `[2001:db8::1]:6969`. Other texts are hosts. ValueError."""
    host, colon, digits = text.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        return text, None
    if text.endswith("]"):
        return text, None
    if not host:
        raise ValueError(sentence("{text!r} names no host", text=text))
    return host, PORT.read(digits)


def _desk(parser: Parser, args: argparse.Namespace, watch: Watch) -> Desk:
    from tftp_fsm.examine.probing.desk import Desk, Wishes
    from tftp_fsm.transports.resolve import family_of, resolve
    from tftp_fsm.transports.udp import UdpTransport
    from tftp_fsm.wire.packets import WELL_KNOWN_PORT

    try:
        host, named = host_and_port(args.host)
    except ValueError as wrong:
        parser.error(shown(wrong))
    if named is not None and args.port is not None:
        parser.error(tr("the port is given twice: in HOST:PORT and with -p"))
    names = {
        option: _octets(getattr(args, option)) for option in ("name", "write", "empty", "long")
    }
    _check_names(parser, names)
    _check_only(parser, args)
    chosen: Address
    chosen, *others = resolve(host, args.port or named or WELL_KNOWN_PORT, args.family)
    wishes = Wishes(
        names["name"] or b"",
        names["write"],
        names["empty"],
        names["long"],
        args.patience,
        args.octets,
        args.only,
    )
    return Desk(
        chosen,
        wishes,
        lambda: UdpTransport(family_of(chosen), args.bind),
        watch,
        tuple(others),
    )


def _check_names(parser: Parser, names: dict[str, bytes | None]) -> None:
    for option, octets in names.items():
        where = "NAME" if option == "name" else f"--{option}"
        if octets is not None and not 0 < len(octets) <= LONGEST_NAME:
            parser.error(
                tr(
                    "the file name of {option} has {count} octets: it must have 1 to {most}",
                    option=where,
                    most=LONGEST_NAME,
                    count=len(octets),
                )
            )
    read = [octets for option, octets in names.items() if option != "write"]
    if names["write"] is not None and _plain(names["write"]) in map(_plain, read):
        parser.error(tr("--write would overwrite a file that the checks read: name another file"))


def _plain(name: bytes | None) -> bytes | None:
    """Return the name in the form of most servers: `/boot/./a` becomes `boot/a`."""
    return None if name is None else posixpath.normpath(b"/" + name).lstrip(b"/")


def _check_only(parser: Parser, args: argparse.Namespace) -> None:
    """Exit with an error if a chosen check writes, but no name of a writable file is given."""
    from tftp_fsm.examine.probing.plan import WRITING_NAMES

    writing = [name for name in args.only if name in WRITING_NAMES]
    if writing and args.write is None:
        parser.error(tr("the check {name} needs --write NAME", name=writing[0]))


def _octets(name: str | None) -> bytes | None:
    return None if name is None else os.fsencode(name)


def _print_list(args: argparse.Namespace) -> int:
    """Print the checks. This needs no server."""
    import json

    from tftp_fsm.examine.probing.listing import listed, listed_as_markdown, records
    from tftp_fsm.examine.probing.plan import EVERY, WRITING_NAMES

    if args.json:
        print(json.dumps(records(EVERY, WRITING_NAMES), indent=1))
    else:
        print(listed_as_markdown(EVERY) if args.markdown else listed(EVERY))
    return DONE


def _tell_plan(desk: Desk) -> None:
    from tftp_fsm.examine.probing.listing import lines
    from tftp_fsm.examine.probing.plan import announcement, plan

    for line in announcement(desk):
        print(shown(line))
    for line in lines(plan(desk)):
        print(f"  {line}")


def _examine(desk: Desk, args: argparse.Namespace) -> int:
    from tftp_fsm.examine.probing.plan import announcement, card_of, examined

    for line in announcement(desk):
        say(line)
    results: list[Result] = []
    try:
        with interrupted_once(), _watching(args) as watch:
            for result in examined(desk, lambda examination: watch(examination.check.name)):
                results.append(result)
    except KeyboardInterrupt:
        _show_part(desk, results, mark("you stopped the examination"), args)
        raise
    except EndedBySignal as ended:
        _show_part(desk, results, sentence("ended by {signal}", signal=ended.name), args)
        raise
    card = card_of(desk, results)
    _show(card, args)
    if card.departures and not (args.json or args.markdown or args.verbose):
        say(closer(card.departures[0].check.name))
    if card.is_broken_off or desk.stopped is not None:
        return UNFINISHED
    return FAILED if card.departures else DONE


def _show_part(desk: Desk, results: list[Result], why: str, args: argparse.Namespace) -> None:
    """The card of what was examined until then, if that is anything."""
    from tftp_fsm.examine.probing.plan import card_of, left_out

    if results:
        both = [*results, *left_out(desk, results, why)]
        _show(card_of(desk, both, is_interrupted=True), args)


@contextmanager
def _watching(args: argparse.Namespace) -> Iterator[Callable[[str], None]]:
    """Show the name of the running check: one line on a terminal, with -v one line each."""
    if args.verbose:
        yield lambda name: print(f"-- {name}", file=sys.stderr)
        return
    with one_line() as show:
        yield show


def _show(card: Card, args: argparse.Namespace) -> None:
    if args.json:
        import json

        from tftp_fsm.examine.card_record import as_record

        print(json.dumps(as_record(card)))
    elif args.markdown:
        from tftp_fsm.examine.card_markdown import as_markdown

        print(as_markdown(card), end="")
    else:
        from tftp_fsm.examine.card_text import as_text

        print(as_text(card))
