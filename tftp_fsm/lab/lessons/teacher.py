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
            "An RRQ is answered with the first block itself. DATA 1 says at the same time that the "
            "request was taken."
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
            "The client's, by 1 ms: it has waited since its RRQ. It repeats the RRQ, and"
            " the server, "
            "which knows this transfer, sends DATA 1 again. If the server comes first,"
            " it sends DATA 1 "
            "again by itself. Both are safe."
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
            "The server cannot see which of the two was lost, and need not: it sends"
            " DATA again, and "
            "the client answers with the ACK of that block, new or old."
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
            "30 seconds here: 1, 2, 4, 8 and 15. After 30 seconds of silence the client gives up, "
            "so it does not wait for all of the last 16. If every end repeats at the same short "
            "pace, a network that is too full becomes fuller still; longer and longer waits let "
            "it recover."
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
            "From one late ACK on, every DATA and every ACK goes over the wire twice, to"
            " the end of "
            "the file. The row of RFC 1123 section 4.2.3.1 stops it: a stale ACK is ignored."
        ),
        {"scenario": "late-ack", "tables": {"mutant": "sorcerer"}},
    ),
    "last-ack": Answer(
        NO_LAST_ACK,
        mark("ACK 3: a client that dallies is there for this. It keeps nothing new, and answers."),
        mark(
            "No. Then the ACK of the ACK is the last packet, and it can be lost, too."
            " The sender of "
            "the last packet never knows; it can only make the doubt small by staying for a while."
        ),
    ),
    "stranger": Answer(
        ("step 3", "inject server ACK 1 stranger", "continue"),
        mark("ERROR 5, to the stranger. The transfer with the right peer goes on undisturbed."),
        mark(
            "No: such a person takes the server's address and port. It protects against"
            " old packets "
            "of another transfer, and against mistakes."
        ),
    ),
    "full-disk": Answer(
        PUT_UP_TO_THE_END,
        mark("The client is in its state error. An ERROR ends the transfer at once."),
        mark(
            "Half a file under the right name is worse than none: a user does not see that it "
            "is half. An ERROR is not acknowledged, because two ends that answer errors with "
            "errors never stop."
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
        mark("The OACK again: the server waits for ACK 0, and repeats what it has said last."),
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
            "An old server may answer well without options, so it is worth asking again. A server "
            "that agrees to what was not asked is broken, and asking again does not mend it."
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
            "Those for losses, copies, strangers and errors. They are most of the rows:"
            " the good path "
            "is short, and the rest is for a network as it is."
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
            "The end that hears the last ACK forgets the file. If the disk failed after it, "
            "both would believe in a file that is not there."
        ),
        mark("2,048 full blocks and an empty one, 2,049 answers: about 20 seconds."),
    ),
    "loss": (
        mark(
            "Too short: packets are sent twice, though nothing was lost. Too long: after"
            " a loss both "
            "ends sit and wait."
        ),
        mark(
            "If the sender has gone, only the receiver's timer ends its wait. It may"
            " also be the first "
            "to notice."
        ),
        mark("No. The last packet has no answer."),
    ),
    "twice": (
        mark(
            "The second one must change nothing that the first one did not. The block"
            " number makes it "
            "so."
        ),
        mark(
            "For as long as its peer may still repeat the last DATA. A client needs a port and "
            "some memory meanwhile. A server that gets files from thousands of clients dallies "
            "for each of them."
        ),
        mark("The file still arrives whole. Only somebody who counts packets sees it."),
    ),
    "speaker": (
        mark(
            "It waits, and sends its last packet again. An end that is gone may answer"
            " with ERROR, or "
            "not at all; then the time-outs end it."
        ),
        mark(
            "Each end that reads it: an opcode has two octets and a block number two, so"
            " three octets "
            "are cut short."
        ),
        mark(
            "You do, and more octets than the attacker has sent. This is called"
            " reflection, and it is "
            "why a server should not send much to a peer that has not answered."
        ),
    ),
    "agreement": (
        mark(
            "A smaller block is within what the client has asked for, and it has room"
            " for it. A larger "
            "one may not fit."
        ),
        mark("That the server takes no options; blocks have 512 octets."),
        mark(
            "The size of the file in octets. In an RRQ the server fills it in, in a WRQ the client."
        ),
    ),
    "proof": (
        mark("Four times: four blocks for one way there and back."),
        mark(
            "A test is enough where few things can happen. Where the order of events"
            " decides, a person "
            "does not think of the order that breaks it."
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
