"""Follow one transfer: hand each packet to both machines, and judge the differences.

transfer = Follower(request, number, datagram, client_of(request, datagram.to))
transfer.begin()
transfer.take("server", datagram)
transfer.take("client", datagram)
close(transfer, at)              # of `outcome`: the capture has ended, or the transfer has
"""

from __future__ import annotations

from dataclasses import replace

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.judging import (
    after_error,
    changed_port,
    early,
    hearing,
    judge,
    resized,
    restarted,
    strangers,
    truncated,
    zero,
)
from tftp_fsm.explain.judging.asking import check_request
from tftp_fsm.explain.judging.quiet import AHEAD, BACK, Quiet, quiet_of
from tftp_fsm.explain.packets.numbers import full_number, number_in_window, span_words
from tftp_fsm.explain.packets.seen import Seen, cut, error_of, look, oack_of
from tftp_fsm.explain.transfer.endpoint import Endpoint, Verdict, sender_of
from tftp_fsm.explain.transfer.findings import Finding
from tftp_fsm.explain.transfer.machines import server_of
from tftp_fsm.explain.transfer.side import Side
from tftp_fsm.explain.transfer.transfer import CLIENT, OTHER, SERVER, Transfer
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    Opened,
    RequestReceived,
    StorageFailed,
)
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.session import Session
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.kinds import Error, ErrorCode
from tftp_fsm.wire.options import PLAIN_BLKSIZE, Options, read_options


