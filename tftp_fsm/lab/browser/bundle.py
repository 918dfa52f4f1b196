"""The bundle: everything that the worker needs, in one file.

The first four octets are the length of an index in JSON. The index has the place of each part. The
parts follow, each compressed by gzip. So any web server can deliver the bundle, and the worker
unpacks the parts in parallel.
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

LEVEL = 6  # of gzip; level 9 takes five times longer and saves 1 %
ENVIRONMENT = {"HOME": "/home/pyodide", "PYTHONHASHSEED": "0"}
BEGIN = """\
import sys
sys.path.insert(0, "/lab.zip")
from tftp_fsm.lab.begin import answer
"""


@frozen
class Bundle:
    """The octets, and whether they contain a snapshot of Python's memory."""

    octets: bytes
    has_snapshot: bool


def bundle_of(folder: Path, *, snapshot: bool = True) -> Bundle:
    """Return the bundle of a Pyodide, with a `snapshot` if it is wanted and can be made."""
    parts = parts_of(folder)
    memory = snapshot_of(folder, parts) if snapshot else None
    if memory is not None:
        parts["snapshot.bin"] = memory
    return Bundle(packed(parts), memory is not None)


def parts_of(folder: Path) -> dict[str, bytes]:
    """Return the parts without the snapshot: Pyodide, its options, our package, the start code."""
    lock = pyodide.read_json(folder / pyodide.LOCK)
    options = {"env": ENVIRONMENT, "lockFileContents": {"info": lock.get("info"), "packages": {}}}
    theirs = (pyodide.MODULE, pyodide.WASM, pyodide.LIBRARY)
    return {name: pyodide.read_octets(folder / name) for name in theirs} | {
        "options.json": json.dumps(options).encode(),
        "lab.zip": package_zip(),
        "begin.txt": BEGIN.encode(),
    }


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Return the parts as one bundle. The same parts always give the same octets."""
    index, bodies, at = {}, [], 0
    for name, octets in parts.items():
        body = gzip.compress(octets, LEVEL, mtime=0)
        index[name] = [at, at + len(body)]
        bodies.append(body)
        at += len(body)
    head = json.dumps(index).encode()
    return b"".join((len(head).to_bytes(4, "big"), head, *bodies))
