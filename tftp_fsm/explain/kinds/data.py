"""Findings while the file moves: DATA and ACK."""

from __future__ import annotations

from tftp_fsm.explain.kinds.kind import Kind
from tftp_fsm.language import mark

DATA: dict[str, Kind] = {
    "sorcerer": Kind(
        "departure",
        mark("A repeated ACK was answered with DATA once more (Sorcerer's Apprentice Syndrome)."),
        "RFC 1123 section 4.2.3.1",
        mark("a sender that answers each ACK it hears; from here on every block is sent twice"),
    ),
    "both-twice": Kind(
        "note",
        mark("a sender that answers each ACK (Sorcerer's Apprentice), or a network that copies"),
        "RFC 1123 section 4.2.3.1",
        mark(
            "one case does not prove which of the two it is; `grade` sends the ACK twice over "
            "a network that copies nothing"
        ),
    ),
    "roll-over-to-one": Kind(
        "departure",
        mark("The block after 65535 has the number 1; most programs use 0."),
        "RFC 1350 section 5",
        mark(
            "the two programs count differently past 65535 blocks; use a larger blksize, so that "
            "the file has fewer blocks"
        ),
    ),
    "roll-over": Kind(
        "trouble",
        mark("The transfer stops after block 65535, where block numbers begin again."),
        "RFC 1350 section 5",
        mark(
            "one of the two programs does not go on after 65535, or expects 1 where the other "
            "sends 0; use a larger blksize, so that the file has fewer blocks"
        ),
    ),
    "large-blocks-lost": Kind(
        "trouble",
        mark("Small packets arrive, and large blocks do not."),
        "RFC 2348, RFC 8085 section 3.2",
        mark(
            "the block is larger than the MTU of the path, and its fragments are dropped by a "
            "firewall or a tunnel; use a blksize of 1428 or less"
        ),
    ),
    "block-unanswered": Kind(
        "trouble",
        mark("A block was sent again and again, and its receiver did not go on."),
        "RFC 1350 section 2",
        mark(
            "the blocks or their ACKs are lost in one direction, or the receiver drops blocks "
            "that it has already"
        ),
    ),
    "block-not-sent": Kind(
        "trouble",
        mark("The receiver asked again and again, and the next block did not come."),
        "RFC 1350 section 2",
        mark(
            "a sender that relies on the time-out of the other side, or that has ended; or the "
            "ACKs do not reach it"
        ),
    ),
    "unheeded-ack": Kind(
        "trouble",
        mark("A block was sent again although its ACK was seen before."),
        "RFC 1350 section 2",
        mark(
            "the ACKs are lost between the capture and the sender, or the sender does not know them"
        ),
    ),
    "went-back": Kind(
        "departure",
        mark("The sender went back to blocks that were acknowledged."),
        "RFC 1350 section 2",
        mark("a sender that begins again when an OACK or an old ACK comes a second time"),
    ),
    "unacknowledged": Kind(
        "departure",
        mark("DATA was sent before the blocks before it were acknowledged."),
        "RFC 1350 section 2, RFC 7440 section 4",
        mark(
            "a sender that takes any ACK for the one that it waits for, or does not wait; or the "
            "capture has missed an ACK"
        ),
    ),
    "blocks-skipped": Kind(
        "trouble",
        mark("Blocks were left out: neither their DATA nor their ACKs were seen."),
        "RFC 1350 section 2",
        mark("a sender that skips blocks: the file is damaged; or the capture has missed them"),
    ),
    "ack-of-unsent": Kind(
        "departure",
        mark("An ACK names a block that was not sent yet."),
        "RFC 1350 section 5",
        mark(
            "a receiver that counts a repeated block, or a stranger's, as the next one; or the "
            "capture has missed the DATA"
        ),
    ),
    "gap-unreported": Kind(
        "departure",
        mark("A block was missing, and the receiver went on as if it was there."),
        "RFC 7440 section 4",
        mark(
            "a receiver that writes every block that comes: the file is damaged; or the "
            "capture has missed the block"
        ),
    ),
    "oversized": Kind(
        "departure",
        mark("DATA has more octets than were agreed."),
        "RFC 2348, RFC 1350 section 5",
        mark("a sender that uses its own blksize though none was agreed, or a larger one"),
    ),
    "oversized-taken": Kind(
        "departure",
        mark("The receiver acknowledged DATA that is longer than agreed."),
        "RFC 2348, RFC 1350 section 5",
        mark(
            "a receiver that does not compare the length with blksize: it has stored too much, or "
            "cut the block"
        ),
    ),
    "blksize-ignored": Kind(
        "departure",
        mark("The blocks are shorter than the blksize that was agreed, and more blocks follow."),
        "RFC 2348",
        mark(
            "a program that confirms blksize, but still sends blocks of 512 octets; a receiver "
            "that keeps the rules takes the first block for the whole file; ask without "
            "blksize, or with 512"
        ),
    ),
    "data-after-end": Kind(
        "departure",
        mark("DATA came after the short block that ends the file."),
        "RFC 1350 section 6",
        mark(
            "a sender that ends only with an empty block, or that has sent a short block in the "
            "middle"
        ),
    ),
    "end-not-seen": Kind(
        "departure",
        mark("The receiver went on waiting after the short block that ends the file."),
        "RFC 1350 section 6",
        mark("a receiver that ends only at an empty block"),
    ),
    "no-last-block": Kind(
        "departure",
        mark("The sender stopped after a full block; a file ends with a shorter one."),
        "RFC 1350 section 6",
        mark(
            "a sender that leaves out the empty block at the end of a file whose size is a "
            "multiple of blksize"
        ),
    ),
    "stray-taken": Kind(
        "departure",
        mark("A packet of another TID was taken as a packet of the peer."),
        "RFC 1350 section 4",
        mark("a program that does not compare address and port: a stranger can change the file"),
    ),
    "stray": Kind(
        "note",
        mark("from another TID than the peer's"),
        "RFC 1350 section 4",
        mark("an answer to an earlier request, or a second session of the server"),
    ),
    "unexpected": Kind(
        "departure",
        mark("The protocol does not allow this packet here."),
        "RFC 1350 section 2",
        mark("a program with a mistake, or an earlier transfer of the same ports"),
    ),
    "malformed": Kind(
        "departure",
        mark("A packet cannot be read."),
        "RFC 1350 section 5",
        mark("a program with a mistake, or octets that were damaged on the way"),
    ),
    "empty-datagram": Kind(
        "departure",
        mark("A datagram has no octets, so it is not a TFTP packet."),
        "RFC 1350 section 5",
        mark("a program with a mistake (ptftpd sends such datagrams); most programs ignore it"),
    ),
    "from-zero": Kind(
        "departure",
        mark("Blocks are numbered from 0."),
        "RFC 1350 section 5",
        mark("a client that numbers blocks from 0; the first block has number 1"),
    ),
}
