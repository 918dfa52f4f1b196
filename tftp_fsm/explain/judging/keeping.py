"""Hand on the blocks that a receiver keeps, and check the text of netascii."""

from __future__ import annotations

from tftp_fsm.explain.packets.seen import Seen
from tftp_fsm.explain.transfer.netascii import TextCheck
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.language import sentence
from tftp_fsm.wire.headers import HEADER


def keep(transfer: Transfer, block: int, seen: Seen) -> None:
    """Note that the receiver keeps this block, counted from 1 without wrapping."""
    octets, is_cut = seen.datagram.octets[HEADER.size :], seen.datagram.is_cut
    text = transfer.text
    if text is not None:
        if block != transfer.kept + 1:
            text.lose()
        _check(transfer, text, octets, seen)
        if is_cut:
            text.lose()
    transfer.kept = block
    if transfer.on_block is not None:
        transfer.on_block(block + transfer.before_first, octets, is_cut)


def _check(transfer: Transfer, text: TextCheck, octets: bytes, seen: Seen) -> None:
    had_lf, had_cr, was_binary = text.has_lone_lf, text.has_lone_cr, text.is_binary
    sender = transfer.sender_name
    text.take(octets)
    if text.has_lone_lf and not had_lf:
        transfer.findings.retract("netascii-cr", sender)
        words = sentence("{packet} has LF without CR before it", packet=seen.words)
        transfer.find("netascii-raw", sender, seen, words, expected="CR LF")
    elif text.has_lone_cr and not (had_cr or text.has_lone_lf):
        words = sentence("{packet} has CR without LF or NUL after it", packet=seen.words)
        expected = sentence("CR LF, or CR NUL")
        transfer.find("netascii-cr", sender, seen, words, expected=expected)
    if text.is_binary and not was_binary:
        words = sentence("{packet} has octets that no text has", packet=seen.words)
        transfer.find("netascii-binary", "client", seen, words, expected=sentence("mode octet"))
