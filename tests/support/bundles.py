"""Take the bundle of a lab apart, as its worker does."""

from __future__ import annotations

import gzip
import json


def unpacked(bundle: bytes) -> dict[str, bytes]:
    """Return the parts by their names."""
    begin = 4 + int.from_bytes(bundle[:4], "big")
    index = json.loads(bundle[4:begin])
    return {
        name: gzip.decompress(bundle[begin + start : begin + stop])
        for name, (start, stop) in index.items()
    }
