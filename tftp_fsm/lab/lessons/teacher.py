"""For teachers: a model run of each exercise, and an answer to each question for the talk.

The lab of a static site does not contain this module, so students get no copy of it there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark


@frozen
class Answer:
    """A run that does the task, in the form for `open`, and the explanations.

    Without `opens` the transfer is that of the exercise. `why` explains the answer to the
    question, and `think` answers the last paragraph of the exercise.
    """

    moves: tuple[str, ...]
    why: str
    think: str
    opens: Mapping[str, Any] | None = None


PUT_UP_TO_THE_END = ("step 7", "diskfull server", "continue")
NO_LAST_ACK = ("step 9", "drop", *("step 2", "drop") * 3, "continue")

ANSWERS: Mapping[str, Answer] = {
    "first-answer": Answer(
        ("continue",),
        mark(
            "The answer to an RRQ is the first block itself. DATA 1 also says that the server "
            "has accepted the request."
        ),
        mark(
            "The port is the TID (transfer identifier). The server takes a new one for"
            " each transfer, "
            "so that packets of two transfers of the same client can be told apart, and"
            " port 69 stays "
            "free for requests."
        ),
    ),
    "last-block": Answer(
        ("continue",),
        mark(
            "A block of 512 octets is full, so it ends nothing. The server has to send"
            " DATA 3 with no "
            "octets at all."
        ),
        mark(
            "A DATA that is shorter than the block size ends the file. Without the empty DATA the "
            "client would wait, repeat its ACK, and give up in the end, although it has"
            " every octet."
        ),
    ),
    "write": Answer(
        ("step 3", "abort client", "continue"),
        mark(
            "A WRQ is answered with ACK 0: the block before the first one is acknowledged, so the "
            "client may send block 1."
        ),
        mark(
            "The client is awaiting-ack and the server receiving: the states follow the"
            " direction of "
            "DATA, not who asked. The server throws the block away; a file that is not whole never "
            "gets its name."
        ),
    ),
    "lost-data": Answer(
        ("step 2", "drop 2", "timeout server", "continue"),
        mark(
            "DATA 2 is the only packet that the server has sent and that was not"
            " acknowledged. Only "
            "that one is sent again."
        ),
        mark(
            "The timer of the client expired first, by 1 ms, because the client has waited "
            "since its RRQ. The client sends the RRQ again. The server knows this transfer, "
            "and sends DATA 1 again. If the timer of the server had expired first, the server "
            "would have sent DATA 1 again by itself. Both ways are safe."
        ),
    ),
    "lost-ack": Answer(
        ("step 5", "drop 5", "timeout server", "continue"),
        mark(
            "The client keeps nothing, but it acknowledges block 2 again: the server"
            " asks because it "
            "does not know."
        ),
        mark(
            "The server cannot see which of the two was lost, and does not need to know. It "
            "sends DATA again, and the client answers with the ACK of that block, whether the "
            "block is new or old."
        ),
    ),
    "nobody-there": Answer(
        (*("step", "drop") * 5, "continue"),
        mark(
            "A server that has heard nothing does not exist for this transfer, so only"
            " the client has "
            "a timer."
        ),
        mark(
            "30 seconds here: 1, 2, 4, 8 and 15. After 30 seconds of silence the client gives "
            "up, so the last wait has 15 seconds and not 16. If every end sends again after "
            "the same short wait, a network that is too full becomes even fuller. Longer and "
            "longer waits let it recover."
        ),
    ),
    "doubled-data": Answer(
        ("step 2", "duplicate 2", "step 3", "duplicate", "continue"),
        mark("1024: the block number says that block 2 is there already, so nothing is kept."),
        mark(
            "The block number. In ACK it says which block is meant; without it a late ACK would be "
            "taken for the ACK of a later block."
        ),
    ),
    "sorcerer": Answer(
        ("continue",),
        mark(
            "Nothing. The second ACK 2 is stale: DATA 3 is under way already, and only the timer "
            "sends it again."
        ),
        mark(
            "After one late ACK, every DATA and every ACK is sent twice, to the end of the "
            "file. The row of RFC 1123 section 4.2.3.1 prevents this: a stale ACK is ignored."
        ),
        {"scenario": "late-ack", "tables": {"mutant": "sorcerer"}},
    ),
    "last-ack": Answer(
        NO_LAST_ACK,
        mark("ACK 3: a client dallies for this purpose. It stores nothing new, but it answers."),
        mark(
            "No. Then the ACK of the ACK is the last packet, and it can be lost, too. The "
            "sender of the last packet never knows whether it arrived. If the sender stays for "
            "a while, the doubt becomes smaller."
        ),
    ),
    "stranger": Answer(
        ("step 3", "inject server ACK 1 stranger", "continue"),
        mark("ERROR 5, to the stranger. The transfer with the right peer goes on undisturbed."),
        mark(
            "No: such a person uses the server's address and port. The check protects against "
            "old packets of another transfer, and against mistakes."
        ),
    ),
    "full-disk": Answer(
        PUT_UP_TO_THE_END,
        mark("The client is in its state error. An ERROR ends the transfer at once."),
        mark(
            "Half a file under the right name is worse than no file, because a user does not "
            "see that the rest is missing. An ERROR is not acknowledged, because two ends that "
            "answer errors with errors never stop."
        ),
    ),
    "no-answer": Answer(
        ("step 4", "raw 4 0009", "continue"),
        mark(
            "error: no loss and no copy turns the answer to an RRQ into ACK 0, so the client sends "
            "ERROR 4 and ends."
        ),
        mark(
            "A broken or hostile program. Such a program does not follow the protocol, so its "
            "later packets cannot be trusted."
        ),
    ),
    "oack": Answer(
        ("continue",),
        mark("ACK 0: it says that the client has heard the agreement. DATA 1 follows."),
        mark(
            "A block of 3,000 octets is full, so an empty DATA 2 must follow; with blksize 3001 or "
            "more DATA 1 is the last. The network cuts a long datagram into fragments,"
            " and if one of "
            "them is lost, all are."
        ),
        {"scenario": "own", "settings": {"verb": "get", "size": "3000", "blksize": "3001"}},
    ),
    "lost-agreement": Answer(
        ("step 2", "drop 2", "timeout server", "continue"),
        mark("The OACK again: the server waits for ACK 0, and sends its last packet again."),
        mark(
            "The client sends its RRQ again. The server finds the transfer that this RRQ"
            " has begun, "
            "by the client's address and port, and repeats the OACK."
        ),
    ),
    "refusal": Answer(
        ("step 2", "edit 2 blksize=512", "continue"),
        mark("requesting: the client asks once more, without options (RFC 2347)."),
        mark(
            "An old server may answer well without options, so it is worth asking again. A "
            "server that agrees to something that was not offered is broken, and a second "
            "request does not repair it."
        ),
        {"scenario": "options"},
    ),
    "gap": Answer(
        ("step 4", "drop 6", "until sent DATA 7", "drop", "continue"),
        mark("ACK 2: the last block that is there in order. The server goes on from block 3."),
        mark(
            "It would need memory for blocks out of order, and a way to say which ones"
            " it has. For a "
            "window of a few blocks, sending them again is cheaper than that."
        ),
    ),
    "shortest": Answer(
        ("step 2", "duplicate 2", "step 2"),
        mark(
            "succeeded: the client counts blocks, so it believes that it has the file."
            " Its octets are "
            "not in order."
        ),
        mark(
            "If it finds nothing, no order of so many losses, copies and time-outs breaks a rule "
            "in these small transfers. It says nothing about larger ones, about more faults, and "
            "about rules that are not in its list."
        ),
        {
            "scenario": "found",
            "settings": {
                "verb": "put",
                "size": "0",
                "windowsize": "1",
                "options": "false",
                "retries": "2",
            },
            "tables": {"mutant": "any-ack"},
        },
    ),
    "own-mistake": Answer(
        ("continue",),
        mark(
            "unknown: it sends the last DATA again and again, no answer comes, and it cannot "
            "know that the client has the file."
        ),
        mark(
            "The rows for losses, copies, strangers and errors. These are most of the rows: "
            "the good path needs only a few, and the others are for a real network."
        ),
        {
            "scenario": "plain",
            "tables": {"rows": [{"table": "READ_SERVER", "row": 6, "off": True}]},
        },
    ),
}

TALK: Mapping[str, tuple[str, ...]] = {
    "face-to-face": (
        mark(
            "So that one number says what has arrived, and only one packet may have to be sent "
            "again. The price is one round trip for each block."
        ),
        mark(
            "The end that hears the last ACK may delete its copy. If the disk of the other end "
            "failed after this ACK, both ends would believe in a file that does not exist."
        ),
        mark(
            "There are 2,048 full blocks and an empty one, so there are 2,049 answers. They "
            "take about 20 seconds."
        ),
    ),
    "loss": (
        mark(
            "If a timer is too short, packets are sent twice, although nothing was lost. If a "
            "timer is too long, both ends wait for a long time after a loss."
        ),
        mark(
            "If the sender has gone, only the timer of the receiver ends the wait of the "
            "receiver. The receiver may also be the first end that notices a loss."
        ),
        mark("No. The last packet has no answer."),
    ),
    "twice": (
        mark(
            "The second copy must not change anything that the first copy has not changed. The "
            "block number makes this possible."
        ),
        mark(
            "For as long as its peer may still repeat the last DATA. A client needs a port and "
            "some memory meanwhile. A server that gets files from thousands of clients dallies "
            "for each of them."
        ),
        mark("The file still arrives whole. Only somebody who counts packets sees the mistake."),
    ),
    "speaker": (
        mark(
            "The peer waits, and sends its last packet again. The end that has gone may answer "
            "with ERROR. If it does not answer, the time-outs of the peer end the transfer."
        ),
        mark(
            "Each end that reads the datagram: an opcode has two octets and a block number has "
            "two octets, so a packet of three octets is cut short."
        ),
        mark(
            "You get the DATA, and it has more octets than the attacker has sent. This is "
            "called reflection. Therefore a server should not send much to a peer that has not "
            "answered."
        ),
    ),
    "agreement": (
        mark(
            "The client has room for blocks of the size that it has offered, so a smaller "
            "block fits. A larger block may not fit."
        ),
        mark("The client learns that the server accepts no options. So a block has 512 octets."),
        mark(
            "tsize is the size of the file in octets. When a client reads, the server sets the "
            "value. When a client writes, the client sets it."
        ),
    ),
    "proof": (
        mark("Four times as fast: four blocks take one round trip."),
        mark(
            "A test is enough if few things can happen. If the order of events is important, "
            "you need a search, because nobody thinks of the one order that does harm."
        ),
        mark(
            "A model of a program can be right while the program is wrong. Here the rows that were "
            "searched are the rows that run."
        ),
    ),
}


def sentences() -> Iterator[str]:
    """Yield all sentences of this module. Students get them in no language."""
    for answer in ANSWERS.values():
        yield from (answer.why, answer.think)
    for answers in TALK.values():
        yield from answers
