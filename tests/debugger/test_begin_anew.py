"""A client asks again, and another session of the server takes over, in each kind of world."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.support.steppers import FILE, stepper_of
from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.recording import trace_lines
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.live import LiveWorld
from tftp_fsm.debugger.worlds.live_server import Served
from tftp_fsm.debugger.worlds.recorded import RecordedWorld
from tftp_fsm.ladder.build import ANOTHER
from tftp_fsm.ladder.build import build as ladder_of
from tftp_fsm.protocol.events import BeginAnew, RequestReceived, SendBlocks
from tftp_fsm.protocol.rows import State
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.trace.reading import read_trace
from tftp_fsm.trace.trace import write_trace
from tftp_fsm.wire.packets import Ack, Rrq, build

LATE = 2.0  # seconds; no copy comes so late


def overtaken(verb: str = "get") -> Stepper:
    """The client's first packets arrive, and later only a late copy of its request."""
    stepper = stepper_of(verb=verb, content=FILE * 4)
    stepper.perform(m.Begin())
    request = stepper.wire[0]
    stepper.perform(m.Duplicate(request.number))
    stepper.perform(m.Delay(stepper.wire[1].number, LATE))
    for _ in range(4):
        stepper.step()
    while stepper.states["server"] is not State.ERROR and not anew(stepper):
        for held in stepper.wire:
            if held.sender == "client" and held.kind != request.kind:
                stepper.perform(m.Drop(held.number))
        assert stepper.step() is not None
    return stepper


def anew(stepper: Stepper) -> list[Frame]:
    return [frame for frame in stepper.past if BeginAnew() in frame.step.effects]


def test_another_session_answers_from_another_tid() -> None:
    for verb in ("get", "put"):
        stepper = overtaken(verb)
        first = anew(stepper)[0]
        assert "another session of the server begins, with TID 2049" in first.notes[-1]
        frame = stepper.step() if stepper.past[-1] is first else stepper.past[-1]
        assert frame is not None and frame.end == "server"
        assert (frame.step.before, frame.step.event) == (
            State.IDLE,
            RequestReceived(("client", 1024)),
        )
        assert [sent.source for sent in frame.sent] == [("server", 2049)]


def test_the_client_of_the_earlier_session_tells_the_new_one_that_it_did_not_ask() -> None:
    stepper = overtaken()
    stepper.run()
    assert stepper.states["server"] is State.ERROR
    errors = [held for frame in stepper.past for held in frame.sent if held.kind == "ERROR"]
    assert [(held.sender, held.to) for held in errors if held.sender == "client"] == [
        ("client", ("server", 2049))
    ]


def test_such_a_run_goes_back_and_forward() -> None:
    stepper = overtaken()
    stepper.run()
    frames = list(stepper.past)
    stepper.goto(1)
    stepper.run()
    assert list(stepper.past) == frames


def test_in_its_ladder_the_request_is_heard_once_and_each_packet_is_one_that_was_sent() -> None:
    for verb in ("get", "put"):
        stepper = overtaken(verb)
        stepper.run()
        ladder = ladder_of(read_trace(list(trace_lines(stepper))))
        assert all(arrow.sent is not None for arrow in ladder.arrows)
        (mark,) = [mark for mark in ladder.marks if mark.words == ANOTHER]
        assert mark.end == "server"
        answer = next(a for a in ladder.arrows if a.sender == "server" and a.start > mark.moment)
        assert not answer.again, "the first packet of the other session"


def test_its_trace_replays_and_its_ladder_has_both_sessions() -> None:
    stepper = overtaken()
    stepper.run()
    trace = read_trace(list(trace_lines(stepper)))
    again = Stepper(RecordedWorld(trace))
    again.run()
    assert [frame.step for frame in again.past] == [frame.step for frame in stepper.frames]
    assert again.world.remarks == ()
    states = [span.state for span in ladder_of(trace).spans if span.end == "server"]
    assert states == [
        State.IDLE,
        State.AWAITING_ACK,
        State.ERROR,
        State.IDLE,
        State.AWAITING_ACK,
        State.ERROR,
    ]
    text = io.StringIO()
    write_trace(trace, text)
    assert read_trace(text.getvalue().splitlines()) == trace


def test_a_real_client_that_asks_anew_is_answered_from_another_tid(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(FILE)
    with asked(tmp_path) as (stepper, client, port):
        stepper.step()
        stepper.step()
        _, first = client.recvfrom(600)
        client.sendto(build(Ack(1)), first)
        world = stepper.world
        assert isinstance(world, LiveWorld)
        while stepper.past[-1].step.effects != (SendBlocks(2, 1),):
            stepper.step()
        world.clock += LATE
        client.sendto(build(Rrq(b"file")), ("127.0.0.1", port))
        while not anew(stepper):
            assert stepper.step() is not None
        assert "another session of the server begins" in anew(stepper)[0].notes[-1]
        assert [held.words for held in stepper.wire] == ["DATA 1 (512 octets)"]
        client.sendto(build(Ack(1)), first)  # no program listens there any more
        stepper.step()
        client.settimeout(10)
        answers = [client.recvfrom(600)]
        while answers[-1][1] == first:
            answers.append(client.recvfrom(600))
        assert answers[-1][0][4:] == FILE[:512]
        assert stepper.states == {"server": State.AWAITING_ACK}


def test_a_debugged_server_sends_what_its_provider_makes(tmp_path: Path) -> None:
    with asked(tmp_path, provider=lambda asked: b"made: " + asked.name) as (stepper, client, _):
        client.settimeout(10)
        stepper.step()
        stepper.step()
        assert client.recv(600)[4:] == b"made: file"


@contextmanager
def asked(root: Path, **other: object) -> Iterator[tuple[Stepper, socket.socket, int]]:
    """Yield a debugged server that a client has asked for the file, and its listening port."""
    served = Served(ServerConfig(root, bind=("127.0.0.1",), port=0, **other))  # type: ignore[arg-type]
    port = served.addresses[0][1]
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as client:
        client.sendto(build(Rrq(b"file")), ("127.0.0.1", port))
        world = served.wait(10)
        assert world is not None
        with closing(world):
            yield Stepper(world), client, port
