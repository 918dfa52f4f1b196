"""A missing file, and a file that is not read to its end: each answer has its meaning."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.agreeing import found
from tests.support.simulated_server import LINES, Answering, Files, Listener, World
from tftp_fsm.examine.checks import Finding, Verdict
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.last_block import exact_multiple
from tftp_fsm.examine.probing.netascii import netascii
from tftp_fsm.examine.probing.plan import EVERY
from tftp_fsm.examine.probing.reading import missing_told
from tftp_fsm.examine.probing.talk import Answer, NoAnswer
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, ErrorCode, Oack, build, parse

# -- A file that comes slowly ----------------------------------------------------------------------


@pytest.mark.parametrize("check", [netascii, exact_multiple])
def test_a_file_that_still_comes_is_no_departure(check: Callable[[Desk], Finding]) -> None:
    content = LINES * 80  # as netascii, and in these blocks, it takes more than READING
    desk = World(Files({"file": content}), latency=0.1).desk()
    desk.known.content, desk.known.size, desk.known.round_trip = content, len(content), 0.2
    finding = check(desk)
    assert finding.verdict is Verdict.NOT_EXAMINED
    assert "and more is coming: name a shorter file" in finding.seen


# -- A file that is not there ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "verdict", "seen", "means"),
    [
        (Error(1, "no"), Verdict.KEPT, "ERROR 1 no", ""),
        (Error(1, ""), Verdict.KEPT, "ERROR 1", ""),
        (Error(2, ""), Verdict.TOLD, "ERROR 2: it does not say whether", ""),
        (Error(0, "no"), Verdict.TOLD, "ERROR 0 no: the text says why, but the code does not", ""),
        (Error(0, " "), Verdict.DEPARTED, "ERROR 0", "nobody learns why"),
        (Error(4, "no"), Verdict.DEPARTED, "ERROR 4 no, which is an", "reports a wrong reason"),
        (Error(7, "no"), Verdict.DEPARTED, "ERROR 7 no, which is an", "reports a wrong reason"),
        (Error(8, "no"), Verdict.DEPARTED, "ERROR 8 no, which is an", "reports a wrong reason"),
        (NoAnswer.SILENCE, Verdict.DEPARTED, "no answer came", "waits until it gives up"),
        (Data(1, b""), Verdict.DEPARTED, "DATA 1 (0 octets), as", "is not the file it asked for"),
        (Oack(()), Verdict.DEPARTED, "OACK, as", "is not the file it asked for"),
    ],
)
def test_each_answer_about_a_missing_file_has_its_verdict(
    answer: Answer, verdict: Verdict, seen: str, means: str
) -> None:
    finding = missing_told(answer)
    assert finding.verdict is verdict and finding.seen.startswith(seen)
    assert means in finding.means and bool(finding.means) is bool(means)


def test_the_rule_of_the_documents_names_the_codes_that_are_no_departure() -> None:
    (rule,) = (one.check.rule for one in EVERY if one.check.name == "missing-file")
    for code in ErrorCode:
        is_named = f"ERROR {code.value}" in rule
        assert is_named is (missing_told(Error(code, "no")).verdict is not Verdict.DEPARTED), code
    kept, told = rule.split(";")
    assert kept == "ERROR 1" and "with a text" in told


# -- A file without an end -------------------------------------------------------------------------


def stopping(after: int, *last: bytes) -> Answering:
    """A server that sends so many full blocks, and then these datagrams."""

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        def say(number: int) -> None:
            if number <= after:
                tid.send(Burst.of(build(Data(number, bytes(512))), client))
            elif number == after + 1:
                for datagram in last:
                    tid.send(Burst.of(datagram, client))

        def heard(arrived: Burst | Unreachable) -> None:
            packet = parse(b"".join(arrived.buffers)) if isinstance(arrived, Burst) else None
            if isinstance(packet, Ack):
                say(packet.block + 1)

        tid = listener.tid(heard)
        say(1)

    return serve


@pytest.mark.parametrize(
    ("server", "seen", "means"),
    [
        (
            stopping(3),
            "1,536 octets came, then: the transfer did",
            "only the empty last DATA is mi",
        ),
        (stopping(3, build(Error(5, "who"))), "1,536 octets came, then: ERROR 5", "a part of"),
        (stopping(0, build(Oack((("blksize", "9"),)))), "0 octets came", "gets no file"),
        (stopping(0, build(Data(7, b""))), "0 octets came, then: DATA 7", "only in their order"),
    ],
)
def test_how_a_file_ends_too_early_decides_what_it_means(
    server: Answering, seen: str, means: str
) -> None:
    result = found(server, "read")
    assert result.is_departure and result.finding.seen.startswith(seen), result.finding.seen
    assert means in result.means, result.means


@pytest.mark.parametrize("code", [0, 3])
def test_a_file_that_the_server_could_not_read_to_its_end_shows_no_departure(code: int) -> None:
    result = found(stopping(3, build(Error(code, "disk"))), "read")
    assert result.verdict is Verdict.NOT_EXAMINED
    assert result.finding.seen.startswith(f"1,536 octets came, then ERROR {code} disk: the file")


def test_a_file_that_is_read_has_nothing_to_mean() -> None:
    assert found(Files({"file": LINES}), "read").finding.means == ""
