"""What all commands share: the parser, the kinds of values of options, and messages on stderr."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, NoReturn

from tftp_fsm.borders import terminal
from tftp_fsm.wire.ranges import PORT, SECONDS, Range

DONE = 0
FAILED = 1  # the transfer or the check failed; one line on stderr says why and what to do
USAGE = 2  # the command line was wrong
INTERRUPTED = 130  # 128 and the number of SIGINT, as in a shell

# Word processors and web pages change - into an en dash or a minus, and -- into an em dash.
_PASTED = {"\u2013": "-", "\u2212": "-", "\u2012": "-", "\u2014": "--"}


class Parser(argparse.ArgumentParser):
    """An argparse parser that reports an error in one line, and accepts dashes from web pages."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        say(f"{message} (see {self.prog} --help)")
        sys.exit(USAGE)

    def _print_message(self, message: str, file: Any = None) -> None:
        # The original ignores a stream that cannot be written.
        print(message, end="", file=file or sys.stderr)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As the original does; `args` None means those of the process."""
        return super().parse_known_args(self._all_plain(args), namespace)

    def parse_known_intermixed_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As the original does. From Python 3.13 on it does not call `parse_known_args`."""
        return super().parse_known_intermixed_args(self._all_plain(args), namespace)

    def _all_plain(self, args: Sequence[str] | None) -> list[str]:
        return [self._plain(word) for word in (sys.argv[1:] if args is None else args)]

    def _plain(self, word: str) -> str:
        """The option that a word with pasted dashes means; any other word unchanged."""
        rest = word.lstrip("".join(_PASTED) + "-")
        dashes = "".join(_PASTED.get(mark, mark) for mark in word[: len(word) - len(rest)])
        meant = dashes + rest
        name = meant.split("=")[0] if dashes == "--" else meant[:2]
        return meant if meant == "-" or name in self._option_string_actions else word


def program() -> str:
    """The name of the program and its version."""
    return f"tftp-fsm {sys.modules['tftp_fsm'].__version__}"


def make_parser(prog: str, description: str, epilog: str = "") -> Parser:
    """The parser of one command. `epilog` has the examples; its lines are kept."""
    return Parser(
        prog=prog,
        description=description,
        epilog=epilog,
        formatter_class=_formatter(),
        allow_abbrev=False,
    )


def add_table(add: Callable[..., object]) -> None:
    """The option for tables of the user's own."""
    does = (
        "change rows as this Python file says, or take its two machines that are not TFTP;"
        " the file is run, so read a stranger's file first"
    )
    add("--table", metavar="FILE", help=does)


def add_reorder(add: Callable[..., object]) -> None:
    """The option for two machines that are not TFTP."""
    does = "messages of parties may overtake each other (default: they keep their order)"
    add("--any-order", dest="reorders", action="store_true", help=does)


def refuse_others(parser: Parser, args: argparse.Namespace, goes: frozenset[str]) -> None:
    """Exit with status 2 if an option was given that does not go with parties of --table."""
    for name, value in vars(args).items():
        if name not in goes and (value or None) != (parser.get_default(name) or None):
            shown = f"--{name.replace('_', '-')}"
            if name in ("words", "kind"):
                shown = value if isinstance(value, str) else " ".join(value)
            parser.error(f"{shown} is only for TFTP, and {args.table} has parties of its own")


def say(line: str) -> None:
    """Print one line on stderr, after the name of the program.

    It may hold words of a peer, so control characters are escaped, and a long line is cut.
    """
    with suppress(OSError):  # somebody closed stderr: there is nobody to tell
        print(f"tftp-fsm: {terminal(line)}", file=sys.stderr, flush=True)


@contextmanager
def ended_by_signals(standing: Callable[[], str] = str) -> Iterator[None]:
    """Within, signals end the program as Ctrl-C does, so that it cleans up.

    A signal that is ignored, as by `nohup`, stays ignored. After the first signal none disturbs
    the cleaning. The line that names the signal ends with the words of `standing`.
    """
    before = {number: signal.getsignal(number) for number in _ending_signals()}

    def end(number: int, frame: object) -> NoReturn:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        raise EndedBySignal(number)

    for number in before:
        signal.signal(number, end)
    try:
        yield
    except EndedBySignal as ended:
        say(f"ended by {ended.name}{standing()}")
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class EndedBySignal(SystemExit):
    """The exit status is that of shells: 128 and the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.name = signal.Signals(number).name


# All that would end a program without a word, and that a person, a shell or a scheduler sends.
_ENDING = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGXCPU", "SIGBREAK")


def _ending_signals() -> list[int]:
    if threading.current_thread() is not threading.main_thread():
        return []
    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) not in (signal.SIG_IGN, None)]


def kind(allowed: Range) -> Callable[[str], Any]:
    """The kind of an option: a number in a range."""

    def read(text: str) -> Any:
        try:
            return allowed.read(text)
        except ValueError as wrong:
            raise argparse.ArgumentTypeError(str(wrong)) from None

    return read


def integer(least: int, most: int) -> Callable[[str], int]:
    """The kind of an option: a whole number in a range."""
    return kind(Range(least, most))


port = kind(PORT)
seconds = kind(SECONDS)


def rate(text: str) -> float:
    """The kind of an option: bits per second, such as `9600`, `64k`, `10M`."""
    units = {"k": 1e3, "M": 1e6, "G": 1e9}
    digits, unit = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1.0)
    with suppress(ValueError):
        value = float(Range(0, 1e12, is_whole=False).read(digits)) * unit
        if 1 <= value <= 1e12 and digits[-1].isdigit():
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is no rate from 1 bit/s up, such as 64k or 10M")


def port_range(text: str) -> range:
    """The kind of an option: `50000-50100`, or one port."""
    first, dash, last = text.partition("-")
    try:
        ports = range(port(first), port(last if dash else first) + 1)
    except argparse.ArgumentTypeError:
        ports = range(0)
    if not ports:
        raise argparse.ArgumentTypeError(f"{text!r} is not a range of ports, such as 50000-50100")
    return ports


def _formatter() -> Any:
    """The class for help: in colour on a terminal, else plain. rich is imported only if needed."""
    plain = _Plain
    if ("-h" not in sys.argv and "--help" not in sys.argv) or not sys.stdout.isatty():
        return plain
    try:
        from rich_argparse import RawDescriptionRichHelpFormatter
    except ImportError:
        return plain
    return lambda prog: RawDescriptionRichHelpFormatter(prog, max_help_position=_HELP_COLUMN)


_HELP_COLUMN = 25


class _Plain(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=_HELP_COLUMN, width=_width())


@cache
def _width() -> int:
    """Columns for help. argparse would ask again for each option, so the answer is kept."""
    with suppress(ValueError, OSError, KeyError):
        return int(os.environ["COLUMNS"]) - 2
    with suppress(ValueError, OSError, AttributeError):
        return os.get_terminal_size().columns - 2
    return 78
