"""The files in `diagrams/mutants/`: each mutant's shortest run as a picture and as a trace.

README.md has them all, each with its mistake and a question.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace

from tftp_fsm.ladder import Ladder, build, svg_ladder
from tftp_fsm.ladder.build import lane_of
from tftp_fsm.ladder.model import Mark, Moment
from tftp_fsm.trace.trace import write_trace
from tftp_fsm.verify.explore import explore
from tftp_fsm.verify.lessons import LESSONS, Lesson
from tftp_fsm.verify.replay import LATENCY
from tftp_fsm.verify.report import Counterexample

PLACE = "diagrams/mutants"
README = "README.md"
_HEAD = f"""\
# Mistakes, and what they lead to

Why is the protocol as it is? Each picture on this page is an answer: the tables with one mistake,
and the shortest run in which this mistake does harm. Real programs were shipped with most of them.

The runs were found by `tftp-fsm verify`, which tries every order of events. No shorter run of the
same transfer breaks a rule. Time is short here: a wait of 0.05 s stands for one of a second. The
rules are in [docs/verify.md](../../docs/verify.md#the-rules).

`tftp-fsm verify --lessons {PLACE}` writes this page, the pictures and the traces, and
`tftp-fsm verify --check` compares them. A trace can be stepped forwards and backwards, in the
terminal or as a page for the browser:

```sh
tftp-fsm debug {PLACE}/sorcerer.jsonl
tftp-fsm debug {PLACE}/sorcerer.jsonl --html sorcerer.html
```

| mistake | rule that is broken | moves |
|---|---|---:|
"""


def lesson_files(lessons: tuple[Lesson, ...] = LESSONS) -> Mapping[str, str]:
    """Each file by its name. The same tables give the same text on any machine."""
    files, rows, sections = {}, [], []
    for lesson in lessons:
        found = shortest(lesson)
        files[f"{lesson.name}.svg"] = _picture(lesson, found)
        files[f"{lesson.name}.jsonl"] = _trace(found)
        link = f"[{lesson.name}](#{lesson.name})"
        rows.append(f"| {link}: {lesson.mutant.what} | {found.rule.name} | {found.moves} |")
        sections.append("\n".join(_section(lesson, found)))
    page = "\n".join((_HEAD + "\n".join(rows), *sections))
    return {**files, README: page + "\n"}


def shortest(lesson: Lesson) -> Counterexample:
    """The shortest run of the lesson's transfer that breaks a rule."""
    found = explore(lesson.mutated).counterexample
    assert found is not None, f"{lesson.name} breaks no rule in {lesson.case.name}"
    return found


def ladder_of(found: Counterexample) -> Ladder:
    """The run as a ladder. Its last mark says which rule is broken."""
    ladder, trace = build(found.trace), found.trace
    end, step = trace.steps[-1]
    last = Moment(_orders(ladder) + 1, step.now + LATENCY, len(trace.steps) - 1)
    mark = Mark(lane_of(end), "failure", f"breaks the rule: {found.rule.name}", last, why=found.how)
    return replace(ladder, items=(*ladder.items, mark))


def _orders(ladder: Ladder) -> int:
    ends = (moment.order for arrow in ladder.arrows for _, moment in arrow.moments)
    return max((*ends, *(mark.moment.order for mark in ladder.marks)))


def _picture(lesson: Lesson, found: Counterexample) -> str:
    return svg_ladder(replace(ladder_of(found), title=lesson.mutant.what))


def _trace(found: Counterexample) -> str:
    stream = io.StringIO()
    write_trace(found.trace, stream)
    return stream.getvalue()


def _section(lesson: Lesson, found: Counterexample) -> Iterator[str]:
    name, mutant, rule = lesson.name, lesson.mutant, found.rule
    yield f"\n## {name}\n"
    yield f"{mutant.what}\n"
    yield f"- **Who had it:** {mutant.who}"
    yield f"- **Rule:** *{rule.name}*. {rule.sentence} ({rule.rfc})"
    yield f"- **The run:** {lesson.case.name}. {lesson.look}\n"
    yield f"![{name}: the shortest run]({name}.svg)\n"
    yield f"**Question:** {lesson.question}\n"
    yield f"<details><summary>Answer</summary>\n\n{lesson.answer}\n\n</details>"
