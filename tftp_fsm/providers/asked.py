"""The question to a provider, and its possible answers.

    class Greeting(Provider):
        def open_read(self, asked: Asked) -> Answer:
            if asked.name != b"greeting":
                return None
            return f"hello {asked.host}\\n".encode()

A provider runs on another thread than the server's loop, so it may wait. Several of its calls may
run at the same time.
"""

from __future__ import annotations

import os
from typing import Any, Literal, Protocol, TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.storage.protocols import Buffer, ReadStream, Sink, Source, WriteStream
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import read_options
from tftp_fsm.wire.packets import ErrorCode, Pairs

CALLS = 32  # calls of one provider at the same time, with those that hang
SECONDS = 20.0  # for one call; a client gives up after a similar time
LARGEST = 1 << 30  # octets of one file

Verb: TypeAlias = Literal["RRQ", "WRQ"]


@frozen
class Denial:
    """A refusal. The ERROR to the client has the text `why` and the code `code`.

    The code is one of RFC 1350, appendix. The client gets nothing else.
    """

    why: str
    code: int = ErrorCode.ACCESS_VIOLATION


@frozen
class Asked:
    """One request. `verb` is RRQ for a download and WRQ for an upload.

    `name` has the octets that the client has sent, unless a map has changed them. Do not trust
    them. `peer` is the client's host and port. `local` is the address of this host that received
    the request, or None if the system does not tell it. `options` are unchanged.
    """

    verb: Verb
    name: bytes
    mode: str = "octet"
    options: Pairs = ()
    peer: Address = ("", 0)
    local: str | None = None

    @property
    def host(self) -> str:
        """The client's address, without a zone."""
        return str(self.peer[0]).partition("%")[0]

    @property
    def size(self) -> int | None:
        """The size that the client has announced (tsize, octets on the wire), or None."""
        return read_options(self.options).tsize

    @property
    def mac(self) -> str | None:
        """The hardware address of the client, such as 02:00:00:00:00:07.

        It is None if the client is not on a link of this host, or the system does not know it.
        """
        from tftp_fsm.providers.neighbours import hardware_address

        return hardware_address(self.peer)

    def facts(self) -> dict[str, str]:
        """The known facts about the client: `ip`, `ip_hex`, `mac`, `mac_dashed`, `port`, `server`.

        An unknown fact is an empty text.
        """
        from tftp_fsm.providers.neighbours import hexadecimal

        mac = self.mac or ""
        return {
            "ip": self.host,
            "ip_hex": hexadecimal(self.host),
            "mac": mac,
            "mac_dashed": mac.replace(":", "-"),
            "port": str(self.peer[1]),
            "server": (self.local or "").partition("%")[0],
        }


ReadAnswer: TypeAlias = Source | Buffer | os.PathLike[str] | ReadStream | Denial | None
"""A file to send, a refusal, or None to ask the next provider.

A file is octets, a path, a binary file object, or a `Source`.
"""
WriteAnswer: TypeAlias = Sink | os.PathLike[str] | WriteStream | Denial | None
"""The destination of an upload, a refusal, or None to ask the next provider."""
Answer: TypeAlias = Any
"""The result of a function that is used as a provider: one of the two answers."""


class Provider(Protocol):
    """Makes or chooses a file for each request. Your own class may inherit from it."""

    def open_read(self, asked: Asked) -> ReadAnswer:
        """Return the file for a download."""
        return None

    def open_write(self, asked: Asked) -> WriteAnswer:
        """Return the destination of an upload."""
        return None
