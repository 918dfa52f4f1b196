"""The numbers of the blocks in a pcapng file (draft-ietf-opsawg-pcapng), to read and to write."""

from __future__ import annotations

SECTION, INTERFACE, STATISTICS, PACKET = 0x0A0D0D0A, 1, 5, 6  # types of blocks
OLD_PACKET, SIMPLE_PACKET = 2, 3  # only read
MAGIC = 0x1A2B3C4D
