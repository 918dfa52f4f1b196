"""A fault that many checks meet is one departure. Everything else is still judged."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.examine.probing.test_storing import Taking, once
from tests.support.simulated_server import LINES, Answering, Files, Listener, World
from tftp_fsm.examine.checks import Result, Verdict, departed
from tftp_fsm.examine.probing.repeated import Repeated
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Rrq, build, parse


def padded(came: list[bytes]) -> bytes:
    content = once(came)
    return content + bytes(-len(content) % 512)


def cut(came: list[bytes]) -> bytes:
    return once(came[:-1]) if len(came) > 1 else once(came)


def swapped(came: list[bytes]) -> bytes:
    return once(came).swapcase()


def deaf(listener: Listener, octets: bytes, client: Address) -> None:
    """A request with options gets no answer."""
    request = parse(octets)
    if isinstance(request, Rrq) and not request.options:
        Files({"file": LINES})(listener, octets, client)


def endless(listener: Listener, octets: bytes, client: Address) -> None:
    """The server never sends the empty last DATA. The size is known from tsize."""
    request = parse(octets)
    if not isinstance(request, Rrq) or request.options or request.mode != "octet":
        Files({"file": LINES})(listener, octets, client)
        return

    def say(block: int) -> None:
        payload = LINES[(block - 1) * 512 : block * 512]
        if payload:
            tid.send(Burst.of(build(Data(block, payload)), client))

    def heard(arrived: Burst | Unreachable) -> None:
        packet = parse(b"".join(arrived.buffers)) if isinstance(arrived, Burst) else None
        if isinstance(packet, Ack):
            say(packet.block + 1)

    tid = listener.tid(heard)
    say(1)


def departures(results: dict[str, Result]) -> list[str]:
    return [name for name, one in results.items() if one.is_departure]


@pytest.mark.parametrize("stored", [padded, cut])
def test_a_fault_of_what_is_written_is_one_departure(
    stored: Callable[[list[bytes]], bytes],
) -> None:
    results = World(Taking(stored)).results(write=b"scratch")
    writing = {name: one for name, one in results.items() if name.startswith("write")}
    assert departures(writing) == ["write"]
    for name in ("write-repeated-data", "write-lost-ack"):
        found = writing[name].finding
        assert found.verdict is Verdict.NOT_EXAMINED, name
        assert found.seen.endswith(": see the check write"), name
    # These judge more than the content of the file.
    for name in ("write-wrong-tid", "write-lost-final-ack", "write-options"):
        assert writing[name].verdict is Verdict.KEPT, name
    assert writing["write-wrong-tid"].finding.seen.endswith(": see the check write")


def test_a_server_that_writes_a_copy_departs_once() -> None:
    results = World(Taking(b"".join)).results(write=b"scratch")
    writing = {name: one for name, one in results.items() if name.startswith("write")}
    assert departures(writing) == ["write-repeated-data"]
    for name in ("write-lost-ack", "write-lost-final-ack"):
        seen = writing[name].finding.seen
        assert seen.endswith("is in the file twice: see the check write-repeated-data"), name
    assert writing["write-lost-ack"].verdict is Verdict.NOT_EXAMINED
    assert writing["write-lost-final-ack"].verdict is Verdict.KEPT  # it has stayed


def test_another_fault_of_what_is_written_is_a_departure_of_its_own() -> None:
    def both(came: list[bytes]) -> bytes:
        return b"".join(came) if once(came) != b"".join(came) else padded(came)

    results = World(Taking(both)).results(write=b"scratch")
    assert {"write", "write-repeated-data"} <= set(departures(results))


@pytest.mark.parametrize("stored", [padded, swapped])
def test_a_forged_block_is_a_departure_whatever_else_is_wrong(
    stored: Callable[[list[bytes]], bytes],
) -> None:
    results = World(Taking(stored, forges=True)).results(write=b"scratch")
    assert "write-wrong-tid" in departures(results)


@pytest.mark.parametrize(
    ("answer", "first", "later"),
    [
        (deaf, "tsize", ("blksize", "timeout", "unknown-option", "windowsize")),
        (endless, "read", ("exact-multiple",)),
    ],
)
def test_a_fault_of_what_is_read_is_one_departure(
    answer: Answering, first: str, later: tuple[str, ...]
) -> None:
    results = World(answer).results(only=(first, *later))
    assert departures(results) == [first]
    for name in later:
        found = results[name].finding
        assert found.verdict is Verdict.NOT_EXAMINED, name
        assert found.seen.endswith(f": see the check {first}"), name


def test_a_fault_that_only_other_checks_meet_is_told_by_each() -> None:
    repeated, found = Repeated(), departed("a fault", fault="fault")
    assert repeated.once("write-lost-ack", found) is found
    assert repeated.once("write-empty", found) is found
    assert repeated.once("write", found) is found
    assert repeated.once("write-lost-ack", found).verdict is Verdict.NOT_EXAMINED
