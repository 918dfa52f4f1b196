"""What the library says in its own words, and the command in its options."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import tftp_fsm
from tftp_fsm.cli.arguments import transfer_parser
from tftp_fsm.cli.hints import as_options, with_hint
from tftp_fsm.cli.serve import _parser as serve_parser
from tftp_fsm.errors import LocalError, PeerError

PACKAGE = Path(tftp_fsm.__file__).parent
LIBRARY = [path for path in PACKAGE.rglob("*.py") if not path.is_relative_to(PACKAGE / "cli")]
BELOW = ("server", "transports", "storage", "client", "driver", "protocol", "wire", "errors.py")


@pytest.mark.parametrize(
    "failed, line",
    [
        (LocalError("no port is free", setting="port_range"), "no port is free (see --port-range)"),
        (LocalError("the disk is full", 3), "the disk is full"),
        (PeerError(1, "no such file"), "error 1: no such file"),
    ],
)
def test_an_error_names_the_option_that_helps(failed: Exception, line: str) -> None:
    assert with_hint(failed) == line


def test_arguments_are_spelled_as_options() -> None:
    names = ["port", "port_range", "single_port"]
    message = "port_range means nothing with single_port; airport_range and ports do"
    said = "--port-range means nothing with --single-port; airport_range and ports do"
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
    options = {*transfer_parser({})._option_string_actions, *serve_parser()._option_string_actions}
    named = {"--" + name.replace("_", "-") for name in settings()}
    assert named and named <= options


@pytest.mark.parametrize(
    "path", [path for path in LIBRARY if path.relative_to(PACKAGE).parts[0] in BELOW], ids=str
)
def test_the_library_does_not_speak_of_options(path: Path) -> None:
    said = texts(ast.parse(path.read_text(encoding="utf-8")))
    assert [text for text in said if "--" in text] == []
