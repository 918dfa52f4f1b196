"""The README as a package index shows it: its links lead to the repository.

In a checkout they are relative, and so right in any copy of it. Hatchling calls this; the
repository's address stands in pyproject.toml alone.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

RELATIVE = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#)([^)\s]+)\)")


class IndexReadme(MetadataHookInterface):
    """Fills in `project.readme`, which pyproject.toml calls dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """See hatchling."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        absolute = with_absolute_links(text, metadata["urls"]["Repository"])
        metadata["readme"] = {"content-type": "text/markdown", "text": absolute}


def with_absolute_links(text: str, repository: str) -> str:
    """Images lead to the file itself, other links to its page."""

    def absolute(link: re.Match[str]) -> str:
        mark, words, path = link.groups()
        return f"{mark}[{words}]({repository}/{'raw' if mark else 'blob'}/HEAD/{path})"

    return RELATIVE.sub(absolute, text)
