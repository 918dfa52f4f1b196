"""How much DATA one network gets where ACKs prove nothing: a bound for forgers, not for files.

The clock moves only where a test moves it, except in the last test.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tftp_fsm
from tests.support.amplification import OWN, RANGE_11, RANGE_179, SINGLE, Attack, Mode, attack
from tests.support.amplification import request as asking
from tftp_fsm.server import pacer as pacers
from tftp_fsm.server.pacer import HOLD, Pacer
from tftp_fsm.server.shared_transport import SharedTransport
from tftp_fsm.transports import Burst
from tftp_fsm.transports.session_transport import SessionTransport
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, build

VICTIM = ("192.0.2.1", 4000)
DEPTH, RATE = 100_000, 20_000  # octets, and octets a second
BLOCK = build(Data(1, bytes(996)))  # 1000 octets


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacers, "DEPTH", DEPTH)


def admitted(pacer: Pacer, count: int, peer: Any = VICTIM, now: float = 0.0) -> int:
    """Return how many of so many blocks may be sent at once."""
    burst = Burst.of(BLOCK, peer)
    return sum(pacer.admit(burst, lambda late: None, now) for _ in range(count))


def test_a_network_gets_so_much_at_once_and_the_rest_at_the_rate() -> None:
    pacer = Pacer(RATE)
    assert admitted(pacer, 200) == DEPTH // 1000
    assert admitted(pacer, 1, ("192.0.2.1", 9)) == 0, "another port of the same address"
    assert admitted(pacer, 1, ("192.0.2.2", 4000)) == 1, "another address"
    assert admitted(pacer, 10, now=1000.0) == 10, "it was quiet for long enough"


def test_what_waits_is_sent_in_order_as_a_copy() -> None:
    pacer = Pacer(RATE)
    sent: list[Burst] = []
    memory = bytearray(BLOCK)
    admitted(pacer, DEPTH // 1000)
    for number in range(3):
        memory[4] = number
        assert not pacer.admit(Burst.of(memoryview(memory), VICTIM), sent.append, 0.0)
    memory[4] = 9
    assert pacer.due == pytest.approx(1000 / RATE)
    pacer.release(1000 / RATE - 0.001)
    assert sent == []
    pacer.release(2000 / RATE)
    assert [bytes(burst.buffers[0])[4] for burst in sent] == [0, 1]
    pacer.release(10.0)
    assert len(sent) == 3 and pacer.due is None


def test_what_would_wait_for_long_is_dropped_and_costs_nothing() -> None:
    pacer = Pacer(RATE)
    sent: list[Burst] = []
    admitted(pacer, DEPTH // 1000)
    for _ in range(10_000):
        assert not pacer.admit(Burst.of(BLOCK, VICTIM), sent.append, 0.0)
    pacer.release(HOLD)
    assert len(sent) == RATE // 1000 and pacer.due is None


def test_what_waits_for_all_networks_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacers, "MOST", 5000)
    pacer = Pacer(RATE)
    sent: list[Burst] = []
    for host in range(1, 11):
        peer = (f"192.0.2.{host}", 4000)
        admitted(pacer, DEPTH // 1000, peer)
        pacer.admit(Burst.of(BLOCK, peer), sent.append, 0.0)
    pacer.release(HOLD)
    assert len(sent) == 5
    other = ("192.0.2.99", 4000)
    admitted(pacer, DEPTH // 1000 + 1, other, HOLD)
    assert pacer.due is not None, "there is room again"


def test_only_data_counts() -> None:
    pacer = Pacer(RATE)
    admitted(pacer, 1000)
    for packet in (Ack(1), Oack(()), Error(0, "x")):
        assert pacer.admit(Burst.of(build(packet), VICTIM), lambda late: None, 0.0)


def test_another_rate_begins_anew() -> None:
    pacer = Pacer(RATE)
    admitted(pacer, 1000)
    pacer.rate = RATE
    assert admitted(pacer, 1) == 0
    pacer.rate = 2 * RATE
    assert admitted(pacer, 1) == 1


def forged(on: Attack, sessions: int, seconds: float) -> int:
    """Send 20 ACKs a second to some sessions of one address. Return the octets that they cause."""
    victims = [on.victim("127.0.0.2") for _ in range(sessions)]
    for victim in victims:
        on.ask(victim, asking({"blksize": 1428}))
    tids = [victim.server for victim in victims]
    blocks = dict.fromkeys(range(sessions), 0)
    for _ in range(round(seconds * 20)):
        for number, victim in enumerate(victims):
            on.say(victim, Ack(blocks[number]), tids[number], 1)
            blocks[number] += 1
        on.pass_time(0.05)
    return sum(victim.octets_in for victim in victims)


@pytest.mark.parametrize("mode", [SINGLE, RANGE_11], ids=lambda mode: mode.name)
def test_a_forger_of_acks_brings_no_more_than_the_bound(tmp_path: Path, mode: Mode) -> None:
    """This is over all sessions, for any time."""
    with attack(tmp_path, network_rate=RATE, **mode.options) as on:
        octets = forged(on, sessions=5, seconds=20)
        assert DEPTH + RATE * 15 < octets <= DEPTH + RATE * 20 + 5 * 2000
        other = on.victim("127.0.0.3")
        on.ask(other, asking())
        assert other.octets_in == 516, "another address is served"


@pytest.mark.parametrize("mode", [OWN, RANGE_179], ids=lambda mode: mode.name)
def test_where_an_ack_proves_something_there_is_no_such_bound(tmp_path: Path, mode: Mode) -> None:
    with attack(tmp_path, network_rate=RATE, **mode.options) as on:
        assert forged(on, sessions=5, seconds=10) > 2 * (DEPTH + RATE * 10)


@pytest.mark.parametrize("mode", [SINGLE, RANGE_11], ids=lambda mode: mode.name)
def test_a_client_beyond_the_bound_gets_its_file_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: Mode
) -> None:
    late: list[Burst] = []
    for kind in (SharedTransport, SessionTransport):
        send = kind._send_late

        def note(self: Any, burst: Burst, send: Any = send) -> None:
            late.append(burst)
            send(self, burst)

        monkeypatch.setattr(kind, "_send_late", note)
    content = bytes(range(256)) * 800
    (tmp_path / "file").write_bytes(content)
    options: Any = {"network_rate": 300_000, **mode.options}
    with tftp_fsm.Server(tmp_path, **options) as server:
        assert tftp_fsm.get("127.0.0.1", "file", port=server.port).data == content
        assert list(server.complaints) == []
    assert late
