"""Servers that agree to anything, tell a wrong size, or know no line ends: each is found."""

from __future__ import annotations

from itertools import count

import pytest

from tests.support.agreeing import SHORT, adding, agreeing, found
from tests.support.simulated_server import LINES, Files, Listener, World
from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.probing.last_block import exact_multiple
from tftp_fsm.examine.probing.netascii import compared
from tftp_fsm.examine.probing.options import timed
from tftp_fsm.examine.probing.reading import read
from tftp_fsm.examine.probing.tap import HEADERS, Flood, Meter, Spent, Tap, with_headers
from tftp_fsm.examine.probing.windows import window_gap, windowsize
from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.transports import Burst
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Data, Error, Oack, Pairs, Rrq, Wrq, build, parse


def test_a_timeout_is_waited_for_even_with_little_patience() -> None:
    result = found(Files({"file": LINES}), "timeout")
    assert result.verdict is Verdict.KEPT and "came again after 1.0 s" in result.finding.seen


def test_another_timeout_than_was_asked_for_is_found_at_the_limit() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        if b"\0timeout\x00255\0" in octets:
            listener.say(build(Oack((("timeout", "60"),))), client)
        else:
            Files({"file": LINES})(listener, octets, client)

    result = found(serve, "timeout")
    assert result.is_departure and result.finding.seen == "255 was asked for: OACK timeout=60"


UNASKED = "each OACK has only options that were asked for"


def test_a_server_that_adds_options_is_told_once_and_examined_for_the_rest() -> None:
    results = World(adding(("timeout", "9"))).results(patience=1.0)
    departed = {name: each for name, each in results.items() if each.is_departure}
    assert list(departed) == ["unasked-option"]
    seen = departed["unasked-option"].finding.seen
    assert seen.startswith("timeout=9: not asked for, and in ")
    assert seen.endswith(" OACKs")
    assert "ends with ERROR 8" in departed["unasked-option"].means
    assert results["blksize"].finding.seen == "it accepts 8 to 65464"
    assert results["unknown-option"].verdict is Verdict.KEPT
    assert results["window-gap"].verdict is Verdict.KEPT


def test_an_option_that_is_added_to_the_answer_of_a_wrq_is_seen_too() -> None:
    world = World(adding(("timeout", "9"), to=Wrq))
    results = world.results(write=b"new", patience=1.0)
    assert results["write-options"].verdict is Verdict.KEPT
    seen = results["unasked-option"].finding.seen
    assert seen.startswith("timeout=9: not asked for, and in 1 of ")


def test_values_that_hold_anyway_do_less_harm() -> None:
    result = found(adding(("blksize", "512"), ("windowsize", "1")), "unasked-option")
    assert result.finding.seen.startswith("blksize=512 windowsize=1: not asked for")
    assert "hold without an option, too" in result.means
    other = found(adding(("blksize", "512"), ("windowsize", "2")), "unasked-option")
    assert "hold without an option, too" not in other.means


def test_a_server_that_adds_nothing_keeps_the_rule() -> None:
    result = found(Files({"file": LINES}), "unasked-option")
    assert (result.verdict, result.finding.seen) == (Verdict.KEPT, UNASKED)
    without = found(Files({"file": LINES}, limits=None), "unasked-option")
    assert (without.verdict, without.finding.seen) == (Verdict.NOT_EXAMINED, "no OACK came")


def test_an_error_that_is_not_about_options_is_no_answer_to_them() -> None:
    result = found(agreeing(0), "tsize")
    assert result.is_departure and "ERROR 0 no" in result.finding.seen
    assert "unless it asks again without it" in result.means
    later = found(agreeing(0), "unknown-option")
    assert later.verdict is Verdict.NOT_EXAMINED
    assert later.finding.seen == "ERROR 0 no: see the check tsize"


def test_a_refusal_of_an_option_is_told() -> None:
    assert (
        found(agreeing(8), "tsize").finding.seen
        == "it refuses the option tsize: the answer is ERROR 8 no"
    )


def test_an_unknown_option_must_not_be_agreed_to() -> None:
    result = found(agreeing(None), "unknown-option")
    assert result.is_departure
    assert result.finding.seen == "OACK x-tftp-fsm-probe=1 tsize=0"


