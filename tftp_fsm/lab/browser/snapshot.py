"""Make a snapshot of Python's memory right after the imports. Node.js makes it.

With the snapshot Python starts ten times faster. Without Node.js there is no snapshot, and the lab
works too.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

PATIENCE = 120.0  # seconds


def snapshot_of(folder: Path, parts: Mapping[str, bytes]) -> bytes | None:
    """Return the memory of the Pyodide in `folder` after it has imported the package of `parts`.

    Return None without Node.js, or if this Pyodide makes no snapshot: its options for that are not
    documented as stable.
    """
    node = shutil.which("node")
    if node is None:
        return None
    with TemporaryDirectory(prefix="tftp-fsm-") as name:
        work = Path(name)
        script = work / "snapshot.mjs"
        script.write_bytes(files("tftp_fsm.lab.browser").joinpath(script.name).read_bytes())
        inputs = [work / part for part in ("options.json", "lab.zip", "begin.txt")]
        for path in inputs:
            path.write_bytes(parts[path.name])
        made = work / "snapshot.bin"
        words = [node, str(script), str(folder.resolve()), *map(str, inputs), str(made)]
        return made.read_bytes() if _succeeds(words) and made.is_file() else None


def _succeeds(words: list[str]) -> bool:
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
