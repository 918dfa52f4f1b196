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
                "This is a quiz: say which state each step leads to. You see what happened "
                "after your answer."
            )
        return layout("{title}. {look}", title=marked(self.title), look=marked(self.look))


def _lost(kind: str, block: int | None = None, why: str = "", **more: object) -> WorldSetup:
    why = why or mark("lost by the scenario")
    return WorldSetup(content=SHORT, rules=(Rule("lose", kind, why, block),), **more)  # type: ignore[arg-type]


def _ruled(*rules: Rule, options: Options | None = None, size: int = 1200) -> WorldSetup:
    return WorldSetup(content=pattern(size), rules=rules, options=options or Options())


# ACK 2 must come later than the ACK of the block that the server has sent again meanwhile. The
# receiver does not answer copies of a block in one burst, so both ACKs must be further apart.
FAR = 0.06  # seconds that a datagram is under way in these scenarios
LATE = Rule("delay", "ACK", mark("late: the time-out of the server comes first"), 2, seconds=0.43)
OPTIONS = Options(blksize=256, timeout=2, tsize=0)

_ALL = (
    Scenario(
        "plain",
        mark("A good wire"),
        mark(
            "Nothing goes wrong. Watch the two machines take turns: DATA moves the client, ACK "
            "moves the server. The last block is short, so the client knows that it is the "
            "last. When is the file safe on disk: before or after the last ACK?"
        ),
    ),
    Scenario(
        "lost-request",
        mark("The RRQ is lost"),
        mark(
            "The server never hears the RRQ, so only the client's time-out can help. The "
            "client sends the RRQ again, and then waits twice as long. How many sessions does "
            "the server begin?"
        ),
        _lost("RRQ"),
    ),
    Scenario(
        "duplicate-request",
        mark("The RRQ arrives twice"),
        mark(
            "The network may double a packet. The second RRQ goes to the session that the "
            "first RRQ began. So there is one transfer, and the server sends the same answer "
            "again. What would happen if the server began a second session?"
        ),
        _ruled(Rule("duplicate", "RRQ", mark("doubled by the network"), seconds=0.0005)),
    ),
    Scenario(
        "lost-oack",
        mark("The OACK is lost"),
        mark(
            "The client has offered options. It cannot tell a lost OACK from a lost RRQ, so it "
            "sends the RRQ again. The server has a time-out, too, and sends the OACK again. "
            "Which of the two time-outs comes first?"
        ),
        replace(_lost("OACK"), options=OPTIONS),
    ),
    Scenario(
        "lost-data",
        mark("DATA 2 is lost"),
        mark(
            "Now each end waits for the other. At its time-out the server sends DATA 2 again, "
            "and the client sends ACK 1 again. Find out which time-out comes first, and why "
            "the other one does no harm."
        ),
        _lost("DATA", 2),
    ),
    Scenario(
        "lost-ack",
        mark("ACK 2 is lost: the classic exercise"),
        mark(
            "The server waits, times out, and sends DATA 2 again. The client has this block "
            "already. It does not store the block twice, but it sends ACK 2 again, because the "
            "first ACK 2 may be lost. Compare `octets` before and after. The file arrives "
            "whole."
        ),
        _lost("ACK", 2),
        PATIENT_CLIENT,
    ),
    Scenario(
        "lost-final-ack",
        mark("The final ACK is lost"),
        mark(
            "The client has the whole file, and the server does not know it. The state "
            "`dallying` is for this case (RFC 1350 section 6): the client stays, hears the "
            "last DATA again, and sends its ACK again. Drop every final ACK: what does the "
            "server know then?"
        ),
        replace(_lost("ACK", 3), retry_policy=RetryPolicy(dally=3.0)),
    ),
    Scenario(
        "duplicate",
        mark("DATA 2 arrives twice"),
        mark(
            "The copy is not a new block, and it comes a moment later. The client acknowledges "
            "it again, because the first ACK may be lost, and stores nothing. The server "
            "hears ACK 2 twice and answers only the first one. The row that ignores the second "
            "ACK prevents the Sorcerer's Apprentice Syndrome. A copy that comes directly "
            "after the first packet gets no ACK: use `duplicate`, and see the row."
        ),
        replace(
            _ruled(
                Rule("duplicate", "DATA", mark("doubled by the network"), 2, seconds=FAR + 0.01)
            ),
            latency=FAR,
        ),
    ),
    Scenario(
        "late-ack",
        mark("ACK 2 is late"),
        mark(
            "The server times out and sends DATA 2 again, so ACK 2 comes twice. The second ACK "
            "2 is stale, and the server ignores it (RFC 1123 section 4.2.3.1). Compare this "
            "with the scenario `sorcerer`: the network is the same, and one row of the table "
            "is different."
        ),
        replace(_ruled(LATE, size=2500), latency=FAR),
        PATIENT_CLIENT,
    ),
    Scenario(
        "sorcerer",
        mark("The Sorcerer's Apprentice"),
        mark(
            "One row of the server's table is wrong on purpose: the server answers a stale ACK "
            "with DATA. One ACK is late, and nothing is lost. From then on every DATA and "
            "every ACK is sent twice, to the end of the file. Set a breakpoint at `row "
            "is_stale_ack`, and count."
        ),
        replace(_ruled(LATE, size=2500), latency=FAR, sessions=SorcererSessions),
        PATIENT_CLIENT,
    ),
    Scenario(
        "wrong-tid",
        mark("A packet from another TID"),
        mark(
            "While the client waits for DATA 2, a DATA 2 comes from another port of the same "
            "host. The client sends ERROR 5 to this port, and the transfer goes on (RFC 1350 "
            "section 4). The block number of this packet is right, so the client must compare "
            "the port, too."
        ),
        _ruled(
            Rule(
                "stranger",
                "DATA",
                mark("a stranger also sends DATA 2"),
                2,
                octets=build(Data(2, b"somebody else's file")),
            )
        ),
    ),
    Scenario(
        "wrong-direction",
        mark("An opening reply of the wrong direction"),
        mark(
            "The client has sent an RRQ, and ACK 0 comes, which is the answer to a WRQ. No "
            "loss and no copy can explain this, so the client sends ERROR 4 and ends before "
            "data is moved. Some clients have accepted such an answer. An attacker could make "
            "them send or overwrite files that their users did not name."
        ),
        _ruled(Rule("replace", "DATA", mark("replaced by ACK 0"), 1, octets=build(Ack(0)))),
    ),
    Scenario(
        "roll-over",
        mark("Block 65535 is followed by block 0"),
        mark(
            "Block numbers have 16 bits. Both ends are set to block 65533, so the roll-over "
            "comes after a few steps. In the packets the number begins again at 0. The "
            "variable `block` counts all blocks, so it does not begin again. A client that "
            "takes 0 for an old number stops here, at 32 MiB."
        ),
        _ruled(size=512 * 6 + 100),
        ("step 3", "set client block 65533 both"),
    ),
    Scenario(
        "option-refused",
        mark("The server refuses the options"),
        mark(
            "An old server knows no options, and answers an RRQ with options with ERROR 8. The "
            "client sends the RRQ once more without options (RFC 2347), and gets the file in "
            "blocks of 512 octets."
        ),
        _ruled(
            Rule(
                "answer",
                "RRQ",
                mark("refused by the server with ERROR 8"),
                octets=build(Error(ErrorCode.REFUSED_OPTIONS, "no options here")),
            ),
            options=OPTIONS,
        ),
    ),
    Scenario(
        "options",
        mark("Options are negotiated"),
        mark(
            "First come an RRQ with options, an OACK and ACK 0, and then DATA 1. See which "
            "variables change when the client receives the OACK. The option tsize says the "
            "size of the file before the first block comes."
        ),
        _ruled(options=OPTIONS),
    ),
    Scenario(
        "window-gap",
        mark("A block of a window is lost"),
        mark(
            "The server sends four blocks before it waits for an ACK (RFC 7440). DATA 3 is "
            "lost. When DATA 4 comes, the client sees the gap and sends ACK 2 once. The server "
            "goes on from block 3, so DATA 4 comes twice. How many ACKs does the client send "
            "for eight blocks?"
        ),
        _ruled(
            Rule("lose", "DATA", mark("lost by the scenario"), 3),
            options=Options(blksize=256, windowsize=4),
            size=256 * 10 + 50,
        ),
    ),
    Scenario(
        "oversize",
        mark("DATA of more octets than were agreed"),
        mark(
            "DATA 2 has 600 octets, but 512 were agreed. The client stores nothing of this "
            "block, sends ERROR 4 and ends. It also removes the part of the file that it had."
        ),
        _ruled(
            Rule(
                "replace",
                "DATA",
                mark("made longer on the way: 600 octets"),
                2,
                octets=build(Data(2, bytes(600))),
            )
        ),
    ),
    Scenario(
        "malformed",
        mark("A packet that cannot be read"),
        mark(
            "An ACK that is cut short is not a packet. See at which octet the reading failed, "
            "and what ERROR 4 does at the other end."
        ),
        _ruled(Rule("replace", "ACK", mark("cut short on the way"), 2, octets=build(Ack(2))[:3])),
    ),
    Scenario(
        "exact-multiple",
        mark("A file of exactly two blocks"),
        mark(
            "Two full blocks do not end the transfer: only a block of less than 512 octets "
            "ends it. So the server sends DATA 3 with no octets (RFC 1350 section 6)."
        ),
        _ruled(size=1024),
    ),
    Scenario(
        "silence",
        mark("The server falls silent"),
        mark(
            "From DATA 2 on, no packet of the server arrives. Watch how `rto` doubles with "
            "each time-out, and how `retries` reaches its limit. Each wait has a limit, so the "
            "transfer ends by itself."
        ),
        _ruled(
            Rule("lose", "DATA", mark("lost, as every later packet of the server"), 2, nth=ALWAYS)
        ),
    ),
    Scenario(
        "put",
        mark("A file is written"),
        mark(
            "This is the other direction: WRQ, ACK 0, DATA 1. Now the client is `awaiting-ack` "
            "and the server is `receiving`. The rows are the same as before. Only the rows of "
            "the opening are different."
        ),
        WorldSetup(verb="put", content=SHORT),
    ),
)

OWN = Scenario(
    "your own",
    mark("A transfer without a scenario"),
    mark("A client reads a file of a server over a good network. You decide what goes wrong."),
    WorldSetup(content=pattern(3000)),
)
SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in _ALL}
