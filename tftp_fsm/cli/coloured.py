"""Help in colour. Its paragraphs are filled as in plain help."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from rich_argparse import RawDescriptionRichHelpFormatter


def coloured(usage: Any) -> Any:
    """Return a formatter class with the usage layout of the class `usage`."""

    class Coloured(usage, RawDescriptionRichHelpFormatter):  # type: ignore[misc]
        """Keeps indented lines, and fills other text."""

        def _rich_fill_text(self, text: Text, width: int, indent: Text) -> Text:
            lines: list[Text] = []
            for line in text.split(allow_blank=True):
                is_kept = not line or line.plain.startswith("  ")
                lines += [line] if is_kept else line.wrap(self.console, width)
            return Text("\n").join(indent + line for line in lines) + "\n\n"

    return Coloured
