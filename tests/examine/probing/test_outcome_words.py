"""The outcome of a talk names what came: a wrong block number, or no ACK."""

from __future__ import annotations

import re

import pytest

from tests.support.simulated_server import LINES, Answering, Files, Listener, World
from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.probing.outcome_words import ended_words
from tftp_fsm.examine.probing.talk import NoAnswer, words_of
from tftp_fsm.examine.probing.tap import Seen
from tftp_fsm.language import sentence, shown, speaking
from tftp_fsm.protocol.events import Finished, Outcome
from tftp_fsm.protocol.termination import NO_PORT
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.transports.faults import Direction
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, Wrq, build, parse


def numbering(first: int, skipped: int = 0) -> Answering:
    """The file is sent from block `first` on. After `skipped` blocks one number is left out."""

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        request, more = parse(octets), 0
        if not isinstance(request, Rrq) or request.filename != b"file":
            Files({"file": LINES})(listener, octets, client)
            return

        def say(index: int) -> None:
            nonlocal more
            more = int(bool(skipped) and index >= skipped)
            payload = LINES[index * 512 : (index + 1) * 512]
            tid.send(Burst.of(build(Data(first + index + more, payload)), client))

        def heard(arrived: Burst | Unreachable) -> None:
            packet = parse(b"".join(arrived.buffers)) if isinstance(arrived, Burst) else None
            if isinstance(packet, Ack):
                say(packet.block - first - more + 1)

        tid = listener.tid(heard)
        say(0)

    return serve


class Taking:
    """Accepts a file. `number` gives the block of each ACK; without it no ACK is sent."""

    def __init__(self, number: object) -> None:
        self.files = {"file": LINES}
        self._number = number

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        request = parse(octets)
        if not isinstance(request, Wrq):
            Files(self.files)(listener, octets, client)
            return
        came: list[int] = []
        content: list[bytes] = []

        def heard(arrived: Burst | Unreachable) -> None:
            packet = parse(b"".join(arrived.buffers)) if isinstance(arrived, Burst) else None
            if not isinstance(packet, Data):
                return
            if packet.block not in came:
                content.append(packet.payload)
            came.append(packet.block)
            if len(packet.payload) < 512:
                self.files["scratch"] = b"".join(content)
            number = self._number(packet.block, came.count(packet.block))  # type: ignore[operator]
            if number is not None:
                tid.send(Burst.of(build(Ack(number)), client))

        tid = listener.tid(heard)
        tid.send(Burst.of(build(Ack(0)), client))


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (numbering(0), "0 octets came, then: DATA 0 came in place of DATA 1"),
        (numbering(2), "0 octets came, then: DATA 2 came in place of DATA 1"),
        (numbering(1, skipped=3), "1,536 octets came, then: DATA 5 came in place of DATA 4"),
    ],
)
def test_a_wrong_number_of_data_is_named(answer: Answering, seen: str) -> None:
    result = World(answer).results(only=("read",))["read"]
    assert result.is_departure
    assert result.finding.seen == f"{seen}; the transfer did not end"
    assert result.means.startswith("a client takes blocks only in their order")


@pytest.mark.parametrize("check", ["unknown-option", "tsize"])
def test_a_transfer_that_begins_with_block_0_has_not_left_an_option_out(check: str) -> None:
    result = World(numbering(0)).results(only=(check,))[check]
    assert result.verdict is Verdict.NOT_EXAMINED
    assert result.finding.seen == "DATA 0 (512 octets) came in place of DATA 1: see the check read"


def test_a_wrong_number_is_one_departure() -> None:
    results = World(numbering(0)).results(only=("read", "repeated-request", "sorcerer"))
    assert [name for name, one in results.items() if one.is_departure] == ["read"]


def test_a_wrong_number_of_an_ack_is_named_and_the_later_checks_say_where() -> None:
    taking = Taking(lambda block, times: block + 1)
    results = World(taking).results(write=b"scratch", only=("write", "write-empty"))
    assert results["write"].finding.seen == "ACK 2 came for DATA 1; the transfer did not end"
    later = results["write-empty"]
    assert later.verdict is Verdict.NOT_EXAMINED
    assert later.finding.seen == "the first file was not written: see the check write"


def test_a_copy_that_gets_no_ack_is_named() -> None:
    taking = Taking(lambda block, times: block if times == 1 else None)
    results = World(taking).results(write=b"scratch", only=("write-lost-ack",))
    result = results["write-lost-ack"]
    assert result.is_departure
    assert result.finding.seen == (
        "DATA 1 again after a time-out: ACK 1 did not come again for DATA 1; the transfer did not"
        " end"
    )


def test_a_block_that_got_no_ack_at_all_is_named() -> None:
    taking = Taking(lambda block, times: block if block < 2 else None)
    result = World(taking).results(write=b"scratch", only=("write",))["write"]
    assert result.finding.seen == "no ACK came for DATA 2; the transfer did not end"


def test_an_oack_to_a_plain_request_is_told_by_one_check() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        listener.say(build(Oack(())), client)
        Files({"file": LINES}, limits=None)(listener, octets, client)

    results = World(serve).results(only=("unasked-option", "mode-case"))
    assert results["mode-case"].verdict is Verdict.NOT_EXAMINED
    result = results["unasked-option"]
    assert result.is_departure
    assert result.finding.seen == "an OACK came to each of 2 requests without options"


@pytest.mark.parametrize(
    ("finished", "words"),
    [
        (None, "the transfer did not end"),
        (Finished(Outcome.SUCCEEDED), "the transfer succeeded"),
        (Finished(Outcome.PEER_ERROR, "full", 3), "ERROR 3 full"),
        (Finished(Outcome.REFUSED, "why", 8), "tftp-fsm refuses it with ERROR 8: why"),
        (
            Finished(Outcome.UNREACHABLE, NO_PORT),
            "the server's port is closed",
        ),
        (Finished(Outcome.UNREACHABLE, "no way"), "the network reported: no way"),
        (Finished(Outcome.UNKNOWN, "everything was sent"), "everything was sent"),
    ],
)
def test_an_end_has_no_names_of_the_program(finished: Finished | None, words: str) -> None:
    assert ended_words([], finished, is_windowed=False) == words


def test_an_error_of_the_server_says_what_it_is() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        tid = listener.tid(lambda arrived: tid.send(Burst.of(build(Error(4, "disk")), client)))
        tid.send(Burst.of(build(Data(1, bytes(512))), client))

    result = World(serve).results(only=("read",))["read"]
    assert result.finding.seen == "512 octets came, then: ERROR 4 disk"


def test_an_end_is_in_the_language_of_the_reader_to_its_last_word() -> None:
    seen = [datagram("sent", Data(1, b"")), datagram("received", Ack(1))]
    closed = Finished(Outcome.UNREACHABLE, NO_PORT)
    words = sentence(
        "no {packet} came: {how}", packet="ACK 1", how=ended_words(seen, closed, is_windowed=False)
    )
    with speaking("ko"):
        assert not re.search("[a-z]{3}", shown(words)), shown(words)
        assert not re.search("[a-z]{3}", shown(words_of(Oack(()))))
        assert not re.search("[a-z]{3}", shown(words_of(NoAnswer.SILENCE)))


def datagram(direction: Direction, packet: Packet) -> Seen:
    octets = build(packet)
    return Seen(0.0, direction, octets, len(octets), ("server", 69))
