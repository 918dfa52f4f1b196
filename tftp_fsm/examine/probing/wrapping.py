"""Checks of the block after DATA 65535."""

from __future__ import annotations

from itertools import pairwise

from tftp_fsm.examine.checks import Check, Finding, Verdict, departed, not_examined, told
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.storing import COMPARING, READINGS, compared
from tftp_fsm.examine.probing.talk import Talk, words_of
from tftp_fsm.examine.probing.tap import with_headers
from tftp_fsm.examine.probing.untested import refused_write
from tftp_fsm.language import layout, mark, sentence, sentence_n
from tftp_fsm.wire.headers import HEADER, Opcode
from tftp_fsm.wire.options import PLAIN_BLKSIZE
from tftp_fsm.wire.packets import Oack, Pairs

WRAPS = 1 << 16  # the first block whose number does not fit into 16 bits
WINDOW = 16  # blocks, if the server accepts windows
ROLLING = 60.0  # seconds
A_BLOCK = 0.0003  # seconds of this program's time for a block


def roll_over(desk: Desk) -> Finding:
    """Read until block numbers begin again."""
    if desk.wishes.long is not None:
        return read_on(desk, desk.wishes.long, None)
    return read_on(desk, desk.wishes.name, desk.known.size)


def read_on(desk: Desk, name: bytes, size: int | None) -> Finding:
    """Read the file `name` past block 65535, and find the next number."""
    blksize = desk.known.least_blksize or PLAIN_BLKSIZE
    window = min(desk.known.windowsize or 1, WINDOW)
    needed = (WRAPS - 1) * blksize
    if size is not None and size < needed:
        return not_examined(_too_short(needed, size))
    why = obstacle(desk, long_octets(desk, blksize), window)
    if why:
        return not_examined(why)
    options: Pairs = () if blksize == PLAIN_BLKSIZE else (("blksize", str(blksize)),)
    wide = (*options, ("windowsize", str(window)))
    if window > 1 and isinstance(desk.first_answer(wide), Oack):  # atftpd refuses both together
        options = wide
    with desk.read(options, name=name, most=long_octets(desk, blksize)) as talk:
        counters = talk.session.counters
        if talk.run(ROLLING, until=lambda: talk.ended or counters.blocks >= WRAPS - 1):
            talk.run(desk.answer, until=lambda: talk.ended or counters.blocks > WRAPS)
        numbers = [seen.number for seen in talk.heard(Opcode.DATA)]
        blocks, goes_on = counters.blocks, talk.succeeded
        is_slow = not talk.ended and talk.is_moving(desk.answer)
    if is_slow and blocks < WRAPS:
        return not_examined(
            sentence(
                "only {block:,} of the 65,536 blocks came in {seconds:g} s: make this check alone"
                " with --only, when the network and both machines are less busy",
                block=blocks,
                seconds=ROLLING,
            )
        )
    if WRAPS - 1 not in numbers and talk.succeeded:
        return not_examined(_too_short(needed, talk.came))
    if WRAPS - 1 not in numbers and not blocks and talk.error() is not None:
        return not_examined(
            sentence("{packet}: name another one with --long", packet=words_of(talk.answer()))
        )
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


def _too_short(needed: int, size: int) -> str:
    return sentence(
        "it needs a file of {needed:,} octets, and this file has {size:,}: name a longer "
        "file with --long",
        needed=needed,
        size=size,
    )


def long_octets(desk: Desk, blksize: int) -> int:
    """Return the octets of all datagrams, with headers, up to block 65536."""
    return (WRAPS + 100) * (blksize + 2 * (HEADER.size + with_headers(desk.address)))


def obstacle(desk: Desk, octets: int, window: int) -> str:
    """Why so many blocks cannot be moved in `octets`, and what would make it possible."""
    if octets > desk.meter.most - desk.meter.octets:
        return sentence(
            "it needs {octets:,} octets of datagrams, which is more than is left: give a "
            "larger --octets",
            octets=octets,
        )
    seconds = WRAPS * (desk.known.round_trip / window + A_BLOCK)
    if seconds > ROLLING:
        return sentence(
            "it takes 65,536 blocks, about {seconds:.0f} s on this network", seconds=seconds
        )
    return ""


