"""A prompt reads and runs its lines where an interrupt may reach them, and nowhere else."""

from __future__ import annotations

import io
import signal
from collections.abc import Iterator

import pytest

from tftp_fsm.cli.common import Interruptible
from tftp_fsm.debugger.commands.language import Reply
from tftp_fsm.debugger.prompt import Lines


@pytest.fixture(autouse=True)
def usual_interrupt() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Interrupted(io.StringIO):
    """A terminal on which a person presses Ctrl-C while a hint is written."""

    def write(self, text: str) -> int:
        if "leave" in text or "interrupted" in text:
            signal.raise_signal(signal.SIGINT)
        return super().write(text)


class Slow:
    """Commands of which `slow` is interrupted."""

    failures = 0
    prompt = "> "

    def __init__(self) -> None:
        self.ran: list[str] = []

    def run(self, line: str) -> Reply:
        self.ran.append(line)
        if line == "slow":
            signal.raise_signal(signal.SIGINT)
        return Reply(quits=line == "quit")


def test_an_interrupt_reaches_the_waiting_prompt_and_a_command_and_nothing_else() -> None:
    typed = iter(["^C", "slow", "one", "quit"])

    def read(prompt: str) -> str:
        line = next(typed)
        if line == "^C":
            signal.raise_signal(signal.SIGINT)
        return line

    slow, within, out = Slow(), Interruptible(), Interrupted()
    with within.installed():
        Lines(slow, out).talk(read, within)
    assert slow.ran == ["slow", "one", "quit"]
    assert "leave" in out.getvalue() and "interrupted" in out.getvalue()
