"""A server and clients that do what the RFCs forbid, or what networks do to them.

Each test is asserted by what the client heard, silence included: the loop runs in the test's
own thread, so what it has not sent after its turn it will not send.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.served import Served, error, serving
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.wire.headers import ack_octets, data_header
from tftp_fsm.wire.netascii import Encoder
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, Wrq, build

FILE = bytes(range(256)) * 10  # 2560 octets: exactly five blocks, so an empty sixth


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    (tmp_path / "file").write_bytes(FILE)
    with serving(tmp_path, writable=True, timeout=0.02, patience=1.0, max_windowsize=16) as one:
        yield one


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Served]:
    """Yield limits with which nothing is retransmitted during a test."""
    (tmp_path / "file").write_bytes(FILE)
    with serving(tmp_path, writable=True, timeout=30.0, max_windowsize=16) as one:
        yield one


STRAYS = [Data(1, b"stray"), Ack(1), Oack((("blksize", "8"),)), Rrq(b"file"), b"\0\3", b""]


@pytest.mark.parametrize("stray", STRAYS, ids=repr)
@pytest.mark.parametrize("from_another_address", [False, True])
def test_a_stranger_gets_error_5_and_the_transfer_is_undisturbed(
    patient: Served, stray: Packet | bytes, from_another_address: bool
) -> None:
    client = patient.peer()
    client.ask("file")
    assert client.hear() == Data(1, FILE[:512])
    stranger = patient.peer("127.0.0.2" if from_another_address else "127.0.0.1")
    stranger.say(stray, client.server)
    assert error(stranger.hear(), 5)
    assert client.hears_nothing()
    client.say(Ack(1))
    assert client.hear() == Data(2, FILE[512:1024])


def test_an_error_of_a_stranger_is_not_answered_and_ends_nothing(patient: Served) -> None:
    client, stranger = patient.peer(), patient.peer()
    client.ask("file")
    client.hear()
    stranger.say(Error(0, "stop"), client.server)
    assert stranger.hears_nothing()
    client.say(Ack(1))
    assert client.hear() == Data(2, FILE[512:1024])


def test_a_flood_of_strangers_is_answered_ten_times_a_second_at_most(patient: Served) -> None:
    client, stranger = patient.peer(), patient.peer()
    client.ask("file")
    client.hear()
    for _ in range(50):
        stranger.say(Ack(1), client.server)
    assert 1 <= len(stranger.hear_all()) <= 3


@pytest.mark.parametrize("single_port", [False, True])
def test_a_repeated_request_finds_its_session(tmp_path: Path, single_port: bool) -> None:
    (tmp_path / "file").write_bytes(FILE)
    with serving(tmp_path, timeout=30.0, single_port=single_port) as served:
        client = served.peer()
        for _ in range(3):
            client.ask("file")
        heard = client.hear_all()
        assert heard == [Data(1, FILE[:512])] * 3
        assert len(served.loop.sessions) == 1
        assert served.loop.totals.repeated == 2
        client.say(Ack(1))
        assert client.hear_all() == [Data(2, FILE[512:1024])]
        client.ask("file")
        assert client.hears_nothing(), "once its data is acknowledged, a late copy says nothing"


def test_a_repeated_wrq_makes_one_file(patient: Served, tmp_path: Path) -> None:
    client = patient.peer()
    client.ask("new", Wrq)
    client.ask("new", Wrq)
    assert client.hear_all() == [Ack(0), Ack(0)]
    client.say(Data(1, b"whole"))
    assert client.hear_all() == [Ack(1)]
    assert (tmp_path / "new").read_bytes() == b"whole"
    assert [report.outcome for report in patient.reports] == [Outcome.SUCCEEDED]


@pytest.mark.parametrize("single_port", [False, True])
def test_another_request_from_the_same_tid_replaces_its_session(
    tmp_path: Path, single_port: bool
) -> None:
    (tmp_path / "file").write_bytes(FILE)
    (tmp_path / "other").write_bytes(b"other")
    with serving(tmp_path, timeout=30.0, single_port=single_port) as served:
        client = served.peer()
        client.ask("file")
        assert client.hear() == Data(1, FILE[:512])
        client.ask("other")
        assert client.hear_all() == [Data(1, b"other")]
        assert [r.outcome for r in served.reports] == [Outcome.ABORTED]
        assert len(served.loop.sessions) == 1


@pytest.mark.parametrize("single_port", [False, True])
def test_a_tid_may_put_another_file_while_its_last_session_dallies(
    tmp_path: Path, single_port: bool
) -> None:
    with serving(tmp_path, writable=True, dally=60.0, single_port=single_port) as served:
        client = served.peer()
        for name in ("first", "second"):
            client.ask(name, Wrq)
            assert client.hear() == Ack(0)
            client.say(Data(1, name.encode()))
            assert client.hear() == Ack(1)
            assert (tmp_path / name).read_bytes() == name.encode()


@pytest.mark.parametrize("single_port", [False, True])
def test_a_late_copy_of_a_wrq_finds_the_session_that_dallies(
    tmp_path: Path, single_port: bool
) -> None:
    options = {"writable": True, "overwrite": True, "dally": 60.0, "single_port": single_port}
    with serving(tmp_path, **options) as served:
        client = served.peer()
        client.ask("new", Wrq)
        client.hear()
        client.say(Data(1, b"whole"))
        assert client.hear() == Ack(1)
        tid = client.server
        client.ask("new", Wrq)
        assert client.hears_nothing(), "an ACK 0 would begin another transfer"
        assert (len(served.loop.sessions), served.loop.totals.repeated) == (1, 1)
        assert client.say_until_heard(Data(1, b"whole"), tid) == Ack(1)
        assert [r.outcome for r in served.reports] == [Outcome.SUCCEEDED]


def test_once_it_has_dallied_the_same_request_is_a_new_one(served: Served) -> None:
    client = served.peer()
    client.ask("new", Wrq)
    client.hear()
    client.say(Data(1, b"x"))
    assert client.hear() == Ack(1)
    served.until_idle()
    client.ask("new", Wrq)
    assert "exists" in error(client.hear(), 6)


def test_the_final_ack_is_repeated_while_it_dallies(tmp_path: Path) -> None:
    with serving(tmp_path, writable=True, dally=60.0) as served:
        client = served.peer()
        client.ask("new", Wrq)
        assert client.hear() == Ack(0)
        client.say(Data(1, b"x"))
        assert client.hear() == Ack(1)
        for _ in range(2):
            assert client.say_until_heard(Data(1, b"x")) == Ack(1)
        assert (tmp_path / "new").read_bytes() == b"x"


@pytest.mark.parametrize("verb", [Rrq, Wrq])
@pytest.mark.parametrize("acknowledged", [False, True])
def test_an_error_is_not_answered(
    patient: Served, verb: type[Rrq] | type[Wrq], acknowledged: bool
) -> None:
    client = patient.peer()
    client.ask("file" if verb is Rrq else "new", verb)
    client.hear()
    if acknowledged:
        client.say(Ack(1) if verb is Rrq else Data(1, bytes(512)))
        client.hear()
    client.say(Error(0, "no more"))
    assert client.hears_nothing()
    assert len(patient.loop.sessions) == 0
    assert patient.reports[-1].message == "no more"


def test_an_error_at_the_listening_port_is_not_answered(patient: Served) -> None:
    client = patient.peer()
    client.say(Error(5, "unknown transfer ID"))
    client.say(Error(4, "what?"))
    assert client.hears_nothing()


@pytest.mark.parametrize("packet", [Data(1, b""), Ack(0), Oack(())], ids=repr)
def test_a_packet_of_no_session_gets_error_5_at_the_listening_port(
    patient: Served, packet: Packet
) -> None:
    client = patient.peer()
    client.say(packet)
    assert error(client.hear(), 5)


def test_a_duplicate_ack_brings_no_second_copy_of_any_block(patient: Served) -> None:
    client = patient.peer()
    client.ask("file")
    heard = [client.hear()]
    for block in range(1, 7):
        client.say(Ack(block))
        client.say(Ack(block))
        heard += client.hear_all()
    blocks = [packet.block for packet in heard if isinstance(packet, Data)]
    assert blocks == [1, 2, 3, 4, 5, 6]


def test_silence_is_met_with_ever_longer_waits_and_an_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(FILE)
    with serving(tmp_path, timeout=0.02, retries=2) as served:
        client = served.peer()
        client.ask("file")
        client.hear()
        client.say(Ack(1))
        served.until_idle()
        assert client.hear_all() == [Data(2, FILE[512:1024])] * 3  # once, and two more
        assert served.reports[-1].outcome is Outcome.TIMED_OUT


def test_an_unacknowledged_oack_is_retransmitted(served: Served) -> None:
    client = served.peer()
    client.ask("file", blksize=1024)
    assert client.hear() == client.hear() == Oack((("blksize", "1024"),))
    client.say(Ack(0))
    assert Data(1, FILE[:1024]) in [client.hear(), client.hear()]


def test_a_repeated_ack_0_brings_no_second_data_1(patient: Served) -> None:
    client = patient.peer()
    client.ask("file", blksize=1024)
    client.hear()
    client.say(Ack(0))
    client.say(Ack(0))
    assert client.hear_all() == [Data(1, FILE[:1024])]


ODD = ["-1", "0", "70000", "abc", "", "1024.5", "9" * 20, "1024 ", "+1024", "0x400", "\u0661"]


@pytest.mark.parametrize(
    "option, value",
    [("blksize", "7")]
    + [(option, value) for option in ("blksize", "windowsize", "timeout") for value in ODD],
)
def test_an_option_that_cannot_be_is_left_out(patient: Served, option: str, value: str) -> None:
    client = patient.peer()
    client.ask_with("file", {option: value})
    assert client.hear() == Data(1, FILE[:512])


def test_options_are_answered_in_any_case_and_lowered_to_the_limits(patient: Served) -> None:
    client = patient.peer()
    client.ask("file", BLKSIZE=65464, WindowSize=65535, tSize=0, unknown=1)
    heard = client.hear()
    assert isinstance(heard, Oack)
    assert dict(heard.options) == {"blksize": "65464", "tsize": "2560", "windowsize": "16"}


@pytest.mark.parametrize("seconds", ["1", "255"])
def test_timeout_is_accepted_exactly(patient: Served, seconds: str) -> None:
    client = patient.peer()
    client.ask("file", timeout=seconds)
    assert client.hear() == Oack((("timeout", seconds),))


@pytest.mark.parametrize("seconds", ["0", "256", "1.5"])
def test_or_not_at_all(patient: Served, seconds: str) -> None:
    client = patient.peer()
    client.ask("file", timeout=seconds)
    assert client.hear() == Data(1, FILE[:512])


def test_tsize_tells_the_size_and_in_a_wrq_is_echoed(patient: Served) -> None:
    client = patient.peer()
    client.ask("file", tsize=0)
    assert client.hear() == Oack((("tsize", "2560"),))
    writer = patient.peer()
    writer.ask("new", Wrq, tsize=17)
    assert writer.hear() == Oack((("tsize", "17"),))


def test_tsize_in_netascii_is_the_size_on_the_wire(patient: Served, tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"one\ntwo\n")
    client = patient.peer()
    client.say(Rrq(b"text", "NetASCII", (("tsize", "0"),)))
    assert client.hear() == Oack((("tsize", "10"),))
    client.say(Ack(0))
    assert client.hear() == Data(1, b"one\r\ntwo\r\n")


def test_a_large_file_in_netascii_is_answered_before_it_is_counted(
    patient: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three gigabytes of it froze all other clients for 25 seconds; so its tsize is left out."""
    content = b"a line\nand one with \r in it\n" * 60_000
    (tmp_path / "text").write_bytes(content)
    read: list[int] = []
    real = os.pread

    def pread(fd: int, count: int, offset: int) -> bytes:
        read.append(count)
        return real(fd, count, offset)

    monkeypatch.setattr(os, "pread", pread)
    client = patient.peer()
    client.say(Rrq(b"text", "netascii", (("tsize", "0"), ("blksize", "1024"))))
    assert client.hear() == Oack((("blksize", "1024"),))
    client.say(Ack(0))
    assert client.hear() == Data(1, Encoder().encode(content)[:1024])
    assert sum(read) < 300_000


