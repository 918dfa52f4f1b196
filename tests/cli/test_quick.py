"""The quick reader of command lines agrees with argparse, or leaves the line to argparse."""

from __future__ import annotations

import contextlib
import io
import shlex
from argparse import Namespace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tftp_fsm.cli.arguments import transfer_parser
from tftp_fsm.cli.quick import _Option, quickly_read

PARSER = transfer_parser({})
OPTIONS = sorted(PARSER._option_string_actions)
VALUES = """
    0 1 2 69 512 1428 65464 70000 -1 0.5 -0.5 1e3 nan auto octet netascii mail x - -- --x a-b
    50000-50100 9-1 127.0.0.1 ::1 -q=1 -p69 --port=69 --mode=octet
""".split()
WORDS = ["h", "get", "put", "name", "-", "", "tftp://h/name", "a b", "\u2013p", "\u2014port", "69"]


def slowly_read(argv: list[str]) -> Namespace | None:
    """Return what argparse makes of the line. None means that it ends the program."""
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        try:
            return PARSER.parse_intermixed_args(argv)
        except SystemExit:
            return None


@given(st.lists(st.sampled_from([*OPTIONS, *VALUES, *WORDS]), max_size=8))
def test_it_says_what_argparse_says_or_nothing(argv: list[str]) -> None:
    quick = quickly_read(argv)
    if quick is not None:
        slow = slowly_read(argv)
        assert slow is not None
        assert vars(quick) == vars(slow)


@given(
    st.lists(st.sampled_from(["h", "get", "name", "a b"]), min_size=1, max_size=4),
    st.lists(
        st.sampled_from(
            ["-q", "-v", "-4", "-6", "--json", "--no-options", "--no-offload", "-p 69"]
            + ["--port 1069", "--blksize 512", "--blksize auto", "--windowsize 4", "--loss 0.1"]
            + ["--mode netascii", "--port-range 5000-5001", "--into .", "--trace t", "--seed 7"]
        ),
        max_size=5,
    ),
    st.randoms(use_true_random=False),
)
def test_an_ordinary_line_needs_no_argparse(
    words: list[str], options: list[str], random: Random
) -> None:
    parts = [[word] for word in words] + [option.split() for option in options]
    random.shuffle(parts)
    argv = [word for part in parts for word in part]
    quick, slow = quickly_read(argv), slowly_read(argv)
    assert quick is not None
    assert slow is not None
    assert vars(quick) == vars(slow)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "--help",
        "h get name --version",
        "h get name -p",
        "h get name -p -1",
        "h get name -p many",
        "h get name --mode mail",
        "h get name --port=69",
        "h get name -p69",
        "h get name --blocksize 512",
        "h get -- -name",
        "h get name \u2013p 69",
        "h get name --lang ko",
    ],
)
def test_what_is_wrong_or_not_ordinary_is_left_to_argparse(typed: str) -> None:
    assert quickly_read(shlex.split(typed)) is None


@pytest.mark.parametrize("how", [{"action": "append"}, {"action": "count"}, {"nargs": "*"}])
def test_an_option_that_would_be_misread_cannot_be_made(how: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=r"--x: |nargs"):
        _Option(("-x", "--x"), **how)
