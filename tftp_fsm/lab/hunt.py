"""Find the shortest run in which broken tables do harm, and prepare it for the lab.

    wanted = wanted_of({"tables": {"mutant": "sorcerer"}, "kind": "get"}, allows_python=False)
    hunt(wanted, tell)
    hunting = Hunting(wanted)        # the same in a thread; then hunting.news(), hunting.stop()

`verify` explores small transfers, the smallest first. The run that it finds is repeated in a
simulated transfer, so that a student can leave the run at any place and act. In a run against a
hostile peer, the peer's packets are put on the wire by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event, Thread
from time import monotonic
from traceback import format_exception_only
from typing import Any

from tftp_fsm.borders import brief
from tftp_fsm.debugger.commands.all import opened
from tftp_fsm.debugger.script import script_of
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.lab.breaking import Broken, broken
from tftp_fsm.lab.follow import follow
from tftp_fsm.lab.runs import FOUND, found_scenario, rule_to_json, settings_of
from tftp_fsm.language import sentence
from tftp_fsm.trace.records import Json
from tftp_fsm.verify.case import Budgets, Case
from tftp_fsm.verify.cases import KINDS, WINDOWS, cases
from tftp_fsm.verify.explore import Limits, explore
from tftp_fsm.verify.known import found_trace, kinds_of
from tftp_fsm.verify.report import Counterexample, Report
from tftp_fsm.verify.rules import NO_EXCEPTION, Rule

STATES, SECONDS = 200_000, 120.0
NUMBERS = {  # least, most, usual
    "blocks": (1, 4, 3),
    "losses": (0, 3, 1),
    "copies": (0, 3, 1),
    "early": (0, 3, 1),
    "states": (1_000, 2_000_000, STATES),
    "seconds": (1, 3_600, int(SECONDS)),
}


class Stopped(Exception):
    """The search was stopped by the person who asked for it."""


Tell = Callable[[Json], bool]
"""Called from time to time with the progress. If it returns False, the search stops."""


@frozen
class Wanted:
    """The settings of a search: its tables, its cases and its limits."""

    broken: Broken
    description: object
    cases: tuple[Case, ...]
    limits: Limits


def hunt(wanted: Wanted, tell: Tell) -> Json:
    """Return the shortest run of the first case that breaks a rule, or a summary without one."""
    began, seen, stopped_by = monotonic(), 0, ""
    for number, case in enumerate(wanted.cases, 1):
        left = (wanted.limits.seconds or 0.0) - (monotonic() - began)
        if left <= 0:
            stopped_by = sentence("{seconds:g} seconds", seconds=wanted.limits.seconds)
            break
        progress = _Progress(tell, case, number, len(wanted.cases), seen)
        try:
            report = explore(case, Limits(wanted.limits.states, left), progress)
        except (Stopped, LocalError):
            raise
        except Exception as raised:  # `verify` has no step of this, so there is no run to show
            return _raised(wanted, case, raised, seen)
        seen += report.states
        stopped_by = stopped_by or report.stopped_by or ""
        if report.counterexample is not None:
            return _found(wanted, report, report.counterexample, seen)
    return {"found": False, "states": seen, "cases": len(wanted.cases), "stopped_by": stopped_by}


def wanted_of(message: Mapping[str, Any], *, allows_python: bool) -> Wanted:
    """Read the search that a message asks for. Raises LocalError for a mistake in it."""
    numbers = {name: _number(message, name) for name in NUMBERS}
    kinds, windows = _kinds(message.get("kind")), _windows(message.get("windowsize"))
    tables = broken(message.get("tables"), allows_python=allows_python)
    budgets = Budgets(numbers["losses"], numbers["copies"], numbers["early"])
    chosen = cases(kinds, windows, numbers["blocks"], budgets, tables.mutant, tables.path)
    chosen.sort(key=lambda case: case.hostile_to is not None)  # both ends are easier to read
    limits = Limits(numbers["states"], float(numbers["seconds"]))
    return Wanted(tables, message.get("tables"), tuple(chosen), limits)


class Hunting:
    """A search in a thread, for a page that asks about it. (In a browser a worker searches.)

    It begins at once. The thread ends with the search, after `stop`, or with the program."""

    def __init__(self, wanted: Wanted) -> None:
        self._news: Json = {"running": True, "states": 0}
        self._stopped = Event()
        self._thread = Thread(target=self._run, args=(wanted,), name="search", daemon=True)
        self._thread.start()

    @classmethod
    def begin(cls, message: Mapping[str, Any], allows_python: bool) -> Hunting:
        """Begin the search that a message asks for. Raises LocalError for a mistake in it."""
        return cls(wanted_of(message, allows_python=allows_python))

    def news(self) -> Json:
        """Return the progress or the result. With `running` False this is the last news."""
        return self._news

    def stop(self) -> Json:
        """End the search. The last news has the number of states so far."""
        self._stopped.set()
        self._thread.join()
        return self._news

    def _run(self, wanted: Wanted) -> None:
        try:
            self._news = {"running": False, **hunt(wanted, self._tell)}
        except Stopped:
            self._news = {**self._news, "running": False, "stopped": True}
        except (Exception, SystemExit) as raised:  # rows of a user may raise anything
            words = " ".join(format_exception_only(raised)[-1].split())
            self._news = {"running": False, "failed": words}

    def _tell(self, news: Json) -> bool:
        self._news = {"running": True, **news}
        return not self._stopped.is_set()


class _Progress:
    """Reports the number of states that were seen in all cases so far."""

    def __init__(self, tell: Tell, case: Case, number: int, cases: int, before: int) -> None:
        self._tell, self._before = tell, before
        self._told = {"case": case.name, "number": number, "cases": cases}
        self(0)

    def __call__(self, states: int) -> None:
        if not self._tell({**self._told, "states": self._before + states}):
            raise Stopped


def _raised(wanted: Wanted, case: Case, raised: Exception, seen: int) -> Json:
    how = " ".join(format_exception_only(raised)[-1].split())
    return _told(wanted, case, NO_EXCEPTION, how, seen) | {"moves": None}


def _found(wanted: Wanted, report: Report, found: Counterexample, seen: int) -> Json:
    told = _told(wanted, report.case, found.rule, found.how, seen)
    told["open"] |= _run_of(report.case, found)
    return told | {"moves": found.moves}


def _told(wanted: Wanted, case: Case, rule: Rule, how: str, seen: int) -> Json:
    """Return the result, with the settings that open the case in the lab."""
    tables = {} if wanted.description is None else {"tables": wanted.description}
    return {
        "found": True,
        "rule": rule_to_json(rule),
        "how": how,
        "case": case.name,
        "states": seen,
        "open": {
            "scenario": FOUND,
            "settings": settings_of(case) | {"rule": rule.name},
            "moves": [],
            **tables,
        },
    }


def _run_of(case: Case, found: Counterexample) -> Json:
    """Return the moves of the run. The lab opens the run at its beginning, before the first.

    `missing` is the number of steps of the run that could not be repeated.
    """
    stepper = opened(found_scenario(settings_of(case), kinds_of(case))).stepper
    missing = follow(stepper, found_trace(found), case.hostile_to)
    stepper.goto(0)
    return {"moves": script_of(stepper), "missing": missing}


def _number(message: Mapping[str, Any], name: str) -> int:
    least, most, usual = NUMBERS[name]
    value = message.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise LocalError(
            sentence(
                "{name}: {value} is not a whole number from {least} to {most:,}",
                name=name,
                value=brief(str(value)),
                least=least,
                most=most,
            )
        )
    return value


def _kinds(kind: object) -> tuple[str, ...]:
    if kind is None:
        return KINDS
    if kind not in KINDS:
        raise LocalError(
            sentence("kind must be get, put or hostile, not {kind!r}", kind=brief(str(kind)))
        )
    return (str(kind),)


def _windows(window: object) -> tuple[int, ...]:
    if window is None:
        return WINDOWS[:2]
    if not isinstance(window, int) or isinstance(window, bool) or not 1 <= window <= 4:
        raise LocalError(sentence("windowsize must be from 1 to 4"))
    return (window,)
