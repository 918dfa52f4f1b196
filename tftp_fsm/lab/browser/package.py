"""Pack the Python files that a lab needs into one zip: those that are installed here.

The files come from the installation, not from a package index. After `pip install tftp-fsm` all of
them are there, in versions that fit together, and no network is needed. They are plain Python, so
the same files run in Pyodide.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec

from tftp_fsm.errors import LocalError
from tftp_fsm.lab.lessons.teacher import sentences
from tftp_fsm.language import sentence
from tftp_fsm.language.catalogue import compiled_without, languages

FOLDERS = ("tftp_fsm", "construct", "transitions")
MODULES = ("six",)  # `transitions` needs it
# No PNG is drawn in a browser; the extensions of `transitions` are not imported.
LEFT_OUT = frozenset({"__pycache__", "fonts", "extensions"})
TEACHERS = frozenset({"teacher.py", "teachers_page.py"})  # left out: students get no answers
NO_TIME = (1980, 1, 1, 0, 0, 0)  # fixed, so that the same files give the same octets


def package_zip() -> bytes:
    """Return the zip for `sys.path`. Raises LocalError if a part of the installation is missing."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, octets in sorted(_files()):
            archive.writestr(zipfile.ZipInfo(name, NO_TIME), octets, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def versions() -> dict[str, str]:
    """Return the version of each distribution in the zip whose version is known."""
    found = {}
    for name in ("tftp-fsm", "construct", "transitions", "six"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # run from a checkout
            found[name] = "unknown"
    return found


def _files() -> Iterator[tuple[str, bytes]]:
    yield from _catalogues()
    for name in FOLDERS:
        try:
            root = files(name)
        except ModuleNotFoundError:
            why = sentence("{name} is missing here: pip install tftp-fsm", name=name)
            raise LocalError(why) from None
        yield from _within(root, name)
    for name in MODULES:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise LocalError(sentence("{name} is missing here: pip install {name}", name=name))
        with open(spec.origin, "rb") as file:
            yield f"{name}.py", file.read()


def _catalogues() -> Iterator[tuple[str, bytes]]:
    """Yield the compiled catalogues of translations, without the sentences for teachers."""
    theirs = frozenset(sentences())
    for language in languages():
        yield f"tftp_fsm/language/{language}.mo", compiled_without(language, theirs)


def _within(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for child in folder.iterdir():
        if child.name in LEFT_OUT | TEACHERS:
            continue
        if child.is_dir():
            yield from _within(child, f"{path}/{child.name}")
        elif not child.name.endswith((".pyc", ".pyi", ".po", ".mo")):
            yield f"{path}/{child.name}", child.read_bytes()
