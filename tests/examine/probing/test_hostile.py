"""Servers that answer garbage, flood, or repeat for ever cost a bounded amount of work."""

from __future__ import annotations

import pytest

from tests.support.simulated_server import LINES, LISTENER, Answering, Files, Listener, World
from tftp_fsm.borders import LINE
from tftp_fsm.examine.card_markdown import as_markdown
from tftp_fsm.examine.card_text import as_text
from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.probing.desk import OF_ONE
from tftp_fsm.examine.probing.examination import CannotExamine
from tftp_fsm.examine.probing.plan import card_of, examined, seconds
from tftp_fsm.examine.probing.runner import ELSEWHERE
from tftp_fsm.examine.probing.tap import Meter, Tap
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Data, Error, Oack, build

HARMFUL = "\x1b[2J\x1b]0;owned\x07\u202e|<img src=x>\n# forged" + "A" * 400
FULL = build(Data(1, bytes(512)))


def always(*answers: bytes) -> Answering:
    """Send these datagrams for each request and for each answer, from a new port."""

    def answer(listener: Listener, octets: bytes, client: Address) -> None:
        def heard(arrived: Burst | Unreachable) -> None:
            if isinstance(arrived, Burst):
                say()

        def say() -> None:
            for datagram in answers:
                tid.send(Burst.of(datagram, client))

        tid = listener.tid(heard)
        say()

    return answer


def endless(listener: Listener, octets: bytes, client: Address) -> None:
    """Send DATA with the expected number, without end."""
    number = 0

    def heard(arrived: Burst | Unreachable) -> None:
        nonlocal number
        if isinstance(arrived, Burst):
            number += 1
            tid.send(Burst.of(build(Data(number & 0xFFFF, bytes(512))), client))

    tid = listener.tid(heard)
    heard(Burst.of(b"", client))


