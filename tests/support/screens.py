"""Run the debugger's terminal program without a terminal: press keys, and read the screen.

`assert_golden` compares a screen with a file in tests/debugger/tui/goldens. `make rewrite` writes
these files again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from tests.support.goldens import UPDATE
from tftp_fsm.debugger.commands.language import Debugger
from tftp_fsm.debugger.keys import KEYS, Key
from tftp_fsm.debugger.tui.app import DebuggerApp

GOLDENS = Path(__file__).resolve().parents[1] / "debugger" / "tui" / "goldens"
SMALL, LARGE = (80, 24), (120, 40)


def screen_of(app: DebuggerApp) -> str:
    """Return the screen as plain text, without colours."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


def screens(
    debugger: Debugger,
    *presses: Sequence[str],
    size: tuple[int, int] = SMALL,
    keys: Sequence[Key] = KEYS,
) -> list[str]:
    """Press each group of keys in turn. Return the screen after each group."""
    return asyncio.run(_screens(DebuggerApp(debugger, keys=keys), presses, size))


async def _screens(
    app: DebuggerApp, presses: Sequence[Sequence[str]], size: tuple[int, int]
) -> list[str]:
    found = []
    async with app.run_test(size=size) as pilot:
        for keys in presses:
            await pilot.press(*keys)
            await pilot.pause()
            found.append(screen_of(app))
    return found


def typed(line: str) -> list[str]:
    """Return the keys that type `line` at the command line of the program (`:` opens it)."""
    names = {" ": "space", ":": "colon", "=": "equals_sign"}
    return ["colon", *(names.get(letter, letter) for letter in line), "enter"]


def assert_golden(name: str, screen: str) -> None:
    """Fail unless `screen` equals the kept file `name`."""
    path = GOLDENS / f"{name}.txt"
    if UPDATE:
        path.write_text(screen, encoding="utf-8")
    assert screen == path.read_text(encoding="utf-8"), f"{path.name} is not what is seen now"
