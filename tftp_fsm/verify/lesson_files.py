"""The files in `diagrams/mutants/`: each mutant's shortest run as a picture and as a trace.

README.md shows all of them, each with its mistake and a question. `diagrams/ko/mutants/` has the
page and the pictures in Korean. A trace is the same in every language, so there is one copy of it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from tftp_fsm.ladder.build import build, lane_of
from tftp_fsm.ladder.model import Ladder, Mark, Moment
from tftp_fsm.ladder.svg import svg_ladder
from tftp_fsm.language import mark, sentence, shown, speaking, tr, tr_p
from tftp_fsm.protocol.gloss import rfc_words
from tftp_fsm.trace.trace import write_trace
from tftp_fsm.verify.explore import explore
from tftp_fsm.verify.known import found_trace
from tftp_fsm.verify.lessons import LESSONS, Lesson
from tftp_fsm.verify.replay import LATENCY
from tftp_fsm.verify.report import Counterexample

PLACE = "diagrams/mutants"
KEPT: Mapping[str, str] = {PLACE: "en", "diagrams/ko/mutants": "ko"}  # the languages of the places
README = "README.md"
_HEAD = mark("""\
# Mistakes, and what they lead to

Why is the protocol as it is? Each picture on this page is an answer: the tables with one mistake,
and the shortest run in which this mistake does harm. Real programs were shipped with most of them.

The runs were found by `tftp-fsm verify`, which tries every order of events. No shorter run of the
same transfer breaks a rule. Time is short here: a wait of 0.05 s stands for one of a second. The
rules are in [docs/verify.md]({root}/docs/verify.md#the-rules).

`tftp-fsm verify --lessons {place}` writes this page, the pictures and the traces, and
`tftp-fsm verify --check` compares them. A trace can be stepped forwards and backwards, in the
terminal or as a page for the browser:

```sh
tftp-fsm debug {traces}/sorcerer.jsonl
tftp-fsm debug {traces}/sorcerer.jsonl --html sorcerer.html
```

| mistake | rule that is broken | moves |
|---|---|---:|
""")


def kept_files(place: str) -> Mapping[str, str]:
    """Return the files of a place in `KEPT`, in the language of that place."""
    with speaking(KEPT[place]):
        files = lesson_files(place=place)
    return {n: text for n, text in files.items() if place == PLACE or not n.endswith(".jsonl")}


def lesson_files(lessons: tuple[Lesson, ...] = LESSONS, place: str = PLACE) -> Mapping[str, str]:
    """Return the text of each file by its name, in the current language.

    The same tables give the same text on any machine. `place` is the folder of the page.
    """
    files, rows, sections = {}, [], []
    for lesson in lessons:
        found = shortest(lesson)
        files[f"{lesson.name}.svg"] = _picture(lesson, found)
        files[f"{lesson.name}.jsonl"] = _trace(found)
        link = f"[{lesson.name}](#{lesson.name})"
        what = shown(lesson.mutant.what)
        rows.append(f"| {link}: {what} | {found.rule.name} | {found.moves} |")
        sections.append("\n".join(_section(lesson, found)))
    root = "/".join([".."] * len(place.split("/")))
    head = shown(_HEAD).format(place=place, root=root, traces=PLACE)
    page = "\n".join((head + "\n".join(rows), *sections))
    return {**files, README: page + "\n"}


@cache
def shortest(lesson: Lesson) -> Counterexample:
    """Return the shortest run of the lesson's transfer that breaks a rule."""
    found = explore(lesson.mutated).counterexample
    assert found is not None, f"{lesson.name} breaks no rule in {lesson.case.name}"
    return found


def ladder_of(found: Counterexample) -> Ladder:
    """Return the run as a ladder. Its last mark names the broken rule."""
    trace = found_trace(found)
    ladder = build(trace)
    end, step = trace.steps[-1]
    last = Moment(_orders(ladder) + 1, step.now + LATENCY, len(trace.steps) - 1)
    mark = Mark(
        lane_of(end),
        "failure",
        sentence("breaks the rule: {name}", name=found.rule.name),
        last,
        why=found.how,
    )
    return replace(ladder, items=(*ladder.items, mark))


def _orders(ladder: Ladder) -> int:
    ends = (moment.order for arrow in ladder.arrows for _, moment in arrow.moments)
    return max((*ends, *(mark.moment.order for mark in ladder.marks)))


def _picture(lesson: Lesson, found: Counterexample) -> str:
    return svg_ladder(replace(ladder_of(found), title=shown(lesson.mutant.what)))


def _trace(found: Counterexample) -> str:
    stream = io.StringIO()
    write_trace(found_trace(found), stream)
    return stream.getvalue()


def _section(lesson: Lesson, found: Counterexample) -> Iterator[str]:
    name, mutant, rule = lesson.name, lesson.mutant, found.rule
    yield f"\n## {name}\n"
    law = f"*{rule.name}*. {shown(rule.sentence)} ({shown(rfc_words(rule.rfc))})"
    run = f"{shown(lesson.case.name)}. {shown(lesson.look)}"
    picture = tr("{name}: the shortest run", name=name)
    summary = tr_p("hidden until a reader opens it", "Answer")
    yield f"{shown(mutant.what)}\n"
    yield tr("- **Who had it:** {who}", who=shown(mutant.who))
    yield tr("- **Rule:** {rule}", rule=law)
    yield tr("- **The run:** {run}", run=run) + "\n"
    yield f"![{picture}]({name}.svg)\n"
    yield tr("**Question:** {question}", question=shown(lesson.question)) + "\n"
    yield f"<details><summary>{summary}</summary>\n\n{shown(lesson.answer)}\n\n</details>"
