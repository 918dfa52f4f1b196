"""A function of the user that fails ends neither the loop nor `close`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

import tftp_fsm
from tests.support.served import Served
from tftp_fsm.driver.driver import Driver
from tftp_fsm.protocol.events import Outcome, Step
from tftp_fsm.protocol.rows import State
from tftp_fsm.server.log import Totals
from tftp_fsm.server.session_runner import BROKEN
from tftp_fsm.server.shield import Shield
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error

FAILURES = [RuntimeError, SystemExit, KeyboardInterrupt, GeneratorExit]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"content")
    return tmp_path


@pytest.mark.parametrize("failure", FAILURES)
def test_an_observer_that_raises_costs_no_client_its_file(
    root: Path, failure: type[BaseException]
) -> None:
    def observer(peer: Address, step: Step) -> None:
        heard.append(peer)
        raise failure("of the observer")

    heard: list[Address] = []
    with tftp_fsm.Server(root, observer=observer, writable=True) as server:
        where: dict[str, Any] = {"port": server.port, "windowsize": None, "blksize": 8}
        assert tftp_fsm.get(server.host, "file", **where).data == b"content"
        tftp_fsm.put(server.host, io.BytesIO(bytes(100)), "new", **where)
        with pytest.raises(tftp_fsm.PeerError, match="error 1: "):
            tftp_fsm.get(server.host, "missing", **where)
        server.wait(3)
        server.stop()
        assert (root / "new").read_bytes() == bytes(100)
        assert [report.outcome.value for report in server.reports] == [
            *("succeeded", "succeeded", "not-found")
        ]
        assert len(set(heard)) == len(heard) == server.totals.bugs == len(server.complaints) == 3
        assert all(failure.__name__ in line for line in server.complaints)


def test_a_client_is_told_at_once_of_a_bug_in_its_session(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served(root)
    client = served.peer()
    client.ask("file", blksize=8)
    client.hear()
    monkeypatch.setattr(Driver, "take", lambda driver, burst: 1 // 0)
    client.say(Ack(0))
    assert client.hear() == Error(0, BROKEN)
    assert [(report.outcome, report.message) for report in served.reports] == [
        (Outcome.ABORTED, BROKEN)
    ]
    assert served.loop.totals.bugs == 1 and len(served.loop.sessions) == 0
    served.complaints.clear()
    served.close()


@pytest.mark.parametrize("failure", [RuntimeError, SystemExit])
def test_every_function_of_the_user_may_raise(root: Path, failure: type[BaseException]) -> None:
    def fails(*_: object) -> None:
        raise failure("of the user")

    served = Served(root, observer=fails)
    runner = served.loop._runner
    runner._report = runner.shield._complain = served.loop._handler._log._note = fails
    client = served.peer()
    client.ask("file")  # the observer
    assert client.hear() == Data(1, b"content")
    client.say(Ack(1))  # the report
    assert client.hears_nothing()
    client.say(b"\0", served.address)  # the log of refusals
    assert client.hears_nothing()
    served.loop.call_soon(fails)
    served.turn()
    assert served.loop.totals.bugs == 4
    assert len(served.loop.sessions) == 0
    served.loop.stop()
    served.loop.run()
    assert all(listener.sock.fileno() == -1 for listener in served.listeners)
    served.close()


def test_an_interrupt_in_the_main_thread_ends_the_loop_which_closes_everything(root: Path) -> None:
    interrupts = False

    def observer(peer: Address, step: Step) -> None:
        if interrupts:
            raise KeyboardInterrupt

    served = Served(root, observer=observer, timeout=30.0)
    clients = [served.peer() for _ in range(3)]
    for client in clients:
        client.ask("file")
        client.hear()
    interrupts = True
    clients[0].say(Ack(1))
    with pytest.raises(KeyboardInterrupt):
        served.loop.run()
    assert len(served.loop.sessions) == 0
    assert [report.outcome for report in served.reports].count(Outcome.ABORTED) == 2
    assert all(listener.sock.fileno() == -1 for listener in served.listeners)
    served.complaints.clear()
    served.close()


def test_a_server_may_be_stopped_by_its_own_observer(root: Path) -> None:
    returned: list[State] = []

    def observer(peer: Address, step: Step) -> None:
        if step.after is State.DONE:
            server.stop()
            returned.append(step.after)

    server = tftp_fsm.Server(root, observer=observer)
    with server:
        assert tftp_fsm.get(server.host, "file", port=server.port).data == b"content"
        server.wait()
        server.stop()
        assert returned == [State.DONE]
        assert not server.complaints
        assert server._thread is not None and not server._thread.is_alive()


def test_a_complaint_that_cannot_be_made_is_no_further_failure() -> None:
    totals, shield = Totals(), None
    shield = Shield(totals, lambda line: exec("raise SystemExit"))
    assert not shield.run(lambda: 1 // 0)
    assert shield.run(lambda: None)
    assert totals.bugs == 1
