"""Lessons 1 and 2: a transfer over a good wire, and the purpose of time-outs."""

from __future__ import annotations

from tftp_fsm.lab.lessons import checks as c
from tftp_fsm.lab.lessons.checks import BOTH, UNTOUCHED, WHOLE
from tftp_fsm.lab.lessons.lesson import Check, Exercise, Lesson, Question
from tftp_fsm.language import mark

PLAIN = {"scenario": "plain"}

FACE_TO_FACE = Lesson(
    "face-to-face",
    mark("Two machines face each other"),
    mark(
        "You can say which packet answers RRQ, WRQ, DATA and ACK, and how each end knows that the "
        "file is complete."
    ),
    mark("Nothing. RFC 1350 sections 1, 2 and 6 are two pages; read them before or after."),
    (
        (
            10,
            mark(
                "Look at the lab together: client, server, ladder, states. Press Step only "
                "once, so that the RRQ is under way: more steps would answer the first "
                "question."
            ),
        ),
        (10, mark("Exercise 1, in pairs: one says what comes next, the other presses Step.")),
        (10, mark("Exercise 2: the end of a file.")),
        (10, mark("Exercise 3: the other direction.")),
        (10, mark("Talk: the questions below.")),
    ),
    (
        Exercise(
            "first-answer",
            mark("Who answers the request?"),
            PLAIN,
            ("step 1",),
            mark(
                "The client has sent an RRQ: it wants to read a file of 1,200 octets. A block has "
                "512 octets."
            ),
            Question(
                mark("The RRQ arrives at the server. Which packet does the server send?"),
                ("ACK 0", "DATA 1", "OACK", "nothing"),
                ("step 1",),
                c.sends,
            ),
            mark(
                "Go on to the end with Step. Before each step say which end acts, and which "
                "packet it sends. Do not lose or change any packet."
            ),
            (
                UNTOUCHED,
                Check(
                    mark("The client heard DATA 1, DATA 2 and DATA 3."),
                    c.heard("client", "DATA", 3),
                ),
                BOTH,
                WHOLE,
            ),
            mark(
                "The RRQ went to port 69, but DATA 1 comes from another port. What is the port "
                "of a transfer called, and why do not all transfers use port 69?"
            ),
        ),
        Exercise(
            "last-block",
            mark("How does a file end?"),
            {"scenario": "own", "settings": {"verb": "get", "size": "1024"}},
            ("step 5",),
            mark(
                "This file has 1,024 octets, so it fills exactly two blocks. The client"
                " has both, and "
                "its ACK 2 is under way."
            ),
            Question(
                mark("ACK 2 arrives at the server. Which packet does the server send?"),
                ("nothing", "DATA 3", "ERROR 0", "ACK 3"),
                ("step 1",),
                c.sends,
            ),
            mark(
                "Go to the end. Choose the last DATA on the ladder, and count the octets "
                "after its block number."
            ),
            (
                UNTOUCHED,
                Check(mark("The client heard DATA 3."), c.heard("client", "DATA 3")),
                BOTH,
                WHOLE,
            ),
            mark(
                "TFTP has no packet that says: end of file. How does a client know that the "
                "file ends? What would it do if the last packet of this transfer were never "
                "sent?"
            ),
        ),
        Exercise(
            "write",
            mark("The other direction"),
            {"scenario": "put"},
            ("step 1",),
            mark("Now the client writes a file: it has sent a WRQ."),
            Question(
                mark("The WRQ arrives at the server. Which packet does the server send?"),
                ("ACK 0", "ACK 1", "DATA 1", "nothing"),
                ("step 1",),
                c.sends,
            ),
            mark(
                "Go on until the server has heard DATA 1. Then let the user of the client give up "
                "(open the last line of What can happen next), and go to the end."
            ),
            (
                Check(mark("The server heard DATA 1."), c.heard("server", "DATA 1")),
                Check(mark("The user of the client gave up."), c.ended("client", "aborted")),
                Check(mark("The server heard an ERROR."), c.heard("server", "ERROR")),
                Check(mark("The server has no file."), c.no_file),
            ),
            mark(
                "In a get the client is receiving and the server awaiting-ack. Which states do "
                "they have in a put? What did the server do with the block that it had?"
            ),
        ),
    ),
    (
        mark("Why may the sender have only one block under way that is not acknowledged?"),
        mark(
            "The file is safe on disk before the last ACK is sent, not after it. Why in this order?"
        ),
        mark(
            "A block has 512 octets, and an answer takes 10 ms. How long does a file of"
            " 1 MiB take at "
            "least?"
        ),
    ),
)

