"""The metrics: read over HTTP by curl and others, and by the parser of prometheus-client."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import socket
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import tftp_fsm
from tests.support.peers.parts import is_root, require
from tests.support.refused import Refused
from tests.support.serve_process import ServeProcess, serve_process
from tests.support.users import KEEP_ROOT
from tftp_fsm.__main__ import main
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.server.log import Report, Totals
from tftp_fsm.server.operations import http as page
from tftp_fsm.server.operations.courier import about
from tftp_fsm.server.operations.exposition import CONTENT_TYPE, exposition
from tftp_fsm.server.operations.figures import Figures, together
from tftp_fsm.server.operations.process import Prepared
from tftp_fsm.server.operations.settings import Operations, address_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
WAIT = 20.0  # seconds, at the most


def report(seconds: float = 0.5, outcome: Outcome = Outcome.SUCCEEDED, verb: str = "RRQ") -> Report:
    peer = ("192.0.2.1", 2048)
    return Report(peer, verb, b"file", "octet", outcome, 100, seconds, {}, 2)


def values(text: str) -> dict[tuple[str, str], float]:
    """Return each sample by its name and the value of its label. The parser is strict."""
    families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    samples = [sample for family in families for sample in family.samples]
    return {(s.name, next(iter(s.labels.values()), "")): s.value for s in samples}


# -- The text -------------------------------------------------------------------------------------


def test_the_text_is_what_the_parser_of_prometheus_reads() -> None:
    figures, totals = Figures(), Totals(requests=7, busy=1)
    for one in (report(0.05), report(5.0), report(1e9), report(1.0, Outcome.TIMED_OUT, "WRQ")):
        figures.add(one)
        totals.add(one)
    fields = {**figures.fields(totals, 3, 1000), "workers": 1, "answering": 1}
    commands = {"commands": {"running": 2, "succeeded": 5, "timed_out": 1}}
    text = exposition(fields | commands, "1.2", 1e9)
    read = values(text)
    assert read["tftp_fsm_requests_total", ""] == 7
    assert read["tftp_fsm_requests_busy_total", ""] == 1
    assert read["tftp_fsm_sessions", ""] == 3 and read["tftp_fsm_sessions_limit", ""] == 1000
    assert read["tftp_fsm_file_bytes_total", "RRQ"] == 300
    assert read["tftp_fsm_file_bytes_total", "WRQ"] == 100
    assert read["tftp_fsm_retransmissions_total", ""] == 8
    assert read["tftp_fsm_sessions_ended_total", "succeeded"] == 3
    assert read["tftp_fsm_sessions_ended_total", "timed-out"] == 1
    assert read["tftp_fsm_transfer_seconds_bucket", "0.1"] == 1
    assert read["tftp_fsm_transfer_seconds_bucket", "10.0"] == 2
    assert read["tftp_fsm_transfer_seconds_bucket", "+Inf"] == 3
    assert read["tftp_fsm_transfer_seconds_sum", ""] == 1e9 + 5.05
    assert read["tftp_fsm_on_done_total", "timed_out"] == 1
    assert read["tftp_fsm_on_done_running", ""] == 2
    assert read["tftp_fsm_build_info", "1.2"] == 1


def test_each_outcome_and_each_counter_is_there_from_the_start() -> None:
    read = values(exposition({}, "1", 0.0))
    ended = {label for name, label in read if name == "tftp_fsm_sessions_ended_total"}
    assert ended == {outcome.value for outcome in Outcome}
    assert {value for (name, _), value in read.items() if name.endswith("_total")} == {0}


def test_the_figures_of_all_workers_are_added() -> None:
    one, other = Figures(), Figures()
    first, second = Totals(requests=2), Totals(requests=3)
    one.add(report(0.05))
    first.add(report())
    other.add(report(0.5))
    second.add(report(outcome=Outcome.NOT_FOUND))
    sums = together([one.fields(first, 1, 10), other.fields(second, 2, 10), {}])
    assert (sums["requests"], sums["running"], sums["places"]) == (5, 3, 20)
    assert sums["ended"] == {"succeeded": 1, "not-found": 1}
    assert sums["took"]["within"][1:3] == [1, 2]
    assert together([]) == {}


def test_a_command_hears_the_whole_name() -> None:
    told = about(report())
    assert told["name"] == "file" and told["event"] == "transfer" and told["octets"] == 100


# -- The server -----------------------------------------------------------------------------------


@contextmanager
def measured(tmp_path: Path, *flags: str) -> Iterator[tuple[ServeProcess, int]]:
    """Run a server with metrics. Yield it and the port of the metrics."""
    (tmp_path / "file").write_bytes(b"content")
    with serve_process(tmp_path, "--metrics", "0", *flags) as server:
        yield server, server.line("metrics")["port"]


def ask(port: int, verb: str = "GET", path: str = "/metrics") -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT)
    connection.request(verb, path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


@pytest.mark.parametrize("workers", ["1", "3"])
def test_the_figures_are_those_of_all_workers(tmp_path: Path, workers: str) -> None:
    with measured(tmp_path, "--workers", workers, "--max-sessions", "7") as (server, port):
        for _ in range(9):
            tftp_fsm.get("127.0.0.1", "file", port=server.port)
        server.line("transfer", 9)
        status, headers, text = ask(port)
        read = values(text)
        assert (status, headers["Content-Type"]) == (200, CONTENT_TYPE)
        assert read["tftp_fsm_sessions_ended_total", "succeeded"] == 9
        assert read["tftp_fsm_requests_total", ""] == 9
        assert read["tftp_fsm_file_bytes_total", "RRQ"] == 63
        assert read["tftp_fsm_workers", ""] == int(workers)
        assert read["tftp_fsm_workers_answering", ""] == int(workers)
        assert read["tftp_fsm_sessions_limit", ""] == 7 * int(workers)
        assert server.stop() == 0


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_a_worker_that_does_not_answer_counts_with_its_last_figures(tmp_path: Path) -> None:
    with measured(tmp_path) as (server, port):
        tftp_fsm.get("127.0.0.1", "file", port=server.port)
        server.line("transfer")
        ask(port)
        server.process.send_signal(signal.SIGSTOP)
        read = values(ask(port)[2])
        server.process.send_signal(signal.SIGCONT)
        assert read["tftp_fsm_workers_answering", ""] == 0
        assert read["tftp_fsm_sessions_ended_total", "succeeded"] == 1
        assert values(ask(port)[2])["tftp_fsm_workers_answering", ""] == 1
        assert server.stop() == 0


def test_curl_reads_them(tmp_path: Path) -> None:
    with measured(tmp_path) as (server, port):
        words = [
            require("curl"),
            "-sSf",
            "--max-time",
            "20",
            f"http://127.0.0.1:{port}/metrics?x=1",
        ]
        done = subprocess.run(words, capture_output=True, text=True, timeout=WAIT, check=False)
        assert done.returncode == 0 and done.stdout.endswith("# EOF\n"), done.stderr
        assert server.stop() == 0


def test_only_one_page_is_there_and_it_can_only_be_read(tmp_path: Path) -> None:
    with measured(tmp_path) as (server, port):
        assert ask(port, path="/")[0] == 404
        status, headers, _ = ask(port, "POST")
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
        status, headers, body = ask(port, "HEAD")
        assert (status, body) == (200, "") and int(headers["Content-Length"]) > 1000
        for octets in (b"\0\3\0\1\r\n\r\n", b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port), WAIT) as client:
                client.sendall(octets)
                assert client.recv(12) in (b"HTTP/1.1 400", b"")
        assert ask(port)[0] == 200
        assert server.stop() == 0


@pytest.mark.skipif(not is_root(), reason="only root can become somebody else")
def test_they_are_there_after_the_rights_of_root_are_given_up(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with serve_process(tmp_path, "--metrics", "0", keeps_root=False) as server:
        assert values(ask(server.line("metrics")["port"])[2])["tftp_fsm_workers", ""] == 1
        assert server.stop() == 0


def serve(root: Path, *words: str) -> int:
    return main(["serve", str(root), "--port", "0", "--bind", "127.0.0.1", *KEEP_ROOT, *words])


@pytest.mark.parametrize("where", ["0.0.0.0:0", "[::]:0"])
def test_other_hosts_read_them_only_if_that_is_said(
    tmp_path: Path, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve(tmp_path, "--metrics", where) == 1
    said = capsys.readouterr().err
    assert "other hosts could read the metrics" in said and "(see --metrics-anywhere)" in said
    assert said.count("\n") == 1
    with measured(tmp_path, "--metrics", "0.0.0.0:0", "--metrics-anywhere") as (server, port):
        assert ask(port)[0] == 200
        assert server.stop() == 0


def test_an_address_that_is_taken_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert serve(tmp_path, "--metrics", str(other.getsockname()[1])) == 1
    said = capsys.readouterr().err
    assert "cannot serve the metrics" in said and "(see --metrics)" in said


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9469", ("127.0.0.1", 9469)),
        ("localhost:1", ("localhost", 1)),
        ("[::1]:9469", ("::1", 9469)),
    ],
)
def test_an_address_is_a_port_or_a_host_and_a_port(text: str, address: object) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize("text", ["", "x", "1:2:3", "::1:80", "70000", "host:", "[::1]", ":80"])
def test_what_is_no_address_is_one_line(text: str, refused: Refused) -> None:
    assert "is not a port, or ADDRESS:PORT" in refused("serve", ".", f"--metrics={text}")


def test_a_system_that_cannot_have_another_process_names_the_option(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "fork")
    with pytest.raises(tftp_fsm.LocalError) as failed:
        Prepared(Operations(metrics=("127.0.0.1", 0)))
    assert failed.value.setting == "metrics"


# -- Readers that are slow ------------------------------------------------------------------------


READ = b"GET /metrics HTTP/1.1\r\n"


async def text() -> str:
    return "text"


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a reader that has sent the beginning of its request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(READ)
    return reader, writer


@contextmanager
def no_rest(*writers: asyncio.StreamWriter) -> Iterator[None]:
    try:
        yield
    finally:
        for writer in writers:
            writer.close()


async def served(act: Callable[[int], Awaitable[None]]) -> None:
    """Call `act` with the port of a page, which is closed then."""
    sock = socket.create_server(("127.0.0.1", 0))
    server = await page.Page(sock, text).start()
    async with asyncio.timeout(WAIT):
        await act(sock.getsockname()[1])
    server.close()


def test_readers_beyond_the_most_are_closed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "READERS", 2)
    monkeypatch.setattr(page, "SECONDS", 1000.0)

    async def act(port: int) -> None:
        (one, first), (_, second) = await connect(port), await connect(port)
        beyond, third = await connect(port)
        with no_rest(first, second, third):
            assert await ended(beyond) == b""
            first.write(b"\r\n")
            assert (await ended(one)).endswith(b"\r\n\r\ntext")

    asyncio.run(served(act))


def test_a_slow_reader_is_closed_and_leaves_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "READERS", 1)
    monkeypatch.setattr(page, "SECONDS", 0.3)

    async def act(port: int) -> None:
        slow, first = await connect(port)
        with no_rest(first):
            assert await ended(slow) == b""
        reader, second = await connect(port)
        with no_rest(second):
            second.write(b"\r\n")
            assert (await ended(reader)).endswith(b"\r\n\r\ntext")

    asyncio.run(served(act))


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Return all octets until the connection was closed or reset."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