HOSTILE: dict[str, Answering] = {
    "garbage": always(b"\xff" * 300),
    "an empty datagram": always(b""),
    "half a packet": always(b"\0"),
    "a flood": always(*[FULL] * 50),
    "DATA for ever": endless,
    "a huge OACK": always(build(Oack((("blksize", "9" * 1500), (HARMFUL, HARMFUL))))),
    "an OACK of its own": always(build(Oack((("x", HARMFUL), ("windowsize", "65535"))))),
    "block 65535": always(build(Data(65535, b""))),
    "a short block": always(build(Data(1, b"x"))),
    "a block that is too long": always(build(Data(1, bytes(60000)))),
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_server_ends_nothing_and_costs_no_more_than_was_said(answer: Answering) -> None:
    world = World(answer)
    desk = world.desk(write=b"scratch", empty=b"nothing", octets=3 * OF_ONE)
    began = world.network.now()
    card = card_of(desk, list(examined(desk)))
    assert card.departures
    assert not card.is_broken_off
    assert world.network.now() - began <= seconds(desk)
    assert desk.meter.octets <= 3 * OF_ONE + 200_000  # the datagram that was too many, and ERRORs
    for line in (*as_text(card).split("\n"), *as_markdown(card).split("\n")):
        assert line.isprintable(), ascii(line)
        assert len(line) <= 2 * LINE
        assert not line.lstrip().startswith("# forged")


def test_the_words_of_a_refusal_are_made_harmless() -> None:
    with pytest.raises(CannotExamine) as refused:
        World(always(build(Error(2, HARMFUL)))).results()
    assert str(refused.value).isprintable()
    assert "\\x1b[2J" in str(refused.value)


def test_an_answer_from_another_address_is_found() -> None:
    def elsewhere(listener: Listener, octets: bytes, client: Address) -> None:
        is_served = octets.startswith(b"\0\1file\0") and b"x-no-such" not in octets
        other = listener.network.transport(("other", next(listener.ports)))
        other.send(Burst.of(FULL if is_served else build(Error(1, "no")), client))

    results = World(elsewhere).results()
    assert (
        results["answer-address"].finding.seen
        == "the request went to server, and the answer came from other"
    )
    assert [name for name, one in results.items() if one.is_departure] == ["answer-address"]
    for name in ("sorcerer", "roll-over", "blksize", "netascii"):
        seen = results[name].finding.seen
        assert seen == ELSEWHERE


def test_who_sends_more_than_a_file_could_need_departs() -> None:
    def flooding(listener: Listener, octets: bytes, client: Address) -> None:
        tid = listener.tid(lambda arrived: None)
        for _ in range(1500):
            tid.send(Burst.of(FULL, client))

    result = World(flooding).results(only=("read",))["read"]
    assert result.verdict is Verdict.DEPARTED
    assert result.finding.seen == "the server sent more than 786,432 octets to one request"


def test_the_limit_may_be_reached_before_anything_is_known() -> None:
    results = World(always(build(Data(1, bytes(65_500))))).results(octets=1 << 16)
    verdicts = {one.verdict for name, one in results.items() if name != "port"}
    assert verdicts == {Verdict.NOT_EXAMINED}


@pytest.mark.parametrize("option", ["tsize", "blksize", "timeout", "windowsize"])
@pytest.mark.parametrize("value", ["0", "4", "abc", "123456789x", "9" * 1900, "", "-1", "\xb2"])
def test_no_value_of_an_option_ends_the_examination(option: str, value: str) -> None:
    plain = Files({"file": LINES})

    def answer(listener: Listener, octets: bytes, client: Address) -> None:
        if f"\0{option}\0".encode() in octets.lower():
            listener.say(b"\0\6" + f"{option}\0{value}\0".encode("latin-1"), client)
        else:
            plain(listener, octets, client)

    world = World(answer)
    results = world.results(patience=1.0)
    assert results[option].is_departure, results[option].finding.seen
    for result in results.values():
        assert len(result.finding.seen) < 1000


def test_who_answers_from_the_port_that_was_asked_has_no_tid_of_its_own() -> None:
    def one_port(listener: Listener, octets: bytes, client: Address) -> None:
        if octets[:2] == b"\0\1":
            listener.say(build(Data(1, b"all of it")), client)

    result = World(one_port).results()["port"]
    assert result.finding.seen == f"it answers from port {LISTENER[1]}, the port of the request"
    assert result.means.startswith("if a client uses its port again, a late packet of one transfer")


def test_a_server_that_says_nothing_is_waited_for_once() -> None:
    def silent(listener: Listener, octets: bytes, client: Address) -> None:
        heard.append(octets)

    heard: list[bytes] = []
    world = World(silent)
    with pytest.raises(CannotExamine, match="nobody answers at server port 69"):
        world.results()
    assert len(heard) == 2  # the request, and once more
    assert 10.0 <= world.network.now() < 11.0  # as long as the user is patient


def test_an_answer_is_awaited_as_long_as_the_user_is_patient() -> None:
    world = World(Files({"file": LINES[:700]}), latency=2.0)
    desk = world.desk(patience=20.0, only=("missing-file",))
    most, began = seconds(desk), world.network.now()
    results = {result.check.name: result for result in examined(desk)}
    assert results["read"].verdict is results["missing-file"].verdict is Verdict.KEPT
    assert world.network.now() - began < most
    with pytest.raises(CannotExamine, match="nobody answers"):
        World(Files({"file": LINES}), latency=2.0).results(patience=3.0)


def test_a_file_that_is_still_coming_is_no_departure() -> None:
    result = World(Files({"file": LINES}), latency=2.0).results(patience=20.0, only=("read",))
    assert result["read"].verdict is Verdict.NOT_EXAMINED
    assert result["read"].finding.seen == (
        "3,072 octets came in 20 s, and more is coming: name a shorter file"
    )


def test_a_block_that_comes_for_ever_is_not_one_that_is_still_coming() -> None:
    result = World(always(FULL)).results(patience=3.0, only=("read",))["read"]
    assert result.verdict is Verdict.DEPARTED
    assert result.finding.seen == "512 octets came, then: the transfer did not end"


def test_what_we_send_is_no_flood_of_the_server() -> None:
    tap = Tap(World(always()).open(), Meter(OF_ONE), 1000)
    for _ in range(10):
        tap.send(Burst.of(bytes(500), LISTENER))
    assert len(tap.seen) == 10
