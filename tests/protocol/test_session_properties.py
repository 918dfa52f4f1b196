"""Sessions walk at random through everything that a peer can send, in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.playbook import ack, data, oack, play
from tftp_fsm.protocol.events import (
    Aborted,
    AckReceived,
    Commit,
    DataReceived,
    Deliver,
    Effect,
    EmptyReceived,
    EndFound,
    ErrorReceived,
    Event,
    Finished,
    MalformedReceived,
    OackReceived,
    Opened,
    Outcome,
    RequestReceived,
    Send,
    SendAcks,
    SendBlocks,
    Step,
    StorageFailed,
    StrayReceived,
    TimeoutExpired,
    UnreachableReceived,
    trigger_of,
)
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.roles import ReadClient, ReadServer, WriteClient, WriteServer
from tftp_fsm.protocol.rows import Row, State
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.protocol.whole import hears, rows_of
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Ack, Rrq, Wrq, build

WINDOWSIZES = (1, 1, 2, 5, 16, 300, 32767)
STRANGER = ("192.0.2.77", 7777)
UNKEPT = [Outcome.SUCCEEDED, Outcome.NO_ROOM]
Kind = Callable[[int], Session]


def read_client(windowsize: int) -> Session:
    return ReadClient(Rrq(b"f", "octet", pairs(windowsize)))


def write_client(windowsize: int) -> Session:
    return WriteClient(Wrq(b"f", "octet", pairs(windowsize)), 512 * 700 + 9)


def read_server(windowsize: int) -> Session:
    return ReadServer(Rrq(b"f"), 512 * 700 + 9, options(windowsize))


def write_server(windowsize: int) -> Session:
    return WriteServer(Wrq(b"f"), options(windowsize), retry_policy=RetryPolicy(dally=3.0))


def options(windowsize: int) -> Options:
    return Options(windowsize=windowsize) if windowsize > 1 else Options()


def pairs(windowsize: int) -> tuple[tuple[str, str], ...]:
    return options(windowsize).pairs()


KINDS: tuple[Kind, ...] = (read_client, write_client, read_server, write_server)
EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


# -- What can come --------------------------------------------------------------------------------


def anything(random: Random, session: Session) -> Event:
    """Draw mostly events that move the transfer, and sometimes those of a bad network or peer."""
    if random.random() < 0.7:
        return moving(random, session)
    return ending(random) if random.random() < 0.07 else disturbing(random, session)


def disturbing(random: Random, session: Session) -> Event:
    found: list[Event] = [
        TimeoutExpired(),
        RequestReceived(),
        OackReceived(pairs(session.windowsize)),
        StrayReceived(STRANGER, random.random() < 0.3),
        UnreachableReceived(is_hard=random.random() < 0.5),
        EmptyReceived(),
        data(random.randrange(65536), random.randrange(520)),
        ack(random.randrange(65536)),
        ack(nearby(random, session)),
        data(nearby(random, session)),
    ]
    return random.choice(found)


def ending(random: Random) -> Event:
    found: list[Event] = [
        oack(blksize=9),
        ErrorReceived(random.randrange(9), "no"),
        MalformedReceived("opcode"),
        StorageFailed(3, "full"),
        Aborted(),
    ]
    return random.choice(found)


def moving(random: Random, session: Session) -> Event:
    if session.state is State.IDLE:
        return Opened() if isinstance(session, ReadClient | WriteClient) else RequestReceived()
    if session.state is State.REQUESTING and random.random() < 0.5:
        return OackReceived(session.request.options)
    if isinstance(session, Receiver):
        last = random.random() < 0.004
        return data((session.received + 1) & 0xFFFF, 5 if last else 512)
    assert isinstance(session, Sender)
    return ack((session.window_end if random.random() < 0.7 else session.sent) & 0xFFFF)


def nearby(random: Random, session: Session) -> int:
    centre = session.received if isinstance(session, Receiver) else getattr(session, "acked", 0)
    return (centre + random.randint(-3, session.windowsize + 2)) & 0xFFFF


def some_of_each(random: Random, session: Session) -> Iterable[Event]:
    """Yield one event or several for every trigger."""
    near = [nearby(random, session) for _ in range(6)]
    yield from (Opened(), RequestReceived(), TimeoutExpired(), Aborted())
    yield from (UnreachableReceived(), UnreachableReceived(is_hard=False))
    yield from (EndFound(512 * 700 + 9), EmptyReceived())
    yield from (StorageFailed(0, ""), MalformedReceived(""), oack(), oack(blksize=8))
    yield from (OackReceived(session.request.options), StrayReceived(STRANGER))
    yield from (StrayReceived(STRANGER, True), ErrorReceived(8, ""), ErrorReceived(77, ""))
    for number in (*near, random.randrange(65536)):
        yield from (data(number), data(number, 3), data(number, 513), ack(number))


# -- What must hold after each step ---------------------------------------------------------------


def rows_that_pass(session: Session, event: Event) -> list[Row]:
    def holds(name: str) -> bool:
        return bool(getattr(session, name)(event))

    return [
        row
        for row in rows_of(session.table, session.state, trigger_of(event))
        if all(map(holds, row.conditions)) and not any(map(holds, row.unless))
    ]


def check_guards(random: Random, session: Session) -> None:
    """Check that one row fits each event that the state can hear, and that guards are pure."""
    before = everything(session)
    heard = hears(session.table, session.state)
    for event in some_of_each(random, session):
        passing = rows_that_pass(session, event)
        assert len(passing) == (trigger_of(event) in heard), (event, session.state, passing)
    assert everything(session) == before


def check_copy(session: Session) -> None:
    """Check that an event of a copy does not change the session."""
    before = everything(session)
    copied = session.copy()
    assert everything(copied) == before
    for event in (TimeoutExpired(), UnreachableReceived(), Aborted()):
        copied.handle(event, copied.deadline or 0.0)
    assert everything(session) == before


def everything(session: Session) -> dict[str, object]:
    return deepcopy({**vars(session), "timer": vars(session.timer)})


def check_deadline(session: Session) -> None:
    waits = session.state is not State.IDLE and not session.state.is_final
    assert (session.deadline is not None) == waits, session.state


class Ledger:
    """Records what a session has done so far, and what it may do next."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.kept = 0
        self.committed = False
        self.outcomes: list[Outcome] = []

    def enter(self, step: Step) -> None:
        for index, effect in enumerate(step.effects):
            assert not step.before.is_final, "what has ended does nothing"
            self._enter(effect, step, index)
        if step.after.is_final:
            assert self.outcomes, "no end without an outcome"
        # There is one outcome, or two if the last block could not be kept in the end.
        assert len(self.outcomes) < 2 or self.outcomes == UNKEPT

    def _enter(self, effect: Effect, step: Step, index: int) -> None:
        match effect:
            case Deliver(first, count, octets):
                assert first == self.kept + 1, "in order, each block once"
                assert 0 <= octets <= count * self.session.blksize
                assert not self.committed
                self.kept += count
            case Commit():
                self.committed = True
            case SendBlocks(first, count):
                assert isinstance(self.session, Sender)
                assert 1 <= first
                assert 1 <= count <= self.session.windowsize
                assert first + count - 1 <= self.session.blocks
            case Send(Ack(number)):
                assert isinstance(self.session, Receiver)
                # The ACK of a block is in the same effects that keep the block, or in later ones.
                assert number == self.session.received & 0xFFFF
                if step.after is State.DALLYING:
                    assert self.committed, "safe on disk before the sender hears so"
            case Send(packet):
                assert build(packet), "it can be said on the wire"
            case SendAcks():
                raise AssertionError("single blocks fill one window at the most")
            case Finished(outcome):
                self.outcomes.append(outcome)
                if outcome is Outcome.SUCCEEDED:
                    assert index == len(step.effects) - 1
                    self._check_success(step)

    def _check_success(self, step: Step) -> None:
        session = self.session
        if isinstance(session, Sender):
            assert session.acked == session.sent == session.blocks
        else:
            assert self.committed
            assert step.after is State.DALLYING


