"""Files that exist only in the debugger."""

from __future__ import annotations

from tftp_fsm.storage.sources import BytesSource

LINE = 16  # octets


def pattern(size: int) -> bytes:
    """A file of `size` octets. Each line holds its own offset, so that every block differs."""
    return b"".join(b"%014d\r\n" % offset for offset in range(0, size, LINE))[:size]


class MovedSource:
    """A file whose content begins at offset `lead`. Earlier octets take no memory.

    So a transfer can reach block 65534 without 32 MiB of content.
    """

    def __init__(self, content: bytes, lead: int = 0) -> None:
        self._inner = BytesSource(content)
        self.lead = lead

    @property
    def size(self) -> int:
        """The number of octets, with `lead`."""
        return self.lead + self._inner.size

    def read(self, offset: int, count: int) -> bytes:
        """Return octets of the file. Those before `lead` are zeros."""
        blank = min(max(self.lead - offset, 0), count)
        return bytes(blank) + bytes(self._inner.read(max(offset - self.lead, 0), count - blank))

    def close(self) -> None:
        """Do nothing, because no file is open."""

    def __deepcopy__(self, memo: dict[int, object]) -> MovedSource:
        other = MovedSource(b"", self.lead)
        other._inner = self._inner
        return other
