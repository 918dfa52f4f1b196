"""Describe a transfer in words for people: its request, its course, and its findings.

Three kinds of sentences are separate. "Seen" is proven by the capture. "Expected" is the packet
that the machine of this end would have sent after the captured packets to it. "May be" is the usual
cause, which no capture can prove.
"""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.borders import terminal
from tftp_fsm.borders.columns import columns, left
from tftp_fsm.explain.report.facts import OUTCOMES, Facts, SideFacts
from tftp_fsm.explain.transfer.findings import Finding
from tftp_fsm.language import layout, mark, marked, shown, tr, tr_n
from tftp_fsm.protocol.gloss import end_word, rfc_words
from tftp_fsm.transports.zones import host_text
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.words import octets_words

WIDTH = 100  # columns
COUNTED = frozenset({"retransmission", "copies", "lost-behind", "not-captured"})
LABELS = mark("seen:"), mark("expected:"), mark("rule:"), mark("may be:")


def lines_of(facts: Facts) -> Iterator[str]:
    """Yield the report of one transfer in the current language."""
    yield from (terminal(line, 10 * WIDTH) for line in _lines(facts))


def _lines(facts: Facts) -> Iterator[str]:
    yield _title(facts)
    for line in _about(facts):
        yield f"   {line}"
    for severities in (("departure", "trouble"), ("guess",), ("note",)):
        for finding in facts.findings:
            if finding.severity in severities:
                yield from _finding(finding)
    if not facts.findings:
        line = tr("nothing was lost, and no rule was broken")
        yield f"   {line}"


def _title(facts: Facts) -> str:
    number, verb, name, packet = facts.number, facts.verb, facts.name, facts.packet
    if facts.begins_in_middle:
        return tr(
            "{number}. {verb} {name}, packet {packet}",
            number=number,
            verb=verb,
            name=name,
            packet=packet,
        )
    return tr(
        "{number}. {verb} {name} ({mode}), packet {packet}",
        number=number,
        verb=verb,
        name=name,
        mode=facts.mode,
        packet=packet,
    )


def _about(facts: Facts) -> Iterator[str]:
    client, server = _places(facts.asked_from, facts.client), _places(facts.asked, facts.server)
    yield tr("client {client}, server {server}", client=client, server=server)
    if facts.networks:
        yield tr("network: {names}", names=", ".join(facts.networks))
    if facts.begins_in_middle:
        yield tr(
            "the capture begins in the middle: name, mode, options and direction are not "
            "known, and octets are counted from there"
        )
    else:
        yield _options(facts)
    outcome = shown(OUTCOMES[facts.outcome])
    if facts.octets or facts.outcome not in ("failed", "unanswered"):
        moved = _moved(facts)
        yield tr("{outcome}: {ended}; {moved}", outcome=outcome, ended=facts.ended, moved=moved)
    else:
        yield shown(layout("{outcome}: {ended}", outcome=outcome, ended=facts.ended))
    yield from _times(facts)


def _place(address: Address) -> str:
    return tr("{host} port {port}", host=host_text(address), port=address[1])


def _places(first: Address, then: Address) -> str:
    """Return an end's address for the request, and its address after that."""
    if first == then:
        return _place(first)
    if first[0] == then[0]:
        return tr(
            "{host} port {port}, then port {tid}", host=host_text(first), port=first[1], tid=then[1]
        )
    return tr("{asked}, then {answered}", asked=_place(first), answered=_place(then))


def _options(facts: Facts) -> str:
    if not facts.offered:
        return tr("options: none offered")
    offered = " ".join(f"{name}={value}" for name, value in facts.offered.items())
    agreed = " ".join(f"{name}={value}" for name, value in facts.agreed.items())
    if not agreed:
        return tr("options: offered {offered}; agreed none", offered=offered)
    return tr("options: offered {offered}; agreed {agreed}", offered=offered, agreed=agreed)


