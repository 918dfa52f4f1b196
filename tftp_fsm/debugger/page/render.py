"""A run as one HTML page, which needs no other file and steps forwards and backwards.

    page_of(stepper.frames)
    page_of(read_trace(open("run.jsonl")), quiz=True)

The page fetches nothing, and its policy forbids it. Text from a peer is never read as HTML.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib.resources import files
from string import Template

from tftp_fsm.borders import script, xml
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.page.data import ends_of, page_data
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.recorded import RecordedWorld
from tftp_fsm.diagram import picture_of_table
from tftp_fsm.diagram.lean import lean_style_sheet, render_lean, sign_definitions
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.events import Send
from tftp_fsm.protocol.rows import Table
from tftp_fsm.trace.describe import packet_words
from tftp_fsm.trace.trace import SESSIONS, Sessions, Trace
from tftp_fsm.wire.packets import Rrq, Wrq


def page_of(
    run: Trace | Iterable[Frame],
    *,
    quiz: bool = False,
    about: str = "",
    sessions: Sessions = SESSIONS,
) -> str:
    """The page of a trace, or of a debugger's frames.

    `quiz` hides what each step leads to, and asks. `about` is a sentence or two on what to look
    for; `sessions` are the kinds that a trace may be of. LocalError: there is no step to show.
    """
    frames = _frames_of(run, sessions)
    if not frames:
        raise LocalError("there is no step to show: make at least one, then write the page")
    title = _title(frames)
    tables = ends_of(frames).values()
    code = _part("page.js")
    return Template(_part("page.html")).substitute(
        title=xml(title),
        about="".join(_paragraph(line) for line in (about, _summary(frames)) if line),
        style=_tight(lean_style_sheet() + "\n" + _part("page.css")),
        pictures="".join(_pictures(tables)),
        data=script(page_data(frames, title=title, quiz=quiz)),
        script=code,
        digest=b64encode(sha256(code.encode()).digest()).decode("ascii"),
    )


def _frames_of(run: Trace | Iterable[Frame], sessions: Sessions) -> list[Frame]:
    if not isinstance(run, Trace):
        return list(run)
    stepper = Stepper(RecordedWorld(run, sessions))
    stepper.run()
    return stepper.frames


def _title(frames: list[Frame]) -> str:
    """The request that began the transfer."""
    for frame in frames:
        for effect in frame.step.effects:
            if isinstance(effect, Send) and isinstance(effect.packet, Rrq | Wrq):
                return packet_words(effect.packet)
    return frames[0].table.title


def _summary(frames: list[Frame]) -> str:
    ended = {f.end: f.outcome.outcome.value for f in frames if f.outcome is not None}
    ends = ", ".join(f"{end} {outcome}" for end, outcome in ended.items())
    took = frames[-1].step.now - frames[0].step.now
    return f"{len(frames):,} steps in {took:.3f} s: {ends or 'not ended'}."


def _pictures(tables: Iterable[Table]) -> Iterator[str]:
    """Each machine, as `e0`, `e1`, ... in the order of the data's ends; then their signs."""
    for number, table in enumerate(tables):
        yield render_lean(picture_of_table(table), f"e{number}")
    yield sign_definitions()


def _paragraph(words: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", f"<p>{xml(words)}</p>")


def _tight(style: str) -> str:
    return re.sub(r" *([{};:,>]) *\n?", r"\1", style)


def _part(name: str) -> str:
    """A file beside this module, without its comments and the spaces at its lines' ends."""
    text = files("tftp_fsm.debugger.page").joinpath(name).read_text(encoding="utf-8")
    lines = (re.sub(r"(^| )// .*", "", line.strip()) for line in text.splitlines())
    return "\n".join(line.rstrip() for line in lines if line)
