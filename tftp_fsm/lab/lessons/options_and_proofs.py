"""Lessons 5 and 6: options, windows, and how to be sure that a protocol is right."""

from __future__ import annotations

from tftp_fsm.lab.lessons import checks as c
from tftp_fsm.lab.lessons.checks import BOTH, UNTOUCHED, WHOLE
from tftp_fsm.lab.lessons.lesson import Check, Exercise, Lesson, Question
from tftp_fsm.language import mark

OPTIONS = {"scenario": "options"}
WINDOW = {"scenario": "own", "settings": {"verb": "get", "size": "5000", "windowsize": "4"}}
SWAPPED = {"verb": "get", "size": "1200", "windowsize": "2"}

AGREEMENT = Lesson(
    "agreement",
    mark("Agreement"),
    mark(
        "You can say how two programs agree on options, what each may answer, and what"
        " happens if one "
        "of them knows no options."
    ),
    mark("Lessons 1 and 2. RFC 2347 is seven short pages; RFC 2348 and 2349 have the options."),
    (
        (
            6,
            mark(
                "Repeat: RRQ, DATA 1, ACK 1. Between which packets can the two ends agree on "
                "something?"
            ),
        ),
        (12, mark("Exercise 1: an OACK, and larger blocks.")),
        (12, mark("Exercise 2: the agreement is lost on its way.")),
        (12, mark("Exercise 3: a refusal.")),
        (8, mark("Talk: the questions below.")),
    ),
    (
        Exercise(
            "oack",
            mark("Larger blocks"),
            OPTIONS,
            ("step 2",),
            mark(
                "The RRQ had three options. The server has answered with an OACK: it"
                " accepts them, and "
                "says the size of the file."
            ),
            Question(
                mark("The OACK comes to the client. Which packet does the client send?"),
                ("ACK 0", "ACK 1", "RRQ", "nothing"),
                ("step 1",),
                c.sends,
            ),
            mark(
                "Begin a transfer of your own (More): a get of a file of 3,000 octets,"
                " in which the "
                "whole file fits into one DATA. Go to the end."
            ),
            (
                Check(mark("The client heard an OACK."), c.heard("client", "OACK")),
                Check(
                    mark("The server sent one DATA, and no more."),
                    c.sent_exactly("server", "DATA", 1),
                ),
                Check(mark("The client has 3,000 octets."), c.equals("client", "octets", 3000)),
                BOTH,
                WHOLE,
            ),
            mark(
                "With blksize 3000 the same file needs two DATA. Why? And what does a"
                " network do with "
                "a datagram of 3,000 octets, if its frames hold 1,500?"
            ),
            ("settings",),
        ),
        Exercise(
            "lost-agreement",
            mark("The agreement is lost"),
            OPTIONS,
            ("step 3", "drop 3"),
            mark("The client has heard the OACK. Its answer, ACK 0, was lost."),
            Question(
                mark("The server times out. Which packet does it send?"),
                ("ACK 0", "DATA 1", "OACK", "RRQ"),
                ("timeout server",),
                c.sends,
            ),
            mark(
                "Start at the beginning. Lose the OACK itself, and go on until the client has "
                "the whole file."
            ),
            (
                Check(mark("An OACK was lost."), c.lost("OACK")),
                Check(mark("The server sent the OACK twice or more."), c.sent("server", "OACK", 2)),
                BOTH,
                WHOLE,
            ),
            mark(
                "A client that hears nothing cannot tell a lost RRQ from a lost OACK. What does it "
                "send, and what does the server do with a second RRQ of the same transfer?"
            ),
        ),
        Exercise(
            "refusal",
            mark("A refusal"),
            {"scenario": "option-refused"},
            ("step 1",),
            mark(
                "The client has asked with options. The server does not know them, and"
                " its ERROR 8 is "
                "under way."
            ),
            Question(
                mark("ERROR 8 comes to the client. In which state is the client then?"),
                ("requesting", "receiving", "done", "error"),
                ("step 1",),
                c.state_of("client"),
            ),
            mark(
                "Start another run: choose the scenario Options are negotiated. Change"
                " the OACK on its "
                "way, so that the client refuses it with ERROR 8. Go to the end."
            ),
            (
                Check(mark("The client sent ERROR 8."), c.sent("client", "ERROR code=8")),
                Check(mark("The server heard ERROR 8."), c.heard("server", "ERROR code=8")),
                Check(mark("The server never sent DATA."), c.sent_exactly("server", "DATA", 0)),
                Check(mark("Nothing more can happen."), c.over),
            ),
            mark(
                "After ERROR 8 of the server the client asks again without options. After a "
                "wrong OACK it ends the transfer. Why does it not do the same?"
            ),
            ("scenario",),
        ),
    ),
    (
        mark("A server may lower blksize, but not raise it. Why?"),
        mark(
            "A server that knows no options ignores them and sends DATA 1. What does the "
            "client learn from this?"
        ),
        mark("tsize is 0 in an RRQ. What does tsize mean, and which end sets its value?"),
    ),
)

