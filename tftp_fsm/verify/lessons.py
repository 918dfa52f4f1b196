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
            "Each block is sent twice, up to the end of the file, and each ACK too. RFC 1123 "
            "mends it with one row: a repeated ACK is ignored. Only the timer sends DATA again."
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
            "No: then that packet can be lost. The last packet of a protocol has no answer, so its "
            "sender cannot know. It can only stay for a while and repeat it."
        ),
    ),
    Lesson(
        "gap-taken",
        _WINDOW,
        mark("DATA 2 arrives before DATA 1, and the client writes it where block 1 belongs."),
        mark("Why can this not happen with windowsize 1?"),
        mark(
            "Then only one block is under way at a time, and the next one is not sent before it is "
            "acknowledged. A window puts several blocks on their way, so the receiver must look at "
            "each number."
        ),
    ),
    Lesson(
        "no-tid-check",
        _EMPTY,
        mark(
            "The DATA 1 comes from another host, `stranger`, and not from the server. The picture "
            "shows it as the server's, because this client sees no difference."
        ),
        mark("How does a client know the server's TID, and from which packet on?"),
        mark(
            "It takes the TID from the first answer to its request. From then on a packet of any "
            "other TID gets ERROR 5, and changes nothing. That protects against mistakes, and not "
            "against somebody who can write a false address."
        ),
    ),
    Lesson(
        "any-ack",
        replace(_EMPTY, verb="put"),
        mark(
            "The network copies ACK 0. The client takes the copy as the ACK of DATA 1, and says "
            "that it has succeeded, while DATA 1 is still under way."
        ),
        mark("Which packet would have to be lost now to make this a lie for ever?"),
        mark(
            "DATA 1: the client has left, so it is never sent again, and the server never has a "
            "file."
        ),
    ),
    Lesson(
        "window-again",
        _WINDOW,
        mark(
            "As with the sorcerer, nothing is lost, and ACK 2 is only slow. The second ACK 2 is "
            "taken as the report of a gap, so the next window is sent twice."
        ),
        mark(
            "RFC 7440 lets a receiver ask for a window again by repeating an ACK. How can a sender "
            "tell this from a copy?"
        ),
        mark(
            "Not for certain. Our row takes it as a report only if nothing of this window was sent "
            "twice: otherwise the ACK may answer the second copy."
        ),
    ),
    Lesson(
        "ack-first",
        _EMPTY,
        mark("ACK 1 is under way before the client has saved the file."),
        mark("The disk is full now. What does the server believe?"),
        mark(
            "That the client has the file: it has the final ACK, and has left. So the file has to "
            "be safe first, and only then may the final ACK go out."
        ),
    ),
    Lesson(
        "oack-restarts",
        replace(_PLAIN, verb="put", size=20, has_options=True),
        mark(
            "The network copies the OACK, and the copy comes when DATA 2 is under way. The client "
            "begins again with DATA 1, and the server sees blocks that it has."
        ),
        mark("When is an OACK an answer, and when is it an echo?"),
        mark(
            "It answers the request, so it means something only until the first ACK. After that "
            "it is a copy, and a row ignores it."
        ),
    ),
    Lesson(
        "short-not-last",
        _PLAIN,
        mark(
            "DATA 3 has 256 octets of 512, so it ends the file. The client waits for more, repeats "
            "ACK 3, and has saved nothing."
        ),
        mark("TFTP has no packet that says *end of file*. What says it?"),
        mark(
            "The length: the last block is shorter than the others. So a short block in the "
            "middle of a file cannot exist."
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
            "That the transfer has failed, although it has each octet. Therefore a file whose "
            "size is a multiple of the block ends with an empty DATA."
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
        mark("The client gains nothing by a second ACK 1. For whom is it?"),
        mark(
            "For the server: it asks again because it does not know. An end that repeats a "
            "packet needs an answer, even if there is nothing new."
        ),
    ),
    Lesson(
        "never-again",
        _EMPTY,
        mark(
            "The final ACK is lost. The server waits, its time is up twice, and it sends nothing. "
            "The client waits, too."
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
            "Some 65,533 blocks have gone before; the numbers were set by hand. After block 65535 "
            "comes number 0. The client acknowledges it, and the server waits for ACK 65536."
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
            "A put is answered with DATA, which is the answer to a get. The client takes it, and "
            "says that it has succeeded. It has sent nothing."
        ),
        mark("The client would never have got there with a good server. Why test it?"),
        mark(
            "The other end may be broken or hostile, and a program also does something in a "
            "state for which its table has no row. Our tables are total: each event in each "
            "state has a row."
        ),
    ),
    Lesson(
        "error-answered",
        _READER,
        mark("The server's ERROR is answered with an ERROR."),
        mark("What happens if the server makes the same mistake?"),
        mark(
            "Both answer each other for ever, and no timer is needed for it. So an ERROR ends the "
            "transfer, and is never answered (RFC 1350 section 7)."
        ),
    ),
    Lesson(
        "oversized-taken",
        _READER,
        mark("A block has 512 octets here. This DATA has 513, and all of them are written."),
        mark("Is a block of 513 octets the last one, or not?"),
        mark(
            "It is neither shorter nor full, so there is no right answer. Programs have cut it "
            "off, written it, or taken it as the end. Our row refuses it with ERROR 4."
        ),
    ),
    Lesson(
        "timer-restarts",
        _READER,
        mark(
            "The client has blocks 1 and 2. The second DATA 1 brings nothing new, but the client "
            "begins to wait anew."
        ),
        mark("How long can a peer hold this client by sending DATA 1 each second?"),
        mark(
            "For ever. Only progress may begin a wait anew. What is old may be answered, but it "
            "must not move the deadline."
        ),
    ),
)
