"""Captures of running transfers: each packet has the step that it caused, or that caused it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import tftp_fsm
from tests.support.served import serving
from tests.support.sharks import comments, exported, packets
from tftp_fsm.capture.pcapng import PcapngWriter
from tftp_fsm.capture.reading import Capture
from tftp_fsm.capture.recorder import UNHEARD, UNTOLD, Recorder
from tftp_fsm.capture.sessions import KEPT, SessionRecorder
from tftp_fsm.protocol.events import Opened, TimeoutExpired
from tftp_fsm.protocol.roles import ReadClient
from tftp_fsm.transports.carried import Carried, local_address
from tftp_fsm.transports.faults import LOST, Fate, Impairment
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, Wrq, build

CONTENT = bytes(range(256)) * 8 + b"end"
REQUEST = Rrq(b"f", "octet")
HERE, LISTENER, SERVER = ("127.0.0.1", 1024), ("127.0.0.1", 69), ("127.0.0.1", 2048)


class Written:
    """A recorder that writes to a file, and a client's session that has received nothing yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stream = path.open("wb")
        self.writer = PcapngWriter(self.stream, "test")
        self.recorder = Recorder(self.writer, "client", start=0.0)
        self.session = ReadClient(REQUEST, LISTENER)

    def sent(self, octets: bytes) -> None:
        self.recorder.datagram(Carried(1.0, "sent", octets, HERE, LISTENER))

    def came(self, octets: bytes) -> None:
        self.recorder.datagram(Carried(1.0, "received", octets, HERE, SERVER))

    def hears(self, octets: bytes) -> None:
        self.came(octets)
        self.recorder.step(self.session.handle(self.session.interpret(octets, SERVER), 1.0))

    def comments(self) -> list[list[str]]:
        self.writer.close(time.time(), self.recorder.rest())
        self.stream.close()
        return comments(self.path)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path / "c.pcapng")


def test_a_packet_has_the_row_that_it_led_to_or_came_from(written: Written) -> None:
    written.recorder.step(written.session.handle(Opened(), 0.0))
    written.sent(build(REQUEST))
    written.hears(build(Data(1, b"x")))
    written.sent(build(Ack(1)))
    (request,), (data,), (ack,) = written.comments()
    assert request.startswith("client sends RRQ f octet after the user asks. idle: opened -> req")
    assert data.startswith("client hears DATA 1 (1 octet). requesting: data_received [")
    assert "-> dallying" in data and "RFC 1350 section 6" in data and "succeeded" in data
    assert ack.startswith("client sends ACK 1. requesting: data_received [")


def test_retransmissions_are_counted_until_something_new_is_sent(written: Written) -> None:
    session = written.session
    written.recorder.step(session.handle(Opened(), 0.0))
    written.sent(build(REQUEST))
    for _ in range(2):
        assert session.deadline is not None
        written.recorder.step(session.handle(TimeoutExpired(), session.deadline))
        written.sent(build(REQUEST))
    assert written.recorder._repeats.total() == 2
    written.hears(build(Data(1, bytes(512))))
    written.sent(build(Ack(1)))
    assert written.recorder._repeats.total() == 0  # also of memory
    first, second, third, *_ = (said[0].partition(". ")[0] for said in written.comments())
    assert "retransmission" not in first
    assert second == "client sends RRQ f octet, retransmission 1 after timeout"
    assert third == "client sends RRQ f octet, retransmission 2 after timeout"


def test_what_was_lost_on_purpose_is_a_comment_of_the_next_packet(written: Written) -> None:
    session = written.session
    written.recorder.step(session.handle(Opened(), 0.0))
    written.recorder.mishap(Impairment(0.0, "sent", build(REQUEST), LISTENER, LOST))
    written.sent(build(REQUEST))
    written.recorder.mishap(Impairment(0.0, "received", build(Data(1, b"x")), SERVER, LOST))
    assert session.deadline is not None
    written.recorder.step(session.handle(TimeoutExpired(), session.deadline))
    written.sent(build(REQUEST))
    ((lost, unheard, said),) = written.comments()
    assert lost.startswith("lost on purpose: client sends RRQ")
    assert unheard == "lost on purpose, on its way to client: DATA 1 (1 octet)"
    assert said.startswith("client sends RRQ f octet, retransmission 1")


