"""Servers that damage, discard, delay or refuse what is written, over a scripted network."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.simulated_server import LINES, Answering, Files, Listener, World
from tftp_fsm.examine.checks import Result, Verdict
from tftp_fsm.examine.probing.damage import CUT, MISSING, OTHER, TWICE
from tftp_fsm.examine.probing.plan import WRITING, card_of, examined
from tftp_fsm.examine.probing.shelf import LOST
from tftp_fsm.examine.probing.storing import NOT_READ, PAUSES, SETTLING
from tftp_fsm.examine.probing.stranger_answers import FORGES
from tftp_fsm.transports import Burst, Transport, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Pairs, Rrq, Wrq, build, parse

Stored = Callable[[list[bytes]], bytes | None]


class Taking:
    """Acknowledges each DATA. `stored` decides which file it makes of the payloads."""

    def __init__(
        self, stored: Stored, seconds: float = 0.0, *, stays: bool = True, forges: bool = False
    ) -> None:
        self.files: dict[str, bytes] = {"file": LINES, "empty": b""}
        self._stored, self._seconds, self._stays = stored, seconds, stays
        self._forges = forges
        self._due: list[tuple[float, bytes]] = []

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        request = parse(octets)
        if isinstance(request, Wrq):
            self._take(listener, client, request.options)
            return
        now = listener.network.now()
        for at, content in self._due:
            if at <= now:
                self.files["scratch"] = content
        Files(self.files)(listener, octets, client)

    def _take(self, listener: Listener, client: Address, options: Pairs) -> None:
        came: list[bytes] = []
        is_over = False
        agreed = tuple(pair for pair in options if pair[0] in ("blksize", "tsize"))
        blksize = int(dict(agreed).get("blksize", "512"))

        def heard(arrived: Burst | Unreachable) -> None:
            nonlocal is_over
            packet = parse(b"".join(arrived.buffers)) if isinstance(arrived, Burst) else None
            if not isinstance(arrived, Burst) or not isinstance(packet, Data):
                return
            if arrived.peer != client:
                came.extend([packet.payload] * self._forges)
                tid.send(Burst.of(build(Error(5, "who")), arrived.peer))
                return
            if is_over and not self._stays:
                return
            came.append(packet.payload)
            is_over = len(packet.payload) < blksize
            tid.send(Burst.of(build(Ack(packet.block)), client))
            content = self._stored(came) if is_over else None
            if content is not None:
                self._due.append((listener.network.now() + self._seconds, content))

        tid = listener.tid(heard)
        answer = Oack(agreed) if agreed else Ack(0)
        tid.send(Burst.of(build(answer), client))


def once(came: list[bytes]) -> bytes:
    """Keep a payload that came twice in a row once, as a server should."""
    kept = [one for one, before in zip(came, [None, *came], strict=False) if one != before]
    return b"".join(kept)


def results_of(answer: Answering, *only: str) -> dict[str, Result]:
    return World(answer).results(write=b"scratch", only=only)


# -- Damage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "seen"),
    [
        ("write-repeated-data", "DATA 1 twice; block 1 is in the file twice"),
        ("write-lost-ack", "DATA 1 again after a time-out; block 1 is in the file twice"),
        ("write-lost-final-ack", "and was acknowledged again; block 3 is in the file twice"),
    ],
)
def test_a_block_that_came_twice_and_is_written_twice_is_found(check: str, seen: str) -> None:
    result = results_of(Taking(b"".join), check)[check]
    assert result.is_departure and result.means == TWICE
    assert result.finding.seen.endswith(seen)


def test_who_does_not_stay_is_asked_for_the_file_all_the_same() -> None:
    check = "write-lost-final-ack"
    whole = results_of(Taking(once, stays=False), check)[check]
    assert whole.verdict is Verdict.TOLD
    assert whole.finding.seen.endswith("and no answer came; the file is the same")

    def cut(came: list[bytes]) -> bytes:
        cut.calls += 1  # type: ignore[attr-defined]
        return once(came)[: None if cut.calls == 1 else 600]  # type: ignore[attr-defined]

    cut.calls = 0  # type: ignore[attr-defined]
    damaged = results_of(Taking(cut, stays=False), check)[check]
    assert damaged.is_departure and damaged.means == CUT
    assert damaged.finding.seen.endswith("no answer came; the file is cut after 600 octets")


WRONG: list[tuple[Stored, str, str]] = [
    (lambda came: once(came)[512:], "block 1 is missing in the file", MISSING),
    (lambda came: once(came)[:512], "the file is cut after 512 octets", CUT),
    (lambda came: once(came).swapcase(), "the file has 1,230 octets and differs", OTHER),
]


@pytest.mark.parametrize(("stored", "seen", "means"), WRONG)
@pytest.mark.parametrize(
    "check",
    ["write-repeated-data", "write-lost-ack", "write-lost-final-ack", "write-wrong-tid"],
)
def test_what_damage_means_fits_what_was_seen(
    check: str, stored: Stored, seen: str, means: str
) -> None:
    results = results_of(Taking(stored), check)
    assert results["write"].is_departure and results["write"].means == means
    assert results["write"].finding.seen.endswith(f"; {seen}")
    later = results[check]
    assert not later.is_departure
    assert later.finding.seen.endswith(f"; {seen}: see the check write")


def test_what_a_stranger_has_brought_into_the_file_is_said_to_be_that() -> None:
    result = results_of(Taking(once, forges=True), "write-wrong-tid")["write-wrong-tid"]
    assert result.is_departure and result.means == FORGES
    assert result.finding.seen == (
        "the stranger got ERROR 5 who; the file has 1,742 octets and differs"
    )


def test_blocks_of_another_size_are_read_again_too() -> None:
    check = "write-options"
    result = results_of(Taking(lambda came: once(came)[:1024]), check)[check]
    assert result.finding.seen == (
        "OACK blksize=1024 tsize=1230; the file is cut after 1,024 octets: see the check write"
    )


def test_a_file_that_is_lost_after_others_were_kept_is_a_departure() -> None:
    def first_only(came: list[bytes]) -> bytes | None:
        kept.append(once(came))
        return kept[0] if len(kept) == 1 else None

    kept: list[bytes] = []
    result = results_of(Taking(first_only), "write-repeated-data")["write-repeated-data"]
    assert result.is_departure and result.means == LOST
    assert result.finding.seen == "DATA 1 twice; the file is still the file of before"


# -- Servers that give out nothing of what was written --------------------------------------------


COMPARES = ("write-empty", "write-repeated-data", "write-lost-ack", "write-wrong-tid")


@pytest.mark.parametrize(
    ("old", "why"),
    [
        (None, "ERROR 1 no such file"),
        (b"old", "the file is still the file of before"),
        (b"", "the file is still the file of before"),
        (b"old" * 100_000, "the file is still the file of before"),
    ],
)
def test_a_server_that_discards_files_is_found_out_once_and_not_blamed(
    old: bytes | None, why: str
) -> None:
    server = Taking(lambda came: None)
    if old is not None:
        server.files["scratch"] = old
    world = World(server)
    desk = world.desk(write=b"scratch")
    results = {result.check.name: result for result in examined(desk)}
    said = f"the server did not send the written file within 7 s: {why}"
    for name in (one.check.name for one in WRITING):
        assert not results[name].is_departure, name
        if name in COMPARES:
            assert results[name].verdict is Verdict.NOT_EXAMINED, name
            assert results[name].finding.seen.endswith(
                f"; {said}" if name == "write-empty" else f"; {NOT_READ}"
            )
    assert results["write"].verdict is Verdict.KEPT
    assert results["write"].finding.seen == f"1,230 octets in 3 DATA; {said}"
    for name in ("write-lost-final-ack", "write-options"):
        assert results[name].verdict is Verdict.KEPT, name
    card = card_of(desk, list(results.values()))
    assert dict(card.facts)["written"] == "scratch, 1,230 octets"
    assert card.remarks[0].startswith("1,230 octets were written to scratch, but the server does")


def test_a_server_that_discards_files_is_not_asked_for_them_again() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        asked.append(octets[:2] == b"\0\1" and b"scratch" in octets)
        server(listener, octets, client)

    asked: list[bool] = []
    server = Taking(lambda came: None)
    results_of(serve)
    assert sum(asked) == 7  # before all; four times after the first file; twice after the empty one


def test_a_text_that_comes_too_late_is_not_taken_for_the_empty_file() -> None:
    results = results_of(Taking(once, seconds=1.5 * sum(PAUSES)))
    for name in ("write", *COMPARES):
        assert not results[name].is_departure, name
    assert results["write-empty"].verdict is Verdict.NOT_EXAMINED


def test_what_can_be_judged_without_the_file_still_is() -> None:
    def deaf(listener: Listener, octets: bytes, client: Address) -> None:
        class Deaf(Listener):
            def __init__(self) -> None:
                self.__dict__ = listener.__dict__

            def tid(self, heard: Callable[[Burst | Unreachable], None]) -> Transport:
                return super().tid(lambda one: heard(one) if one.peer == client else None)

        Taking(lambda came: None)(Deaf(), octets, client)

    result = results_of(deaf, "write-wrong-tid")["write-wrong-tid"]
    assert result.is_departure
    assert result.finding.seen.startswith("the stranger got nothing; not read again, because")


def test_an_empty_file_shows_that_files_are_kept_if_the_first_was_lost() -> None:
    def empty_only(came: list[bytes]) -> bytes | None:
        return b"" if came == [b""] else None

    results = results_of(Taking(empty_only), "write-empty", "write-repeated-data")
    assert results["write"].verdict is Verdict.KEPT
    assert results["write-empty"].verdict is Verdict.KEPT
    lost = results["write-repeated-data"]
    assert lost.finding.seen == "DATA 1 twice; the file is still the file of before"
    assert lost.is_departure


# -- Servers that store a moment after they have acknowledged --------------------------------------


def test_who_stores_a_moment_later_is_read_once_more() -> None:
    results = results_of(Taking(once, seconds=SETTLING / 2))
    for name in (one.check.name for one in WRITING):
        assert not results[name].is_departure, name
    for name in ("write", *COMPARES, "write-lost-final-ack", "write-options"):
        assert results[name].verdict is Verdict.KEPT, name
        assert results[name].finding.seen.endswith("; the file is the same, but only after 1 s")


@pytest.mark.parametrize("seconds", [1.5, 2.9, 5.0, 6.9])
def test_who_stores_some_seconds_later_is_awaited_in_each_check(seconds: float) -> None:
    results = results_of(Taking(once, seconds=seconds * SETTLING))
    for name in ("write", *COMPARES, "write-lost-final-ack", "write-options"):
        assert results[name].verdict is Verdict.KEPT, name
        assert results[name].finding.seen.endswith(" s"), name


def test_a_file_that_is_read_while_it_is_stored_is_read_once_more() -> None:
    """The server has begun to store the file when the file is read for the second time."""

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        if octets[:2] == b"\0\2":
            readings[0] = 0
        elif b"scratch" in octets:
            readings[0] += 1
        if readings[0] == 2:
            Files({**server.files, "scratch": b""})(listener, octets, client)
        else:
            server(listener, octets, client)

    readings = [0]
    server = Taking(once, seconds=1.5 * SETTLING)
    results = results_of(serve)
    assert [name for name, one in results.items() if one.is_departure] == []
    assert results["write"].finding.seen.endswith("the file is the same, but only after 3 s")


def test_a_later_file_that_is_read_while_it_is_stored_is_read_until_it_stays() -> None:
    """Each file is there at once, but one that was sent with a copy comes in three parts."""

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        if octets[:2] == b"\0\2":
            readings[0] = 0
            counts[0] += 1
        elif b"scratch" in octets:
            readings[0] += 1
            if counts[0] == files_before + 1 and readings[0] < 3:
                part = server.files["scratch"][: 512 * readings[0]]
                Files({**server.files, "scratch": part})(listener, octets, client)
                return
        server(listener, octets, client)

    readings, counts, files_before = [0], [0], 1
    server = Taking(once)
    results = results_of(serve, "write-repeated-data")
    assert results["write"].finding.seen.endswith("; the file is the same")
    later = results["write-repeated-data"]
    assert later.verdict is Verdict.KEPT, later.finding.seen
    assert later.finding.seen == "DATA 1 twice; the file is the same, but only after 3 s"


def test_nobody_waits_for_a_file_that_is_there() -> None:
    def seconds(server: Taking) -> float:
        world = World(server)
        world.results(write=b"scratch", only=("write",))
        return world.network.now()

    later = seconds(Taking(once, seconds=SETTLING / 2)) - seconds(Taking(once))
    assert SETTLING <= later < SETTLING + 0.5


# -- Servers that take nothing --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (Error(2, "no"), "the server does not let this file be written"),
        (Error(6, "it is there"), "the server does not replace a file that is there"),
    ],
)
def test_who_refuses_the_first_file_has_written_nothing(error: Error, why: str) -> None:
    def refusing(listener: Listener, octets: bytes, client: Address) -> None:
        if isinstance(parse(octets), Rrq):
            Files({"file": LINES, "scratch": b"old"})(listener, octets, client)
        else:
            listener.say(build(error), client)

    desk = World(refusing).desk(write=b"scratch")
    results = list(examined(desk))
    found = {one.check.name: one.finding for one in results if one.check.name.startswith("write")}
    assert {finding.verdict for finding in found.values()} == {Verdict.NOT_EXAMINED}
    assert found.pop("write").seen == f"{why}: ERROR {error.code} {error.message}"
    assert {finding.seen for finding in found.values()} == {why}
    assert dict(card_of(desk, results).facts)["written"] == "nothing"


def test_a_first_file_that_failed_is_not_called_refused() -> None:
    def silent(listener: Listener, octets: bytes, client: Address) -> None:
        if isinstance(parse(octets), Rrq):
            Files({"file": LINES})(listener, octets, client)

    results = results_of(silent, "write-lost-ack")
    assert results["write"].is_departure
    seen = results["write-lost-ack"].finding.seen
    assert seen == "the first file was not written: see the check write"


def test_a_file_that_was_not_written_to_its_end_is_said_so() -> None:
    def stopping(listener: Listener, octets: bytes, client: Address) -> None:
        if isinstance(parse(octets), Rrq):
            Files({"file": LINES})(listener, octets, client)
            return
        tid = listener.tid(lambda arrived: None)
        tid.send(Burst.of(build(Ack(0)), client))

    desk = World(stopping).desk(write=b"scratch", only=("write",))
    card = card_of(desk, list(examined(desk)))
    assert dict(card.facts)["written"] == "scratch, incomplete"
