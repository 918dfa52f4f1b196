"""All lessons in their order, and all exercises by name."""

from __future__ import annotations

from tftp_fsm.lab.lessons.answers_and_losses import FACE_TO_FACE, LOSS
from tftp_fsm.lab.lessons.lesson import Exercise, Lesson
from tftp_fsm.lab.lessons.options_and_proofs import AGREEMENT, PROOF
from tftp_fsm.lab.lessons.repeats_and_strangers import SPEAKER, TWICE
from tftp_fsm.language import marked
from tftp_fsm.trace.records import Json

LESSONS: tuple[Lesson, ...] = (FACE_TO_FACE, LOSS, TWICE, SPEAKER, AGREEMENT, PROOF)
EXERCISES: dict[str, Exercise] = {e.name: e for lesson in LESSONS for e in lesson.exercises}


def place_of(name: str) -> tuple[int, int]:
    """Return the number of the lesson, and of the exercise in it. Both count from 1."""
    return next(
        (number, at)
        for number, lesson in enumerate(LESSONS, 1)
        for at, exercise in enumerate(lesson.exercises, 1)
        if exercise.name == name
    )


def lessons_to_json() -> list[Json]:
    """Return the index for a page: names, titles and aims, and the transfer of each exercise."""
    return [
        {
            "name": lesson.name,
            "title": marked(lesson.title),
            "aim": marked(lesson.aim),
            "exercises": [
                {"name": e.name, "title": marked(e.title), "opens": dict(e.opens)}
                for e in lesson.exercises
            ],
        }
        for lesson in LESSONS
    ]