LOSS = Lesson(
    "loss",
    mark("Something is lost"),
    mark("You can say which end notices a loss, what it sends then, and when it gives up."),
    mark("Lesson 1."),
    (
        (5, mark("Repeat: what does an end wait for, in each state?")),
        (12, mark("Exercise 1: DATA is lost.")),
        (12, mark("Exercise 2: an ACK is lost.")),
        (11, mark("Exercise 3: no answer comes at all.")),
        (10, mark("Talk: the questions below.")),
    ),
    (
        Exercise(
            "lost-data",
            mark("DATA is lost"),
            PLAIN,
            ("step 4", "drop 4"),
            mark("DATA 2 was lost. The client waits for it, and the server waits for ACK 2."),
            Question(
                mark("The server times out. Which packet does it send?"),
                ("DATA 1", "DATA 2", "DATA 3", "ERROR 0"),
                ("timeout server",),
                c.sends,
            ),
            mark(
                "Start at the beginning (the button Start). Lose DATA 1, and go on until the "
                "client has the whole file."
            ),
            (
                Check(mark("DATA 1 was lost."), c.lost("DATA 1")),
                Check(mark("The server sent DATA 1 again."), c.sent("server", "DATA 1", 2)),
                BOTH,
                WHOLE,
            ),
            mark(
                "Both ends have a timer. Find out which timer expired first after your loss. "
                "What would have happened if the other one had expired first?"
            ),
        ),
        Exercise(
            "lost-ack",
            mark("An ACK is lost"),
            PLAIN,
            ("step 5", "drop 5", "timeout server"),
            mark(
                "ACK 2 was lost. The server timed out, so DATA 2 is under way again. The "
                "client has kept block 2 already: it has 1,024 octets."
            ),
            Question(
                mark("DATA 2 comes to the client for the second time. What does the client send?"),
                ("nothing", "ACK 1", "ACK 2", "ERROR 4"),
                ("step 1",),
                c.sends,
            ),
            mark("Go to the end. The file must be whole, and no block may be in it twice."),
            (
                Check(mark("An ACK was lost."), c.lost("ACK")),
                Check(
                    mark("A DATA came twice, and the second one was not kept."),
                    c.ignored_copy("client", "DATA"),
                ),
                BOTH,
                WHOLE,
            ),
            mark(
                "For the server, a lost DATA and a lost ACK look the same. Why is one"
                " rule enough for "
                "both?"
            ),
        ),
        Exercise(
            "nobody-there",
            mark("No answer comes"),
            PLAIN,
            ("step 1", "drop 1"),
            mark("The RRQ was lost. The server has heard nothing."),
            Question(
                mark("Which end makes the next step?"),
                ("client", "server", "neither: both wait for ever"),
                ("step 1",),
                c.acts,
            ),
            mark(
                "Lose every RRQ, until the client gives up. Look at its variable rto at"
                " each time-out."
            ),
            (
                Check(mark("Four RRQs or more were lost."), c.lost("RRQ", 4)),
                Check(mark("The server never heard an RRQ."), c.never_heard("server", "RRQ")),
                Check(mark("The client has given up."), c.ended("client", "timed-out")),
            ),
            mark(
                "How long did the client wait in all? Each wait is twice as long as the wait "
                "before it. Why is the last wait shorter than that? What would go wrong in a "
                "network if all waits were equally short?"
            ),
        ),
    ),
    (
        mark(
            "What does it cost if a timer is too short? What does it cost if a timer is too long?"
        ),
        mark("Why does the receiver have a timer too, if the sender sends again anyway?"),
        mark("Can an end ever know that its last packet has arrived?"),
    ),
)