@pytest.mark.parametrize(
    ("name", "answer", "seen"),
    [
        ("tsize", (("tsize", "7"),), "it announces 7 octets, and 9 octets were read"),
        ("timeout", (("timeout", "2"),), "1 was asked for: OACK timeout=2"),
        ("windowsize", (("windowsize", "0"),), "65535 was asked for: OACK windowsize=0"),
    ],
)
def test_another_value_than_may_be_agreed_is_found(name: str, answer: Pairs, seen: str) -> None:
    result = found(agreeing(answer), name)
    assert result.is_departure and result.finding.seen == seen


@pytest.mark.parametrize("blocks", [2, 6])
def test_more_blocks_than_the_window_or_fewer_are_found(blocks: int) -> None:
    desk = World(agreeing((("windowsize", "4"),), blocks=blocks)).desk()
    desk.known.size = 5000
    finding = windowsize(desk)
    assert finding.verdict is Verdict.DEPARTED
    assert finding.seen == f"windowsize 4 was agreed, and {blocks} blocks came before an ACK"
    assert ("have to come again" in finding.means) is (blocks > 4)
    assert ("waits for the rest of each window" in finding.means) is (blocks < 4)


def test_a_window_that_does_not_go_on_behind_a_gap_is_found() -> None:
    desk = World(agreeing((("windowsize", "4"),), blocks=4)).desk()
    desk.known.size, desk.known.windowsize = 5000, 4
    finding = window_gap(desk)
    assert finding.verdict is Verdict.DEPARTED
    assert finding.seen == "DATA 2 did not come again after ACK 1: the transfer did not end"


@pytest.mark.parametrize(
    ("after", "verdict"),
    [(0.3, Verdict.DEPARTED), (1.0, Verdict.KEPT), (1.9, Verdict.KEPT), (2.5, Verdict.DEPARTED)],
)
def test_a_timeout_holds_for_the_next_copy(after: float, verdict: Verdict) -> None:
    finding = timed([0.1, 0.1 + after], "")
    assert finding.verdict is verdict
    assert ("before an answer can have come" in finding.means) is (after < 0.5)
    assert ("takes longer than the client" in finding.means) is (after > 2)


def test_an_oack_that_never_comes_again_has_another_meaning() -> None:
    assert timed([0.1], "").means.startswith("if the OACK is lost, the client waits until")


@pytest.mark.parametrize(
    ("size", "means"),
    [("7", "reserves too little room"), ("11", "complete file for an incomplete one")],
)
def test_a_size_that_is_too_small_or_too_large_has_its_meaning(size: str, means: str) -> None:
    result = found(agreeing((("tsize", size),)), "tsize")
    assert result.is_departure and means in result.means


def test_a_request_that_was_refused_is_not_made_again_without_options() -> None:
    def refusing(listener: Listener, octets: bytes, client: Address) -> None:
        heard.append(octets)
        listener.say(build(Error(8, "no")), client)

    heard: list[bytes] = []
    desk = World(refusing).desk()
    assert desk.first_answer((("blksize", "7"),)) == Error(8, "no")
    with desk.stranger() as nobody:
        nobody.hear(5.0)
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("wire", "seen"),
    [
        (LINES, "line ends are sent as they are in the file"),
        (LINES.replace(b"\n", b"\r\n", 3), "some line ends are translated, and some are not"),
        (LINES.replace(b"\n", b""), "the text differs from the file"),
        (LINES.replace(b"\n", b"\r\0\r\n"), "the text differs from the file"),
    ],
)
def test_line_ends_that_are_not_translated_are_found(wire: bytes, seen: str) -> None:
    plain, text = Files({"file": LINES}), Files({"file": wire})

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        if b"\0netascii\0" in octets:
            text(listener, octets.replace(b"\0netascii\0", b"\0octet\0"), client)
        else:
            plain(listener, octets, client)

    result = found(serve, "netascii")
    assert result.is_departure and result.finding.seen == seen


