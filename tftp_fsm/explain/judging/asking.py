"""Examine a request: does it continue a transfer, and does it have mistakes?"""

from __future__ import annotations

from tftp_fsm.borders import brief
from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.packets.seen import Seen, request_of
from tftp_fsm.explain.transfer.side import STARTED_AGAIN
from tftp_fsm.explain.transfer.transfer import CLIENT, Transfer
from tftp_fsm.language import sentence
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.protocol.session import MODES
from tftp_fsm.wire.headers import REQUEST_LIMIT, Opcode
from tftp_fsm.wire.kinds import Request, Rrq, Wrq
from tftp_fsm.wire.options import read_options
from tftp_fsm.wire.packets import read
from tftp_fsm.wire.ranges import OPTIONS


def check_request(transfer: Transfer, seen: Seen) -> None:
    """Note missing parts, an unknown mode, and impossible values of options."""
    request = transfer.request
    if request_of(seen) is None:
        words = sentence("{end} sent {packet}", end=end_word(CLIENT), packet=seen.words)
        expected = sentence("opcode, name, NUL, mode, NUL")
        transfer.find("request-unreadable", "client", seen, words, expected=expected)
        return
    if read(seen.datagram.octets).tolerated:
        words = sentence("{end} sent {packet}", end=end_word(CLIENT), packet=seen.words)
        transfer.find("request-odd", "client", seen, words)
    if request.mode.lower() not in MODES:
        words = sentence('the mode is "{mode}"', mode=brief(request.mode))
        expected = sentence("octet or netascii")
        transfer.find("wrong-mode", "client", seen, words, expected=expected)
    for name, value in request.options:
        allowed = OPTIONS.get(name.lower())
        if allowed is not None and not read_options(((name, value),)).pairs():
            words = sentence("{name} is {value}", name=brief(name), value=brief(value))
            transfer.find("option-invalid", "client", seen, words, expected=allowed.wanted)


def guessed(transfer: Transfer | None, datagram: Captured, ports: frozenset[int]) -> Request | None:
    """Return the probable request in an unreadable datagram, with `?` for missing parts.

    Return None if it may not be a request: in the middle of a transfer, to another port, or cut.
    """
    is_free = transfer is None or transfer.is_over or transfer.findings.count("request-unreadable")
    if not is_free or datagram.is_cut or datagram.to[1] not in ports:
        return None
    opcode, fields = datagram.octets[:2], datagram.octets[2:REQUEST_LIMIT].split(b"\0")
    kind = Rrq if Opcode.RRQ in opcode else Wrq
    mode = fields[1].decode("latin-1") if len(fields) > 1 else ""
    return kind(fields[0] or b"?", mode or "?")


def continues(transfer: Transfer, request: Request, datagram: Captured) -> bool:
    """Return whether it repeats the transfer's request, or drops the options after an ERROR."""
    same_way = type(request) is type(transfer.request)
    same_name = request.filename == transfer.request.filename
    if not same_way or not same_name or datagram.to != transfer.asked:
        return False
    if request == transfer.request:
        return not transfer.is_over and not _has_left(transfer, datagram)
    is_first = transfer.error is None or transfer.refused_before is None
    return transfer.client_dropped_options and not request.options and is_first


def _has_left(transfer: Transfer, datagram: Captured) -> bool:
    """Return whether the client was started again: it had an answer, was silent, and asks again.

    A request that comes sooner is a late copy.
    """
    client = transfer.sides[CLIENT]
    silence = (datagram.at or 0) + transfer.clock_shift - client.last_at
    return not transfer.is_unanswered and silence > STARTED_AGAIN
