"""Captures on the sending host show a window in one datagram, before the kernel cuts it."""

from __future__ import annotations

from tests.support.overheard import asks, explained, script, to_client, to_server
from tftp_fsm.capture.reading import Captured
from tftp_fsm.explain.packets.seen import cut
from tftp_fsm.wire.headers import data_header
from tftp_fsm.wire.packets import Ack, Oack, Rrq

OPTIONS = (("blksize", "1000"), ("windowsize", "4"))


def burst(first: int, count: int, last: int = 1000) -> bytes:
    """Return several DATA in one datagram; the last has `last` octets."""
    sizes = [1000] * (count - 1) + [last]
    return b"".join(data_header(first + n) + bytes(size) for n, size in enumerate(sizes))


def test_a_datagram_of_several_blocks_is_cut_by_the_agreed_blksize() -> None:
    (facts,) = explained(
        script(
            asks(0, Rrq(b"a", "octet", OPTIONS)),
            to_client(0.1, Oack(OPTIONS)),
            to_server(0.2, Ack(0)),
            to_client(0.3, burst(1, 4)),
            to_server(0.4, Ack(4)),
            to_client(0.5, burst(5, 4, 10)),
            to_server(0.6, Ack(8)),
        )
    )
    assert (facts.outcome, facts.octets) == ("complete", 7010)
    assert not facts.findings and facts.sides["server"].packets == 9


def test_a_datagram_of_which_the_end_is_missing_is_not_cut() -> None:
    """The rest of the datagram is unknown."""
    octets = burst(1, 4)
    whole = Captured(1, 0, 0, ("server", 2048), ("client", 1024), octets, len(octets))
    assert [one.octets[:4] for one in cut(whole, 1000)] == [data_header(n) for n in range(1, 5)]
    snapped = whole._replace(octets=octets[:2500])
    assert list(cut(snapped, 1000)) == [snapped]