def _moved(facts: Facts) -> str:
    size = octets_words(facts.octets)
    words = [tr("{size} in {seconds:.3f} s", size=size, seconds=facts.seconds)]
    rate = facts.throughput
    if rate and facts.octets:
        words.append(rate_words(rate))
    words.append(tr("blocks of {blksize:,}", blksize=facts.blksize))
    if facts.windowsize == 1:
        words.append(tr("one by one"))
    else:
        words.append(tr("windows of {windowsize}", windowsize=facts.windowsize))
    return ", ".join(words)


def rate_words(rate: float) -> str:
    """Return a rate such as `1.2 MB/s`."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if rate >= unit:
            return f"{rate / unit:.1f} {name}/s"
    return tr("{rate:.0f} octets/s", rate=rate)


def _times(facts: Facts) -> Iterator[str]:
    turns = [_turn(name, side) for name, side in facts.sides.items() if side.turns]
    if turns:
        yield tr("time to answer (median, 99 %), as captured: {turns}", turns="; ".join(turns))
    if facts.slower is not None:
        yield tr_n(
            "the {end} was the slower side: the other side waited {seconds:.3f} s for it, in "
            "{count:,} round trip",
            "the {end} was the slower side: the other side waited {seconds:.3f} s for it, in "
            "{count:,} round trips",
            facts.round_trips,
            end=end_word(facts.slower),
            seconds=facts.sides[facts.slower].waited,
        )
    again = [_again(name, side) for name, side in facts.sides.items() if side.retransmissions]
    if again:
        yield tr("retransmissions: {again}", again=", ".join(again))


def _again(name: str, side: SideFacts) -> str:
    end, often = end_word(name), side.retransmissions
    told = tr("{end} {retransmissions:,}", end=end, retransmissions=often)
    if side.windows:
        told = tr_n(
            "{end} {retransmissions:,} in {count:,} window",
            "{end} {retransmissions:,} in {count:,} windows",
            side.windows,
            end=end,
            retransmissions=often,
        )
    if side.slept < 0.05:
        return told
    return tr("{told} (after {seconds:.1f} s of silence)", told=told, seconds=side.slept)


def _turn(name: str, side: SideFacts) -> str:
    end = shown(end_word(name))
    return f"{end} {duration_words(side.median)}, {duration_words(side.p99)}"


def duration_words(seconds: float | None) -> str:
    """Return a time such as `42 us`, `2.7 ms`, `1.5 s`."""
    if seconds is None:
        return tr("unknown")
    for unit, name in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds * 1e6:.0f} us"


def _finding(finding: Finding) -> Iterator[str]:
    kind = finding.kind
    if finding.severity == "note":
        yield f" - {_note(finding)}"
        return
    head = _head(finding)
    if finding.is_guess:
        head = tr("This is not certain. {told}", told=head)
    yield f" {'?' if finding.is_guess else '!'} {head}"
    rule = rfc_words(kind.rfc) if kind.rfc else ""
    values = finding.seen, _expected(finding), rule, finding.usual_cause
    labels = [shown(label) for label in LABELS]
    width = max(map(columns, labels)) + 1
    for label, value in zip(labels, values, strict=True):
        if value:
            yield f"     {left(label, width)}{shown(value)}"


def _note(finding: Finding) -> str:
    """Return a note in words. Packets that are only counted have no number."""
    told = layout("{seen}: {title}", seen=marked(finding.seen), title=marked(finding.kind.title))
    if finding.slug in COUNTED:
        return shown(told)
    return tr("packet {packet}: {title}", packet=finding.packet, title=told)


def _head(finding: Finding) -> str:
    title = marked(finding.kind.title)
    if finding.count == 1:
        return tr("packet {packet}: {title}", packet=finding.packet, title=title)
    return tr(
        "packet {packet}, {count:,} times up to packet {last}: {title}",
        packet=finding.packet,
        count=finding.count,
        last=finding.last,
        title=title,
    )


def _expected(finding: Finding) -> str:
    """Return the expected packet with the row's reason. Without such a packet, only the reason."""
    if not finding.why or not finding.expected:
        return finding.expected or finding.why
    return layout("{expected} ({why})", expected=finding.expected, why=marked(finding.why))