PROOF = Lesson(
    "proof",
    mark("Windows and proof"),
    mark(
        "You can say why a window is faster, and what it needs that one block at a time does "
        "not need. You can say how a search of all runs finds a fault that tests do not find."
    ),
    mark("Lessons 2, 3 and 5. RFC 7440 sections 3 and 4."),
    (
        (5, mark("Repeat: one block, one ACK. How long does this take over a slow path?")),
        (12, mark("Exercise 1: a gap in a window.")),
        (14, mark("Exercise 2: a mistake, and the shortest run in which it does harm.")),
        (12, mark("Exercise 3: break a row yourself.")),
        (7, mark("Talk: the questions below.")),
    ),
    (
        Exercise(
            "gap",
            mark("A gap in a window"),
            WINDOW,
            ("step 4", "drop 6", "step 2"),
            mark(
                "The server sends four blocks before it waits for an ACK. DATA 3 was lost. The "
                "client has blocks 1 and 2, and DATA 4 is under way."
            ),
            Question(
                mark("DATA 4 comes to the client. Which packet does the client send?"),
                ("nothing", "ACK 2", "ACK 3", "ACK 4"),
                ("step 1",),
                c.sends,
            ),
            mark(
                "Start at the beginning. Lose two DATA of two different windows, and go on "
                "until the client has the whole file."
            ),
            (
                Check(mark("Two DATA were lost."), c.lost("DATA", 2)),
                Check(mark("The client met two gaps or more."), c.at_least("client", "gaps", 2)),
                BOTH,
                WHOLE,
            ),
            mark(
                "Nothing was wrong with DATA 4, but it is sent again. What would the client "
                "need in order to keep DATA 4? Is this worth it?"
            ),
        ),
        Exercise(
            "shortest",
            mark("The shortest run that does harm"),
            {"scenario": "own", "settings": SWAPPED, "tables": {"mutant": "gap-taken"}},
            ("step 4", "swap 4"),
            mark(
                "The client of this exercise has one mistake: it takes every DATA for"
                " the next block. "
                "DATA 2 has overtaken DATA 1. In the end each side has an outcome: succeeded (it"
                " believes that the file is whole), timed-out (it has heard nothing for too long),"
                " refused (it has refused a packet, and sent ERROR), or peer-error (it has heard"
                " ERROR)."
            ),
            Question(
                mark("The transfer goes to its end. How does it end for this client?"),
                ("succeeded", "timed-out", "refused", "peer-error"),
                ("continue",),
                c.outcome_of("client"),
            ),
            mark(
                "Choose More, Break the protocol, then the mistake any-ack or no-empty-block, and "
                "press Find the shortest failing run. Step through what was found, to its end."
            ),
            (
                Check(mark("The run is one that a search has found."), c.was_found),
                Check(
                    mark("The machines have the mistake any-ack or no-empty-block."),
                    c.has_mistake("any-ack", "no-empty-block"),
                ),
                Check(
                    mark("An end says that it succeeded, and the receiver has no whole file."),
                    c.believes_in_vain,
                ),
            ),
            mark(
                "The search has tried every order of losses, copies and time-outs of a"
                " small transfer. "
                "What does it prove if it finds nothing? What does it not prove?"
            ),
            ("scenario", "settings", "tables"),
        ),
        Exercise(
            "own-mistake",
            mark("Break a row yourself"),
            {"scenario": "lost-final-ack", "tables": {"mutant": "repeat-unanswered"}},
            ("step 8",),
            mark(
                "The client of this exercise has one mistake: it does not answer a"
                " repeated DATA. Its "
                "last ACK was lost, and the server has sent the last DATA again. Two more outcomes:"
                " unknown (all was sent, and the last ACK never came), and aborted (the user has"
                " given up)."
            ),
            Question(
                mark("The transfer goes to its end. How does it end for the server?"),
                ("succeeded", "unknown", "refused", "aborted"),
                ("continue",),
                c.outcome_of("server"),
            ),
            mark(
                "Choose the scenario A good wire. In More, Break the protocol, Rows, switch "
                "off exactly one row, so that this transfer does not succeed. Go to the end, "
                "and do not lose or change any packet."
            ),
            (
                Check(
                    mark("One row is switched off, and nothing else is changed."), c.one_row_is_off
                ),
                UNTOUCHED,
                Check(
                    mark("Nothing more can happen, and an end did not succeed."),
                    c.not_both_succeeded,
                ),
            ),
            mark(
                "Some rows can be switched off, and a transfer over a good wire still "
                "succeeds. Which rows are these? What are they for?"
            ),
            ("scenario", "settings", "tables"),
        ),
    ),
    (
        mark(
            "A window has 4 blocks, and an answer takes 10 ms. At most how much faster is this "
            "than one block at a time?"
        ),
        mark(
            "A test tries some runs, and a search tries all runs of a small transfer. When is "
            "a test enough, and when do you need a search?"
        ),
        mark("The search tries the same machines that move files. Why does this matter?"),
    ),
)
