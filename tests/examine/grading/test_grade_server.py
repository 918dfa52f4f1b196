"""The grading server over the loopback: whom it serves, what it writes, what it survives."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tftp_fsm.examine.checks import Finding, Verdict
from tftp_fsm.examine.grading import grade_server
from tftp_fsm.examine.grading.book import Book
from tftp_fsm.examine.grading.grade_server import GradeServer, Judged, Settings
from tftp_fsm.examine.grading.names import Register
from tftp_fsm.examine.grading.story import Story
from tftp_fsm.examine.grading.trials.published import BY_NAME, TRIALS
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, Wrq, build, parse

TURNS = 400
SLICE = 0.05  # seconds


class Room:
    """A server that moves only when the test turns it, and the attempts that it has judged."""

    def __init__(self, server: GradeServer, judged: list[Judged], complaints: list[str]) -> None:
        self.server = server
        self.judged = judged
        self.complaints = complaints
        self.sockets: list[socket.socket] = []

    def peer(self, host: str = "127.0.0.1") -> Peer:
        return Peer(self, host)

    def until_judged(self, count: int = 1) -> list[Judged]:
        for _ in range(TURNS):
            if len(self.judged) >= count:
                return self.judged
            self.server.turn(SLICE)
        raise AssertionError(f"{len(self.judged)} of {count} were judged: {self.complaints}")


class Peer:
    """A client. The test decides each of its packets."""

    def __init__(self, room: Room, host: str) -> None:
        self.room = room
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))
        self.sock.setblocking(False)
        self.tid: object = None
        room.sockets.append(self.sock)

    def say(self, packet: Packet | bytes, *, to_tid: bool = True) -> None:
        octets = packet if isinstance(packet, bytes) else build(packet)
        to: Any = self.tid if to_tid and self.tid else self.listening
        self.sock.sendto(octets, to)

    @property
    def listening(self) -> object:
        return self.room.server.addresses[0]

    def ask(self, name: str | bytes, *, writes: bool = False) -> Packet:
        octets = name if isinstance(name, bytes) else name.encode()
        self.tid = None
        self.say((Wrq if writes else Rrq)(octets, "octet"))
        return self.hear()

    def hear(self) -> Packet:
        for _ in range(TURNS):
            try:
                octets, self.tid = self.sock.recvfrom(65535)
            except BlockingIOError:
                self.room.server.turn(SLICE)
                continue
            return parse(octets)
        raise AssertionError(f"nothing came: {self.room.complaints}")

    def get(self, name: str) -> bytes:
        packet, whole = self.ask(name), b""
        while True:
            assert isinstance(packet, Data), packet
            whole += packet.payload
            self.say(Ack(packet.block))
            if len(packet.payload) < 512:
                return whole
            packet = self.hear()

    def put(self, name: str, octets: bytes) -> None:
        packet = self.ask(name, writes=True)
        for number in range(len(octets) // 512 + 1):
            assert packet == Ack(number)
            self.say(Data(number + 1, octets[number * 512 : (number + 1) * 512]))
            packet = self.hear()


@contextmanager
def room(
    root: Path,
    output: Path | None = None,
    roster: dict[str, str] | None = None,
    places: int = 400,
    of_a_host: int = 400,
    **other: object,
) -> Iterator[Room]:
    judged: list[Judged] = []
    complaints: list[str] = []
    config = ServerConfig(
        root,
        bind=("127.0.0.1",),
        port=0,
        max_sessions=places,
        max_sessions_per_address=of_a_host,
        **other,  # type: ignore[arg-type]
    )
    with GradeServer(
        Settings(config), Book(output), Register(roster), judged.append, complaints.append
    ) as server:
        made = Room(server, judged, complaints)
        try:
            yield made
        finally:
            for sock in made.sockets:
                sock.close()


def test_a_get_is_graded_for_the_student_who_is_named(tmp_path: Path) -> None:
    with room(tmp_path, tmp_path / "out") as made:
        whole = made.peer().get("kim.get-513")
        (one,) = made.until_judged()
        assert (one.student, one.results[0].verdict) == ("kim", Verdict.KEPT)
        assert whole == BY_NAME["get-513"].file("tftp-fsm:kim").whole()
        assert "get-513" in (tmp_path / "out" / "cards" / "kim.md").read_text()
        assert not made.complaints


def test_without_a_name_a_client_is_known_by_its_address(tmp_path: Path) -> None:
    with room(tmp_path) as made:
        made.peer("127.0.0.2").get("get-1")
        assert made.until_judged()[0].student == "at-127-0-0-2"


def test_the_file_to_put_is_handed_out_and_graded_when_it_comes(tmp_path: Path) -> None:
    with room(tmp_path) as made:
        peer = made.peer()
        octets = peer.get("kim.put-513")
        peer.put("kim.put-513", octets)
        assert [r.verdict for r in made.until_judged()[0].results] == [Verdict.KEPT]


def test_the_file_that_came_is_handed_in(tmp_path: Path) -> None:
    with room(tmp_path) as made:
        peer = made.peer()
        octets = peer.get("kim.get-513")
        made.peer().put("kim.get-513", octets)
        made.peer().put("lee.get-513", octets)
        by_student = {
            one.student: one.results[0] for one in made.until_judged(3) if one.trial.verb == "put"
        }
        assert by_student["kim"].check.name == "get-513.file"
        assert by_student["kim"].verdict is Verdict.KEPT
        assert by_student["lee"].verdict is Verdict.DEPARTED  # the file of somebody else


def test_a_file_of_which_a_part_was_handed_in_is_not_the_right_one(tmp_path: Path) -> None:
    with room(tmp_path) as made:
        peer = made.peer()
        assert peer.ask("kim.lost-ack", writes=True) == Ack(0)
        peer.say(Error(0, "that is all"))
        (one,) = made.until_judged()
        assert one.results[0].check.name == "lost-ack.file"
        assert one.results[0].verdict is Verdict.DEPARTED
        assert one.results[0].finding.seen == "the file that was handed in did not arrive complete"


def test_a_name_whose_program_was_graded_here_belongs_to_nobody_yet(tmp_path: Path) -> None:
    Book(tmp_path / "out").record("kim", "", ())
    with room(tmp_path, tmp_path / "out") as made:
        assert made.peer().get("kim.get-1")


def test_a_report_a_list_and_a_script_can_be_read(tmp_path: Path) -> None:
    with room(tmp_path) as made:
        made.peer().get("kim.get-1")
        made.until_judged()
        report = made.peer().get("kim.report").decode()
        assert "kept          get-1  " in report
        assert made.peer().get("trials").decode().count("\n") >= len(TRIALS)
        assert made.peer().get("script").startswith(b"#!/bin/sh\n")


def test_other_names_are_files_of_the_root_and_nothing_else(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "task.txt").write_bytes(b"write a client")
    (tmp_path / "secret").write_bytes(b"no")
    with room(root) as made:
        assert made.peer().get("task.txt") == b"write a client"
        for name in ("../secret", "kim/../../secret", "/../secret", "kim.no-trial", "\x1b[2J"):
            assert isinstance(made.peer().ask(name), Error)
        assert isinstance(made.peer().ask("task.txt", writes=True), Error)
        assert isinstance(made.peer().ask("kim.error", writes=True), Error)


def test_a_provider_makes_files_that_are_no_trials(tmp_path: Path) -> None:
    with room(tmp_path, provider=lambda asked: b"made: " + asked.name) as made:
        assert made.peer().get("task.txt") == b"made: task.txt"
        assert made.peer().get("kim.get-1") == BY_NAME["get-1"].file("tftp-fsm:kim").whole()


def test_a_name_of_somebody_else_is_refused_and_says_why(tmp_path: Path) -> None:
    with room(tmp_path) as made:
        made.peer().get("kim.get-1")
        made.until_judged()
        answer = made.peer("127.0.0.2").ask("kim.get-1")
        assert answer == Error(2, "the name kim belongs to another address")


def test_only_the_names_of_a_roster_are_known(tmp_path: Path) -> None:
    with room(tmp_path, roster={"kim": "7f3a"}) as made:
        for name in ("get-1", "lee.get-1", "kim.get-1", "kim-0.report"):
            answer = made.peer().ask(name)
            assert isinstance(answer, Error) and answer.code == 2
        made.peer().get("kim-7f3a.get-1")
        assert made.until_judged()[0].student == "kim"


def test_forty_clients_at_a_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    with room(tmp_path, tmp_path / "out") as made:
        peers = [made.peer() for _ in range(40)]
        for number, peer in enumerate(peers):
            peer.say(Rrq(f"student{number}.get-513".encode(), "octet"))
        for number, peer in enumerate(peers):
            key = f"tftp-fsm:student{number}"
            assert peer.hear() == Data(1, BY_NAME["get-513"].file(key).octets(0, 512))
            peer.say(Ack(1))
        for peer in peers:
            answer = peer.hear()
            assert isinstance(answer, Data) and answer.block == 2
            peer.say(Ack(2))
        judged = made.until_judged(40)
        assert {one.results[0].verdict for one in judged} == {Verdict.KEPT}
        assert (tmp_path / "out" / "summary.csv").read_text().count("\n") == 41


def test_a_request_that_comes_twice_makes_one_attempt(tmp_path: Path) -> None:
    with room(tmp_path) as made:
        peer = made.peer()
        peer.ask("kim.get-1")
        peer.say(Rrq(b"kim.get-1", "octet"), to_tid=False)
        first = peer.tid
        assert isinstance(peer.hear(), Data) and peer.tid == first
        assert made.server.sessions == 1


def test_an_ack_to_the_well_known_port_is_seen(tmp_path: Path) -> None:
    with room(tmp_path) as made:
        peer = made.peer()
        peer.ask("kim.new-port")
        peer.say(Ack(1), to_tid=False)
        made.server.turn(SLICE)
        peer.say(Error(0, "enough"))
        found = made.until_judged()[0].results[0].finding
        assert found.seen == "sent ACK 1 to the well-known port"


def test_a_client_that_sends_without_end_is_cut(tmp_path: Path) -> None:
    with room(tmp_path) as made:
        peer = made.peer()
        peer.ask("kim.get-513")
        (running,) = made.server._running.values()
        running.work._most = 50  # type: ignore[union-attr]
        for _ in range(60):
            peer.say(b"\0\4\xff\xff")
        one = made.until_judged()[0]
        assert one.results[0].verdict is Verdict.DEPARTED and made.server.sessions == 0
        assert len(one.attempt.story.heard(Opcode.ACK)) == 51


def test_a_student_who_asks_again_from_another_port_is_the_same(tmp_path: Path) -> None:
    with room(tmp_path) as made:
        request = Rrq(b"kim.refused-options", "octet", (("blksize", "1024"),))
        peer = made.peer()
        peer.say(request)
        assert isinstance(peer.hear(), Error)
        made.peer().ask("lee.refused-options")
        made.peer().ask("kim.refused-options")
        found = {one.student: one.results[0].finding.seen for one in made.until_judged()}
        assert found["kim"] == "asked again without options"


def test_the_trial_and_not_the_client_says_how_long_the_server_waits(tmp_path: Path) -> None:
    with room(tmp_path) as made:
        peer = made.peer()
        peer.say(Rrq(b"kim.lost-ack", "octet", (("timeout", "1"), ("blksize", "1024"))))
        assert peer.hear() == Oack((("blksize", "512"),))


def test_no_more_clients_are_served_than_there_are_places(tmp_path: Path) -> None:
    with room(tmp_path, places=3) as made:
        for number in range(3):
            made.peer().ask(f"s{number}.get-1")
        assert made.peer().ask("late.get-1") == Error(0, "busy: try again later")
        assert made.server.sessions == 3


def test_no_more_clients_of_one_host_are_served_than_it_may_have(tmp_path: Path) -> None:
    with room(tmp_path, of_a_host=2) as made:
        for number in range(2):
            peer = made.peer()
            peer.ask(f"s{number}.get-513")
            peer.say(Ack(1))  # so it is no forged request
            assert isinstance(peer.hear(), Data)
        assert made.peer().ask("late.get-1") == Error(0, "busy: try again later")
        assert isinstance(made.peer("127.0.0.2").ask("other.get-1"), Data)


@pytest.mark.parametrize(
    "octets",
    [b"", b"\0", b"\0\1", b"\0\1kim.get-1", b"\0\1\0octet\0", b"\xff" * 600, b"\0\3\0\1", b"\0\5"],
)
def test_what_is_no_request_begins_nothing(tmp_path: Path, octets: bytes) -> None:
    with room(tmp_path) as made:
        made.peer().say(octets)
        made.server.turn(SLICE)
        assert made.server.sessions == 0 and not made.complaints


def test_a_fault_in_one_attempt_ends_that_one_alone(tmp_path: Path) -> None:
    with room(tmp_path) as made:
        bad, good = made.peer(), made.peer()
        bad.ask("kim.get-513")
        good.ask("lee.get-1")
        running = next(r for r in made.server._running.values() if r.student == "kim")
        running.work.hear = lambda *_: 1 / 0  # type: ignore[method-assign, assignment]
        bad.say(Ack(1))
        good.say(Ack(1))
        kim, lee = sorted(made.until_judged(2), key=lambda one: one.student)
        assert "kim" in made.complaints[0] and made.server.sessions == 0
        assert {one.verdict for one in kim.results} == {Verdict.BROKEN_OFF}
        assert {one.verdict for one in lee.results} == {Verdict.KEPT}


def test_a_judge_that_fails_is_a_fault_of_ours_on_the_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(story: Story) -> Finding:
        raise ZeroDivisionError("nothing")

    (question, *others) = BY_NAME["get-513"].questions
    broken = replace(BY_NAME["get-513"], questions=(replace(question, judge=fails), *others))
    monkeypatch.setattr(grade_server, "trial_for", lambda verb, name: broken)
    with room(tmp_path, tmp_path / "out") as made:
        made.peer().get("kim.get-513")
        (one,) = made.until_judged()
        assert one.results[0].verdict is Verdict.BROKEN_OFF and not made.complaints
    card = Book(tmp_path / "out").student("kim").card()
    text = (tmp_path / "out" / "cards" / "kim.md").read_text()
    assert (
        "ZeroDivisionError in test\\_grade\\_server.py" in text
        and "Please report the fault." in text
    )
    assert card.is_broken_off and card.possible < Book().student("kim").card().possible


def test_words_of_a_client_are_harmless_in_its_card(tmp_path: Path) -> None:
    with room(tmp_path, tmp_path / "out") as made:
        peer = made.peer()
        peer.ask("kim.get-513")
        peer.say(Error(0, "\x1b[2J<script>|"))
        made.until_judged()
        text = (tmp_path / "out" / "cards" / "kim.md").read_text()
        assert "\x1b" not in text and "<script>" not in text
        assert "\x1b" not in made.peer().get("kim.report").decode()
