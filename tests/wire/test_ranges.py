"""The ranges of settings: the same through the library, the command line and the debugger."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest

from tftp_fsm.cli.arguments import transfer_parser
from tftp_fsm.cli.parser import Parser
from tftp_fsm.cli.serve_options import command_parser
from tftp_fsm.client.settings import Settings
from tftp_fsm.debugger.variables import assign
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.roles import ReadClient
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.packets import Rrq
from tftp_fsm.wire.ranges import CLIENT, FAULTS, PORT, SECONDS, SERVER, TIMEOUT, WINDOWSIZE, Range

Make = Callable[..., object]


def transfer() -> Parser:
    return transfer_parser({})


def configured(**values: Any) -> ServerConfig:
    """Return a configuration that allows this setting."""
    return ServerConfig(".", writable=True, overwrite=True, **values)


WAYS = [
    *((Settings, transfer, name, allowed) for name, allowed in CLIENT.items()),
    *((configured, command_parser, name, allowed) for name, allowed in SERVER.items()),
    *((Faults, transfer, name, allowed) for name, allowed in FAULTS.items()),
]
WITHOUT_OPTION = {"max_descriptors", "corrupt"}
every_setting = pytest.mark.parametrize(
    ("make", "parser", "name", "allowed"), WAYS, ids=[way[2] for way in WAYS]
)


def beyond(allowed: Range) -> list[float]:
    """Return the nearest numbers that are not allowed."""
    if allowed.is_whole:
        return [allowed.least - 1, allowed.most + 1]
    return [math.nextafter(allowed.least, -1), math.nextafter(allowed.most, math.inf)]


@every_setting
def test_the_library_and_the_command_take_the_borders(
    make: Make, parser: Callable[[], Parser], name: str, allowed: Range
) -> None:
    for value in (allowed.least, allowed.most):
        assert getattr(make(**{name: value}), name) == value
        if name not in WITHOUT_OPTION:
            assert given(parser(), name, str(value)) == value


@every_setting
def test_the_library_and_the_command_refuse_what_is_beyond_in_the_same_words(
    make: Make,
    parser: Callable[[], Parser],
    name: str,
    allowed: Range,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for value in (*beyond(allowed), math.nan, math.inf):
        with pytest.raises(ValueError, match=re.escape(f"{name} is {allowed.wanted}, not {value}")):
            make(**{name: value})
        if name not in WITHOUT_OPTION:
            with pytest.raises(SystemExit) as ended:
                given(parser(), name, str(value))
            (line,) = capsys.readouterr().err.splitlines()
            assert ended.value.code == 2
            assert option(name) in line and f"'{value}' is not {allowed.wanted}" in line


@pytest.mark.parametrize("name", ["blksize", "windowsize"])
def test_the_debugger_takes_the_borders_and_refuses_what_is_beyond(name: str) -> None:
    allowed, session = CLIENT[name], ReadClient(Rrq(b"file"))
    for value in (allowed.least, allowed.most):
        assign(session, name, str(value))
        assert getattr(session, name) == value
    for value in (allowed.least - 1, allowed.most + 1):
        with pytest.raises(LocalError, match=f"{name}: '{value}' is not {allowed.wanted}"):
            assign(session, name, str(value))


def option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def given(parser: Parser, name: str, text: str) -> Any:
    root = ["."] if parser.prog.endswith("serve") else []
    return getattr(parser.parse_intermixed_args([*root, f"{option(name)}={text}"]), name)


# -- One range ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        (PORT, "a whole number from 1 to 65535"),
        (WINDOWSIZE, "a whole number of blocks from 1 to 32767"),
        (SECONDS, "a number of seconds from 0 to 86400"),
        (TIMEOUT, "a number of seconds from 0.001 to 255"),
    ],
)
def test_a_range_is_said_in_words(allowed: Range, words: str) -> None:
    assert allowed.wanted == words


@pytest.mark.parametrize(
    "text", ["", "x", "1_0", "+1", " 1", "1.0", "0x10", "\u0661", "9" * 5000, "1e2"]
)
def test_a_port_is_read_from_plain_digits(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number from 1 to 65535"):
        PORT.read(text)


def test_numbers_are_read() -> None:
    assert PORT.read("00069") == 69
    assert TIMEOUT.read("1e2") == 100.0 and TIMEOUT.read("0.5") == 0.5


@pytest.mark.parametrize("text", ["", "x", "1_0", "nan", "inf", "-1"])
def test_what_is_no_number_of_seconds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number of seconds from 0 to 86400"):
        SECONDS.read(text)


@pytest.mark.parametrize("value", ["69", None, b"x", math.nan, 1.5])
def test_what_is_no_whole_number_is_not_in_a_range_of_them(value: object) -> None:
    assert value not in PORT


def test_the_reason_for_the_upper_limit_is_said_where_it_is_the_reason() -> None:
    with pytest.raises(ValueError, match="cannot tell a stale ACK from a new one"):
        WINDOWSIZE.check("windowsize", 40000)
    with pytest.raises(ValueError, match=r"not 0$"):
        WINDOWSIZE.check("windowsize", 0)
