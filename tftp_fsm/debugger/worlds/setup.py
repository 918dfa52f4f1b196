"""The settings of a simulated world. A scenario has settings without having a world."""

from __future__ import annotations

from tftp_fsm.debugger.worlds.faults import Rule
from tftp_fsm.frozen import frozen
from tftp_fsm.simulation.ends import Setup


@frozen
class WorldSetup(Setup):
    """A simulated transfer and the `rules` by which the wire treats its datagrams."""

    rules: tuple[Rule, ...] = ()
