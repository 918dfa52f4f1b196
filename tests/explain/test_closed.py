"""Late packets of transfers that are over."""

from __future__ import annotations

import pytest

from tftp_fsm.capture.reading import Captured
from tftp_fsm.explain import closed
from tftp_fsm.explain.closed import LINGER, Closed


def packet(port: int) -> Captured:
    return Captured(1, 0, 0, ("client", port), ("server", 2048), b"", 0)


def add(known: Closed, port: int, now: int) -> None:
    known.add((("client", port), ("server", 2048)), now)


def test_a_packet_is_late_for_a_while() -> None:
    known = Closed()
    add(known, 1, 5)
    assert known.has(packet(1), 5 + LINGER) and not known.has(packet(1), 6 + LINGER)
    assert not known.has(packet(2), 5)


def test_the_pairs_that_were_closed_first_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed, "KEPT", 2)
    known = Closed()
    for port in (1, 2, 1, 3):
        add(known, port, 0)
    assert [known.has(packet(port), 0) for port in (1, 2, 3)] == [True, False, True]
