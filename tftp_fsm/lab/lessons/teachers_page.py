"""Make the answers for teachers: Markdown for the documentation, HTML for a static site."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TypeAlias
from urllib.parse import quote_plus, urlencode

from tftp_fsm.borders import xml
from tftp_fsm.lab.lessons.all import LESSONS
from tftp_fsm.lab.lessons.lesson import MADE, Exercise, Lesson, heading, option_words
from tftp_fsm.lab.lessons.teacher import ANSWERS, TALK
from tftp_fsm.language import current, mark, shown, tr

TruthOf: TypeAlias = Callable[[str], str]

_TITLE = mark("Answers for teachers")
_INTRO = mark(
    "These are the answers to the six lessons, for teachers. The answer to each question is what "
    "the machines do; a model run is one of many that do the task."
)
_GRADING = mark(
    "`tftp-fsm lab --grade RESULT...` makes the moves of each result again, and says which "
    "exercises are done and which questions are answered right. A result cannot claim more "
    "than its moves do. But it does not show who made the moves, or whether somebody tried the "
    "step elsewhere before answering. Therefore use the questions for talking, and the tasks "
    "for grading. `--lesson N` grades one lesson, and `--json` is for other programs. The exit "
    "status is 0 if all is done, 1 if something is not done, and 2 if a result cannot be "
    "read."
)
_TO_ADD = mark(
    "Below each model run is the end of its address: a line that begins with `#`. To see the run, "
    "open the address of your lab with this line added to it."
)
_TO_CLICK = mark("The link below each model run opens it in the lab.")
_LOOKING = mark(
    "You can also type its commands one by one in **More**, **Command line**. An address that has "
    "`answer` in it shows the task at once; to lead a class to a question, copy the address before "
    "you answer."
)

_OPENED = {"settings": mark("settings"), "tables": mark("tables")}


def teachers_page(truth_of: TruthOf, lab: str = "") -> str:
    """Return docs/lessons-answers.md. `truth_of` is the function of `tftp_fsm.lab.feed`.

    `lab` is the address of a lab. If it is given, each model run is a link to it.
    """
    link = tr("The lessons themselves are [on another page](lessons.md).")
    looking = f"{shown(_TO_CLICK if lab else _TO_ADD)} {shown(_LOOKING)}"
    intro = (f"{shown(_INTRO)} {link}", looking, shown(_GRADING))
    head = "\n\n".join((MADE, f"# {shown(_TITLE)}", *intro)) + "\n"
    lessons = (_lesson(n, one, truth_of, lab) for n, one in enumerate(LESSONS, 1))
    return head + "".join(f"\n{line}\n" for lines in lessons for line in lines)


def _lesson(number: int, lesson: Lesson, truth_of: TruthOf, lab: str) -> Iterator[str]:
    yield heading(number, lesson)
    for at, exercise in enumerate(lesson.exercises, 1):
        answer = ANSWERS[exercise.name]
        yield f"### {number}.{at} {shown(exercise.title)} (`{exercise.name}`)"
        truth = truth_of(exercise.name)
        told = shown(option_words(truth))
        yield f"**{shown(exercise.question.ask)}** *{told}*. {shown(answer.why)}"
        moves = ", ".join(f"`{move}`" for move in answer.moves)
        yield tr("**Model run:** {opened}, then {moves}", opened=_opened(exercise), moves=moves)
        run = model_link(exercise, truth)
        words = tr("See the model run in the lab")
        yield f"[{words}]({lab}{run})" if lab else f"`{run}`"
        yield f"**{shown(exercise.think)}** {shown(answer.think)}"
    talk = tr("To talk about")
    yield f"### {talk}"
    pairs = zip(lesson.talk, TALK[lesson.name], strict=True)
    yield "\n".join(f"- *{shown(question)}* {shown(answer)}" for question, answer in pairs)


def _opened(exercise: Exercise) -> str:
    """Return the transfer of the model run in words."""
    opens = ANSWERS[exercise.name].opens or exercise.opens
    more = {name: value for name, value in opens.items() if name != "scenario"}
    told = ", ".join(
        f"{shown(_OPENED[name])} `{json.dumps(value)}`" for name, value in more.items()
    )
    if not told:
        return tr("scenario `{scenario}`", scenario=opens["scenario"])
    return tr("scenario `{scenario}` with {more}", scenario=opens["scenario"], more=told)


def model_link(exercise: Exercise, truth: str) -> str:
    """Return the fragment that leads to the end of the model run. Add it to a lab's address."""
    answer = ANSWERS[exercise.name]
    opens = answer.opens or exercise.opens
    more = {**opens.get("settings", {}), "exercise": exercise.name, "answer": truth}
    if "tables" in opens:
        more["tables"] = json.dumps(opens["tables"])
    moves = "".join(f";{quote_plus(move)}" for move in answer.moves)
    return f"#{opens['scenario']}&{urlencode(more)}{moves}"


# -- Beside a static site -------------------------------------------------------------------------

_STYLE = (
    ":root { color-scheme: light dark; }"
    "body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 1rem auto;"
    " padding: 0 1rem; overflow-wrap: anywhere; word-break: keep-all; }"
    "code { font-size: .9em; } a { color: inherit; }"
)


def teachers_html(truth_of: TruthOf) -> str:
    """Return the page as one HTML file, which loads nothing. The lab is in the same folder."""
    page = teachers_page(truth_of, "index.html")
    body = "\n".join(_html(line) for line in page.split("\n\n") if line.strip() != MADE)
    title = xml(tr("Answers for teachers - the TFTP lab"))
    return (
        f'<!doctype html>\n<html lang="{current()}">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n"
        f"<main>\n{body}\n</main>\n</html>\n"
    )


def _html(block: str) -> str:
    """Return the HTML of one block of the Markdown: a heading, a list, or a paragraph."""
    link = tr("The lessons themselves are [on another page](lessons.md).")
    text = block.strip().replace(f" {link}", "")
    level = len(text) - len(text.lstrip("#"))
    if level:
        return f"<h{level}>{_marked(text[level + 1 :])}</h{level}>"
    if text.startswith("- "):
        items = (f"<li>{_marked(line[2:])}</li>" for line in text.splitlines())
        return f"<ul>{''.join(items)}</ul>"
    return f"<p>{_marked(text)}</p>"


_LINK = re.compile(r"\[([^]]+)\]\(([^)]+)\)")


def _marked(text: str) -> str:
    """Return the line with links, code, strong and emphasis as HTML. The rest is escaped."""
    link = _LINK.fullmatch(text)
    if link:
        return f'<a href="{xml(link[2], most=len(text))}">{_marked(link[1])}</a>'
    for sign, name in (("`", "code"), ("**", "strong"), ("*", "em")):
        before, found, rest = text.partition(sign)
        if found and sign in rest and _is_first(before):
            inner, _, after = rest.partition(sign)
            inside = xml(inner, most=len(inner) + 3) if name == "code" else _marked(inner)
            return f"{_marked(before)}<{name}>{inside}</{name}>{_marked(after)}"
    return xml(text, most=len(text) + 3)


def _is_first(before: str) -> bool:
    return "`" not in before and "*" not in before
