"""The layout of help: its colours, its columns and its width."""

from __future__ import annotations

import os
import sys
from argparse import RawDescriptionHelpFormatter
from contextlib import suppress
from functools import cache

from tftp_fsm.language import tr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def is_coloured() -> bool:
    """Return whether stdout gets colours: on a terminal, unless NO_COLOR or FORCE_COLOR is set.

    An empty variable does not count. NO_COLOR wins over FORCE_COLOR.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def formatter() -> Any:
    """Return the class for help, in colour or plain. rich is imported only if needed."""
    plain = _Plain
    if ("-h" not in sys.argv and "--help" not in sys.argv) or not is_coloured():
        return plain
    try:
        from tftp_fsm.cli.coloured import coloured
    except ImportError:
        return plain
    made = coloured(_AlignedUsage)
    return lambda prog: made(prog, max_help_position=_HELP_COLUMN)


_HELP_COLUMN = 25


class _AlignedUsage:
    """Help with aligned lines of usage, for any width of the translated word "usage: "."""

    def _format_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None) -> str:
        """Return the usage. Its further lines begin below the words of the first line."""
        from tftp_fsm.borders.columns import columns  # imported late: only help needs it

        said = tr("usage: ") if prefix is None else prefix

        blank = "_" * columns(said)
        if usage is not None:
            usage = usage.replace("\n" + " " * len("usage: "), "\n" + " " * len(blank))
        lines: str = super()._format_usage(usage, actions, groups, blank)  # type: ignore[misc]
        return lines.replace(blank, said, 1)


class _Plain(_AlignedUsage, RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=_HELP_COLUMN, width=_width())

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        from tftp_fsm.borders.columns import wrapped

        lines = (
            [line] if line.startswith("  ") or not line else wrapped(line, width)
            for line in text.splitlines()
        )
        return "\n".join(line for group in lines for line in group)

    def _split_lines(self, text: str, width: int) -> list[str]:
        from tftp_fsm.borders.columns import wrapped

        return wrapped(text, width)


@cache
def _width() -> int:
    """Return the columns for help. argparse asks for each option, so the answer is cached.

    A terminal with an unknown size reports 0.
    """
    columns = 0
    with suppress(ValueError, OSError, AttributeError):
        columns = os.get_terminal_size().columns
    with suppress(ValueError, KeyError):
        columns = int(os.environ["COLUMNS"])
    return (columns if columns > 0 else 80) - 2
