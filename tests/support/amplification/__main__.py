"""Write docs/amplification.md again. Each figure is measured, and is the same in each run."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.support.amplification.page import PAGE, page


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        text = page(Path(name))
    PAGE.write_text(text)
    print(f"wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
