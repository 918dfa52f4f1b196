"""The common parts of all commands: kinds of option values, signals, and messages on stderr."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from functools import reduce

from tftp_fsm.borders import terminal
from tftp_fsm.language import sentence, shown, tr
from tftp_fsm.wire.ranges import PORT, SECONDS, Range

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, NoReturn
else:
    # The functions and numbers of `signal`, without the enums that it makes of the numbers. These
    # take a fiftieth of the time of a short transfer. Every Python has the module when it starts.
    import _signal as signal


DONE = 0
FAILED = 1  # the transfer or the check failed; one line on stderr says why and what to do
USAGE = 2  # the command line was wrong
UNFINISHED = 3  # a limit or a silent server stopped the search, or a check failed on our side
INTERRUPTED = 130  # 128 and the number of SIGINT, as in a shell
UNREAD = 141  # 128 and the number of SIGPIPE: the reader of the output, such as `head`, has gone

# Word processors and web pages may turn - into an en dash or a minus, and -- into an em dash.
PASTED = {"\u2013": "-", "\u2212": "-", "\u2012": "-", "\u2014": "--"}


def program() -> str:
    """The name of the program and its version."""
    return f"tftp-fsm {sys.modules['tftp_fsm'].__version__}"


def either(names: Iterable[str]) -> str:
    """`a or b or c`."""
    return reduce(lambda some, other: sentence("{some} or {other}", some=some, other=other), names)


def examples(lines: str) -> str:
    """Return the paragraph of examples for the text after the options."""
    title = tr("examples:")
    return f"{title}\n{lines}"


def add_table(add: Callable[..., object]) -> None:
    """Add the option for a user's own tables."""
    does = tr(
        "run this Python file and use its rows, or its two machines that are not TFTP; if "
        "the file is from someone else, read it first"
    )
    add("--table", metavar="FILE", help=does)


def add_transfer(add: Callable[..., object]) -> None:
    """Add the option that chooses a transfer of a capture."""
    what = tr("number of the transfer in a capture (default: the first with a problem, or 1)")
    add("--transfer", metavar="N", type=integer(1, 10**9), help=what)


def add_reorder(add: Callable[..., object]) -> None:
    """Add the option for two machines that are not TFTP."""
    does = tr("messages of the two machines may arrive in any order (default: in the order sent)")
    add("--any-order", dest="reorders", action="store_true", help=does)


def say(line: str) -> None:
    """Print one line on stderr, after the name of the program.

    A sentence is translated. It may hold words of a peer, so control characters are escaped, and a
    long line is cut.
    """
    with suppress(OSError):  # stderr is closed, so the message is lost
        print(f"tftp-fsm: {terminal(shown(line))}", file=sys.stderr, flush=True)


def _ended_by(name: str) -> str:
    return sentence("ended by {signal}", signal=name)


def _raise(ended: EndedBySignal) -> NoReturn:
    raise ended


@contextmanager
def ended_by_signals(
    standing: Callable[[str], str] = _ended_by, end_by: Callable[[EndedBySignal], object] = _raise
) -> Iterator[None]:
    """Within this context, signals end the program like Ctrl-C, so that it cleans up.

    A signal that is ignored, as with `nohup`, stays ignored. After the first signal, further
    signals do not disturb the cleaning. `standing` makes a line of the signal's name. An event loop
    passes `end_by`, because no exception may be raised in the middle of its own code.
    """
    before = {number: signal.getsignal(number) for number in _ending_signals()}

    def end(number: int, frame: object) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        end_by(EndedBySignal(number))

    for number in before:
        signal.signal(number, end)
    try:
        yield
    except EndedBySignal as ended:
        say(standing(ended.name))
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt() -> NoReturn:
    raise KeyboardInterrupt


@contextmanager
def interrupted_once(
    end_by: Callable[[], object] = _interrupt, *, stays: bool = False
) -> Iterator[None]:
    """Within this context, only the first Ctrl-C interrupts. A second one would disturb cleaning.

    It calls `end_by`, with `stays` at each Ctrl-C. This does nothing inside another such context,
    or if another handler is set.
    """
    is_main = _is_main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def interrupt(number: int, frame: object) -> None:
        if not stays:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        end_by()

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class Interruptible:
    """A prompt's Ctrl-C: it interrupts what runs within this context, once, and nothing else.

    Between two such contexts Ctrl-C is ignored, because there it would end the program. `installed`
    must surround them.
    """

    def __init__(self) -> None:
        self._is_within = False

    def __enter__(self) -> None:
        self._is_within = True

    def __exit__(self, *_: object) -> None:
        self._is_within = False

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Set the handler, if this is the main thread and no other handler is set."""
        with interrupted_once(self._interrupt, stays=True):
            yield

    def _interrupt(self) -> None:
        if self._is_within:
            self._is_within = False
            raise KeyboardInterrupt


class EndedBySignal(SystemExit):
    """Ends the program with the exit status of shells: 128 plus the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        # The handler of a signal imports nothing: it may run in the middle of the same import.
        self.name = next(name for name in _ENDING if getattr(signal, name, None) == number)


# Signals of a person, a shell or a scheduler that would end a program without a message.
_ENDING = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGXCPU", "SIGBREAK")


def _ending_signals() -> list[int]:
    if not _is_main_thread():
        return []
    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) not in (signal.SIG_IGN, None)]


def kind(allowed: Range) -> Callable[[str], Any]:
    """Return the type for an option that is a number in a range."""

    def read(text: str) -> Any:
        try:
            return allowed.read(text)
        except ValueError as wrong:
            raise no_value(shown(wrong)) from None

    return read


def no_value(why: str) -> Exception:
    """Return the exception for a word that the type of an option does not accept."""
    from tftp_fsm.cli.lean_argparse import argparse  # imported late: often not needed

    return argparse.ArgumentTypeError(why)


def integer(least: int, most: int) -> Callable[[str], int]:
    """Return the type for an option that is a whole number in a range."""
    return kind(Range(least, most))


port = kind(PORT)
seconds = kind(SECONDS)


def rate(text: str) -> float:
    """Read an option's value: bits per second, such as `9600`, `64k`, `10M`."""
    units = {"k": 1e3, "M": 1e6, "G": 1e9}
    digits, unit = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1.0)
    with suppress(ValueError):
        value = float(Range(0, 1e12, is_whole=False).read(digits)) * unit
        if 1 <= value <= 1e12 and digits[-1].isdigit():
            return value
    raise no_value(tr("{text!r} is not a rate of 1 bit/s or more, such as 64k or 10M", text=text))


def port_range(text: str) -> range:
    """Read an option's value: `50000-50100`, or one port."""
    first, dash, last = text.partition("-")
    try:
        ports = range(PORT.read(first), PORT.read(last if dash else first) + 1)
    except ValueError:
        ports = range(0)
    if not ports:
        raise no_value(tr("{text!r} is not a range of ports, such as 50000-50100", text=text))
    return ports


def _is_main_thread() -> bool:
    threading = sys.modules.get("threading")  # if it is not imported, there is only one thread
    return threading is None or threading.current_thread() is threading.main_thread()
