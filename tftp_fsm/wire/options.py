"""Option negotiation, as pure functions (RFC 2347, 2348, 2349, 7440).

A client offers options, a server accepts some of them, and the client checks the answer:

    request.options = offer(blksize=1428, windowsize=16, tsize=0).pairs()
    oack.options    = accept(request.options, limits, tsize=size).pairs()
    agreed          = agree(request.options, oack.options)      # Options, or a Refusal
"""

from __future__ import annotations

from tftp_fsm.frozen import frozen
from tftp_fsm.language.sentences import sentence
from tftp_fsm.wire.kinds import Pairs
from tftp_fsm.wire.ranges import BLKSIZE, OPTIONS, WINDOWSIZE

PLAIN_BLKSIZE = 512  # octets; RFC 1350 section 5
UNCHANGING = {"blksize": PLAIN_BLKSIZE, "windowsize": 1}  # the values without these options
IP_UDP_TFTP_HEADERS = {4: 20 + 8 + 4, 6: 40 + 8 + 4}  # octets before the payload


@frozen
class Options:
    """The four options. None means that the option is absent.

    `blksize` is in octets, `timeout` in seconds, `tsize` in octets on the wire, `windowsize` in
    blocks.
    """

    blksize: int | None = None
    timeout: int | None = None
    tsize: int | None = None
    windowsize: int | None = None

    def pairs(self) -> Pairs:
        """The options in the form that packets have."""
        known = ((name, getattr(self, name)) for name in OPTIONS)
        return tuple((name, str(value)) for name, value in known if value is not None)

    def as_dict(self) -> dict[str, int]:
        """The options that are present."""
        return {name: int(value) for name, value in self.pairs()}


@frozen
class Refusal:
    """The client refuses an OACK. `why` is the message of its ERROR 8 (RFC 2347)."""

    why: str


@frozen
class OptionLimits:
    """The most that a server accepts. `window_octets` limits a whole window with its headers.

    A window always has room for one block. Options whose names are in `refused` are not accepted.
    """

    blksize: int = BLKSIZE.most
    windowsize: int = 64
    window_octets: int | None = None
    refused: tuple[str, ...] = ()


def offer(
    *,
    blksize: int | None = None,
    windowsize: int | None = None,
    timeout: int | None = None,
    tsize: int | None = None,
) -> Options:
    """The options that a client offers: all that its user has named.

    A default value of the protocol is offered too. Some servers name their blksize in every OACK,
    and the client must accept a value that its user has asked for.
    """
    return Options(blksize=blksize, windowsize=windowsize, timeout=timeout, tsize=tsize)


def read_options(pairs: Pairs) -> Options:
    """The options that are known and have a value in range. All others are ignored."""
    found: dict[str, int] = {}
    for name, value in pairs:
        number = _number(name.lower(), value)
        if number is not None:
            found[name.lower()] = number
    return Options(**found)


def accept(asked: Pairs, limits: OptionLimits, *, tsize: int | None) -> Options:
    """The options that a server accepts: those of the request, within its limits (RFC 2347).

    `tsize` is the size of the file, for RRQ. If it is None, the client's own tsize is returned,
    as RFC 2349 requires for WRQ. The size of an empty file is left out, because curl treats a
    tsize of 0 as an error and gets no file. DATA 1 shows this size anyway.
    """
    known = read_options(tuple(pair for pair in asked if pair[0].lower() not in limits.refused))
    blksize = _lower(known.blksize, limits.blksize)
    return Options(
        blksize=blksize,
        timeout=known.timeout,
        tsize=known.tsize if known.tsize is None or tsize is None else tsize or None,
        windowsize=_lower(known.windowsize, _largest_window(limits, blksize or PLAIN_BLKSIZE)),
    )


def _largest_window(limits: OptionLimits, blksize: int) -> int:
    """In blocks."""
    most: int = min(limits.windowsize, WINDOWSIZE.most)
    if limits.window_octets is None:
        return most
    return min(most, limits.window_octets // octets_sent(blksize)) or 1


def octets_sent(blksize: int) -> int:
    """The octets of a whole block with all headers, over IPv4."""
    return blksize + IP_UDP_TFTP_HEADERS[4]


def _lower(asked: int | None, limit: int) -> int | None:
    return None if asked is None else min(asked, limit)


def agree(offered: Pairs, answered: Pairs, *, reading: bool) -> Options | Refusal:
    """Check an OACK. Return the options that are valid from now on, or a `Refusal`.

    With `reading` (RRQ) the server may answer any tsize. Without it (WRQ) it repeats the client's.

    RFC 2347 asks the client to refuse an option that it did not request, because the two ends
    would then follow different rules. A blksize of 512 and a windowsize of 1 are the rules of
    RFC 1350 without options. tftpy, partftpy and ptftpd name this blksize without being asked. So
    these two values are accepted, and any other option that was not requested is refused.
    """
    asked = {name.lower(): value for name, value in offered}
    for name, value in answered:
        why = _objection(name.lower(), value, asked, reading=reading)
        if why:
            return Refusal(why)
    return read_options(answered)


def _objection(name: str, value: str, asked: dict[str, str], *, reading: bool) -> str:
    number = _number(name, value)
    if name not in asked:
        unasked = sentence("{name} was not asked for", name=name)
        return "" if UNCHANGING.get(name, -1) == number else unasked
    if number is None:
        return sentence("{name} cannot be {value!r}", name=name, value=value[:20])
    offered = _number(name, asked[name])
    if offered is None:  # only in a capture: a client of ours offers numbers
        return sentence("{name} was asked for as {value!r}", name=name, value=asked[name][:20])
    if name == "timeout" and number != offered:
        return sentence(
            "timeout {number} is not the {asked} that was asked for",
            number=number,
            asked=asked[name],
        )
    if number > offered and not (name == "tsize" and reading):
        return sentence(
            "{name} {number} is more than the {asked} that was asked for",
            name=name,
            number=number,
            asked=asked[name],
        )
    return ""


def _number(name: str, value: str) -> int | None:
    """The value of a known option, or None if it is not decimal digits in range."""
    if name not in OPTIONS or not (value.isascii() and value.isdigit() and len(value) < 20):
        return None
    number = int(value)
    return number if number in OPTIONS[name] else None


def blksize_for_mtu(mtu: int, ip_version: int) -> int:
    """The largest block that crosses a path of `mtu` octets unfragmented (RFC 2348, RFC 8085)."""
    room = mtu - IP_UDP_TFTP_HEADERS[ip_version]
    return int(max(BLKSIZE.least, min(room, BLKSIZE.most)))
