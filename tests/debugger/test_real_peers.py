"""The debugger with real peers holds the packets of both ends, and the file is complete."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from tests.support.peers import Client, Server
from tftp_fsm.client.settings import Settings
from tftp_fsm.debugger import breakpoints as at
from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.commands.all import Debugger
from tftp_fsm.debugger.datagrams import MEANWHILE
from tftp_fsm.debugger.page.render import page_of
from tftp_fsm.debugger.prompt import Prompt
from tftp_fsm.debugger.recording import trace_lines
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.tui.rungs import Highlight, draw, rungs_of
from tftp_fsm.debugger.worlds.live import LiveWorld
from tftp_fsm.debugger.worlds.live_client import dial_get, dial_put
from tftp_fsm.debugger.worlds.live_server import Served
from tftp_fsm.debugger.worlds.recorded import RecordedWorld
from tftp_fsm.driver.driver import Driver
from tftp_fsm.errors import LocalError
from tftp_fsm.ladder import mermaid_ladder, svg_ladder, text_ladder
from tftp_fsm.protocol.events import DataReceived, Opened, TimeoutExpired
from tftp_fsm.protocol.roles import ReadClient
from tftp_fsm.protocol.rows import State
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.storage import BytesSink
from tftp_fsm.trace.reading import read_trace
from tftp_fsm.transports import Burst
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, build

CONTENT = bytes(range(256)) * 9  # four blocks of 512 octets and a short one
PEER: Address = ("192.0.2.1", 69)
SERVER: Address = ("192.0.2.1", 3000)


def settings(server: Server) -> Settings:
    return Settings(port=server.port, blksize=512, windowsize=1, dally=0.0)


# -- A fake network, on which nothing depends on real time ----------------------------------------


class Scripted:
    """A transport whose peer says what it is told to, each at its time on the transport's clock."""

    def __init__(self) -> None:
        self.clock = 1000.0
        self.sent: list[bytes] = []
        self.coming: deque[tuple[float, bytes]] = deque()
        self.closed = False

    def send(self, burst: Burst) -> None:
        self.sent += burst.datagrams()

    def receive(self, deadline: float | None) -> Burst | None:
        if self.coming and (deadline is None or self.coming[0][0] <= deadline):
            when, octets = self.coming.popleft()
            self.clock = max(self.clock, when)
            return Burst.of(octets, SERVER)
        assert deadline is not None, "this would wait for ever"
        self.clock = max(self.clock, deadline)
        return None

    def now(self) -> float:
        return self.clock

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def wired() -> tuple[Scripted, Debugger]:
    transport, sink = Scripted(), BytesSink()
    world = LiveWorld("client", transport)
    session = ReadClient(Rrq(b"file"), PEER)
    world.begin_with(Driver(session, world.pipe, sink=sink), Opened())
    return transport, Debugger(Stepper(world))


def test_nothing_goes_out_before_it_is_let_pass(wired: tuple[Scripted, Debugger]) -> None:
    transport, debugger = wired
    debugger.run("step")
    assert transport.sent == []
    debugger.run("pass")
    assert transport.sent == [build(Rrq(b"file"))]


def test_our_clock_stands_still_while_a_person_thinks(wired: tuple[Scripted, Debugger]) -> None:
    transport, debugger = wired
    debugger.run("step")
    transport.clock += 60.0
    transport.coming.append((transport.clock + 0.25, build(Data(1, bytes(512)))))
    debugger.run("step")
    frame = debugger.stepper.frame
    assert frame is not None
    assert (frame.step.now, frame.step.after) == (0.25, State.RECEIVING)
    assert frame.unusual == ()