PACKETS = (DataReceived, AckReceived, OackReceived, EmptyReceived, StrayReceived, RequestReceived)


def what_moved(session: Session) -> tuple[object, int]:
    """Return the place of the transfer, and how many packets did not move it."""
    counters = session.counters
    place = getattr(session, "received", getattr(session, "acked", 0)), session.state
    return place, counters.duplicates + counters.ignored + counters.strays + counters.gaps


def check_counted(session: Session, step: Step, before: tuple[object, int]) -> None:
    """A packet that moves nothing is counted, and a server notes that its client was heard."""
    place, counted = what_moved(session)
    if isinstance(step.event, PACKETS) and step.row is not None and place == before[0]:
        assert counted > before[1], f"{step.row} counts nothing"
    is_heard = isinstance(step.event, DataReceived | AckReceived) and step.row is not None
    if is_heard and not step.after.is_final and isinstance(session, ReadServer | WriteServer):
        assert session._client_heard_at == step.now, f"{step.row} does not note the client"


def walk(kind: Kind, seed: int, steps: int, check: bool = True) -> Session:
    random = Random(f"{kind.__name__} {seed}")
    session = kind(random.choice(WINDOWSIZES))
    ledger = Ledger(session)
    now = 0.0
    for _ in range(steps):
        event = anything(random, session)
        if isinstance(event, TimeoutExpired) and session.deadline is not None:
            now = max(now, session.deadline - 0.01 * (random.random() < 0.2))
        elif random.random() < 0.3:
            now += random.choice((0.0, 0.001, 0.05))
        if check and random.random() < 0.3:
            check_guards(random, session)
            check_copy(session)
        before = what_moved(session)
        step = session.handle(event, now)
        ledger.enter(step)
        check_deadline(session)
        check_counted(session, step, before)
        if session.state.is_final:
            break
    return session


