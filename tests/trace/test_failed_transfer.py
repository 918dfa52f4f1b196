"""A failed transfer keeps its last steps, and says how to open them."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

import tftp_fsm
from tests.support.last_steps import last_steps
from tftp_fsm.__main__ import main
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.recorded import RecordedWorld
from tftp_fsm.driver.driver import KEPT_STEPS, Driver
from tftp_fsm.errors import LocalError, PeerError, TftpError, TransferTimedOut
from tftp_fsm.protocol.events import DataReceived, Opened, TimeoutExpired
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.transfer import Simulation
from tftp_fsm.trace.failed_transfer import KEPT, keep_among, keep_failure, state_folder
from tftp_fsm.trace.reading import read_trace
from tftp_fsm.trace.trace import Trace
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.packets import Rrq, build

HINT = "tftp-fsm: the last steps of this transfer: tftp-fsm debug "


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def mute() -> Iterator[int]:
    """Yield a port that never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tftp_fsm.Server]:
    """Serve `file`, of 200 blocks."""
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "file").write_bytes(bytes(512 * 200 - 1))
    with tftp_fsm.Server(tmp_path / "root") as running:
        yield running


def failed() -> Driver:
    """Return the client of a transfer that the network made fail."""
    simulation = Simulation(Setup(content=bytes(600), faults=Faults(loss=1.0)))
    simulation.run()
    return simulation.client


def replayed(trace: Trace) -> Stepper:
    """Open the debugger at the end of the trace."""
    stepper = Stepper(RecordedWorld(trace))
    stepper.run()
    return stepper


# -- What is kept ----------------------------------------------------------------------------------


def test_the_last_steps_are_written_and_the_sentence_says_how_to_open_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, script = tmp_path / "failed.jsonl", tmp_path / "look"
    assert (
        keep_failure(last_steps(failed()), path)
        == f"the last steps of this transfer: tftp-fsm debug {path}"
    )
    script.write_text("continue\nexpect outcome client timed-out\nexpect client retries 4\n")
    assert main(["debug", str(path), "--script", str(script)]) == 0, capsys.readouterr().out


def test_a_name_with_spaces_can_be_pasted_into_a_shell(tmp_path: Path) -> None:
    words = keep_failure(last_steps(failed()), tmp_path / "two words")
    assert words == f"the last steps of this transfer: tftp-fsm debug '{tmp_path}/two words'"


def test_a_long_transfer_keeps_its_end_alone() -> None:
    simulation = Simulation(Setup(content=bytes(60_000)))
    simulation.run()
    trace = last_steps(simulation.client)
    assert len(trace.steps) == KEPT_STEPS
    assert trace.about["whole"] is False
    stepper = replayed(trace)
    assert [(f.end, f.step) for f in stepper.frames] == list(trace.steps)
    assert stepper.world.sessions["client"].outcome is not None
    assert stepper.variables["client"]["octets"] == 60_000, "which only the session knew"
    assert stepper.frames[-1].changed == ("state",)
    stepper.back()
    assert stepper.variables == {"client": {"state": "dallying"}}, "nothing that is not known"


def test_what_is_kept_is_a_trace_like_any_other(tmp_path: Path) -> None:
    driver = failed()
    keep_failure(last_steps(driver), tmp_path / "kept")
    kept = read_trace((tmp_path / "kept").read_text().splitlines())
    assert kept.steps == last_steps(driver).steps
    assert kept.about == {"failed": "timed-out", "whole": True}


def test_a_place_that_cannot_be_written_is_told() -> None:
    with pytest.raises(LocalError, match="cannot keep the last steps in /nonexistent/x"):
        keep_failure(last_steps(failed()), "/nonexistent/x")


def test_nothing_is_kept_where_nothing_happened(tmp_path: Path) -> None:
    trace = last_steps(Simulation(Setup()).client)
    for nothing in (trace, None):
        with pytest.raises(LocalError, match="nothing had happened"):
            keep_failure(nothing, tmp_path / "x")
    assert not (tmp_path / "x").exists()


# -- The folder ------------------------------------------------------------------------------------


def test_a_folder_keeps_the_newest_for_its_owner_alone(tmp_path: Path) -> None:
    folder, trace = tmp_path / "kept", last_steps(failed())
    first = Path(keep_among(trace, folder))
    mine = folder / "notes.trace"
    mine.write_text("not one of them")
    for path in (first, mine):
        os.utime(path, (1, 1))
    for _ in range(KEPT):
        newest = Path(keep_among(trace, folder))
    left = set(folder.iterdir())
    assert len(left) == KEPT + 1 and {mine, newest} <= left and first not in left
    if os.name == "posix":
        assert stat.S_IMODE(newest.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_nobodys_home_is_no_place_to_keep_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "relative/is/to/be/ignored")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert state_folder() is None


# -- An exception of the library -------------------------------------------------------------------


def test_an_exception_carries_the_steps_and_they_replay_exactly(mute: int) -> None:
    with pytest.raises(TransferTimedOut) as caught:
        tftp_fsm.get("127.0.0.1", "file", port=mute, timeout=0.01, retries=1)
    stepper = replayed(caught.value.trace)
    kinds = [type(frame.step.event) for frame in stepper.frames]
    assert kinds == [Opened, TimeoutExpired, TimeoutExpired]
    assert not stepper.world.remarks and all(f.candidates for f in stepper.frames)
    tftp_fsm.keep_failure(caught.value.trace, "kept")
    assert Path("kept").read_text().count("\n") == 4


