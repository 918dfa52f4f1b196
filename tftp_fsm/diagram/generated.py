"""Directories of generated files: write them, and check that they are up to date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from tftp_fsm.errors import LocalError
from tftp_fsm.language import layout, mark, marked, sentence


def write_files(directory: Path, files: Mapping[str, str]) -> list[str]:
    """Write files that differ, and remove files that are no longer generated. Return the names."""
    changed = sorted({name for name, _ in _differences(directory, files)})
    directory.mkdir(parents=True, exist_ok=True)
    for name in changed:
        path = directory / name
        if name in files:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(files[name].encode())
        else:
            path.unlink()
    return changed


def check_files(directory: Path, files: Mapping[str, str], again: str) -> list[str]:
    """Return a line for each wrong file, and no line if all files in `directory` are up to date.

    Raises LocalError if the directory does not exist. The command `again` makes it.
    """
    if not directory.is_dir():
        raise LocalError(
            sentence(
                "{directory} does not exist: {command} makes it",
                directory=str(directory),
                command=again,
            )
        )
    return [
        layout("{file} {wrong}", file=str(directory / name), wrong=marked(wrong))
        for name, wrong in _differences(directory, files)
    ]


def _differences(directory: Path, files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (file, its mistake). Other folders and hidden files are ignored."""
    folders = sorted({directory, *((directory / name).parent for name in files)})
    found = {
        path.relative_to(directory).as_posix(): path
        for folder in folders
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.is_file() and not path.name.startswith(".")
    }
    for name in sorted(files.keys() | found.keys()):
        if name not in found:
            yield name, mark("is missing")
        elif name not in files:
            yield name, mark("is no longer generated")
        elif found[name].read_bytes() != files[name].encode():
            yield name, mark("differs from what is generated")
