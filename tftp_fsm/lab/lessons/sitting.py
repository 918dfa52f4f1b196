"""A student at an exercise: first the question, then the task.

    sitting = sitting_of({"exercise": "lost-ack"}, LESSONS)           # the question is open
    sitting = sitting_of({"exercise": "lost-ack", "answer": "ACK 2"}, LESSONS)     # the task is
    sitting.opens(wanted)                    # the run that `open` has to open
    sitting.told(run, truth_of)              # what a reply says of the exercise

While the question is open, `covered` removes everything from a reply that would answer it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tftp_fsm.borders import brief
from tftp_fsm.debugger import moves as m
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.lab.lessons.lesson import Exercise, Lesson, Run, option_words
from tftp_fsm.language import joined, mark, marked, sentence
from tftp_fsm.trace.records import Json

OPENED = ("scenario", "settings", "tables")  # the parts of an opening message, without moves
COVERED = mark("Hidden until you have answered.")
FIRST = mark("answer the question first: everything that shows the answer is hidden until then")
THE_RUN = mark("The run is the transfer of this exercise: Begin again opens it.")
NOTHING_SET = mark("No variable is set by hand.")


@frozen
class Sitting:
    """An exercise, and the student's answer to its question (None while it is open).

    It is exercise `at` of lesson `number`.
    """

    lesson: Lesson
    number: int
    at: int
    exercise: Exercise
    answer: str | None

    @property
    def is_open(self) -> bool:
        """Whether the question has no answer yet."""
        return self.answer is None

    # -- Opening ----------------------------------------------------------------------------------

    def opens(self, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the message for the run: at the question, after its moves, or the student's."""
        if not self.is_open and wanted.get("begin") is not True:
            return wanted
        moves = [*self.exercise.moves, *(() if self.is_open else self.exercise.question.then)]
        return {**self.exercise.opens, "moves": moves}

    # -- Replies ----------------------------------------------------------------------------------

    def told(self, run: Run, truth_of: Callable[[str], str]) -> Json:
        """Return the exercise for the page, with only what the student may know now."""
        exercise, question = self.exercise, self.exercise.question
        told = {
            "name": exercise.name,
            "title": marked(exercise.title),
            "lesson": marked(self.lesson.title),
            "number": self.number,
            "at": self.at,
            "of": len(self.lesson.exercises),
            "look": marked(exercise.look),
            "ask": marked(question.ask),
            "options": list(question.options),
            "labels": {name: option_words(name) for name in question.options},
            "open": self.is_open,
            "opened": {k: run.opened[k] for k in OPENED if run.opened.get(k) is not None},
        }
        return told if self.is_open else told | self._task(run, truth_of(exercise.name))

    def _task(self, run: Run, truth: str) -> Json:
        checks = list(self._checks(run))
        done = all(held for _, held in checks)
        return {
            "answer": self.answer,
            "truth": truth,
            "right": self.answer == truth,
            "task": marked(self.exercise.task),
            "checks": [{"words": marked(words), "held": held} for words, held in checks],
            "done": done,
            "think": marked(self.exercise.think) if done else "",
        }

    def _checks(self, run: Run) -> Iterator[tuple[str, bool]]:
        """Yield the checks of the task, and each broken rule that holds for all exercises."""
        for check in self.exercise.checks:
            yield check.words, check.holds(run)
        if not self._is_its_run(run):
            yield THE_RUN, False
        moves = (move for _, move in run.stepper.moves if move not in run.opening)
        if any(isinstance(move, m.SetVariable) for move in moves):
            yield NOTHING_SET, False

    def _is_its_run(self, run: Run) -> bool:
        """Return whether the run was opened as the exercise opens it, with allowed changes."""
        allows, opens = self.exercise.allows, self.exercise.opens
        names = [name for name in OPENED if name not in allows]
        if "settings" in allows and run.opened.get("scenario") == "own":
            names = [name for name in names if name != "scenario"]
        return all(_plain(run.opened.get(name)) == _plain(opens.get(name)) for name in names)


def sitting_of(wanted: Mapping[str, Any], lessons: Sequence[Lesson]) -> Sitting | None:
    """Return the sitting that a message asks for, or None. LocalError: unknown exercise."""
    name = wanted.get("exercise")
    if name is None:
        return None
    for number, lesson in enumerate(lessons, 1):
        for at, exercise in enumerate(lesson.exercises, 1):
            if exercise.name == name:
                return Sitting(lesson, number, at, exercise, _answer(wanted, exercise))
    why = sentence(
        "there is no exercise {name!r}: choose one of the lessons", name=brief(str(name))
    )
    raise LocalError(why)


def _answer(wanted: Mapping[str, Any], exercise: Exercise) -> str | None:
    answer = wanted.get("answer")
    if answer is not None and answer not in exercise.question.options:
        raise LocalError(
            sentence(
                "the answer must be one of these: {options}; not {answer!r}",
                options=joined(", ", [option_words(one) for one in exercise.question.options]),
                answer=brief(str(answer)),
            )
        )
    return answer


def _plain(value: Any) -> Any:
    """Return the value as a link has it: in a link the settings are texts."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()} or None
    return f"{value}" if value is not None and not isinstance(value, bool | list) else value


# -- Covers ---------------------------------------------------------------------------------------


def covered(reply: Json, title: str, look: str) -> Json:
    """Return the reply without everything that would answer the question."""
    view, step = reply["view"], reply["view"]["step"]
    taken = [] if step is None else [c for c in step["candidates"] if c["passes"]]
    hidden = {"next": [], "stage": {**view["stage"], "due": []}}
    if step is not None:
        hidden["step"] = {**step, "candidates": taken}
    told = {**reply, "said": [] if reply["ok"] else reply["said"], "view": {**view, **hidden}}
    if "machines" in reply:
        told["machines"] = {
            end: {**machine, "rows": list(_covered_rows(machine["rows"], view["ends"][end]))}
            for end, machine in reply["machines"].items()
        }
        told["scenario"] = {**reply["scenario"], "title": marked(title), "look": marked(look)}
    return told


def _covered_rows(rows: list[Json], end: Json) -> Iterator[Json]:
    """Yield the rows. Only the row that the end took in this step is shown."""
    for number, row in enumerate(rows):
        if number == end["row"]:
            yield row
        else:
            nothing: Json = {
                "dest": None,
                "guards": [],
                "actions": [],
                "why": marked(COVERED),
                "rfc": "",
            }
            yield {**row, "trigger": "", **nothing}
