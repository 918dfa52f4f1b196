"""All checks of a server in their order, and what they cost at the most.

    desk = Desk(address, Wishes(b"boot.img"), open_transport)
    print(announcement(desk))
    card = card_of(desk, list(examined(desk)))

The order matters: later checks use what earlier ones have found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import fsum

from tftp_fsm.borders import brief
from tftp_fsm.errors import TftpError
from tftp_fsm.examine.card import Card
from tftp_fsm.examine.checks import (
    Finding,
    Result,
    Verdict,
    departed,
    fault,
    not_examined,
)
from tftp_fsm.examine.probing.answers import ANSWER_CHECKS, PORTS
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.endings import ENDING_CHECKS
from tftp_fsm.examine.probing.examination import CannotExamine, Examination
from tftp_fsm.examine.probing.options import LIMITS, NAMES_OF_OPTIONS, ODD_VALUES
from tftp_fsm.examine.probing.reading import READING_CHECKS
from tftp_fsm.examine.probing.tap import Flood, Spent
from tftp_fsm.examine.probing.timing import TIMING_CHECKS
from tftp_fsm.examine.probing.windows import WINDOW_CHECKS
from tftp_fsm.examine.probing.wrapping import WRAPPING, WRITE_WRAPPING
from tftp_fsm.examine.probing.writing import WRITING_CHECKS
from tftp_fsm.language import joined, mark, mark_p, sentence, sentence_n

FIRST, THEN = READING_CHECKS[:2], (*ENDING_CHECKS, *READING_CHECKS[2:])
OPTIONS = (*LIMITS, *NAMES_OF_OPTIONS, *WINDOW_CHECKS, ODD_VALUES)
READ_ONLY = (*FIRST, *OPTIONS, *THEN, *ANSWER_CHECKS)
WRITING = (WRITING_CHECKS[0], WRITE_WRAPPING, *WRITING_CHECKS[1:])
EVERY = (*READ_ONLY, *TIMING_CHECKS, WRAPPING, *WRITING, PORTS)
NEEDED = (*FIRST, *LIMITS, *WINDOW_CHECKS[:1])
NAMES = tuple(examination.check.name for examination in EVERY)
WRITING_NAMES = tuple(examination.check.name for examination in WRITING)
OTHERS = 4  # addresses that are named
SPARE = 1.0  # seconds of a check for what this program itself takes


def plan(desk: Desk) -> tuple[Examination, ...]:
    """The checks that the user's wishes allow, and those that others need."""
    return tuple(examination for examination in EVERY if _is_wished(desk, examination))


def _is_wished(desk: Desk, examination: Examination) -> bool:
    only = desk.wishes.only
    if examination in WRITING and desk.wishes.write is None:
        return False
    if not only or examination in NEEDED or examination.check.name in only:
        return True
    return examination is WRITING[0] and not set(only).isdisjoint(WRITING_NAMES)


def requests(desk: Desk) -> int:
    """How many requests are sent at the most, without those that are repeated."""
    return sum(examination.requests for examination in plan(desk))


def seconds(desk: Desk) -> float:
    """How long all of them take at the most."""
    return fsum(_seconds(desk, examination) for examination in plan(desk))


def _seconds(desk: Desk, examination: Examination) -> float:
    return examination.most_seconds(desk.wishes, desk.answer) + SPARE


def announcement(desk: Desk) -> str:
    """What will be sent, said before anything is sent."""
    wishes = desk.wishes
    host, port = desk.address[:2]
    reads = ", ".join(map(brief, filter(None, (wishes.name, wishes.empty, wishes.long))))
    sent = sentence(
        "{host} port {port}: at most {requests} requests, one after the other, each sent once more"
        " if no answer comes or it is refused; {octets:,} octets in both directions;"
        " {seconds:.0f} s.",
        host=brief(host),
        port=port,
        requests=requests(desk),
        octets=wishes.octets,
        seconds=seconds(desk),
    )
    read = sentence("It reads {names}; it writes nothing.", names=reads)
    if wishes.write is not None:
        read = sentence(
            "It reads {names}; it writes {written}, and what that has now is lost.",
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
    """The result of each check, as soon as it is there. `watch` hears of each before it begins.

    Raises `CannotExamine` if no check makes sense.
    """
    for examination in plan(desk):
        watch(examination)
        desk.begin(_seconds(desk, examination))
        yield Result(examination.check, _finding(desk, examination))


def _finding(desk: Desk, examination: Examination) -> Finding:
    """Make one check. A fault of this program ends this check only.

    An OSError comes from our own output, which nobody reads any more, and never from the network.
    """
    try:
        if examination.requests and desk.meter.is_spent:
            raise Spent
        return examination.examine(desk)
    except Flood as flood:
        return departed(str(flood))
    except Spent:
        return not_examined(sentence("{limit}: give more with --octets", limit=desk.meter.limit))
    except TftpError as failed:
        if examination is FIRST[0]:
            raise CannotExamine(str(failed)) from None
        return not_examined(str(failed))
    except (CannotExamine, OSError):
        raise
    except Exception as failed:
        return fault(failed)


def card_of(desk: Desk, results: list[Result]) -> Card:
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
        facts.append((mark_p("fact", "written"), brief(wishes.write)))
    facts.append((mark_p("fact", "sent and heard"), joined(", ", list(spent))))
    title = sentence(
        "Report card of the TFTP server at {host} port {port}", host=brief(host), port=port
    )
    return Card(title, tuple(facts), tuple(results), remarks(results))


def remarks(results: list[Result]) -> tuple[str, ...]:
    """What a reader should know beside the single results."""
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
