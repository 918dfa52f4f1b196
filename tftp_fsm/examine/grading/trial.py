"""A trial is one transfer with a twist. It asks the client one question or more.

A trial is data: the verb, the size of the file, the script, and the server's waiting time. The
session is a real session with our tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from tftp_fsm.examine.checks import Check, Finding
from tftp_fsm.examine.grading.content import Pattern
from tftp_fsm.examine.grading.story import Story
from tftp_fsm.examine.script import Rule, instead
from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark, sentence
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Ack, ErrorCode, Request, build

Verb: TypeAlias = Literal["get", "put"]
Ends: TypeAlias = Literal["well", "badly", "either"]
Judge: TypeAlias = Callable[[Story], Finding]

BLOCK = 512  # octets; a server may lower the blksize, so every client has the same blocks
FIVE = 4 * BLOCK + 152  # octets: five blocks
SOON = 0.5  # seconds; for a server that retransmits soon
QUIET = 300.0  # seconds; for a server that never retransmits by itself
SILENCE = 12.0  # seconds without a packet from the client, after which the trial is over
LINGER = 0.6  # seconds after the end in which the client may still send something
LONGEST = 60.0  # seconds of one trial
LONG = 240.0  # seconds of a trial with many blocks
LAST = 5  # the block that ends a file of FIVE octets
WRAP = 65537 + 1  # blocks
HEARD = 0.4  # seconds; a client may read packets of strangers only from time to time

FILE = sentence("a file of {octets} octets, which has {blocks} blocks", octets=FIVE, blocks=LAST)
R1350_2, R1350_4 = "RFC 1350 section 2", "RFC 1350 section 4"
WRAP_RULE = mark(
    "a block number has 16 bits; no RFC says what follows 65535, but in practice it is 0"
)


@frozen
class Facts:
    """The facts for a script: the request, the agreed options, and the file."""

    request: Request
    agreed: Options
    file: Pattern
    blksize: int

    def block(self, number: int) -> bytes:
        """The octets of a block of the file."""
        start = (number - 1) * self.blksize
        return self.file.octets(start, max(0, min(self.blksize, self.file.size - start)))


@frozen
class Twist:
    """The behaviour of the network.

    `rules` decide the fate of each datagram. After a datagram of a rule in `beside`, the octets of
    this rule are sent. Those of `strangers` are sent from another TID.
    """

    rules: tuple[Rule, ...] = ()
    beside: tuple[Rule, ...] = ()
    strangers: tuple[Rule, ...] = ()


NONE = Twist()


def no_twist(facts: Facts) -> Twist:
    """Return a network without faults."""
    return NONE


@frozen
class Question:
    """One check of a trial, and the function that judges the story."""

    check: Check
    judge: Judge


@frozen
class Trial:
    """One transfer with a client.

    `waits` is the seconds that the server waits before a retransmission. The trial is over `linger`
    seconds after the session, or after `silence` seconds without a packet. `negotiates` changes the
    options that the server accepts. With `refuses`, the answer to the request is this ERROR. With
    `fails_at`, the server's disk fails at this octet. `ends` is the right end for a client: with
    the whole file, or with a failure and without a file. No points are lost if an `optional` trial
    is not run. With `blocks`, the file has this number of blocks of any size, and `blksize` is the
    largest block size that the server accepts.
    """

    name: str
    verb: Verb
    questions: tuple[Question, ...]
    size: int = FIVE
    twist: Callable[[Facts], Twist] = no_twist
    waits: float = SOON
    silence: float = SILENCE
    linger: float = LINGER
    longest: float = LONGEST
    negotiates: Callable[[Options], Options] | None = None
    refuses: Callable[[Request], ErrorCode | None] | None = None
    fails_at: int | None = None
    ends: Ends = "well"
    mode: str = "octet"
    optional: bool = False
    blocks: int = 0
    blksize: int = BLOCK
    file_points: int = 1

    @property
    def policy(self) -> RetryPolicy:
        """The policy of the session. The trial, not the session, ends a silence."""
        return RetryPolicy(
            initial_rto=self.waits,
            least_rto=self.waits,
            patience=self.longest,
            dally=self.linger + self.silence,
        )

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks of all questions."""
        return tuple(question.check for question in self.questions)

    def file(self, key: str, blksize: int = BLOCK) -> Pattern:
        """Return the file of the student with this `key`. `blocks` counts blocks of `blksize`."""
        size = (self.blocks - 1) * blksize + 1 if self.blocks else self.size
        text, fails = self.mode == "netascii", self.fails_at
        return Pattern(f"{key}:{self.name}", size, text=text, fails_at=fails)


def first_answer(facts: Facts) -> Opcode:
    """Return the kind of the first answer."""
    return Opcode.OACK if facts.agreed.pairs() else Opcode.DATA


def beside(packet: Ack, number: int, *rules: Rule) -> Callable[[Facts], Twist]:
    """Return a network that sends the packet after ACK `number`."""
    added = instead(Opcode.ACK, build(packet), number)
    return lambda facts: Twist(rules, (added,))


def trial(verb: Verb, *questions: Question, **more: Any) -> Trial:
    """Make a trial with the name of its first check. `more` has other fields of a `Trial`."""
    return Trial(questions[0].check.name, verb, questions, **more)


def put_trial(*questions: Question, silence: float = SILENCE, **more: Any) -> Trial:
    """Make a trial of a put. The client may be silent for a long time before it retransmits."""
    return trial("put", *questions, silence=silence, longest=max(24.0, silence), **more)


def asks(
    judge: Judge,
    name: str,
    title: str,
    sends: str,
    rule: str,
    rfc: str,
    means: str,
    points: int = 0,
) -> Question:
    """Make a question with this judge. See `Check`."""
    return Question(Check(name, title, sends, rule, rfc, means, points), judge)
