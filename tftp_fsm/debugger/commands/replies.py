"""Replies that several commands give: the frames that were shown, the place, the end."""

from __future__ import annotations

from tftp_fsm.debugger.commands.language import Debugger, Reply
from tftp_fsm.debugger.commands.text import step_lines
from tftp_fsm.debugger.frames import Frame


def here(debugger: Debugger) -> Reply:
    """The current frame."""
    frame = debugger.stepper.frame
    return shown(debugger, [frame]) if frame is not None else Reply(("before the first step",))


def shown(debugger: Debugger, frames: list[Frame], words: str = "") -> Reply:
    lines = [line for frame in frames for line in step_lines(frame, time_before(debugger, frame))]
    return Reply(
        (*lines, *([words] if words else []), *debugger.stepper.world.remarks), tuple(frames)
    )


def end_words(debugger: Debugger) -> str:
    ends = [
        f"{end} {session.outcome.outcome.value}" if session.outcome else f"{end} has no outcome"
        for end, session in debugger.stepper.world.sessions.items()
    ]
    return f"the end: {', '.join(ends)}"


def time_before(debugger: Debugger, frame: Frame) -> float:
    """The time of the step before this one."""
    return debugger.stepper.frames[frame.number - 2].now if frame.number > 1 else frame.now
