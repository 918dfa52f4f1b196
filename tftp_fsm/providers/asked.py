"""What a provider is asked, and what it may answer.

    class Greeting(Provider):
        def open_read(self, asked: Asked) -> Answer:
            if asked.name != b"greeting":
                return None
            return f"hello {asked.host}\\n".encode()

A provider runs on a thread beside the server's loop, so it may wait. Several of its calls may run
at the same time.
"""

from __future__ import annotations

import os
from typing import Any, Literal, Protocol, TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.storage.protocols import Buffer, ReadStream, Sink, Source, WriteStream
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import read_options
from tftp_fsm.wire.packets import ErrorCode, Pairs

CALLS = 32  # of one provider that may be under way, those that hang included
SECONDS = 20.0  # for one call; a client gives up after about as long
LARGEST = 1 << 30  # octets of one file

Verb: TypeAlias = Literal["RRQ", "WRQ"]


@frozen
class Denial:
    """A refusal: `why` is what the client is told, and `code` the code of the ERROR.

    The code is one of RFC 1350, appendix. The client gets no more than these two.
    """

    why: str
    code: int = ErrorCode.ACCESS_VIOLATION


@frozen
class Asked:
    """One request. `verb` is RRQ for a download and WRQ for an upload.

    `name` is as the client has sent it, unless a map has changed it: it is octets of a stranger.
    `peer` is the client's host and port, and `local` the address of this host that it has asked,
    or None if the system does not tell it. `options` are as they were sent.
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
        """The size that the client has told (tsize, octets on the wire), or None."""
        return read_options(self.options).tsize

    @property
    def mac(self) -> str | None:
        """The hardware address of the client, such as 02:00:00:00:00:07.

        None if the system does not know it: the client is not on a link of this host.
        """
        from tftp_fsm.providers.neighbours import hardware_address

        return hardware_address(self.peer)

    def facts(self) -> dict[str, str]:
        """What is known of the client: `ip`, `ip_hex`, `mac`, `mac_dashed`, `port`, `server`.

        A fact that is not known is empty.
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
"""A file to send, a refusal, or None: ask the next provider.

A file is octets, a path, a binary file object, or a `Source`.
"""
WriteAnswer: TypeAlias = Sink | os.PathLike[str] | WriteStream | Denial | None
"""Where an upload goes, a refusal, or None: ask the next provider."""
Answer: TypeAlias = Any
"""What a function that serves as a provider returns: one of the two answers."""


class Provider(Protocol):
    """Makes or chooses a file for each request. A class of yours may inherit from it."""

    def open_read(self, asked: Asked) -> ReadAnswer:
        """The file for a download."""
        return None

    def open_write(self, asked: Asked) -> WriteAnswer:
        """Where the file of an upload goes."""
        return None