@pytest.mark.parametrize("blksize, windowsize", [(8192, 1), (8192, 4), (8192, 16), (1000, 16)])
@pytest.mark.parametrize("beyond", [-1, 0, 1, 500])
def test_a_file_that_is_counted_on_the_way_arrives_whole(
    patient: Served,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    blksize: int,
    windowsize: int,
    beyond: int,
) -> None:
    monkeypatch.setattr("tftp_fsm.storage.served.jail.COUNTED_AT_ONCE", 0)
    content = b"\n" * 40_960 + bytes(81_920 + beyond)  # on the wire 20 blocks of 8192, and beyond
    (tmp_path / "text").write_bytes(content)
    client = patient.peer()
    patient.peer().ask("file")  # for a sole session the loop would wait
    got = client.get("text", blksize, windowsize, "netascii")
    assert got == Encoder().encode(content)
    assert patient.reports[-1].outcome is Outcome.SUCCEEDED
    assert patient.reports[-1].octets == len(got)


def test_a_file_that_is_counted_on_the_way_is_sent_again_where_it_was_lost(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last window is shorter than was thought when it was sent."""
    monkeypatch.setattr("tftp_fsm.storage.served.jail.COUNTED_AT_ONCE", 0)
    (tmp_path / "text").write_bytes(bytes(1200))
    client = served.peer()
    client.say(Rrq(b"text", "netascii", (("windowsize", "16"),)))
    client.hear()
    client.say(Ack(0))
    assert [d.block for d in client.hear_all() if isinstance(d, Data)] == [1, 2, 3]
    client.say(Ack(1))
    assert [d.block for d in client.hear_all() if isinstance(d, Data)] == [2, 3]
    assert client.hear() == Data(2, bytes(512)), "after a silence"
    client.say(Ack(3))
    served.until_idle()
    assert served.reports[-1].outcome is Outcome.SUCCEEDED


def test_where_its_last_ack_is_missing_the_outcome_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine knows which block was the last, though a longer window was expected."""
    monkeypatch.setattr("tftp_fsm.storage.served.jail.COUNTED_AT_ONCE", 0)
    (tmp_path / "text").write_bytes(bytes(1200))
    with serving(tmp_path, timeout=0.02, retries=1) as served:
        client = served.peer()
        client.say(Rrq(b"text", "netascii", (("windowsize", "16"),)))
        client.hear()
        client.say(Ack(0))
        served.until_idle()
        assert served.reports[-1].outcome is Outcome.UNKNOWN


def test_a_probe_for_the_size_is_no_failure(patient: Served) -> None:
    client = patient.peer()
    client.ask("file", tsize=0)
    client.hear()
    client.say(Error(8, "that was all"))
    assert client.hears_nothing()
    assert [r.outcome for r in patient.reports] == [Outcome.PROBED]
    assert not patient.reports[0].failed


def test_a_window_goes_out_whole_and_then_it_waits(patient: Served) -> None:
    client = patient.peer()
    client.ask("file", windowsize=4)
    client.hear()
    client.say(Ack(0))
    assert [d.block for d in client.hear_all() if isinstance(d, Data)] == [1, 2, 3, 4]
    client.say(Ack(4))
    assert [d.block for d in client.hear_all() if isinstance(d, Data)] == [5, 6]
    client.say(Ack(6))
    assert client.hears_nothing()
    assert patient.reports[-1].outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
def test_a_receiver_that_misses_a_block_is_sent_on_from_there(patient: Served, lost: int) -> None:
    client = patient.peer()
    client.ask("file", windowsize=4)
    client.hear()
    client.say(Ack(0))
    client.hear_all()
    client.say(Ack(lost - 1))
    blocks = [d.block for d in client.hear_all() if isinstance(d, Data)]
    assert blocks[0] == lost


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_gap_is_acknowledged_at_once_and_only_once(patient: Served, lost: int) -> None:
    client = patient.peer()
    client.ask("new", Wrq, windowsize=4)
    client.hear()
    for block in range(1, 5):
        if block != lost:
            client.say(Data(block, bytes([block]) * 512))
    assert client.hear_all() == [Ack(lost - 1)]
    for block in range(lost, lost + 4):
        client.say(Data(block, bytes([block]) * 512))
    assert client.hear_all() == [Ack(lost + 3)]


def test_a_window_is_acknowledged_once_and_so_is_the_last_block(patient: Served) -> None:
    client = patient.peer()
    client.ask("new", Wrq, windowsize=4)
    client.hear()
    for block in range(1, 5):
        client.say(Data(block, bytes(512)))
    assert client.hear_all() == [Ack(4)]
    client.say(Data(5, bytes(512)))
    client.say(Data(6, b"end"))
    assert client.hear_all() == [Ack(6)]


def test_a_stale_ack_does_not_restart_a_window_each_time_it_comes(patient: Served) -> None:
    client = patient.peer()
    client.ask("file", windowsize=2)
    client.hear()
    client.say(Ack(0))
    client.hear_all()
    client.say(Ack(2))
    client.hear_all()
    for _ in range(10):
        client.say(Ack(1))
        client.say(Ack(0))
    assert client.hears_nothing()


def test_one_reordered_datagram_costs_a_bounded_number_of_blocks(patient: Served) -> None:
    client = patient.peer()
    client.ask("file", windowsize=16)
    client.hear()
    client.say(Ack(0))
    assert len(client.hear_all()) == 6
    client.say(Ack(3))  # as a receiver says to whom block 5 came before block 4
    client.say(Ack(3))
    assert len(client.hear_all()) <= 3


@pytest.mark.parametrize("size", [513, 1024, 65464])
def test_data_longer_than_was_agreed_is_refused(patient: Served, tmp_path: Path, size: int) -> None:
    client = patient.peer()
    client.ask("new", Wrq)
    client.hear()
    client.say(Data(1, bytes(size)))
    assert "512" in error(client.hear(), 4)
    assert not list(tmp_path.glob("**/*new*"))
    assert not list(tmp_path.glob(".tftp*"))


BROKEN_REQUESTS = [
    b"\0\1",
    b"\0\2",
    b"\0\1file",
    b"\0\1file\0",
    b"\0\1\0octet\0",
    b"\0\1file\0\0",
    b"\0\1file\0octet\0\x001024\0",
    b"\0\1" + b"n" * 1470 + b"\0octet\0",
]
ODD_REQUESTS = [
    (b"\0\1file\0octet", Data),
    (b"\0\1file\0octet\0" + bytes(500), Data),
    (b"\0\1file\0octet\0" + bytes(1400), Data),
    (b"\0\1file\0octet\0blksize", Data),
    (b"\0\1file\0octet\0blksize\0", Data),
    (b"\0\1file\0octet\0blksize\x001024", Oack),
    (b"\0\1file\0octet\0blksize\x001024\0blksize\x00600\0", Oack),
    (b"\0\1file\0octet\0x-long\0" + b"x" * 700 + b"\0blksize\x001024\0", Oack),
]


@pytest.mark.parametrize("octets, answer", ODD_REQUESTS, ids=lambda part: repr(part)[:60])
def test_a_request_with_octets_too_many_or_too_few_is_served(
    patient: Served, octets: bytes, answer: type[Packet]
) -> None:
    client = patient.peer()
    client.say(octets)
    packet = client.hear()
    assert isinstance(packet, answer)
    if isinstance(packet, Oack):
        assert packet.options == (("blksize", "1024"),)


def test_padded_acks_are_acks(patient: Served) -> None:
    client = patient.peer()
    client.ask("file")
    first = client.hear()
    client.say(b"\0\4\0\1" + bytes(25))
    second = client.hear()
    assert isinstance(first, Data) and isinstance(second, Data)
    assert (first.block, second.block) == (1, 2)


@pytest.mark.parametrize("octets", BROKEN_REQUESTS, ids=repr)
def test_a_request_that_cannot_be_read_gets_error_4(patient: Served, octets: bytes) -> None:
    client = patient.peer()
    client.say(octets)
    assert error(client.hear(), 4)
    assert len(patient.loop.sessions) == 0


@pytest.mark.parametrize("octets", [b"", b"\0", b"\1", b"\0\0", b"\0\7ab", b"\xff" * 40], ids=repr)
def test_a_datagram_that_is_no_packet_gets_no_answer(patient: Served, octets: bytes) -> None:
    client = patient.peer()
    client.say(octets)
    assert client.hears_nothing()
    assert patient.loop.totals.malformed == 1


@pytest.mark.parametrize("octets", [b"\0", b"\0\4", b"\0\4\0", b"\0\7"], ids=repr)
def test_a_malformed_packet_from_the_peer_ends_its_session(patient: Served, octets: bytes) -> None:
    client = patient.peer()
    client.ask("file")
    client.hear()
    client.say(octets)
    assert error(client.hear(), 4)
    assert len(patient.loop.sessions) == 0


def test_thirty_options_are_no_trouble(patient: Served) -> None:
    client = patient.peer()
    client.ask_with("file", {f"o{n}": n for n in range(30)} | {"blksize": 8})
    assert client.hear() == Oack((("blksize", "8"),))


@pytest.mark.parametrize("mode", ["OCTET", "oCtEt", "NETASCII"])
def test_modes_come_in_any_case(patient: Served, mode: str) -> None:
    client = patient.peer()
    client.say(Rrq(b"file", mode))
    assert isinstance(client.hear(), Data)


@pytest.mark.parametrize("mode", ["mail", "binary", "x" * 100])
@pytest.mark.parametrize("name", [b"file", b"nothing"])
def test_other_modes_are_refused(patient: Served, mode: str, name: bytes) -> None:
    client = patient.peer()
    client.say(Rrq(name, mode))
    assert "use octet or netascii" in error(client.hear(), 4)


@pytest.mark.parametrize("options", [{}, {"blksize": 65464, "windowsize": 16, "tsize": 0}])
def test_an_address_that_proves_nothing_is_sent_four_datagrams(
    served: Served, options: dict[str, int]
) -> None:
    """This is the bound of `serve --help`, as octets out for octets in."""
    victim = served.peer()
    victim.ask_with("file", options)
    asked = victim.octets_out
    served.until_idle()
    victim.hear_all()
    assert victim.datagrams_in == 4
    assert victim.octets_in <= 4 * 516
    if options:  # OACK says back what was said
        assert victim.octets_in <= 4 * (asked + 8)


@pytest.mark.parametrize("verb", [Rrq, Wrq])
def test_an_unproven_address_does_not_choose_how_long_it_is_waited_for(
    served: Served, verb: type[Rrq] | type[Wrq]
) -> None:
    """A thousand forged requests with timeout=255 would close the server for a quarter hour."""
    victim = served.peer()
    victim.ask("file" if verb is Rrq else "new", verb, timeout=255)
    served.until_idle()
    assert victim.hear_all() == [Oack((("timeout", "255"),))] * 4


@pytest.mark.parametrize("verb", [Rrq, Wrq])
def test_once_proven_its_timeout_is_heeded(served: Served, verb: type[Rrq] | type[Wrq]) -> None:
    client = served.peer()
    client.ask("file" if verb is Rrq else "new", verb, timeout=255)
    client.hear()
    (one,) = served.loop.sessions
    waits = []
    for block in (0, 1) if verb is Rrq else (1, 2):
        client.say(Ack(block) if verb is Rrq else Data(block, bytes(512)))
        client.hear_all()
        assert one.deadline is not None
        waits.append(one.deadline - one.transport.now())
    assert waits[0] <= 10, "the first answer may be forged"
    assert waits[1] > 200


@pytest.mark.parametrize("limit", ["max_sessions", "max_sessions_per_address"])
def test_forged_requests_do_not_keep_a_real_client_out(tmp_path: Path, limit: str) -> None:
    (tmp_path / "file").write_bytes(FILE)
    with serving(tmp_path, timeout=30.0, **{limit: 3}) as served:
        proven, *forged = (served.peer() for _ in range(3))
        for peer in (proven, *forged):
            peer.ask("file")
            assert peer.hear() == Data(1, FILE[:512])
        proven.say(Ack(1))
        assert proven.hear() == Data(2, FILE[512:1024])
        client = served.peer()
        assert client.get("file") == FILE
        assert len(served.loop.sessions) == 2
        left = served.reports[0]
        assert (left.peer, left.outcome) == (forged[0].sock.getsockname(), Outcome.ABORTED)
        assert "never acknowledged" in left.message, "the oldest that had proved nothing"
        proven.say(Ack(2))
        assert proven.hear() == Data(3, FILE[1024:1536])


def test_with_a_single_port_a_forged_ack_brings_one_datagram(tmp_path: Path) -> None:
    """This is the bound of `serve --help`: a forger need not guess a TID."""
    (tmp_path / "file").write_bytes(bytes(1 << 20))
    with serving(tmp_path, timeout=0.02, patience=2.0, single_port=True) as served:
        victim = served.peer()
        victim.ask("file", blksize=65464, windowsize=64)
        assert victim.hear() == Oack((("blksize", "1428"), ("windowsize", "1")))
        asked, acks = victim.octets_out, 20
        for block in range(acks):
            victim.say(Ack(block))
            assert isinstance(victim.hear(), Data)
        served.until_idle()
        victim.hear_all()
        assert victim.datagrams_in == 1 + acks + 3
        assert victim.octets_in <= asked + 8 + (acks + 3) * 1432
        assert victim.octets_in <= 358 * victim.octets_out + 3 * 1432


def test_with_a_single_port_more_is_allowed_where_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(FILE)
    with serving(tmp_path, single_port=True, max_blksize=8192, max_windowsize=4) as served:
        client = served.peer()
        client.ask("file", blksize=65464, windowsize=64)
        assert client.hear() == Oack((("blksize", "8192"), ("windowsize", "4")))


def test_a_forged_request_that_is_repeated_is_answered_once_each(patient: Served) -> None:
    victim = patient.peer()
    for _ in range(10):
        victim.ask("file", blksize=65464, windowsize=16)
    victim.hear_all()
    assert victim.datagrams_in == 10
    assert victim.octets_in <= victim.octets_out


def test_an_unproven_writer_is_sent_four_datagrams_too(served: Served, tmp_path: Path) -> None:
    victim = served.peer()
    victim.ask("new", Wrq)
    served.until_idle()
    assert victim.hear_all() == [Ack(0)] * 4
    assert not list(tmp_path.glob(".tftp*")), "no partial file is left"


def test_malformed_requests_are_answered_a_hundred_times_a_second_at_most(patient: Served) -> None:
    victim = patient.peer()
    for _ in range(400):
        victim.say(b"\0\1file\0")
        patient.loop.turn(0)
    assert len(victim.hear_all()) < 300


def test_two_servers_do_not_answer_each_other_for_ever(patient: Served, tmp_path: Path) -> None:
    """The request seems to come from another server's listening port."""
    with serving(tmp_path, timeout=30.0) as other:
        said = build(Rrq(b"file"))
        other.listeners[0].sock.sendto(said, patient.address)
        for _ in range(20):
            patient.turn()
            other.turn()
        assert len(patient.loop.sessions) == 0
        assert patient.reports[-1].outcome is Outcome.PEER_ERROR


def test_a_block_that_wraps_is_counted_on(patient: Served, tmp_path: Path) -> None:
    """These are 65,000 packets, so they are octets: to parse each would take most of the time."""
    content = bytes(8) * 65536 + b"end"
    (tmp_path / "long").write_bytes(content)
    patient.peer().ask("file")  # for a sole session the loop would wait, and this test with it
    client = patient.peer()
    client.ask("long", blksize=8, windowsize=16)
    client.hear()
    client.say(Ack(0))
    found = bytearray()
    for first in range(1, 65538, 16):
        patient.loop.turn(0)
        for block in range(first, min(first + 16, 65538)):
            octets = client.sock.recv(100)
            assert octets[:4] == data_header(block)
            found += octets[4:]
        client.sock.sendto(ack_octets(block), client.server)
    assert found == content
    patient.turn()
    assert patient.reports[-1].outcome is Outcome.SUCCEEDED


def test_a_duplicate_at_the_wrap_is_harmless_in_an_upload(
    patient: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tftp_fsm.protocol.receiver.BURST", 0.0)  # as if the copy came later
    patient.peer().ask("file")
    client = patient.peer()
    client.ask("long", Wrq, blksize=8, windowsize=16)
    client.hear()
    for first in range(1, 65537, 16):
        for block in range(first, first + 16):
            client.sock.sendto(data_header(block) + b"12345678", client.server)
        patient.loop.turn(0)
        assert client.sock.recv(100) == ack_octets(first + 15)
    client.say(Data(0, b"12345678"))
    assert client.hear() == Ack(0)
    client.say(Data(1, b"end"))
    assert client.hear() == Ack(1)
    assert (tmp_path / "long").read_bytes() == b"12345678" * 65536 + b"end"
