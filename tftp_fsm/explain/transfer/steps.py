"""The steps of both ends for ladders, pages and the debugger. They are kept only if wanted."""

from __future__ import annotations

from dataclasses import replace

from tftp_fsm.explain.packets.seen import Seen
from tftp_fsm.protocol.events import Effect, SendBlocks, Step
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace.records import Recorded, WireEvent

RECENT = 1000  # entries in which the last window is searched
MOST = 200_000  # entries; a longer transfer is not drawn


class Log:
    """The steps in order. If it turns out later that an end has not received a datagram, its step
    becomes a loss.

    `began` has a copy of each end's session before its first step.
    """

    def __init__(self, is_kept: bool) -> None:
        self.is_kept = is_kept
        self.began: dict[str, Session] = {}
        self._entries: list[Recorded | WireEvent | None] = []
        self._renumbered = -1
        self._heard: dict[int, tuple[str, bytes, int]] = {}

    def join(self, end: str, session: Session) -> None:
        """Keep the session of an end before its first step."""
        if self.is_kept:
            self.began[end] = session.copy()

    def leave(self, end: str) -> None:
        """Leave out the steps of this end, because another session replaces it."""
        for at, entry in enumerate(self._entries):
            if isinstance(entry, Recorded) and entry.end == end:
                self._entries[at] = None

    def step(self, end: str, step: Step) -> int:
        """Add a step. Return its place."""
        if not self.is_kept:
            return -1
        if len(self._entries) >= MOST:
            return -1
        self._entries.append(Recorded(end, step))
        return len(self._entries) - 1

    def heard(self, entry: int, sender: str, seen: Seen) -> None:
        """Keep the datagram of the step at this place, because it may be lost."""
        if self.is_kept and entry >= 0:
            octets = seen.datagram.octets
            head = octets[:4] if seen.kind == "DATA" else octets
            self._heard[entry] = sender, head, seen.datagram.size

    def lose(self, entries: tuple[int, ...], sender: str) -> None:
        """Turn these steps into losses: their datagrams were captured but did not arrive."""
        for entry in entries:
            if not self.is_kept or not 0 <= entry < len(self._entries):
                continue
            known, told = self._entries[entry], self._heard.get(entry)
            if isinstance(known, Recorded) and told is not None:
                head, size = told[1:]
                self._entries[entry] = WireEvent(
                    known.step.now, told[0], known.end, head, size, ("lost",), ()
                )
            else:
                self._entries[entry] = None

    def renumber(self, end: str, block: int) -> None:
        """Set the block number of the last DATA of this end to the one on the wire."""
        for at in range(len(self._entries) - 1, max(-1, len(self._entries) - RECENT), -1):
            entry = self._entries[at]
            if isinstance(entry, Recorded) and entry.end == end and _sends(entry.step):
                if at == self._renumbered:
                    return  # another packet was seen in its place earlier
                self._renumbered = at
                effects = tuple(_numbered(effect, block) for effect in entry.step.effects)
                self._entries[at] = replace(entry, step=replace(entry.step, effects=effects))
                return

    def resize(self, end: str, size: int, blocks: int) -> None:
        """Set the size of the sender's file: its last steps have sent no block after `blocks`."""
        began = self.began.get(end)
        if isinstance(began, Sender):
            began.size = size
        for at in range(len(self._entries) - 1, max(-1, len(self._entries) - RECENT), -1):
            entry = self._entries[at]
            if isinstance(entry, Recorded) and entry.end == end:
                effects = tuple(_up_to(effect, blocks) for effect in entry.step.effects)
                self._entries[at] = replace(entry, step=replace(entry.step, effects=effects))

    @property
    def entries(self) -> tuple[Recorded | WireEvent, ...]:
        """The entries that were not left out."""
        return tuple(entry for entry in self._entries if entry is not None)


def _sends(step: Step) -> bool:
    return any(isinstance(effect, SendBlocks) for effect in step.effects)


def _numbered(effect: Effect, block: int) -> Effect:
    return SendBlocks(block, 1) if isinstance(effect, SendBlocks) else effect


def _up_to(effect: Effect, blocks: int) -> Effect:
    if isinstance(effect, SendBlocks) and effect.first + effect.count > blocks + 1:
        return replace(effect, count=max(1, blocks + 1 - effect.first))
    return effect
