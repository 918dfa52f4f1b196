"""What the README shows is run as it stands there."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

import tftp_fsm
from tftp_fsm.transports.udp import UdpTransport

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)


def run(block: str, **names: object) -> dict[str, object]:
    space: dict[str, object] = dict(names)
    exec(compile(block, str(README), "exec"), space)
    return space


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_every_block_of_the_readme_runs(block: str, tmp_path: Path) -> None:
    run(block, root=tmp_path)


def test_the_transport_of_the_readme_carries_a_file(tmp_path: Path) -> None:
    (tap,) = (block for block in BLOCKS if "class Tap" in block)
    kind = run(tap)["Tap"]
    (tmp_path / "file").write_bytes(b"x" * 600)
    transport = kind(UdpTransport(socket.AF_INET))  # type: ignore[operator]
    with tftp_fsm.Server(tmp_path) as server:
        got = tftp_fsm.get("127.0.0.1", "file", port=server.port, transport=transport, blksize=512)
    transport.close()
    assert got.data == b"x" * 600
    assert [way for way, _ in transport.seen][:2] == ["sent", "received"]


def test_every_local_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README.read_text("utf-8"))
    assert links
    for link in links:
        assert (README.parent / link).exists(), link
