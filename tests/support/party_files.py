"""The examples of machines that are not TFTP, and copies of them with mistakes."""

from __future__ import annotations

from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name: str) -> str:
    """Return the path of an example."""
    return str(EXAMPLES / f"{name}.py")


def changed(name: str, folder: Path, *texts: tuple[str, str]) -> str:
    """Return the path of a copy in which each old text is replaced by a new one."""
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    for old, new in texts:
        assert old in text
        text = text.replace(old, new)
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return str(path)
