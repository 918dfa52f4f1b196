"""What follows DATA 65535."""

from __future__ import annotations

from tftp_fsm.examine.checks import Check, Finding, departed, not_examined, told
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.tap import with_headers
from tftp_fsm.language import mark, sentence
from tftp_fsm.wire.headers import HEADER, Opcode
from tftp_fsm.wire.options import PLAIN_BLKSIZE
from tftp_fsm.wire.packets import Oack, Pairs

WRAPS = 1 << 16  # blocks: the first whose number does not fit
WINDOW = 16  # blocks, where the server takes windows
ROLLING = 60.0  # seconds
A_BLOCK = 0.0003  # seconds that this program takes for one


def roll_over(desk: Desk) -> Finding:
    """Read so far that block numbers begin again."""
    if desk.wishes.long is not None:
        return read_on(desk, desk.wishes.long, None)
    return read_on(desk, desk.wishes.name, desk.known.size)


def read_on(desk: Desk, name: bytes, size: int | None) -> Finding:
    """Read the file `name` past block 65535, and look which number comes then."""
    blksize = desk.known.least_blksize or PLAIN_BLKSIZE
    window = min(desk.known.windowsize or 1, WINDOW)
    needed = (WRAPS - 1) * blksize
    if size is not None and size < needed:
        return not_examined(
            sentence(
                "it takes a file of {needed:,} octets, and this one has {size:,}: name one with"
                " --long",
                needed=needed,
                size=size,
            )
        )
    why = obstacle(desk, blksize, window)
    if why:
        return not_examined(why)
    options: Pairs = () if blksize == PLAIN_BLKSIZE else (("blksize", str(blksize)),)
    wide = (*options, ("windowsize", str(window)))
    if window > 1 and isinstance(desk.first_answer(wide), Oack):  # atftpd refuses the two together
        options = wide
    with desk.read(options, name=name, most=long_octets(desk, blksize)) as talk:
        talk.run(ROLLING, until=lambda: talk.ended or talk.session.counters.blocks >= WRAPS - 1)
        talk.run(desk.answer, until=lambda: talk.ended or talk.session.counters.blocks > WRAPS)
        numbers = [seen.number for seen in talk.heard(Opcode.DATA)]
        blocks, goes_on = talk.session.counters.blocks, talk.succeeded
    if WRAPS - 1 not in numbers:
        return not_examined(
            sentence(
                "it takes {needed:,} octets, and block {block:,} was the last: {how}",
                needed=needed,
                block=blocks,
                how=talk.outcome,
            )
        )
    after = numbers[numbers.index(WRAPS - 1) + 1 :]
    following = next((number for number in after if number in (0, 1)), None)
    if following is None:
        return departed(sentence("nothing follows DATA 65535: {how}", how=talk.outcome))
    if following == 0 and not goes_on and blocks <= WRAPS:
        return departed(
            sentence("nothing follows DATA 0, which follows DATA 65535: {how}", how=talk.outcome)
        )
    return told(sentence("DATA {block} follows DATA 65535", block=following), ("next", following))


def long_octets(desk: Desk, blksize: int) -> int:
    """The octets of all datagrams, with headers, that get past block 65535."""
    return (WRAPS + 100) * (blksize + 2 * (HEADER.size + with_headers(desk.address)))


def obstacle(desk: Desk, blksize: int, window: int) -> str:
    """Why so many blocks cannot be moved, and what would make it possible."""
    octets = long_octets(desk, blksize)
    if octets > desk.meter.most - desk.meter.octets:
        return sentence(
            "it takes {octets:,} octets of datagrams, which are not left: give --octets",
            octets=octets,
        )
    seconds = WRAPS * (desk.known.round_trip / window + A_BLOCK)
    if seconds > ROLLING:
        return sentence(
            "it takes 65,536 blocks, about {seconds:.0f} s on this network", seconds=seconds
        )
    return ""


ROLL_OVER = Check(
    "roll-over",
    mark("A file of more than 65,535 blocks goes on"),
    mark("RRQ with the smallest blocks that the server takes, and an ACK for each DATA"),
    mark("blocks are numbered one after the other; no RFC says what follows 65535"),
    "RFC 1350 section 5",
    mark("a long file cannot be read, or only by a client that knows this server"),
)
WRAPPING = Examination(ROLL_OVER, roll_over, requests=2, seconds=ROLLING)
