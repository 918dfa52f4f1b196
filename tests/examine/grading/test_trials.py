"""Over a simulated network our client keeps each rule of the trials, and a mutant breaks it."""

from __future__ import annotations

import os
import re

import pytest

from tests.support.english import english
from tests.support.grading.simulated import ALL, CLIENT, KEY, Classroom, Graded, SimulatedWire, run
from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.grading.attempt import Asked, Attempt
from tftp_fsm.examine.grading.judges import (
    backs_off,
    completes,
    how_it_ended,
    is_silent_after_error,
)
from tftp_fsm.examine.grading.story import Story, seen
from tftp_fsm.examine.grading.trials.published import BY_NAME, TRIALS, all_checks, trial_for
from tftp_fsm.language import shown, speaking
from tftp_fsm.protocol.events import Finished, Outcome
from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.verify.mutants import MUTANTS
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Ack, Data, Error, Packet, Rrq, Wrq, build

LONG = {"wrap", "put-wrap"}
SHORT = [trial.name for trial in TRIALS if trial.name not in LONG]
PLAIN = Options()


def broken(mutant: str, trial: str, options: Options = ALL) -> Graded:
    return run(trial, MUTANTS[mutant].sessions, options=options)


@pytest.mark.parametrize("options", [ALL, PLAIN], ids=["options", "plain"])
@pytest.mark.parametrize("name", SHORT)
def test_our_client_departs_from_no_rule(name: str, options: Options) -> None:
    graded = run(name, options=options)
    assert Verdict.DEPARTED not in graded.verdicts.values(), graded.seen
    assert set(graded.verdicts) == {check.name for check in BY_NAME[name].checks}


@pytest.mark.parametrize("name", SHORT)
def test_our_client_gets_the_file_or_none(name: str) -> None:
    trial, graded = BY_NAME[name], run(name)
    if trial.verb == "get" and trial.ends != "either" and trial.mode == "octet":
        assert graded.received == (graded.wanted if trial.ends == "well" else None)


@pytest.mark.parametrize("name", sorted(LONG))
def test_our_client_goes_over_the_top(name: str) -> None:
    if not os.environ.get("TFTP_FSM_GRADE"):
        pytest.skip("130,000 packets take half a minute: TFTP_FSM_GRADE=1 runs it")
    assert run(name).verdicts == {name: Verdict.KEPT}


@pytest.mark.parametrize(
    ("mutant", "trial", "departed", "seen"),
    [
        ("sorcerer", "put-duplicate-ack", {"put-duplicate-ack"}, "sent DATA 3"),
        ("sorcerer", "put-old-ack", {"put-old-ack"}, "more than once"),
        ("no-tid-check", "put-stray-ack", {"put-stray-ack", "put-stray-ack.answer"}, "stranger"),
        ("no-tid-check", "stray-data", {"stray-data", "stray-data.answer"}, "acknowledged the str"),
        ("no-tid-check", "stray-error", {"stray-error"}, "sent nothing more after ACK 2"),
        ("oack-restarts", "put-repeated-oack", {"put-repeated-oack"}, "DATA 1 more than once"),
        ("any-ack", "put-any-ack", {"put-any-ack"}, "sent DATA 4 before ACK 3 came"),
        ("no-empty-block", "put-512", {"put-512"}, "sent nothing more after DATA 1"),
        ("repeat-unanswered", "lost-ack", {"lost-ack"}, "sent nothing more after ACK 2"),
        ("never-again", "put-lost-ack", {"put-lost-ack"}, "sent nothing more after DATA"),
        ("never-again", "put-deaf", {"put-deaf"}, "did not send DATA 2 again for 24 s"),
        ("never-again", "put-final-ack-lost", {"put-final-ack-lost"}, "not send the last DATA"),
        ("wrong-way", "put-wrong-opening", {"put-wrong-opening"}, "ended without an ERROR"),
        ("error-answered", "error", {"error"}, "after the ERROR"),
        ("error-answered", "put-error-middle", {"put-error-middle"}, "after the ERROR"),
        ("oversized-taken", "long-data", {"long-data"}, "acknowledged a DATA of 612 octets"),
    ],
)
def test_a_broken_client_is_found(mutant: str, trial: str, departed: set[str], seen: str) -> None:
    graded = broken(mutant, trial)
    found = {name for name, verdict in graded.verdicts.items() if verdict is Verdict.DEPARTED}
    assert found == departed, graded.seen
    assert seen in graded.seen


