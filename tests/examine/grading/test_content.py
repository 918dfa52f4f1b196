"""The files of the trials, and how a received file is compared with them."""

from __future__ import annotations

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.examine.grading.content import PERIOD, Comparing, Pattern


def test_each_student_has_other_octets_and_always_the_same() -> None:
    assert Pattern("kim", 100).whole() == Pattern("kim", 100).whole()
    assert Pattern("kim", 100).whole() != Pattern("lee", 100).whole()


def test_any_part_is_that_of_the_whole() -> None:
    pattern = Pattern("kim", 3 * PERIOD)
    whole = pattern.whole()
    for offset, count in ((0, 0), (1, 512), (PERIOD - 1, 2), (PERIOD, 2 * PERIOD)):
        assert pattern.read(offset, count) == whole[offset : offset + count]
    with pytest.raises(ValueError, match="not all within"):
        pattern.read(3 * PERIOD, 1)


def test_a_block_differs_from_that_of_the_same_number_on_the_wire() -> None:
    pattern = Pattern("kim", 65538 * 8)
    assert pattern.read(0, 8) != pattern.read(65536 * 8, 8)


def test_a_text_has_lines() -> None:
    text = Pattern("kim", 1000, text=True).whole()
    assert text.count(b"\n") > 10 and text.isascii()


def test_a_file_that_fails_is_read_up_to_there() -> None:
    pattern = Pattern("kim", 2000, fails_at=1024)
    pattern.read(512, 512)
    with pytest.raises(LocalError):
        pattern.read(1024, 512)


def compared(octets: bytes) -> str:
    sink = Comparing(Pattern("kim", 1000))
    sink.write([octets[:600], octets[600:]])
    sink.commit()
    return sink.fault


def test_what_is_wrong_with_a_file_is_said() -> None:
    right = Pattern("kim", 1000).whole()
    changed = right[:700] + bytes([right[700] ^ 1]) + right[701:]
    assert compared(right) == ""
    assert compared(changed) == "octet 700 is wrong"
    assert compared(right[:999]) == "it has 999 octets, not 1000"
    assert compared(right + b"!") == "octet 1000 is wrong"


def test_a_file_without_end_is_refused() -> None:
    sink = Comparing(Pattern("kim", 1000))
    sink.write(bytes(60_000))
    with pytest.raises(LocalError, match="too long"):
        sink.write(bytes(60_000))


def test_a_disk_fails_where_the_trial_says() -> None:
    sink = Comparing(Pattern("kim", 2000), fails_at=1024)
    sink.write(Pattern("kim", 1024).whole())
    with pytest.raises(LocalError):
        sink.write(b"x")
