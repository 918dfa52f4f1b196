"""Import argparse without gettext, which it would use only to search for translations.

Use `from tftp_fsm.cli.lean_argparse import argparse` before any other import of argparse.
"""

from __future__ import annotations

import sys

from tftp_fsm.wire.deferred import deferred


def _said(text: str) -> str:
    """Return argparse's translation of `text`, one of its own texts.

    argparse would search for translations on the disk, but Python has none. A program that has
    imported gettext may have translations, and gets them.
    """
    gettext = sys.modules.get("gettext")
    return text if gettext is None else str(gettext.gettext(text))


def _counted(one: str, many: str, number: int) -> str:
    """Return the translation of a text that depends on a number."""
    gettext = sys.modules.get("gettext")
    if gettext is None:
        return one if number == 1 else many
    return str(gettext.ngettext(one, many, number))


with deferred("argparse", gettext={"gettext": _said, "ngettext": _counted}):
    import argparse

__all__ = ["argparse"]