@pytest.mark.parametrize("thought, marked", [(6.0, True), (0.25, False)])
def test_what_a_peer_sends_again_while_we_think_is_marked(
    wired: tuple[Scripted, Debugger], thought: float, marked: bool
) -> None:
    transport, debugger = wired
    debugger.run("step")
    transport.coming.append((transport.clock, build(Data(1, bytes(512)))))
    debugger.run("step")
    transport.coming += [(transport.clock + at, build(Data(1, bytes(512)))) for at in (0.1, 0.2)]
    debugger.run("pass")  # ACK 1, which the network loses
    transport.clock += thought
    debugger.run("step")
    frame = debugger.stepper.frame
    assert frame is not None and frame.packet is not None
    assert (MEANWHILE in frame.packet.fate) is marked
    told = (
        "DATA 1 (512 octets) was sent again while the debugger waited for you: "
        "the clock of the server goes on"
    )
    assert (told in frame.notes) is marked
    rung = next(r for r in rungs_of(debugger.stepper.frames) if r.step == frame.number)
    drawn = draw(rung, Highlight(frame.number, frozenset()), "client", 80).plain
    assert ("while you thought" in drawn) is marked


def test_the_prompt_says_that_a_real_peer_may_have_given_up(
    wired: tuple[Scripted, Debugger],
) -> None:
    transport, debugger = wired
    out, lines = StringIO(), iter(["step", "pass", "variables", "quit"])

    def read(prompt: str) -> str:
        line = next(lines)
        transport.clock += 30.0 if line == "variables" else 0.0
        return line

    Prompt(debugger, out).talk(read)
    assert "no packet for 30 s: the server may have given up" in out.getvalue()
    assert out.getvalue().count("no packet for") == 2  # the user thinks on


def test_a_wait_is_interrupted_and_can_go_on(wired: tuple[Scripted, Debugger]) -> None:
    transport, debugger = wired
    debugger.run("step")
    debugger.run("pass")
    transport.coming.append((transport.clock + 0.75, build(Data(1, bytes(9)))))
    receive = transport.receive

    def with_a_hand_on_the_key(deadline: float | None) -> Burst | None:
        if transport.clock > 1000.5:
            debugger.stepper.world.interrupt()
        return receive(deadline)

    transport.receive = with_a_hand_on_the_key  # type: ignore[method-assign]
    reply = debugger.run("continue")
    assert reply.lines == ("interrupted while waiting for the server",) and not reply.ok
    assert 0.5 < debugger.stepper.now < 0.75 and debugger.stepper.position == 1
    transport.receive = receive  # type: ignore[method-assign]
    assert debugger.run("continue").ok and debugger.stepper.world.intact
    assert debugger.stepper.frames[1].step.now == pytest.approx(0.75)


@pytest.mark.parametrize(
    "came, told",
    [
        (9, "file: 9 octets, complete here; the copy of the other end cannot be compared"),
        (5, "file: not whole"),
    ],
)
def test_the_debugger_says_only_what_is_known_of_a_real_peers_file(came: int, told: str) -> None:
    transport, options = Scripted(), (("tsize", "9"),)
    world = LiveWorld("client", transport)
    session = ReadClient(Rrq(b"file", "octet", (("tsize", "0"),)), PEER)
    world.begin_with(Driver(session, world.pipe, sink=BytesSink()), Opened())
    debugger = Debugger(Stepper(world))
    transport.coming.append((transport.clock, build(Oack(options))))
    transport.coming.append((transport.clock + 1.0, build(Data(1, bytes(came)))))
    debugger.run("continue")
    assert debugger.run("file").lines == (told,)
    assert debugger.run("expect file whole").ok is (came == 9)


def test_the_steps_are_told_as_they_come(wired: tuple[Scripted, Debugger]) -> None:
    transport, debugger = wired
    for number, size in ((1, 512), (2, 9)):
        transport.coming.append((transport.clock + number, build(Data(number, bytes(size)))))
    out = StringIO()
    assert Prompt(debugger, out).follow(["continue"])
    passed = [line.split("  ")[-1] for line in out.getvalue().splitlines() if " s  client " in line]
    assert passed[:2] == [
        "client the user asks > RRQ file octet = requesting",
        "client DATA 1 > ACK 1 = receiving",
    ]
    assert "the end: client succeeded" in out.getvalue()


def test_it_says_when_the_peer_may_have_sent_again_or_given_up(
    wired: tuple[Scripted, Debugger],
) -> None:
    transport, debugger = wired
    transport.coming.append((transport.clock, build(Data(1, bytes(512)))))
    debugger.run("step 2")
    assert not debugger.stepper.world.remarks
    transport.clock += 6
    says = "no packet for 6 s: the server may have sent its packet again"
    assert says in debugger.run("show").lines
    transport.clock += 20
    assert "may have given up" in debugger.run("show").lines[-1]


