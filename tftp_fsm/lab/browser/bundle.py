"""The bundle: everything that the worker needs, in one run of octets.

Four octets have the length of an index in JSON, which has the place of each part; the parts follow,
each packed by gzip, so that any web server may deliver it and the worker unpacks them side by side.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

from tftp_fsm.frozen import frozen
from tftp_fsm.lab.browser import pyodide
from tftp_fsm.lab.browser.package import package_zip
from tftp_fsm.lab.browser.snapshot import snapshot_of

LEVEL = 6  # of gzip; 9 takes five times longer for 1 % less
ENVIRONMENT = {"HOME": "/home/pyodide", "PYTHONHASHSEED": "0"}
BEGIN = """\
import sys
sys.path.insert(0, "/lab.zip")
from tftp_fsm.lab.begin import answer
"""


@frozen
class Bundle:
    """The octets, and whether a snapshot of Python's memory is in them."""

    octets: bytes
    has_snapshot: bool


def bundle_of(folder: Path, *, snapshot: bool = True) -> Bundle:
    """The bundle of a Pyodide. A `snapshot` is in it, if it is wanted and can be made here."""
    parts = parts_of(folder)
    memory = snapshot_of(folder, parts) if snapshot else None
    if memory is not None:
        parts["snapshot.bin"] = memory
    return Bundle(packed(parts), memory is not None)


def parts_of(folder: Path) -> dict[str, bytes]:
    """All but the snapshot: Pyodide's own parts, its options, our package, its first lines."""
    lock = pyodide.read_json(folder / pyodide.LOCK)
    options = {"env": ENVIRONMENT, "lockFileContents": {"info": lock.get("info"), "packages": {}}}
    theirs = (pyodide.MODULE, pyodide.WASM, pyodide.LIBRARY)
    return {name: pyodide.read_octets(folder / name) for name in theirs} | {
        "options.json": json.dumps(options).encode(),
        "lab.zip": package_zip(),
        "begin.txt": BEGIN.encode(),
    }


def packed(parts: Mapping[str, bytes]) -> bytes:
    """The parts as one bundle. The same parts give the same octets."""
    index, bodies, at = {}, [], 0
    for name, octets in parts.items():
        body = gzip.compress(octets, LEVEL, mtime=0)
        index[name] = [at, at + len(body)]
        bodies.append(body)
        at += len(body)
    head = json.dumps(index).encode()
    return b"".join((len(head).to_bytes(4, "big"), head, *bodies))
