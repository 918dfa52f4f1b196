"""A client that sends before its turn breaks the rule, even if the whole file arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.grading.simulated import CLIENT, KEY, SimulatedWire
from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.grading.attempt import Asked, Attempt
from tftp_fsm.examine.grading.results import results_of
from tftp_fsm.examine.grading.trials.published import BY_NAME
from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Pairs, Rrq, Wrq, build, parse

Client = Callable[[Packet], list[Packet]]


def graded(name: str, client: Client, options: Pairs = ()) -> tuple[Verdict, str]:
    """Return the findings about a client that answers each packet separately."""

    def heard(arrived: Burst | Unreachable) -> None:
        if isinstance(arrived, Burst) and arrived.peer == ("server", 2000):
            for packet in client(parse(b"".join(arrived.buffers))):
                transport.send(Burst.of(build(packet), arrived.peer))

    trial, network = BY_NAME[name], SimulatedNetwork()
    transport = network.transport(CLIENT, heard)
    wire = SimulatedWire(network)
    request = (Rrq if trial.verb == "get" else Wrq)(name.encode(), "octet", options)
    attempt = wire.attempt = Attempt(trial, KEY, Asked(request, build(request), CLIENT), wire)
    attempt.begin()
    while not attempt.is_over:
        due = (network.next_due(), attempt.due)
        network.advance(min(time for time in due if time is not None))
        if attempt.due <= network.now():
            attempt.wake()
    result = results_of(trial, attempt.story)[0]
    return result.verdict, result.finding.seen


def echoing(packet: Packet) -> list[Packet]:
    """Return a client that acknowledges every packet."""
    return [Ack(packet.block)] if isinstance(packet, Data) else []


def counting() -> Client:
    """Return a client that counts the DATA, and does not look at their numbers."""
    count = 0

    def client(packet: Packet) -> list[Packet]:
        nonlocal count
        count += 1
        return [Ack(count)]

    return client


def rightly() -> Client:
    """Return a client that takes each block in its turn, and acknowledges the last one again."""
    last = 0

    def client(packet: Packet) -> list[Packet]:
        nonlocal last
        if isinstance(packet, Data) and packet.block <= last + 1:
            last = max(last, packet.block)
            return [Ack(packet.block)]
        return []

    return client


def all_at_once(count: int) -> Client:
    """Return a client that sends everything after the first answer."""

    def client(packet: Packet) -> list[Packet]:
        if isinstance(packet, Data):
            return [Ack(number) for number in range(1, count + 1)] if packet.block == 1 else []
        return [one for n in range(1, count + 1) for one in blocks(n)] if packet == Ack(0) else []

    return client


def blocks(number: int, name: str = "") -> list[Packet]:
    """Return the DATA of that number in a file of five blocks."""
    file = BY_NAME[name or "put-lost-ack"].file(KEY)
    start = (number - 1) * 512
    if start > file.size:
        return []
    return [Data(number, file.octets(start, min(512, file.size - start)))]


def following(name: str) -> Client:
    """Return a client that answers each ACK n with DATA n + 1."""
    return lambda packet: blocks(packet.block + 1, name) if isinstance(packet, Ack) else []


@pytest.mark.parametrize(
    ("name", "client", "seen"),
    [
        ("future-data", echoing, "sent ACK 5 before DATA 3 came"),
        ("future-data", counting(), "sent ACK 3 before DATA 3 came"),
        ("duplicate-data", counting(), "sent ACK 3 before DATA 3 came"),
        ("old-data", counting(), "sent ACK 4 before DATA 4 came"),
        ("get-many", all_at_once(71), "sent ACK 3 before DATA 3 came"),
        ("put-many", all_at_once(71), "sent DATA 4 before ACK 3 came"),
        ("put-lost-ack", all_at_once(5), "sent DATA 3 before ACK 2 came"),
        ("put-deaf", all_at_once(5), "sent DATA 3 before ACK 2 came"),
        ("put-future-ack", following("put-future-ack"), "sent DATA 5 before ACK 3 came"),
    ],
)
def test_who_goes_on_before_its_turn_departs(name: str, client: Client, seen: str) -> None:
    assert graded(name, client) == (Verdict.DEPARTED, seen)


@pytest.mark.parametrize("name", ["future-data", "duplicate-data", "old-data", "get-many"])
def test_who_waits_for_its_turn_keeps_the_rule(name: str) -> None:
    assert graded(name, rightly()) == (Verdict.KEPT, "acknowledged the whole file")


@pytest.mark.parametrize("blksize", [256, 512])
def test_who_waits_for_a_data_that_is_not_too_long_keeps_the_rule(blksize: int) -> None:
    takes = rightly()

    def client(packet: Packet) -> list[Packet]:
        if isinstance(packet, Oack):
            return [Ack(0)]
        return takes(packet) if isinstance(packet, Data) and len(packet.payload) <= blksize else []

    verdict, seen = graded("long-data", client, (("blksize", str(blksize)),))
    assert (verdict, seen) == (Verdict.KEPT, "did not accept it, and waited for the right one")


@pytest.mark.parametrize("name", ["unasked-option", "larger-blksize", "broken-value"])
def test_who_accepts_an_oack_and_refuses_its_copy_has_accepted_it(name: str) -> None:
    answers: Iterator[Packet] = iter([Ack(0), Error(8, "no")])

    def client(packet: Packet) -> list[Packet]:
        return [next(answers, Ack(0))] if isinstance(packet, Oack) else []

    verdict, seen = graded(name, client, (("blksize", "512"),))
    assert verdict is Verdict.DEPARTED
    assert seen.startswith("accepted ") and seen.endswith('with ACK 0, and sent ERROR 8 "no" later')
