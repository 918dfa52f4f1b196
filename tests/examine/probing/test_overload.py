"""A server that is slow, silent or busy at times is named as such, and its verdicts stay."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import pytest

from tests.examine.probing.test_runner import FILES, Banning, Busy, Limited, Opening, Slow, run
from tests.support.simulated_server import Files, Listener
from tftp_fsm.examine.card import Card
from tftp_fsm.examine.card_markdown import as_markdown
from tftp_fsm.examine.card_record import as_record
from tftp_fsm.examine.card_text import as_text
from tftp_fsm.examine.probing.plan import card_of
from tftp_fsm.transports import Burst, Transport, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import is_request
from tftp_fsm.wire.packets import Error, build


class Dropping:
    """A server that drops each request for a moment, from its 12th request on."""

    def __init__(self, seconds: float) -> None:
        self._files = Files(dict(FILES))
        self._seconds, self._until, self._count = seconds, 0.0, 0

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        self._count += 1
        if self._count == 12:
            self._until = listener.network.now() + self._seconds
        if listener.network.now() >= self._until:
            self._files(listener, octets, client)


class LateOnce(Slow):
    """A server that answers its 12th client later than a client waits."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self._clients: list[Address] = []

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        self._clients += [client] * (client not in self._clients)
        is_late = self._clients.index(client) == 11
        (super().__call__ if is_late else self._files)(listener, octets, client)


class OnePort(Files):
    """A server of which all sessions have the listening port. It is late for each `every`th client.

    A request that comes again while its session is there does nothing. Later it begins another one.
    """

    def __init__(self, every: int, seconds: float = 1.3) -> None:
        super().__init__(dict(FILES))
        self._every, self._seconds = every, seconds
        self._clients: list[Address] = []
        self._heard: dict[Address, Callable[[Burst | Unreachable], None]] = {}

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        self._clients += [client] * (client not in self._clients)
        take = partial(self._take, listener, octets, client)
        if is_request(octets) and self._clients.index(client) % self._every == self._every - 1:
            listener.later.append((listener.network.now() + self._seconds, take))
        else:
            take()

    def _take(self, listener: Listener, octets: bytes, client: Address) -> None:
        if is_request(octets):
            if client not in self._heard:
                super().__call__(OfOneSession(listener, client, self._heard), octets, client)
        elif client in self._heard:
            self._heard[client](Burst.of(octets, client))
        else:
            listener.say(build(Error(5, "unknown transfer ID")), client)


class OfOneSession(Listener):
    """The listener, as a session with its port sees it."""

    def __init__(
        self,
        listener: Listener,
        client: Address,
        heard: dict[Address, Callable[[Burst | Unreachable], None]],
    ) -> None:
        self._client, self._all = client, heard
        self.network, self.transport = listener.network, listener.transport
        self.drivers, self.later = listener.drivers, listener.later

    def tid(self, heard: Callable[[Burst | Unreachable], None]) -> Transport:
        self._all[self._client] = heard
        return self

    def send(self, burst: Burst) -> None:
        self.transport.send(burst)

    def receive(self, deadline: float | None) -> None:
        return None

    def now(self) -> float:
        return self.network.now()

    def close(self) -> None:
        self._all.pop(self._client, None)


def card(answer: object, **wishes: object) -> Card:
    desk, results = run(answer, **wishes)  # type: ignore[arg-type]
    return card_of(desk, list(results.values()))


@pytest.mark.parametrize("latency", [0.02, 0.3, 0.6])
def test_a_healthy_server_gets_no_note_however_long_the_way_to_it(latency: float) -> None:
    healthy = card(Files(dict(FILES)), latency=latency)
    assert healthy.at_times == ()
    assert not any("slow" in remark or "moment" in remark for remark in healthy.remarks)


@pytest.mark.parametrize("seconds", [1.5, 2.2])
def test_one_late_answer_is_named(seconds: float) -> None:
    one = card(LateOnce(seconds))
    assert one.departures == () and one.at_times == ("late",)
    assert one.remarks[0].endswith("The server is slow or drops requests now and then.")
    assert (
        f" requests got its first answer after more than 0.9 s ({seconds:.1f} s). "
        in (one.remarks[0])
    )


def test_a_server_that_is_always_slow_is_named() -> None:
    slow = card(Opening(1.2))
    assert "late" in slow.at_times
    assert slow.remarks[0].endswith(" (up to 1.2 s). The server is slow or drops requests.")


def test_a_request_that_is_dropped_and_answered_when_it_comes_again_is_named() -> None:
    assert card(Dropping(0.5)).at_times == ("late",)


@pytest.mark.parametrize("seconds", [3.0, 5.0])
def test_a_server_that_drops_requests_for_a_moment_is_named(seconds: float) -> None:
    dropping = card(Dropping(seconds))
    assert dropping.departures == () and "silent" in dropping.at_times
    assert any(
        remark.startswith("For a moment no answer came, and later the server answered again: see ")
        for remark in dropping.remarks
    )
    assert "silent" in card(Limited(16, 4.0)).at_times


def test_a_server_that_always_pauses_at_a_check_is_named() -> None:
    banning = card(Banning())
    assert banning.at_times == ("silent",) and ": see unknown-mode." in banning.remarks[0]


def test_a_server_that_refuses_now_and_then_is_named() -> None:
    busy = card(Busy(lambda count, octets: count == 12))
    assert busy.departures == () and busy.at_times == ("refusing",)
    assert busy.remarks[0].startswith("The server refused some requests with an ERROR, and ")


def test_who_refuses_for_good_is_not_called_busy() -> None:
    assert card(Busy(lambda count, octets: b"blksize" in octets)).at_times == ()


def test_each_form_of_the_card_has_the_note() -> None:
    late = card(LateOnce(2.2))
    assert late.remarks[0] in as_text(late)
    assert "slow or drops requests" in as_markdown(late)
    record = json.loads(json.dumps(as_record(late)))
    assert record["at_times"] == ["late"] and record["remarks"][0] == late.remarks[0]


@pytest.mark.parametrize("every", [1, 2, 3, 4, 5])
def test_a_server_with_one_port_is_not_blamed_for_a_request_that_was_sent_twice(every: int) -> None:
    one = card(OnePort(every))
    assert [result.check.name for result in one.departures] == ["port"]
    assert "late" in one.at_times
