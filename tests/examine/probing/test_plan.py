"""The whole examination: our server keeps the rules, and a check finds each mistake."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.support.simulated_server import LINES, Clocked, Files, Listener, World
from tftp_fsm.errors import LocalError
from tftp_fsm.examine.checks import Finding, Result, Verdict
from tftp_fsm.examine.probing import plan as plans
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.examination import CannotExamine
from tftp_fsm.examine.probing.plan import (
    announcement,
    card_of,
    examined,
    plan,
    requests,
    runner_of,
    seconds,
)
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.transports import Burst
from tftp_fsm.verify.mutants import sessions_of
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import OptionLimits
from tftp_fsm.wire.packets import Rrq, build

FILES = {"file": LINES, "nothing": b""}


def found(mutant: str | None = None, **wishes: object) -> dict[str, Result]:
    """Return the findings about a server with this mutant."""
    world = World(Files(dict(FILES), sessions_of(mutant)))
    return world.results(empty=b"nothing", write=b"scratch", **wishes)


def departures(results: dict[str, Result]) -> dict[str, str]:
    return {name: one.finding.seen for name, one in results.items() if one.is_departure}


def test_our_sessions_keep_every_rule() -> None:
    results = found()
    assert departures(results) == {}
    left = {name for name, one in results.items() if one.verdict is Verdict.NOT_EXAMINED}
    assert left == {"roll-over", "write-roll-over"}  # this network is too slow for them


@pytest.mark.parametrize(
    ("mutant", "check", "seen"),
    [
        ("sorcerer", "sorcerer", "DATA 2 came 2 times"),
        ("no-tid-check", "wrong-tid", "the ACK of a stranger was accepted"),
        ("no-tid-check", "write-wrong-tid", "the DATA of a stranger was acknowledged"),
        ("no-empty-block", "read", "3,072 octets came, then"),
        ("error-answered", "error-ends", "ERROR was answered with ERROR 4"),
        ("never-again", "timeout", "the OACK did not come again"),
        ("never-again", "lost-final-ack", "DATA 3 did not come again within 10 s, and 1 s was"),
        ("repeat-unanswered", "write-lost-ack", "DATA 1 again after a time-out: "),
        (
            "short-not-last",
            "write-repeated-data",
            "DATA 1 twice; the file is still the file of before",
        ),
    ],
)
def test_a_mistake_is_found_by_its_check(mutant: str, check: str, seen: str) -> None:
    results = found(mutant)
    assert seen in departures(results).get(check, "no departure")
    assert results[check].means, "a departure says what it means"


def test_an_answer_to_an_error_means_something_else_than_data_after_it() -> None:
    means = found("error-answered")["error-ends"].means
    assert means == "two ends that answer each ERROR with another one never stop"


def test_who_does_not_stay_departs_from_nothing() -> None:
    results = found("no-dally")
    assert departures(results) == {}
    assert results["write-lost-final-ack"].verdict is Verdict.TOLD


def test_a_server_without_options_is_examined_as_that() -> None:
    results = World(Files(dict(FILES), limits=None)).results()
    assert departures(results) == {}
    for name in ("tsize", "blksize", "windowsize", "timeout"):
        words = f"it does not accept the option {name}: the answer is DATA 1 (512 octets)"
        assert results[name].finding.seen == words
        assert results[name].means.startswith("this is no fault: a server may leave out any option")
    assert results["odd-values"].verdict is Verdict.NOT_EXAMINED


def test_a_long_way_to_the_server_is_no_departure() -> None:
    world = World(Files(dict(FILES)), latency=0.3)
    assert departures(world.results(empty=b"nothing", write=b"scratch")) == {}


def test_the_limits_of_a_server_are_told() -> None:
    world = World(Files(dict(FILES), limits=OptionLimits(blksize=1000, windowsize=7)))
    results = world.results()
    assert results["blksize"].finding.seen == "it accepts 8 to 1000"
    assert results["windowsize"].finding.seen.endswith("; it accepts up to 7")


def test_retransmissions_are_measured_as_long_as_the_user_listens() -> None:
    assert found(patience=40.0)["retransmission"].finding.seen == (
        "sent again 3 times, after 1, 3, 7 s, in 40 s of listening"
    )
    short = found(patience=2.0)["retransmission"]
    assert short.verdict is Verdict.NOT_EXAMINED and "--patience" in short.finding.seen


def test_a_wait_that_does_not_grow_is_found() -> None:
    fixed = RetryPolicy(retries=3, initial_rto=60.0, least_rto=60.0)  # the ceiling: no back-off
    world = World(Files(dict(FILES), policy=fixed))
    result = world.results(patience=250.0)["retransmission"]
    assert result.finding.seen == (
        "sent again 3 times, after 60, 120, 180 s, in 250 s of listening; the wait does not grow"
    )
    assert "at the same pace" in result.means and "one loss" not in result.means


def test_a_short_file_leaves_checks_out_and_says_which_would_do() -> None:
    world = World(Files({"file": b"short"}, limits=None))
    results = world.results()
    assert results["sorcerer"].finding.seen == (
        "the file has 5 octets, and this check needs one of 512 octets or more:"
        " tftp-fsm probe server:69 LONGER"
    )
    assert departures(results) == {}


def test_nothing_is_written_unless_the_user_says_so() -> None:
    world = World(Files(files := dict(FILES)))
    world.results(empty=b"nothing")
    assert files == FILES
    found_with = world.results(write=b"scratch")
    assert files.keys() - FILES.keys() == {"scratch"}
    assert b"may be removed" in files["scratch"]
    assert found_with["write"].verdict is Verdict.KEPT


def test_what_is_announced_is_more_than_what_is_done() -> None:
    world = World(Files(dict(FILES)))
    desk = world.desk(empty=b"nothing", write=b"scratch")
    said = "\n".join(announcement(desk))
    began, longest = world.network.now(), seconds(desk)
    results = list(examined(desk))
    spare = runner_of(desk).spare
    usual = requests(desk) - spare
    assert f"at most {usual} requests, one after the other, and {spare} more if it is slow" in said
    assert said.startswith("Examining the server at server port 69, for at most ")
    assert f"at most {longest:.0f} seconds.\n" in said
    assert said.endswith(
        "Files that are read: file, nothing. The file scratch is written: what it has now is lost."
    )
    assert desk.meter.requests <= requests(desk)
    assert world.network.now() - began < longest
    assert [result.check for result in results] == [one.check for one in plan(desk)]
    assert len({result.check.name for result in results}) == len(results)
    assert announcement(world.desk())[-1] == "Files that are read: file. Nothing is written."


def test_who_answers_only_what_is_plain_is_asked_no_more_often_than_was_said() -> None:
    def plain_only(listener: Listener, octets: bytes, client: Address) -> None:
        asked.append(client)
        if octets == build(Rrq(b"file", "octet")):
            Files({"file": LINES})(listener, octets, client)

    asked: list[Address] = []
    desk = World(plain_only).desk(empty=b"nothing", write=b"scratch")
    results = list(examined(desk))
    assert len(asked) <= desk.meter.requests <= 2 * requests(desk)
    often = Counter(Counter(asked).values())
    assert set(often) <= {1, 2, 3} and often[3] <= 1  # one check sends its request twice on purpose
    assert len([one for one in results if one.is_departure]) > 3


def test_a_failure_of_this_side_at_the_first_request_is_told() -> None:
    class Refusing(Clocked):
        def send(self, burst: Burst) -> None:
            raise LocalError("network is unreachable")

    world = World(Files(dict(FILES)))
    world.open = lambda: Refusing(  # type: ignore[method-assign]
        world.network, world.listener, ("client", 1024)
    )
    with pytest.raises(CannotExamine, match="network is unreachable"):
        world.results()


def test_addresses_of_the_same_name_are_said_not_to_be_examined() -> None:
    desk = World(Files(dict(FILES))).desk(only=("read",))
    desk.others = (("192.0.2.2", 69), ("2001:db8::2", 69, 0, 0))
    assert announcement(desk)[-1] == (
        "The name has 2 more addresses, which are not examined: 192.0.2.2, 2001:db8::2."
    )
    card = card_of(desk, list(examined(desk)))
    assert dict(card.facts)["not examined"] == "192.0.2.2, 2001:db8::2"


def test_a_part_is_made_with_what_it_needs_and_nothing_else() -> None:
    made = World(Files(dict(FILES))).results(only=("sorcerer",))
    assert list(made) == [
        *("read", "answer-address", "tsize", "blksize", "timeout", "windowsize", "sorcerer"),
    ]


@pytest.mark.parametrize("size", [0, 5, 512, 600, 2000, 3072])
def test_no_session_of_the_server_is_left_waiting(size: int) -> None:
    world = World(Files({"file": LINES[:size]}))
    results = world.results(patience=1.0)
    assert departures(results) == {}
    world.network.advance(world.network.now() + 1.0)
    assert world.listener.drivers == []


def test_the_card_says_what_was_read_written_and_sent() -> None:
    desk = World(Files(dict(FILES))).desk(write=b"scratch")
    card = card_of(desk, list(examined(desk)))
    facts = dict(card.facts)
    assert card.title == "Report card of the TFTP server at server port 69"
    assert facts["read"] == "file, 3,072 octets" and facts["written"] == "scratch, 1,230 octets"
    assert str(facts["sent and heard"]).startswith(f"{desk.meter.requests} requests, ")


def test_without_the_file_there_is_nothing_to_examine() -> None:
    with pytest.raises(CannotExamine, match="does not send 'none': ERROR 1 no such file; name a"):
        World(Files({})).results(name=b"none")


def test_without_a_server_there_is_nothing_to_examine() -> None:
    world = World(Files(dict(FILES)))
    world.listener.transport.close()
    with pytest.raises(CannotExamine, match="no program listens at server port 69"):
        world.results()


def fails(desk: Desk) -> Finding:
    with desk.read():
        raise ValueError("not enough \x1b[2J" + "!" * 5000)


@pytest.mark.parametrize("name", ["read", "sorcerer"])
def test_a_fault_of_ours_ends_its_check_and_no_other(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = tuple(replace(e, examine=fails) if e.check.name == name else e for e in plans.EVERY)
    monkeypatch.setattr(plans, "EVERY", checks)
    world = World(Files(dict(FILES)))
    desk = world.desk()
    card = card_of(desk, list(examined(desk)))
    broken = [result for result in card.results if result.verdict is Verdict.BROKEN_OFF]
    assert [result.check.name for result in broken] == [name]
    assert len(card.results) == len(plan(desk)) and not card.departures
    seen = broken[0].finding.seen
    assert seen.startswith("a fault of tftp-fsm: ValueError in test_plan.py, line ")
    assert ": not enough \\x1b[2J!!!" in seen and len(seen) < 1000
    assert card.is_broken_off and "Please report the fault." in card.remarks[-1]
    world.network.advance(world.network.now() + 1.0)
    assert world.listener.drivers == []  # the session that failed was ended


@pytest.mark.parametrize("refusal", [BrokenPipeError(), KeyboardInterrupt(), SystemExit(143)])
def test_what_ends_the_program_is_no_fault_of_a_check(
    refusal: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(desk: Desk) -> Finding:
        raise refusal

    checks = tuple(replace(one, examine=refuse) for one in plans.EVERY)
    monkeypatch.setattr(plans, "EVERY", checks)
    with pytest.raises(type(refusal)):
        World(Files(dict(FILES))).results()
