"""All checks of a server in their order, and their highest cost.

    desk = Desk(address, Wishes(b"boot.img"), open_transport)
    print(announcement(desk))
    card = card_of(desk, list(examined(desk)))

The order matters, because later checks use facts that earlier ones have found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tftp_fsm.borders import brief
from tftp_fsm.examine.card import Card, Ended
from tftp_fsm.examine.checks import Result, Verdict, not_examined
from tftp_fsm.examine.probing.answers import ANSWER_CHECKS, PORTS
from tftp_fsm.examine.probing.blksize import BLKSIZE
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.last_block import ENDING_CHECKS
from tftp_fsm.examine.probing.odd_values import ODD_VALUES
from tftp_fsm.examine.probing.options import AGREED_TIMEOUT, NAMES_OF_OPTIONS, TSIZE, UNASKED
from tftp_fsm.examine.probing.reading import READING_CHECKS
from tftp_fsm.examine.probing.runner import Runner
from tftp_fsm.examine.probing.timing import TIMING_CHECKS
from tftp_fsm.examine.probing.windows import WINDOW_CHECKS
from tftp_fsm.examine.probing.wrapping import WRAPPING, WRITE_WRAPPING
from tftp_fsm.examine.probing.writing import WRITING_CHECKS
from tftp_fsm.language import joined, mark, mark_p, sentence, sentence_n

FIRST, THEN = READING_CHECKS[:2], (*ENDING_CHECKS, *READING_CHECKS[2:])
LIMITS = (TSIZE, BLKSIZE, AGREED_TIMEOUT)
OPTIONS = (*LIMITS, *NAMES_OF_OPTIONS, *WINDOW_CHECKS, ODD_VALUES)
READ_ONLY = (*FIRST, *OPTIONS, *THEN, *ANSWER_CHECKS)
WRITING = (WRITING_CHECKS[0], WRITE_WRAPPING, *WRITING_CHECKS[1:])
EVERY = (*READ_ONLY, *TIMING_CHECKS, WRAPPING, *WRITING, UNASKED, PORTS)
NEEDED = (*FIRST, *LIMITS, *WINDOW_CHECKS[:1])
NAMES = tuple(examination.check.name for examination in EVERY)
WRITING_NAMES = tuple(examination.check.name for examination in WRITING)
OTHERS = 4  # addresses that are named


def plan(desk: Desk) -> tuple[Examination, ...]:
    """Return the checks that the wishes allow, and the checks that those need."""
    return tuple(examination for examination in EVERY if _is_wished(desk, examination))


def _is_wished(desk: Desk, examination: Examination) -> bool:
    only = desk.wishes.only
    if examination in WRITING and desk.wishes.write is None:
        return False
    if not only or examination in NEEDED or examination.check.name in only:
        return True
    return examination is WRITING[0] and not set(only).isdisjoint(WRITING_NAMES)


def requests(desk: Desk) -> int:
    """Return the most requests that are sent, without repetitions."""
    return runner_of(desk).requests


def seconds(desk: Desk) -> float:
    """Return the longest time of all checks in seconds."""
    return runner_of(desk).seconds


def runner_of(desk: Desk) -> Runner:
    """The checks of the plan."""
    return Runner(desk, plan(desk), FIRST[0])


def announcement(desk: Desk) -> str:
    """Return a description of the packets, to show before anything is sent."""
    wishes = desk.wishes
    host, port = desk.address[:2]
    reads = ", ".join(map(brief, filter(None, (wishes.name, wishes.empty, wishes.long))))
    sent = sentence(
        "{host} port {port}: at most {requests} requests, {spare} of them only if it falls silent,"
        " is slow or refuses one; one after the other, each sent once more if no answer comes or it"
        " is refused; {octets:,} octets in both directions; {seconds:.0f} s.",
        host=brief(host),
        port=port,
        requests=requests(desk),
        spare=runner_of(desk).spare,
        octets=wishes.octets,
        seconds=seconds(desk),
    )
    read = sentence("It reads {names}; it writes nothing.", names=reads)
    if wishes.write is not None:
        read = sentence(
            "It reads {names}; it writes {written} and reads it again; what that has now is lost.",
            names=reads,
            written=brief(wishes.write),
        )
    return joined(" ", [sent, read, *_left_out(desk)])


def _left_out(desk: Desk) -> list[str]:
    """The other addresses of the name."""
    if not desk.others:
        return []
    others = joined(", ", [brief(address[0]) for address in desk.others[:OTHERS]])
    return [
        sentence_n(
            "The name has {count} more address, which is not examined: {others}.",
            "The name has {count} more addresses, which are not examined: {others}.",
            len(desk.others),
            others=others,
        )
    ]


def examined(
    desk: Desk, watch: Callable[[Examination], None] = lambda examination: None
) -> Iterator[Result]:
    """Yield the result of each check. `watch` is called before each check begins.

    Raises `CannotExamine` if no check makes sense.
    """
    runner = runner_of(desk)
    for examination in runner.examinations:
        watch(examination)
        yield Result(examination.check, runner.finding(examination))


def left_out(desk: Desk, made: list[Result], why: str) -> list[Result]:
    """Return results for the checks that were not made, with the reason."""
    rest = plan(desk)[len(made) :]
    return [Result(examination.check, not_examined(why)) for examination in rest]


def card_of(desk: Desk, results: list[Result], *, is_interrupted: bool = False) -> Card:
    """The report card."""
    host, port = desk.address[:2]
    wishes, meter = desk.wishes, desk.meter
    spent = [
        sentence_n("{count} request", "{count} requests", meter.requests),
        sentence_n("{count:,} datagram", "{count:,} datagrams", meter.datagrams),
        sentence_n("{count:,} octet", "{count:,} octets", meter.octets),
    ]
    read = [brief(wishes.name)]
    if desk.known.first is not None:
        read.append(sentence_n("{count:,} octet", "{count:,} octets", desk.known.came))
    facts: list[tuple[str, str]] = [(mark_p("fact", "read"), joined(", ", read))]
    if desk.others:
        others = joined(", ", [brief(address[0]) for address in desk.others[:OTHERS]])
        facts.append((mark_p("fact", "not examined"), others))
    if wishes.write is not None:
        left = desk.known.shelf.left(brief(wishes.write), desk.written)
        facts.append((mark_p("fact", "written"), left))
    facts.append((mark_p("fact", "sent and heard"), joined(", ", list(spent))))
    title = sentence(
        "Report card of the TFTP server at {host} port {port}", host=brief(host), port=port
    )
    ended = Ended.FINISHED if desk.stopped is None else Ended.SERVER_STOPPED
    if is_interrupted:
        ended = Ended.INTERRUPTED
    said = (*_left_behind(desk), *remarks(results))
    return Card(title, tuple(facts), tuple(results), said, ended)


def _left_behind(desk: Desk) -> Iterator[str]:
    """Yield remarks: whether the server has stopped, and what was written to it."""
    if desk.stopped is not None:
        check, waited = desk.stopped
        yield sentence(
            "The server stopped answering at the check {check}: for {seconds:.0f} s it did not send"
            " {name} either, which it sent before. This check and those after it were not"
            " examined. With more --patience the server is awaited longer.",
            check=check,
            seconds=waited,
            name=brief(desk.wishes.name),
        )
    if desk.wishes.write is not None:
        yield from desk.known.shelf.left_behind(brief(desk.wishes.write), desk.written)


def remarks(results: list[Result]) -> tuple[str, ...]:
    """Return remarks for the reader beside the single results."""
    verdicts = {result.verdict for result in results}
    said: list[str] = []
    if Verdict.NOT_EXAMINED in verdicts:
        said.append(mark("What was not examined may be right or wrong."))
    if Verdict.BROKEN_OFF in verdicts:
        said.append(
            mark(
                "What was broken off says nothing of the server: it is a fault of tftp-fsm."
                " Please report it."
            )
        )
    return tuple(said)
