"""What a simulated world is made of: a scenario has one, and needs no world for it."""

from __future__ import annotations

from tftp_fsm.debugger.worlds.faults import Rule
from tftp_fsm.frozen import frozen
from tftp_fsm.simulation.ends import Setup


@frozen
class WorldSetup(Setup):
    """A simulated transfer and the `rules` by which the wire treats its datagrams."""

    rules: tuple[Rule, ...] = ()
