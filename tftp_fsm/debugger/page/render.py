"""A run as one HTML page, which needs no other file and steps forwards and backwards.

    page_of(stepper.frames)
    page_of(read_trace(open("run.jsonl")), quiz=True)

The page fetches nothing, and its security policy forbids fetching. Text from a peer is never read
as HTML.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from string import Template

from tftp_fsm.borders import script, xml
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.page.data import ends_of, page_data
from tftp_fsm.debugger.page.words import part
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.recorded import RecordedWorld
from tftp_fsm.diagram.lean import lean_style_sheet, render_lean, sign_definitions
from tftp_fsm.diagram.model import picture_of_table
from tftp_fsm.errors import LocalError
from tftp_fsm.language import current, sentence, shown, tr
from tftp_fsm.protocol.events import Send
from tftp_fsm.protocol.gloss import end_word, outcome_gloss
from tftp_fsm.protocol.rows import Table
from tftp_fsm.trace.trace import SESSIONS, Sessions, Trace
from tftp_fsm.wire.packets import Rrq, Wrq
from tftp_fsm.wire.words import packet_words


def page_of(
    run: Trace | Iterable[Frame],
    *,
    quiz: bool = False,
    about: str = "",
    sessions: Sessions = SESSIONS,
) -> str:
    """Return the page of a trace, or of a debugger's frames.

    With `quiz` the page hides the result of each step, and asks for it. `about` is a text of one or
    more lines, such as what to watch. `sessions` has the session classes of the trace. Raises
    LocalError without steps.
    """
    frames = _frames_of(run, sessions)
    if not frames:
        raise LocalError(
            sentence("there is no step to show: make at least one, then write the page")
        )
    title = _title(frames)
    tables = ends_of(frames).values()
    code, style = _script(), _tight(lean_style_sheet() + "\n" + _part("page.css"))
    return Template(_fixed(_part("page.html"))).substitute(
        title=xml(title),
        about="".join(map(_paragraph, [*_lines(about), *_lines(_summary(frames))])),
        needs=xml(
            tr("This page needs JavaScript. It fetches nothing."),
        ),
        language=current(),
        style=style,
        style_digest=_digest(style),
        pictures="".join(_pictures(tables)),
        data=script(page_data(frames, title=title, quiz=quiz)),
        script=code,
        digest=_digest(code),
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
                return shown(packet_words(effect.packet))
    return shown(frames[0].table.title)


def _summary(frames: list[Frame]) -> str:
    ended = {f.end: outcome_gloss(f.outcome.outcome) for f in frames if f.outcome is not None}
    ends = ", ".join(f"{shown(end_word(end))} {shown(how)}" for end, how in ended.items())
    steps, took = len(frames), frames[-1].step.now - frames[0].step.now
    if not ends:
        return tr("{steps:,} steps in {seconds:.3f} s: not ended.", steps=steps, seconds=took)
    return tr("{steps:,} steps in {seconds:.3f} s: {ends}.", steps=steps, seconds=took, ends=ends)


def _pictures(tables: Iterable[Table]) -> Iterator[str]:
    """Yield each machine, as `e0`, `e1`, ... in the order of the data's ends; then the signs."""
    for number, table in enumerate(tables):
        yield render_lean(picture_of_table(table), f"e{number}")
    yield sign_definitions()


def _lines(text: str) -> list[str]:
    return [line for line in shown(text).split("\n") if line]


def _paragraph(words: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", f"<p>{xml(words)}</p>")


def _fixed(page: str) -> str:
    """Return the page without the words for translation, which English does not need."""
    return re.sub(r" data-tr(-label)?\b", "", page) if current() == "en" else page


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode("ascii")


def _tight(style: str) -> str:
    return re.sub(r" *([{};:,>]) *\n?", r"\1", style).replace(";}", "}")


def _script() -> str:
    """Return the scripts without spaces around signs, so that the page stays small."""
    more = ("translated.js",) if current() != "en" else ()
    parts = map(_part, ("tr.js", *more, "page.js"))
    code = "\n".join(('"use strict";', *parts))
    kept = re.split(r'("(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)', code)  # strings are odd
    kept[::2] = map(_compact, kept[::2])
    return "".join(kept)


def _compact(code: str) -> str:
    """Compact code without strings. Each statement must end with a semicolon or a brace."""
    code = re.sub(r" ?([=<>?:,{}()&|;]+) ?", r"\1", code)
    code = re.sub(r"(?<![+-]) ([+*/%-]) (?![+-])", r"\1", code)
    return re.sub(r"(?<=[{,(;=?:&|])\n|\n(?=})", "", code).replace(";}", "}")


def _part(name: str) -> str:
    """A file beside this module, without its comments and the spaces at its lines' ends."""
    lines = (re.sub(r"(^| )// .*", "", line.strip()) for line in part(name).splitlines())
    return "\n".join(line.rstrip() for line in lines if line)
