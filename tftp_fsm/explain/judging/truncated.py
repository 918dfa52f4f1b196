"""Handle requests and OACKs of which a capture has only the beginning.

A cut field counts as missing. For options after the cut, the guess is that the server has accepted
the offered values. The size of the blocks shows later whether this is true.
"""

from __future__ import annotations

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.packets.seen import look, oack_of, whole_fields
from tftp_fsm.explain.transfer.findings import Finding
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.wire.headers import Opcode, opcode_of
from tftp_fsm.wire.packets import Oack, build


def restored(transfer: Transfer, datagram: Captured) -> Captured:
    """Return the datagram, restored as far as possible."""
    opcode = opcode_of(datagram.octets)
    if opcode in (Opcode.RRQ, Opcode.WRQ):
        return whole_fields(datagram)
    if opcode is Opcode.OACK:
        return _oack(transfer, datagram)
    if opcode is Opcode.ERROR:
        octets = datagram.octets + b"\0"
        return datagram._replace(octets=octets, size=len(octets))
    return datagram


def note(transfer: Transfer, datagram: Captured) -> None:
    """Note that options of this request or OACK may not have been captured."""
    words = look(datagram).words
    found = Finding("cut-short", "capture", datagram.number, datagram.at, words)
    transfer.findings.add(found)


def _oack(transfer: Transfer, datagram: Captured) -> Captured:
    known = oack_of(look(whole_fields(datagram)))
    pairs = () if known is None else known.options
    named = {name.lower() for name, _ in pairs} | ({"tsize"} if transfer.verb == "get" else set())
    more = tuple(pair for pair in transfer.request.options if pair[0].lower() not in named)
    if not pairs and not more:
        return datagram
    octets = build(Oack((*pairs, *more)))
    told = datagram._replace(octets=octets, size=len(octets))
    if not transfer.has_guessed_options:
        note(transfer, told)
    transfer.has_guessed_options = True
    return told
