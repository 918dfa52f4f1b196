"""Find out how a transfer ended and what went wrong, when it or the capture is over.

Only then it is certain that a packet, such as an answer, was never sent.
"""

from __future__ import annotations

from dataclasses import replace

from tftp_fsm.explain.closing import anew, beside, certain, missed
from tftp_fsm.explain.closing.notes import notes
from tftp_fsm.explain.closing.paths import is_large
from tftp_fsm.explain.closing.stopped import ENOUGH, cut_off, gave_up, stopped
from tftp_fsm.explain.judging import (
    after_error,
    changed_port,
    early,
    resized,
    skips,
    strangers,
    undelivered,
    zero,
)
from tftp_fsm.explain.packets.seen import REQUESTS, UNREADABLE, Seen
from tftp_fsm.explain.packets.words import first_answer, times
from tftp_fsm.explain.transfer.side import COPY, QUIET, Side
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.language import sentence, sentence_n
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.wire.kinds import Error, ErrorCode

STOPPING = ("abort", "terminat", "stop", "cancel", "size only")  # ERROR texts after a probe


def close(transfer: Transfer, capture_ends: int) -> None:
    """Add the findings of the end. `capture_ends` is the time of the capture's last packet."""
    _moved_port(transfer)
    _sorcerer(transfer)
    early.find_swaps(transfer)
    skips.settle(transfer)
    has_moved = changed_port.has_moved(transfer, capture_ends)
    capture_ends += transfer.clock_shift
    if has_moved:
        pass  # this explains the silence of the old port
    elif transfer.error is not None:
        _after_error(transfer)
    elif transfer.is_complete:
        _after_success(transfer)
    elif transfer.doubts.is_set_aside:
        _set_aside(transfer)
    elif missed.is_one_way(transfer):
        pass  # the actions of the other end are not known
    elif undelivered.explains(transfer) or missed.is_elsewhere(transfer):
        pass  # another finding says so already
    elif resized.explains(transfer):
        pass  # the receiver has ended
    elif zero.is_not_taken(transfer) or skips.is_not_taken(transfer):
        pass  # the wrong number of the first block explains this
    elif strangers.was_last(transfer) or beside.is_asked_beside(transfer):
        pass  # the client may have ended here, or another transfer may have the answer
    elif transfer.server is None:
        _no_answer(transfer, capture_ends)
    elif transfer.is_unanswered:
        _answer_unheard(transfer, capture_ends)
    else:
        stopped(transfer, capture_ends)
    certain.weigh(transfer)
    after_error.note_once(transfer)
    notes(transfer)


def _moved_port(transfer: Transfer) -> None:
    """Check whether another port of the server has sent the due packets, and the first none."""
    stranger = transfer.doubts.stranger
    if stranger is not None and transfer.sides["server"].last_at < (stranger.datagram.at or 0):
        transfer.find_moved_server(stranger)


def _sorcerer(transfer: Transfer) -> None:
    """Check whether most repeated ACKs were answered by DATA. A few may be copies."""
    doubts = transfer.doubts
    first, count = doubts.sorcerer, doubts.sorceries
    chain = doubts.longest_chain
    if first is not None and chain >= ENOUGH and 2 * count >= doubts.stales:
        if certain.may_be_mirrored(transfer):
            cause = sentence(
                "a mirror port (SPAN) of two ports, which shows each packet twice; or a sender that"
                " answers each ACK it hears"
            )
            first = replace(first, is_guess=True, cause=cause)
        transfer.findings.add(replace(first, count=count - 1))
        transfer.findings.add(replace(first, packet=doubts.sorcerer_last))
    elif doubts.both_twice is not None and transfer.windowsize == 1:
        data = doubts.both_twice
        words = sentence(
            "ACK {before} came again, and DATA {block} twice",
            before=data.block - 1 & 0xFFFF,
            block=data.block,
        )
        transfer.find("both-twice", transfer.sender_name, data, words)


# -- Endings --------------------------------------------------------------------------------------


