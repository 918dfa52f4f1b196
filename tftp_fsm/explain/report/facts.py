"""The facts of a transfer when it is over: plain values for the report, JSON and the page."""

from __future__ import annotations

from typing import Any

from tftp_fsm.borders import brief
from tftp_fsm.capture.reading.tunnels import names_of
from tftp_fsm.explain.packets.seen import error_words
from tftp_fsm.explain.transfer.findings import Finding
from tftp_fsm.explain.transfer.side import Side
from tftp_fsm.explain.transfer.transfer import BILLION, CLIENT, SERVER, Transfer
from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark_p, sentence
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.kinds import Error

UNKNOWN = "(unknown)"
OUTCOMES = {
    "complete": mark_p("a transfer", "complete"),
    "ended": mark_p("a transfer", "ended"),
    "failed": mark_p("a transfer", "failed"),
    "probed": mark_p("a transfer", "probed"),
    "unanswered": mark_p("a transfer", "unanswered"),
    "unfinished": mark_p("a transfer", "unfinished"),
    "unknown": mark_p("a transfer", "unknown"),
}


@frozen
class SideFacts:
    """One side. Durations are in seconds; `median` and `p99` are of its turn-round, or None.

    `windows` counts the windows that it has sent again, if it sends more than one block at once.
    `waited` is the total time that the other side waited for it. `slept` is the total time without
    any packet before its retransmissions.
    """

    packets: int
    retransmissions: int
    windows: int
    copies: int
    lost: int
    missing: int
    turns: int
    median: float | None
    p99: float | None
    waited: float
    slept: float


@frozen
class Facts:
    """A transfer. `outcome` is a word, `ended` a sentence; times are in seconds.

    `octets` counts from the beginning of the capture, if that is in the middle.
    `offered` and `agreed` are options as text. The request went from `asked_from` to `asked`.
    `round_trips` counts ACKs that let data go on. `networks` has the VLANs and the VXLAN of the
    first packet, such as `VLAN 10`, the outermost first.
    """

    number: int
    packet: int
    began: float
    verb: str
    name: str
    mode: str
    client: Address
    server: Address
    asked: Address
    asked_from: Address
    networks: tuple[str, ...]
    offered: dict[str, str]
    agreed: dict[str, str]
    blksize: int
    windowsize: int
    octets: int
    announced: int | None
    seconds: float
    round_trips: int
    outcome: str
    ended: str
    begins_in_middle: bool
    slower: str | None
    sides: dict[str, SideFacts]
    findings: tuple[Finding, ...]

    @property
    def throughput(self) -> float | None:
        """Octets of the file per second, or None if it took no time."""
        return self.octets / self.seconds if self.seconds > 0 else None

    @property
    def has_no_answer(self) -> bool:
        """Whether the capture has no answer to the request. An answer may have come later."""
        return self.outcome == "unanswered" or any(
            each.slug == "asked-at-end" for each in self.findings
        )

    @property
    def is_clean(self) -> bool:
        """Whether no rule is known to be broken, and nothing went wrong."""
        return all(each.severity in ("guess", "note") for each in self.findings)


def facts_of(transfer: Transfer) -> Facts:
    """Return the facts of a closed transfer."""
    outcome, ended = _outcome(transfer)
    sides = {
        name: _side(side, has_windows=transfer.windowsize > 1 and name == transfer.sender)
        for name, side in transfer.sides.items()
    }
    end = transfer.ended_at if transfer.ended_at is not None else transfer.last_at
    return Facts(
        number=transfer.number,
        packet=transfer.first_number,
        began=transfer.began / BILLION,
        verb=transfer.verb,
        name=brief(transfer.request.filename),
        mode=UNKNOWN if transfer.begins_in_middle else brief(transfer.request.mode),
        client=transfer.peer,
        server=transfer.tid or transfer.asked,
        asked=transfer.asked,
        asked_from=transfer.asked_from,
        networks=names_of(transfer.network),
        offered={brief(n): brief(v) for n, v in transfer.request.options},
        agreed={brief(n): brief(v) for n, v in transfer.oack or ()},
        blksize=transfer.blksize,
        windowsize=transfer.windowsize,
        octets=max(0, transfer.octets - transfer.blocks_before * transfer.blksize),
        announced=transfer.announced,
        seconds=max(0, end - transfer.began) / BILLION,
        round_trips=transfer.sides[transfer.sender].turn.count,
        outcome=outcome,
        ended=ended,
        begins_in_middle=transfer.begins_in_middle,
        slower=_slower(sides),
        sides=sides,
        findings=tuple(transfer.findings),
    )


