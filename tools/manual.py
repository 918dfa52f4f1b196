"""Write the manual pages in docs/man/ from the parsers of the commands.

    python -m tools.manual            # write them
    python -m tools.manual --check    # status 1 if a page differs from the parsers

argparse's help texts differ between Python versions. Therefore the pages are made from the actions
of the parsers. The same pages are in the documentation as Markdown.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tftp_fsm.__main__ import available, parser_of
from tftp_fsm.cli.arguments import EXAMPLES, USES, transfer_parser
from tftp_fsm.cli.common import examples
from tftp_fsm.cli.parser import Parser

FOLDER = Path(__file__).parent.parent / "docs" / "man"
STATUS = (
    ("0", "It worked."),
    ("1", "It failed; one line on stderr says why, and what to do."),
    ("2", "The command line is wrong, or a file cannot be read."),
    ("130", "It was interrupted. Another signal gives 128 and its number."),
)
ENVIRONMENT = (
    (
        "LANGUAGE, LC_ALL, LC_MESSAGES, LANG",
        "The language of messages, unless --lang chooses one, as GNU gettext reads them.",
    ),
    ("NO_COLOR", "If it is set to anything, no text has colours."),
    (
        "FORCE_COLOR",
        "If it is set to anything, text has colours also where it is not for a terminal.",
    ),
    (
        "XDG_STATE_HOME",
        "The folder whose tftp-fsm/ has the last steps of failed transfers, and the "
        "history of the interactive client (default: ~/.local/state).",
    ),
)


@dataclass(frozen=True)
class Entry:
    """An option or an argument: its form and its explanation."""

    flags: str
    does: str


@dataclass(frozen=True)
class Page:
    """A command. `groups` has the options under their titles; `text` has what follows them."""

    name: str
    summary: str
    usage: tuple[str, ...]
    description: str
    groups: tuple[tuple[str, tuple[Entry, ...]], ...]
    text: str


def pages() -> list[Page]:
    """Yield the page of the transfer first, then those of the commands in their order."""
    commands = available()
    first = _page(transfer_parser({}), "move files by TFTP", examples(EXAMPLES))
    return [first, *(_page(parser_of(name), does) for name, does in commands.items())]


def _page(parser: Parser, summary: str, text: str | None = None) -> Page:
    groups = [
        (_title(group), tuple(_entries(parser, group._group_actions)))
        for group in parser._action_groups
    ]
    return Page(
        name=parser.prog.replace(" ", "-"),
        summary=summary,
        usage=_usage(parser),
        description=parser.description or "",
        groups=tuple((title, entries) for title, entries in groups if entries),
        text=text if text is not None else parser.epilog or "",
    )


def _title(group: argparse._ArgumentGroup) -> str:
    """Return the title. argparse's own two titles become the same for all versions."""
    title = group.title or "options"
    return {"positional arguments": "words", "optional arguments": "options"}.get(title, title)


def _entries(parser: Parser, actions: Iterable[argparse.Action]) -> Iterator[Entry]:
    for action in actions:
        if action.help != argparse.SUPPRESS:
            does = parser._get_formatter()._expand_help(action) if action.help else ""
            yield Entry(_flags(action), " ".join(does.split()))


def _flags(action: argparse.Action) -> str:
    if not action.option_strings:
        return _value(action)
    flags = ", ".join(action.option_strings)
    return flags if action.nargs == 0 else f"{flags} {_value(action)}"


def _value(action: argparse.Action) -> str:
    value = action.metavar or action.dest.upper()
    shown = value if isinstance(value, str) else " ".join(value)
    if action.metavar is None and action.choices is not None:
        shown = "|".join(map(str, action.choices))
    if action.nargs in ("?", "*"):
        shown = f"[{shown}]"
    return shown + (" ..." if action.nargs in ("*", "+") else "")


def _usage(parser: Parser) -> tuple[str, ...]:
    if parser.usage is not None:
        return tuple(line.strip() for line in parser.usage.splitlines())
    words = [_value(action) for action in parser._get_positional_actions()]
    return (" ".join([parser.prog, "[OPTION ...]", *words]),)


# -- Manual pages ------------------------------------------------------------------------------


