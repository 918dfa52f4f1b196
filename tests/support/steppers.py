"""Debugger steppers over a small simulated transfer, for the tests of the debugger."""

from __future__ import annotations

from tftp_fsm.debugger.datagrams import Held
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.files import pattern
from tftp_fsm.debugger.worlds.setup import WorldSetup
from tftp_fsm.debugger.worlds.simulated import SimulatedWorld

FILE = pattern(1200)  # DATA 1 to 3


def stepper_of(content: bytes = FILE, **setup: object) -> Stepper:
    """Return a stepper over both ends of a get, before step 1. `setup` is for `WorldSetup`."""
    return Stepper(SimulatedWorld(WorldSetup(content=content, **setup)))  # type: ignore[arg-type]


def held(stepper: Stepper, kind: str) -> Held:
    """Return the datagram of this kind (such as `ACK`) that is on its way."""
    return next(held for held in stepper.wire if held.kind == kind)
