"""The commands of the interactive client.

    lines = Lines(args, start)
    lines.run("get boot.img")     # True, and messages as from the command line

A command may be shortened as long as it is unique: `stat` means `status`.
"""

from __future__ import annotations

import shlex
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable

from tftp_fsm.borders import terminal
from tftp_fsm.cli.common import DONE, either, say
from tftp_fsm.cli.interactive.orders import NUMBERS, Orders
from tftp_fsm.cli.task import Wrong
from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark, sentence, shown, tr
from tftp_fsm.wire.packets import WELL_KNOWN_PORT

Start = Callable[[Namespace], int]


class Quit(Exception):
    """The user wants to leave."""


@frozen
class Command:
    """One command: the least and the most words after it, and its function."""

    usage: str
    help: str
    least: int
    most: int | None
    run: Callable[[Lines, list[str]], None]


class Lines:
    """Runs lines. `failed` counts the failed lines."""

    def __init__(self, args: Namespace, start: Start) -> None:
        self.orders = Orders(args)
        self.failed = 0
        self._start = start

    def run(self, line: str) -> None:
        """Run one line. Raises Quit if it was the last."""
        try:
            words = _split(line)
            if words:
                name = _named(words[0])
                _check(name, words[1:])
                COMMANDS[name].run(self, words[1:])
        except (ValueError, ArgumentTypeError) as wrong:
            self._fail(str(wrong))

    def interrupted(self) -> None:
        """Note that the user has interrupted the running command."""
        self._fail(sentence("interrupted"))

    def _fail(self, why: str) -> None:
        self.failed += 1
        say(why)

    # -- Commands ----------------------------------------------------------------------------------

    def get(self, names: list[str]) -> None:
        self._move(self.orders.gets(names))

    def put(self, names: list[str]) -> None:
        self._move(self.orders.puts(names))

    def _move(self, transfers: Iterable[Namespace]) -> None:
        for transfer in transfers:
            self.failed += self._start(transfer) != DONE

    def connect(self, words: list[str]) -> None:
        self.orders.connect(words[0], words[1] if len(words) > 1 else None)
        self._show_server()

    def mode(self, words: list[str]) -> None:
        if words:
            self.orders.set_mode(words[0])
        _show(tr("mode {mode}", mode=self.orders.args.mode or "octet"))

    def number(self, name: str, words: list[str]) -> None:
        if words:
            self.orders.set_number(name, words[0])
        _show(f"{name} {self.orders.number(name)}")

    def verbose(self, words: list[str]) -> None:
        self.orders.args.verbose = not self.orders.args.verbose
        _show(tr("verbose on") if self.orders.args.verbose else tr("verbose off"))

    def trace(self, words: list[str]) -> None:
        if not words:
            self.verbose(words)
            return
        self.orders.args.trace = None if words == ["off"] else words[0]
        if words == ["off"]:
            _show(tr("trace off"))
        else:
            _show(tr("each transfer writes its steps to {path}", path=words[0]))

    def literal(self, words: list[str]) -> None:
        self.orders.is_literal = not self.orders.is_literal
        _show(tr("literal on") if self.orders.is_literal else tr("literal off"))

    def status(self, words: list[str]) -> None:
        args = self.orders.args
        self._show_server()
        literal = tr("literal on") if self.orders.is_literal else tr("literal off")
        mode = tr("mode {mode}", mode=args.mode or "octet")
        _show(f"{mode}, {literal}")
        _show(", ".join(f"{name} {self.orders.number(name)}" for name in NUMBERS))
        verbose = tr("verbose on") if args.verbose else tr("verbose off")
        trace = tr("trace {path}", path=args.trace) if args.trace else tr("trace off")
        _show(f"{verbose}, {trace}")

    def help(self, words: list[str]) -> None:
        for name in map(_named, words or COMMANDS):
            does = shown(COMMANDS[name].help)
            _show(f"{COMMANDS[name].usage:<27} {does}")

    def quit(self, words: list[str]) -> None:
        raise Quit

    def _show_server(self) -> None:
        port = self.orders.args.port or WELL_KNOWN_PORT
        told = tr(
            "server {host}, port {port} (nothing is sent before a transfer)",
            host=self.orders.host,
            port=port,
        )
        _show(told)


def _setting(name: str) -> Callable[[Lines, list[str]], None]:
    return lambda lines, words: lines.number(name, words)


