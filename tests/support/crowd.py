"""Simulated transfers of every kind, each from a seed. Tables, guards and reasons must fit them.

    for case in CASES: run(case).frames

The cases have both directions, windows, options and a bad wire. Sometimes an end gives up, its disk
fills up, or it learns that its peer's port is closed. Set TFTP_FSM_CROWD to run more.
"""

from __future__ import annotations

import os
from random import Random
from typing import Literal

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.files import pattern
from tftp_fsm.debugger.worlds.setup import WorldSetup
from tftp_fsm.debugger.worlds.simulated import SimulatedWorld
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, build

CASES = range(int(os.environ.get("TFTP_FSM_CROWD", "150")))
STEPS = 400  # a longer run is not continued
INJECTED = (
    build(Ack(0)),
    build(Ack(2)),
    build(Data(2, b"x")),
    build(Data(1, bytes(600))),
    build(Error(0, "no")),
    build(Oack(())),
    b"\0",
)


def run(case: int) -> Stepper:
    """Return the steps of this case, from the first to the last."""
    random = Random(f"crowd {case}")
    stepper = Stepper(SimulatedWorld(setup_of(random)))
    trouble = random.choice((0.0, 0.05, 0.2, 0.4))
    for _ in range(STEPS):
        if trouble and stepper.position and random.random() < trouble:
            _disturb(stepper, random)
        if stepper.step() is None:
            break
    return stepper


def setup_of(random: Random) -> WorldSetup:
    """A transfer and a wire."""
    verb: Literal["get", "put"] = random.choice(("get", "put"))
    plain = random.random() < 0.4
    windowsize = None if plain else random.choice((None, 1, 2, 4, 8))
    blksize = None if plain else random.choice((None, 8, 64))
    timeout = None if plain else random.choice((None, None, 1))
    tsize = None if plain else random.choice((None, 0))
    bad = random.choice((0.0, 0.05, 0.2))
    size = random.choice((0, 5, 64, 600, 1024, (blksize or 512) * random.randrange(1, 14)))
    return WorldSetup(
        verb=verb,
        content=pattern(min(size, 512 * 13)),
        options=Options(blksize=blksize, windowsize=windowsize, timeout=timeout, tsize=tsize),
        latency=random.choice((0.001, 0.03, 0.06)),
        retry_policy=RetryPolicy(dally=random.choice((None, None, 1.0)), patience=10.0),
        faults=Faults(
            loss=random.choice((0.0, bad)),
            duplicate=random.choice((0.0, bad)),
            reorder=random.choice((0.0, bad)),
            seed=random.randrange(1 << 30),
        ),
    )


def _disturb(stepper: Stepper, random: Random) -> None:
    """Do something that a user of the debugger may do. Do nothing if it is not possible now."""
    end = random.choice(("client", "server"))
    held = random.choice(stepper.wire).number if stepper.wire else 0
    move: m.Move = random.choice(
        (
            m.Drop(held),
            m.Duplicate(held),
            m.Delay(held, random.choice((0.03, 0.5, 2.0))),
            m.Expire(end),
            m.Inject(end, random.choice(INJECTED), stranger=random.random() < 0.4),
            m.ReportUnreachable(end),
            random.choice((m.Abort(end), m.FailStorage(end), m.Replace(held, b"\0"))),
        )
    )
    try:
        stepper.perform(move)
    except LocalError:
        pass
