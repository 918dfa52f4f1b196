"""Lessons 3 and 4: packets that come twice, and packets of a stranger."""

from __future__ import annotations

from tftp_fsm.lab.lessons import checks as c
from tftp_fsm.lab.lessons.checks import BOTH, WHOLE
from tftp_fsm.lab.lessons.lesson import Check, Exercise, Lesson, Question
from tftp_fsm.language import mark

PLAIN = {"scenario": "plain"}
STATES = ("requesting", "receiving", "dallying", "done", "error")

TWICE = Lesson(
    "twice",
    mark("The same packet twice"),
    mark(
        "You can say what each end does with a packet that comes twice, and why the last ACK "
        "needs a state of its own."
    ),
    mark("Lesson 2. RFC 1123 section 4.2.3.1 is half a page."),
    (
        (
            5,
            mark(
                "Repeat: after a lost ACK a DATA comes twice. A network may also double a packet."
            ),
        ),
        (10, mark("Exercise 1: a DATA comes twice.")),
        (15, mark("Exercise 2: an ACK comes twice, and what one wrong row does.")),
        (12, mark("Exercise 3: the last ACK.")),
        (8, mark("Talk: the questions below.")),
    ),
    (
        Exercise(
            "doubled-data",
            mark("A DATA comes twice"),
            PLAIN,
            ("step 4", "duplicate 4", "step 1"),
            mark(
                "The network has doubled DATA 2. The client has heard the first copy,"
                " and has 1,024 "
                "octets. The second copy is under way."
            ),
            Question(
                mark("How many octets does the client have after the second copy?"),
                ("512", "1024", "1536"),
                ("step 1",),
                c.variable("client", "octets"),
            ),
            mark(
                "Start at the beginning. Double DATA 1 and DATA 2 yourself, and go on until "
                "the client has the whole file."
            ),
            (
                Check(mark("The client heard DATA 1 twice."), c.heard("client", "DATA 1", 2)),
                Check(mark("The client heard DATA 2 twice."), c.heard("client", "DATA 2", 2)),
                Check(
                    mark("A DATA came twice, and the second one was not kept."),
                    c.ignored_copy("client", "DATA"),
                ),
                BOTH,
                WHOLE,
            ),
            mark(
                "Which field of DATA tells the client that it has this block already? Why does "
                "ACK have this field, too?"
            ),
        ),
        Exercise(
            "sorcerer",
            mark("The Sorcerer's Apprentice"),
            {"scenario": "late-ack"},
            ("step 9",),
            mark(
                "ACK 2 was late. Meanwhile the server timed out and sent DATA 2 again, and the "
                "client acknowledged it again. The server has heard one ACK 2 and has sent "
                "DATA 3. Now the other ACK 2 comes."
            ),
            Question(
                mark("ACK 2 comes to the server for the second time. What does the server send?"),
                ("nothing", "DATA 2", "DATA 3", "ERROR 4"),
                ("step 1",),
                c.sends,
            ),
            mark(
                "Choose More, Break the protocol, and then the mistake sorcerer. Run this "
                "transfer to its end, and lose nothing. Count how often each DATA is sent."
            ),
            (
                Check(mark("No packet was lost."), c.nothing_lost),
                Check(
                    mark("The server sent three blocks or more twice."),
                    c.each_twice("server", "DATA", 3),
                ),
                Check(mark("Nothing more can happen."), c.over),
                WHOLE,
            ),
            mark(
                "Nothing was lost, and the file is whole. What harm was done? Which row "
                "prevents it?"
            ),
            ("tables",),
        ),
        Exercise(
            "last-ack",
            mark("The last ACK"),
            {"scenario": "lost-final-ack"},
            ("step 8",),
            mark(
                "The client has the whole file, and its last ACK, ACK 3, was lost. The server "
                "timed out, and DATA 3 is under way again. The client is dallying."
            ),
            Question(
                mark("DATA 3 comes to the client once more. What does the client send?"),
                ("nothing", "ACK 2", "ACK 3", "ERROR 0"),
                ("step 1",),
                c.sends,
            ),
            mark("Start at the beginning. Lose every ACK 3, until the server gives up."),
            (
                Check(mark("Three ACK 3 or more were lost."), c.lost("ACK 3", 3)),
                Check(mark("The client says that it succeeded."), c.ended("client", "succeeded")),
                Check(
                    mark("The server cannot say whether it succeeded."),
                    c.ended("server", "unknown"),
                ),
                WHOLE,
            ),
            mark(
                "Would an ACK of the ACK help? Form your own opinion first, and then read "
                "about the Two Generals' Problem."
            ),
        ),
    ),
    (
        mark("Repeating is safe for DATA and ACK. What makes a message safe to repeat?"),
        mark(
            "How long should a client dally? What does dallying cost a client, and what does "
            "it cost a server?"
        ),
        mark(
            "The mistake of exercise 2 was in the standard of 1981. Why did nobody see it at once?"
        ),
    ),
)

