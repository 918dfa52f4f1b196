"""Write docs/report-cards.md again. A server that is not installed keeps its old section."""

from __future__ import annotations

import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.probed import OURS, PAGE, REAL, served
from tests.support.probed.page import CHECKS, PATIENCE, page, section, with_checks


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with served(folder, OURS, *REAL) as servers, ThreadPoolExecutor() as pool:
            cards = pool.map(lambda server: server.card(patience=PATIENCE), servers.values())
            made = {
                server.name.split()[0]: section(server, card)
                for server, card in zip(servers.values(), cards, strict=True)
            }
    sections = _old() | made
    PAGE.write_text(page(sections[name] for name in (OURS, *REAL) if name in sections), "utf-8")
    CHECKS.write_text(with_checks(CHECKS.read_text("utf-8")), "utf-8")
    print(f"wrote {PAGE} and {CHECKS}")
    return 0


def _old() -> dict[str, str]:
    """Return the sections of the present page by the names of the servers."""
    if not PAGE.exists():
        return {}
    parts = re.split(r"^(?=## )", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {part[3:].split()[0].replace("\\", ""): part for part in parts}


if __name__ == "__main__":
    sys.exit(main())
