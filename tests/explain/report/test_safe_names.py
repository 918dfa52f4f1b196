"""Names of extracted files are harmless on every system and in every terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tftp_fsm.explain.report.safe_names import LONGEST, safe_name
from tftp_fsm.storage.served.names import parse_name

PIECES = [
    "con",
    "COM¹",
    "nul",
    "lpt9",
    ".",
    " ",
    "..",
    "-",
    "$",
    "/",
    "\\",
    "é",
    "가",
    "\u202e",
    "x",
]
NAMES = st.binary(max_size=300) | st.lists(st.sampled_from(PIECES)).map(
    lambda pieces: "".join(pieces).encode()
)


@pytest.mark.parametrize(
    "name, safe",
    [
        (b"boot.img", "boot.img"),
        (b"../../etc/passwd", "passwd"),
        (b"/etc/passwd", "passwd"),
        (b"C:\\windows\\system.ini", "system.ini"),
        (b"..", "file"),
        (b".", "file"),
        (b"/", "file"),
        (b"a/", "a"),
        (b".bashrc", "bashrc"),
        (b"-rf", "file_-rf"),
        (b"con.txt", "file_con.txt"),
        (b"con .txt", "file_con .txt"),
        (b"NUL.tar.gz", "file_NUL.tar.gz"),
        ("COM¹".encode(), "file_COM¹"),
        ("lpt³.log".encode(), "file_lpt³.log"),
        (b"CLOCK$", "file_CLOCK_"),
        (b"CONIN$.x", "file_CONIN_.x"),
        (b"conout$", "file_conout_"),
        (b"console", "console"),
        (b"name. . ", "name"),
        (b"x" * 119 + b". y", "x" * 119),
        (b"stream:secret", "stream_secret"),
        ("e\u0301".encode(), "é"),
        (b"a\x1b[2Jb\n", "a__2Jb_"),
        ("grüße".encode(), "grüße"),
        ("a\u202eb".encode(), "a_b"),
        (b"\xff\xfe", "__"),
        (b"x" * 600, "x" * 120),
    ],
)
def test_names_are_made_safe(name: bytes, safe: str) -> None:
    assert safe_name(name) == safe


@given(NAMES)
def test_no_system_takes_a_safe_name_for_something_else(name: bytes) -> None:
    safe = safe_name(name)
    parsed = parse_name(safe.encode(), windows=True)  # Windows: no device, no stream, as it is
    assert parsed.parts == (safe,) and not parsed.absolute
    assert 0 < len(safe.encode()) <= LONGEST + len("file_")
    assert safe.isprintable() and not safe.startswith((".", "-", " "))


@given(NAMES)
def test_a_safe_name_stays_as_it_is(name: bytes) -> None:
    safe = safe_name(name)
    assert len(safe.encode()) > LONGEST or safe_name(safe.encode()) == safe


@given(NAMES)
def test_no_numbered_digit_makes_a_device(name: bytes) -> None:
    stem = safe_name(name).partition(".")[0].rstrip(" ").lower()
    assert stem.translate(str.maketrans("¹²³", "123")) not in {"com1", "com2", "com3", "lpt1"}