def test_what_was_sent_in_place_of_a_packet_is_what_the_comment_is_of(written: Written) -> None:
    written.recorder.step(written.session.handle(Opened(), 0.0))
    other = Fate(mishaps=("replaced",), octets=build(Rrq(b"f", "octet", (("tsize", "0"),))))
    written.recorder.mishap(Impairment(0.0, "sent", build(REQUEST), LISTENER, other))
    written.sent(build(REQUEST))
    first = Fate(mishaps=("replaced",), octets=build(Data(1, b"y")))
    written.recorder.mishap(Impairment(0.0, "received", build(Data(7, b"x")), SERVER, first))
    written.hears(build(Data(1, b"y")))
    (said, session), (why, heard) = written.comments()
    assert said == "on purpose, RRQ f octet tsize=0 was sent in place of RRQ f octet"
    assert session.startswith("what was replaced: client sends RRQ f octet after the user asks. id")
    assert why == (
        "replaced on purpose, on its way to client: DATA 7 (1 octet); DATA 1 (1 octet) came in its"
        " place"
    )
    assert heard.startswith("client hears DATA 1 (1 octet). requesting: ")


def test_each_copy_is_a_packet_at_the_time_at_which_it_leaves(written: Written) -> None:
    """The request leaves late and twice, and an ERROR leaves between the copies."""
    fate = Fate((0.5, 2.0), mishaps=("delayed", "duplicated"))
    written.recorder.step(written.session.handle(Opened(), 0.0))
    written.recorder.mishap(Impairment(1.0, "sent", build(REQUEST), LISTENER, fate))
    written.sent(build(REQUEST))
    other = Carried(2.0, "sent", build(Error(0, "x")), HERE, LISTENER)
    written.recorder.beside(other, "why")
    (late, purpose), between, copy = written.comments()
    assert late.startswith("client sends RRQ f octet after") and purpose.startswith("delayed and")
    assert between == ["ERROR 0 x: why"]
    assert copy == ["a copy of RRQ f octet, delayed and duplicated on purpose"]
    times = [float(packet["frame.time_epoch"][0]) for packet in packets(written.path)]
    assert times == [1.5, 2.0, 3.0]


def last_ack_is_lost(written: Written) -> None:
    """Make a transfer of one block, whose last ACK the script loses."""
    written.recorder.step(written.session.handle(Opened(), 0.0))
    written.sent(build(REQUEST))
    written.hears(build(Data(1, b"x")))
    written.recorder.mishap(Impairment(1.0, "sent", build(Ack(1)), SERVER, LOST))
    written.sent(build(Ack(1)))


def test_what_is_left_of_a_transfer_is_not_said_of_the_next_one(written: Written) -> None:
    """The last ACK was lost, and a packet came that no session received."""
    last_ack_is_lost(written)
    written.came(build(Data(1, b"x")))
    written.session = ReadClient(REQUEST, LISTENER)
    written.recorder.step(written.session.handle(Opened(), 2.0))
    written.sent(build(REQUEST))
    _, _, late, again = written.comments()
    assert late[-1] == UNHEARD and late[0].startswith("lost on purpose: client sends ACK 1")
    assert len(again) == 1 and again[0].startswith("client sends RRQ f octet after the user asks")


def test_a_lost_packet_of_the_transfer_before_is_named_as_that(written: Written) -> None:
    last_ack_is_lost(written)
    written.session = ReadClient(REQUEST, LISTENER)
    written.recorder.step(written.session.handle(Opened(), 2.0))
    written.sent(build(REQUEST))
    *_, (before, request) = written.comments()
    assert before.startswith("in the transfer before: lost on purpose: client sends ACK 1")
    assert request.startswith("client sends RRQ f octet after the user asks")


def test_what_is_done_to_a_packet_is_not_said_of_the_one_before(written: Written) -> None:
    written.recorder.step(written.session.handle(Opened(), 0.0))
    written.sent(build(REQUEST))
    written.came(b"\0\1")  # nobody hears it
    written.recorder.mishap(Impairment(1.0, "received", build(Data(2, b"")), SERVER, LOST))
    written.hears(build(Data(1, b"x")))
    _, unheard, (lost, heard) = written.comments()
    assert unheard == [UNHEARD]
    assert lost == "lost on purpose, on its way to client: DATA 2 (0 octets)"
    assert heard.startswith("client hears DATA 1 ")


def test_a_datagram_without_a_step_says_so(written: Written) -> None:
    written.recorder.step(written.session.handle(Opened(), 0.0))
    written.sent(build(Error(0, "interrupted")))
    written.came(build(Data(1, b"x")))
    (broken,), (unheard,) = written.comments()
    assert broken == f"client sends ERROR 0 interrupted. {UNTOLD}"
    assert unheard == UNHEARD


def test_a_name_that_is_no_text_is_escaped(written: Written) -> None:
    written.session = ReadClient(Rrq(b"\x1b[2J\xff\n", "octet"), LISTENER)
    written.recorder.step(written.session.handle(Opened(), 0.0))
    written.sent(build(written.session.request))
    written.hears(build(Error(0, "\x07\u202e")))
    (request,), (error,) = written.comments()
    assert r"RRQ \x1b[2J\xff\x0a octet" in request
    assert request.isprintable() and error.isprintable() and r"\x07" in error


