"""The user's view of waits: soft errors of the network, patience, `max_time`.

All of it is in virtual time: peers are scripted, and a transport of the test reports errors.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

import tftp_fsm
from tests.support.hostile import LISTENER, SERVER, Hostile, Said, Script, serving, spoilt, taking
from tftp_fsm.cli.transfer_output import stay_words, wait_words
from tftp_fsm.client.result import Waiting
from tftp_fsm.transports import Burst, Transport, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Packet, Rrq, Wrq

CONTENT = bytes(range(256)) * 20  # 5120 octets: ten blocks of 512, and an empty one
NO_ROUTE = "no route to host"


class Flapping:
    """A transport over another one, whose link is down in `outage` (seconds).

    What is sent in this time is lost, and the next `receive` reports why. If `host` is given, only
    what goes to it is lost.
    """

    def __init__(self, inner: Transport, outage: tuple[float, float], host: str = "") -> None:
        self._inner = inner
        self._outage = outage
        self._host = host
        self._reports: list[Unreachable] = []
        self.lost = 0

    def send(self, burst: Burst) -> None:
        start, end = self._outage
        if start <= self.now() < end and self._host in ("", burst.peer[0]):
            self.lost += 1
            self._reports.append(Unreachable(burst.peer, False, NO_ROUTE))
        else:
            self._inner.send(burst)

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        return self._reports.pop() if self._reports else self._inner.receive(deadline)

    def now(self) -> float:
        return self._inner.now()

    def close(self) -> None:
        self._inner.close()


def patient(script: Script, after: float, on: Packet) -> Script:
    """Return the script, but its first answer to `on` comes so many seconds late."""
    return spoilt(script, on, lambda answer: [Said(a, after=after) for a in answer])  # type: ignore[arg-type]


# -- Soft errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("begins", [0.0, 0.02], ids=["request", "mid-transfer"])
@pytest.mark.parametrize("seconds", [2.0, 3.0, 4.0, 12.0])
def test_a_get_survives_a_link_that_is_down_for_a_while(begins: float, seconds: float) -> None:
    server = Hostile(serving(CONTENT))
    link = Flapping(server.client, (begins, begins + seconds))
    assert server.get(transport=link).data == CONTENT
    assert link.lost > 0


@pytest.mark.parametrize("begins", [0.0, 0.02], ids=["request", "mid-transfer"])
def test_a_put_survives_a_link_that_is_down_for_a_while(begins: float) -> None:
    store = bytearray()
    server = Hostile(taking(store))
    link = Flapping(server.client, (begins, begins + 3.0))
    server.put(CONTENT, transport=link)
    assert bytes(store) == CONTENT
    assert link.lost > 0


def test_without_any_route_the_message_names_the_error_and_no_firewall() -> None:
    server = Hostile(serving(CONTENT))
    with pytest.raises(tftp_fsm.TransferTimedOut) as caught:
        server.get(transport=Flapping(server.client, (0.0, 99.0)))
    assert str(caught.value) == (
        "no answer from server port 69 to the RRQ (5 attempts in 30.0 s): "
        "the network reported: no route to host"
    )


def test_a_link_that_stays_down_in_mid_transfer_is_named() -> None:
    server = Hostile(serving(CONTENT))
    with pytest.raises(tftp_fsm.TransferTimedOut, match="no answer .*no route to host"):
        server.get(transport=Flapping(server.client, (0.02, 99.0)))


def test_an_address_without_a_route_costs_no_time_if_there_is_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other: Address = ("stranger", 2048)
    monkeypatch.setattr("tftp_fsm.client.api._addresses", lambda *_: [other, LISTENER])
    server = Hostile(serving(CONTENT))
    assert server.get(transport=Flapping(server.client, (0.0, 99.0), other[0])).data == CONTENT
    assert server.ended_at is not None and server.ended_at < 1.0


# -- Patience --------------------------------------------------------------------------------------


def test_a_device_that_erases_its_flash_after_ack_0_gets_the_file() -> None:
    store = bytearray()
    erased = patient(taking(store), 25.0, Data(1, CONTENT[:512]))
    Hostile(erased).put(CONTENT)
    assert bytes(store) == CONTENT


def test_the_timeout_of_the_user_holds_in_mid_transfer() -> None:
    server = Hostile(patient(serving(CONTENT), 9.9, Ack(1)))
    assert server.get(timeout=10).retransmissions == 0


def test_the_library_has_the_words_of_the_command() -> None:
    silent = Hostile(lambda packet: [])
    with pytest.raises(tftp_fsm.TransferTimedOut, match="3 attempts in 4.5 s"):
        silent.get(patience=4.5)
    assert silent.heard == [Rrq(b"file")] * 3


# -- The whole transfer ----------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [0, 3], ids=["request", "mid-transfer"])
def test_max_time_bounds_the_whole_transfer(answers: int) -> None:
    honest, left = serving(CONTENT), iter(range(answers))
    server = Hostile(lambda packet: [] if next(left, None) is None else honest(packet))
    with pytest.raises(tftp_fsm.TransferTimedOut, match=r"took longer than 12 s: "):
        server.get(max_time=12)
    assert server.ended_at is not None
    assert 12 <= server.ended_at < 12.1


def test_the_peer_is_told_that_the_time_is_over() -> None:
    server = Hostile(patient(serving(CONTENT), 20.0, Ack(1)))
    with pytest.raises(tftp_fsm.TransferTimedOut):
        server.get(max_time=12)
    assert "not finished within 12 s" in str(server.heard[-1])


def test_max_time_counts_all_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    silent: Address = ("stranger", 2048)
    monkeypatch.setattr("tftp_fsm.client.api._addresses", lambda *_: [silent, SERVER])
    server = Hostile(lambda packet: [])
    with pytest.raises(tftp_fsm.TransferTimedOut, match="longer than"):
        server.get(max_time=12)
    assert server.ended_at == pytest.approx(12.0)
    monkeypatch.setattr("tftp_fsm.client.api._addresses", lambda *_: [silent, SERVER])
    server = Hostile(lambda packet: [])
    with pytest.raises(tftp_fsm.TransferTimedOut, match="longer than"):
        server.get(max_time=5)
    assert server.heard == []


def test_after_the_file_is_safe_max_time_only_ends_the_stay() -> None:
    twice = spoilt(serving(CONTENT), Ack(1), lambda answer: [*answer, *answer])
    server = Hostile(twice)
    assert server.get(dally=60.0, max_time=12).data == CONTENT
    assert server.ended_at == pytest.approx(12.0)


# -- What a person is told -------------------------------------------------------------------------


def told_by(
    call: Callable[[Hostile, Callable[[Waiting], None]], object], script: Script
) -> list[Waiting]:
    told: list[Waiting] = []
    call(Hostile(script), told.append)
    return told


def test_after_the_first_retransmission_the_user_sees_what_is_awaited_and_for_how_long() -> None:
    store = bytearray()
    late = patient(taking(store), 4.0, Data(2, CONTENT[512:1024]))
    told = told_by(lambda server, hear: server.put(CONTENT, on_waiting=hear), late)
    assert [waiting.attempts for waiting in told] == [2, 3, 4, 5]
    assert {waiting.awaited for waiting in told} == {"the ACK of block 2"}
    left = [round(waiting.left or 0.0, 1) for waiting in told]
    assert left == [29.8, 29.4, 28.6, 27.0]


def test_the_reader_waits_for_a_block_or_for_an_answer() -> None:
    for slow, awaited in ((Rrq(b"file"), "an answer to the RRQ"), (Ack(3), "block 4")):
        late = patient(serving(CONTENT), 1.5, slow)
        told = told_by(lambda server, hear: server.get(on_waiting=hear), late)
        assert {waiting.awaited for waiting in told} == {awaited}


def test_the_wait_is_no_longer_than_max_time_leaves() -> None:
    late = patient(serving(CONTENT), 1.5, Rrq(b"file"))
    [told] = told_by(lambda server, hear: server.get(on_waiting=hear, max_time=6), late)
    assert told.left == pytest.approx(5.0)
    [told] = told_by(lambda server, hear: server.get(on_waiting=hear, retries=2), late_again())
    assert told.left is None


def late_again() -> Script:
    return patient(serving(CONTENT), 1.5, Rrq(b"file"))


def test_the_line_on_a_terminal() -> None:
    waiting = Waiting(("192.0.2.1", 69), "block 4", 3, 28.6, NO_ROUTE)
    assert wait_words(waiting) == (
        "waiting for block 4 from 192.0.2.1 port 69, 3 attempts so far, giving up in 29 s "
        "(the network reported: no route to host)"
    )
    assert (
        stay_words(3.0)
        == "the file is complete; waiting 3 s in case the last ACK was lost (Ctrl-C is safe)"
    )


def test_the_result_says_how_long_the_client_stays() -> None:
    stays: list[float] = []
    server = Hostile(patient(serving(CONTENT), 11.0, Ack(1)))
    server.get(timeout=10, on_finished=lambda transfer: stays.append(transfer.stays))
    assert stays == [3.0]
    quiet = Hostile(serving(CONTENT))
    quiet.get(on_finished=lambda transfer: stays.append(transfer.stays))
    assert stays == [3.0, 0.0]


def test_a_wrq_is_awaited_too() -> None:
    late = patient(taking(bytearray()), 1.5, Wrq(b"file"))
    told = told_by(lambda server, hear: server.put(CONTENT, on_waiting=hear), late)
    assert [waiting.awaited for waiting in told] == ["an answer to the WRQ"]


def test_no_time_at_all_is_refused() -> None:
    with pytest.raises(
        ValueError, match="max_time is a number of seconds from 0.001 to 86400, not 0"
    ):
        tftp_fsm.Settings(max_time=0)