SPEAKER = Lesson(
    "speaker",
    mark("Who is speaking?"),
    mark(
        "You can say how an end knows its peer, what it does with a stranger's packet, and what an "
        "ERROR means for the file."
    ),
    mark("Lesson 1. RFC 1350 sections 4 and 7."),
    (
        (6, mark("Repeat: who chooses which port, and when?")),
        (12, mark("Exercise 1: a stranger.")),
        (12, mark("Exercise 2: a full disk.")),
        (12, mark("Exercise 3: a packet that is not an answer.")),
        (8, mark("Talk: the questions below.")),
    ),
    (
        Exercise(
            "stranger",
            mark("A stranger speaks"),
            {"scenario": "wrong-tid"},
            ("step 5",),
            mark(
                "The client has heard DATA 2 of the server. A second DATA 2 is under"
                " way, from another "
                "port of the same host."
            ),
            Question(
                mark("The second DATA 2 comes to the client. What does the client send?"),
                ("nothing", "ACK 2", "ERROR 4", "ERROR 5"),
                ("step 1",),
                c.sends,
            ),
            mark(
                "Start at the beginning. Send the server an ACK as a stranger (More, New"
                " packet), and "
                "go to the end."
            ),
            (
                Check(mark("The server heard a packet of a stranger."), c.met_stranger("server")),
                Check(
                    mark("The server sent ERROR 5 to the stranger."),
                    c.sent("server", "ERROR code=5"),
                ),
                BOTH,
                WHOLE,
            ),
            mark(
                "Does the check of the TID protect against somebody who can forge the source "
                "address? What does it protect against?"
            ),
        ),
        Exercise(
            "full-disk",
            mark("A full disk"),
            {"scenario": "put"},
            ("step 5", "diskfull server"),
            mark(
                "The client writes a file. The disk of the server is full, and the"
                " server has sent an "
                "ERROR. DATA 2 of the client is under way, too."
            ),
            Question(
                mark("The ERROR comes to the client. In which state is the client then?"),
                ("requesting", "awaiting-ack", "done", "error"),
                ("step 1",),
                c.state_of("client"),
            ),
            mark(
                "Start at the beginning, and step until DATA 3, the last one, is under way. Let "
                "the disk of the server be full before it comes (open the last line of What can "
                "happen next), and go to the end."
            ),
            (
                Check(mark("The disk of the server was full."), c.disk_failed("server")),
                Check(mark("The server had kept two blocks."), c.sent("server", "ACK 2")),
                Check(mark("The client heard ERROR 3."), c.heard("client", "ERROR code=3")),
                Check(mark("No whole file is left at the server."), c.no_file),
                Check(mark("Nothing more can happen."), c.over),
            ),
            mark(
                "Two of three blocks were there. Why is it better to keep none of them?"
                " And why is an "
                "ERROR never acknowledged?"
            ),
        ),
        Exercise(
            "no-answer",
            mark("A packet that is not an answer"),
            PLAIN,
            ("step 2", "raw 2 00040000"),
            mark(
                "The client has asked to read a file. On the way DATA 1 was replaced by ACK 0. "
                "This ACK 0 comes from the host of the server."
            ),
            Question(
                mark("ACK 0 comes to the client. In which state is the client then?"),
                STATES,
                ("step 1",),
                c.state_of("client"),
            ),
            mark(
                "Start at the beginning. Let DATA 1 pass, and change DATA 2 on its way"
                " (Edit), so that "
                "the client refuses it with ERROR 4: try a wrong opcode, or more octets"
                " than a block "
                "has."
            ),
            (
                Check(mark("The client took DATA 1."), c.sent("client", "ACK 1")),
                Check(mark("The client sent ERROR 4."), c.sent("client", "ERROR code=4")),
                Check(mark("The server heard this ERROR."), c.heard("server", "ERROR code=4")),
                Check(mark("The client has no file."), c.no_file),
                Check(mark("Nothing more can happen."), c.over),
            ),
            mark(
                "No loss and no copy can turn DATA 1 into ACK 0. What can do this? Why does "
                "the client end the transfer, and not wait for a better packet?"
            ),
        ),
    ),
    (
        mark("An ERROR may be lost, and it is never repeated. What happens to the peer then?"),
        mark("A datagram of 3 octets comes. Which end can say that it is malformed, and how?"),
        mark("Somebody sends RRQs with your address as the source. Who gets the DATA?"),
    ),
)
