"""The prompt: the debugger for any terminal, for scripts and for graders.

    Prompt(debugger, sys.stdout).talk(input)
    Prompt(debugger, sys.stdout, as_json=True).follow(script)   # True if no line failed

With `as_json` each step is a line of JSON. So is each failure, and each reply with a value, such as
the reply to `expect`, `next` or `answer`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, TextIO

from tftp_fsm.borders import terminal
from tftp_fsm.borders.columns import drawn_on
from tftp_fsm.debugger.commands.all import Debugger, Reply
from tftp_fsm.debugger.commands.text import passing_line
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.jsonl import frame_to_json
from tftp_fsm.language import SOURCE, current, layout, marked, shown, speaking, tr

_ANYWHERE = nullcontext()


class Commanded(Protocol):
    """Runs command lines: `Debugger` for TFTP, or `PartyDebugger` for other machines."""

    failures: int

    @property
    def prompt(self) -> str: ...

    def run(self, line: str) -> Reply: ...


class Lines:
    """Reads command lines, runs them, and writes the replies.

    `failed` has the number in the script (0 in `talk`) and the reason of each line that failed.
    """

    def __init__(self, debugger: Commanded, out: TextIO, *, as_json: bool = False) -> None:
        self._debugger = debugger
        self.out = out
        self.as_json = as_json
        self.failed: list[tuple[int, str]] = []
        self._line = 0

    def say(self, *lines: str) -> None:
        """Write lines for people. With `as_json` nothing is written."""
        if not self.as_json:
            for line in lines:
                print(drawn_on(self.out, terminal(shown(line))), file=self.out)

    def follow(self, script: Iterable[str], *, echo: bool = True) -> bool:
        """Run each line, up to `quit`. Return False if a line failed; `failed` tells which."""
        for self._line, line in enumerate(script, 1):
            if echo and line.strip():
                self.say(f"{self._debugger.prompt}{line.strip()}")
            if self._take(line):
                break
        return not self._debugger.failures

    def talk(
        self, read: Callable[[str], str], within: AbstractContextManager[object] = _ANYWHERE
    ) -> None:
        """Run lines until `quit` or the end of input. `read` shows a prompt, as `input` does.

        An empty line repeats the last `step`, `back` or `continue`. At first it is a `step`. A
        line is read and run within `within`, whose owner may let Ctrl-C interrupt only there.
        """
        last = "step"
        while True:
            try:
                with within:
                    line = read(self._debugger.prompt).strip()
            except EOFError:
                return
            except KeyboardInterrupt:
                self.say("", tr("(type quit to leave)"))
                continue
            self.say(*self._remarks())
            try:
                with within:
                    if self._take(line or last):
                        return
            except KeyboardInterrupt:
                told = tr("interrupted; `show` shows the last step, and an empty line goes on")
                self.say("", told)
            if line.split(" ")[0] in ("step", "s", "back", "b", "continue", "c"):
                last = line

    def _remarks(self) -> Iterable[str]:
        """Return lines to show after a command was read, and before it runs."""
        return ()

    def _take(self, line: str) -> bool:
        reply = self._reply(line)
        if not reply.ok:
            why = layout("{line}: {why}", line=line.strip(), why=marked(reply.lines[-1]))
            self.failed.append((self._line, why))
        if self.as_json:
            self._write_json(line, reply)
        else:
            self.say(*reply.lines)
        return reply.quits

    def _reply(self, line: str) -> Reply:
        """Run a line. With `as_json` the reply is always in English."""
        with speaking(SOURCE if self.as_json else current()):
            return self._debugger.run(line)

    def _write_json(self, line: str, reply: Reply) -> None:
        for frame in reply.frames:
            print(json.dumps(frame_to_json(frame)), file=self.out)
        if reply.value is not None:
            print(json.dumps(reply.value), file=self.out)
        elif not reply.ok:
            failed = {"failed": line.strip(), "why": " ".join(reply.lines)}
            print(json.dumps(failed), file=self.out)


class Prompt(Lines):
    """The prompt of a transfer. With a real peer it shows each event at once."""

    def __init__(self, debugger: Debugger, out: TextIO, *, as_json: bool = False) -> None:
        super().__init__(debugger, out, as_json=as_json)
        self.debugger = debugger
        if not debugger.stepper.world.rewinds:  # a real peer may be slow: show each step at once
            debugger.stepper.passing = self._pass

    def _pass(self, frame: Frame) -> None:
        self.say(passing_line(frame))
        self.out.flush()

    def _remarks(self) -> Iterable[str]:
        world = self.debugger.stepper.world
        return () if world.rewinds else world.remarks