def to_roff(page: Page, commands: dict[str, str]) -> str:
    """Return the page for `man`."""
    lines = [
        f'.TH {_roff(page.name).upper()} 1 "" tftp\\-fsm "User Commands"',
        *(".SH NAME", f"{_roff(page.name)} \\- {_roff(page.summary)}"),
        *(".SH SYNOPSIS", ".nf", *map(_roff, page.usage), ".fi"),
        *(".SH DESCRIPTION", _roff(page.description)),
        ".SH OPTIONS",
    ]
    for title, entries in page.groups:
        lines += [f".SS {_roff(title.capitalize())}", *_tagged((e.flags, e.does) for e in entries)]
    if page.name == "tftp-fsm":
        lines += [".SH COMMANDS", *_listed(commands)]
    lines += _paragraphs(page.text)
    if "xit status" not in page.description + page.text:  # some commands describe their own
        lines += [".SH EXIT STATUS", *_tagged(STATUS)]
    lines += [".SH ENVIRONMENT", *_tagged(ENVIRONMENT)]
    others = ["tftp-fsm", *(f"tftp-fsm-{name}" for name in commands)]
    also = ", ".join(f"\\fB{_roff(name)}\\fR(1)" for name in others if name != page.name)
    return "\n".join([*lines, ".SH SEE ALSO", also, ""])


def _listed(commands: dict[str, str]) -> Iterator[str]:
    for use, names in USES.items():
        found = [(f"tftp-fsm {name}", commands[name]) for name in names if name in commands]
        if found:
            yield f".SS {_roff(use.capitalize())}"
            yield from _tagged(found)


def _tagged(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for tag, does in entries:
        yield from (".TP", f"\\fB{_roff(tag)}\\fR", _roff(does[:1].upper() + does[1:]))


def _paragraphs(text: str) -> Iterator[str]:
    """Return the text after the options: examples unchanged, and other paragraphs."""
    if not text:
        return
    examples, *rest = re.split(r"\n\n", text)
    is_example = examples.startswith("examples:")
    if is_example:
        yield from (".SH EXAMPLES", ".nf", *map(_roff, examples.splitlines()[1:]), ".fi")
    paragraphs = rest if is_example else [examples, *rest]
    if paragraphs:
        yield ".SH NOTES"
    for paragraph in paragraphs:
        is_list = "\n  " in paragraph
        body = map(_roff, paragraph.splitlines())
        yield from (".PP", *((".nf", *body, ".fi") if is_list else body))


def _roff(text: str) -> str:
    """Return the text, escaped so that nothing is a command for the formatter."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    return re.sub(r"^(\s*)([.'])", r"\1\\&\2", escaped)


# -- Markdown ----------------------------------------------------------------------------------


def to_markdown(page: Page) -> str:
    """Return the page for the documentation."""
    lines = [f"# {page.name.replace('-', ' ').replace('tftp fsm', 'tftp-fsm')}", ""]
    lines += ["```text", *page.usage, "```", "", _prose(page.description), ""]
    for title, entries in page.groups:
        lines += [f"## {title.capitalize()}", ""]
        for entry in entries:
            lines += [f"`{entry.flags}`", f": {_prose(entry.does) or 'no more is to be said'}", ""]
    for number, paragraph in enumerate(page.text.split("\n\n") if page.text else ()):
        is_list = "\n  " in paragraph
        if number == 0 and paragraph.startswith("examples:"):
            lines += ["## Examples", ""]
            paragraph = paragraph.partition("\n")[2]
        lines += ["```text", paragraph, "```", ""] if is_list else [_prose(paragraph), ""]
    return "\n".join(lines)


def _prose(text: str) -> str:
    """Return the text, escaped for Markdown except for its backticks."""
    return re.sub(r"([*_<\[\]])", r"\\\1", text)


# -- Files -------------------------------------------------------------------------------------


def files() -> dict[str, str]:
    """Return the pages by their file names."""
    commands = available()
    return {f"{page.name}.1": to_roff(page, commands) for page in pages()}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Write the manual pages.")
    parser.add_argument("--check", action="store_true", help="only say which are not fresh")
    wanted = files()
    kept = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.1")}
    if parser.parse_args(argv).check:
        stale = sorted(n for n in {*wanted, *kept} if wanted.get(n) != kept.get(n))
        for name in stale:
            print(f"docs/man/{name} is not what the parsers say: run python -m tools.manual")
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name in kept.keys() - wanted.keys():
        (FOLDER / name).unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
