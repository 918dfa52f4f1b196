"""All kinds of findings, by their short names."""

from __future__ import annotations

from tftp_fsm.explain.kind import Kind
from tftp_fsm.explain.kinds_of_ending import ENDING
from tftp_fsm.explain.kinds_of_moving import MOVING
from tftp_fsm.explain.kinds_of_network import NETWORK
from tftp_fsm.explain.kinds_of_opening import OPENING

KINDS: dict[str, Kind] = {**OPENING, **MOVING, **ENDING, **NETWORK}
