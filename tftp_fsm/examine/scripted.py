"""A transport over a network with a script.

    transport = ScriptedTransport(UdpTransport(AF_INET), Script(lose(Opcode.ACK, 3)))

A session over such a transport keeps the rules of its table. The script decides what the peer sees.
So each check is a real session with a changed network.
"""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.examine.script import Script
from tftp_fsm.transports.faults import Direction, Fate, Impairment
from tftp_fsm.transports.impaired import ImpairedTransport, Injector
from tftp_fsm.transports.protocol import Transport


class ScriptedTransport(ImpairedTransport):
    """Any transport over a network that keeps to a script.

    `log` is called with each datagram that the script changes.
    """

    def __init__(
        self,
        inner: Transport,
        script: Script,
        log: Callable[[Impairment], None] | None = None,
    ) -> None:
        outgoing = _Scripted(script, "sent", inner, log)
        super().__init__(inner, outgoing, _Scripted(script, "received", inner, log))


class _Scripted(Injector):
    def __init__(
        self,
        script: Script,
        direction: Direction,
        inner: Transport,
        log: Callable[[Impairment], None] | None,
    ) -> None:
        super().__init__(direction, inner.now, log)
        self._script = script

    def fate_of(self, datagram: bytes) -> Fate:
        return self._script.fate_of(self._direction, datagram)