def _set_aside(transfer: Transfer) -> None:
    """Note that the transfer was not followed to its end. What came later is not known here."""
    latest = max(transfer.sides.values(), key=lambda side: side.last_at)
    if latest.last is not None:
        words = sentence(
            "the last packet is {packet} of the {end}",
            packet=latest.last.words,
            end=end_word(latest.name),
        )
        transfer.find("set-aside", "capture", latest.last, words)


def _after_error(transfer: Transfer) -> None:
    assert transfer.error is not None and transfer.error_seen is not None
    name, error = transfer.error
    seen, slug = transfer.error_seen, "broken-off"
    said: str = sentence("{end} sent {packet}", end=end_word(name), packet=seen.words)
    is_of_client, cause = name == "client", ""
    if is_of_client and error.code == ErrorCode.REFUSED_OPTIONS and not transfer.top["client"]:
        slug = "option-refused"
    elif is_of_client and error.code == ErrorCode.UNDEFINED and _was_told_the_size(transfer):
        slug = "probed"
    elif is_of_client and error.code == ErrorCode.UNDEFINED and not _was_wronged(transfer, seen):
        slug = "client-ended"
        said = sentence("the client ended it with {error}", error=seen.words)
        if gave_up(transfer, name):
            cause = sentence("the client has asked without success, and gives up")
    elif transfer.error_is_answer:
        is_about_options = error.code == ErrorCode.REFUSED_OPTIONS
        slug = "option-refused" if is_about_options else "refused"
        said = _refused_twice(transfer, error, said)
    if slug in ("refused", "broken-off") and not error.message:
        cause = sentence(
            "the ERROR has no text, and only its code says why; look at the log of the program "
            "that sent it"
        )
    transfer.find(slug, transfer.other(transfer.other(name)), seen, said, cause=cause)


def _refused_twice(transfer: Transfer, error: Error, said: str) -> str:
    """Return the note if the request without options got the same ERROR, or ""."""
    before, seen = transfer.refused_before, transfer.error_seen
    if before is None or before.code != error.code or seen is None:
        return said
    for slug in ("option-refused", "refused-once"):
        transfer.findings.retract(slug, "server")
    return sentence(
        "the {end} sent {packet} as the answer to the request with options, and also to the "
        "request without options",
        end=end_word("server"),
        packet=seen.words,
    )


def _was_told_the_size(transfer: Transfer) -> bool:
    """Return whether the client of a get asked only for the size, and ended it with this ERROR.

    Programs that do so send an empty text or say that they stop, and most ask for the file next.
    Another text may name another reason.
    """
    assert transfer.error is not None
    client, text = transfer.sides["client"], transfer.error[1].message.lower()
    is_asked = transfer.verb == "get" and transfer.announced is not None
    has_only_asked = client.before is None or client.before.kind in REQUESTS
    is_stop = not text or any(word in text for word in STOPPING)
    return is_asked and has_only_asked and (is_stop or transfer.doubts.anew is not None)


def _was_wronged(transfer: Transfer, error: Seen) -> bool:
    """Return whether the server has broken a rule before, which the ERROR may be about."""
    return any(
        each.severity == "departure" and each.who == "server" and each.packet < error.number
        for each in transfer.findings
    )


def _after_success(transfer: Transfer) -> None:
    doubts = transfer.doubts
    missed.size_differs(transfer)
    if transfer.late_error is not None:
        error = transfer.late_error
        said = sentence("{end} sent {packet}", end=end_word(transfer.receiver), packet=error.words)
        transfer.find("late-error", transfer.receiver_name, error, said)
    if doubts.final_acks >= ENOUGH and doubts.final_ack is not None:
        unasked = sentence_n(
            "ACK {block} was sent again {count:,} time, although no DATA was sent again",
            "ACK {block} was sent again {count:,} times, although no DATA was sent again",
            doubts.final_acks,
            block=doubts.final_ack.block,
        )
        transfer.find("end-not-seen", transfer.receiver_name, doubts.final_ack, unasked,
                      expected=sentence("silence: the file has ended"))  # fmt: skip
    sender = transfer.sides[transfer.sender]
    last = sender.last
    if last is None or transfer.final_at is None or not _is_final(transfer, last):
        return
    if sender.last_at > transfer.final_at:
        receiver = transfer.sides[transfer.receiver]
        if receiver.last_at < sender.last_at and sender.alone >= ENOUGH:
            alone = sentence_n(
                "{packet} came again after its ACK: {count:,} packet without an answer",
                "{packet} came again after its ACK: {count:,} packets without an answer",
                sender.alone,
                packet=last.words,
            )
            expected = sentence(
                "ACK {block} again; the RFC encourages this, but does not require it",
                block=last.block,
            )
            transfer.find("final-ack-lost", "network", last, alone, expected=expected)


