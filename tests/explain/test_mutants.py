"""Each mistake of `verify`'s mutants is explained as that mistake, where a capture can show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import pytest

from tests.support.overheard import (
    CLIENT,
    LISTENER,
    TID,
    At,
    Line,
    Tamper,
    as_pcap,
    explained,
    first,
    overheard,
    script,
    slugs,
)
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    Effect,
    Event,
    Opened,
    RequestReceived,
    Send,
    SendAcks,
    SendBlocks,
    TimeoutExpired,
)
from tftp_fsm.protocol.roles import client_session
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.verify.mutants import MUTANTS, sessions_of
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import ack_octets, data_header
from tftp_fsm.wire.options import Options, offer
from tftp_fsm.wire.packets import Ack, Data, Error, Packet, Request, Rrq, Wrq, build

FULL = bytes(512)
FILE = bytes(range(256)) * 13  # six blocks and a half


class Case(NamedTuple):
    """A run of a mutant: what the network does, and what the explanation says first."""

    slug: str
    who: str
    verb: Literal["get", "put"] = "get"
    content: bytes = FILE
    windowsize: int | None = None
    tamper: Tamper | None = None
    has_tsize: bool = False
    at: At = "arrival"
    severity: str = "departure"


def on(octets: bytes, *delays: float, times: int = 1) -> Tamper:
    """Give these delays to the first `times` datagrams that begin with these octets."""
    left = [times]

    def tamper(number: int, sender: Address, datagram: bytes) -> list[float] | None:
        if datagram.startswith(octets) and left[0]:
            left[0] -= 1
            return list(delays)
        return None

    return tamper


def ack(block: int) -> bytes:
    return ack_octets(block)


def data(block: int) -> bytes:
    return data_header(block)


CASES: dict[str, Callable[[], Case]] = {
    "sorcerer": lambda: Case("sorcerer", "server", tamper=on(ack(2), 0.2025)),
    "no-dally": lambda: Case(
        "final-ack-lost", "network", tamper=on(ack(7)), at="sent", severity="trouble"
    ),
    # The same packets are seen if the capture has missed DATA 2.
    "gap-taken": lambda: Case(
        "gap-unreported", "client", windowsize=4, tamper=on(data(2)), severity="guess"
    ),
    "any-ack": lambda: Case("unacknowledged", "server", tamper=on(ack(2), 0.0, 0.0005)),
    "window-again": lambda: Case(
        "sorcerer", "server", windowsize=2, tamper=on(ack(2), 0.0, 0.0002, 0.0004, 0.0006, 0.0008)
    ),
    # The same packets are seen if a network that copies the OACK has copied DATA 1, too.
    "oack-restarts": lambda: Case(
        "went-back",
        "client",
        "put",
        tamper=on(b"\0\6", 0.0, 0.0035),
        has_tsize=True,
        severity="guess",
    ),
    "short-not-last": lambda: Case("end-not-seen", "client"),
    "no-empty-block": lambda: Case("no-last-block", "server", content=FILE[:1024], has_tsize=True),
    "written-twice": lambda: Case("ack-of-unsent", "client", tamper=on(ack(2))),
    "repeat-unanswered": lambda: Case(
        "block-unanswered", "client", tamper=on(ack(3)), at="sent", severity="trouble"
    ),
    "never-again": lambda: Case("block-not-sent", "server", tamper=on(data(3)), severity="trouble"),
}


# -- What no peer of ours sends -------------------------------------------------------------------


class Played:
    """A capture of sessions against a list of the peer's packets."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.now = 0.0

    def does(self, end: Address, session: Session, event: Event) -> list[Packet]:
        """Let the session take an event. Returns what it sends."""
        effects = session.handle(event, self.now).effects
        found = [packet for effect in effects for packet in packets_of(effect)]
        for packet in found:
            self.now += 0.001
            to = LISTENER if isinstance(packet, Rrq | Wrq) else session.peer or LISTENER
            self.lines.append((self.now, end, to, packet))
        return found

    def hears(self, end: Address, session: Session, packet: Packet, source: Address = TID) -> None:
        """Let a packet arrive."""
        self.now += 0.1
        self.lines.append((self.now, source, end, packet))
        self.does(end, session, session.interpret(build(packet), source))


def packets_of(effect: Effect) -> list[Packet]:
    match effect:
        case Send(packet):
            return [packet]
        case SendBlocks(first, count):
            return [Data(n & 0xFFFF, FULL) for n in range(first, first + count)]
        case SendAcks(first, stride, count):
            return [Ack(first + n * stride & 0xFFFF) for n in range(count)]
    return []


def played(mutant: str, request: Request, *heard: Packet | tuple[Packet, Address]) -> bytes:
    """A client with the mistake of this mutant, which hears these packets."""
    play = Played()
    client = client_session(request, LISTENER, RetryPolicy(), sessions=sessions_of(mutant))
    play.does(CLIENT, client, Opened())
    for each in heard:
        packet, source = each if isinstance(each, tuple) else (each, TID)
        play.hears(CLIENT, client, packet, source)
    return script(*play.lines)