# -- Both ends over the loopback ------------------------------------------------------------------


def test_both_ends_capture_the_same_packets_and_tshark_the_same_file(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "f").write_bytes(CONTENT)
    server_file, client_file = tmp_path / "server.pcapng", tmp_path / "client.pcapng"
    with server_file.open("wb") as one, client_file.open("wb") as other:
        sessions = SessionRecorder(PcapngWriter(one, "server"))
        recorder = Recorder(PcapngWriter(other, "client"), "client")
        with tftp_fsm.Server(
            root,
            bind=("127.0.0.1",),
            port=0,
            observer=sessions.step,
            on_datagram=sessions.datagram,
        ) as server:
            address = server.address
            moved = tftp_fsm.get(
                address,
                "f",
                blksize=100,
                windowsize=3,
                dally=0,
                observer=recorder.step,
                on_datagram=recorder.datagram,
            )
            assert moved.data == CONTENT
        assert sessions.rest() == [] and len(recorder.rest()) <= 1
    port = address[1]
    ways = [[_way(packet) for packet in packets(path, port)] for path in (client_file, server_file)]
    assert sorted(ways[0]) == sorted(ways[1]) and len(ways[0]) > 25
    for path in (client_file, server_file):
        for packet in packets(path, port):
            assert len(packet["frame.comment"]) == 1 and "RFC" in packet["frame.comment"][0]
            assert packet["udp.checksum.status"] == packet["ip.checksum.status"] == ["1"]
        with path.open("rb") as stream:  # our own reader finds what our own writer wrote
            found = [(one.source[1], one.to[1], one.octets[1]) for one in Capture(stream)]
        assert [(str(source), str(to), str(code)) for source, to, code in found] == [
            (way[1], way[3], way[4]) for way in map(_way, packets(path, port))
        ]
        folder = tmp_path / f"out-{path.stem}"
        assert exported(path, folder, port) == {"f": CONTENT}


def _way(packet: dict[str, list[str]]) -> tuple[str, ...]:
    names = ("ip.src", "udp.srcport", "ip.dst", "udp.dstport", "tftp.opcode", "tftp.block")
    return tuple(packet.get(name, [""])[0] for name in names)


@pytest.mark.parametrize("single_port", [False, True])
def test_a_server_shows_what_it_refuses_and_what_nobody_hears(
    single_port: bool, tmp_path: Path
) -> None:
    root, path = tmp_path / "root", tmp_path / "c.pcapng"
    root.mkdir()
    (root / "f").write_bytes(b"octets")
    with path.open("wb") as stream:
        sessions = SessionRecorder(PcapngWriter(stream, "server"))
        told = {"observer": sessions.step, "on_datagram": sessions.datagram}
        with serving(root, single_port=single_port, **told) as served:
            one, other = served.peer(), served.peer()
            one.ask("nofile")
            assert isinstance(one.hear(), Error)
            other.ask("f", Wrq)
            assert isinstance(other.hear(), Error)
            one.ask("f", blksize=8)
            assert isinstance(one.hear(), Oack)
            one.say(Ack(0))
            assert one.hear() == Data(1, b"octets")
            one.say(Ack(1))
            served.turn()
            other.say(Ack(9), served.address)
            served.turn()
        sessions.rest()
    said = comments(path, served.address[1])
    assert all(len(each) == 1 for each in said)
    words = [each[0].partition(".")[0] for each in said]
    assert words[0].startswith("server notes storage failed: cannot read: nofile")
    assert words[1].startswith("server sends ERROR 1") and words[3].startswith("server sends ERROR")
    assert words[4:9] == [
        "server hears request",
        "server sends OACK blksize=8",
        "server hears ACK 0",
        "server sends DATA 1",
        "server hears ACK 1",
    ]
    assert [UNHEARD] in said[9:]


def test_clients_that_were_silent_for_longest_are_forgotten(tmp_path: Path) -> None:
    with (tmp_path / "c.pcapng").open("wb") as stream:
        sessions = SessionRecorder(PcapngWriter(stream, "server"))
        for number in range(KEPT + 10):
            peer = ("192.0.2.9", 1 + number)
            sessions.datagram(Carried(0.0, "received", b"", LISTENER, peer))
        assert len(sessions._recorders) == KEPT
    assert stream.closed


def test_an_address_that_the_transport_does_not_tell_is_asked_of_the_kernel() -> None:
    class Anywhere:
        local_address = ("0.0.0.0", 1024)

    assert local_address(Anywhere(), ("127.0.0.1", 69)) == ("127.0.0.1", 1024)
    assert local_address(object(), ("127.0.0.1", 69)) == ("127.0.0.1", 0)
    assert local_address(object(), ("no address", 69)) == ("", 0)
