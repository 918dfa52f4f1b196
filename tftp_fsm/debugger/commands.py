"""All commands: importing this makes them known to `script`."""

from tftp_fsm.debugger import asking, expecting, going, meddling
from tftp_fsm.debugger.script import COMMANDS, Command, Desk, Reply

__all__ = ["COMMANDS", "Command", "Desk", "Reply", "asking", "expecting", "going", "meddling"]
