"""Findings of the end of a transfer: ERROR, the final ACK, and an end that falls silent."""

from __future__ import annotations

from tftp_fsm.explain.kinds.kind import Kind
from tftp_fsm.language import mark

TERMINATION: dict[str, Kind] = {
    "error-answered": Kind(
        "departure",
        mark("An ERROR was answered."),
        "RFC 1350 section 7",
        mark("a program that answers every packet; two such programs never stop (CVE-2024-2169)"),
    ),
    "error-unheeded": Kind(
        "trouble",
        mark("An end went on after an ERROR that was sent to it."),
        "RFC 1350 section 7",
        mark("the ERROR did not reach it, or the program does not end at an ERROR"),
    ),
    "error-unheeded-once": Kind(
        "note",
        mark("the ERROR may have been lost, because it was sent once"),
        "RFC 1350 section 7",
        mark("the ERROR did not reach it; a program that ends at an ERROR sends nothing after it"),
    ),
    "broken-off": Kind(
        "trouble",
        mark("The transfer was broken off with ERROR."),
        "RFC 1350 section 7",
        mark(
            "the message says why: no room, a user who stopped the program, or a packet that "
            "the program does not accept"
        ),
    ),
    "late-error": Kind(
        "trouble",
        mark("The receiver acknowledged the last block, and then sent ERROR."),
        "RFC 1350 section 6",
        mark("the file could not be kept after all, and the sender may count it as moved"),
    ),
    "error-elsewhere": Kind(
        "trouble",
        mark("An ERROR came from the port of the request, and not from the port of the transfer."),
        "RFC 1350 section 4",
        mark(
            "a server that sends ERROR from the port of the request, or answers another "
            "request with it. A client does not need to accept it, because a packet from any "
            "other port may come from a stranger"
        ),
    ),
    "client-ended": Kind(
        "trouble",
        mark("The client ended the transfer itself, with ERROR 0."),
        "RFC 1350 section 7",
        mark(
            "a user who stopped it, or a client that needs no more data or has reached a limit "
            "of its own; the server made no mistake"
        ),
    ),
    "final-ack-lost": Kind(
        "trouble",
        mark(
            "The last block was acknowledged once, sent again, and then not acknowledged any more."
        ),
        "RFC 1350 section 6",
        mark(
            "the final ACK was lost, and the receiver did not stay to repeat it (dally); the "
            "receiver has the file, and the sender cannot know"
        ),
    ),
    "final-ack-unseen": Kind(
        "trouble",
        mark("The last block was never acknowledged."),
        "RFC 1350 section 6",
        mark("the final ACK or the last block was lost, and the receiver has left"),
    ),
    "client-left": Kind(
        "trouble",
        mark("The client stopped sending in mid-transfer."),
        "RFC 1123 section 4.2.3.2",
        mark(
            "the client was stopped or switched off, or its link is down; or it waits for a "
            "shorter time than the server: a packet was lost, and the client had given up when "
            "the packet came again; then raise the client's time-out, or agree on one (option "
            "timeout)"
        ),
    ),
    "server-left": Kind(
        "trouble",
        mark("The server stopped sending, and the client went on alone."),
        "RFC 1123 section 4.2.3.2",
        mark("the server has given up, or was stopped; or its packets do not reach the capture"),
    ),
    "given-up": Kind(
        "trouble",
        mark("The client began another transfer before this one had ended."),
        "RFC 1350 section 7",
        mark("the client gave up and sent no ERROR, or it was started again"),
    ),
    "both-wait": Kind(
        "trouble",
        mark("Both ends stopped sending in mid-transfer."),
        "RFC 1123 section 4.2.3.2",
        mark(
            "a packet was lost, and neither end sends again: a client and a server that both "
            "rely on the time-out of the other side"
        ),
    ),
    "size-differs": Kind(
        "trouble",
        mark("The file has another size than was announced (tsize)."),
        "RFC 2349",
        mark(
            "the file has changed while it was moved, or was not read whole, or the program "
            "announces a wrong size"
        ),
    ),
}