def test_what_came_can_be_dropped_on_its_way_in(wired: tuple[Scripted, Debugger]) -> None:
    transport, debugger = wired
    transport.coming.append((transport.clock, build(Data(1, bytes(512)))))
    for line in ("step", "pass", "wait", "drop", "step"):
        assert debugger.run(line).ok
    frame = debugger.stepper.frame
    assert frame is not None
    assert isinstance(frame.step.event, TimeoutExpired)
    assert frame.notes == ("DATA 1 (512 octets) of server: dropped by hand",)


@pytest.mark.parametrize("edit", ["filename=other", "raw"])
def test_a_packet_to_a_real_peer_that_was_edited_can_be_drawn(
    wired: tuple[Scripted, Debugger], edit: str
) -> None:
    transport, debugger = wired
    transport.coming.append((transport.clock, build(Data(1, bytes(512)))))
    change = "raw 1 0004 0007" if edit == "raw" else f"edit {edit}"
    for line in ("step", change, "step", "step"):
        assert debugger.run(line).ok, line
    trace = read_trace(trace_lines(debugger.stepper))
    assert trace.wire, "the edit is in the trace"
    for drawn in (text_ladder(trace), "\n".join(debugger.run("ladder full").lines)):
        line = next(line for line in drawn.splitlines() if "RRQ" in line)
        assert "RRQ file octet, edited" in line and line.rstrip().endswith(">│")
    assert "edited" in svg_ladder(trace) and "edited" in mermaid_ladder(trace)
    assert "edited" in page_of(debugger.stepper.frames)
    assert rungs_of(debugger.stepper.frames)
    again = Stepper(RecordedWorld(trace))
    again.run()
    assert "edited" in text_ladder(again.entries())


def test_a_held_packet_is_drawn_as_under_way_and_a_dropped_one_as_lost(
    wired: tuple[Scripted, Debugger],
) -> None:
    _, debugger = wired

    def request() -> str:
        return next(line for line in debugger.run("ladder full").lines if "RRQ" in line)

    debugger.run("step")
    assert "RRQ file octet, under way" in request() and ">" not in request()
    debugger.run("drop")
    assert "RRQ file octet, lost" in request() and "X" in request()
    assert "lost" in text_ladder(read_trace(trace_lines(debugger.stepper)))


def test_what_goes_out_can_be_edited_doubled_and_delayed(wired: tuple[Scripted, Debugger]) -> None:
    transport, debugger = wired
    debugger.run("step")
    for line in ("edit filename=other", "duplicate", "delay 1 0.5", "pass 2", "step"):
        assert debugger.run(line).ok, line
    other = build(Rrq(b"other"))
    assert transport.sent[:2] == [other, other]
    assert transport.clock == pytest.approx(1001.0), "the delayed one left at 0.5 s"


def test_a_real_peer_cannot_be_taken_back_but_looked_at(wired: tuple[Scripted, Debugger]) -> None:
    transport, debugger = wired
    transport.coming.append((transport.clock, build(Data(1, bytes(10)))))
    debugger.run("step 2")
    stepper = debugger.stepper
    first, second = stepper.frames
    assert stepper.goto(1) == first
    assert stepper.states == {"client": State.REQUESTING}
    assert [held.kind for held in stepper.wire] == ["RRQ"]
    with pytest.raises(LocalError, match="a real peer cannot forget what it has received"):
        stepper.perform(m.Abort("client"))
    assert stepper.step() == second
    assert stepper.at_head
    stepper.run()
    assert transport.sent[-1] == build(Ack(1)), "the final ACK goes out at the end"
    assert stepper.world.intact
    stepper.world.close()
    assert transport.closed


def test_leaving_in_the_middle_tells_the_peer(wired: tuple[Scripted, Debugger]) -> None:
    transport, debugger = wired
    transport.coming.append((transport.clock, build(Data(1, bytes(512)))))
    debugger.run("step 2")
    debugger.stepper.world.close()
    assert transport.sent[-1] == build(Error(0, "transfer aborted"))
    assert build(Ack(1)) not in transport.sent, "what was held stays held"