@pytest.mark.parametrize(
    ("content", "wire", "verdict", "seen"),
    [
        (b"a\nb\n", b"a\r\nb\r\n", Verdict.KEPT, "line ends are CR LF"),
        (b"a\rb\n", b"a\r\0b\r\n", Verdict.KEPT, "line ends are CR LF, and a lone CR is CR NUL"),
        (
            b"a\r\n",
            b"a\r\n",
            Verdict.TOLD,
            "each line of the file ends in CR LF already, and is sent as it is",
        ),
        (b"a\r\n", b"a\r\0\r\n", Verdict.KEPT, "line ends are CR LF, and a lone CR is CR NUL"),
        (
            b"a\rb\n",
            b"a\rb\r\n",
            Verdict.DEPARTED,
            "line ends are CR LF, but a lone CR is sent as it is",
        ),
        (b"a\rb", b"a\rb", Verdict.DEPARTED, "line ends are sent as they are in the file"),
        (b"ab", b"ab", Verdict.TOLD, "the file has no line ends, so nothing had to be translated"),
    ],
)
def test_only_what_the_file_has_is_said_of_line_ends(
    content: bytes, wire: bytes, verdict: Verdict, seen: str
) -> None:
    finding = compared(wire, content)
    assert (finding.verdict, finding.seen) == (verdict, seen)
    assert ("line ends are right" in finding.means) is ("but a lone CR" in seen)


def test_a_last_block_with_octets_that_the_file_has_not_is_found() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        Files({"file": LINES if next(asked) == 0 else LINES + b"!"})(listener, octets, client)

    asked = count()
    desk = World(serve).desk()
    read(desk)
    finding = exact_multiple(desk)
    assert finding.verdict is Verdict.DEPARTED
    assert finding.seen == "3,073 octets came, then: the transfer succeeded"


def test_an_empty_file_that_is_not_there_was_named_wrongly() -> None:
    world = World(Files({"file": LINES}))
    result = world.results(only=("empty-file",), empty=b"none")["empty-file"]
    assert result.verdict is Verdict.NOT_EXAMINED
    assert result.finding.seen == "ERROR 1 no such file: name another one with --empty"
    result = world.results(only=("empty-file",), empty=b"file")["empty-file"]
    assert result.verdict is Verdict.NOT_EXAMINED
    assert result.finding.seen == "file has 3,072 octets: name an empty one with --empty"


# -- Limits ----------------------------------------------------------------------------------------


def tap(meter: Meter, most: int) -> Tap:
    return Tap(SimulatedNetwork().transport(("client", 1024)), meter, most)


def test_a_session_has_a_limit_of_what_comes_and_the_whole_examination_has_one() -> None:
    datagram = Burst.of(bytes(100 - HEADERS), ("server", 69))
    network = SimulatedNetwork()
    meter = Meter(10_000)
    one = Tap(network.transport(("client", 1024)), meter, 250)
    server = network.transport(("server", 69))
    for _ in range(3):
        one.send(datagram)
        server.send(Burst.of(bytes(100 - HEADERS), ("client", 1024)))
    one.receive(None)
    one.receive(None)
    with pytest.raises(Flood, match="more than 250 octets to one request"):
        one.receive(None)
    assert (meter.octets, meter.datagrams) == (600, 6)
    meter = Meter(250)
    first, second = tap(meter, 10_000), tap(meter, 10_000)
    first.send(datagram)
    second.send(datagram)
    with pytest.raises(Spent) as spent:
        second.send(datagram)
    assert not isinstance(spent.value, Flood) and meter.is_spent


def test_a_datagram_of_ipv6_has_longer_headers() -> None:
    assert (with_headers(("192.0.2.1", 69)), with_headers(("2001:db8::1", 69, 0, 0))) == (28, 48)


def test_a_session_that_has_the_port_of_the_one_before_is_found() -> None:
    def one_tid(listener: Listener, octets: bytes, client: Address) -> None:
        parsed = parse(octets)
        if isinstance(parsed, Rrq):
            tid.send(Burst.of(build(Data(1, SHORT)), client))

    world = World(one_tid)
    tid = world.listener.tid(lambda arrived: None)
    result = world.results(only=("port",))["port"]
    assert result.is_departure and result.finding.seen.endswith(
        "had the port of the session before"
    )
