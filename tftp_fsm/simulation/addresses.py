"""The two ends of a simulated transfer, and their addresses."""

from __future__ import annotations

from typing import Literal, TypeAlias

from tftp_fsm.wire.address import Address

CLIENT: Address = ("client", 1024)
LISTENER: Address = ("server", 69)
SERVER: Address = ("server", 2048)  # the TID of the first session; each later one has the next TID
SERVER_TIDS = range(SERVER[1], 4096)

End: TypeAlias = Literal["client", "server"]
TIDS: dict[End, Address] = {"client": CLIENT, "server": SERVER}


def end_of(address: Address) -> End | None:
    """Return the end that has this address or had it in an earlier session, or None."""
    if address == CLIENT:
        return "client"
    is_server = address == LISTENER or (address[0] == SERVER[0] and address[1] in SERVER_TIDS)
    return "server" if is_server else None
