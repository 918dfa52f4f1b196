"""All commands, and a debugger with them. Importing this module registers the commands.

debugger = opened(SCENARIOS["lost-ack"])      # debugger.stepper, and debugger.run(command)
"""

from __future__ import annotations

from tftp_fsm.debugger.commands import expect, inspect, measure, navigate, tamper
from tftp_fsm.debugger.commands.language import COMMANDS, Command, Debugger, Reply
from tftp_fsm.debugger.commands.quiz import Quiz
from tftp_fsm.debugger.scenarios import Scenario
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.simulated import SimulatedWorld

__all__ = [
    "COMMANDS",
    "Command",
    "Debugger",
    "Reply",
    "expect",
    "inspect",
    "measure",
    "navigate",
    "opened",
    "tamper",
]


def opened(scenario: Scenario, *, quiz: bool = False) -> Debugger:
    """Return a debugger of a new world, after the opening commands of the scenario."""
    debugger = Debugger(Stepper(SimulatedWorld(scenario.setup)))
    for line in scenario.opening:
        reply = debugger.run(line)
        assert reply.ok, f"{scenario.name}: {line}: {reply.lines}"
    debugger.stepper.begin_here()
    debugger.quiz = Quiz() if quiz else None
    return debugger
