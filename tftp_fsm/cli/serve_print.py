"""`tftp-fsm serve --print-config`: print the present settings as a file for `--config`.

    tftp-fsm serve /srv/tftp --writable --print-config > tftp-fsm.toml

Each option is there with its help. An option without a value is a comment.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

from tftp_fsm.cli.common import either
from tftp_fsm.cli.parser import Parser
from tftp_fsm.cli.serve_config import is_list, key_of, settings
from tftp_fsm.language import mark, sentence, shown

_HEAD = mark("The configuration of tftp-fsm serve (--config FILE). The command line overrides it.")


def as_toml(parser: Parser, args: argparse.Namespace) -> str:
    """The file. Raises ValueError for a value that TOML cannot hold."""
    return "\n".join([f"# {shown(_HEAD)}", *_lines(parser, args)]) + "\n"


def _lines(parser: Parser, args: argparse.Namespace) -> Iterator[str]:
    for action in settings(parser):
        key, value = key_of(action), getattr(args, action.dest)
        yield ""
        yield f"# {_help(action)}"
        if value is None or value == []:
            yield f"# {key} = {_example(action)}"
        else:
            yield f"{key} = {toml(value)}"


def _help(action: argparse.Action) -> str:
    option = next(iter(action.option_strings[-1:]), action.dest.upper())
    option += " (false)" if action.const is False else ""
    return f"{option}: {' '.join((action.help or '').replace('%%', '%').split())}"


def _example(action: argparse.Action) -> str:
    if action.choices is not None:
        return shown(either(map(toml, action.choices)))
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest
    return f'["{metavar}"]' if is_list(action) else metavar


def toml(value: object) -> str:
    """The value in TOML. Raises ValueError if it cannot be written."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case range():
            return toml(f"{value[0]}-{value[-1]}")
        case list() | tuple():
            return f"[{', '.join(map(toml, value))}]"
    return f'"{"".join(map(_character, str(value)))}"'


def _character(ch: str) -> str:
    """Return a visible ordinary character unchanged, and others as TOML escapes."""
    if "\ud800" <= ch <= "\udfff":
        raise ValueError(sentence("a name that is not UTF-8 cannot be written in TOML"))
    if ch in '"\\':
        return json.dumps(ch)[1:-1]
    if ch.isprintable():
        return ch
    return f"\\u{ord(ch):04x}" if ord(ch) <= 0xFFFF else f"\\U{ord(ch):08x}"
