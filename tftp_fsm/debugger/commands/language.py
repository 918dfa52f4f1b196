"""The command language of the debugger: commands and their replies.

    debugger = Debugger(stepper)
    reply = debugger.run("until packet ACK 2")     # reply.lines, reply.frames, reply.ok
    reply = debugger.run("drop")

The same commands work at the prompt, in a script and in the terminal debugger. `#` begins a
comment.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from tftp_fsm.debugger.commands.quiz import Quiz
from tftp_fsm.debugger.commands.text import WIDTH, step_lines
from tftp_fsm.debugger.datagrams import is_whole
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.errors import LocalError, TftpError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import joined, layout, mark, marked, sentence, tr
from tftp_fsm.language.meant import with_meant
from tftp_fsm.protocol.gloss import outcome_gloss
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace.records import Json


@frozen
class Reply:
    """The reply to a command: lines for people, the new or shown frames, and a value.

    `ok` is False if the command failed or an `expect` did not hold.
    """

    lines: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    ok: bool = True
    value: Json | None = None
    quits: bool = False


Run: TypeAlias = "Callable[[Debugger, list[str]], Reply]"


@frozen
class Command:
    """One command. `help` lists it under its `group`."""

    name: str
    usage: str
    help: str
    group: str
    run: Run


COMMANDS: dict[str, Command] = {}
ALIASES = {
    "s": "step",
    "n": "next",
    "b": "back",
    "c": "continue",
    "p": "packet",
    "v": "variables",
    "l": "ladder",
    "w": "wire",
    "g": "why",
    "guards": "why",
    "q": "quit",
    "vars": "variables",
    "exit": "quit",
    "?": "help",
    "dup": "duplicate",
}


def command(name: str, usage: str, help: str, group: str) -> Callable[[Run], Run]:
    """A decorator that makes a function the command `name`."""

    def register(run: Run) -> Run:
        COMMANDS[name] = Command(name, usage, help, group, run)
        return run

    return register


_BEFORE = mark("before the first step")


def _outcome_words(end: str, session: Session) -> str:
    if session.outcome is None:
        return sentence("{end} has no outcome", end=end)
    return layout("{end} {outcome}", end=end, outcome=outcome_gloss(session.outcome.outcome))


class Debugger:
    """A stepper, and the state that is kept between two commands."""

    def __init__(self, stepper: Stepper, *, quiz: bool = False) -> None:
        self.stepper = stepper
        self.quiz = Quiz() if quiz else None
        self.marks: dict[str, int] = {}
        self.failures = 0
        self.width = WIDTH  # columns for drawings, such as a whole ladder

    def take_over(self, other: Debugger) -> None:
        """Go on with the transfer of another debugger, from its beginning."""
        self.stepper.world.close()
        self.stepper, self.quiz, self.marks = other.stepper, other.quiz, other.marks

    @property
    def prompt(self) -> str:
        """The prompt for the next line: `(debug 12 client receiving) `."""
        if self.awaits_answer:
            return tr("next state? ")
        frame = self.stepper.frame
        if frame is None:
            return "(debug 0) "
        return f"(debug {frame.number} {frame.end} {frame.step.after.value}) "

    @property
    def awaits_answer(self) -> bool:
        """Whether a question of the quiz is open."""
        return self.quiz is not None and self.quiz.asked is not None

    def here(self) -> Reply:
        """The reply that shows the current frame."""
        frame = self.stepper.frame
        return self.shown([frame]) if frame is not None else Reply((_BEFORE,))

    def shown(self, frames: list[Frame], words: str = "") -> Reply:
        """Return the reply that shows these frames, then `words`, then the remarks of the world."""
        lines = [line for frame in frames for line in step_lines(frame, self._time_before(frame))]
        told = [words] if words else []
        return Reply((*lines, *told, *self.stepper.world.remarks), tuple(frames))

    def _time_before(self, frame: Frame) -> float:
        return self.stepper.frames[frame.number - 2].now if frame.number > 1 else frame.now

    @property
    def end_words(self) -> str:
        """The outcome of each end in a sentence: `the end: client succeeded, ...`."""
        return sentence("the end: {ends}", ends=self.outcome_words)

    @property
    def outcome_words(self) -> str:
        """The outcome of each end: `client succeeded, ...`."""
        sessions = self.stepper.world.sessions.items()
        return joined(", ", [_outcome_words(end, session) for end, session in sessions])

    def run(self, line: str) -> Reply:
        """Run one line. A failure is in the reply; no TftpError is raised."""
        try:
            reply = self._run(line)
        except TftpError as wrong:
            reply = Reply((str(wrong),), ok=False)
        self.failures += not reply.ok
        return reply

    def _run(self, line: str) -> Reply:
        words = words_of(line)
        if not words:
            return Reply()
        name, rest = ALIASES.get(words[0], words[0]), words[1:]
        if self.awaits_answer and name not in COMMANDS:
            name, rest = "answer", words
        found = COMMANDS.get(name)
        if found is None:
            raise no_command(name, (*COMMANDS, *ALIASES))
        if rest and not found.usage:
            more = " ".join(rest)
            raise LocalError(
                sentence("too many words after {name}: {more!r}", name=name, more=more)
            )
        place, asked = self.stepper.position, self.quiz and self.quiz.asked
        reply = found.run(self, rest)
        if self.quiz and asked is self.quiz.asked and self.stepper.position != place:
            self.quiz.asked = None  # the user went elsewhere and has seen the answer
        return reply


def words_of(line: str) -> list[str]:
    """Split a line into words as a shell does. LocalError: a quote is not closed."""
    try:
        return shlex.split(line, comments=True)
    except ValueError as broken:
        why = marked(str(broken).lower())
        raise LocalError(layout("{line!r}: {why}", line=line.strip(), why=why)) from None


# The message of shlex.
NO_CLOSING = mark("no closing quotation")
NO_ESCAPED = mark("no escaped character")


def no_command(name: str, known: Iterable[str]) -> LocalError:
    """Return the error for an unknown command. `known` has the names of all commands."""
    told = sentence("there is no command {name!r}; `help` lists the commands", name=name)
    return LocalError(with_meant(told, name, known))


def usage(name: str) -> LocalError:
    """Return the error that tells how to use the command."""
    use = f"{name} {COMMANDS[name].usage}".rstrip()
    return LocalError(sentence("use: {use}", use=use))


def whole_number(words: Sequence[str], name: str, otherwise: int) -> int:
    """The one argument of a command as a number, or `otherwise` if there is no argument."""
    match list(words):
        case []:
            return otherwise
        case [text] if is_whole(text):
            return int(text)
    raise usage(name)
