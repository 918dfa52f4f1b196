"""Make text of a peer or of a file harmless for the place where it is written.

Each place has one function: `terminal` for a terminal and for lines of text, `log` for text between
quotes in a log, `xml` for XML, SVG and HTML, `markdown`, `mermaid`, `dot`, and `script` for data in
the script of a page. Code that writes to such a place always calls the function, even if the text
may be clean already.

Each function replaces characters that control a terminal, are invisible, or change the direction of
the text after them. Each cuts long text, which then ends with `...`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

LINE = 1000  # characters of a line
FIELD = 300  # characters of one text in a line; longer names do not help a reader
MARKS = 3  # combining marks on one letter; scripts need no more, and many would cover other lines
CUT = "..."

# These have the classes of letters and marks but are invisible (Default_Ignorable_Code_Point).
_UNSEEN = frozenset(
    map(
        chr,
        (
            *(0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0),
            *range(0x180B, 0x1810),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ),
    )
)
_OCTETS = range(0xDC80, 0xDD00)  # an octet that is not UTF-8, in the form of surrogateescape

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})
# A semicolon ends a statement, a number sign begins an entity, a colon ends a prefix, two dollars
# begin a formula, and the others have a meaning in Markdown or HTML.
_MERMAID = str.maketrans({mark: f"#{ord(mark)};" for mark in '#;:<>&%"\\*`$'})
_DOT = str.maketrans({"\\": "\\\\", '"': '\\"', "&": "&amp;"})
# Each of these can begin an element, a link, a cell or a mention. GitHub makes a link of a bare
# address, too, if it has :// or begins with www and a dot.
_MARKDOWN = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>|&~#$@!"})
_SCRIPT = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "<>&"})


def terminal(text: str | bytes, most: int = LINE) -> str:
    """One line for a terminal, of at most `most` characters.

    Control characters, invisible characters and octets that are not UTF-8 become escapes. A second
    call does not change the text again.
    """
    if isinstance(text, str) and len(text) <= most and text.isascii() and text.isprintable():
        return text  # nearly always
    return _cut("".join(_shown(_begin(text, most))), most)


def brief(text: str | bytes) -> str:
    """Do as `terminal` for one of several texts in a line, such as the name of a file."""
    return terminal(text, FIELD)


def log(text: str | bytes, most: int = FIELD) -> str:
    r"""Return text for a place between `"` in a log: `"` becomes `\"`, and `\` becomes `\\`.

    So a name cannot end the quotes and fake the rest of the line.
    """
    return _cut("".join(_shown(_begin(text, most), quotes='"\\')), most)


def xml(*lines: str, most: int = LINE) -> str:
    """Return text for XML, SVG and HTML: an element or an attribute. `most` limits each line."""
    return "\n".join(terminal(line, most).translate(_ENTITIES) for line in lines)


def markdown(text: str, most: int = LINE) -> str:
    """Return text for Markdown: within a line or a cell, but not at the beginning of a line."""
    return (
        terminal(text, most).translate(_MARKDOWN).replace("://", ":\\//").replace("www.", "www\\.")
    )


def mermaid(text: str, most: int = LINE) -> str:
    """Return text for a label of Mermaid."""
    return terminal(text, most).translate(_MERMAID)


def dot(text: str, most: int = LINE) -> str:
    """Return text for a place between `"` in DOT."""
    return terminal(text, most).translate(_DOT)


def script(data: Any) -> str:
    """Return ASCII JSON for a script of a page. Nothing in it can end the script's element.

    Each text goes through `terminal`, because the script shows it.
    """
    import json

    return json.dumps(cleaned(data), separators=(",", ":")).translate(_SCRIPT)


def cleaned(data: Any) -> Any:
    """Return JSON values for a page that shows them. Each text goes through `terminal`."""
    match data:
        case str():
            return terminal(data)
        case dict():
            return {terminal(name): cleaned(value) for name, value in data.items()}
        case list() | tuple():  # most values of a long trace are numbers
            return [value if value.__class__ is int else cleaned(value) for value in data]
    return data


def _begin(text: str | bytes, most: int) -> str:
    """Return the beginning of the text, a little longer than the part that can be shown."""
    if isinstance(text, str):
        return text[: most + 1]
    return text[: 4 * (most + 1)].decode("utf-8", "surrogateescape")[: most + 1]


def _shown(text: str, quotes: str = "") -> Iterator[str]:
    """Yield the characters or their escapes. Characters of `quotes` get a backslash."""
    if text.isascii():  # nearly always; this needs no table of characters
        yield from (_escape(ch, quotes) for ch in text)
        return
    from unicodedata import combining

    marks = MARKS  # a mark at the beginning would be drawn on the character before the text
    for ch in text:
        marks = marks + 1 if combining(ch) else 0
        yield _code(ch) if marks > MARKS or ch in _UNSEEN else _escape(ch, quotes)


def _escape(ch: str, quotes: str) -> str:
    if ch in quotes:
        return f"\\{ch}"
    return ch if ch.isprintable() else _code(ch)


def _code(ch: str) -> str:
    number = ord(ch)
    if number in _OCTETS:
        return f"\\x{number - 0xDC00:02x}"
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - len(CUT)] + CUT