def _no_answer(transfer: Transfer, capture_ends: int) -> None:
    client = transfer.sides["client"]
    if transfer.refused_before is not None or any(
        map(transfer.findings.count, UNREADABLE.values())
    ):
        return  # it has answered before
    assert client.last is not None
    is_soon = capture_ends - transfer.last_at < QUIET and not anew.is_left(transfer)
    if not client.insists and is_soon:
        _too_soon(transfer, client.last)
        return
    words = sentence_n(
        "{count:,} request, and no packet from {host}",
        "{count:,} requests, and no packet from {host}",
        client.packets,
        host=transfer.asked[0],
    )
    answer = first_answer(transfer.verb)
    if transfer.request.options:
        expected = sentence("{packet}, OACK or ERROR", packet=answer)
    else:
        expected = sentence("{packet} or ERROR", packet=answer)
    transfer.find("no-answer", "server", client.last, words, expected=expected)


def _too_soon(transfer: Transfer, request: Seen) -> None:
    """Note that the capture ends before the client repeats, so an answer may have come later."""
    words = sentence("the {request} is the last packet of the client", request=request.kind)
    transfer.find("asked-at-end", "capture", request, words)


def _answer_unheard(transfer: Transfer, capture_ends: int) -> None:
    client, server = transfer.sides["client"], transfer.sides["server"]
    assert server.last is not None
    answer, again = server.last, client.packets - 1
    if transfer.findings.count("wrong-reply"):
        return
    is_soon = capture_ends - transfer.last_at < QUIET and not anew.is_left(transfer)
    if again and client.last_at > server.first_at:
        if is_soon and client.last_at - server.first_at < COPY:
            cut_off(transfer, client)  # the request may be older than the answer
            return
        words = sentence(
            "{answers}, and the client sent the request {times} more",
            answers=_answers(transfer, server),
            times=times(again),
        )
        slug, cause = "new-port-blocked", ""
        if transfer.tid == transfer.asked:
            slug, cause = (
                "answer-unacknowledged",
                sentence(
                    "the answer is lost or dropped on its way, or the client does not accept it"
                ),
            )
        transfer.find(slug, "network", answer, words, expected=_confirming(transfer), cause=cause)
        return
    if not server.insists and is_soon:
        cut_off(transfer, server)
        return
    slug = "oack-unacknowledged" if answer.kind == "OACK" else "answer-unacknowledged"
    large = is_large(answer)
    slug = "large-blocks-lost" if large else slug
    words = sentence(
        "{answers}, and nothing from the client after it", answers=_answers(transfer, server)
    )
    cause = ""
    if slug == "oack-unacknowledged" and transfer.verb == "put":
        cause = sentence(
            "the client waits for ACK 0, or it refuses an option without an ERROR, or the OACK "
            "does not reach it"
        )
    transfer.find(slug, "network" if large else "client", answer, words,
                  expected=_confirming(transfer), cause=cause)  # fmt: skip


def _answers(transfer: Transfer, server: Side) -> str:
    assert server.last is not None
    return sentence_n(
        "{count:,} answer from port {port} ({packet})",
        "{count:,} answers from port {port} ({packet})",
        server.packets,
        port=(transfer.tid or transfer.asked)[1],
        packet=server.last.words,
    )


def _confirming(transfer: Transfer) -> str:
    """Return the packet that a client sends after the answer."""
    if transfer.verb == "put":
        return "DATA 1"
    return "ACK 0" if transfer.oack is not None else "ACK 1"


# -- Helpers --------------------------------------------------------------------------------------


def _is_final(transfer: Transfer, seen: Seen) -> bool:
    final = transfer.final_seen
    return final is not None and (seen.kind, seen.block) == (final.kind, final.block)
