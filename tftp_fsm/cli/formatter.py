"""How help looks: whether it has colours, its columns and its width."""

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
    """Whether stdout gets colours: if it is a terminal, unless NO_COLOR or FORCE_COLOR decides.

    Each counts if it is set to anything but nothing, and NO_COLOR is the stronger one.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def formatter() -> Any:
    """The class for help: in colour or plain. rich is imported only if needed."""
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
    """Help in which the lines of the usage begin below each other, however wide "usage: " is."""

    def _format_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None) -> str:
        """The lines after the first begin below the first one's words, whatever is before them."""
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
    """Columns for help. argparse would ask again for each option, so the answer is kept.

    A terminal that does not know its size says 0.
    """
    columns = 0
    with suppress(ValueError, OSError, AttributeError):
        columns = os.get_terminal_size().columns
    with suppress(ValueError, KeyError):
        columns = int(os.environ["COLUMNS"])
    return (columns if columns > 0 else 80) - 2
