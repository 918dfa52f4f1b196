"""Transfers for learning, each with a text that says what to watch.

    debugger = opened(SCENARIOS["lost-ack"])      # of `commands.all`

In each scenario `break unusual` and `continue` find the interesting place.
"""

from __future__ import annotations

from dataclasses import replace

from tftp_fsm.debugger.worlds.faults import ALWAYS, Rule
from tftp_fsm.debugger.worlds.files import pattern
from tftp_fsm.debugger.worlds.setup import WorldSetup
from tftp_fsm.frozen import frozen
from tftp_fsm.language import layout, mark, marked, sentence
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.verify.mutants import sessions_of
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Ack, Data, Error, ErrorCode, build

SHORT = pattern(1200)  # three blocks, the last of 176 octets
PATIENT_CLIENT = ("set client rto 1",)  # so that only the server times out, not both at once


SorcererSessions = sessions_of("sorcerer")
SORCERER = (
    SorcererSessions.read_server.table
)  # the row of RFC 1123 4.2.3.1, in the form before that RFC


@frozen
class Scenario:
    """`look` tells the user in a few sentences what to watch.

    `opening` are commands that are run first.
    """

    name: str
    title: str
    look: str
    setup: WorldSetup = WorldSetup(content=SHORT)
    opening: tuple[str, ...] = ()

    def about(self, *, quiz: bool = False) -> str:
        """Return the text on what to watch. A quiz does not tell the result before the answer."""
        if quiz:
            return sentence(
                "A quiz: say what each step leads to. What happened is told after your answer."
            )
        return layout("{title}. {look}", title=marked(self.title), look=marked(self.look))


def _lost(kind: str, block: int | None = None, why: str = "", **more: object) -> WorldSetup:
    why = why or mark("the scenario loses it")
    return WorldSetup(content=SHORT, rules=(Rule("lose", kind, why, block),), **more)  # type: ignore[arg-type]


def _ruled(*rules: Rule, options: Options | None = None, size: int = 1200) -> WorldSetup:
    return WorldSetup(content=pattern(size), rules=rules, options=options or Options())


# ACK 2 must come later than the ACK of the block that the server has sent again meanwhile. The
# receiver does not answer copies of a block in one burst, so both ACKs must be further apart.
FAR = 0.06  # seconds that a datagram is under way in these scenarios
LATE = Rule(
    "delay", "ACK", mark("it is on its way for longer than the server waits"), 2, seconds=0.43
)
OPTIONS = Options(blksize=256, timeout=2, tsize=0)

