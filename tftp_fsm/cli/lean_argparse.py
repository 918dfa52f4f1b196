"""argparse, without the gettext that it would look for translations with.

`from tftp_fsm.cli.lean_argparse import argparse`: whoever imports it first decides what it has.
"""

from __future__ import annotations

import sys

from tftp_fsm.wire.deferred import deferred


def _said(text: str) -> str:
    """What argparse says for `text`, one of its own.

    It would look for translations on the disk, and Python comes with none. A program that has
    imported gettext may have its own, and gets them.
    """
    gettext = sys.modules.get("gettext")
    return text if gettext is None else str(gettext.gettext(text))


def _counted(one: str, many: str, number: int) -> str:
    """The translation of a text that depends on a number."""
    gettext = sys.modules.get("gettext")
    if gettext is None:
        return one if number == 1 else many
    return str(gettext.ngettext(one, many, number))


with deferred("argparse", gettext={"gettext": _said, "ngettext": _counted}):
    import argparse

__all__ = ["argparse"]