@EACH_KIND
@pytest.mark.parametrize("seed", range(60))
def test_whatever_comes_one_row_answers_and_the_promises_hold(kind: Kind, seed: int) -> None:
    walk(kind, seed, 90)


@EACH_KIND
@pytest.mark.parametrize("steps", [1, 2, 3, 5, 10, 30])
def test_silence_ends_a_session_in_any_state(kind: Kind, steps: int) -> None:
    for seed in range(1000, 1010):
        session = walk(kind, seed, steps, check=False)
        expired = 0
        while session.state is not State.IDLE and not session.state.is_final:
            assert session.deadline is not None
            session.handle(TimeoutExpired(), session.deadline)
            expired += 1
            assert expired <= 9 * 4, f"seed {seed}: 30 s are 9 attempts, each in 4 parts at most"


@EACH_KIND
def test_a_session_in_any_state_leaves_a_peer_that_only_repeats_itself(kind: Kind) -> None:
    for seed in range(2000, 2040):
        session = walk(kind, seed, 12, check=False)
        begun = session.deadline or 0.0
        now = begun
        repeated = repetition(session)
        while session.state is not State.IDLE and not session.state.is_final:
            assert session.deadline is not None
            now = min(now + 0.1, session.deadline)
            session.handle(TimeoutExpired(), now)
            session.handle(repeated, now)
            assert now < begun + 600, f"seed {seed}: {session.variables()}"


def repetition(session: Session) -> Event:
    if isinstance(session, Receiver):
        return data(session.received & 0xFFFF) if session.received else RequestReceived()
    assert isinstance(session, Sender)
    return ack(session.acked & 0xFFFF) if session.acked > 0 else RequestReceived()


# -- Runs of events are the events one by one -----------------------------------------------------


def unfolded(effects: Iterable[Effect]) -> list[tuple[str, int]]:
    """Return each ACK, each sent block and each kept block separately."""
    found: list[tuple[str, int]] = []
    for effect in effects:
        match effect:
            case Send(Ack(number)):
                found.append(("ack", number))
            case SendAcks(first, stride, count):
                found += [("ack", (first + at * stride) & 0xFFFF) for at in range(count)]
            case SendBlocks(first, count):
                found += [("send", first + at) for at in range(count)]
            case Deliver(first, count, octets):
                found += [("keep", first + at) for at in range(count)]
                found.append(("octets", octets))
            case _:
                found.append((str(effect), 0))
    acks = [item for item in found if item[0] == "ack"]
    return acks + [item for item in found if item[0] not in ("ack", "octets")]


def lasting(session: Session) -> dict[str, object]:
    """Return all that a session knows, without its speed, which a run measures as a whole."""
    names = {"timer", "deadline", "_effects", "row", "_sent_at", "_timed", "_run_from"}
    return {name: value for name, value in vars(session).items() if name not in names}


@given(st.integers(1, 9), st.integers(0, 20), st.integers(1, 40), st.integers(0, 65520))
def test_a_run_of_data_is_its_blocks_one_by_one(
    windowsize: int, before: int, count: int, start: int
) -> None:
    run, single = (read_client(windowsize) for _ in range(2))
    for session in (run, single):
        play(session, Opened(), OackReceived(pairs(windowsize)), data(1, count=start + before + 1))
    first = (start + before + 2) & 0xFFFF
    whole = run.handle(DataReceived(first, 512, count), 1.0).effects
    parts = [
        effect
        for at in range(count)
        for effect in single.handle(DataReceived((first + at) & 0xFFFF, 512), 1.0).effects
    ]
    assert unfolded(whole) == unfolded(parts)
    assert lasting(run) == lasting(single)


@given(st.integers(1, 9), st.integers(0, 20), st.integers(1, 40))
def test_a_run_of_acks_is_its_windows_one_by_one(windowsize: int, before: int, count: int) -> None:
    run, single = (
        WriteClient(Wrq(b"f", "octet", pairs(windowsize)), 512 * 80_000) for _ in range(2)
    )
    for session in (run, single):
        play(session, Opened(), OackReceived(pairs(windowsize)) if windowsize > 1 else ack(0))
        for at in range(1, before + 1):
            play(session, ack(at * windowsize))
    first = (before + 1) * windowsize
    whole = run.handle(AckReceived(first, count), 1.0).effects
    parts = [
        effect
        for at in range(count)
        for effect in single.handle(AckReceived(first + at * windowsize), 1.0).effects
    ]
    assert unfolded(whole) == unfolded(parts)
    assert lasting(run) == lasting(single)
