"""The options of `tftp-fsm serve` for files that are made or chosen on request, and for access."""

from __future__ import annotations

import argparse
from typing import Any

from tftp_fsm.cli.common import kind
from tftp_fsm.cli.parser import Parser
from tftp_fsm.language import tr
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.wire.ranges import OPTIONS, SERVER


def add_access(parser: Parser) -> None:
    """Add the options for access: clients, protocol options, and links."""
    add = parser.add_argument_group(tr("access")).add_argument
    for name, does in (
        ("allow", tr("serve only clients of this network; may be repeated")),
        ("deny", tr("do not answer clients of this network; may be repeated")),
    ):
        add(f"--{name}", action="append", default=[], metavar="NET", help=does)
    add(
        "--refuse-option",
        action="append",
        default=[],
        choices=tuple(OPTIONS),
        metavar="NAME",
        help=tr("never accept this option: {options}; may be repeated", options=", ".join(OPTIONS)),
    )
    add(
        "--follow-links",
        action="append",
        default=[],
        metavar="DIR",
        help=tr("follow symbolic links that lead out of ROOT into this directory; may be repeated"),
    )
    add(
        "--keep-versions",
        type=kind(SERVER["keep_versions"]),
        default=0,
        metavar="N",
        help=tr("keep N earlier versions of each file that is replaced, as NAME.~1~"),
    )


def add_provided(parser: Parser) -> None:
    """Add the options for files that are made or chosen for each request."""
    default = ServerConfig(".")
    add = parser.add_argument_group(tr("files on request")).add_argument
    add("--map", metavar="FILE", help=tr("change or refuse names by the rules in FILE"))
    add(
        "--try",
        dest="tried",
        metavar="NAME",
        help=tr("print what the map does with NAME, and exit"),
    )
    add("--from", dest="tried_from", metavar="ADDRESS", help=tr("address of the client for --try"))
    add(
        "--root-per-client",
        choices=("ip", "mac"),
        help=tr(
            "if ROOT has a directory with the address of a client as its name, serve this "
            "client from there"
        ),
    )
    add(
        "--templates",
        action="store_true",
        help=tr("if there is no NAME, fill in NAME.tmpl for the client"),
    )
    add("--proxy", metavar="URL", help=tr("fetch missing files from this HTTP server"))
    add(
        "--provider",
        metavar="MODULE:NAME",
        help=tr("first ask this function or provider for the file; its Python module is run"),
    )
    add(
        "--provider-timeout",
        type=kind(SERVER["provider_timeout"]),
        default=default.provider_timeout,
        metavar="SECONDS",
        help=tr(
            "longest wait for a provider or proxy (default: {seconds:g})",
            seconds=default.provider_timeout,
        ),
    )
    add(
        "--provider-max-size",
        type=kind(SERVER["provider_max_size"]),
        default=default.provider_max_size,
        metavar="OCTETS",
        help=tr("refuse a file of a provider or proxy if it is larger (default: 1 GiB)"),
    )


def check_tried(parser: Parser, args: argparse.Namespace) -> None:
    """Exit with status 2 if there is no map to try."""
    if args.tried is None:
        if args.tried_from is not None:
            parser.error(tr("--from is only for --try"))
    elif args.map is None:
        parser.error(tr("--try needs a map: add --map FILE"))


def take_parts(options: dict[str, Any]) -> None:
    """Replace the typed values by the objects for the configuration. Raises LocalError."""
    for name in ("tried", "tried_from"):
        options.pop(name)
    for name in ("allow", "deny", "refuse_option", "follow_links"):
        options[name] = tuple(options[name])
    if options["map"] is not None:
        from tftp_fsm.providers.maps.map import Map

        options["map"] = Map.read(options["map"])
    if options["provider"] is not None:
        from tftp_fsm.providers.guarded import load

        options["provider"] = load(options["provider"])
