"""How Sphinx builds the documentation; `tools/site` starts it.

The source folder is the repository, so that links between the pages are those that one follows in
the repository too. What is generated (the commands, the Python names) is in docs/reference/.
"""

from typing import Any

import tftp_fsm
from tools.docstrings import as_rst

project = "tftp-fsm"
copyright = "the tftp-fsm authors, MIT licence"
version = release = tftp_fsm.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "docs/index"
include_patterns = [
    "docs/*.md",
    "docs/**/*.md",
    "diagrams/*.md",
    "diagrams/**/*.md",
    "benchmarks/GROWTH.md",
    "benchmarks/RESULTS.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
]
exclude_patterns = ["docs/man/**"]
suppress_warnings = ["myst.header"]  # the pages of the tables begin with a second-level title

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

# Docstrings are plain text with Markdown's backticks.
default_role = "literal"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True

smartquotes = False  # `--option` stays as it is

html_theme = "furo"
html_title = f"tftp-fsm {release}"
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_theme_options = {"navigation_with_keys": True}


def setup(app: Any) -> None:
    """Docstrings are translated, and a diagram of Mermaid is shown as text."""
    from pygments.lexers.special import TextLexer

    app.add_lexer("mermaid", TextLexer)
    app.connect("autodoc-process-docstring", _translate)


def _translate(app: Any, kind: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    lines[:] = as_rst(lines)
