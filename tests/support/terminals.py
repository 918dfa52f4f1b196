"""Run a program in a real terminal (tmux). The test presses keys and reads the screen."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

ENDED = "it ended with status "
# Ctrl-C also reaches the shell, which would end without the trap.
_SCRIPT = f'trap : INT; "$@"; echo "{ENDED}$?"; cat'
LOOKS, PAUSE = 600, 0.05  # the most looks at the screen, and the seconds between two of them


class Terminal:
    """Runs `command` in a new terminal of `size` columns and lines."""

    def __init__(self, tmux: str, size: tuple[int, int], command: list[str], cwd: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tmux-")  # a socket's path is short
        self._tmux = [tmux, "-S", f"{self._folder.name}/s", "-f", "/dev/null", "-u"]
        columns, lines = (str(number) for number in size)
        shape = ["-x", columns, "-y", lines, "-c", str(cwd)]
        self._run("new-session", "-d", *shape, "sh", "-c", _SCRIPT, "sh", *command)

    def _run(self, *words: str) -> str:
        locale = {"LC_ALL": "C.UTF-8", "TERM": "screen-256color"}
        return subprocess.run(
            [*self._tmux, *words],
            env=os.environ | locale,
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=20,
        ).stdout

    @property
    def screen(self) -> str:
        """Return the present text of the screen."""
        return self._run("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Press keys by their names in tmux: `s`, `Enter`, `Escape`."""
        self._run("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type the text character by character."""
        self._run("send-keys", "-l", text)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the window."""
        self._run("resize-window", "-x", str(columns), "-y", str(lines))

    def until(self, *words: str) -> str:
        """Wait until the screen shows all of `words`. Return the screen."""
        return _once(lambda: self.screen, lambda screen: all(w in screen for w in words), words)

    def status(self) -> int:
        """Wait until the program ends. Return its exit status."""
        return int(self.until(ENDED).split(ENDED)[1].split()[0])

    def close(self) -> None:
        """End the terminal, and the program if it still runs."""
        self._run("kill-server")
        self._folder.cleanup()


def _once(look: Callable[[], str], holds: Callable[[str], bool], wanted: object) -> str:
    pause, seen = threading.Event(), ""
    for _ in range(LOOKS):
        seen = look()
        if holds(seen):
            return seen
        pause.wait(PAUSE)
    raise AssertionError(f"{wanted} did not come:\n{seen}")
