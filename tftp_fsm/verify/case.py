"""A case to explore: a transfer, and what may go wrong in it."""

from __future__ import annotations

from typing import Literal

from tftp_fsm.frozen import frozen
from tftp_fsm.language import Sentence, sentence, sentence_n
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.simulation.addresses import End
from tftp_fsm.wire.options import OptionLimits

SMALL_BLOCK = 8  # octets; the least blksize (RFC 2348)
PLAIN_BLOCK = 512
LEAD = 0xFFFF - 2  # earlier blocks, in the case in which the block numbers roll over
MOST_FAULTS = 7  # of each kind; a state has three bits for each
LIMITS = OptionLimits(windowsize=65535)
END_WORDS = {"client": sentence("client"), "server": sentence("server")}

Verb = Literal["get", "put"]


def states_words(count: int) -> Sentence:
    """Return this number of states in words."""
    return sentence_n("{count:,} state", "{count:,} states", count)


def faults_words(losses: int, copies: int, early: int) -> dict[str, Sentence]:
    """Return the number of faults of each kind in words, as fields of a sentence."""
    return {
        "losses": sentence_n("{count} loss", "{count} losses", losses),
        "copies": sentence_n("{count} copy", "{count} copies", copies),
        "early": sentence_n("{count} early time-out", "{count} early time-outs", early),
    }


@frozen
class Budgets:
    """How many faults may happen in one run. `retries` is the most retries of a side in a silence.

    A failure is a write or a commit that the disk refuses, or an abort by the user.

    A time-out is `early` if a datagram is still under way. A time-out is free if no datagram is
    under way, because nothing else can happen then.
    """

    losses: int = 2
    copies: int = 2
    early: int = 2
    retries: int = 2
    failures: int = 0


@frozen
class Case:
    """One transfer of a file of `size` octets, in which all blocks differ.

    `mutant` is the name of a mistake in the tables. `table` is the path of a file that changes the
    tables. `hostile_to` is the end that is ours if the peer may send anything. `lead` is the number
    of blocks that were sent before the case begins; with it the block numbers roll over.
    """

    verb: Verb
    size: int
    windowsize: int = 1
    has_options: bool = True
    budgets: Budgets = Budgets()
    mutant: str | None = None
    hostile_to: End | None = None
    table: str | None = None
    lead: int = 0

    @property
    def block(self) -> int:
        """The number of octets in a full block."""
        return SMALL_BLOCK if self.has_options else PLAIN_BLOCK

    @property
    def blocks(self) -> int:
        """The number of blocks of the file. The last one may be empty."""
        return self.size // self.block + 1

    @property
    def content(self) -> bytes:
        """The octets of the file."""
        return b"".join(
            bytes([number]) * min(self.block, self.size - at)
            for number, at in enumerate(range(0, self.size, self.block), 1)
        )

    @property
    def name(self) -> str:
        """The case in a few words."""
        what = sentence("no options")
        if self.has_options:
            what = sentence("windowsize {windowsize}", windowsize=self.windowsize)
        if self.hostile_to is not None:
            return sentence(
                "hostile to the {end} of a {verb}, {what}",
                end=END_WORDS[self.hostile_to],
                verb=self.verb,
                what=what,
            )
        if self.lead:
            what = sentence("from block {block:,} on", block=self.lead + 1)
        return sentence_n(
            "{verb} {size} octets in {count} block, {what}",
            "{verb} {size} octets in {count} blocks, {what}",
            self.blocks,
            verb=self.verb,
            size=self.size,
            what=what,
        )

    @property
    def retry_policy(self) -> RetryPolicy:
        """The policy of both ends. Its waits are so short that several fit into one burst."""
        return RetryPolicy(
            retries=self.budgets.retries, dally=3.0, initial_rto=0.01, least_rto=0.01
        )