def story_of(name: str, *heard: Packet, read: bool = True) -> Story:
    """Return the story of a client that sends only these packets."""
    made = Story((Rrq if read else Wrq)(name.encode(), "octet"), 0.0)
    made.add(seen(0.0, "heard", "listening", build(made.request)))
    for number in range(1, 6):
        made.add(seen(number, "sent", "tid", build(Data(number, b"") if read else Ack(number - 1))))
    for packet in heard:
        made.add(seen(9.0, "heard", "tid", build(packet)))
    return made


def judged(name: str, story: Story) -> tuple[Verdict, str]:
    finding = BY_NAME[name].questions[0].judge(story)
    return finding.verdict, finding.seen


def test_who_never_acknowledges_the_last_data_is_not_one_that_leaves() -> None:
    acks = [Ack(number) for number in range(1, 5)]
    assert judged("final-ack-lost", story_of("final-ack-lost", *acks)) == (
        Verdict.DEPARTED,
        "never acknowledged the last DATA",
    )
    both = story_of("final-ack-lost", *acks, Ack(5))
    assert judged("final-ack-lost", both)[0] is Verdict.TOLD


def test_who_never_sends_the_last_data_has_not_failed_to_send_it_again() -> None:
    story = story_of("put-final-ack-lost", Data(1, b"x"), read=False)
    assert judged("put-final-ack-lost", story) == (
        Verdict.DEPARTED,
        "sent nothing more after DATA 1",
    )


def test_how_a_transfer_ended_is_said_in_sentences_that_fit_together() -> None:
    again = story_of("unasked-option")
    again.asked_again.append(again.request)
    assert how_it_ended(again) == "sent only its RRQ; then asked again from another port"
    assert judged("larger-blksize", Story(Rrq(b"x", "octet", (("blksize", "9"),)), 0.0))[1] == (
        "sent no ERROR; sent only its RRQ"
    )
    wrong = Story(Wrq(b"x", "octet", (("blksize", "9"),)), 0.0)
    wrong.fault = "octet 7 is wrong"
    assert judged("put-larger-blksize", wrong)[1] == (
        "sent no ERROR; the received file is wrong: octet 7 is wrong"
    )
    gone = story_of("get-1", Error(0, "enough"))
    assert how_it_ended(gone) == 'gave up with ERROR 0 "enough"'


@pytest.mark.parametrize(
    ("times", "verdict", "said"),
    [
        ([0.0, 5.0, 10.0, 15.0], Verdict.DEPARTED, "waited 5, 5, 5 s"),
        ([0.0, 1.0, 3.0, 7.0], Verdict.KEPT, "waited longer and longer: 1, 2, 4 s"),
        ([0.0, 0.5, 1.0, 1.5], Verdict.DEPARTED, "waited 0.5, 0.5, 0.5 s"),
        ([0.0, 5.0], Verdict.NOT_EXAMINED, "sent x again less than twice during the trial"),
    ],
)
def test_waits_must_grow(times: list[float], verdict: Verdict, said: str) -> None:
    finding = backs_off("x", lambda story: times)(story_of("silent"))
    assert (finding.verdict, finding.seen) == (verdict, said)


def offering(name: str, read: bool, *options: tuple[str, str]) -> Story:
    made = story_of(name, Error(0, "enough"), read=read)
    made.request = (Rrq if read else Wrq)(name.encode(), "octet", options)
    return made


def test_a_client_that_ends_because_of_a_stranger_has_told_the_server() -> None:
    assert judged("stray-error", story_with_stranger("stray-error", Error(0, "enough"))) == (
        Verdict.DEPARTED,
        'ended the transfer with ERROR 0 "enough" to the server',
    )


def story_with_stranger(name: str, *heard: Packet) -> Story:
    made = story_of(name, *heard)
    made.add(seen(8.0, "sent", "stranger", build(Error(0, "not for you"))))
    return made


def test_data_that_was_sent_before_its_turn_is_found() -> None:
    story = Story(Wrq(b"put-future-ack", "octet"), 0.0)
    for number, (way, packet) in enumerate(
        (("sent", Ack(2)), ("sent", Ack(4)), ("heard", Data(4, b"")), ("sent", Ack(3)))
    ):
        story.add(seen(float(number), way, "tid", build(packet)))  # type: ignore[arg-type]
    story.ended = Finished(Outcome.SUCCEEDED)
    assert judged("put-future-ack", story) == (
        Verdict.DEPARTED,
        "sent DATA 4 before ACK 3 came",
    )