class Follower(Transfer):
    """A transfer that is followed packet by packet."""

    quiet: Quiet | None = None

    def take(self, name: str, datagram: Captured) -> None:
        """Take a datagram that this end has sent."""
        quiet = self.quiet
        if quiet is not None:
            if quiet.data(datagram) if name == quiet.sender else quiet.ack(datagram):
                return
            self._leave_quiet()
        datagram = self._steady(datagram)
        if datagram.is_cut:
            datagram = truncated.restored(self, datagram)
        self._speaks(name, datagram)
        for part in cut(datagram, self.blksize):
            for sender, seen in early.in_order(self, name, look(part)):
                self._one(sender, seen)
        if name == self.receiver and self.blocks:
            self.quiet = quiet_of(self)

    def _steady(self, datagram: Captured) -> Captured:
        """Return the datagram with a time that does not jump."""
        if datagram.at is None:
            return datagram
        at = datagram.at + self.clock_shift
        jump = at - self.last_at
        if not -BACK <= jump <= AHEAD:
            self.clock_shift -= jump
            at = self.last_at
            self._jumps(datagram, jump, at)
        return datagram._replace(at=at) if self.clock_shift else datagram

    def _jumps(self, datagram: Captured, jump: int, at: int) -> None:
        number, span = datagram.number, span_words(abs(jump))
        if jump < 0:
            words = sentence(
                "its time is {span} earlier than that of the packet before it", span=span
            )
        else:
            words = sentence(
                "its time is {span} later than that of the packet before it", span=span
            )
        slug = "clock-back" if jump < 0 else "clock-ahead"
        self.findings.add(Finding(slug, "capture", number, at, words))

    def _speaks(self, name: str, datagram: Captured) -> None:
        """Note that an end still uses its old address, so other addresses were strangers."""
        if name == CLIENT:
            changed_port.client_speaks(self, datagram.source)
        elif datagram.source == self.tid:
            strangers.server_speaks(self)

    @property
    def heard_at(self) -> int:
        """Return the time of its last packet."""
        return self.last_at - self.clock_shift if self.quiet is None else self.quiet.since

    def settle(self) -> None:
        """Let both machines know everything: end a quiet run, and take all waiting packets."""
        self._leave_quiet()
        for sender, seen in early.waiting(self):
            self._one(sender, seen)

    def _leave_quiet(self) -> None:
        quiet, self.quiet = self.quiet, None
        if quiet is not None:
            quiet.leave()

    def begin(self) -> None:
        """Take the first packet, after all watchers were added."""
        if not self.begins_in_middle:
            self.client.hear(Opened(), 0.0)
            self.asks(self._first)
            check_request(self, look(self._first))
            if self.is_request_cut:
                truncated.note(self, self._first)

    def asks(self, datagram: Captured) -> None:
        """Take a request of the client: the first one, or a repetition."""
        restarted.asks_again(self, datagram)
        self.requests += 1
        if self.error is not None:
            self._begin_anew()
        self.take(CLIENT, datagram)

    def _begin_anew(self) -> None:
        """Begin again without options, after an ERROR of the server (RFC 2347)."""
        seen, error = self.error_seen, self.error
        assert seen is not None and error is not None
        words = sentence("{end} sent {packet}", end=end_word(SERVER), packet=seen.words)
        is_about_options = error[1].code == ErrorCode.REFUSED_OPTIONS
        self.find("option-refused" if is_about_options else "refused-once", "server", seen, words)
        self.refused_before = error[1]
        self.error = self.error_seen = self.ended_at = self.tid = None
        self.log.leave(SERVER)
        self.ends.pop(SERVER, None)
        self.sides[SERVER] = Side(SERVER)

    def _one(self, name: str, seen: Seen) -> None:
        at = self.last_at if seen.datagram.at is None else seen.datagram.at
        self.doubts.place(seen.number)
        if name == SERVER and SERVER not in self.ends:
            self._answered(seen, at)
        self._take_stranger(self.ends[name], seen, at)
        speaker, listener = self.ends[name], self.ends.get(OTHER[name])
        sender = self.ends.get(self.sender)
        before = None if sender is None else sender.session.state
        verdict = self._said(speaker, seen, at)
        self.sides[name].sent(seen, at)
        self.sides[OTHER[name]].heard()
        self.last_at = max(self.last_at, at)
        self._note_top(name, seen)
        spoke = speaker.step
        heard = None if listener is None else hearing.hear(self, listener, seen, at)
        if verdict.how in ("again", "unheard"):  # the next answer may be for either packet
            for side in self.sides.values():
                side.asked_at = None
        if self.watch is not None:
            self.watch(self, name, seen, verdict, spoke, heard)
        self._note_end(name, seen, at, before)

    def _said(self, speaker: Endpoint, seen: Seen, at: int) -> Verdict:
        now, side = self.seconds(at), self.sides[speaker.name]
        if speaker.sends and seen.kind == "DATA":
            self.doubts.goes_on(seen.block)
            self._note_size(speaker, seen)
        elif seen.kind == "ACK" and speaker.name == self.receiver:
            judge.has_acknowledged(self, seen)
        has_ended = after_error.judge(self, speaker, seen, at)
        was_seen = self._was_seen(speaker, seen)
        is_overtaken = judge.is_overtaken(self, speaker, seen, at)
        if has_ended:
            return Verdict(None)
        if is_overtaken and not speaker.due.has(seen.kind, seen.block):
            side.asked_at = None
            return Verdict("late")
        judge.look_ahead(self, speaker, seen, at)
        if zero.acknowledges_zero(self, speaker.name, seen, at):
            side.answered(at)
            return Verdict("answer")
        verdict = speaker.said(seen, now)
        self.log.lose(verdict.unheard, self.sides[OTHER[speaker.name]].name)
        match verdict.how:
            case "answer":
                side.missing += verdict.skipped if seen.kind != "DATA" else 0
                if full_number(self.top[speaker.name], seen.block) > self.top[speaker.name]:
                    side.late += side.is_late(at, self.sides[OTHER[speaker.name]])
                side.goes_on(seen, was_seen=was_seen, was_copy=verdict.was_copy)
                self.sides[OTHER[speaker.name]].lost -= verdict.was_copy
                side.answered(at)
                if seen.kind == "ACK":
                    self.doubts.gap, self.doubts.gap_ignored = None, False
            case _ if is_overtaken:
                side.asked_at = None
            case None:
                judge.unexplained(self, speaker, seen, at)
            case how:
                verdict = replace(verdict, is_soon=how == "again" and side.is_soon(at))
                judge.repeated(self, speaker, seen, at, how)
                self.sides[OTHER[speaker.name]].lost += len(verdict.unheard)
        return verdict

    def _was_seen(self, speaker: Endpoint, seen: Seen) -> bool:
        """Return whether it is DATA of a window that the capture has already."""
        block = full_number(self.top[speaker.name], seen.block)
        is_behind = 0 < block <= self.top[speaker.name] and block not in self.doubts.absent
        return self.windowsize > 1 and speaker.sends and seen.kind == "DATA" and is_behind

    def _note_top(self, name: str, seen: Seen) -> None:
        """Note the highest block that this end has named."""
        if seen.block < 0:
            return
        top = self.top[name]
        block = full_number(top, seen.block)
        if name == self.sender:
            self._note_sent(top, block)
        elif name == self.receiver and self.windowsize == 1 and block > top + 1:
            sent = self.top[self.sender]  # later blocks were not captured either
            self.doubts.unproven_acks += max(0, block - 1 - max(top, sent))
            self.sides[name].unseen += sum(top < each < block for each in self.doubts.absent)
        self.top[name] = max(top, block)

    def _note_sent(self, top: int, block: int) -> None:
        """Note whether the sender goes on after the acknowledged block, so that it has sent it."""
        if top or not self.begins_in_middle:
            self.sides[self.sender].missing += self.doubts.skipped(top, block)
        if block > self.top[self.receiver]:
            self.sides[self.receiver].unseen += self.doubts.unproven_acks
        self.doubts.unproven_acks = 0

    def _answered(self, seen: Seen, at: int) -> None:
        """Take the server's first packet, which shows the accepted options."""
        self.tid, self.first_answer = seen.datagram.source, (seen.kind, seen.block)
        oack = oack_of(seen)
        options = Options() if oack is None else read_options(oack.options)
        self.oack = None if oack is None else oack.options
        if oack is not None and not options.pairs():
            options = Options(blksize=PLAIN_BLKSIZE)  # so that its machine sends an OACK, too
        if self.is_request_cut and self.oack is not None:  # probably offered after the cut
            self.client.session.request = replace(self.request, options=self.oack)
        session: Session = server_of(self.request, options, self.peer)
        server = Endpoint(SERVER, session, self.log.step)
        self.ends[SERVER] = server
        self.log.join(SERVER, session)
        error = error_of(seen)
        heard = self.sides[CLIENT].last_at or self.began
        if error is not None:
            event = StorageFailed(error.code, error.message, error.message)
            server.hear(event, self.seconds(heard))
            return
        server.hear(RequestReceived(self.peer), self.seconds(heard))
        self.sides[SERVER].asked_at = heard if self.requests == 1 else None

    def _take_stranger(self, speaker: Endpoint, seen: Seen, at: int) -> None:
        """Note that the end answers another address, which is its peer from now on."""
        stray = speaker.stray
        if stray is None or seen.kind == "ERROR" or seen.datagram.to != stray.datagram.source:
            return
        speaker.session.peer, speaker.stray = stray.datagram.source, None
        speaker.due = speaker.due.without("ERROR")
        speaker.hear(speaker.event_of(stray, stray.datagram.source), self.seconds(at))

    def stand_before(self, block: bytes, size: int) -> None:
        """Go to the place before DATA of this block, because the capture begins in the middle."""
        self.begins_in_middle = True
        self.tid = self.asked
        server = Endpoint(SERVER, server_of(self.request, Options(), self.peer), self.log.step)
        self.ends[SERVER] = server
        self.log.join(SERVER, server.session)
        self.client.hear(Opened(), 0.0)
        server.hear(RequestReceived(self.peer), 0.0)
        sender, receiver = self.ends[self.sender], self.ends[self.receiver]
        if self.verb == "put":
            sender.hear(AckReceived(0, source=self.asked), 0.0)
        receiver.hear(DataReceived(1, PLAIN_BLKSIZE, source=sender_address(self)), 0.0)
        sender.hear(AckReceived(1, source=receiver_address(self)), 0.0)
        by = int.from_bytes(block, "big") - 2
        self.blocks_before = by + 1
        for end in (sender, receiver):
            end.session.blksize = max(size, 8)
            end.move(by)
        receiver.due.items.clear()  # the ACK before was sent before the capture
        receiver.confirm()

    def _note_size(self, speaker: Endpoint, seen: Seen) -> None:
        """Note the size of the file, which a short block shows."""
        is_unknown = self.begins_in_middle or self.has_guessed_options
        if is_unknown and seen.size > self.blksize:  # the block before was the last one
            self.learn_blksize(seen.size)
        elif resized.ignores_blksize(self, seen):
            resized.go_on(self, seen)
        elif resized.had_one_long_block(self, seen):
            resized.go_back(self)
        session, blksize = sender_of(speaker), self.blksize
        if session is None or seen.size >= blksize or self.file_size is not None:
            return
        block = number_in_window(session.acked, session.windowsize, seen.block)
        if block < 1:
            return
        size = (block - 1) * blksize + seen.size
        self.file_size = size - (self.skew + self.skipped) * blksize + self.excess
        self.final_seen = seen
        speaker.resize(size)
        self.log.resize(speaker.name, size, block)

    def _note_end(self, name: str, seen: Seen, at: int, before: State | None) -> None:
        error = error_of(seen)
        if error is not None and self.error is None and not self.is_complete:
            self.error, self.error_at, self.error_seen = (name, error), at, seen
            self.ended_at = at
            self.error_is_answer = name == SERVER and self.sides[SERVER].packets == 1
        elif error is not None and self._fails_after_all(name, error):
            self.late_error = seen
        sender = sender_of(self.ends[self.sender]) if self.sender in self.ends else None
        is_done = sender is not None and sender.state is State.DONE and before is not State.DONE
        if is_done and not self.is_complete and self.file_size is not None:
            self.is_complete, self.ended_at, self.final_at = True, at, at

    def _fails_after_all(self, name: str, error: Error) -> bool:
        """Return whether an ERROR comes after the ACK of the last block, without repetitions."""
        is_of_receiver = self.is_complete and name == self.receiver and self.late_error is None
        is_asked = self.sides[self.sender].last_at > (self.final_at or 0)
        return is_of_receiver and not is_asked and error.code != ErrorCode.UNKNOWN_TID


def sender_address(transfer: Transfer) -> Address:
    """Return the address of the end that sends the file."""
    return transfer.peer if transfer.sender == CLIENT else transfer.tid or transfer.asked


def receiver_address(transfer: Transfer) -> Address:
    """Return the address of the end that receives the file."""
    return transfer.tid or transfer.asked if transfer.sender == CLIENT else transfer.peer
