"""What one network can cause before it has answered: first answers and refusals, over all requests.

The clock of the server moves only where a test moves it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.amplification import Attack, attack, request
from tests.support.served import error, serving
from tftp_fsm.protocol.events import Outcome, Step
from tftp_fsm.server.listen_share import MOST, ListenShare
from tftp_fsm.server.quotas import DATAGRAMS, RATE, REFUSALS_DEPTH, REFUSALS_RATE, Quotas
from tftp_fsm.server.rate_limit import REMEMBERED, NetworkBuckets, TokenBucket
from tftp_fsm.wire.packets import Ack, Data, Error, Wrq

VICTIM = ("192.0.2.1", 4000)
SESSIONS = 5


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Attack]:
    with attack(tmp_path, max_sessions_per_address=SESSIONS) as found:
        yield found


def asked(on: Attack, count: int, host: str = "127.0.0.2", name: bytes = b"file") -> int:
    """So many forged requests of `host`, each from another port; how many were answered."""
    victims = [on.victim(host) for _ in range(count)]
    for victim in victims:
        on.ask(victim, request(name=name))
    return sum(victim.datagrams_in > 0 for victim in victims)


def test_an_address_is_sent_first_answers_for_as_many_sessions_as_it_may_have(on: Attack) -> None:
    assert asked(on, 3 * SESSIONS) == SESSIONS
    assert on.served.loop.totals.silent == 2 * SESSIONS
    assert "no answer" in on.served.refused[0].why
    assert asked(on, 1, "127.0.0.3") == 1, "another address has a quota of its own"


def test_as_long_as_it_is_forged_it_is_sent_eight_datagrams_a_second(on: Attack) -> None:
    """This is the bound of `serve --help`, over all its sessions and any number of requests."""
    seconds = 40
    for _ in range(seconds):
        asked(on, 5)
        on.pass_time(1.0)
    figures = on.until_over()
    assert figures.datagrams_out <= DATAGRAMS * SESSIONS + RATE * seconds
    assert figures.octets_out <= 516 * figures.datagrams_out


def test_who_answers_has_the_whole_quota_again(on: Attack) -> None:
    for _ in range(10 * SESSIONS):
        client = on.served.peer("127.0.0.2")
        client.ask("file")
        assert isinstance(client.hear(), Data)
        client.say(Ack(1))
        assert isinstance(client.hear(), Data)
        client.say(Error(0, "enough"))
        assert client.hears_nothing()
    assert on.served.loop.totals.silent == 0


def test_who_asks_for_the_size_only_has_answered_too(on: Attack) -> None:
    for _ in range(10 * SESSIONS):
        client = on.served.peer("127.0.0.2")
        client.ask("file", tsize=0)
        client.hear()
        client.say(Error(0, "enough"))
        assert client.hears_nothing()
    assert on.served.reports[-1].outcome is Outcome.PROBED


def test_a_repeated_request_is_answered_from_the_same_quota(on: Attack) -> None:
    victim = on.victim("127.0.0.2")
    for _ in range(100):
        on.ask(victim, request())
    assert victim.datagrams_in == 1 + DATAGRAMS * (SESSIONS - 1)


def test_another_request_from_the_same_port_is_charged_too(on: Attack) -> None:
    """Each of them would replace the session of the one before, and be answered."""
    victim = on.victim("127.0.0.2")
    for number in range(100):
        on.ask(victim, request({"tsize": 0} if number % 2 else None))
    assert victim.datagrams_in == SESSIONS


def test_the_copies_of_a_client_that_has_answered_are_free(on: Attack) -> None:
    client = on.served.peer("127.0.0.2")
    client.ask("file")
    client.hear()
    client.say(Ack(1))
    client.hear()
    for _ in range(100):
        client.ask("file")
        client.hears_nothing()
    assert on.served.loop.totals.silent == 0
    assert on.served.loop.totals.repeated == 100


def test_all_addresses_of_one_ipv6_link_have_one_quota() -> None:
    quotas = Quotas(1)
    quotas.charge_session(("2001:db8::1", 4000, 0, 0), 0.0)
    assert not quotas.may_begin(("2001:db8::2:3", 4000, 0, 0), 0.0)
    assert quotas.may_begin(("2001:db8:0:1::1", 4000, 0, 0), 0.0)
    assert quotas.may_begin(("192.0.2.1", 4000), 0.0)


# -- Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [b"missing", b"no/such/file", b"../out"])
def test_an_address_gets_a_hundred_errors_and_then_twenty_a_second(on: Attack, name: bytes) -> None:
    depth = int(REFUSALS_DEPTH)
    assert asked(on, depth + 10, name=name) == depth
    on.pass_time(1.0)
    assert asked(on, 30, name=name) == int(REFUSALS_RATE)
    assert asked(on, 1, "127.0.0.3", name) == 1, "another address gets its own"


def test_who_gets_no_more_errors_still_gets_files(on: Attack) -> None:
    """Otherwise a forger of a client's address could lock out this client."""
    asked(on, 2 * int(REFUSALS_DEPTH), name=b"missing")
    assert asked(on, 1) == 1


