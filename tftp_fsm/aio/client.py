"""`get` and `put` in an event loop. Those of `tftp_fsm.client.api` use the caller's thread.

If a task is cancelled, also by `asyncio.timeout` or by its task group, it sends an ERROR to the
server. No partial file and no socket is left. A file that existed before is unchanged, unless the
new file was whole already.

Files are read and written in the loop's thread, as in a server. The commit of a `get` waits for the
disk, so it has a separate thread. The event loop looks up names.
"""

from __future__ import annotations

import asyncio
import socket
from weakref import WeakKeyDictionary

from tftp_fsm.aio.conversation import Conversation
from tftp_fsm.client.attempt import Attempt
from tftp_fsm.client.hosts import Host, checked, name_and_port, whole
from tftp_fsm.client.orders import GetOrder, PutOrder, Tries
from tftp_fsm.client.result import Transfer
from tftp_fsm.client.settings import Settings
from tftp_fsm.errors import TftpError
from tftp_fsm.language import sentence
from tftp_fsm.lazy import LateType
from tftp_fsm.storage.protocols import Readable, Writable
from tftp_fsm.transports.burst import WINDOWS_MEMORY
from tftp_fsm.transports.impaired import FaultyTransport
from tftp_fsm.transports.resolve import failed_look_up, name_to_ask, question, usable
from tftp_fsm.transports.session_transport import SessionTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from tftp_fsm.client.attempt import Job
    from tftp_fsm.client.keywords import Keywords
    from tftp_fsm.client.orders import Order
    from tftp_fsm.wire.address import Address
else:
    Unpack = LateType("typing", "Unpack")
    Keywords = LateType("tftp_fsm.client.keywords", "Keywords")

ASKING = 16  # transfers of one event loop that wait for a first answer
ASKS_FOR = 0.25  # seconds after which such a transfer is not counted any more


async def get(
    host: Host, remote: str | bytes, local: Writable | None = None, **keywords: Unpack[Keywords]
) -> Transfer:
    """Read `remote` from `host` into `local`. Without `local` the result's `data` has the file.

    The keywords are the fields of `Settings`, but not `transport`.
    """
    return await _moved(host, GetOrder(remote, local, _settings(keywords)))


async def put(
    host: Host, local: Readable, remote: str | bytes | None = None, **keywords: Unpack[Keywords]
) -> Transfer:
    """Write `local` to `host` as `remote`.

    If `remote` is not given or ends with a slash, the base name of the path `local` is appended.
    The keywords are the fields of `Settings`, but not `transport`.
    """
    return await _moved(host, PutOrder(local, remote, _settings(keywords)))


def _settings(keywords: Keywords) -> Settings:
    settings = Settings(**keywords)
    if settings.transport is not None:
        raise ValueError(
            sentence(
                "transport is not possible here: an event loop cannot wait for it; use"
                " asyncio.to_thread with tftp_fsm.get or put"
            )
        )
    return settings


async def _moved(host: Host, order: Order) -> Transfer:
    """Try the addresses in order until one answers. An ERROR is an answer too."""
    addresses = await _addresses(host, order.settings)
    asking = await _shared().enter()
    with asking, order:
        tries = Tries(addresses, order.settings)
        for address, patience in tries:
            line = None
            try:
                job, left = order.begin(address, patience), tries.left
                line = _Line(job, address, order.settings, left, asking.end)
                return await line.conversation.run()
            except TftpError as failed:
                tries.note(failed, address, None if line is None else line.attempt)
            finally:
                if line is not None:
                    line.close()
        raise tries.failure


class _Line:
    """A socket for one address, the attempt that uses it, and the conversation that moves it."""

    def __init__(
        self,
        job: Job,
        address: Address,
        settings: Settings,
        left: float,
        answered: Callable[[], object],
    ) -> None:
        udp = SessionTransport(
            address, settings.bind, settings.ports, _shared().memory, offload=settings.offload
        )
        faulty = None
        if settings.faults:
            faulty = FaultyTransport(udp, settings.faults, settings.on_mishap)
        self._transport = faulty or udp
        self.attempt = Attempt(job, self._transport, settings, udp.prepare, left)
        self.conversation = Conversation(
            self.attempt,
            udp.sock.fileno(),
            lambda: None if faulty is None else faulty.due,
            answered,
            commits_aside=job.verb == "get" and job.local is not None,
        )

    def close(self) -> None:
        self._transport.close()


class _Shared:
    """The objects that all transfers of an event loop share.

    All sockets receive into `memory`, because a datagram is used up in the same turn. `door` lets
    only one transfer begin in each turn of the event loop. `room` lets only ASKING transfers wait
    for a first answer. If a thousand asked at once, most requests would be lost in the buffer of a
    busy server. The running transfers would wait so long that their peers would send everything
    again.
    """

    def __init__(self) -> None:
        self.memory = memoryview(bytearray(WINDOWS_MEMORY))
        self.door = asyncio.Lock()
        self.room = asyncio.Semaphore(ASKING)

    async def enter(self) -> _Asking:
        """Wait until this transfer may begin."""
        async with self.door:
            await asyncio.sleep(0)
            await self.room.acquire()
            return _Asking(self.room)


class _Asking:
    """A place among the transfers that wait for a first answer.

    The place is given back after the answer, after the transfer, or after ASKS_FOR seconds, so that
    a host that is switched off does not delay others.
    """

    def __init__(self, room: asyncio.Semaphore) -> None:
        self._room: asyncio.Semaphore | None = room
        self._timer = asyncio.get_running_loop().call_later(ASKS_FOR, self.end)

    def end(self) -> None:
        """Give the place back. May be called again."""
        room, self._room = self._room, None
        if room is not None:
            self._timer.cancel()
            room.release()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self.end()


_all_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, _Shared] = WeakKeyDictionary()


def _shared() -> _Shared:
    loop = asyncio.get_running_loop()
    if loop not in _all_shared:
        _all_shared[loop] = _Shared()
    return _all_shared[loop]


async def _addresses(host: Host, settings: Settings) -> list[Address]:
    named = name_and_port(host, settings)
    if named is None:
        assert not isinstance(host, str), "a string has to be looked up"
        return [whole(host)]
    return checked(named[0], await _looked_up(*named, settings.family))


async def _looked_up(host: str, port: int, family: int | None) -> list[Address]:
    """Return the addresses of `host`, best first. Only a name needs a thread of the event loop."""
    name = name_to_ask(host, family)
    asked = question(name, port, family)
    try:
        return usable(socket.getaddrinfo(*asked, flags=socket.AI_NUMERICHOST))
    except (OSError, ValueError):
        pass  # `host` is a name
    loop = asyncio.get_running_loop()
    _, _, wanted, kind = asked
    with failed_look_up(name):
        return usable(await loop.getaddrinfo(asked[0], port, family=wanted, type=kind))
