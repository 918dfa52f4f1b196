"""The failures of forged requests do not push out the failures of real clients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.amplification import Attack, attack, request
from tftp_fsm.server.kept_failures import DEPTH, RATE, UNPROVEN_DEPTH, KeptFailures
from tftp_fsm.wire.packets import Ack, Data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def on(tmp_path: Path, folder: Path) -> Iterator[Attack]:
    root = tmp_path / "root"
    root.mkdir()
    with attack(root, keep_failures=folder) as found:
        yield found


def kept(folder: Path, kind: str) -> set[str]:
    return {path.name for path in folder.glob(f"{kind}-*.trace")}


def real_failure(on: Attack, host: str) -> None:
    """A client that acknowledges a block and then falls silent."""
    client = on.served.peer(host)
    client.ask("file")
    assert isinstance(client.hear(), Data)
    client.say(Ack(1))
    assert isinstance(client.hear(), Data)
    on.until_over()


def forged_failures(on: Attack, count: int) -> None:
    """Make sessions of addresses that never answer, each from its own network."""
    for number in range(count):
        on.ask(on.victim(f"127.0.{number // 200 + 1}.{number % 200 + 1}"), request())
    on.until_over()


def test_forged_requests_push_no_real_failure_out(on: Attack, folder: Path) -> None:
    real_failure(on, "127.0.0.9")
    (real,) = kept(folder, "failed")
    for _ in range(3):
        forged_failures(on, 60)
    assert kept(folder, "failed") == {real}
    assert UNPROVEN_DEPTH <= len(kept(folder, "unproven")) <= 50


def test_the_failures_of_silent_addresses_are_few(on: Attack, folder: Path) -> None:
    """A file costs the loop much more than a session does."""
    forged_failures(on, 100)
    assert len(kept(folder, "unproven")) <= UNPROVEN_DEPTH + 4  # one each ten seconds of 37
    assert "tftp-fsm debug" in on.served.reports[0].steps
    assert on.served.reports[-1].steps == ""


def test_one_network_gets_few_files_in_a_minute_whatever_it_has_proved(
    on: Attack, folder: Path
) -> None:
    """With a single port ACKs are forged as easily as requests."""
    for _ in range(30):
        real_failure(on, "127.0.0.9")
    minutes = 30 * 31 / 60
    assert len(kept(folder, "failed")) <= DEPTH + RATE * 60 * minutes + 1
    before = kept(folder, "failed")
    real_failure(on, "127.0.0.10")
    assert len(kept(folder, "failed") - before) == 1


def test_a_failure_that_cannot_be_kept_ends_no_server(
    on: Attack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This includes unforeseen failures."""

    def fails(*_: object, **named: object) -> bool:
        raise ModuleNotFoundError("No module named 'tempfile'")

    monkeypatch.setattr(KeptFailures, "take", fails)
    real_failure(on, "127.0.0.9")
    assert on.served.loop.totals.bugs == 1
    real_failure(on, "127.0.0.10")
    assert on.served.loop.totals.bugs == 2 and not folder.exists()
    assert all("tempfile" in line for line in on.served.complaints)
    on.served.complaints.clear()