def test_a_refused_upload_has_the_same_bound(tmp_path: Path) -> None:
    with attack(tmp_path, writable=False) as on:
        victim = on.victim("127.0.0.2")
        for number in range(150):
            on.ask(victim, Wrq(b"new%d" % number))
        assert victim.datagrams_in == int(REFUSALS_DEPTH)


def test_all_addresses_together_get_a_thousand_errors_at_once() -> None:
    quotas = Quotas(100)
    sent = [quotas.charge_refusal((f"192.0.2.{n}", 69), 0.0) for n in range(200) for _ in range(20)]
    assert sum(sent) == 1000
    assert not quotas.may_refuse(("192.0.2.1", 5), 0.0), "so a flood is left out while it is cheap"


def test_a_refusal_is_a_step_without_a_socket_or_a_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of missing names would open a socket for each. The table still decides."""
    steps: list[Step] = []
    with serving(tmp_path, observer=lambda peer, step: steps.append(step)) as served:
        monkeypatch.setattr("tftp_fsm.server.request_handler.SessionTransport", None)
        monkeypatch.setattr("tftp_fsm.server.session_table.SessionTable.add", None)
        client = served.peer()
        client.ask("missing")
        assert "no such file" in error(client.hear(), 1)
        client.say(b"\0\1file\0mail\0", served.address)
        assert "mode" in error(client.hear(), 4)
    assert [step.row.trigger for step in steps if step.row] == [
        "storage_failed",
        "request_received",
    ]
    assert [r.outcome for r in served.reports] == [Outcome.NOT_FOUND, Outcome.REFUSED]
    assert served.loop.totals.requests == 2
    assert client.server == served.address


# -- The buckets, and the share of a turn ---------------------------------------------------------


def test_a_bucket_never_has_more_than_its_depth() -> None:
    bucket = TokenBucket(1.0, 2.0)
    assert bucket.take(10.0) and bucket.take(10.0) and not bucket.take(10.5)
    bucket.give_back(9.0)
    assert bucket.has(2.0, 10.5) and not bucket.has(2.1, 10.5)


def test_the_networks_that_asked_last_are_remembered() -> None:
    buckets = NetworkBuckets(1.0, 1.0)
    victim = buckets.of("victim")
    for number in range(2 * REMEMBERED):
        buckets.of(str(number))
        assert buckets.of("victim") is victim, "a flood that goes on is not forgotten"
    assert len(buckets) == REMEMBERED


def test_a_listening_port_gets_as_much_time_as_the_sessions_had() -> None:
    share = ListenShare()
    share.after_sessions(3, 0.010)
    assert share.goes_on(8, 0.009)
    assert not share.goes_on(8, 0.010)
    share.after_sessions(3, 0.000)
    assert share.goes_on(0, 1.0) and not share.goes_on(1, 1.0), "one datagram in any case"


def test_while_nobody_moves_it_gets_more_with_each_turn() -> None:
    share = ListenShare()
    share.after_sessions(1, 0.0)
    most = []
    for _ in range(6):
        share.after_sessions(0, 0.0)
        most.append(next(n for n in range(100) if not share.goes_on(n, 1.0)))
    assert most == [2, 4, 8, MOST, MOST, MOST]


def test_a_flood_waits_while_a_session_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sessions take no time here, so each port gets one datagram a turn, then two, four, ..."""
    (tmp_path / "file").write_bytes(bytes(5000))
    with serving(tmp_path, timeout=30.0) as served:
        monkeypatch.setattr(time, "perf_counter", lambda: 0.0)
        client, flood = served.peer(), served.peer("127.0.0.2")
        client.ask("file")
        assert isinstance(client.hear(), Data)
        for _ in range(40):
            flood.say(b"\0\1missing\0octet\0", served.address)
        client.say(Ack(1))
        heard = []
        for _ in range(4):
            before = served.loop.totals.requests
            served.loop.turn(0)
            heard.append(served.loop.totals.requests - before)
        assert client.peek() == Data(2, bytes(512))
        assert heard == [1, 2, 4, 8]