def test_who_asks_again_after_an_error_has_answered_it() -> None:
    story = Story(Rrq(b"error", "octet"), 0.0)
    story.add(seen(1.0, "sent", "tid", build(Error(1, "no"))))
    assert judged("error", story)[0] is Verdict.KEPT
    story.asked_again.append(story.request)
    assert judged("error", story) == (
        Verdict.DEPARTED,
        "sent the same request again after the ERROR",
    )


def test_another_code_than_the_rule_demands_is_found() -> None:
    assert judged("unasked-option", offering("unasked-option", True, ("tsize", "0"))) == (
        Verdict.DEPARTED,
        'refused an option that it did not ask for with ERROR 0 "enough", not with ERROR 8',
    )


def test_who_takes_an_ack_for_the_answer_to_an_rrq_is_found() -> None:
    assert judged("wrong-opening", story_of("wrong-opening", Data(1, b"mine"))) == (
        Verdict.DEPARTED,
        "sent DATA 1, though it asked to read",
    )
    assert judged("put-wrong-opening", story_of("x", Ack(1), read=False)) == (
        Verdict.DEPARTED,
        "sent ACK 1, though it asked to write",
    )


@pytest.mark.parametrize(
    ("answer", "verdict"), [(Error(5, "who"), Verdict.KEPT), (Error(4, "no"), Verdict.DEPARTED)]
)
def test_a_stranger_gets_error_5(answer: Packet, verdict: Verdict) -> None:
    story = story_of("stray-data")
    story.add(seen(5.5, "sent", "stranger", build(Data(3, b""))))
    story.add(seen(6.0, "heard", "stranger", build(answer)))
    question = BY_NAME["stray-data"].questions[1]
    assert question.judge(story).verdict is verdict


def test_a_trial_is_over_soon_after_its_end() -> None:
    trial = BY_NAME["get-1"]
    request = Rrq(b"get-1", "octet")
    network = SimulatedNetwork()
    wire = SimulatedWire(network)
    attempt = wire.attempt = Attempt(trial, KEY, Asked(request, build(request), CLIENT), wire)
    attempt.begin()
    attempt.hear(build(Ack(1)), "tid")
    assert attempt.story.ended_at == network.now() and not attempt.is_over
    assert attempt.due == network.now() + trial.linger


def test_another_size_than_that_of_the_file_is_found() -> None:
    wrong = offering("put-tsize", False, ("tsize", "7"))
    assert judged("put-tsize", wrong) == (
        Verdict.DEPARTED,
        "announced 7 octets for a file of 2200",
    )


def test_a_client_may_refuse_a_file_of_another_size_than_was_told() -> None:
    assert judged("wrong-tsize", offering("wrong-tsize", True, ("tsize", "0"))) == (
        Verdict.KEPT,
        'refused the file with ERROR 0 "enough"',
    )


def test_a_rule_is_where_the_trial_says() -> None:
    assert (
        BY_NAME["get-many"].checks[0].rfc
        == BY_NAME["put-many"].checks[0].rfc
        == ("RFC 1350 section 2")
    )
    assert BY_NAME["get-512"].checks[0].rfc == "RFC 1350 section 6"


def test_nobody_must_dally() -> None:
    graded = broken("no-dally", "final-ack-lost")
    assert graded.verdicts == {"final-ack-lost": Verdict.TOLD}
    assert "because its port was closed; this is not required" in graded.seen


def test_a_broken_size_is_only_told() -> None:
    options = Options(tsize=0)
    assert run("broken-value", options=options).verdicts == {"broken-value": Verdict.NOT_EXAMINED}


@pytest.mark.parametrize(("after", "verdict"), [(0.1, Verdict.KEPT), (0.5, Verdict.DEPARTED)])
def test_a_request_that_crosses_the_error_is_no_answer_to_it(
    after: float, verdict: Verdict
) -> None:
    request = Rrq(b"error")
    story = Story(request, 0.0)
    story.add(seen(0.0, "heard", "listening", build(request)))
    story.add(seen(1.0, "sent", "tid", build(Error(1, "no"))))
    story.add(seen(1.0 + after, "heard", "listening", build(request)))
    assert is_silent_after_error(story).verdict is verdict


def test_an_answer_to_the_well_known_port_is_told_in_every_trial() -> None:
    story = Story(Rrq(b"get-1"), 0.0)
    story.add(seen(0.1, "heard", "listening", build(Ack(1))))
    words = "sent ACK 1 to the well-known port, not to the port of the answer"
    assert how_it_ended(story) == completes(story).seen == words


