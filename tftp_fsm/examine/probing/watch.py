"""Tell a watcher what an examination sends and hears.

A session tells its own steps and datagrams. Some datagrams go beside it: those of a stranger, and a
farewell. A verdict may depend on them, so `-v` and `--pcap` must have them, too.
"""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.examine.probing.tap import Tap
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import Observer
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.transports.carried import Carried, Listening, Telling
from tftp_fsm.transports.faults import Impairment
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Packet, build


@frozen
class Watch:
    """Functions that are called with steps, with datagrams, and with a script's faults.

    `beside` is called with a datagram that no session has sent or heard, and with the reason for
    it. `remark` is called with a time (seconds on the transport's clock) and with something else
    that came.
    """

    step: Observer | None = None
    datagram: Listening | None = None
    mishap: Callable[[Impairment], None] | None = None
    beside: Callable[[Carried, str], None] | None = None
    remark: Callable[[float, str], None] | None = None


class Beside:
    """Sends and receives single packets beside a session, and tells the watch of them."""

    def __init__(self, tap: Tap, watch: Watch) -> None:
        self._tap = tap
        self._watch = watch
        self._why = ""
        # Telling asks the system for our address, which is of no use without a watcher.
        self._telling = None if watch.beside is None else Telling(tap, self._tell)

    def send(self, packet: Packet, to: Address, why: str) -> None:
        """Send a packet. `why` is the reason. Raises Spent."""
        self._why = why
        (self._telling or self._tap).send(Burst.of(build(packet), to))

    def receive(self, deadline: float, why: str) -> bool:
        """Receive until the deadline. Return whether something came. `why` explains it.

        Raises Spent.
        """
        self._why = why
        arrived = self._tap.receive(deadline)
        match arrived:
            case Burst() if self._telling is not None:
                for datagram in arrived.datagrams():
                    self._telling.heard(memoryview(datagram), arrived.peer)
            case Unreachable() if arrived.is_hard and self._watch.remark is not None:
                icmp = sentence("the system's port unreachable (ICMP)")
                words = sentence("the stranger got {answer}", answer=icmp)
                self._watch.remark(self._tap.now(), words)
        return arrived is not None

    def _tell(self, carried: Carried) -> None:
        if self._watch.beside is not None:
            self._watch.beside(carried, self._why)
