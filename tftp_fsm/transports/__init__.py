"""Transports carry datagrams between two TIDs and tell the time.

A transport sends and receives `Burst`s, so that one system call can move many datagrams. Its
clock is the only clock of a transfer: UDP has the kernel's monotonic clock, and the simulated
network has a virtual one, which jumps.

    transport.send(Burst.of(b"\\0\\4\\0\\1", peer))
    arrived = transport.receive(deadline=transport.now() + 1.0)
"""

from __future__ import annotations

from tftp_fsm.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.transports.burst import Burst, Unreachable
    from tftp_fsm.transports.protocol import Transport
else:  # a type checker that saw `__getattr__` would let every name pass
    __getattr__, __dir__ = lazily(__name__, {"burst": "Burst Unreachable", "protocol": "Transport"})

__all__ = ["Burst", "Transport", "Unreachable"]