def write_roll_over(desk: Desk) -> Finding:
    """Write until block numbers begin again."""
    if desk.known.shelf.obstacle:
        return not_examined(desk.known.shelf.obstacle)
    blksize = desk.known.least_blksize
    if blksize is None:
        return not_examined(mark("no small blksize was agreed to, so it would take 32 MiB"))
    window = min(desk.known.windowsize or 1, WINDOW)
    why = obstacle(desk, long_octets(desk, blksize) + _read_octets(desk, blksize), window)
    if why:
        return not_examined(why)
    wide: Pairs = (("blksize", str(blksize)), ("windowsize", str(window)))
    found = _written(desk, blksize, wide) if window > 1 else None
    return (
        found or _written(desk, blksize, wide[:1]) or not_examined(mark("the blksize was refused"))
    )


def _read_octets(desk: Desk, blksize: int) -> int:
    """The octets of all datagrams, with headers, that read the file again at the most."""
    size = WRAPS * blksize
    return 2 * (size + size // PLAIN_BLKSIZE * 2 * (HEADER.size + with_headers(desk.address)))


def _written(desk: Desk, blksize: int, options: Pairs) -> Finding | None:
    """Write this number of blocks with these options. Return None if they are not accepted."""
    content = b"".join(b"%0*d" % (blksize, number) for number in range(1, WRAPS + 1)) + b"."
    with desk.write(content, options, most=long_octets(desk, blksize)) as talk:
        talk.run(ROLLING, until=lambda: talk.ended or talk.session.asked_plainly)
        is_wrapped = talk.session.counters.blocks >= WRAPS - 1
        refused = None if is_wrapped else refused_write(talk)
        if refused is not None or talk.session.blksize != blksize:
            return refused
        words = _after_wrap(talk)
        if not talk.ended and not is_wrapped:
            why = sentence("{blocks} in {seconds:g} s", seconds=ROLLING, blocks=words)
            return not_examined(why)
        if not talk.succeeded:
            how = layout("{words}: {how}", words=words, how=talk.outcome)
            is_early = talk.error() and not is_wrapped  # its disk is full
            return not_examined(how) if is_early else departed(how)
    found = told(
        sentence("{octets:,} octets are accepted; {words}", octets=len(content), words=words)
    )
    judged = compared(desk, content, found, blksize=blksize, is_enough=True)
    if judged.verdict is Verdict.DEPARTED and talk.session.counters.retransmissions:
        return not_examined(
            sentence(
                "{words}; but DATA was sent twice, because an ACK was late: write-lost-ack examines"
                " that",
                words=judged.seen,
            )
        )
    return judged


def _after_wrap(talk: Talk) -> str:
    """Return the first ACK numbers after the roll-over. In a window some blocks have none."""
    numbers = [seen.number or 0 for seen in talk.heard(Opcode.ACK)]
    for one, other in pairwise(numbers):
        if other < one:
            return sentence("ACK {number} follows ACK {before}", number=other, before=one)
    return sentence_n(
        "{count:,} block was acknowledged",
        "{count:,} blocks were acknowledged",
        talk.session.counters.blocks,
    )


ROLL_OVER = Check(
    "roll-over",
    mark("A file of more than 65,535 blocks goes on"),
    mark("RRQ with the smallest blocks that the server takes, and an ACK for each DATA"),
    mark("blocks are numbered one after the other; no RFC says what follows 65535"),
    "RFC 1350 section 5",
    mark("a client waits for the next block of a long file until it gives up"),
)
WRITE_WRAPPING = Examination(
    Check(
        "write-roll-over",
        mark("A file of more than 65,535 blocks is accepted"),
        mark("WRQ with the smallest blocks that the server takes; DATA 0 follows DATA 65535"),
        mark("blocks are numbered one after the other; no RFC says what follows 65535"),
        "RFC 1350 section 5",
        mark("a long file cannot be written"),
    ),
    write_roll_over,
    requests=2 + READINGS,
    seconds=ROLLING + COMPARING,
)
WRAPPING = Examination(ROLL_OVER, roll_over, requests=2, seconds=ROLLING)