def rolled_over(mutant: str) -> bytes:
    """A get of more than 65,535 blocks, from block 65,534 on. The server has the mistake."""
    play, policy, request = Played(), RetryPolicy(), Rrq(b"a")
    size = 70_000 * len(FULL)
    server = sessions_of(mutant).read_server(request, size, Options(), CLIENT, policy)
    client = client_session(request, LISTENER, policy)
    server.handle(RequestReceived(CLIENT), 0.0)
    server.handle(AckReceived(1, source=CLIENT), 0.0)
    client.handle(Opened(), 0.0)
    client.handle(DataReceived(1, len(FULL), source=TID), 0.0)
    server.renumber(65_532)
    client.renumber(65_532)
    sent: list[Packet] = [Data(65_534, FULL)]
    play.lines.append((play.now, TID, CLIENT, sent[0]))
    for _ in range(6):
        answers = [a for each in sent for a in play.does(CLIENT, client, heard(client, each, TID))]
        sent = [d for each in answers for d in play.does(TID, server, heard(server, each, CLIENT))]
        if not sent:
            play.now = max(play.now, server.deadline or 0.0)
            sent = play.does(TID, server, TimeoutExpired())
    return script(*play.lines)


def heard(session: Session, packet: Packet, source: Address) -> Event:
    return session.interpret(build(packet), source)


SCRIPTS: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    "no-tid-check": (
        "stray-taken",
        "client",
        lambda: played(
            "no-tid-check",
            Rrq(b"a"),
            Data(1, FULL),
            (Data(2, b"forged"), ("server", 6666)),
            Data(2, FULL),
        ),
    ),
    "error-answered": (
        "error-answered",
        "client",
        lambda: played("error-answered", Rrq(b"a"), Data(1, FULL), Error(3, "no")),
    ),
    "oversized-taken": (
        "oversized",
        "server",
        lambda: played("oversized-taken", Rrq(b"a"), Data(1, bytes(513)), Data(2, bytes(13))),
    ),
    "wrong-way": (
        "wrong-reply",
        "server",
        lambda: played("wrong-way", Wrq(b"a"), Data(1, FULL)),
    ),
    "no-roll-over": ("roll-over", "server", lambda: rolled_over("no-roll-over")),
}
NOT_SEEN = {
    "ack-first": "when a file is saved shows in no packet",
    "timer-restarts": "an end that waits for longer than others breaks no rule that shows",
}


def test_each_mutant_is_there() -> None:
    assert {*CASES, *SCRIPTS, *NOT_SEEN} == set(MUTANTS)


@pytest.mark.parametrize("mutant", CASES)
def test_the_mistake_of_a_mutant_is_explained_as_that(mutant: str) -> None:
    case = CASES[mutant]()
    tsize = (len(case.content) if case.verb == "put" else 0) if case.has_tsize else None
    options = offer(windowsize=case.windowsize, tsize=tsize)
    _, datagrams = overheard(
        case.verb,
        case.content,
        options=options,
        sessions=sessions_of(mutant),
        tamper=case.tamper,
        at=case.at,
    )
    (facts,) = explained(as_pcap(datagrams))
    found = [each for each in facts.findings if each.severity != "note"]
    worst = min(found, key=lambda each: ("departure", "trouble", "guess").index(each.severity))
    told = worst.slug, worst.who, worst.severity
    assert told == (case.slug, case.who, case.severity), "\n".join(lines_of(facts))


@pytest.mark.parametrize("mutant", CASES)
def test_the_same_network_without_the_mistake_breaks_no_rule(mutant: str) -> None:
    case = CASES[mutant]()
    tsize = (len(case.content) if case.verb == "put" else 0) if case.has_tsize else None
    options = offer(windowsize=case.windowsize, tsize=tsize)
    _, datagrams = overheard(
        case.verb, case.content, options=options, tamper=case.tamper, at=case.at
    )
    (facts,) = explained(as_pcap(datagrams))
    assert set(slugs(facts)) <= {"final-ack-lost"}, "\n".join(lines_of(facts))


@pytest.mark.parametrize("mutant", SCRIPTS)
def test_a_capture_that_the_mutant_has_made_is_explained(mutant: str) -> None:
    slug, who, made = SCRIPTS[mutant]
    (facts,) = explained(made())
    assert first(facts) == (slug, who), "\n".join(lines_of(facts))


def test_the_receiver_of_a_block_that_is_too_long_has_taken_it() -> None:
    (facts,) = explained(SCRIPTS["oversized-taken"][2]())
    assert slugs(facts)[:2] == ["oversized", "oversized-taken"], list(lines_of(facts))
    assert [each.who for each in facts.findings[:2]] == ["server", "client"]
