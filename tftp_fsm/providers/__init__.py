"""Files that a server makes or chooses for each request.

    names = Map.read("tftp.map")
    files = Chain(Mapped(names, Directory("/srv/more")), Proxy("http://images.example/"))
    with tftp_fsm.Server("/srv/tftp", provider=files) as server: ...

Your own class implements `Provider`. The other names are ready parts of this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tftp_fsm.lazy import lazily

if TYPE_CHECKING:
    from tftp_fsm.providers.asked import Asked, Denial, Provider
    from tftp_fsm.providers.maps.map import Map
    from tftp_fsm.providers.parts import ByClient, Chain, Directory, Mapped
    from tftp_fsm.providers.proxy import Proxy
    from tftp_fsm.providers.templates import Templates
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "asked": "Asked Denial Provider",
            "maps.map": "Map",
            "parts": "ByClient Chain Directory Mapped",
            "proxy": "Proxy",
            "templates": "Templates",
        },
    )

__all__ = [
    "Asked",
    "ByClient",
    "Chain",
    "Denial",
    "Directory",
    "Map",
    "Mapped",
    "Provider",
    "Proxy",
    "Templates",
]
