"""The configuration file of `tftp-fsm serve`: each option, by its name, in TOML.

    root = "/srv/tftp"
    max-sessions = 200
    writable = true

The parser of the command line defines the options and their values, so each new option is a key in
the file, too. An option of the command line wins over the file, and the file wins over the
defaults.
"""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tftp_fsm.borders import brief
from tftp_fsm.cli.parser import Parser
from tftp_fsm.language import layout, reason, sentence

LARGEST = 1 << 20  # octets of a file
# Options that are not settings of a server.
_ONLY_TYPED = ("help", "lang", "config", "print_config", "tried", "tried_from")


class ConfigError(ValueError):
    """The file cannot be read, or a line of it is wrong. The message names the file."""


def add_opposites(parser: Parser) -> None:
    """Add the opposite of each switch (`--no-writable`, `--offload`), to override a file."""
    for action in [action for action in parser._actions if _is_switch(action)]:
        name = key_of(action)
        option = f"--{name}" if action.const is False else f"--no-{name}"
        opposite = "store_true" if action.const is False else "store_false"
        parser.add_argument(
            option,
            dest=action.dest,
            action=opposite,
            default=action.default,
            help=argparse.SUPPRESS,
        )


def parse(parser: Parser, argv: Sequence[str]) -> argparse.Namespace:
    """Return the settings of command line, its file, and defaults. Raises ConfigError."""
    typed = parser.parse_args(list(argv), argparse.Namespace(**_nothing(parser)))
    read: Mapping[str, Any] = {} if typed.config is None else read_file(typed.config, parser)
    merged = argparse.Namespace()
    for dest, default in _defaults(parser).items():
        value = getattr(typed, dest)
        setattr(merged, dest, read.get(dest, default) if value is None else value)
    return merged


def read_file(path: str, parser: Parser) -> dict[str, Any]:
    """The values in the file, by their names in the namespace of `parser`. Raises ConfigError."""
    text = _text_of(path)
    actions = {key_of(action): action for action in settings(parser)}
    values = {}
    for key, value in _table(path, text).items():
        action = actions.get(key)
        if action is None:
            raise ConfigError(_unknown(path, text, key, list(actions)))
        try:
            values[action.dest] = _value(action, value)
        except (ValueError, argparse.ArgumentTypeError) as wrong:
            place = _place(path, text, key)
            told = layout("{place}: {key}: {why}", place=place, key=key, why=str(wrong))
            raise ConfigError(told) from None
    return values


def settings(parser: Parser) -> Iterator[argparse.Action]:
    """The options that a file may set, each once, in the order of the help."""
    seen = set(_ONLY_TYPED)
    for action in parser._actions:
        if action.dest not in seen:
            seen.add(action.dest)
            yield action


def key_of(action: argparse.Action) -> str:
    """The key of an option: its long name, without the `no-` of a switch that is on by default."""
    if _is_switch(action):
        return action.dest.replace("_", "-")
    long = [option for option in action.option_strings if option.startswith("--")]
    return long[0].removeprefix("--") if long else action.dest


def _is_switch(action: argparse.Action) -> bool:
    return action.nargs == 0 and isinstance(action.const, bool)


def is_list(action: argparse.Action) -> bool:
    """Whether the option may be given several times: a list in the file."""
    return isinstance(action, argparse._AppendAction) or action.nargs in ("*", "+")


def _nothing(parser: Parser) -> dict[str, None]:
    """Return defaults that mark options that were not typed: None is never a typed value."""
    return dict.fromkeys(_defaults(parser))


def _defaults(parser: Parser) -> dict[str, Any]:
    return {a.dest: a.default for a in reversed(parser._actions) if a.default != argparse.SUPPRESS}


# -- The file ------------------------------------------------------------------------------------


def _text_of(path: str) -> str:
    try:
        with open(path, "rb") as file:
            octets = file.read(LARGEST + 1)
    except (OSError, ValueError) as failed:
        why = reason(failed) if isinstance(failed, OSError) else str(failed)
        told = sentence("cannot read {path}: {why}", path=brief(path), why=why)
        raise ConfigError(told) from None
    if len(octets) > LARGEST:
        told = sentence(
            "{path} is larger than {octets} octets: it is not a configuration file",
            path=brief(path),
            octets=LARGEST,
        )
        raise ConfigError(told)
    try:
        return octets.decode()
    except UnicodeDecodeError as wrong:
        at = wrong.start
        told = sentence("{path}: octet {number} is not UTF-8", path=brief(path), number=at)
        raise ConfigError(told) from None


def _table(path: str, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as wrong:
        why = brief(str(wrong))
        raise ConfigError(
            sentence("{path} is not valid TOML: {why}", path=brief(path), why=why)
        ) from None


def _place(path: str, text: str, key: str) -> str:
    """Return the file, with the line of the key if it can be found."""
    lines = text.splitlines()
    sought = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=|\s*\[+{re.escape(key)}\b""")
    found = [number for number, line in enumerate(lines, 1) if sought.match(line)]
    if not found:
        return brief(path)
    return sentence("{path}, line {number}", path=brief(path), number=found[0])


def _unknown(path: str, text: str, key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key.replace("_", "-").lstrip("-"), known, 1)
    fields = {"place": _place(path, text, key), "key": brief(key)}
    if near:
        return sentence(
            "{place}: there is no option {key}: did you mean {near}?", **fields, near=near[0]
        )
    return sentence("{place}: there is no option {key}: --print-config shows all keys", **fields)


def _value(action: argparse.Action, value: object) -> Any:
    """Return the value as on the command line. Raises ValueError or ArgumentTypeError."""
    if _is_switch(action):
        if not isinstance(value, bool):
            raise ValueError(sentence("{value} is not true or false", value=_named(value)))
        return value
    if is_list(action):
        return [_single(action, one) for one in (value if isinstance(value, list) else [value])]
    return _single(action, value)


def _single(action: argparse.Action, value: object) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str) and not (is_number and action.type is not None):
        if action.type is None:
            raise ValueError(sentence("{value} is not text in quotes", value=_named(value)))
        raise ValueError(
            sentence("{value} is not a number, or text in quotes", value=_named(value))
        )
    read = action.type(str(value)) if callable(action.type) else value
    if action.choices is not None and read not in action.choices:
        known = ", ".join(map(str, action.choices))
        raise ValueError(sentence("{value} is not one of {known}", value=_named(read), known=known))
    return read


def _named(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return sentence("a table") if isinstance(value, dict) else sentence("a list")
    return repr(brief(str(value)))