_ALL = (
    Scenario(
        "plain",
        mark("A good wire"),
        mark(
            "Nothing goes wrong. Watch the two machines take turns: DATA moves the client, ACK "
            "moves the server. The last block is short, and that is how the client knows it is "
            "the last. Where is the file safe on disk: before or after the last ACK?"
        ),
    ),
    Scenario(
        "lost-request",
        mark("The RRQ is lost"),
        mark(
            "The server never hears of it, so only the client's time-out can help. It asks again "
            "and waits twice as long. How many sessions does the server begin?"
        ),
        _lost("RRQ"),
    ),
    Scenario(
        "duplicate-request",
        mark("The RRQ arrives twice"),
        mark(
            "The network may double a packet. The second RRQ finds the session that the first "
            "began: one transfer, the same answer again. What would a server do that started "
            "another?"
        ),
        _ruled(Rule("duplicate", "RRQ", mark("the network doubles it"), seconds=0.0005)),
    ),
    Scenario(
        "lost-oack",
        mark("The OACK is lost"),
        mark(
            "The client has asked for options. It cannot tell a lost OACK from a lost RRQ, so it "
            "asks again; the server, too, repeats what it said. Which of the two time-outs comes "
            "first?"
        ),
        replace(_lost("OACK"), options=OPTIONS),
    ),
    Scenario(
        "lost-data",
        mark("DATA 2 is lost"),
        mark(
            "Both sides now wait for the other. The server's time-out sends DATA 2 again, the "
            "client's repeats ACK 1. See which of them is due first, and that the other one does "
            "no harm."
        ),
        _lost("DATA", 2),
    ),
    Scenario(
        "lost-ack",
        mark("ACK 2 is lost: the classic exercise"),
        mark(
            "The server waits, times out, and sends DATA 2 again. The client has it already: it "
            "delivers nothing twice, but says ACK 2 again: the server may not have heard it. "
            "Compare `octets` before and after. The file arrives whole."
        ),
        _lost("ACK", 2),
        PATIENT_CLIENT,
    ),
    Scenario(
        "lost-final-ack",
        mark("The final ACK is lost"),
        mark(
            "The client has the whole file, and the server does not know. This is what `dallying` "
            "is for (RFC 1350 section 6): the client stays, hears the last DATA again, and "
            "repeats its ACK. Try dropping every final ACK: what can the server still know?"
        ),
        replace(_lost("ACK", 3), retry_policy=RetryPolicy(dally=3.0)),
    ),
    Scenario(
        "duplicate",
        mark("DATA 2 arrives twice"),
        mark(
            "The copy is no new block, and it comes a moment later. The client acknowledges it "
            "again (our ACK could have been lost) and delivers nothing; the server hears ACK 2 "
            "twice and answers only once. That last row is the cure of the Sorcerer's Apprentice "
            "Syndrome. A copy directly after the first gets no ACK: use `duplicate`, and see "
            "the row."
        ),
        replace(
            _ruled(
                Rule("duplicate", "DATA", mark("the network doubles it"), 2, seconds=FAR + 0.01)
            ),
            latency=FAR,
        ),
    ),
    Scenario(
        "late-ack",
        mark("ACK 2 is late"),
        mark(
            "The server times out and sends DATA 2 again, so ACK 2 comes twice. The second is "
            "stale and moves nothing (RFC 1123 section 4.2.3.1). Compare with `sorcerer`: the "
            "same wire, one row of the table different."
        ),
        replace(_ruled(LATE, size=2500), latency=FAR),
        PATIENT_CLIENT,
    ),
    Scenario(
        "sorcerer",
        mark("The Sorcerer's Apprentice"),
        mark(
            "One row of the server's table is wrong on purpose: a stale ACK is answered with "
            "DATA. One late ACK, and from then on every DATA and every ACK goes over the wire "
            "twice, to the end of the file, though nothing else was lost. Break on `row "
            "is_stale_ack`, and count."
        ),
        replace(_ruled(LATE, size=2500), latency=FAR, sessions=SorcererSessions),
        PATIENT_CLIENT,
    ),
    Scenario(
        "wrong-tid",
        mark("A packet from another TID"),
        mark(
            "While the client waits for DATA 2, somebody else's DATA 2 comes from another port of "
            "the same host. The client tells the stranger ERROR 5 and goes on undisturbed (RFC "
            "1350 section 4). The block number alone would have been right."
        ),
        _ruled(
            Rule(
                "stranger",
                "DATA",
                mark("a stranger sends DATA 2 as well"),
                2,
                octets=build(Data(2, b"somebody else's file")),
            )
        ),
    ),
    Scenario(
        "wrong-direction",
        mark("An opening reply of the wrong direction"),
        mark(
            "The client asked to read, and ACK 0 comes, the answer to a WRQ. No loss or doubling "
            "can explain it, so the client says ERROR 4 and stops before any data moves. Clients "
            "that took it for an opening have been made to send or overwrite files that "
            "their users did not name."
        ),
        _ruled(
            Rule("replace", "DATA", mark("ACK 0 arrives in its place"), 1, octets=build(Ack(0)))
        ),
    ),
    Scenario(
        "roll-over",
        mark("Block 65535 is followed by block 0"),
        mark(
            "Block numbers have 16 bits. The two ends are set to block 65533, so that the next "
            "few steps go over the top. On the wire the number starts again at 0; `block`, which "
            "counts in full, goes on. A client that thinks 0 is old stops here, at 32 MiB."
        ),
        _ruled(size=512 * 6 + 100),
        ("step 3", "set client block 65533 both"),
    ),
    Scenario(
        "option-refused",
        mark("The server refuses the options"),
        mark(
            "An old server knows no options and says ERROR 8 to an RRQ that has some. The client "
            "asks once more without them (RFC 2347), and gets the file with blocks of 512 octets."
        ),
        _ruled(
            Rule(
                "answer",
                "RRQ",
                mark("the server refuses its options with ERROR 8"),
                octets=build(Error(ErrorCode.REFUSED_OPTIONS, "no options here")),
            ),
            options=OPTIONS,
        ),
    ),
    Scenario(
        "options",
        mark("Options are negotiated"),
        mark(
            "RRQ with options, OACK, ACK 0, and only then DATA 1. See which variables change when "
            "the client takes the OACK, and that tsize tells the size before the first block."
        ),
        _ruled(options=OPTIONS),
    ),
    Scenario(
        "window-gap",
        mark("A block of a window is lost"),
        mark(
            "Four blocks go out before an ACK is awaited (RFC 7440). DATA 3 is lost: DATA 4 opens "
            "a gap, the client says ACK 2 once, and the server goes on from block 3. DATA 4 comes "
            "twice. How many ACKs does the client send for eight blocks?"
        ),
        _ruled(
            Rule("lose", "DATA", mark("the scenario loses it"), 3),
            options=Options(blksize=256, windowsize=4),
            size=256 * 10 + 50,
        ),
    ),
    Scenario(
        "oversize",
        mark("DATA of more octets than were agreed"),
        mark(
            "DATA 2 has 600 octets, where 512 were agreed. The client stores nothing of it, says "
            "ERROR 4 and ends; what it had of the file is thrown away."
        ),
        _ruled(
            Rule(
                "replace",
                "DATA",
                mark("it arrives with 600 octets"),
                2,
                octets=build(Data(2, bytes(600))),
            )
        ),
    ),
    Scenario(
        "malformed",
        mark("A packet that cannot be read"),
        mark(
            "An ACK that is cut short is no packet. See where the reader says that it broke, and "
            "what ERROR 4 does at the other end."
        ),
        _ruled(Rule("replace", "ACK", mark("it arrives cut short"), 2, octets=build(Ack(2))[:3])),
    ),
    Scenario(
        "exact-multiple",
        mark("A file of exactly two blocks"),
        mark(
            "Two full blocks end nothing: only a block that is shorter than 512 octets does. So "
            "DATA 3 comes, with no octets at all (RFC 1350 section 6)."
        ),
        _ruled(size=1024),
    ),
    Scenario(
        "silence",
        mark("The server falls silent"),
        mark(
            "From DATA 2 on nothing of the server arrives. Watch `rto` double with each time-out, "
            "and `retries` come to its limit. Each wait has a bound, so this ends by itself."
        ),
        _ruled(Rule("lose", "DATA", mark("nothing of the server arrives any more"), 2, nth=ALWAYS)),
    ),
    Scenario(
        "put",
        mark("A file is written"),
        mark(
            "The other direction: WRQ, ACK 0, DATA 1. Now the client is `awaiting-ack` and the "
            "server `receiving`, with the same rows as before, only the openings differ."
        ),
        WorldSetup(verb="put", content=SHORT),
    ),
)

OWN = Scenario(
    "your own",
    mark("A transfer without a scenario"),
    mark("A client reads a file of a server over a good network. What goes wrong is up to you."),
    WorldSetup(content=pattern(3000)),
)
SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in _ALL}
