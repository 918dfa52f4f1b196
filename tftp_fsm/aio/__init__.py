"""Get, put and serve files in an asyncio event loop.

    import tftp_fsm.aio

    transfer = await tftp_fsm.aio.get("192.0.2.1", "boot.img", "/srv/boot.img")
    async with tftp_fsm.aio.Server("/srv/tftp") as server:
        ...

Everything is as in `tftp_fsm.get`, `put` and `Server`: the same sessions and tables, settings,
results and errors. Only the waiting is done by the event loop, so one thread can move a thousand
files at once. The event loop must be able to watch sockets. On Windows this is the
`SelectorEventLoop`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tftp_fsm.lazy import lazily

if TYPE_CHECKING:
    from tftp_fsm.aio.client import get, put
    from tftp_fsm.aio.server import Server
else:  # a type checker that saw `__getattr__` would let every name pass
    __getattr__, __dir__ = lazily(__name__, {"client": "get put", "server": "Server"})

__all__ = ["Server", "get", "put"]
