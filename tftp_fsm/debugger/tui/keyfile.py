"""The file in which a user changes keys: `keys.toml` in the folder for settings.

    step = ["space", "n"]
    drop = "x"

The names at the left are those of `Key.name`. A key is a letter or a sign, or a name of textual,
such as `f2`, `pageup` or `ctrl+d`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from textual.binding import Binding
from textual.keys import Keys, key_to_character

from tftp_fsm.borders import brief
from tftp_fsm.debugger.keys import KEYS, Key, sign_of
from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence
from tftp_fsm.storage.named import reading

FILE = "keys.toml"
LARGEST = 1 << 16  # octets; a file of keys has only some lines
RESERVED = ("escape", "ctrl+c", "ctrl+q", *"123456789")


def place() -> Path | None:
    """Return the path of the file, or None if the environment names no absolute path."""
    places = [os.environ.get("XDG_CONFIG_HOME"), os.environ.get("APPDATA"), "~/.config"]
    found = (os.path.expanduser(place) for place in places if place)
    return next((Path(f, "tftp-fsm", FILE) for f in found if os.path.isabs(f)), None)


def read_keys(path: Path | None) -> tuple[Key, ...]:
    """Return the keys after the changes of the file. LocalError: the file has a mistake."""
    text = b""
    if path is not None:
        with reading(path), suppress(FileNotFoundError):
            text = path.read_bytes()[:LARGEST]
    try:
        return changed(tomllib.loads(text.decode()))
    except (ValueError, LocalError) as wrong:
        raise LocalError(
            sentence(
                "{path}: {why}; --list-keys shows a complete file", path=str(path), why=str(wrong)
            )
        ) from None


def changed(wanted: Mapping[str, object]) -> tuple[Key, ...]:
    """Return the keys after these changes. LocalError: a wrong name or key, or a key used twice."""
    names = {key.name: key for key in KEYS if key.does != "digit"}
    for name in wanted:
        if name not in names:
            raise LocalError(sentence("there is no key {name!r}", name=brief(name)))
    new = [_with(key, wanted) for key in KEYS]
    taken: dict[str, str] = {}
    for key in new:
        for one in key.keys.split(","):
            if taken.setdefault(one, key.name) != key.name:
                raise LocalError(
                    sentence(
                        "{key} is the key of both {one} and {other}",
                        key=_shown(one),
                        one=taken[one],
                        other=key.name,
                    )
                )
    return tuple(_labelled(new))


def _with(key: Key, wanted: Mapping[str, object]) -> Key:
    if key.name not in wanted or key.does == "digit":
        return key
    told = wanted[key.name]
    given = told if isinstance(told, list) else [told]
    if not given or not all(isinstance(one, str) and _is_key(one) for one in given):
        raise LocalError(
            sentence(
                "{name}: {key!r} is not a key that can be used here",
                name=key.name,
                key=brief(str(told)),
            )
        )
    return replace(key, keys=",".join(map(_textual, given)))


def _is_key(name: str) -> bool:
    if name in RESERVED:
        return False
    if len(name) == 1:
        return name.isprintable() and name not in ", "
    last = name.split("+")[-1]
    known = {key.value for key in Keys}
    return name in known or last in known or (last != name and len(last) == 1 and last.isalnum())


def _textual(name: str) -> str:
    """Return textual's name of a sign, such as `question_mark` for `?`."""
    (binding,) = Binding.make_bindings([Binding(name, "")])
    return binding.key


def _labelled(keys: Sequence[Key]) -> Iterator[Key]:
    """Yield the keys with their names in the footer. A key without one shares the name before."""
    for index, (key, old) in enumerate(zip(keys, KEYS, strict=True)):
        last = index + 1 == len(keys)
        partner = () if last or KEYS[index + 1].shown else (index + 1,)
        both = (index, *partner)
        if not old.shown or all(keys[at].keys == KEYS[at].keys for at in both):
            yield key
        else:
            firsts = (keys[at].keys.split(",")[0] for at in both)
            yield replace(key, shown="/".join(map(_shown, firsts)))


def _shown(name: str) -> str:
    """Return the name of a key in the footer: the sign itself, or a name such as `space`."""
    sign = sign_of(name)
    letter = key_to_character(name) if sign == name else None
    return letter if letter and letter.isprintable() and letter != " " else sign
