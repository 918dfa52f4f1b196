"""The runs that a page can open: a prepared scenario, or a transfer with chosen settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from tftp_fsm.borders import brief
from tftp_fsm.debugger.commands.language import Command
from tftp_fsm.debugger.keys import KEYS
from tftp_fsm.debugger.scenarios import OWN, SCENARIOS, Scenario
from tftp_fsm.debugger.worlds.files import pattern
from tftp_fsm.debugger.worlds.setup import WorldSetup
from tftp_fsm.errors import LocalError
from tftp_fsm.lab.lessons.lesson import FORMAT
from tftp_fsm.language import layout, mark, marked, sentence, shown
from tftp_fsm.protocol.gloss import rfc_words
from tftp_fsm.protocol.roles import OURS, Sessions
from tftp_fsm.trace.records import Json
from tftp_fsm.verify.case import LIMITS, MOST_FAULTS, PLAIN_BLOCK, Budgets, Case, Verb
from tftp_fsm.verify.rules import RULES, Rule
from tftp_fsm.wire.options import Options, offer
from tftp_fsm.wire.ranges import BLKSIZE, OFFERED_TIMEOUT, Range

OWN_NAME = "own"
# These end the program, write or read a file, or need a real peer. Anybody may send moves.
REFUSED = ("quit", "save", "diff", "wait")
SETTINGS = {
    "size": Range(0, 1 << 16, mark("octets")),
    "blksize": BLKSIZE,
    "windowsize": Range(
        1, 64, mark("blocks"), why=mark("more packets than that cannot be seen on a page")
    ),
    "timeout": OFFERED_TIMEOUT,
}
FOUND = "found"
FOUND_SETTINGS = {
    "size": Range(0, 16 * PLAIN_BLOCK, mark("octets")),
    "windowsize": Range(1, 32, mark("blocks")),
    "retries": Range(0, MOST_FAULTS),
}
FOUND_LOOK = mark(
    "This is the shortest run that breaks a rule. Step through it, or leave it at any place and let"
    " something else happen. The waits are short here, so that every order is possible."
)
SIZE = 1200  # octets: three blocks
BLOCKS = 500  # `tftp-fsm simulate` is for longer runs


def scenario_of(wanted: Mapping[str, Any]) -> Scenario:
    """Return the scenario that a message asks for. Raises LocalError for a wrong message.

    {"scenario": "lost-ack"}
    {"scenario": "own", "settings": {"verb": "put", "size": 1200, "windowsize": 4}}
    {"scenario": "found", "settings": {...}}    with the settings that a search has returned
    """
    name, settings = wanted.get("scenario", "plain"), wanted.get("settings", {})
    if name == OWN_NAME and isinstance(settings, Mapping):
        return replace(OWN, name=OWN_NAME, setup=_setup(settings))
    if name == FOUND and isinstance(settings, Mapping):
        return found_scenario(settings)
    prepared = SCENARIOS.get(name) if isinstance(name, str) else None
    if prepared is None:
        raise LocalError(
            sentence("there is no scenario {name!r}: choose one of the list", name=brief(str(name)))
        )
    return prepared


def _setup(settings: Mapping[str, Any]) -> WorldSetup:
    verb = settings.get("verb", "get")
    numbers = {name: value for name, value in settings.items() if name != "verb"}
    for name, value in numbers.items():
        allowed = SETTINGS.get(name)
        if allowed is None:
            raise LocalError(
                sentence(
                    "{name!r} is not a setting; the settings are: verb, {known}",
                    name=brief(str(name)),
                    known=", ".join(SETTINGS),
                )
            )
        numbers[name] = _number(name, allowed, value)
    if verb not in ("get", "put"):
        raise LocalError(sentence("verb must be get or put, not {verb!r}", verb=brief(str(verb))))
    size = numbers.pop("size", SIZE)
    blocks = size // numbers.get("blksize", 512) + 1
    if blocks > BLOCKS:
        raise LocalError(
            sentence(
                "this transfer has {blocks:,} blocks, and a page shows at most {most}: choose a"
                " larger blksize or a smaller file",
                blocks=blocks,
                most=BLOCKS,
            )
        )
    return WorldSetup(verb, pattern(size), options=offer(**numbers))


def _number(name: str, allowed: Range, value: object) -> Any:
    try:
        return allowed.read(str(value))
    except ValueError as wrong:
        raise LocalError(layout("{name}: {wrong}", name=name, wrong=str(wrong))) from None


def about_scenario(scenario: Scenario) -> Json:
    """Return the scenario as the page shows it."""
    title, look = marked(scenario.title), marked(scenario.look)
    return {"name": scenario.name, "title": title, "look": look}


def index(commands: Iterable[Command], lessons: list[Json]) -> Json:
    """Return the reply to `index`: everything that does not depend on a run."""
    return {
        "scenarios": [about_scenario(scenario) for scenario in SCENARIOS.values()],
        "keys": [
            {"keys": k.keys.split(","), "shown": k.shown, "does": k.does, "what": k.what}
            | {"label": marked(k.label), "asks": marked(k.asks)}
            for k in KEYS
        ],
        "commands": [
            {"name": c.name, "usage": c.usage, "group": c.group}
            | {"help": shown(c.help).split("\n")[0]}
            for c in commands
            if c.name not in REFUSED
        ],
        "lessons": lessons,
        "result": FORMAT,
    }


# -- Runs that a search has found ------------------------------------------------------------------


def settings_of(case: Case) -> Json:
    """Return the settings with which the lab opens the transfer of a case."""
    return {
        "verb": case.verb,
        "size": case.size,
        "windowsize": case.windowsize,
        "options": case.has_options,
        "retries": case.budgets.retries,
    }


def rule_of(wanted: Mapping[str, Any]) -> Rule | None:
    """Return the rule that a found run breaks. The link names it. Return None without one."""
    settings = wanted.get("settings")
    if wanted.get("scenario") != FOUND or not isinstance(settings, Mapping):
        return None
    return next((rule for rule in RULES if rule.name == settings.get("rule")), None)


def rule_to_json(rule: Rule) -> Json:
    """Return the rule as the page shows it."""
    return {"name": rule.name, "sentence": marked(rule.sentence), "rfc": rfc_words(rule.rfc)}


def found_scenario(settings: Mapping[str, Any], sessions: Sessions = OURS) -> Scenario:
    """Return the small transfer of a case of `verify`, with its short waits. Raises LocalError."""
    case = _case_of(settings)
    tsize = case.size if case.verb == "put" else 0
    offered = offer(blksize=case.block, windowsize=case.windowsize, tsize=tsize)
    setup = WorldSetup(
        case.verb,
        case.content,
        options=offered if case.has_options else Options(),
        retry_policy=case.retry_policy,
        server_retry_policy=case.retry_policy,
        limits=LIMITS,
        sessions=sessions,
    )
    return replace(
        OWN, name=FOUND, title=mark("A run that was found"), look=FOUND_LOOK, setup=setup
    )


def _case_of(settings: Mapping[str, Any]) -> Case:
    """Read the case from settings. In a link the settings are texts."""
    told = {name: str(value).lower() for name, value in settings.items()}
    verbs: dict[str | None, Verb] = {"get": "get", "put": "put"}
    verb, options = verbs.get(told.get("verb")), told.get("options")
    if verb is None or options not in ("true", "false"):
        raise LocalError(sentence("these are not the settings of a run that was found"))
    size, windowsize, retries = (
        _number(name, allowed, told.get(name, "")) for name, allowed in FOUND_SETTINGS.items()
    )
    return Case(verb, size, windowsize, options == "true", Budgets(retries=retries))
