"""Options for simulated faults: datagrams that are lost, doubled, overtaken, late or damaged."""

from __future__ import annotations

from tftp_fsm.cli.common import integer, kind, rate, seconds
from tftp_fsm.language import mark, shown, tr
from tftp_fsm.wire.ranges import FAULTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from tftp_fsm.transports.faults import Faults

PROBABILITIES = {
    "loss": mark("lose datagrams on purpose, with probability P (0 to 1)"),
    "duplicate": mark("send datagrams twice, with probability P"),
    "reorder": mark("let later datagrams overtake earlier ones, with probability P"),
    "corrupt": mark("change one bit of datagrams, with probability P"),
}


def add_faults(add: Callable[..., object], *, seed: int = 0, corrupt: bool = True) -> None:
    """Add the options. `seed` is the default seed."""
    for name, does in PROBABILITIES.items():
        if corrupt or name != "corrupt":
            add(f"--{name}", metavar="P", type=kind(FAULTS[name]), default=0.0, help=shown(does))
    does = tr("delay datagrams by up to S seconds")
    add("--delay", metavar="S", type=kind(FAULTS["delay"]), default=0.0, help=does)
    does = tr("seed of these faults (default: {seed})", seed=seed)
    add("--seed", metavar="N", type=integer(0, 2**63), default=seed, help=does)


def add_link(add: Callable[..., object]) -> None:
    """Add the options of a simulated link: its latency and its rate."""
    does = tr("seconds that a datagram takes to arrive (default: 0.001)")
    add("--latency", metavar="S", type=seconds, default=0.001, help=does)
    does = tr("bits per second in each direction, such as 64k or 10M (default: no limit)")
    add("--rate", metavar="R", type=rate, help=does)


def faults_of(args: Namespace) -> Faults:
    """Return the faults of the options."""
    from tftp_fsm.transports.faults import Faults

    probabilities = {name: getattr(args, name, 0.0) for name in PROBABILITIES}
    return Faults(**probabilities, delay=args.delay, seed=args.seed)
