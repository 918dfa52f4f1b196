"""Sort datagrams into transfers: find the packets that belong together on any ports.

A request begins a transfer. The server answers from a new port, which is then known. Packets of
other ports that fit a transfer are strays, second sessions, or an end whose port has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.capture.reading.icmp import Undelivered
from tftp_fsm.explain.closed import LINGER
from tftp_fsm.explain.closing import missed
from tftp_fsm.explain.judging import changed_port, restarted, strangers, undelivered
from tftp_fsm.explain.judging.asking import continues, guessed
from tftp_fsm.explain.judging.early import has_waited
from tftp_fsm.explain.judging.quiet import BACK
from tftp_fsm.explain.network import Network
from tftp_fsm.explain.one_way import OneWay
from tftp_fsm.explain.packets.seen import is_request, is_tftp, look, request_of, whole_fields
from tftp_fsm.explain.packets.views import Views
from tftp_fsm.explain.packets.vlans import Networks
from tftp_fsm.explain.transfer.transfer import CLIENT, SERVER, Transfer
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import HEADER
from tftp_fsm.wire.headers import is_request as has_request_opcode
from tftp_fsm.wire.kinds import Request
from tftp_fsm.wire.packets import WELL_KNOWN_PORT

FORGOTTEN = 600_000_000_000  # nanoseconds of silence after which a transfer is over
LIVE = 10_000  # transfers at once; if there are more, the longest silent ones are closed
LIVE_LINGER = 1_000_000_000  # the time after the end if a user waits for the report
LOOK = 4096  # datagrams between two searches for transfers that are over
LIVE_LOOK = 64  # the most datagrams if a user waits; fewer if there are few transfers
NEVER = 1 << 128  # nanoseconds; no capture has such a time

Told = Callable[[Transfer], None]
Follow = Callable[[Request, int, Captured], Transfer]


class Flows:
    """Takes all datagrams of a capture.

    `follow` makes a transfer from its request, its number and its first packet. `made` is called
    with each transfer before its first packet is taken, and `ended` with each that is over.
    """

    def __init__(
        self,
        follow: Follow,
        made: Told,
        ended: Told,
        *,
        ports: frozenset[int] = frozenset({WELL_KNOWN_PORT}),
    ) -> None:
        self._follow = follow
        self._ended = ended
        self._made = made
        self._ports = ports
        self._live: dict[int, Transfer] = {}
        self._networks = Networks(Network)
        self._network = self._networks.all[0]  # that of the packet that is taken
        self._home: dict[int, Network] = {}  # of the live transfers
        self.views = Views()
        self.one_way = OneWay()
        self._count = 0
        self._linger, self._is_live = LINGER, False
        self._taken, self._look_at = 0, LOOK
        self._few_at, self._due = 0, NEVER
        self.now = 0

    def take(self, datagram: Captured) -> None:
        """Take one datagram."""
        if datagram.at is not None:
            self.now = datagram.at
        if self.views.is_second(datagram):
            self._networks.join(datagram, self.views.first_network)
            self._seen_again(datagram)
            return
        self._taken += 1
        if self.now >= self._due or self._taken >= self._look_at:
            self._look()
        network = self._network = self._networks.of(datagram)
        known = network.pairs.get((datagram.source, datagram.to))
        if known is None:
            self._unknown(datagram)
            return
        transfer, name = known
        if name == CLIENT and has_request_opcode(datagram.octets):
            self._request(datagram)
        elif transfer.doubts.again is not None and restarted.follows_here(transfer, name, datagram):
            self._begin_again(transfer, restarted.leave_here(transfer), datagram)
        else:
            transfer.take(name, datagram)

    def _seen_again(self, datagram: Captured) -> None:
        """Note a datagram that another interface has shown before, with the time between them.

        If clocks differ, an answer may come before its request, and then belongs to no pair.
        """
        network = self._networks.of(datagram)
        transfer, _ = network.pairs.get((datagram.source, datagram.to), (None, ""))
        if transfer is None and (is_tftp(datagram) or has_request_opcode(datagram.octets)):
            by_client = network.by_client
            transfer = by_client.get(datagram.source) or by_client.get(datagram.to)
        if transfer is not None:
            transfer.gaps.add(self.views.gap)

    def close(self) -> None:
        """End all transfers, because the capture has ended."""
        for transfer in list(self._live.values()):
            self._close(transfer)

    def torn(self, source: Address, to: Address) -> None:
        """Note a datagram with missing fragments between these addresses."""
        for network in self._networks.all:
            transfer, _ = network.pairs.get((source, to), (None, ""))
            if transfer is not None:
                transfer.torn += 1
                return

    def undelivered(self, told: Undelivered) -> None:
        """Take an ICMP message about a datagram that was not delivered."""
        if self.views.is_second(told.message):
            return
        network = self._networks.at(told.source[0], told.to[0], told.message.network)
        found = network.pairs.get((told.source, told.to)) or undelivered.sent_by(
            told, network.by_client, self._live
        )
        if found is not None:
            transfer, name = found
            transfer.settle()
            undelivered.note(transfer, name, told)
            return
        stranger = network.by_tid.get(told.to)
        if stranger is not None:
            changed_port.undelivered(stranger, told)

    def _look(self) -> None:
        """Call `look_around` from time to time. It costs a step for each transfer, so it is rare.

        If a user waits, it is called after fewer packets, because the next one may be late.
        """
        self._look_at = self._taken + (LIVE_LOOK if self._is_live else LOOK)
        if self._is_live:
            if self._due - 2 * BACK < self.now < self._due or self._taken < self._few_at:
                return
            self._few_at = self._taken + 1 + min(LIVE_LOOK, len(self._live) // LIVE_LOOK)
            self._due = self.now + BACK
        self.look_around()

    def look_around(self) -> None:
        """Close transfers that ended long ago, and release packets that waited for too long."""
        for transfer in list(self._live.values()):
            if has_waited(transfer, self.now):
                transfer.settle()
            wait = self._linger if transfer.is_over else FORGOTTEN
            if self.now - transfer.heard_at > wait:
                self._close(transfer)

    def be_live(self) -> None:
        """Close a transfer soon after its end from now on, because a user waits for reports."""
        self._linger, self._is_live, self._due = LIVE_LINGER, True, 0

    def look_at_ends(self) -> None:
        """Close the transfers that have ended. Call this when no packets come for a while."""
        for transfer in list(self._live.values()):
            transfer.settle()
            if transfer.is_over:
                self._close(transfer)

    # -- Datagrams of unknown pairs ---------------------------------------------------------------

    def _unknown(self, datagram: Captured) -> None:
        if is_request(datagram, self._ports):
            self._request(datagram)
            return
        transfer = self._network.by_client.get(datagram.to)
        if transfer is not None and is_tftp(datagram):
            transfer.settle()
            self._to_client(transfer, datagram)
            return
        if transfer is not None and strangers.is_unreadable_answer(transfer, datagram):
            return
        transfer = self._network.by_client.get(datagram.source)
        if transfer is not None and is_tftp(datagram):
            transfer.settle()
            self._from_client(transfer, datagram)
            return
        if self._network.closed.has(datagram, self.now) or self._is_strange(datagram):
            return
        if is_tftp(datagram) and self._is_of_shared(datagram):
            return
        self._begun_before(datagram)

    def _request(self, datagram: Captured) -> None:
        transfer = self._network.by_client.get(datagram.source)
        request = request_of(look(whole_fields(datagram))) or guessed(
            transfer, datagram, self._ports
        )
        if request is None:
            return
        is_recent = transfer is not None and self.now - transfer.heard_at <= FORGOTTEN
        if transfer is not None and is_recent and continues(transfer, request, datagram):
            transfer.asks(datagram)
            return
        self._network.anew.asks(request, datagram)
        if transfer is not None:
            transfer.doubts.anew = datagram if is_recent else None
            self._network.beside.leaves(transfer, datagram)
            self._close(transfer)
        self._open(self._follow(request, self._count + 1, datagram))

    def _open(self, transfer: Transfer) -> None:
        if len(self._live) >= LIVE:  # close many at once, because this examines all of them
            for silent in sorted(self._live.values(), key=attrgetter("heard_at"))[: LIVE // 16 + 1]:
                silent.doubts.is_set_aside = True
                self._close(silent)
        self._count += 1
        self._live[transfer.number] = transfer
        self._home[transfer.number] = self._network
        self._network.add(transfer)
        self._made(transfer)
        transfer.begin()

    def _to_client(self, transfer: Transfer, datagram: Captured) -> None:
        """Take a datagram to a client from an unknown port."""
        if transfer.tid is None:
            is_other = datagram.source != transfer.asked and self._network.closed.has(
                datagram, self.now
            )
            if is_other and strangers.is_of_before(transfer, datagram):
                return
            if datagram.source[0] != transfer.asked[0]:
                strangers.answered_from_elsewhere(transfer, datagram)
            self._network.pair(transfer, datagram.source, self.now)
            transfer.take(SERVER, datagram)
        else:
            strangers.from_another(transfer, datagram)

    def _from_client(self, transfer: Transfer, datagram: Captured) -> None:
        """Take a datagram from a client to an unknown port."""
        if restarted.follows(transfer, datagram):
            self._begin_again(transfer, restarted.leave(transfer), datagram)
            return
        before = transfer.tid
        is_new = before is None and not self._network.closed.has(datagram, self.now)
        is_missed = is_new and missed.takes(transfer, datagram)
        if is_missed or strangers.to_another(transfer, datagram):
            if before is not None:
                self._network.part(transfer, before)
            self._network.pair(transfer, datagram.to, self.now)
            transfer.take(CLIENT, datagram)

    def _begin_again(
        self, transfer: Transfer, before: tuple[Captured, ...], datagram: Captured
    ) -> None:
        """Close the transfer, because its client was started again. Take these as a new one."""
        self._close(transfer)
        for each in (*before, datagram):
            self.take(each)

    def _is_strange(self, datagram: Captured) -> bool:
        """Take a datagram between a server's TID and another address than its client's."""
        if not is_tftp(datagram):
            return False
        transfer = self._network.by_tid.get(datagram.to)
        if transfer is not None:
            transfer.settle()
            changed_port.speaks(transfer, datagram)
            return True
        transfer = self._network.by_tid.get(datagram.source)
        mover = None if transfer is None else transfer.doubts.mover
        if transfer is None or mover is None or mover.address != datagram.to:
            return False
        if changed_port.answers(transfer, datagram):
            self._move(transfer, mover.packets)
            transfer.take(SERVER, datagram)
        return True

    def _is_of_shared(self, datagram: Captured) -> bool:
        """Take a datagram between a one-port server and probably a new port of its client."""
        transfer = self._network.shared.moved_to(datagram)
        if transfer is not None:
            if changed_port.answers(transfer, datagram):
                assert transfer.doubts.moved is not None
                self._move(transfer, transfer.doubts.moved.packets)
                transfer.take(SERVER, datagram)
            return True
        if self._network.middle.knows(datagram.to, datagram.source):
            return False  # it is another client, which began before the capture
        transfer = self._network.shared.moved_from(datagram, changed_port.may_have_moved)
        if transfer is not None:
            changed_port.speaks(transfer, datagram, is_shared=True)
        return transfer is not None

    def _move(self, transfer: Transfer, packets: list[Captured]) -> None:
        """Give the client another address, from which it has sent these packets."""
        assert transfer.tid is not None
        self._network.by_client[transfer.peer] = transfer
        self._network.pair(transfer, transfer.tid, self.now)
        for each in packets:
            transfer.take(CLIENT, each)

    def _begun_before(self, datagram: Captured) -> None:
        found = self._network.middle.take(datagram)
        if found is None:
            self.one_way.take(datagram)
            return
        self.one_way.forget(datagram.source, datagram.to)
        transfer = self._follow(found.request, self._count + 1, found.first)
        transfer.stand_before(found.data.octets[2:4], found.data.size - HEADER.size)
        self._open(transfer)
        self._network.pair(transfer, found.server, self.now)
        for name, each in found.packets:
            transfer.take(name, each)

    def _close(self, transfer: Transfer) -> None:
        self._live.pop(transfer.number, None)
        self._home.pop(transfer.number, self._network).discard(transfer, self.now)
        transfer.settle()
        self._ended(transfer)
