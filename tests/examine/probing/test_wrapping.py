"""The block after 65535, over the simulated network."""

from __future__ import annotations

import pytest

from tests.support import simulated_server
from tests.support.simulated_server import LINES, Answering, Files, Listener, World
from tftp_fsm.errors import LocalError
from tftp_fsm.examine.checks import Verdict, departed
from tftp_fsm.examine.probing import wrapping
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.wrapping import WRAPS, long_octets, read_on
from tftp_fsm.storage import BytesSink
from tftp_fsm.storage.protocols import Octets, pieces
from tftp_fsm.verify.mutants import sessions_of
from tftp_fsm.wire.address import Address

SIZE = WRAPS * 8 + 3


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use wide windows, which take a quarter of the time."""
    monkeypatch.setattr(wrapping, "WINDOW", 64)


def losing(answer: Answering, requests: int) -> Answering:
    """Return a server that loses so many requests."""
    left = [requests]

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        left[0] -= 1
        if left[0] < 0:
            answer(listener, octets, client)

    return serve


def desk_of(mutant: str | None = None, content: bytes = bytes(SIZE), loses: int = 0) -> Desk:
    """Return a desk at which blksize and windowsize are known already."""
    files = Files({"file": b"short", "long": content}, sessions_of(mutant))
    desk = World(losing(files, loses), burst=True, latency=1e-6).desk(long=b"long", write=b"new")
    desk.known.least_blksize, desk.known.windowsize = 8, 64
    desk.known.shelf.obstacle = ""
    return desk


def test_block_0_follows_block_65535() -> None:
    finding = read_on(desk_of(), b"long", None)
    assert finding.verdict is Verdict.TOLD
    assert finding.seen == "DATA 0 follows DATA 65535"


def test_a_server_that_stops_there_departs() -> None:
    finding = read_on(desk_of("no-roll-over"), b"long", None)
    assert finding.verdict is Verdict.DEPARTED
    assert finding.seen.startswith("nothing follows DATA 0, which follows DATA 65535")


def test_a_file_that_is_too_short_is_said_with_the_size_that_would_do() -> None:
    known = read_on(desk_of(), b"file", 5)
    assert (
        known.seen
        == "it needs a file of 524,280 octets, and this file has 5: name a longer file with --long"
    )
    unknown = read_on(desk_of(content=bytes(100)), b"long", None)
    assert unknown.verdict is Verdict.NOT_EXAMINED
    assert unknown.seen == (
        "it needs a file of 524,280 octets, and this file has 100: name a longer file with --long"
    )


def test_a_long_file_that_is_not_there_is_named_anew() -> None:
    missing = read_on(World(Files({"file": LINES})).desk(octets=1 << 30), b"long", None)
    assert missing.verdict is Verdict.NOT_EXAMINED
    assert missing.seen == "ERROR 1 no such file: name another one with --long"


def test_a_slow_network_and_a_spent_limit_leave_it_out() -> None:
    desk = desk_of()
    desk.known.round_trip = 0.1
    assert "s on this network" in read_on(desk, b"long", None).seen
    desk = desk_of()
    desk.meter.octets = desk.meter.most
    assert "give a larger --octets" in read_on(desk, b"long", None).seen


def test_the_limit_has_room_for_the_headers_of_ipv6() -> None:
    desk = desk_of()
    four = long_octets(desk, 8)
    desk.address = ("2001:db8::1", 69, 0, 0)
    assert long_octets(desk, 8) - four > 2 * 20 * WRAPS


def test_a_slow_server_that_has_taken_a_part_departs_from_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wrapping, "ROLLING", 0.001)
    monkeypatch.setattr(wrapping, "obstacle", lambda *_: "")
    finding = wrapping.write_roll_over(desk_of())
    assert finding.verdict is Verdict.NOT_EXAMINED
    assert finding.seen.endswith(" were acknowledged in 0.001 s")


def test_blocks_that_are_still_coming_are_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrapping, "ROLLING", 0.5)
    monkeypatch.setattr(wrapping, "obstacle", lambda *_: "")
    desk = World(Files({"file": b"short", "long": bytes(SIZE)}), latency=0.001).desk(long=b"long")
    desk.known.least_blksize = 8
    finding = read_on(desk, b"long", None)
    assert finding.verdict is Verdict.NOT_EXAMINED
    assert finding.seen.startswith("only ") and "of the 65,536 blocks came in 0.5 s" in finding.seen


@pytest.mark.parametrize("is_late", [True, False])
def test_a_copy_that_came_by_chance_is_for_another_check(
    is_late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server loses the first request, so that it comes twice, or loses nothing."""
    found = departed("block 7 is in the file twice")
    monkeypatch.setattr(wrapping, "compared", lambda *_, **__: found)
    desk = desk_of(loses=int(is_late))
    finding = wrapping.write_roll_over(desk)
    assert finding.verdict is (Verdict.NOT_EXAMINED if is_late else Verdict.DEPARTED)
    assert finding.seen.startswith(found.seen)
    assert finding.seen.endswith("write-lost-ack examines that") is is_late


@pytest.mark.parametrize(
    ("kept_octets", "verdict"), [(8 * 1000, Verdict.NOT_EXAMINED), (8 * 65536, Verdict.DEPARTED)]
)
def test_a_full_disk_before_the_roll_over_shows_nothing_of_it(
    monkeypatch: pytest.MonkeyPatch, kept_octets: int, verdict: Verdict
) -> None:
    class Disk(BytesSink):
        left = kept_octets

        def write(self, octets: Octets) -> None:
            self.left -= sum(map(len, pieces(octets)))
            if self.left < 0:
                raise LocalError("disk full")
            super().write(octets)

    monkeypatch.setattr(simulated_server, "BytesSink", Disk)
    finding = wrapping.write_roll_over(desk_of())
    assert finding.verdict is verdict
    assert "ERROR 0" in finding.seen


def test_a_long_file_is_written() -> None:
    assert (
        wrapping.write_roll_over(desk_of()).seen
        == "524,289 octets are accepted; ACK 0 follows ACK 65472; the file is the same"
    )
