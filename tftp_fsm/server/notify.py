"""Tell a service manager about the state of this server, with the protocol of sd_notify(3).

A datagram with lines such as `READY=1` goes to the socket that the variable NOTIFY_SOCKET names. If
the variable is not set, nothing is sent. If the manager does not listen, the server goes on.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time

VARIABLE = "NOTIFY_SOCKET"


class Notifier:
    """Tells the manager that listens at `address`. With None it sends nothing."""

    def __init__(self, address: str | None = None) -> None:
        self._address = address

    @classmethod
    def of_environment(cls) -> Notifier:
        """Return a notifier for this process's manager. Child processes will find no manager."""
        return cls(os.environ.pop(VARIABLE, None))

    def ready(self, status: str) -> None:
        """Tell that the server listens, or has reloaded. `status` is a text for people."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Tell that the configuration is being read again. `ready` follows."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._tell("RELOADING=1", f"MONOTONIC_USEC={now}")

    def stopping(self) -> None:
        """Tell that the server takes no new requests and ends soon."""
        self._tell("STOPPING=1", "STATUS=running transfers may end")

    def _tell(self, *lines: str) -> None:
        if self._address is None or not hasattr(socket, "AF_UNIX"):
            return
        octets = "\n".join(line.replace("\n", " ") for line in lines).encode()
        # In Linux's abstract namespace the name begins with a NUL, written as @.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)  # a manager that does not read must not block us
            sock.sendto(octets, address)
