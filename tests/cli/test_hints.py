"""A hint of the library names its arguments, and a hint of the command its options."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import tftp_fsm
from tftp_fsm.cli.arguments import transfer_parser
from tftp_fsm.cli.hints import as_options, with_hint
from tftp_fsm.cli.serve_options import command_parser
from tftp_fsm.client.keywords import Keywords
from tftp_fsm.errors import LocalError, PeerError, TftpError, TransferTimedOut
from tftp_fsm.server.config import ServerConfig

PACKAGE = Path(tftp_fsm.__file__).parent
LIBRARY = [path for path in PACKAGE.rglob("*.py") if not path.is_relative_to(PACKAGE / "cli")]
BELOW = ("server", "transports", "storage", "client", "driver", "protocol", "wire", "errors.py")


@pytest.mark.parametrize(
    "failed, line",
    [
        (LocalError("no port is free", setting="port_range"), "no port is free (see --port-range)"),
        (LocalError("the disk is full", 3), "the disk is full"),
        (PeerError(1, "no such file"), "error 1: no such file"),
        (TransferTimedOut("too long", setting="max_time"), "too long (see --max-time)"),
    ],
)
def test_an_error_names_the_option_that_helps(failed: TftpError, line: str) -> None:
    assert with_hint(failed) == line


def test_arguments_are_spelled_as_options() -> None:
    names = ["port", "port_range", "single_port"]
    message = "port_range has no effect with single_port; airport_range and ports do"
    said = "--port-range has no effect with --single-port; airport_range and ports do"
    assert as_options(message, names) == said


def texts(tree: ast.AST) -> list[str]:
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [value for value in constants if isinstance(value, str)]


def settings() -> Iterator[str]:
    """Each value of `setting` that the package gives a LocalError."""
    for path in LIBRARY:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "setting":
                yield from texts(node.value)


def test_each_setting_that_an_error_names_is_an_option() -> None:
    options = {
        *transfer_parser({})._option_string_actions,
        *command_parser()._option_string_actions,
    }
    named = {"--" + name.replace("_", "-") for name in settings()}
    assert named and named <= options


@pytest.mark.parametrize(
    "path", [path for path in LIBRARY if path.relative_to(PACKAGE).parts[0] in BELOW], ids=str
)
def test_the_library_does_not_speak_of_options(path: Path) -> None:
    said = texts(ast.parse(path.read_text(encoding="utf-8")))
    assert [text for text in said if "--" in text] == []


def messages(tree: ast.AST) -> Iterator[str]:
    """The texts of sentences, without those of docstrings and of ValueError."""
    left_out: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Raise(exc=ast.Call(func=ast.Name(id="ValueError"))) | ast.Expr():
                left_out |= {id(part) for part in ast.walk(node)}
            case ast.Constant(value=str() as text) if id(node) not in left_out and " " in text:
                yield text


def test_no_error_but_a_value_error_says_the_name_of_an_argument() -> None:
    """The command spells the arguments in a ValueError as options. Other errors have `setting`."""
    arguments = {*Keywords.__annotations__, *ServerConfig.__dataclass_fields__}
    named = re.compile(r"\b(" + "|".join(name for name in arguments if "_" in name) + r")\b")
    found = {}
    for path in LIBRARY:
        for text in messages(ast.parse(path.read_text(encoding="utf-8"))):
            if named.search(text):
                found[str(path.relative_to(PACKAGE))] = text
    assert found == {}
