"""Carry out a session's effects: send octets to the transport, and read blocks of the file.

`Effects` has the transport and the storage of one session. The driver gives it the effects of each
step. A predicted run uses the same methods before its step is made.
"""

from __future__ import annotations

from tftp_fsm.errors import LocalError
from tftp_fsm.language.sentences import sentence
from tftp_fsm.protocol.events import (
    BeginAnew,
    Commit,
    Deliver,
    Finished,
    Outcome,
    Send,
    SendAcks,
    SendBlocks,
    StorageFailed,
)
from tftp_fsm.storage.protocols import is_scattering
from tftp_fsm.transports.burst import Burst
from tftp_fsm.wire.headers import ack_octets, data_headers
from tftp_fsm.wire.packets import build

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from tftp_fsm.driver.frames import Frames
    from tftp_fsm.driver.interfaces import Moved, Payload
    from tftp_fsm.protocol.events import Effect
    from tftp_fsm.storage.protocols import Sink, Source
    from tftp_fsm.transports.burst import Buffer
    from tftp_fsm.transports.protocol import Transport
    from tftp_fsm.wire.address import Address

Aside: TypeAlias = "Callable[[Callable[[], None]], object]"
"""Starts a commit on another thread. Its owner must call `Driver.resume` after the commit."""

UNTOLD = "this side cannot go on"  # the text for the peer if the error has none
SENT_AT_ONCE = 1 << 18  # octets; a larger window is read and sent in parts, to save memory


def storage_failed(failed: LocalError) -> StorageFailed:
    """Return the event for a failure. The peer gets only the error's text for peers."""
    return StorageFailed(failed.code, str(failed), failed.told or UNTOLD)


class Effects:
    """Carries out the effects of `session`.

    When the session ends, the storage is closed. If `is_lent` is true, the caller closes it.
    `begins_anew` is true if the request needs another session.

    With `commit_aside` a commit runs on another thread. Until it has ended, the effects after it
    wait in `left`, and only the commit uses the storage.
    """

    def __init__(
        self,
        session: Moved,
        transport: Transport,
        source: Source | None,
        sink: Sink | None,
        *,
        is_lent: bool = False,
    ) -> None:
        self.transport = transport
        self.source = source
        self.sink = sink
        self.begins_anew = False
        self.early = 0  # octets of a run that were written before its step
        self._frames: Frames | None = None
        self._session = session
        self._is_lent = is_lent
        self.commit_aside: Aside | None = None
        self.left: tuple[Effect, ...] | None = None

    def carry_out(self, effects: Sequence[Effect], payload: Payload) -> LocalError | None:
        """Carry out effects in order. If one fails, return its error and leave out the rest.

        If the session has ended, it cannot hear of a failure, so the rest is carried out.
        """
        for place, effect in enumerate(effects):
            if isinstance(effect, Commit) and self.commit_aside is not None:
                self.left = tuple(effects[place + 1 :])
                self.commit_aside(self._commit)
                return None
            try:
                self._do(effect, payload)
            except LocalError as failed:
                if not self._session.state.is_final:
                    return failed
        return None

    def write(self, payload: Payload) -> None:
        """Append file data to the sink. Raises LocalError."""
        assert self.sink is not None, "a session that receives needs a sink"
        self.sink.write(payload)

    def write_early(self, payload: Payload) -> None:
        """Append file data of a run before its step, which then delivers only the rest.

        Raise LocalError. The step does not write this data again after that.
        """
        self.early += sum(map(len, payload))
        self.write(payload)

    def read_blocks(self, first: int, count: int) -> memoryview:
        """Return the octets of these blocks. The last block of the file may be short."""
        assert self.source is not None, "a session that sends needs a source"
        source, blksize = self.source, self._session.blksize
        offset = (first - 1) * blksize
        wanted = min(count * blksize, source.size - offset)
        octets = memoryview(source.read(offset, wanted))
        if len(octets) != wanted:  # else later blocks would have wrong octets
            why = sentence(
                "cannot read: the file gave {octets} octets, not {wanted}",
                octets=len(octets),
                wanted=wanted,
            )
            raise LocalError(why, told=why)
        return octets

    def bursts(self, first: int, count: int) -> Iterator[Burst]:
        """Yield these blocks as DATA packets. Each burst is read when it is needed."""
        return self._in_parts(self._burst, first, count)

    def bursts_at_once(self, first: int, count: int) -> Iterable[Burst]:
        """Yield like `bursts`. Each burst is valid only until the next one is read."""
        if self._frames is None:
            peer, source = self._session.peer, self.source
            if peer is None or source is None or not is_scattering(source):
                return self.bursts(first, count)
            from tftp_fsm.driver.frames import Frames  # imported late: a get sends no blocks

            self._frames = Frames(source, self._session.blksize, peer)
        if count * self._session.blksize <= SENT_AT_ONCE:
            return (self._frames.burst(first, count),)
        return self._in_parts(self._frames.burst, first, count)

    def close(self) -> None:
        """Close the storage. A file that was not committed is removed.

        A commit on another thread cannot be stopped. It closes the storage itself when it ends.
        """
        if self.left is not None:
            return
        if self.sink is not None:
            self.sink.discard()
        if self.source is not None:
            self.source.close()

    def _do(self, effect: Effect, payload: Payload) -> None:
        match effect:
            case Send(packet, to):
                self._emit(build(packet), to or self._session.peer)
            case SendAcks(first, stride, count):
                for number in range(count):
                    self._emit(ack_octets(first + number * stride), self._session.peer)
            case SendBlocks(first, count):
                for burst in self.bursts(first, count):
                    self.transport.send(burst)
            case Deliver(octets=octets):
                self._deliver(octets, payload)
            case Commit():
                self._commit()
            case Finished(outcome):
                self._settle(outcome)
            case BeginAnew():  # the owner of the driver makes the new session
                self.begins_anew = True

    def _commit(self) -> None:
        assert self.sink is not None, "a session that receives needs a sink"
        self.sink.commit()

    def _emit(self, octets: bytes, to: Address | None) -> None:
        if to is not None:
            self.transport.send(Burst.of(octets, to))

    def _deliver(self, octets: int, payload: Payload) -> None:
        left, self.early = octets - self.early, 0
        if left and not payload:
            raise ValueError(f"the event came without its {left} octets of file data")
        if left:
            self.write(payload)

    def _in_parts(
        self, burst: Callable[[int, int], Burst], first: int, count: int
    ) -> Iterator[Burst]:
        at_once = max(1, SENT_AT_ONCE // self._session.blksize)
        for start in range(first, first + count, at_once):
            yield burst(start, min(at_once, first + count - start))

    def _burst(self, first: int, count: int) -> Burst:
        blksize, peer = self._session.blksize, self._session.peer
        assert peer is not None, "a session that sends DATA knows its peer"
        octets = self.read_blocks(first, count)
        buffers: list[Buffer] = [b""] * (2 * count)
        buffers[::2] = data_headers(first, count)
        buffers[1::2] = [octets[at : at + blksize] for at in range(0, count * blksize, blksize)]
        return Burst(buffers, blksize + 4, peer)

    def _settle(self, outcome: Outcome) -> None:
        if not self._is_lent and (outcome is not Outcome.SUCCEEDED or self.source is not None):
            self.close()
