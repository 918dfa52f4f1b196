"""Build the documentation as a site that loads nothing from other hosts.

    python -m tools.site [OUTPUT]        # default: build/site

A warning of Sphinx is an error, such as a broken link, or a page without a link to it.
"""

from __future__ import annotations

import importlib
import inspect
import shutil
import sys
from pathlib import Path

from tests.test_public import PUBLIC
from tools.manual import pages, to_markdown

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
FIRST = '<!doctype html><meta charset="utf-8"><title>tftp-fsm</title>' + (
    '<meta http-equiv="refresh" content="0; url=docs/index.html">'
    '<a href="docs/index.html">tftp-fsm</a>\n'
)


def generate() -> None:
    """Write the pages that are made from the product: the commands and the Python names."""
    shutil.rmtree(REFERENCE, ignore_errors=True)
    (REFERENCE / "commands").mkdir(parents=True)
    names = []
    for page in pages():
        names.append(page.name)
        (REFERENCE / "commands" / f"{page.name}.md").write_text(to_markdown(page), "utf-8")
    (REFERENCE / "commands.md").write_text(_commands(names), "utf-8")
    (REFERENCE / "python.md").write_text(_python(), "utf-8")


def _commands(names: list[str]) -> str:
    listed = "\n".join(f"commands/{name}" for name in names)
    return f"# Commands\n\nEach command with all its options.\n\n```{{toctree}}\n{listed}\n```\n"


def _python() -> str:
    lines = ["# Python names", "", "These names are public. Others may change in any release.", ""]
    seen: set[int] = set()
    for name in PUBLIC:
        module = importlib.import_module(name)
        lines += [f"## {name}", "", "```{eval-rst}", f".. currentmodule:: {name}", ""]
        for each in sorted(module.__all__, key=str.lower):
            value = getattr(module, each)
            lines += [*_directive(value, each, known=id(value) in seen), ""]
            seen.add(id(value))
        lines += ["```", ""]
    return "\n".join(lines)


def _directive(value: object, name: str, *, known: bool) -> list[str]:
    """Return the directive that describes it. A `known` name is described on another page."""
    again = ["   :no-index:"] if known else []
    if isinstance(value, type):
        return [f".. autoclass:: {name}", *again, *([] if known else ["   :members:"])]
    if inspect.isroutine(value):
        return [f".. autofunction:: {name}", *again]
    return [f".. data:: {name}", "   :no-index:"]


def build(output: Path) -> int:
    """Build the site in `output`. Return the status of Sphinx."""
    from sphinx.cmd.build import build_main

    generate()
    options = ["-q", "-W", "--keep-going", "-b", "html", "-c", str(ROOT / "docs")]
    status = build_main([*options, "-d", str(output.parent / "doctrees"), str(ROOT), str(output)])
    (output / "index.html").write_text(FIRST, "utf-8")
    return status


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "site").absolute()))
