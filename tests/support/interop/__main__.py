"""Run the matrix and write the page. The exit status is 1 if a failure has no known reason.

With --page it writes the page from the stored results.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.support.interop.matrix import ORDER, missing, rows
from tests.support.interop.page import PAGE, page, surprises
from tests.support.interop.record import load, merged, save
from tests.support.peers import Servers


def main(names: list[str]) -> int:
    if names != ["--page"]:
        _run(names)
    found = load()
    PAGE.write_text(page(found))
    print(f"wrote {PAGE}")
    wrong = surprises(found)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


def _run(names: list[str]) -> None:
    if absent := missing():
        print(f"not here, see tools/install-interop: {', '.join(absent)}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("client", "peers"):
            (folder / part).mkdir()
        with closing(Servers(folder / "peers")) as started:
            for row in rows(names, started, folder / "client", _say):
                save(merged(load(), [row], ORDER))


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