def test_steps_after_the_options_were_dropped_replay_exactly() -> None:
    """By then the session asks in another way than at first."""
    simulation = Simulation(Setup(content=bytes(9), options=tftp_fsm.Options(blksize=1024)))
    client = simulation.client
    simulation.run()
    client.session.request = Rrq(b"other")
    client.session.peer = ("elsewhere", 1)
    assert not replayed(last_steps(client)).world.remarks


def test_what_fails_before_there_is_a_session_has_no_steps() -> None:
    with pytest.raises(TftpError) as caught:
        tftp_fsm.put("127.0.0.1", "no-such-file")
    assert caught.value.trace is None


def test_a_disk_that_fails_in_the_middle_has_its_steps(server: tftp_fsm.Server) -> None:
    class Full:
        """A disk with room for one block."""

        def __init__(self) -> None:
            self.taken = 0

        def write(self, octets: bytes) -> int:
            self.taken += 1
            if self.taken > 1:
                raise OSError(28, "No space left on device")
            return len(octets)

    with pytest.raises(LocalError, match="disk is full") as caught:
        tftp_fsm.get("127.0.0.1", "file", Full(), port=server.port, options=False)  # type: ignore[arg-type]
    kinds = [type(step.event).__name__ for _, step in caught.value.trace.steps]
    assert kinds[-1] == "StorageFailed" and DataReceived.__name__ in kinds


# -- The command line ------------------------------------------------------------------------------


def kept_path(capsys: pytest.CaptureFixture[str], *argv: str) -> Path:
    """Return the path of the steps that the command names in its second line."""
    assert main(list(argv)) == 1
    out, err = capsys.readouterr()
    why, hint = err.splitlines()
    assert out == "" and why.startswith("tftp-fsm: ") and hint.startswith(HINT)
    assert os.listdir() == []
    return Path(hint.removeprefix(HINT))


def silent(mute: int, *more: str) -> list[str]:
    return [*f"127.0.0.1 -p {mute} --timeout 0.01 --retries 1 get file".split(), *more]


def test_silence_is_kept_and_opens_in_every_face(
    mute: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = kept_path(capsys, *silent(mute))
    assert path.parent == tmp_path / "state" / "tftp-fsm"
    script = tmp_path / "look"
    script.write_text("continue\nexpect outcome client timed-out\nexpect client state error\n")
    assert main(["debug", str(path), "--script", str(script)]) == 0
    page = tmp_path / "page.html"
    assert main(["debug", str(path), "--html", str(page)]) == 0
    assert "timed-out" in page.read_text()


def test_the_servers_error_is_kept(
    server: tftp_fsm.Server, capsys: pytest.CaptureFixture[str]
) -> None:
    path = kept_path(capsys, "127.0.0.1", "-p", str(server.port), "get", "none")
    steps = read_trace(path.read_text().splitlines()).steps
    assert [type(step.event).__name__ for _, step in steps] == ["Opened", "ErrorReceived"]


def test_json_carries_the_place_and_quiet_keeps_quiet(
    mute: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(silent(mute, "--json", "-q")) == 1
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert read_trace(Path(json.loads(out)["trace"]).read_text().splitlines()).steps


@pytest.mark.parametrize("where", ["none", "/dev/null/x"])
def test_the_failure_is_reported_even_if_nothing_is_kept(
    where: str, mute: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(silent(mute, "--json", "--keep-failures", where)) == 1
    out, err = capsys.readouterr()
    assert err.count("\n") == 1 and "no answer" in err
    assert json.loads(out)["trace"] is None
    assert not (tmp_path / "state").exists()


def test_a_trace_that_was_asked_for_is_where_the_steps_are(
    mute: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "mine"
    assert kept_path(capsys, *silent(mute, "--trace", str(trace))) == trace
    assert not (tmp_path / "state").exists()


def test_a_wrong_command_line_keeps_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["127.0.0.1", "get"])
    assert main(["127.0.0.1", "put", "no-such-file"]) == 1
    assert "steps" not in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


# -- A server --------------------------------------------------------------------------------------


def test_a_server_keeps_the_steps_of_a_session_that_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(2000))
    kept = tmp_path / "kept"
    with (
        tftp_fsm.Server(tmp_path, keep_failures=kept, timeout=0.001, retries=1) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent,
    ):
        silent.sendto(build(Rrq(b"file")), server.address)
        report = server.wait()
    (path,) = kept.iterdir()
    assert report.steps == f"the last steps of this transfer: tftp-fsm debug {path}"
    assert report.steps in str(report) and report.fields()["steps"] == report.steps
    stepper = replayed(read_trace(path.read_text().splitlines()))
    assert stepper.frames[-1].step.after.value == "error" and not stepper.world.remarks


def test_a_server_keeps_nothing_of_who_asks_for_what_is_not_there(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with tftp_fsm.Server(tmp_path, keep_failures=kept) as server:
        with pytest.raises(PeerError):
            tftp_fsm.get("127.0.0.1", "none", port=server.port)
        assert server.wait().steps == ""
    assert not kept.exists()


def test_a_server_that_cannot_keep_steps_says_so_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"short")
    with (
        tftp_fsm.Server(tmp_path, keep_failures="/dev/null/x", timeout=0.001, retries=0) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent,
    ):
        for transfers in (1, 2):
            silent.sendto(build(Rrq(b"file")), server.address)
            ended = server.wait(transfers)
            assert "cannot keep the last steps in /dev/null/x" in str(ended)
