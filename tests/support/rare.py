"""Simulated transfers with rare events, described move by move.

    for name in RARE: run(name).frames

`crowd` has random transfers. The ones here are too rare to come at random.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.files import pattern
from tftp_fsm.debugger.worlds.setup import WorldSetup
from tftp_fsm.debugger.worlds.simulated import SimulatedWorld
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Ack, Data, Error, ErrorCode, Oack, Packet, build

COPY = 2  # the number of the request's copy on the wire
STEPS = 60

Act: TypeAlias = m.Move | int | Callable[[Stepper], None]  # a number: so many steps


class Rare(NamedTuple):
    """A transfer, and the moves of it. After them it goes on by itself."""

    verb: Literal["get", "put"]
    acts: tuple[Act, ...]
    octets: int = 2000
    options: Options = Options()
    goes_on: bool = True


def run(name: str) -> Stepper:
    """Return the steps of this transfer."""
    rare = RARE[name]
    setup = WorldSetup(
        verb=rare.verb,
        content=pattern(rare.octets),
        options=rare.options,
        retry_policy=RetryPolicy(dally=6.0),
    )
    stepper = Stepper(SimulatedWorld(setup))
    for act in rare.acts:
        if isinstance(act, int):
            stepper.run(steps=act)
        elif callable(act):
            act(stepper)
        else:
            stepper.perform(act)
    if rare.goes_on:
        stepper.run(steps=STEPS)
    return stepper


def only_the_copy_arrives(stepper: Stepper) -> None:
    """Lose every second datagram for some steps."""
    for _ in range(16):
        for held in stepper.wire:
            if held.number != COPY:
                stepper.perform(m.Drop(held.number))
        stepper.step()


def to_client(packet: Packet) -> m.Move:
    return m.Inject("client", build(packet))


def to_server(packet: Packet) -> m.Move:
    return m.Inject("server", build(packet))


def request_again(after: float, steps: int) -> tuple[Act, ...]:
    """Delay the request's copy by `after` seconds. The transfer makes `steps` steps before it."""
    begin = (m.Begin(), m.Duplicate(1), m.Delay(COPY, after))
    return (*begin, steps, only_the_copy_arrives)


ASKS = Options(blksize=64, tsize=0)
REFUSES = to_client(Error(ErrorCode.REFUSED_OPTIONS, "no"))

RARE = {
    "two refusals, and a late OACK": Rare("get", (m.Begin(), REFUSES, REFUSES), options=ASKS),
    "no disk before the request": Rare("get", (m.FailStorage("client"),), goes_on=False),
    "no disk while dallying": Rare("get", (3, m.FailStorage("client")), octets=5),
    "ACK 7 answers a WRQ": Rare("put", (m.Begin(), to_client(Ack(7)))),
    "DATA 9 too early": Rare("get", (4, to_client(Data(9, bytes(512))))),
    "OACK after DATA": Rare("get", (6, to_client(Oack((("tsize", "9"),)))), options=ASKS),
    "ACK of what was not sent": Rare("get", (4, to_server(Ack(99)))),
    "no octets": Rare("get", (4, m.Inject("server", b""))),
    "only the size was wanted": Rare("get", (2, to_server(Error(0, "size"))), options=ASKS),
    "ACK while dallying": Rare("get", (3, to_client(Ack(1))), octets=5),
    "port closed twice": Rare(
        "get",
        (3, m.ReportUnreachable("client"), m.Expire("client"), m.ReportUnreachable("client")),
    ),
    "RRQ again, late": Rare("get", request_again(4.0, 3)),
    "RRQ again, in doubt": Rare("get", request_again(0.4, 3)),
    "WRQ again, late": Rare("put", request_again(4.0, 3)),
    "WRQ again while dallying": Rare("put", request_again(3.0, 4), octets=5),
}
