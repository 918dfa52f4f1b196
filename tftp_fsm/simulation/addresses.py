"""The two ends of a simulated transfer, and their addresses."""

from __future__ import annotations

from typing import Literal, TypeAlias

from tftp_fsm.wire.address import Address

CLIENT: Address = ("client", 1024)
LISTENER: Address = ("server", 69)
SERVER: Address = ("server", 2048)

End: TypeAlias = Literal["client", "server"]
ENDS: dict[Address, End] = {CLIENT: "client", SERVER: "server", LISTENER: "server"}
TIDS: dict[End, Address] = {"client": CLIENT, "server": SERVER}
