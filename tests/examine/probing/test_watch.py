"""The watcher of an examination also sees packets that belong to no session."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.numbered import Numbered
from tests.support.simulated_server import LINES, LISTENER, Answering, Files, World
from tftp_fsm.examine.probing.answers import wrong_tid
from tftp_fsm.examine.probing.desk import Desk, Wishes
from tftp_fsm.examine.probing.stranger import CAME, SENT
from tftp_fsm.examine.probing.talk import UNACKNOWLEDGED
from tftp_fsm.examine.probing.tap import Meter, Tap
from tftp_fsm.examine.probing.watch import Beside, Watch
from tftp_fsm.trace.describe import datagram_words
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.transports.carried import Carried
from tftp_fsm.wire.packets import Data, Error


class Told:
    """The reports of a watch: the direction, the packet in words, and the reason."""

    def __init__(self) -> None:
        self.beside: list[tuple[str, str, str]] = []
        self.remarks: list[str] = []
        self.watch = Watch(
            beside=self._take, remark=lambda now, words: self.remarks.append(str(words))
        )

    def _take(self, carried: Carried, why: str) -> None:
        words = datagram_words(carried.octets, len(carried.octets))
        self.beside.append((carried.direction, words, why))


def told_of(answer: Answering, content: bytes, act: Callable[[Desk], object]) -> Told:
    told, world = Told(), World(answer)
    desk = Desk(LISTENER, Wishes(b"file"), world.open, told.watch)
    desk.known.size = len(content)
    act(desk)
    return told


def test_a_stranger_and_the_answers_to_it_are_told() -> None:
    told = told_of(Numbered(Error(4, "no"), Data(9, b"")), LINES, wrong_tid)
    assert told.beside == [
        ("sent", "ACK 1", SENT),
        ("received", "ERROR 4 no", CAME),
        ("received", "DATA 9 (0 octets)", CAME),
    ]


def test_an_error_after_a_success_whose_last_ack_was_lost_is_told() -> None:
    told = told_of(Files({"file": b"short"}), b"short", lambda desk: desk.first_answer(()))
    assert told.beside == [("sent", "ERROR 0 thank you, this was an examination", UNACKNOWLEDGED)]


def test_a_session_that_has_acknowledged_everything_needs_no_farewell() -> None:
    def read(desk: Desk) -> None:
        with desk.read() as talk:
            talk.run(1.0, until=lambda: talk.ended)

    assert told_of(Files({"file": b"short"}), b"short", read).beside == []


class Closed:
    """A transport to a port that nobody has opened."""

    def send(self, burst: Burst) -> None:
        pass

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        return Unreachable(LISTENER)

    def now(self) -> float:
        return 0.0

    def close(self) -> None:
        pass


def test_a_port_that_is_reported_as_closed_is_told() -> None:
    told = Told()
    assert Beside(Tap(Closed(), Meter(1000), 1000), told.watch).receive(1.0, CAME)
    assert told.remarks == ["the stranger got the system's port unreachable (ICMP)"]
    assert told.beside == []
