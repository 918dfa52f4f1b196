"""A capture of a trace has each packet that arrived, and a comment for each that was lost."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.support.refused import Refused
from tests.support.sharks import comments, exported, packets
from tftp_fsm.__main__ import main
from tftp_fsm.capture.pcapng import PcapngWriter
from tftp_fsm.capture.traced import write_capture
from tftp_fsm.debugger.recording import run_as_trace
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.ladder import build
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.transfer import Result, record
from tftp_fsm.trace.trace import Trace
from tftp_fsm.transports.faults import Faults
from tftp_fsm.verify.known import known_sessions
from tftp_fsm.wire.options import Options, offer

CONTENT = bytes(number * 7 % 251 for number in range(3000))
OPTIONS = offer(blksize=300, windowsize=3, tsize=0)
Verb = Literal["get", "put"]


class Counting:
    """Counts the octets that a writer gets."""

    def __init__(self) -> None:
        self.packets: list[tuple[str, bytes, int]] = []
        self.comments: list[str] = []

    def packet(self, at: float, octets: bytes, way: str, said: Any, size: int) -> None:
        self.packets.append((way, octets, size))
        self.comments += said

    def close(self, at: float, said: Any) -> None:
        self.comments += said


def written(trace: Trace, content: bytes | None = None) -> Counting:
    counting = Counting()
    write_capture(trace, counting, content)  # type: ignore[arg-type]
    return counting


def saved(trace: Trace, path: Path, content: bytes | None = None) -> Path:
    with path.open("wb") as stream:
        write_capture(trace, PcapngWriter(stream, "test"), content)
    return path


def both(
    verb: Verb, seed: int, faults: dict[str, float] | None = None, options: Options = OPTIONS
) -> tuple[Result, Trace]:
    setup = Setup(verb, CONTENT, Faults(**(faults or {}), seed=seed), options=options)
    return record(setup)


@pytest.mark.parametrize("verb", ["get", "put"])
@pytest.mark.parametrize(
    "faults, windowsize",
    [({}, 3), ({"loss": 0.2}, None), ({"corrupt": 0.05, "duplicate": 0.1}, None)],
)
def test_tshark_exports_the_file_that_arrived(
    verb: Verb, faults: dict[str, float], windowsize: int | None, tmp_path: Path
) -> None:
    """If a window has a gap, tshark 4.0 exports no file from any capture."""
    options = offer(blksize=300, windowsize=windowsize)
    result, trace = both(verb, 34, faults, options)
    assert result.received is not None
    assert (result.received != CONTENT) == ("corrupt" in faults)
    path = saved(trace, tmp_path / "c.pcapng", CONTENT)
    assert exported(path, tmp_path / "out") == {"file": result.received}
    for packet in packets(path):
        assert packet["udp.checksum.status"] == packet["ip.checksum.status"] == ["1"]


@pytest.mark.parametrize("verb", ["get", "put"])
@pytest.mark.parametrize("seed", range(40))
def test_each_arrival_is_a_packet_and_each_loss_a_comment(verb: Verb, seed: int) -> None:
    faults = {"loss": 0.15, "duplicate": 0.15, "reorder": 0.15, "delay": 0.002, "corrupt": 0.03}
    options = OPTIONS if seed % 2 else Options()
    _, trace = both(verb, seed, faults, options)
    arrows = build(trace).arrows
    capture = written(trace, CONTENT)
    arrivals = sum(len(arrow.arrived) for arrow in arrows)
    unheard = [a for a in arrows if not a.arrived and {"unseen", "unheard"} & set(a.fate)]
    assert len(capture.packets) == arrivals + len([a for a in unheard if "lost" not in a.fate])
    lost = [said for said in capture.comments if said.startswith("lost on the way: ")]
    assert len(lost) == len([a for a in arrows if "lost" in a.fate])
    heard = [said for said in capture.comments if " hears " in said]
    assert len(heard) == arrivals


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_can_be_a_capture(name: str, tmp_path: Path) -> None:
    from tftp_fsm.debugger.stepper import Stepper
    from tftp_fsm.debugger.worlds.simulated import SimulatedWorld

    stepper = Stepper(SimulatedWorld(SCENARIOS[name].setup))
    stepper.run()
    capture = written(run_as_trace(stepper, known_sessions()), SCENARIOS[name].setup.content)
    cut = [size for _, octets, size in capture.packets if len(octets) != size]
    assert capture.packets and len(cut) == (name == "oversize")  # its block is in no file


def test_without_the_content_data_has_its_header_and_its_length(tmp_path: Path) -> None:
    _, trace = both("get", 1)
    whole, cut = written(trace, CONTENT), written(trace)
    assert [size for *_, size in whole.packets] == [size for *_, size in cut.packets]
    assert max(len(octets) for _, octets, _ in cut.packets) < 100
    found = packets(saved(trace, tmp_path / "c.pcapng"))
    blocks = [packet["tftp.block"][0] for packet in found if packet["tftp.opcode"] == ["3"]]
    assert blocks == [str(number) for number in range(1, 12)]


@pytest.mark.parametrize("end", ["client", "server"])
@pytest.mark.parametrize("verb", ["get", "put"])
def test_a_trace_of_one_end_shows_what_it_sent_and_heard(verb: Verb, end: str) -> None:
    _, trace = both(verb, 2)
    entries = tuple(e for e in trace.entries if getattr(e, "end", "") == end)
    alone = Trace({end: trace.ends[end]}, entries, {})
    ways = [way for way, *_ in written(alone).packets]
    assert sorted(ways) == sorted(way for way, *_ in written(trace).packets)
    assert [octets[20:24] for _, octets, _ in written(alone).packets if octets[29] == 3]


def test_retransmissions_are_counted(tmp_path: Path) -> None:
    _, trace = both("get", 0, {"loss": 0.4}, Options())
    said = [each for each in written(trace).comments if "retransmission 2 after timeout" in each]
    assert said


# -- Commands -------------------------------------------------------------------------------------


def test_the_commands_write_the_same_packets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["simulate", "get", "--loss", "0.2", "--seed", "4"]
    assert main([*words, "--trace", "t.jsonl", "--pcap", "s.pcapng"]) == 0
    assert main(["ladder", "t.jsonl", "--output", "l.pcapng"]) == 0
    assert main(["debug", "t.jsonl", "--pcap", "d.pcapng", "--html", "p.html"]) == 0
    of_run, of_ladder = comments(Path("s.pcapng")), comments(Path("l.pcapng"))
    assert of_run == of_ladder == comments(Path("d.pcapng")) and len(of_run) > 5
    assert any(each[0].startswith("lost on the way: ") for each in of_run)
    capsysbinary.readouterr()
    assert main([*words, "--pcap", "-"]) == 0
    assert capsysbinary.readouterr().out == Path("s.pcapng").read_bytes()


def test_a_debugged_simulation_has_the_file_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("script").write_text("until sent DATA 2\n")
    assert main(["debug", "--script", "script", "--pcap", "c.pcapng"]) == 0
    assert "wrote the packets to c.pcapng" in capsys.readouterr().err
    said = [word for each in comments(Path("c.pcapng")) for word in each]
    assert any(word.startswith("client hears DATA 1 (512 octets)") for word in said)
    assert not any("hears DATA 2" in word for word in said)
    (data, *_) = [p for p in packets(Path("c.pcapng")) if p["tftp.opcode"] == ["3"]]
    assert data["frame.cap_len"] == data["frame.len"]


@pytest.mark.parametrize(
    "words, why",
    [
        ("simulate get --pcap c --runs 3", "show one run"),
        ("simulate get --pcap - --json", "only one of --json, --trace - and --pcap -"),
        ("simulate get --pcap - --trace -", "only one of --json, --trace - and --pcap -"),
        ("debug --pcap -", "--pcap needs the name of a file"),
        ("ladder t --output c.pcap", ".pcapng"),
    ],
)
def test_what_cannot_be_is_one_line(words: str, why: str, refused: Refused) -> None:
    assert why in refused(*words.split())


def test_the_same_trace_gives_the_same_octets() -> None:
    _, trace = both("put", 5, {"loss": 0.2})
    files = []
    for _ in range(2):
        stream = io.BytesIO()
        write_capture(trace, PcapngWriter(stream, "i"), CONTENT)
        files.append(stream.getvalue())
    assert files[0] == files[1]
