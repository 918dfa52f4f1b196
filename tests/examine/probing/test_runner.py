"""Silence proves nothing if the server has gone or pauses. The limits hold in both cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from tests.support.simulated_server import LINES, Answering, Files, Listener, World
from tftp_fsm.examine.checks import Finding, Result, Verdict, departed, kept
from tftp_fsm.examine.probing import runner as runners
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.examination import CannotExamine
from tftp_fsm.examine.probing.plan import card_of, examined, requests, runner_of, seconds
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.transports import Burst, Transport
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Error, Rrq, build, parse

FILES = {"file": LINES, "nothing": b""}


class Dying:
    """A server that dies with its `last` request: all sessions end without a word.

    If it is `closed`, the system says that nobody listens any more.
    """

    def __init__(self, last: int, *, closed: bool) -> None:
        self._files = Files(dict(FILES))
        self._left = last
        self._is_closed = closed

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        self._left -= 1
        if self._left >= 0:
            self._files(listener, octets, client)
        if self._left > 0:
            return
        for driver in listener.drivers:
            driver.transport.close()
        listener.drivers.clear()
        if self._is_closed:
            listener.transport.close()


class Limited:
    """A server that answers so `many` requests, then nothing for so many `seconds`, and so on."""

    def __init__(self, many: int, seconds: float) -> None:
        self._files = Files(dict(FILES))
        self._many, self._seconds = many, seconds
        self._count, self._until = 0, 0.0

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        if listener.network.now() < self._until:
            return
        self._count += 1
        if self._count > self._many:
            self._count, self._until = 0, listener.network.now() + self._seconds
            return
        self._files(listener, octets, client)


class Opening:
    """A server that opens a file for so many `seconds`, while the request goes to and fro."""

    def __init__(self, seconds: float, policy: RetryPolicy | None = None) -> None:
        self._files = Files(dict(FILES), policy=policy)
        self._seconds = seconds
        self._disks = iter(range(60_000))

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        due = listener.network.now() + self._seconds
        disk = "disk", next(self._disks)

        def heard(arrived: object = None) -> None:
            if listener.network.now() < due:
                transport.send(Burst.of(octets, disk))
            else:
                self._files(listener, octets, client)

        transport = listener.network.transport(disk, heard)
        heard()


class Losing:
    """A server that loses one datagram: the `nth` of a session that begins with `begins`."""

    def __init__(self, begins: bytes, nth: int) -> None:
        self._files = Files(dict(FILES))
        self._begins, self._nth = begins, nth
        self.is_lost = False

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        is_plain = octets.endswith(b"\0octet\0")
        if is_plain == self._begins.startswith(b"\0\6"):
            self._files(listener, octets, client)
            return
        tid = listener.tid
        listener.tid = lambda heard: self._losing(tid(heard))  # type: ignore[method-assign]
        try:
            self._files(listener, octets, client)
        finally:
            listener.tid = tid  # type: ignore[method-assign]

    def _losing(self, transport: Transport) -> Transport:
        send, counts = transport.send, [0]

        def lossy(burst: Burst) -> None:
            counts[0] += b"".join(burst.buffers).startswith(self._begins)
            if counts[0] == self._nth and not self.is_lost:
                self.is_lost = True
            else:
                send(burst)

        transport.send = lossy  # type: ignore[method-assign]
        return transport


class Slow:
    """A server that works so many `seconds` on each request, on one after the other."""

    def __init__(self, seconds: float) -> None:
        self._files = Files(dict(FILES))
        self._seconds, self._free = seconds, 0.0

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        self._free = max(self._free, listener.network.now()) + self._seconds
        answer = partial(self._files, listener, octets, client)
        listener.later.append((self._free, answer))


class Busy:
    """A server that refuses each request for which `is_busy`, and serves the others."""

    def __init__(self, is_busy: Callable[[int, bytes], bool], code: int = 0) -> None:
        self._files = Files(dict(FILES))
        self._is_busy, self._code = is_busy, code
        self._count = 0

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        self._count += 1
        if self._is_busy(self._count, octets):
            listener.say(build(Error(self._code, "busy, try again")), client)
        else:
            self._files(listener, octets, client)


class Banning:
    """A server that answers nobody for a while after a request in another mode."""

    def __init__(self) -> None:
        self._files = Files(dict(FILES))
        self._until = 0.0

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        request = parse(octets)
        now = listener.network.now()
        if isinstance(request, Rrq) and request.mode == "x-no-such-mode" and now > self._until:
            self._until = now + 6.0
        if now >= self._until:
            self._files(listener, octets, client)


def run(
    answer: Answering, *, latency: float = 0.02, **wishes: object
) -> tuple[Desk, dict[str, Result]]:
    """Examine this server. The examination keeps its limits."""
    clients: set[Address] = set()

    def counted(listener: Listener, octets: bytes, client: Address) -> None:
        clients.add(client)
        answer(listener, octets, client)

    world = World(counted, latency=latency)
    desk = world.desk(empty=b"nothing", write=b"scratch", **wishes)
    most, longest, began = requests(desk), seconds(desk), world.network.now()
    results = {result.check.name: result for result in examined(desk)}
    assert len(clients) <= most and desk.meter.requests <= 2 * most
    assert world.network.now() - began <= longest
    return desk, results


def _is_each(each: int, first: int, count: int, octets: bytes) -> bool:
    return (count + first) % each == 0


def departures(results: dict[str, Result]) -> list[str]:
    return [name for name, one in results.items() if one.is_departure]


@pytest.mark.parametrize(
    ("latency", "opening"),
    [(0.02, 1.2), (0.02, 4.0), (0.3, 0.0), (0.3, 4.0), (0.45, 0.0), (0.6, 1.2), (1.2, 0.0)],
)
def test_who_is_only_slow_departs_from_nothing(latency: float, opening: float) -> None:
    _, healthy = run(Files(dict(FILES)))
    _, results = run(Opening(opening), latency=latency)
    assert departures(results) == []
    found = {name: one.verdict for name, one in results.items()}
    left = {name for name, one in found.items() if one is not healthy[name].verdict}
    assert left <= {"write-lost-final-ack"}  # such a server may have left before our DATA comes


@pytest.mark.parametrize("latency", [0.15, 0.3])
def test_what_was_on_its_way_is_no_answer(latency: float) -> None:
    """A server that sends again before an answer can have come has only this departure."""
    policy = RetryPolicy(dally=3.0, initial_rto=0.2)
    assert departures(run(Opening(0.0, policy), latency=latency)[1]) == ["timeout"]


def test_a_wait_that_the_end_of_a_check_cuts_proves_nothing() -> None:
    def found(desk: Desk) -> Finding:
        with desk.read() as talk:
            return departed("seen") if not talk.run(1e3, until=lambda: False) else kept("seen")

    desk = World(Files(dict(FILES))).desk()
    runner = runner_of(desk)
    one = replace(runner.examinations[-3], examine=found)
    assert runner.finding(one).seen == runners.TOO_SLOW


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "mute"])
@pytest.mark.parametrize("last", [1, 2, 6, 9, 13, 20, 25, 29, 31, 34, 38, 41])
def test_a_server_that_dies_departs_from_nothing(last: int, closed: bool) -> None:
    _, healthy = run(Files(dict(FILES)))
    desk, results = run(Dying(last, closed=closed))
    assert departures(results) == []
    assert desk.stopped is not None
    check, waited = desk.stopped.check, desk.stopped.waited
    assert desk.stopped.is_closed is closed
    names = list(results)
    for name in names[: names.index(check)]:
        assert results[name].verdict is healthy[name].verdict, name
    for name in names[names.index(check) :]:
        if name not in ("answer-address", "unasked-option", "port"):  # they send nothing
            words = f"the server stopped answering at the check {check}"
            if closed:
                words = (
                    f"the server has ended: no program listens at its port since the check {check}"
                )
            assert results[name].finding.seen == words, name
    card = card_of(desk, list(results.values()))
    words = f"The server stopped answering at the check {check}. For {waited:.0f} s it did not"
    if closed:
        words = f"The server has ended: since the check {check} no program listens at its port, for"
    assert card.remarks[0].startswith(words)


@pytest.mark.parametrize("pause", [2.0, 4.0, 8.0])
@pytest.mark.parametrize("many", [7, 16])
def test_a_server_that_pauses_is_found_to_be_what_it_is(many: int, pause: float) -> None:
    _, healthy = run(Files(dict(FILES)))
    desk, results = run(Limited(many, pause))
    assert departures(results) == [] and desk.stopped is None
    found = {name: one.verdict for name, one in results.items()}
    left = [name for name, verdict in found.items() if verdict is not healthy[name].verdict]
    assert left == []


@pytest.mark.parametrize("patience", [1.0, 10.0, 40.0])
@pytest.mark.parametrize(("many", "pause"), [(1, 5.0), (1, 9.0), (2, 30.0), (3, 5.0)])
def test_the_limits_hold_however_often_a_server_pauses(
    many: int, pause: float, patience: float
) -> None:
    assert departures(run(Limited(many, pause), patience=patience)[1]) == []


def test_a_pause_that_is_longer_than_the_patience_is_an_end() -> None:
    desk, results = run(Limited(16, 60.0))
    assert departures(results) == [] and desk.stopped is not None
    desk, results = run(Limited(16, 30.0), patience=40.0)
    assert departures(results) == [] and desk.stopped is None


def test_who_always_pauses_at_a_check_is_not_examined_there() -> None:
    _, results = run(Banning())
    assert departures(results) == []
    assert results["unknown-mode"].finding.seen == runners.PAUSES
    assert results["mode-case"].verdict is Verdict.KEPT


def test_a_silence_that_is_a_departure_is_seen_twice() -> None:
    asked: list[bytes] = []
    files = Files(dict(FILES))

    def mute_once(listener: Listener, octets: bytes, client: Address) -> None:
        if b"x-no-such-mode" in octets:
            asked.append(octets)
            if len(asked) <= 2:  # the request, and once more
                return
        files(listener, octets, client)

    assert departures(run(mute_once)[1]) == []

    def mute(listener: Listener, octets: bytes, client: Address) -> None:
        if b"x-no-such-mode" not in octets:
            files(listener, octets, client)

    assert departures(run(mute)[1]) == ["unknown-mode"]


@pytest.mark.parametrize(
    ("check", "begins", "nth"),
    [
        ("wrong-tid", b"\0\5\0\5", 1),
        ("write-wrong-tid", b"\0\5\0\5", 1),
        ("timeout", b"\0\6timeout\x001\0", 2),
        ("retransmission", b"\0\3\0\1", 2),
    ],
)
def test_one_lost_datagram_is_no_departure(check: str, begins: bytes, nth: int) -> None:
    losing = Losing(begins, nth)
    assert departures(run(losing, only=(check,))[1]) == []
    assert losing.is_lost


def test_what_was_answered_is_not_asked_again() -> None:
    asked: list[bytes] = []
    files = Files(dict(FILES))

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        asked.append(octets)
        if b"blksize\0many\0" not in octets:
            files(listener, octets, client)

    results = run(serve)[1]
    assert departures(results) == ["odd-values"]
    odd = [octets for octets in asked if b"blksize\0007\0" in octets]
    mute = [octets for octets in asked if b"blksize\0many\0" in octets]
    assert (len(odd), len(mute)) == (1, 4)


def test_without_a_request_left_a_silence_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def mute(listener: Listener, octets: bytes, client: Address) -> None:
        if octets == build(Rrq(b"file", "octet")):
            Files(dict(FILES))(listener, octets, client)

    monkeypatch.setattr(runners, "SPARE_REQUESTS", -31)
    results = run(mute)[1]
    assert results["tsize"].finding.seen == runners.UNPROVED


def test_a_runner_whose_time_is_over_makes_no_check() -> None:
    desk = World(Files(dict(FILES))).desk()
    runner = runner_of(desk)
    desk.began, desk.now = 0.0, lambda: runner.seconds - 1.0
    finding = runner.finding(runner.examinations[0])
    assert finding.seen == "the time limit of the examination is over"


def test_after_a_check_without_a_silence_nothing_more_is_sent() -> None:
    desk = World(Files(dict(FILES))).desk()
    runner = runner_of(desk)

    def found(desk: Desk) -> Finding:
        return departed("seen")

    one = replace(runner.examinations[0], examine=found)
    assert runner.finding(one).seen == "seen"
    assert desk.meter.requests == 0


def test_who_begins_two_sessions_for_a_request_sends_nothing_again_by_that() -> None:
    files = Files(dict(FILES))

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        files(listener, octets, client)
        files(listener, octets, client)

    assert departures(run(serve)[1]) == []


@pytest.mark.parametrize("delay", [1.2, 2.0, 3.0, 4.0, 5.0])
def test_a_slow_server_departs_from_nothing(delay: float) -> None:
    _, healthy = run(Files(dict(FILES)))
    desk, results = run(Slow(delay))
    assert departures(results) == [] and desk.is_slow
    left = [name for name, one in results.items() if one.verdict is not healthy[name].verdict]
    assert delay > 3.0 or len(left) <= 3, left


@pytest.mark.parametrize("code", [0, 3])
@pytest.mark.parametrize("each", [2, 3, 4, 5, 7])
def test_a_busy_server_departs_from_nothing(each: int, code: int) -> None:
    _, healthy = run(Files(dict(FILES)))
    for first in range(each):
        _, results = run(Busy(partial(_is_each, each, first), code))
        assert departures(results) == []
        assert not any("later" in results[name].finding.seen for name in ("write", "write-empty"))
        left = [name for name, one in results.items() if one.verdict is not healthy[name].verdict]
        assert each < 5 or len(left) <= 3, left


@pytest.mark.parametrize("code", [0, 3])
def test_who_refuses_a_request_each_time_departs(code: int) -> None:
    _, results = run(Busy(lambda count, octets: b"blksize" in octets, code))
    assert departures(results)[:1] == ["blksize"]
    assert "busy, try again" in results["blksize"].finding.seen


def test_another_code_is_not_asked_again() -> None:
    asked: list[bytes] = []

    def refuses(count: int, octets: bytes) -> bool:
        asked.append(octets)
        return b"OcTeT" in octets

    assert departures(run(Busy(refuses, code=4))[1]) == ["mode-case"]
    assert len([octets for octets in asked if b"OcTeT" in octets]) == 1


def test_a_server_that_refuses_for_the_whole_patience_is_not_examined() -> None:
    desk, results = run(Busy(lambda count, octets: count > 3))
    assert departures(results) == [] and desk.stopped is None
    assert results["mode-case"].finding.seen == runners.REFUSES


@pytest.mark.parametrize("requests", [0, 1, 3])
def test_without_a_request_left_a_refusal_proves_nothing(
    requests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(Busy(lambda count, octets: b"OcTeT" in octets))
    desk = world.desk(only=("mode-case",))
    runner = runner_of(desk)
    for one in runner.examinations[:-1]:
        runner.finding(one)
    runner.spare = requests
    assert runner.examinations[-1].check.name == "mode-case"
    finding = runner.finding(runner.examinations[-1])
    assert finding.seen == runners.UNREPEATED


def test_a_server_that_refuses_the_first_request_is_asked_once_more() -> None:
    assert departures(run(Busy(lambda count, octets: count == 1))[1]) == []
    with pytest.raises(CannotExamine, match="busy, try again"):
        run(Busy(lambda count, octets: count < 3))


def test_a_departure_of_a_slow_server_is_seen_twice() -> None:
    slow = Slow(1.5)
    asked: list[bytes] = []

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        asked.append(octets)
        is_first = sum(b"OcTeT" in one for one in asked) <= 1
        if b"OcTeT" in octets and is_first:
            listener.say(build(Error(4, "mode")), client)
        else:
            slow(listener, octets, client)

    assert departures(run(serve)[1]) == []