def _mode(name: str) -> Callable[[Lines, list[str]], None]:
    return lambda lines, words: lines.mode([name])


COMMANDS: dict[str, Command] = {
    "get": Command("get REMOTE [LOCAL]", mark("get a file; or get A B C ..."), 1, None, Lines.get),
    "put": Command(
        "put LOCAL [REMOTE]", mark("put a file; or put A B ... DIR"), 1, None, Lines.put
    ),
    "connect": Command("connect HOST [PORT]", mark("use another server"), 1, 2, Lines.connect),
    "mode": Command("mode [octet|netascii]", mark("set or show the mode"), 0, 1, Lines.mode),
    "binary": Command("binary", mark("the same as mode octet"), 0, 0, _mode("octet")),
    "ascii": Command("ascii", mark("the same as mode netascii"), 0, 0, _mode("netascii")),
    "blksize": Command(
        "blksize [N|auto]",
        mark("octets in a block, offered to the server"),
        0,
        1,
        _setting("blksize"),
    ),
    "windowsize": Command(
        "windowsize [N|auto]", mark("blocks in a window"), 0, 1, _setting("windowsize")
    ),
    "rexmt": Command(
        "rexmt [S|default]",
        mark("shortest wait in seconds before a retransmission"),
        0,
        1,
        _setting("rexmt"),
    ),
    "timeout": Command(
        "timeout [S|default]",
        mark("seconds of silence before giving up"),
        0,
        1,
        _setting("timeout"),
    ),
    "retries": Command(
        "retries [N|default]",
        mark("retransmissions without an answer before giving up"),
        0,
        1,
        _setting("retries"),
    ),
    "dally": Command(
        "dally [S|default]", mark("seconds to stay after a get"), 0, 1, _setting("dally")
    ),
    "literal": Command(
        "literal", mark("on or off: a colon in a name does not mean a host"), 0, 0, Lines.literal
    ),
    "verbose": Command(
        "verbose", mark("on or off: print each step and its reason"), 0, 0, Lines.verbose
    ),
    "trace": Command("trace [FILE|off]", mark("write each step to FILE"), 0, 1, Lines.trace),
    "status": Command("status", mark("show the server and the settings"), 0, 0, Lines.status),
    "help": Command(
        "help [COMMAND ...]", mark("show the commands; the same as ?"), 0, None, Lines.help
    ),
    "quit": Command("quit", mark("leave (the end of the input does the same)"), 0, 0, Lines.quit),
}
_OTHER_NAMES = {"?": "help", "exit": "quit", "bye": "quit", "octet": "binary", "netascii": "ascii"}

# Commands of other clients, such as ftp, that have another name here.
_HABITS = {
    "open": "connect HOST [PORT]",
    "mget": "get A B C ...",
    "recv": "get REMOTE [LOCAL]",
    "mput": "put A B ... DIR",
    "send": "put LOCAL [REMOTE]",
    "type": "mode [octet|netascii]",
    "-c": "get REMOTE [LOCAL]",
}


def _split(line: str) -> list[str]:
    """Split into words. Quotes keep spaces. A backslash is an ordinary character. ValueError."""
    if line.lstrip().startswith("#"):
        return []
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.escape, lexer.commenters = True, "", ""
    try:
        return list(lexer)
    except ValueError:
        raise Wrong(sentence("a quotation mark is not closed")) from None


def _named(word: str) -> str:
    """Return the command that the word means. Raises Wrong for none or several."""
    word = word.lower()
    if word in COMMANDS or word in _OTHER_NAMES:
        return _OTHER_NAMES.get(word, word)
    found = [name for name in COMMANDS if name.startswith(word)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Wrong(
            sentence("{word!r} can mean {names}: type more letters", word=word, names=either(found))
        )
    if word in ("ls", "dir"):
        raise Wrong(sentence("TFTP cannot list a directory: get a file by its name"))
    if word in _HABITS:
        form = _HABITS[word]
        raise Wrong(sentence("{word!r} is not a command here; write: {form}", word=word, form=form))
    raise Wrong(sentence("{word!r} is not a command: help lists them", word=word))


def _check(name: str, words: list[str]) -> None:
    """Raise Wrong if the command takes more or fewer words."""
    command = COMMANDS[name]
    if len(words) < command.least or (command.most is not None and len(words) > command.most):
        raise Wrong(sentence("write: {usage}", usage=command.usage))


def _show(line: str) -> None:
    print(terminal(line), flush=True)
