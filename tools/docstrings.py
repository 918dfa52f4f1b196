"""Convert docstrings for Sphinx. In the code they are plain text.

A paragraph of names with aligned explanations becomes a list of definitions, and an indented
paragraph becomes code.
"""

from __future__ import annotations

import re

_NAMED = re.compile(r"(\S.*?) {2,}(\S.*)")


def as_rst(lines: list[str]) -> list[str]:
    """Return the lines of a docstring as reStructuredText."""
    text = "\n".join(lines).strip("\n")
    return "\n\n".join(map(_paragraph, re.split(r"\n{2,}", text))).split("\n") if text else []


def _paragraph(text: str) -> str:
    lines = text.split("\n")
    if all(line.startswith("    ") for line in lines):
        return "\n".join(["::", "", *lines])
    found = _named_from(lines)
    if found is None:
        return text
    before, listed = lines[:found], lines[found:]
    return "\n\n".join([*(["\n".join(before)] if before else []), "\n".join(_listed(listed))])


def _named_from(lines: list[str]) -> int | None:
    """Return the line that begins a list of at least two names with explanations, or None."""
    for start, line in enumerate(lines):
        rest = lines[start:]
        named = [each for each in rest if _NAMED.fullmatch(each)]
        if _NAMED.fullmatch(line) and len(named) > 1:
            return start if all(each in named or each.startswith("  ") for each in rest) else None
    return None


def _listed(lines: list[str]) -> list[str]:
    listed: list[str] = []
    for line in lines:
        named = _NAMED.fullmatch(line)
        listed += [f"``{named[1]}``", f"   {named[2]}"] if named else [f"   {line.strip()}"]
    return listed
