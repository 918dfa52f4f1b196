"""Write the blocks of windows in parts that end at round places of the file.

The kernel keeps a file in pages, and several pages together if they are written together. Writing
each window by itself divides them at odd places. Then both the writing and the sync take longer.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tftp_fsm.driver.interfaces import Payload

PART = 1 << 15  # octets; with larger parts the peer waits longer for the next ACK


class Parts:
    """DATA packets of `blksize` octets, next to each other in `memory`, that must be written.

    `held` is the number of octets in the memory, with headers. `offset` is the place in the file of
    the first octet that is not written yet.
    """

    __slots__ = (
        "_blksize",
        "_full",
        "_memory",
        "_payloads",
        "_skipped",
        "_write",
        "held",
        "offset",
    )

    def __init__(
        self, memory: memoryview, blksize: int, write: Callable[[Payload], object]
    ) -> None:
        self._memory = memory
        self._blksize = blksize
        self._full = blksize + 4
        self._write = write
        self._payloads: list[memoryview] = []  # the payloads from the memory's beginning on
        self._skipped = 0  # octets of the first payload that are written already
        self.held = 0
        self.offset = 0

    def begin(self, offset: int) -> None:
        """Begin with an empty memory at this place in the file."""
        self.held = self._skipped = 0
        self.offset = offset

    def write_whole(self) -> None:
        """Write up to the last round place of the file. Move the rest to the memory's beginning."""
        count, blksize = self.held // self._full, self._blksize
        end = (self.offset + count * blksize - self._skipped) // PART * PART
        if end <= self.offset:
            return
        stop, rest = divmod(self._skipped + end - self.offset, blksize)
        first, held = stop * self._full, self.held
        self._write_up_to(stop, rest)
        self._memory[: held - first] = self._memory[first:held]
        self.held, self._skipped, self.offset = held - first, rest, end

    def write_all(self) -> None:
        """Write everything. Afterwards the memory is free for others."""
        if self.held:
            count = self.held // self._full
            self.offset += count * self._blksize - self._skipped
            self._write_up_to(count, 0)
            self._skipped = 0

    def forget(self) -> None:
        """Keep no part of the memory."""
        self._payloads.clear()

    def _write_up_to(self, stop: int, rest: int) -> None:
        """Write the first `stop` payloads, and `rest` octets of the next one.

        If it fails, nothing is held any more.
        """
        self.held = 0
        payloads, full, memory = self._payloads, self._full, self._memory
        for at in range(len(payloads) * full, (stop + (rest > 0)) * full, full):
            payloads.append(memory[at + 4 : at + full])
        pieces = payloads[:stop]
        if rest:
            pieces.append(payloads[stop][:rest])
        if self._skipped:
            pieces[0] = pieces[0][self._skipped :]
        self._write(pieces)
