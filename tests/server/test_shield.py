"""A function of the user that fails ends neither the loop nor `close`."""

from __future__ import annotations

from pathlib import Path

import pytest

import tftp_fsm
from tests.support.served import Served
from tftp_fsm.protocol.events import Outcome, Step
from tftp_fsm.protocol.rows import State
from tftp_fsm.server.log import Totals
from tftp_fsm.server.shield import Shield
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack

FAILURES = [RuntimeError, SystemExit, KeyboardInterrupt, GeneratorExit]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"content")
    return tmp_path


@pytest.mark.parametrize("failure", FAILURES)
def test_an_observer_that_raises_ends_its_session_and_nothing_else(
    root: Path, failure: type[BaseException]
) -> None:
    def observer(peer: Address, step: Step) -> None:
        if step.after is State.DONE:
            raise failure("of the observer")

    with tftp_fsm.Server(root, observer=observer) as server:
        for count in (1, 2):
            assert tftp_fsm.get(server.host, "file", port=server.port).data == b"content"
            server.wait(count)
        server.stop()
        assert server.totals.bugs == 2
        assert all(failure.__name__ in line for line in server.complaints)
        assert len(server.complaints) == 2


@pytest.mark.parametrize("failure", [RuntimeError, SystemExit])
def test_every_function_of_the_user_may_raise(root: Path, failure: type[BaseException]) -> None:
    def fails(*_: object) -> None:
        raise failure("of the user")

    served = Served(root, observer=fails)
    runner = served.loop._runner
    runner._report = runner.shield._complain = served.loop._handler._log._note = fails
    client = served.peer()
    client.ask("file")  # the observer, then the report
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
