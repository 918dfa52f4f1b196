"""A check that ended early says nothing about packets that it did not see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.simulated_server import LINES, Answering, Files, Listener, World
from tftp_fsm import examine
from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.probing import answers, last_block, timing, windows
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.plan import card_of, examined
from tftp_fsm.examine.probing.untested import without
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, build, parse

EXAMINING = {
    "repeated-request": answers.repeated_request,
    "sorcerer": answers.sorcerer,
    "wrong-tid": answers.wrong_tid,
    "future-ack": answers.future_ack,
    "error-ends": answers.error_ends,
    "exact-multiple": last_block.exact_multiple,
    "retransmission": timing.retransmission,
    "lost-final-ack": timing.lost_final_ack,
}
FULL = Data(1, bytes(512))


def saying(*packets: Packet) -> Answering:
    """Send these packets for each request, and nothing more."""

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        tid = listener.tid(lambda arrived: None)
        for packet in packets:
            tid.send(Burst.of(build(packet), client))

    return serve


def desk_of(answer: Answering, size: int = len(LINES)) -> Desk:
    desk = World(answer).desk()
    desk.known.size = size
    return desk


@pytest.mark.parametrize("name", EXAMINING)
def test_who_refuses_the_request_has_shown_nothing_else(name: str) -> None:
    finding = EXAMINING[name](desk_of(saying(Error(2, "busy"))))
    assert finding.verdict is Verdict.NOT_EXAMINED
    assert finding.seen.endswith("2 busy")


@pytest.mark.parametrize("name", sorted(EXAMINING.keys() - {"error-ends", "exact-multiple"}))
def test_a_file_of_one_block_shows_nothing_of_the_second(name: str) -> None:
    finding = EXAMINING[name](desk_of(saying(Data(1, b"short"))))
    assert finding.verdict is Verdict.NOT_EXAMINED
    assert finding.seen.startswith("the file ended before DATA ")


def test_an_empty_file_that_is_not_given_out_was_named_wrongly() -> None:
    desk = World(saying(Error(2, "not that one"))).desk(empty=b"none")
    finding = last_block.empty(desk)
    assert finding.verdict is Verdict.NOT_EXAMINED
    assert finding.seen == "ERROR 2 not that one: name another one with --empty"


def test_who_never_sends_what_is_awaited_departs() -> None:
    desk = desk_of(saying(FULL))
    with desk.read() as talk:
        talk.run(desk.answer, until=talk.heard)
        finding = without(talk, "DATA 2")
    assert finding.verdict is Verdict.DEPARTED
    assert finding.seen == "no DATA 2 came: the transfer did not end"
    assert finding.means.startswith("a client waits for the next packet until it gives up")


def test_a_short_file_is_listened_to_only_if_it_can_have_two_blocks() -> None:
    small = {"file": b"sixteen octets!!"}
    result = World(Files(small)).results(patience=40.0)["retransmission"]
    assert result.finding.seen == (
        "sent again 7 times, after 0.2, 0.6, 1.4, 3, 6.2, 12.6, 25.4 s, in 40 s of listening"
    )
    result = World(Files(small, limits=None)).results(patience=40.0)["retransmission"]
    assert result.finding.seen == (
        "the file has 16 octets, and this check needs one of 512 octets or more:"
        " tftp-fsm probe server:69 LONGER"
    )


def test_who_gives_up_has_not_sent_again_and_no_more_patience_is_asked_for() -> None:
    finding = timing.retransmission(desk_of(saying(FULL, Error(0, "gone"))))
    assert finding.verdict is Verdict.DEPARTED
    assert finding.seen == "DATA 1 did not come again: ERROR 0 gone"
    assert finding.means == "one loss ends the transfer"
    finding = timing.retransmission(desk_of(saying(FULL, FULL, Error(0, "gone"))))
    assert finding.verdict is Verdict.TOLD
    assert finding.seen == "sent again once, after 0 s; then ERROR 0 gone"


def test_the_seconds_of_listening_are_those_before_the_transfer_ended() -> None:
    finding = timing.retransmission(desk_of(saying(FULL, FULL, Ack(7))))
    assert finding.seen == "sent again once, after 0 s, in 0 s of listening"


# -- An OACK that a client refuses ----------------------------------------------------------------


def unasked(listener: Listener, octets: bytes, client: Address) -> None:
    """Send an OACK with the requested options, and one more."""
    request = parse(octets)
    if not isinstance(request, Rrq) or not request.options:
        Files({"file": LINES}, limits=None)(listener, octets, client)
        return
    names = {name.lower() for name, _ in request.options}
    others = (("windowsize", "4"), ("timeout", "9"))
    more = next(pair for pair in others if pair[0] not in names)
    tid = listener.tid(lambda arrived: None)
    tid.send(Burst.of(build(Oack((*request.options, more))), client))


def doubling(listener: Listener, octets: bytes, client: Address) -> None:
    """If blksize comes with a windowsize, agree to twice the blksize."""
    request = parse(octets)
    if not isinstance(request, Rrq) or len(request.options) < 2:
        Files({"file": LINES[:40]})(listener, octets, client)
        return
    asked = dict(request.options)
    if "blksize" in asked:
        asked["blksize"] = str(2 * int(asked["blksize"]))
    tid = listener.tid(lambda arrived: None)
    tid.send(Burst.of(build(Oack(tuple(asked.items()))), client))


@pytest.mark.parametrize("check", ["windowsize", "window-gap"])
def test_an_oack_that_we_refuse_is_not_blamed_for_what_did_not_follow(check: str) -> None:
    result = World(doubling).results()[check]
    assert result.verdict is Verdict.DEPARTED
    assert result.finding.seen == (
        "OACK blksize=16 windowsize=4: tftp-fsm refuses it with ERROR 8: blksize 16 is more than"
        " the 8 that was asked for"
    )
    assert result.means.startswith("a client that checks the OACK refuses it")


def test_an_option_that_was_answered_is_taken_even_if_its_oack_is_wrong() -> None:
    results = World(unasked).results()
    assert results["option-case"].verdict is Verdict.KEPT
    for name in ("blksize", "timeout", "windowsize"):
        assert f"{name}=0" in results["odd-values"].finding.seen


def test_a_windowsize_that_is_wrong_is_not_one_that_is_not_taken() -> None:
    desk = World(saying(Oack((("windowsize", "0"),)))).desk()
    assert windows.windowsize(desk).verdict is Verdict.DEPARTED
    assert windows.window_gap(desk).seen == "no windowsize was agreed to that can be used"


# -- A size that is wrong -------------------------------------------------------------------------


class Lying:
    """A server that tells a tsize of so many octets more; it may leave out the empty DATA."""

    def __init__(self, more: int, *, ends: bool = True) -> None:
        self._more, self._ends = more, ends

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        request = parse(octets)
        assert isinstance(request, Rrq)
        agreed = {name.lower(): value for name, value in request.options}
        blksize = int(agreed.get("blksize", "512"))
        if "tsize" in agreed:
            agreed["tsize"] = str(len(LINES) + self._more)

        def say(number: int) -> None:
            start = (number - 1) * blksize
            data = LINES[start : start + blksize]
            if data or (start == len(LINES) and self._ends):
                tid.send(Burst.of(build(Data(number, data)), client))

        def heard(arrived: Burst | Unreachable) -> None:
            packet = parse(b"".join(arrived.buffers)) if isinstance(arrived, Burst) else None
            if isinstance(packet, Ack):
                say(packet.block + 1)

        tid = listener.tid(heard)
        if agreed:
            tid.send(Burst.of(build(Oack(tuple(agreed.items()))), client))
        else:
            say(1)


def test_the_octets_that_were_read_are_those_that_came() -> None:
    desk = World(Lying(1, ends=False)).desk()
    results = {result.check.name: result for result in examined(desk)}
    assert dict(card_of(desk, list(results.values())).facts)["read"] == "file, 3,072 octets"
    assert (
        results["tsize"].finding.seen
        == "it announces 3,073 octets; 3,072 octets came, but not the end"
    )
    assert results["exact-multiple"].verdict is Verdict.NOT_EXAMINED
    seen = "the file could not be read, so nothing can be compared"
    assert results["netascii"].finding.seen == seen


@pytest.mark.parametrize("more", [128, -512])
def test_blocks_that_were_chosen_for_a_wrong_size_are_not_told_as_full(more: int) -> None:
    desk = desk_of(Lying(more), len(LINES) + more)
    desk.known.most_blksize = 1428
    finding = last_block.exact_multiple(desk)
    assert finding.verdict is Verdict.NOT_EXAMINED
    told = len(LINES) + more
    assert finding.seen == f"tsize announced {told:,} octets, but 3,072 octets came"


def test_a_last_block_that_never_came_was_not_left_without_its_ack() -> None:
    finding = timing.lost_final_ack(desk_of(Lying(0), len(LINES) + 5120))
    assert finding.verdict is Verdict.NOT_EXAMINED
    assert finding.seen == "the file ended before DATA 17"


# -- Answers that did not come --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "seen"), [(b"", "no answer came"), (b"\0\1\2", "no readable answer")]
)
@pytest.mark.parametrize("check", ["missing-file", "unknown-mode", "tsize"])
def test_nothing_is_not_called_an_answer(answer: bytes, seen: str, check: str) -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        request = parse(octets)
        if not isinstance(request, Rrq):
            return
        if request.filename == b"file" and request.mode == "octet" and not request.options:
            Files({"file": LINES})(listener, octets, client)
        elif answer:
            listener.say(answer, client)

    result = World(serve).results(only=(check,))[check]
    assert result.is_departure and result.finding.seen.endswith(seen)


def test_what_happened_is_a_clause_behind_a_colon() -> None:
    """`how` and an answer that did not come are clauses: they are no object of a verb."""
    folder = Path(examine.__file__).parent
    found = [
        line.strip()
        for path in folder.rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"(?<![:;\"] )(?<!\")\{how\}|\b(got|was|the) \{how\}", line)
    ]
    assert found == []


def test_a_silence_is_told_in_whole_sentences() -> None:
    def plain(listener: Listener, octets: bytes, client: Address) -> None:
        if octets == build(Rrq(b"file", "octet")):
            Files({"file": LINES})(listener, octets, client)

    results = World(plain).results(write=b"scratch")
    assert results["tsize"].finding.seen == "the option tsize was asked for: no answer came"
    for result in results.values():
        seen = result.finding.seen
        assert "got no" not in seen and "ended: the transfer did not end" not in seen, seen


# -- Writing --------------------------------------------------------------------------------------


def test_a_server_that_does_not_replace_files_is_not_blamed_for_that() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        if octets[:2] == b"\0\2" and "scratch" in files.files:
            listener.say(build(Error(6, "it is there")), client)
        else:
            files(listener, octets, client)

    files = Files({"file": LINES})
    results = World(serve, burst=True, latency=1e-6).results(write=b"scratch", patience=1.0)
    assert results["write"].verdict is Verdict.KEPT
    for name, result in results.items():
        if name.startswith("write-"):
            assert result.verdict is Verdict.NOT_EXAMINED, name
            assert result.finding.seen == (
                "the server does not replace a file that is there: ERROR 6 it is there"
            ), name


def test_an_error_behind_the_last_data_is_no_silence() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        if octets[:2] != b"\0\2":
            Files({"file": LINES})(listener, octets, client)
            return
        answered: list[int] = []

        def heard(arrived: Burst | Unreachable) -> None:
            packet = parse(b"".join(arrived.buffers)) if isinstance(arrived, Burst) else None
            if isinstance(packet, Data):
                is_over = 3 in answered
                answered.append(packet.block)
                answer = Error(5, "who") if is_over else Ack(packet.block)
                tid.send(Burst.of(build(answer), client))

        tid = listener.tid(heard)
        tid.send(Burst.of(build(Ack(0)), client))

    result = World(serve).results(write=b"scratch")["write-lost-final-ack"]
    assert result.verdict is Verdict.TOLD
    assert result.finding.seen == (
        "it left within 0.2 s after its last ACK: DATA 3 came again, and the answer is ERROR 5 who;"
        " not read again, because the server did not send the first written file"
    )
