"""Options for faults on purpose: datagrams that are lost, doubled, overtaken, late or damaged."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from tftp_fsm.cli.common import integer, probability, seconds

if TYPE_CHECKING:
    from tftp_fsm.transports.faults import Faults

FAULTS = {
    "loss": "lose datagrams on purpose, with probability P (0 to 1)",
    "duplicate": "send datagrams twice, with probability P",
    "reorder": "let later datagrams overtake, with probability P",
    "corrupt": "change one bit of datagrams, with probability P",
}


def add_faults(add: Callable[..., object], *, seed: int = 0, corrupt: bool = True) -> None:
    """Add the options; `seed` is the default one."""
    for name, does in FAULTS.items():
        if corrupt or name != "corrupt":
            add(f"--{name}", metavar="P", type=probability, default=0.0, help=does)
    does = "delay datagrams by up to S seconds"
    add("--delay", metavar="S", type=seconds, default=0.0, help=does)
    does = f"seed of these faults (default: {seed})"
    add("--seed", metavar="N", type=integer(0, 2**63), default=seed, help=does)


def faults_of(args: argparse.Namespace) -> Faults:
    """The faults that the options ask for."""
    from tftp_fsm.transports.faults import Faults

    probabilities = {name: getattr(args, name, 0.0) for name in FAULTS}
    return Faults(**probabilities, delay=args.delay, seed=args.seed)