def _outcome(transfer: Transfer) -> tuple[str, str]:
    if transfer.is_complete:
        return "complete", sentence("the receiver has acknowledged the last block")
    moved = transfer.doubts.moved
    if moved is not None and moved.is_unknown:
        why = sentence("the client went on from a port that the server did not know")
        return "failed", why
    if transfer.error is not None:
        return _ended_by_error(transfer, *transfer.error)
    if transfer.findings.count("set-aside"):
        why = sentence("too many other transfers were under way to follow this one to its end")
        return "unknown", why
    if transfer.findings.count("asked-at-end"):
        why = sentence("the capture ends soon after the request, and an answer may have come later")
        return "unknown", why
    if transfer.findings.count("asked-beside"):
        why = sentence(
            "the client sent two requests from one port, and an answer may be for either of them"
        )
        return "unknown", why
    if transfer.server is None and transfer.findings.count("malformed", "server"):
        return "unanswered", sentence("no answer to the request can be read")
    if transfer.server is None:
        return "unanswered", sentence("the capture has no answer to the request")
    if transfer.findings.count("one-way"):
        return "unknown", sentence("the capture has the packets of one end only")
    if transfer.doubts.is_final_elsewhere:
        why = sentence("another port has acknowledged the last block, and the capture ends there")
        return "unknown", why
    if transfer.file_size is not None:
        return "unknown", sentence("the last block was sent, and the capture has no ACK of it")
    return "unfinished", sentence("the capture does not have the end of this transfer")


def _ended_by_error(transfer: Transfer, name: str, error: Error) -> tuple[str, str]:
    if transfer.findings.count("probed"):
        return "probed", sentence("the client has asked for the size, and got it")
    words = error_words(error)
    if transfer.findings.count("client-ended"):
        return "ended", sentence("the client ended it with {error}", error=words)
    return "failed", sentence("the {end} sent {error}", end=end_word(name), error=words)


def _side(side: Side, *, has_windows: bool) -> SideFacts:
    turn = side.turn
    return SideFacts(
        packets=side.packets,
        retransmissions=side.again + side.went_back,
        windows=side.windows_again if has_windows else 0,
        copies=side.copies,
        lost=side.lost,
        missing=side.missing + side.unseen,
        turns=turn.count,
        median=_seconds(turn.median),
        p99=_seconds(turn.at(0.99)),
        waited=turn.total / BILLION,
        slept=side.slept / BILLION,
    )


def _slower(sides: dict[str, SideFacts]) -> str | None:
    """Return the clearly slower side (by half or more), or None."""
    client, server = sides[CLIENT].waited, sides[SERVER].waited
    if not sides[CLIENT].turns or not sides[SERVER].turns or max(client, server) <= 0:
        return None
    if max(client, server) < 1.5 * min(client, server):
        return None
    return CLIENT if client > server else SERVER


def _seconds(duration: int | None) -> float | None:
    return None if duration is None else duration / BILLION


def as_json(facts: Facts) -> dict[str, Any]:
    """The facts for programs."""
    from dataclasses import asdict

    told = asdict(facts)
    told["findings"] = [finding_as_json(each) for each in facts.findings]
    told["throughput"] = facts.throughput
    told["clean"] = facts.is_clean
    return told


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding for programs. Only `seen` is proven; the real cause may be another."""
    kind = finding.kind
    return {
        "kind": finding.slug,
        "severity": finding.severity,
        "who": finding.who,
        "packet": finding.packet,
        "last_packet": finding.last,
        "count": finding.count,
        "title": kind.title,
        "seen": finding.seen,
        "expected": finding.expected,
        "why": finding.why,
        "rfc": kind.rfc,
        "usual_cause": finding.usual_cause,
    }
