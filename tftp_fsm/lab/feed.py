"""Answer the messages of the page. Messages and replies are JSON values.

    lab = Lab()
    lab.ask({"open": {"scenario": "lost-ack", "moves": ["step 7", "drop 6"]}})
    lab.ask({"command": "duplicate 5"})      # any command of the debugger
    lab.ask({"packet": 5})                   # a packet with all of its octets
    lab.ask({"index": True})                 # scenarios, keys, commands
    lab.ask({"breaking": True})              # what can be broken; `open` takes it as `tables`
    lab.ask({"search": {"tables": {"mutant": "sorcerer"}}})    # then {"search": "news"} or "stop"

    lab.ask({"open": {"exercise": "lost-ack"}})            # an exercise; its question is open
    lab.ask({"again": True, "language": "ko"})             # the last reply in another language

A reply has `ok`, `said` (lines for people), `value` (the result of the command), and `view`
(everything that the page draws). The replies to `open` and `again` have `machines` and `scenario`,
too. A message may have a `language` for its reply. The default is English.

A message may come from anybody. If it is wrong, the reply has `ok` False and tells the mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from traceback import format_exception_only
from typing import Any, Protocol, TypeAlias

from tftp_fsm.borders import brief, cleaned
from tftp_fsm.debugger.breakpoints import read_breakpoint
from tftp_fsm.debugger.commands.all import COMMANDS, Debugger, Reply, opened
from tftp_fsm.debugger.commands.inspect import find_packet
from tftp_fsm.debugger.commands.language import ALIASES, words_of
from tftp_fsm.debugger.scenarios import SCENARIOS, Scenario
from tftp_fsm.errors import LocalError, TftpError
from tftp_fsm.lab.breaking import FILE, INTACT, Broken, broken, catalogue
from tftp_fsm.lab.lessons.all import EXERCISES, LESSONS, lessons_to_json
from tftp_fsm.lab.lessons.lesson import Run
from tftp_fsm.lab.lessons.sitting import FIRST, Sitting, covered, sitting_of
from tftp_fsm.lab.machines import machine_of, tables_of
from tftp_fsm.lab.runs import REFUSED, about_scenario, index, rule_of, rule_to_json, scenario_of
from tftp_fsm.lab.spoken import language_of, spoken
from tftp_fsm.lab.view import packet_to_json, view_of
from tftp_fsm.language import marked, sentence, speaking
from tftp_fsm.trace.records import Json

LONGEST = 1 << 18  # characters of one command; an edit of a large packet is long
MOVES = 10_000  # moves in one link
STOPS, STOP_LONGEST = 50, 500  # the most breakpoints, and the most characters of one
STEPS = 2_000  # steps of one run; a run with broken rows may never end


class Searching(Protocol):
    """A search in progress. `news` tells its progress or its result, and `stop` ends it."""

    def news(self) -> Json: ...

    def stop(self) -> Json: ...


BeginsSearch: TypeAlias = Callable[[Mapping[str, Any], bool], Searching]


class Lab:
    """One run, and the message that opened it. Each page has a separate lab.

    If `allows_python` is true, rows that are typed on the page may be run in this process.
    `begins_search` begins the search of a message: `Hunting.begin` of `tftp_fsm.lab.hunt`.
    """

    def __init__(
        self, *, allows_python: bool = False, begins_search: BeginsSearch | None = None
    ) -> None:
        self.allows_python = allows_python
        self._begins_search = begins_search
        self._search: Searching | None = None
        self._sitting: Sitting | None = None
        self._opened_with: Mapping[str, Any] = {"scenario": "plain"}
        self._begin(SCENARIOS["plain"], INTACT)
        self._good: list[str] = []

    def ask(self, message: Mapping[str, Any]) -> Json:
        """Return the reply to one message, in its language. This raises no exception."""
        with speaking(language_of(message)):
            told: Json = spoken(self._asked(message))
            return told

    def _asked(self, message: Mapping[str, Any]) -> Json:
        before = self.scenario, self.broken, self._good, self._stops
        sat = self._sitting, self._opened_with
        try:
            reply = self._tried(message)
        except Exception as raised:
            if self.broken is INTACT and before[1] is INTACT:
                raise
            self._sitting, self._opened_with = sat
            return self._seen(self._back_to(*before, _words_of(raised)))
        self._good = reply.get("view", {}).get("moves", self._good)
        return self._seen(reply)

    def _seen(self, reply: Json) -> Json:
        """Return the part of the reply that a student may see now."""
        if self._sitting is None or not self._sitting.is_open or "view" not in reply:
            return reply
        return covered(reply, self._sitting.exercise.title, self._sitting.exercise.look)

    def _tried(self, message: Mapping[str, Any]) -> Json:
        """Return the reply. An exception of a user's rows in the middle of a step is raised."""
        try:
            reply = self._answer(message)
        except TftpError as wrong:
            reply = self._reply(Reply((str(wrong),), ok=False))
        words = " ".join(reply["said"])
        if not reply["ok"] and self.broken.path and self.broken.path in words:
            raise LocalError(words)
        return reply

    def _back_to(
        self, scenario: Scenario, tables: Broken, moves: list[str], stops: list[str], why: str
    ) -> Json:
        """Go back to the run before a step in which changed rows have failed."""
        why = why.replace(tables.path or FILE, FILE).replace(self.broken.path or FILE, FILE)
        try:
            self._begin(scenario, tables)
            self._follow(moves)
            self._stop_at(stops)
            return self._reply(Reply((why,), ok=False)) | self._opened()
        except Exception:  # the rows fail again
            self._begin(scenario, INTACT)
            self._good, self._opened_with = [], {**self._opened_with, "tables": None}
            why = sentence("{why}; the original rows are used again", why=why)
            return self._reply(Reply((why,), ok=False)) | self._opened()

    def _answer(self, message: Mapping[str, Any]) -> Json:
        if self._is_asking and not {"open", "again", "packet", "index"} & set(message):
            raise LocalError(marked(FIRST))
        match message:
            case {"open": {} as wanted}:
                return self._open(wanted)
            case {"command": str(line)}:
                return self._reply(self._run(line))
            case {"again": True}:
                return self._reply(Reply()) | self._opened()
            case {"packet": int(number)}:
                held = packet_to_json(find_packet(self.debugger, number), None)
                octets = {"octets": held.pop("octets")}  # hexadecimal, and longer than a line
                return {"ok": True, "said": [], "value": {**_cleaned(held), **octets}}
            case {"index": True}:
                return {
                    "ok": True,
                    "said": [],
                    "value": index(COMMANDS.values(), lessons_to_json()),
                }
            case {"breaking": True}:
                told = catalogue(allows_python=self.allows_python)
                return {"ok": True, "said": [], "value": told}
            case {"search": wanted}:
                return {"ok": True, "said": [], "value": self._searched(wanted)}
        raise LocalError(
            sentence(
                "a message must be `open`, `again`, `command`, `packet`, `index`, `breaking` "
                "or `search`"
            )
        )

    # -- Opening ----------------------------------------------------------------------------------

    def _open(self, wanted: Mapping[str, Any]) -> Json:
        """Open a scenario and make its moves. The run ends before a move that fails."""
        sitting = sitting_of(wanted, LESSONS)
        wanted = wanted if sitting is None else sitting.opens(wanted)
        moves = _texts(wanted, "moves", MOVES)
        stops = _texts(wanted, "stops", STOPS)
        scenario = scenario_of(wanted)
        self._begin(scenario, broken(wanted.get("tables"), allows_python=self.allows_python))
        self._sitting, self._opened_with = sitting, wanted
        followed, stopped = self._follow(moves), self._stop_at(stops)
        return self._reply(followed if stopped.ok else stopped) | self._opened()

    def _opened(self) -> Json:
        scenario = self.scenario
        about = about_scenario(scenario)
        if (rule := rule_of(self._opened_with)) is not None:
            about["rule"] = rule_to_json(rule)
        return _cleaned({"scenario": about, "machines": self._machines()}) | {
            "file": self.broken.text
        }

    def _begin(self, scenario: Scenario, tables: Broken) -> None:
        if tables is not INTACT:
            setup = replace(scenario.setup, sessions=tables.sessions)
            scenario = replace(scenario, setup=setup)
        self.broken, self.scenario = tables, scenario
        self.debugger: Debugger = opened(scenario)
        self.debugger.stepper.limit = STEPS
        self.tables = tables_of(scenario.setup)
        self.opening = self.debugger.stepper.history

    def _follow(self, moves: list[str]) -> Reply:
        for number, line in enumerate(moves, 1):
            reply = self._run(line)
            if not reply.ok:
                why = sentence(
                    "move {number} of the link cannot be made here ({line}): {why}",
                    number=number,
                    line=brief(line),
                    why=reply.lines[-1],
                )
                return Reply((why,), ok=False)
        return Reply()

    def _stop_at(self, stops: list[str]) -> Reply:
        """Set the breakpoints of a link. Tell which ones are wrong, and set the others."""
        wrong = Reply()
        for words in stops:
            try:
                self._check_stop(words)
                self.debugger.stepper.break_at(read_breakpoint(words_of(words)))
            except LocalError as why:
                told = sentence(
                    "the link has a wrong place to stop ({words}): {why}",
                    words=brief(words),
                    why=str(why),
                )
                wrong = Reply((told,), ok=False)
        return wrong

    def _check_stop(self, words: str) -> None:
        if len(words) > STOP_LONGEST:
            raise LocalError(
                sentence("a place to stop has at most {most} characters", most=STOP_LONGEST)
            )
        if len(self.debugger.stepper.breakpoints) >= STOPS:
            raise LocalError(
                sentence("a page has at most {most} places to stop: remove one first", most=STOPS)
            )

    @property
    def _stops(self) -> list[str]:
        """Return the breakpoints in the form that `break` reads."""
        return [getattr(place, "words", "") for place in self.debugger.stepper.breakpoints.values()]

    def _machines(self) -> Json:
        window = self.scenario.setup.options.windowsize or 1
        return {end: machine_of(table, window) for end, table in self.tables.items()}

    # -- Searches ---------------------------------------------------------------------------------

    def _searched(self, wanted: object) -> Json:
        match wanted:
            case {} if self._begins_search is not None:
                new = self._begins_search(wanted, self.allows_python)
                self.close()
                self._search = new
                return new.news()
            case "news" if self._search is not None:
                return self._search.news()
            case "stop" if self._search is not None:
                return self._search.stop()
        raise LocalError(
            sentence(
                "no search is running: send `search` with `tables` first, then with `news` or "
                "`stop`"
            )
        )

    def close(self) -> None:
        """End the search in progress, if there is one."""
        if self._search is not None:
            self._search.stop()

    # -- Commands ---------------------------------------------------------------------------------

    def _run(self, line: str) -> Reply:
        if len(line) > LONGEST:
            raise LocalError(sentence("a command has at most {most:,} characters", most=LONGEST))
        name, *words = words_of(line) or [""]
        name = ALIASES.get(name, name)
        if name in REFUSED:
            raise LocalError(sentence("{name} has no effect on a page", name=name))
        if name == "break" and words:
            self._check_stop(line)
        return self.debugger.run(line)

    @property
    def _is_asking(self) -> bool:
        """Whether the question of an exercise has no answer yet."""
        return self._sitting is not None and self._sitting.is_open

    def _sat(self) -> Json:
        """Return the part of a reply about the exercise, if there is one."""
        if self._sitting is None:
            return {}
        opening = tuple(done.move for done in self.opening)
        run = Run(self.debugger.stepper, self._opened_with, opening)
        return {"exercise": self._sitting.told(run, truth_of)}

    def _reply(self, reply: Reply) -> Json:
        transit = None if self.scenario.setup.rate else self.scenario.setup.latency
        view = view_of(self.debugger, self.tables, self.opening, transit)
        moves = view.pop("moves")  # commands, which are sent again unchanged
        told = _cleaned({"said": list(reply.lines), "value": reply.value, "view": view})
        told["view"]["moves"] = moves
        return {"ok": reply.ok, **told, **self._sat()}


@cache
def truth_of(name: str) -> str:
    """Return the answer to an exercise's question: let the machines make its moves."""
    question, lab = EXERCISES[name].question, Lab()
    reply = lab.ask({"open": {"exercise": name}})
    for line in question.then:
        assert reply["ok"], f"{name}: {reply['said']}"
        reply = lab._reply(lab._run(line))
    return question.truth(Run(lab.debugger.stepper, lab._opened_with))


def _texts(wanted: Mapping[str, Any], name: str, most: int) -> list[str]:
    """Return a list of texts in a message. Raises LocalError if it is wrong or too long."""
    texts = wanted.get(name, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise LocalError(sentence("{name} must be a list of texts", name=name))
    if len(texts) > most:
        raise LocalError(
            sentence(
                "a link has at most {most:,} {name}, and this one has {count:,}",
                most=most,
                name=name,
                count=len(texts),
            )
        )
    return texts


def _words_of(raised: Exception) -> str:
    if isinstance(raised, TftpError):
        return str(raised)
    return " ".join(format_exception_only(raised)[-1].split())


def _cleaned(told: Json) -> Json:
    """Return the value with all text of a peer made harmless for a page."""
    found: Json = cleaned(spoken(told))
    return found