def test_a_client_that_goes_on_after_the_last_block_has_no_file() -> None:
    graded = broken("short-not-last", "get-513")
    assert graded.verdicts == {"get-513": Verdict.KEPT}
    assert graded.received is None


def test_a_client_without_options_is_not_asked_about_them() -> None:
    names = [t.name for t in TRIALS if "options" in t.name or "oack" in t.name]
    for name in names:
        assert run(name, options=PLAIN).verdicts == {name: Verdict.NOT_EXAMINED}


def test_a_client_that_takes_a_wrong_mode_for_netascii_departs() -> None:
    graded = run("netascii", mode="octet")
    assert graded.seen == "netascii: asked in the mode 'octet'"


def test_a_text_must_be_translated_when_it_is_put(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("put-netascii").verdicts == {"put-netascii": Verdict.KEPT}
    monkeypatch.setattr(Classroom, "translates", False)
    graded = run("put-netascii")
    assert graded.verdicts == {"put-netascii": Verdict.DEPARTED}
    assert graded.seen == "put-netascii: the received file is wrong: octet 61 is wrong"


def test_who_takes_no_answer_at_all_has_not_shown_that_it_knows_the_right_one() -> None:
    for name in ("wrong-opening", "put-wrong-opening"):
        assert judged(name, story_of(name, read=name == "wrong-opening"))[0] is Verdict.TOLD
    assert judged("long-data", story_of("long-data", Ack(1)))[0] is Verdict.TOLD


def test_a_data_that_was_sent_once_was_not_sent_again_by_another_transfer() -> None:
    story = story_of("put-deaf", Data(1, b"x"), Data(2, b"x"), read=False)
    story.asked_again.append(story.request)
    assert judged("put-deaf", story) == (Verdict.DEPARTED, "did not send DATA 2 again")
    silent = story_of("silent")
    silent.asked_again.append(silent.request)
    assert judged("silent", silent)[0] is Verdict.KEPT


@pytest.mark.parametrize("blksize", [8, 256, 511])
@pytest.mark.parametrize("name", ["put-error-middle", "error-middle", "long-data"])
def test_smaller_blocks_are_no_departure(name: str, blksize: int) -> None:
    graded = run(name, options=Options(blksize=blksize, tsize=0))
    assert Verdict.DEPARTED not in graded.verdicts.values(), graded.seen


def test_names_and_checks_are_there_once_and_have_no_dot_before_the_question() -> None:
    checks = [check.name for trial in TRIALS for check in all_checks(trial)]
    assert len(set(checks)) == len(checks)
    assert len(BY_NAME) == len(TRIALS)
    assert not any("." in name or "/" in name for name in BY_NAME)


def test_every_trial_asks_at_least_one_question_and_says_where_the_rule_is() -> None:
    for trial in TRIALS:
        assert trial.checks[0].name == trial.name
        for check in all_checks(trial):
            assert all((check.title, check.sends, check.rule, check.rfc, check.means)), check.name


def test_the_other_verb_hands_a_file_out_or_in() -> None:
    assert run_the_other_way("put", "lost-ack") == ["lost-ack.file"]
    assert run_the_other_way("get", "put-513") == []
    assert trial_for("put", "error") is None
    assert trial_for("get", "no-trial") is None


def run_the_other_way(verb: str, name: str) -> list[str]:
    trial = trial_for(verb, name)  # type: ignore[arg-type]
    assert trial is not None and trial.verb == verb
    return [check.name for check in trial.checks]


@pytest.mark.parametrize(
    ("mutant", "trial"),
    [
        ("sorcerer", "put-duplicate-ack"),
        ("no-tid-check", "put-stray-ack"),
        ("no-tid-check", "stray-error"),
        ("any-ack", "put-any-ack"),
        ("no-empty-block", "put-512"),
        ("repeat-unanswered", "lost-ack"),
        *((None, name) for name in ("silent", "put-deaf", "stray-data", "unasked-option")),
        *((None, name) for name in ("error", "larger-blksize", "wrong-opening", "final-ack-lost")),
    ],
)
def test_what_was_seen_is_told_in_korean(mutant: str | None, trial: str) -> None:
    graded = run(trial) if mutant is None else broken(mutant, trial)
    before = graded.seen
    with speaking("ko"):
        said = [shown(result.finding.seen) for result in graded.results]
        assert graded.seen == before  # what cards, records and logs keep
    assert english("\n".join(said)) == [], said
    for words in said:
        assert re.search("[가-힣]", words), words
