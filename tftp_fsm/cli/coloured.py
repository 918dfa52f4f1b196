"""Help in colour. Its paragraphs are filled, as those of plain help are."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from rich_argparse import RawDescriptionRichHelpFormatter


def coloured(usage: Any) -> Any:
    """The class of a formatter that lays out the usage as the class `usage` does."""

    class Coloured(usage, RawDescriptionRichHelpFormatter):  # type: ignore[misc]
        """An indented line is kept, and any other is filled."""

        def _rich_fill_text(self, text: Text, width: int, indent: Text) -> Text:
            lines: list[Text] = []
            for line in text.split(allow_blank=True):
                is_kept = not line or line.plain.startswith("  ")
                lines += [line] if is_kept else line.wrap(self.console, width)
            return Text("\n").join(indent + line for line in lines) + "\n\n"

    return Coloured
