"""If the stored file differs from the sent file, the card says how, and what it means."""

from __future__ import annotations

import pytest

from tftp_fsm.examine.probing.damage import CUT, LONGER, MISSING, OTHER, TWICE, damage

CONTENT = b"one two 3-4 five"  # four blocks of 4 octets
SHORT = CONTENT + b"6"


@pytest.mark.parametrize(
    ("content", "found", "seen", "means"),
    [
        (CONTENT, b"one one two 3-4 five", "block 1 is in the file twice", TWICE),
        (CONTENT, b"one two 3-4 3-4 five", "block 3 is in the file twice", TWICE),
        (CONTENT, CONTENT + b"five", "block 4 is in the file twice", TWICE),
        (SHORT, SHORT + b"6", "block 5 is in the file twice", TWICE),
        (CONTENT, b"two 3-4 five", "block 1 is missing in the file", MISSING),
        (CONTENT, b"one two five", "block 3 is missing in the file", MISSING),
        (CONTENT, b"one two 3-4 ", "the file is cut after 12 octets", CUT),
        (CONTENT, b"one t", "the file is cut after 5 octets", CUT),
        (CONTENT, b"", "the file is cut after 0 octets", CUT),
        (CONTENT, CONTENT + b"!", "1 octet follows the end of the file", LONGER),
        (CONTENT, b"one two three ", "the file has 14 octets and differs", OTHER),
        (CONTENT, b"One two 3-4 five", "the file has 16 octets and differs", OTHER),
        (b"", b"old", "3 octets follow the end of the file", LONGER),
    ],
)
def test_a_damaged_file_is_told_by_its_damage(
    content: bytes, found: bytes, seen: str, means: str
) -> None:
    said = damage(content, found, 4)
    assert (said.seen, said.means) == (seen, means)


def test_a_block_of_a_long_file_is_found_without_trying_all() -> None:
    content = b"".join(b"%08d" % number for number in range(1 << 16))
    found = content[: 8 * 60_000] + content[8 * 59_999 :]
    assert damage(content, found, 8).seen == "block 60,000 is in the file twice"
