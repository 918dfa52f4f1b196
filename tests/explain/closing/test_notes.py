"""Packets that were sent again count as they were on the wire, and so do their windows."""

from __future__ import annotations

import pytest

from tests.support.overheard import Line, asks, explained, script, to_client, to_server
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.language import speaking
from tftp_fsm.wire.packets import Ack, Data, Oack, Rrq

FULL = bytes(512)
WINDOW = (("windowsize", "4"),)
OPEN = asks(0, Rrq(b"a", "octet", WINDOW)), to_client(0.1, Oack(WINDOW)), to_server(0.11, Ack(0))


def window(now: float, first: int = 5) -> list[Line]:
    return [to_client(now + n / 1e4, Data(first + n, FULL)) for n in range(4)]


def sent_again(*lines: Line) -> Facts:
    """Return a get whose second window is sent again, as `lines` have it."""
    head = *OPEN, *window(0.2, 1), to_server(0.21, Ack(4)), *window(0.3)
    end = to_client(9.3, Data(9, b"x")), to_server(9.31, Ack(9))
    (facts,) = explained(script(*sorted((*head, *lines, *end), key=lambda line: line[0])))
    assert facts.outcome == "complete" and facts.is_clean
    return facts


LOST = [to_server(9.2, Ack(8))]  # the ACK that came at last


@pytest.mark.parametrize(
    "lines, packets, windows",
    [
        ([*window(1.3), *LOST], 4, 1),
        ([*window(1.3), *window(3.3), *LOST], 8, 2),
        ([to_server(0.31, Ack(8)), *window(1.3), *LOST], 4, 1),  # it did not arrive
        ([*window(1.3), to_server(1.30005, Ack(8))], 4, 1),  # the receiver answers the first block
        ([*window(1.3), to_server(1.30025, Ack(8))], 4, 1),
        ([to_server(0.31, Ack(6)), *window(0.32, 7)[:2], *LOST], 2, 1),  # from a gap on
    ],
)
def test_each_packet_of_a_window_that_is_sent_again_counts(
    lines: list[Line], packets: int, windows: int
) -> None:
    facts = sent_again(*lines)
    server = facts.sides["server"]
    assert (server.retransmissions, server.windows, server.copies) == (packets, windows, 0)


def test_the_report_says_in_how_many_windows() -> None:
    facts = sent_again(*window(1.3), *window(3.3), *LOST)
    text = "\n".join(lines_of(facts))
    assert "retransmissions: server 8 in 2 windows (after 3.0 s of silence)" in text
    assert "8 packets of the server, in 2 windows: sent again" in text
    with speaking("ko"):
        assert "윈도 2개" in "\n".join(lines_of(facts))


def test_where_blocks_go_one_by_one_no_window_is_named() -> None:
    lines = [asks(0, Rrq(b"a")), to_client(0.1, Data(1, b"x")), to_client(1.1, Data(1, b"x"))]
    (facts,) = explained(script(*lines, to_server(1.2, Ack(1))))
    assert (facts.sides["server"].retransmissions, facts.sides["server"].windows) == (1, 0)
    assert "window" not in "\n".join(lines_of(facts))
