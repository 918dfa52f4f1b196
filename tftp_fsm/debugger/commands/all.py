"""All commands. An import of this module registers them."""

from tftp_fsm.debugger.commands import expect, inspect, measure, navigate, tamper
from tftp_fsm.debugger.commands.language import COMMANDS, Command, Debugger, Reply

__all__ = [
    "COMMANDS",
    "Command",
    "Debugger",
    "Reply",
    "expect",
    "inspect",
    "measure",
    "navigate",
    "tamper",
]
