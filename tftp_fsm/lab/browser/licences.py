"""Whose work a built lab carries, and under which licences it may be passed on."""

from __future__ import annotations

from pathlib import Path

from tftp_fsm.lab.browser.package import versions
from tftp_fsm.lab.browser.pyodide import version_of

TEXT = """\
This lab carries the work of others. You may pass it on under these licences:

tftp-fsm {tftp-fsm}: MIT
construct {construct}: MIT
transitions {transitions}: MIT
six {six}: MIT
Pyodide {pyodide}: Mozilla Public License 2.0; its source is at https://github.com/pyodide/pyodide
Python, in Pyodide: Python Software Foundation License; its source is at https://www.python.org
"""


def licences(folder: Path) -> str:
    """The text, with the versions that are in the lab of this Pyodide."""
    known = versions()
    return TEXT.format_map({**known, "pyodide": version_of(folder)})
