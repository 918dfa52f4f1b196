"""All commands: importing this makes them known to `script`."""

from tftp_fsm.debugger.commands import expect, inspect, navigate, tamper
from tftp_fsm.debugger.commands.language import COMMANDS, Command, Desk, Reply

__all__ = ["COMMANDS", "Command", "Desk", "Reply", "expect", "inspect", "navigate", "tamper"]
