r"""All checks of a server in their order, and their highest cost.

    desk = Desk(address, Wishes(b"boot.img"), open_transport)
    print(*announcement(desk), sep="\n")
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


def announcement(desk: Desk) -> tuple[str, ...]:
    """Return lines that say what will be sent, to show before that."""
    host, port = desk.address[:2]
    runner = runner_of(desk)
    begins = sentence(
        "Examining the server at {host} port {port}, for at most {seconds:.0f} seconds.",
        host=brief(host),
        port=port,
        seconds=runner.seconds,
    )
    sends = sentence(
        "It gets at most {usual} requests, one after the other, and {spare} more if it is slow,"
        " silent or busy. A request that is not answered, or refused, is sent once more.",
        usual=runner.requests - runner.spare,
        spare=runner.spare,
    )
    limit = sentence(
        "All packets together have at most {octets:,} octets.", octets=desk.wishes.octets
    )
    return begins, joined(" ", [sends, limit]), _files(desk), *_left_out(desk)


def _files(desk: Desk) -> str:
    """Return which files are read and written."""
    wishes = desk.wishes
    reads = ", ".join(map(brief, filter(None, (wishes.name, wishes.empty, wishes.long))))
    if wishes.write is None:
        return sentence("Files that are read: {names}. Nothing is written.", names=reads)
    return sentence(
        "Files that are read: {names}. The file {written} is written: what it has now is lost.",
        names=reads,
        written=brief(wishes.write),
    )


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
    said = (*_stopped(desk), *desk.overload.remarks(), *_left_behind(desk), *remarks(results))
    return Card(title, tuple(facts), tuple(results), said, ended, desk.overload.at_times)


def _stopped(desk: Desk) -> Iterator[str]:
    """Yield a remark if the server has stopped."""
    stopped = desk.stopped
    if stopped is not None and stopped.is_closed:
        yield sentence(
            "The server has ended: since the check {check} no program listens at its port, for"
            " {seconds:.0f} s. This check and those after it were not examined. Start the server"
            " again, and look for the reason of its end.",
            check=stopped.check,
            seconds=stopped.waited,
        )
    elif stopped is not None:
        yield sentence(
            "The server stopped answering at the check {check}. For {seconds:.0f} s it did "
            "not send {name} again, which it had sent before. This check and the checks "
            "after it were not examined. A larger --patience waits longer for the server.",
            check=stopped.check,
            seconds=stopped.waited,
            name=brief(desk.wishes.name),
        )


def _left_behind(desk: Desk) -> Iterator[str]:
    """Yield remarks about what was written to the server."""
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
                "A check was broken off by a fault of tftp-fsm. It says nothing about the "
                "server. Please report the fault."
            )
        )
    return tuple(said)
