"""A file that the server stores with other content is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.simulated_server import LINES, Files, Listener, World
from tftp_fsm.examine.checks import Result, Verdict
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.transports import Burst, Transport, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import Opcode, opcode_of
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, build, parse


@pytest.mark.parametrize("check", ["write", "write-repeated-data", "write-lost-ack"])
def test_a_file_that_differs_from_the_one_that_was_sent_is_found(check: str) -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        if octets[:2] == b"\0\1" and "scratch" in files.files:
            longer = {**files.files, "scratch": files.files["scratch"] + b"!!"}
            Files(longer)(listener, octets, client)
            return
        files(listener, octets, client)

    files = Files({"file": LINES})
    results = World(serve).results(only=(check,), write=b"scratch")
    assert results["write"].is_departure
    assert results["write"].finding.seen.endswith("; 2 octets follow the end of the file")
    later = "" if check == "write" else ": see the check write"
    assert results[check].finding.seen.endswith(f"; 2 octets follow the end of the file{later}")


def test_a_stranger_who_is_not_told_is_a_departure_though_the_file_is_right() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        class Ignoring(Listener):
            def __init__(self) -> None:
                self.__dict__ = listener.__dict__

            def tid(self, heard: Callable[[Burst | Unreachable], None]) -> Transport:
                return super().tid(lambda one: heard(one) if one.peer == client else None)

        files(Ignoring(), octets, client)

    files = Files({"file": LINES})
    result = World(serve).results(only=("write-wrong-tid",), write=b"scratch")["write-wrong-tid"]
    assert result.verdict is Verdict.DEPARTED
    assert result.finding.seen == "the stranger got nothing; the file is the same"


@pytest.mark.parametrize("name", ["tsize", "TSIZE"])
def test_another_size_than_was_told_is_no_agreement(name: str) -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        if b"\0blksize\0001024\0" not in octets:
            files(listener, octets, client)
            return

        def heard(arrived: Burst | Unreachable) -> None:
            packet = parse(b"".join(arrived.buffers)) if isinstance(arrived, Burst) else None
            if isinstance(packet, Data):
                tid.send(Burst.of(build(Ack(packet.block)), client))

        tid = listener.tid(heard)
        tid.send(Burst.of(build(Oack(((name, "7"),))), client))

    files = Files({"file": LINES})
    result = World(serve).results(only=("write-options",), write=b"scratch")["write-options"]
    assert result.verdict is Verdict.DEPARTED
    assert result.finding.seen == f"tsize 1230 was announced: OACK {name}=7"


@pytest.mark.parametrize(("latency", "dally"), [(0.02, 0.0), (0.3, 0.0), (0.6, 2.0)])
def test_how_long_a_server_stayed_is_told_and_no_departure(latency: float, dally: float) -> None:
    """A client with a longer way to the server sends its DATA again later."""
    seconds = {0.02: 0.2, 0.3: 1.3, 0.6: 2.6}[latency]
    result = _lost_final_ack(latency, dally)
    assert result.verdict is Verdict.TOLD
    assert result.finding.seen == (
        f"it left within {seconds} s after its last ACK: DATA 3 came again, and the port is closed;"
        " the file is the same"
    )
    assert dict(result.finding.facts) == {"seconds": seconds}
    assert result.means.startswith("the server may leave after its last ACK, and this is no fault;")
    assert _lost_final_ack(latency, seconds + 0.1).verdict is Verdict.KEPT


def _lost_final_ack(latency: float, dally: float) -> Result:
    files = Files({"file": LINES}, policy=RetryPolicy(dally=dally))
    name = "write-lost-final-ack"
    return World(files, latency=latency).results(only=(name,), write=b"scratch")[name]


@pytest.mark.parametrize("times", [2, 3])
def test_who_says_the_last_ack_several_times_is_not_examined_for_its_loss(times: int) -> None:
    class Repeating:
        def __init__(self, inner: Transport) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> object:
            return getattr(self._inner, name)

        def send(self, burst: Burst) -> None:
            is_last = opcode_of(b"".join(burst.buffers)) is Opcode.ACK and burst_number(burst) == 3
            for _ in range(times if is_last else 1):
                self._inner.send(burst)

    def burst_number(burst: Burst) -> int:
        return int.from_bytes(b"".join(burst.buffers)[2:4], "big")

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        class Talkative(Listener):
            def __init__(self) -> None:
                self.__dict__ = listener.__dict__

            def tid(self, heard: Callable[[Burst | Unreachable], None]) -> Transport:
                return Repeating(super().tid(heard))  # type: ignore[return-value]

        files(Talkative(), octets, client)

    files = Files({"file": LINES})
    result = World(serve).results(write=b"scratch")["write-lost-final-ack"]
    assert result.verdict is Verdict.NOT_EXAMINED
    assert result.finding.seen == (
        "its ACK came more than once, so DATA 3 was acknowledged although one was lost"
    )


@pytest.mark.parametrize("files_before", [0, 1, 3])
@pytest.mark.parametrize("blocks", [0, 1])
def test_a_full_disk_is_no_departure_whenever_it_is_full(files_before: int, blocks: int) -> None:
    """The disk takes so many files, and then ERROR 3 comes after so many blocks."""
    files, taken = Files({"file": LINES}), [0]

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        if opcode_of(octets) is Opcode.WRQ:
            taken[0] += 1
        if opcode_of(octets) is not Opcode.WRQ or taken[0] <= files_before:
            files(listener, octets, client)
            return

        def heard(arrived: Burst | Unreachable) -> None:
            packet = parse(b"".join(arrived.buffers)) if isinstance(arrived, Burst) else None
            if isinstance(packet, Data) and packet.block < blocks:
                tid.send(Burst.of(build(Ack(packet.block)), client))
            elif isinstance(packet, Data):
                tid.send(Burst.of(build(Error(3, "disk full")), client))

        tid = listener.tid(heard)
        tid.send(Burst.of(build(Ack(0) if blocks else Error(3, "disk full")), client))

    results = World(serve).results(write=b"scratch")
    assert [name for name, one in results.items() if one.is_departure] == []
    words = [one.finding.seen for name, one in results.items() if name.startswith("write")]
    assert "the server has no room for the file: ERROR 3 disk full" in words
