"""Every kind of transfer replays: from its header and its events come the identical steps.

Steps are taken from the drivers themselves, so that the runs of a transfer that nobody watches
are replayed too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tftp_fsm
from tests.support.hostile import (
    LISTENER,
    OTHER_HOST,
    Hostile,
    Saying,
    Script,
    serving,
    taking,
    windowed,
)
from tests.support.last_steps import last_steps
from tests.support.recorded import every_driver, replays, trace_of
from tests.support.served import serving as serving_root
from tftp_fsm.driver.driver import Driver
from tftp_fsm.protocol.events import EndFound, Outcome
from tftp_fsm.protocol.rows import State
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.transfer import Simulation
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.netascii import Encoder
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Ack, Data, Packet

Verb = Literal["get", "put"]
CONTENT = bytes(range(256)) * 8


@pytest.fixture(name="drivers")
def _drivers() -> Iterator[list[Driver]]:
    with every_driver() as drivers:
        yield drivers


def deaf(honest: Script, to: Packet) -> Script:
    """Return the honest script, which loses `to` four times."""
    misses = 4

    def script(packet: Packet) -> Iterable[Saying]:
        nonlocal misses
        if packet == to and misses:
            misses -= 1
            return []
        return honest(packet)

    return script


def outcomes(drivers: list[Driver]) -> list[Outcome | None]:
    return [d.finished.outcome if d.finished else None for d in drivers]


# -- The client ------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["get", "put"])
def test_a_host_with_several_addresses(
    verb: str, drivers: list[Driver], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client leaves the silent address early. The other one may be silent for longer."""
    asked = [OTHER_HOST, LISTENER, OTHER_HOST]
    monkeypatch.setattr("tftp_fsm.client.api._addresses", lambda *_: asked)
    honest = serving(CONTENT) if verb == "get" else taking(bytearray())
    server = Hostile(deaf(honest, Ack(1) if verb == "get" else Data(2, CONTENT[512:1024])))
    server.get() if verb == "get" else server.put(CONTENT)
    assert outcomes(drivers) == [Outcome.TIMED_OUT, Outcome.SUCCEEDED]
    assert [d.session.counters.timeouts for d in drivers] == [2, 4]
    assert all(replays(trace_of(driver)) for driver in drivers)


@pytest.mark.parametrize("windowsize", [64, 100])
def test_block_numbers_past_65535(windowsize: int, drivers: list[Driver]) -> None:
    server = Hostile(windowed(bytes(8 * 65_600), 8, windowsize))
    server.get(options=True, blksize=8, windowsize=windowsize)
    assert drivers[0].session.counters.blocks == 65_601
    assert replays(trace_of(drivers[0]))


@pytest.mark.parametrize("verb", ["get", "put"])
@pytest.mark.parametrize("windowsize", [1, 8])
def test_predicted_runs_over_udp(
    verb: str, windowsize: int, drivers: list[Driver], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(CONTENT * 100)
    with tftp_fsm.Server(tmp_path, writable=True) as server:
        host = server.address[:2]
        if verb == "get":
            tftp_fsm.get(host, "file", blksize=512, windowsize=windowsize)
        else:
            tftp_fsm.put(host, CONTENT * 100, "new", blksize=512, windowsize=windowsize)
    assert outcomes(drivers) == [Outcome.SUCCEEDED] * 2
    assert all(replays(trace_of(driver)) for driver in drivers)


# -- The server ------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [(8192, 1), (1024, 16), (65464, 2)], ids=str)
def test_two_mebibytes_of_netascii(
    options: tuple[int, int], drivers: list[Driver], tmp_path: Path
) -> None:
    content = b"a line of text\nand one with a \r in it\n" * 56_000
    assert len(content) > 2 << 20
    (tmp_path / "text").write_bytes(content)
    with serving_root(tmp_path) as served:
        assert served.peer().get("text", *options, "netascii") == Encoder().encode(content)
    (driver,) = drivers
    ends = [step.event for step in driver.recent if isinstance(step.event, EndFound)]
    assert ends == [EndFound(len(Encoder().encode(content)))]
    assert outcomes(drivers) == [Outcome.SUCCEEDED]
    assert replays(trace_of(driver))


@pytest.mark.parametrize("windowsize", [1, 4])
def test_a_server_with_a_single_port(
    windowsize: int, drivers: list[Driver], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(CONTENT * 10)
    with serving_root(tmp_path, single_port=True, max_windowsize=4) as served:
        assert served.peer().get("file", 512, windowsize) == CONTENT * 10
    assert outcomes(drivers) == [Outcome.SUCCEEDED]
    assert replays(trace_of(drivers[0]))


# -- Losses ----------------------------------------------------------------------------------------


@given(
    verb=st.sampled_from(["get", "put"]),
    seed=st.integers(0, 2**16),
    size=st.integers(0, 5000),
    options=st.builds(
        Options,
        blksize=st.sampled_from([None, 8, 100]),
        windowsize=st.sampled_from([None, 2, 4, 16]),
        timeout=st.sampled_from([None, 1]),
        tsize=st.sampled_from([None, 0]),
    ),
    faults=st.builds(
        dict,
        loss=st.sampled_from([0.0, 0.1, 0.4]),
        duplicate=st.sampled_from([0.0, 0.2]),
        reorder=st.sampled_from([0.0, 0.2]),
        corrupt=st.sampled_from([0.0, 0.05]),
    ),
)
def test_transfers_that_nobody_watches_over_a_bad_network(
    verb: Verb, seed: int, size: int, options: Options, faults: dict[str, Any]
) -> None:
    with every_driver() as drivers:
        setup = Setup(verb, bytes(size), Faults(**faults, seed=seed), options=options)
        Simulation(setup).run()
    assert all(replays(trace_of(driver)) for driver in drivers)


@given(seed=st.integers(0, 2**16), loss=st.sampled_from([0.5, 0.8, 1.0]))
def test_the_last_steps_of_a_transfer_replay_if_they_are_all_of_its_steps(
    seed: int, loss: float
) -> None:
    setup = Setup(content=bytes(1500), faults=Faults(loss=loss, seed=seed))
    simulation = Simulation(setup)
    simulation.run()
    for driver in (simulation.client, simulation.server):
        if driver is not None and driver.recent:
            trace = last_steps(driver)
            assert trace.about["whole"] is (trace.steps[0][1].before is State.IDLE)
            assert not trace.about["whole"] or replays(trace)


def test_the_last_steps_of_a_server_whose_file_had_to_be_counted_replay(
    drivers: list[Driver], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tftp_fsm.storage.served.jail.COUNTED_AT_ONCE", 0)
    (tmp_path / "text").write_bytes(b"\n" * 3000)
    with serving_root(tmp_path) as served:
        served.peer().get("text", 512, 4, "netascii")
    trace = last_steps(drivers[0])
    assert trace.about["whole"] is True
    assert replays(trace)
