"""Texts that the capture has only in part."""

from __future__ import annotations

import pytest

from tests.support.overheard import (
    Line,
    asks,
    explained,
    script,
    slugs,
    to_client,
    to_server,
)
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.wire.packets import Ack, Data, Rrq

HOLES: dict[str, tuple[list[bytes | None], int]] = {
    "a hole before LF": ([b"a" * 512, None, b"\nb"], 1 << 18),
    "a hole behind CR": ([b"a" * 511 + b"\r", None, b"b"], 1 << 18),
    "a block that is cut before CR LF": ([b"a" * 511 + b"\r", b"\nb"], 64),
    "a block that is cut behind CR": ([b"a" * 7 + b"\r\n".ljust(505, b"a"), b"b"], 28 + 4 + 8),
}


@pytest.mark.parametrize("hole", HOLES)
def test_what_was_not_captured_of_a_text_is_no_fault_of_its_sender(hole: str) -> None:
    blocks, kept = HOLES[hole]
    sent: list[Line] = [asks(0, Rrq(b"a", "netascii"))]
    for block, octets in enumerate(blocks, 1):
        sent += [to_client(block / 10, Data(block, octets))] if octets is not None else []
        sent.append(to_server(block / 10 + 0.05, Ack(block)))
    (facts,) = explained(script(*sent, kept=kept))
    assert slugs(facts) == [] and facts.outcome == "complete", "\n".join(lines_of(facts))


def test_a_text_behind_a_hole_is_looked_at() -> None:
    sent = to_client(0.1, Data(1, b"a" * 512)), to_server(0.11, Ack(1)), to_server(0.21, Ack(2))
    rest = to_client(0.3, Data(3, b"\nb\nc")), to_server(0.31, Ack(3))
    (facts,) = explained(script(asks(0, Rrq(b"a", "netascii")), *sent, *rest))
    assert slugs(facts) == ["netascii-raw"]
