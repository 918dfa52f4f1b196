"""The lessons of the mutants: for each one a transfer that shows its mistake, and a question."""

from __future__ import annotations

from dataclasses import replace

from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark
from tftp_fsm.verify.case import LEAD, Budgets, Case
from tftp_fsm.verify.mutants import MUTANTS, Mutant

ONE_OF_EACH = Budgets(losses=1, copies=1, early=1)
_PLAIN = Case("get", 1280, has_options=False, budgets=ONE_OF_EACH)
_EMPTY = replace(_PLAIN, size=0)
_WINDOW = replace(_PLAIN, size=20, windowsize=2, has_options=True)
_READER = replace(_PLAIN, size=1280, hostile_to="client")


@frozen
class Lesson:
    """One mutant in the transfer `case`: what its shortest run shows, a question and its answer."""

    name: str
    case: Case
    look: str
    question: str
    answer: str

    @property
    def mutant(self) -> Mutant:
        """The mutant of this lesson."""
        return MUTANTS[self.name]

    @property
    def mutated(self) -> Case:
        """The transfer with the mistake in its tables."""
        return replace(self.case, mutant=self.name)


LESSONS = (
    Lesson(
        "sorcerer",
        _PLAIN,
        mark(
            "Nothing is lost: ACK 2 is only slow. The server's time-out sends DATA 2 again, and "
            "the client acknowledges it again. Each of the two ACKs is answered with DATA 3."
        ),
        mark("The file has more blocks now. What happens to DATA 4, and to every block after it?"),
        mark(
            "From DATA 3 to the end of the file, each block and each ACK is sent twice. RFC "
            "1123 prevents this with one rule: a repeated ACK is ignored. Only the timer sends "
            "DATA again."
        ),
    ),
    Lesson(
        "no-dally",
        _EMPTY,
        mark(
            "The final ACK is lost. The client has left, so this ACK is not repeated. The "
            "server sends the last block again and again, and cannot know that the client has "
            "the file."
        ),
        mark("Could one more packet help: an ACK of the ACK?"),
        mark(
            "No, because then that packet can be lost. The last packet of a protocol has no "
            "answer, so its sender cannot know whether it arrived. The sender can only stay "
            "for a while and send the packet again."
        ),
    ),
    Lesson(
        "gap-taken",
        _WINDOW,
        mark("DATA 2 arrives before DATA 1, and the client writes DATA 2 at the place of block 1."),
        mark("Why can this not happen with windowsize 1?"),
        mark(
            "With windowsize 1 only one block is under way at a time, and the next block is "
            "sent after its ACK. With a larger window several blocks are under way, so the "
            "receiver must look at each block number."
        ),
    ),
    Lesson(
        "no-tid-check",
        _EMPTY,
        mark(
            "This DATA 1 comes from another host, `stranger`, and not from the server. The "
            "picture shows it as a packet of the server, because this client sees no "
            "difference."
        ),
        mark("How does a client learn the server's TID, and from which packet?"),
        mark(
            "It takes the TID from the first answer to its request. From then on it answers a "
            "packet of any other TID with ERROR 5, and changes nothing. This protects against "
            "mistakes. It does not protect against somebody who can forge the source address."
        ),
    ),
    Lesson(
        "any-ack",
        replace(_EMPTY, verb="put"),
        mark(
            "The network copies ACK 0. The client takes the copy as the ACK of DATA 1, and says "
            "that it has succeeded, while DATA 1 is still under way."
        ),
        mark(
            "The server does not have the file yet. Which packet must be lost now, so that it "
            "never gets the file?"
        ),
        mark(
            "DATA 1. The client has left, so DATA 1 is never sent again, and the server never "
            "gets the file."
        ),
    ),
    Lesson(
        "window-again",
        _WINDOW,
        mark(
            "As in the run of `sorcerer`, nothing is lost, and ACK 2 is only slow. The server "
            "takes the second ACK 2 as the report of a gap, so it sends the next window twice."
        ),
        mark(
            "RFC 7440 lets a receiver ask for a window again by repeating an ACK. How can a sender "
            "tell this from a copy?"
        ),
        mark(
            "A sender cannot be certain. Our row takes a repeated ACK as a report only if no "
            "block of this window was sent twice. Otherwise the ACK may be the answer to the "
            "second copy."
        ),
    ),
    Lesson(
        "ack-first",
        _EMPTY,
        mark("ACK 1 is under way before the client has saved the file."),
        mark("The disk is full now. What does the server believe?"),
        mark(
            "The server believes that the client has the file, because it has received the "
            "final ACK. So a client must save the file before it sends the final ACK."
        ),
    ),
    Lesson(
        "oack-restarts",
        replace(_PLAIN, verb="put", size=20, has_options=True),
        mark(
            "The network copies the OACK, and the copy comes when DATA 2 is under way. The client "
            "begins again with DATA 1, and the server sees blocks that it has."
        ),
        mark("When is an OACK an answer, and when is it only a copy?"),
        mark(
            "An OACK answers the request, so it is an answer only until the first ACK. After "
            "that an OACK is a copy, and a row ignores it."
        ),
    ),
    Lesson(
        "short-not-last",
        _PLAIN,
        mark(
            "DATA 3 has 256 octets of 512, so it ends the file. The client waits for more, repeats "
            "ACK 3, and has saved nothing."
        ),
        mark(
            "TFTP has no packet that says *end of file*. How does the receiver know that the "
            "file ends?"
        ),
        mark(
            "By the length of a block: the last block is shorter than the others. So there "
            "cannot be a short block in the middle of a file."
        ),
    ),
    Lesson(
        "no-empty-block",
        replace(_PLAIN, size=1024),
        mark(
            "The file has exactly two blocks. The server has the ACK of the second one, and says "
            "that it has succeeded. The client still waits for a shorter block."
        ),
        mark("What does the client say after 30 seconds?"),
        mark(
            "The client says that the transfer has failed, although it has every octet. "
            "Therefore a file whose size is a multiple of the block size ends with an empty "
            "DATA."
        ),
    ),
    Lesson(
        "written-twice",
        _PLAIN,
        mark("The network copies DATA 1, and the client writes the same block twice."),
        mark("UDP may deliver a datagram twice. Which field of DATA is there because of this?"),
        mark(
            "The block number. A receiver takes the next number only, and acknowledges the one "
            "that it has again."
        ),
    ),
    Lesson(
        "repeat-unanswered",
        _EMPTY,
        mark(
            "The final ACK is lost. The server sends DATA 1 again, and the client, which dallies, "
            "says nothing."
        ),
        mark("The client does not need the second ACK 1. Who needs it?"),
        mark(
            "The server needs it: it sends DATA 1 again because it does not know whether the "
            "client has it. An end that sends a packet again needs an answer, even if there is "
            "nothing new."
        ),
    ),
    Lesson(
        "never-again",
        _EMPTY,
        mark(
            "The final ACK is lost. The server waits, times out twice, and sends nothing. The "
            "client waits, too."
        ),
        mark("Is it enough if one of the two sides has a timer?"),
        mark(
            "Not for every packet. A loss is known only to the side that waits for the "
            "answer. If DATA or its ACK is lost, this is the sender, and at the end of the "
            "transfer no other side still waits."
        ),
    ),
    Lesson(
        "no-roll-over",
        replace(_PLAIN, size=1537, lead=LEAD),
        mark(
            "The numbers were set by hand, as if about 65,533 blocks were moved already. After "
            "block 65535 comes the number 0. The client acknowledges 0, and the server waits "
            "for ACK 65536."
        ),
        mark(
            "How large is the largest file, with blocks of 512 octets, if numbers do not roll over?"
        ),
        mark(
            "65,535 blocks are just under 32 MiB. With a roll-over there is no limit, because "
            "only the blocks of one window have to be told apart."
        ),
    ),
    Lesson(
        "wrong-way",
        replace(_READER, verb="put"),
        mark(
            "The server answers a WRQ with DATA, which is the answer to an RRQ. The client "
            "accepts this DATA, and says that it has succeeded. But it has sent nothing of the "
            "file."
        ),
        mark("A good server never sends this DATA. Why is the client tested with it?"),
        mark(
            "The other end may be broken or hostile. A program does something with every "
            "packet, even if nobody has written a rule for this case. Our tables are total: "
            "each event in each state has a row."
        ),
    ),
    Lesson(
        "error-answered",
        _READER,
        mark("The server's ERROR is answered with an ERROR."),
        mark("What happens if the server makes the same mistake?"),
        mark(
            "Both ends answer each other for ever, even without a timer. So an ERROR ends the "
            "transfer, and is never answered (RFC 1350 section 7)."
        ),
    ),
    Lesson(
        "oversized-taken",
        _READER,
        mark("A block has 512 octets here. This DATA has 513, and all of them are written."),
        mark("Is a block of 513 octets the last one, or not?"),
        mark(
            "The block is neither full nor shorter, so there is no right answer. Some programs "
            "cut such a block, some write all of it, and some take it as the last block. Our "
            "row refuses it with ERROR 4."
        ),
    ),
    Lesson(
        "timer-restarts",
        _READER,
        mark(
            "The client has blocks 1 and 2. The second DATA 1 brings nothing new, but the "
            "client begins its wait again."
        ),
        mark("How long can a peer hold this client by sending DATA 1 each second?"),
        mark(
            "For ever. Only a new block may begin the wait again. An old packet may be "
            "answered, but it must not move the deadline."
        ),
    ),
)
