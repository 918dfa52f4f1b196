"""Expressions of a map find the same as the C library, with a bounded amount of work."""

from __future__ import annotations

import ctypes
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tftp_fsm.providers.maps.characters import CLASSES
from tftp_fsm.providers.maps.expression import LONGEST, compile_expression
from tftp_fsm.providers.maps.matcher import Budget, Places, TooCostly

ENOUGH = 10_000_000
REG_EXTENDED, REG_ICASE = 1, 2


def search(text: str, name: str, *, ignores_case: bool = False) -> Places | None:
    return compile_expression(text, ignores_case=ignores_case).search(name, Budget(ENOUGH))


def found(text: str, name: str) -> str | None:
    places = search(text, name)
    return None if places is None else name[places[0] : places[1]]


class _Match(ctypes.Structure):
    _fields_ = (("begin", ctypes.c_int), ("end", ctypes.c_int))


def in_c(text: str, name: str, flags: int = 0) -> tuple[int, int] | str | None:
    """Return the match of regexec(3), or a text if regcomp(3) does not accept the expression."""
    library = ctypes.CDLL(None)  # that of this process
    compiled = ctypes.create_string_buffer(256)  # more than a regex_t
    if library.regcomp(compiled, text.encode(), REG_EXTENDED | flags):
        return "refused"
    match = _Match()
    missed = library.regexec(compiled, name.encode(), 1, ctypes.byref(match), 0)
    library.regfree(compiled)
    return None if missed else (match.begin, match.end)


# Expressions with a meaning in POSIX: only a character or a group is repeated.
CHARACTER = st.sampled_from(["a", "b", "A", "/", ".", "[ab]", "[^a]", "[[:alpha:]]", r"\."])
MARK = st.sampled_from(["", "*", "+", "?", "{2}", "{1,}", "{0,2}"])


def rows(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    piece = st.builds(str.__add__, inner, MARK)
    row = st.lists(piece, min_size=1, max_size=3).map("".join)
    return st.lists(row, min_size=1, max_size=2).map("|".join).map("({})".format)


EXPRESSION = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "^"]),
    st.recursive(CHARACTER, rows, max_leaves=6),
    st.sampled_from(["", "$"]),
)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs the C library of Linux")
@given(EXPRESSION, st.text("abA./", max_size=12), st.booleans())
def test_a_match_is_where_the_c_library_finds_it(text: str, name: str, folds: bool) -> None:
    expected = in_c(text, name, REG_ICASE if folds else 0)
    assert expected != "refused", text
    places = search(text, name, ignores_case=folds)
    assert (None if places is None else places[:2]) == expected


@pytest.mark.parametrize(
    "text, name, expected",
    [
        (r"^/?(tftpboot/)?([^/]*)$", "/tftpboot/menu", (0, 14, 1, 10, 10, 14)),
        ("(a)|(b)", "b", (0, 1, -1, -1, 0, 1)),
        ("a|ab", "xab", (1, 3)),
        ("x*", "aaa", (0, 0)),
        ("", "aaa", (0, 0)),
        ("$", "ab", (2, 2)),
        ("()(b)", "b", (0, 1, 0, 0, 0, 1)),
        ("(a*)*b", "aab", (0, 3, 0, 2)),
    ],
)
def test_groups_are_noted(text: str, name: str, expected: Places) -> None:
    assert search(text, name) == expected


@pytest.mark.parametrize(
    "text, name, expected",
    [
        (r"[\]", "a\\b", "\\"),
        ("[]x]+", "a]x]", "]x]"),
        ("[^]]+", "]ab]", "ab"),
        ("[a-]+", "b-a-", "-a-"),
        (r"\[\*\]", "[*]", "[*]"),
        ("a{", "a{", "a{"),
        ("a{x}", "a{x}", "a{x}"),
        (r"\w+", "-ab_1-", "ab_1"),
        (r"\W", "a-", "-"),
        (r"\s", "a b", " "),
        ("é+", "caféé", "éé"),
        (".", "\udcff", "\udcff"),
    ],
)
def test_characters_are_found(text: str, name: str, expected: str) -> None:
    assert found(text, name) == expected


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_has_the_characters_that_the_c_library_says(name: str) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("needs the C library of Linux")
    for character in map(chr, range(1, 128)):
        text = f"[[:{name}:]]"
        assert (search(text, character) is not None) == (in_c(text, character) is not None), (
            character
        )


@pytest.mark.parametrize(
    "text, why",
    [
        ("(a", r"a \( has no \)"),
        ("a)", r"a \) has no \("),
        ("[a", r"a \[ has no \]"),
        ("*a", r"nothing that \* could repeat"),
        ("a|+", r"nothing that \+ could repeat"),
        ("^*", "an anchor cannot be repeated"),
        ("a\\", "ends with a backslash"),
        (r"(a)\1", "backreference"),
        (r"\d", r"write \[0-9\]"),
        (r"\<a", "has no meaning here"),
        ("[z-a]", "the range z-a is empty"),
        ("[[:none:]]", r"no class \[:none:\]"),
        ("[[.a.]]", "not supported in a map"),
        ("a{3,2}", "number of repetitions"),
        ("a{256}", "number of repetitions up to 255"),
        ("(((a{200}){200}){200}){200}", "too long"),
        ("(" * 51 + ")" * 51, "too many groups"),
    ],
)
def test_what_cannot_be_used_is_said(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        compile_expression(text)


@given(st.text(max_size=40))
def test_any_text_is_an_expression_or_a_value_error(text: str) -> None:
    try:
        program = compile_expression(text)
    except ValueError:
        return
    program.search("some/name", Budget(ENOUGH))


# For such a name Python's re needs longer than the age of the universe.
PATHOLOGICAL = ["(a*)*$", "(a|aa)+$", "((a+)+)+$", "(a|a|a|a)*b", "(.*)(.*)(.*)(.*)(.*)x$"]


@pytest.mark.parametrize("text", PATHOLOGICAL)
def test_a_pathological_expression_costs_its_length_times_that_of_the_name(text: str) -> None:
    name = "a" * 511 + "!"
    program, budget = compile_expression(text), Budget(ENOUGH)
    assert program.search(name, budget) is None or text == "(a*)*$"
    assert ENOUGH - budget.left <= (len(program.code) + 1) * (len(name) + 1)


def test_the_work_has_a_limit() -> None:
    program = compile_expression("(a|b|c|d){100}$")
    assert len(program.code) <= LONGEST
    with pytest.raises(TooCostly):
        program.search("a" * 512, Budget(10_000))


def test_the_oracle_is_one() -> None:
    assert re.search("a|ab", "ab") is not None
    if sys.platform.startswith("linux"):
        assert in_c("a|ab", "ab") == (0, 2)
        assert in_c("(", "") == "refused"
