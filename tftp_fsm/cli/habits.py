"""Translate command lines of other TFTP clients into command lines of this program.

    meant(["192.0.2.1", "6969", "-c", "get", "boot.img"], parser)
    # "tftp-fsm 192.0.2.1 -p 6969 get boot.img"

The other clients are `tftp` of tftp-hpa, `tftp` of Windows, atftp, busybox and curl. This module is
imported only if a command line is wrong.
"""

from __future__ import annotations

import shlex
from argparse import ArgumentParser
from collections import deque
from collections.abc import Callable, Iterator

from tftp_fsm.cli.task import VERBS

_BUSYBOX = frozenset({"-g", "-p", "-r", "--get", "--put", "--remote-file"})
_MODES = {"binary": "octet", "image": "octet", "octet": "octet", "ascii": "netascii"}


def meant(argv: list[str], parser: ArgumentParser) -> str | None:
    """Return the command line that a user who types `argv` may mean, or None if it is unclear."""
    line, left = _Line(not _BUSYBOX.isdisjoint(argv)), deque(argv)
    while left:
        if not _take(left, line, parser):
            return None
    command = line.command()
    if command is None or sorted(command) == sorted(_parts(argv)):
        return None  # the suggestion would be refused again
    return shlex.join(["tftp-fsm", *command])


def _parts(argv: list[str]) -> Iterator[str]:
    """Yield the words, with options and their values separated."""
    for word in argv:
        yield from word.split("=", 1) if word.startswith("--") else [word]


class _Line:
    """The parts of a request, collected from words in any order.

    With `names_by_options` the file names are given by options, as for busybox and atftp.
    """

    def __init__(self, names_by_options: bool) -> None:
        self.names_by_options = names_by_options
        self.options: list[str] = []
        self.words: list[str] = []
        self.verb: str | None = None
        self.remote: str | None = None
        self.local: str | None = None

    def command(self) -> list[str] | None:
        """Return the words of our command line, or None."""
        if self.words and "://" in self.words[0]:
            return self._with_url(self.words[0])
        if not self.words or self.words[0] in VERBS:
            return None
        host, *rest = self.words
        if rest and rest[0].isdigit():
            self.options[:0] = ["-p", rest.pop(0)]
        if rest and rest[0].lower() in VERBS:
            self.verb, rest = rest[0].lower(), rest[1:]
        names = self._names() or rest
        if (self.verb is None) == bool(names):
            return None
        return [host, *self.options, *([] if self.verb is None else [self.verb]), *names]

    def _names(self) -> list[str]:
        """The names that were given with options, in the order of the verb."""
        names = [self.local, self.remote] if self.verb == "put" else [self.remote, self.local]
        return [name for name in names if name is not None]

    def _with_url(self, url: str) -> list[str] | None:
        if len(self.words) > 1 or self.remote is not None:
            return None
        local = [] if self.local is None else [self.local]
        if self.verb == "put":
            return ["put", *local, url, *self.options] if local else None
        return ["get", url, *local, *self.options]


def _take(left: deque[str], line: _Line, parser: ArgumentParser) -> bool:
    """Move the first word and its value into the line. Return False for an unknown option."""
    word = left.popleft()
    if not word.startswith("-") or word == "-":
        line.words.append(word)
        return True
    name, is_joined, value = word.partition("=")
    if is_joined:
        left.appendleft(value)
    ours = parser._option_string_actions.get(name)
    if name in _THEIRS and not (name == "-p" and _is_port(line, left)):
        return _THEIRS[name](line, left)
    if ours is None:
        return False
    line.options.append(name)
    return _has_value(left, line.options.append) if ours.nargs != 0 else True


def _is_port(line: _Line, left: deque[str]) -> bool:
    """Return whether -p has a port, as it does here. In busybox and atftp -p means put."""
    return bool(left) and (left[0].isdigit() or any(word in VERBS for word in (*line.words, *left)))


def _has_value(left: deque[str], use: Callable[[str], object]) -> bool:
    """Give `use` the value of an option. Return False without a value."""
    if left:
        use(left.popleft())
        return True
    return False


_Theirs = Callable[[_Line, "deque[str]"], bool]


def _nothing(line: _Line, left: deque[str]) -> bool:
    return True


def _verb(verb: str) -> _Theirs:
    return lambda line, left: _set(line, "verb", verb)


def _set(line: _Line, field: str, value: str) -> bool:
    setattr(line, field, value)
    return True


def _name(field: str, verb: str | None = None) -> _Theirs:
    """Return an option whose value is a name. For curl it also has the direction."""

    def take(line: _Line, left: deque[str]) -> bool:
        line.verb = verb or line.verb
        return _has_value(left, lambda value: _set(line, field, value))

    return take


def _local_or_literal(line: _Line, left: deque[str]) -> bool:
    """Take -l: the local name of busybox, or a switch of tftp-hpa, which is always on here."""
    return _name("local")(line, left) if line.names_by_options else True


def _as(option: str, change: Callable[[str], str] = str) -> _Theirs:
    """Return an option that has another name here."""

    def take(line: _Line, left: deque[str]) -> bool:
        return _has_value(left, lambda value: line.options.extend([option, change(value)]))

    return take


def _switch(option: str) -> _Theirs:
    def take(line: _Line, left: deque[str]) -> bool:
        line.options.append(option)
        return True

    return take


def _atftp_option(line: _Line, left: deque[str]) -> bool:
    """Take an option such as `--option "blksize 1428"`."""

    def use(value: str) -> None:
        name, _, number = value.partition(" ")
        line.options.extend([f"--{name}", number])

    return _has_value(left, use)


_THEIRS: dict[str, _Theirs] = {
    "-c": _nothing,
    "-m": _as("--mode", lambda mode: _MODES.get(mode, mode)),
    "--mode": _as("--mode", lambda mode: _MODES.get(mode, mode)),
    "-l": _local_or_literal,
    "-R": _as("--port-range", lambda ports: ports.replace(":", "-")),
    "-i": _switch("--mode=octet"),
    "-g": _verb("get"),
    "--get": _verb("get"),
    "-p": _verb("put"),
    "--put": _verb("put"),
    "-r": _name("remote"),
    "--remote-file": _name("remote"),
    "--local-file": _name("local"),
    "-b": _as("--blksize"),
    "-B": _as("--blksize"),
    "--option": _atftp_option,
    "-o": _name("local", "get"),
    "--output": _name("local", "get"),
    "-O": _nothing,
    "--remote-name": _nothing,
    "-T": _name("local", "put"),
    "--upload-file": _name("local", "put"),
    "--tftp-blksize": _as("--blksize"),
    "--tftp-no-options": _switch("--no-options"),
    "-s": _switch("-q"),
    "--silent": _switch("-q"),
}
