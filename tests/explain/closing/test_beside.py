"""A client that asks for two files at once from one port."""

from __future__ import annotations

from tests.support.overheard import CLIENT, asks, explained, script, slugs, to_client, to_server
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.wire.packets import Ack, Data, Rrq

FULL = bytes(512)
NEXT = ("server", 2049)


def beside(silence: float) -> list[Facts]:
    """Return a client that asks for two files from one port, and uses the answers of two ports."""
    lines = [asks(0, Rrq(b"a")), asks(silence, Rrq(b"b"))]
    for n in range(1, 4):
        octets, at = (FULL if n < 3 else b"x"), silence + n / 10
        lines += [to_client(at, Data(n, octets)), to_server(at + 0.01, Ack(n))]
        lines += [to_client(at + 0.02, Data(n, octets), NEXT), (at + 0.03, CLIENT, NEXT, Ack(n))]
    return explained(script(*lines))


def test_nobody_knows_which_of_two_requests_of_one_port_has_no_answer() -> None:
    one, two = beside(0.001)
    (note,) = one.findings
    assert (note.slug, note.packet, one.outcome) == ("asked-beside", 1, "unknown")
    assert note.seen == "packet 2, from the same port, is another request and came at the same time"
    assert two.outcome == "complete" and two.is_clean
    assert {"two-sessions", "stray-taken"} <= set(slugs(two, "guess"))


def test_a_client_that_asks_for_another_file_later_had_no_answer() -> None:
    one, two = beside(1)
    assert slugs(one) == ["no-answer"]
    assert {"two-sessions", "stray-taken"} <= set(slugs(two))
