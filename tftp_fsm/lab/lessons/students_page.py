"""Make the page of the lessons for students. It has no answers."""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.lab.lessons.all import LESSONS
from tftp_fsm.lab.lessons.lesson import MADE, MINUTES, Exercise, Lesson, heading, option_words
from tftp_fsm.language import shown, tr


def students_page(lab: str = "lab.md") -> str:
    """Return docs/lessons.md in the current language. `lab` is the path of the lab's page."""
    head = "\n\n".join((MADE, f"# {title()}", *_intro(lab))) + "\n"
    lessons = (line for n, one in enumerate(LESSONS, 1) for line in _lesson(n, one))
    return head + "".join(f"\n{line}\n" for line in (*lessons, *_tasks()))


def tasks_heading() -> str:
    """Return the heading of the tasks. No text above it answers a question."""
    tasks = tr("The tasks")
    return f"## {tasks}"


def title() -> str:
    """Return the title of the page."""
    return tr("Six lessons")


def _intro(lab: str) -> Iterator[str]:
    yield tr(
        "Each lesson takes {minutes} minutes, in pairs, in [the lab]({lab}): `tftp-fsm lab`, or a "
        "page that your teacher gives you. For the page you need to install nothing.",
        minutes=MINUTES,
        lab=lab,
    )
    yield tr(
        "Choose **Lessons** at the top of the page, and an exercise. It begins with a "
        "**question**. Before you answer, say what you think, and why. The page covers everything "
        "that would tell you the answer. After your answer the machines make the step, and you see "
        "whether you were right. Then you have a **task**. You act, and the page checks the whole "
        "run. **Begin again** leads to the place of the question, and **Start** to the beginning "
        "of the run, where nothing is lost or changed yet."
    )
    yield tr("This page has all questions first, and the tasks at the end.")
    yield tr(
        "Your progress stays in your browser. In the list of lessons, **Save my result** writes a "
        "file, which you hand in. It has your answers and your moves, and the person who grades "
        "it makes the moves again. At another computer you can open this file there, and go on."
    )


def _lesson(number: int, lesson: Lesson) -> Iterator[str]:
    yield heading(number, lesson)
    yield tr("**Afterwards:** {aim}", aim=shown(lesson.aim))
    yield tr("**Before:** {before}", before=shown(lesson.before))
    rows = "\n".join(f"| {minutes} | {shown(what)} |" for minutes, what in lesson.plan)
    head = tr("| minutes | what |")
    yield f"{head}\n|---:|---|\n{rows}"
    for at, exercise in enumerate(lesson.exercises, 1):
        yield from _question(f"{number}.{at}", exercise)
    talk = tr("To talk about")
    yield f"### {talk}"
    yield "\n".join(f"- {shown(question)}" for question in lesson.talk)


def _question(number: str, exercise: Exercise) -> Iterator[str]:
    question = exercise.question
    yield f"### {number} {shown(exercise.title)}"
    yield shown(exercise.look)
    options = ", ".join(shown(option_words(option)) for option in question.options)
    yield tr("**Question:** {ask} *{options}*", ask=shown(question.ask), options=options)


def _tasks() -> Iterator[str]:
    """Yield the tasks. They come after the questions, because a task may contain an answer."""
    yield tasks_heading()
    yield tr(
        "Answer the questions first: many tasks contain the answer. The lab shows a task only "
        "after its question is answered."
    )
    for number, lesson in enumerate(LESSONS, 1):
        for at, exercise in enumerate(lesson.exercises, 1):
            yield from _task(f"{number}.{at}", exercise)


def _task(number: str, exercise: Exercise) -> Iterator[str]:
    yield tr("**Task {number}:** {task} Done means:", number=number, task=shown(exercise.task))
    yield "\n".join(f"- {shown(check.words)}" for check in exercise.checks)
    yield tr("**Think:** {think}", think=shown(exercise.think))