def test_a_live_run_is_kept_as_a_trace(wired: tuple[Scripted, Debugger]) -> None:
    transport, debugger = wired
    transport.coming.append((transport.clock, build(Data(1, bytes(10)))))
    debugger.run("continue")
    again = Stepper(RecordedWorld(read_trace(trace_lines(debugger.stepper))))
    again.run()
    assert [f.step for f in again.frames] == [f.step for f in debugger.stepper.frames]


# -- Real programs --------------------------------------------------------------------------------


def test_a_dropped_ack_has_tftpd_hpa_send_again_and_the_file_is_whole(
    tftpd_hpa: Server, tmp_path: Path
) -> None:
    remote, local = tftpd_hpa.holds("file", CONTENT), tmp_path / "file"
    world = dial_get(tftpd_hpa.host, remote, local, settings(tftpd_hpa))
    debugger = Debugger(Stepper(world))
    try:
        # With this rto the server's time-out comes first.
        for line in ("step", "set client rto 30", "until sent client ACK 2", "drop", "step"):
            reply = debugger.run(line)
            assert reply.ok, reply.lines
        frame = debugger.stepper.frame
        assert frame is not None and isinstance(frame.step.event, DataReceived)
        assert frame.step.event.block == 2
        assert frame.unusual == ("duplicate", "retransmission")
        debugger.run("continue")
    finally:
        world.close()
    assert local.read_bytes() == CONTENT


def test_a_file_is_put_to_tftpd_hpa_step_by_step(tftpd_hpa: Server, tmp_path: Path) -> None:
    local = tmp_path / "sent"
    local.write_bytes(CONTENT)
    world = dial_put(tftpd_hpa.host, local, tftpd_hpa.remote("got"), settings(tftpd_hpa))
    stepper = Stepper(world)
    try:
        stop = stepper.run(at.read_breakpoint(["sent", "DATA", "2"]))
        assert stop.frame is not None
        stepper.perform(m.Drop(stepper.wire[0].number))
        stepper.run()
    finally:
        world.close()
    assert tftpd_hpa.path("got").read_bytes() == CONTENT
    assert any("time-out" in frame.unusual for frame in stepper.frames)


def test_curl_is_debugged_from_the_servers_side(
    real_client: Callable[[str], Client], tmp_path: Path
) -> None:
    curl = real_client("curl")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "file").write_bytes(CONTENT)
    served = Served(ServerConfig(tmp_path / "root", bind=("127.0.0.1",), port=0))
    port, local, said = served.addresses[0][1], tmp_path / "file", []
    thread = threading.Thread(
        target=lambda: said.append(curl.get("127.0.0.1", port, "file", local, limit=30))
    )
    thread.start()
    world = served.wait(20)
    assert world is not None
    debugger = Debugger(Stepper(world))
    try:
        reply = debugger.run("step")
        assert reply.frames[0].packet is not None
        assert reply.frames[0].packet.kind == "RRQ"
        for line in ("until sent server DATA 2", "drop", "timeout", "continue"):
            assert debugger.run(line).ok, line
    finally:
        thread.join(30)
        world.close()
    assert said[0].returncode == 0, said[0].stderr
    assert local.read_bytes() == CONTENT
    assert debugger.stepper.states == {"server": State.DONE}
    assert any("retransmission" in frame.unusual for frame in debugger.stepper.frames)


def test_nobody_asks_and_the_wait_ends(tmp_path: Path) -> None:
    served = Served(ServerConfig(tmp_path, bind=("127.0.0.1",), port=0))
    assert served.wait(0.0) is None
    served.close()


def test_a_put_into_a_folder_appends_the_name_of_the_file_as_the_client_does(
    tmp_path: Path,
) -> None:
    local = tmp_path / "sent"
    local.write_bytes(CONTENT)
    world = dial_put("127.0.0.1", local, b"folder/", Settings())
    try:
        assert world.sessions["client"].request.filename == b"folder/sent"
    finally:
        world.close()
