"""Write docs/tolerance.md again. A peer that is not installed keeps its old column."""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.support.peers import Servers, client
from tests.support.peers.parts import find
from tests.support.peers.versions import version
from tests.support.tolerance import ask
from tests.support.tolerance.table import CLIENTS, OURS, PAGE, SERVERS, Part, page, recorded


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "root").mkdir()
        (folder / "peers").mkdir()
        servers = _old(SERVERS) | {OURS: ask.our_server_column(folder / "root")}
        clients = _old(CLIENTS) | {OURS: ask.our_client_column(folder)}
        with closing(Servers(folder / "peers")) as started:
            for part in filter(find, ask.SERVERS):
                _replace(servers, part, ask.server_column(started.whole(part)))
        for part in filter(find, ask.CLIENTS):
            _replace(clients, part, ask.client_column(client(part), folder))
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(_ours_first(servers), _ours_first(clients)))
    print(f"wrote {PAGE}")
    return 0


def _old(part: Part) -> dict[str, list[str]]:
    try:
        return recorded(part, PAGE.read_text())
    except (OSError, ValueError, AssertionError):  # no page yet, or one of other rows
        return {}


def _replace(columns: dict[str, list[str]], part: str, column: list[str]) -> None:
    for head in [head for head in columns if head.split()[0] == part]:
        del columns[head]
    columns[f"{part} {version(part)}"] = column


def _ours_first(columns: dict[str, list[str]]) -> dict[str, list[str]]:
    return {OURS: columns[OURS]} | columns


if __name__ == "__main__":
    sys.exit(main())
