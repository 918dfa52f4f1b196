"""The states of client, server and network together, each as one number, and their moves.

    position of the client | position of the server | network | what may still go wrong

The parts are numbers too (`positions`, `packets`). So a state is one integer, and the states after
it are looked up. These moves are possible:

arrive   a datagram arrives, any of those under way
copy     the same, and a copy of it stays under way
expire   an end's time is up although something is under way
silence  all datagrams under way are lost, and then an end's time is up
abort    the user of an end aborts the transfer

At an arrival, the disk may refuse a write or a commit.

A lost datagram looks like one that has not arrived yet, until a silence comes. So losses are
decided in the silence. A copy is modelled as a datagram that arrives and stays under way. Both
rules make far fewer states, and no order of events is left out.

In a silence a side that dallies stays longer than the first time-outs of the other side, because
its dally time is chosen for that. When a copy of the request arrives, the request is not older than
COPY_LIFETIME.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.language import Sentence, sentence
from tftp_fsm.protocol.events import Opened, Outcome
from tftp_fsm.protocol.roles import Sessions
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.untimed import DUE
from tftp_fsm.simulation.addresses import CLIENT, SERVER
from tftp_fsm.verify.case import END_WORDS, MOST_FAULTS, Case
from tftp_fsm.verify.case_sessions import client_of, server_of
from tftp_fsm.verify.packets import EMPTY, MOST_NETWORKS, Arrival, Book, Networks, Packets
from tftp_fsm.verify.positions import MOST_POSITIONS, Change, Side
from tftp_fsm.verify.rules import BELIEFS, ONE_FAULT, WHOLE, Breach

NOBODY = 0
"""The server's position before a request has arrived."""

_BITS = 3  # the bits of each budget
_FAILURE, _LOSS, _COPY, _EARLY = (1 << place * _BITS for place in (3, 2, 1, 0))
_MOST = MOST_FAULTS
_BUDGETS = (1 << 4 * _BITS) - 1
_NETWORKS = MOST_NETWORKS - 1
_POSITIONS = MOST_POSITIONS - 1
_NETWORK = 4 * _BITS  # the first bit of the network's number
_SERVER = _NETWORK + _NETWORKS.bit_length()
_CLIENT = _SERVER + _POSITIONS.bit_length()
SIZE = _CLIENT + _POSITIONS.bit_length()  # bits of a state; Python hashes fewer than 61 the fastest

Next: TypeAlias = tuple[int, int, int]
"""The next state, the move to it, and the excess of DATA: more than its faults allow."""

ARRIVE, COPY, EXPIRE, SILENCE, ABORT = range(5)


@frozen
class Move:
    """One move, unpacked. `variant` chooses among the changes of the same event."""

    kind: int
    variant: int
    packet: int
    is_client: bool


def _packed(kind: int, variant: int, packet: int, is_client: bool) -> int:
    return kind | variant << 3 | is_client << 6 | packet << 7


def unpacked(move: int) -> Move:
    """Return the move of this number."""
    return Move(move & 7, move >> 3 & 7, move >> 7, bool(move >> 6 & 1))


class World:
    """One case, with everything known about its ends. `sessions` are the classes of the ends."""

    def __init__(self, case: Case, sessions: Sessions) -> None:
        self.case = case
        self.sessions = sessions
        self.book = Book()
        self.networks = Networks(self.book, CLIENT)
        self.client = Side("client", CLIENT, self.book, case)
        self.server = Side("server", SERVER, self.book, case)
        self.sender = self.client if case.verb == "put" else self.server
        self._fine: set[int] = set()
        self._all_failures = case.budgets.failures * _FAILURE

    def start(self) -> int:
        """Return the state in which the request has just been sent."""
        client = client_of(self.case, self.sessions)
        server = server_of(self.case, self.sessions, client.request)
        begun = self.server.begin(server)
        assert begun == NOBODY
        (opened,) = self.client.does(self.client.begin(client), Opened())
        left = self.case.budgets
        budget = left.losses * _LOSS + left.copies * _COPY + left.early * _EARLY
        budget += left.failures * _FAILURE
        if self.case.lead:
            return self._rolled(opened) << _NETWORK | budget
        network = self.networks.plus(EMPTY, opened.sent)
        return opened.position << _CLIENT | NOBODY << _SERVER | network << _NETWORK | budget

    def _rolled(self, opened: Change) -> int:
        """Return the state after a good opening and `lead` more blocks, without its budgets."""
        asked = self.server.hear(NOBODY, *opened.sent)[0]
        answered = self.client.hear(opened.position, *asked.sent)[0]
        lead = self.case.lead
        client = self.client.rolled(answered.position, lead)
        server = self.server.rolled(asked.position, lead)
        sent = tuple(self.book.rolled(packet, lead) for packet in answered.sent)
        network = self.networks.plus(EMPTY, sent)
        return (client << _CLIENT | server << _SERVER) >> _NETWORK | network

    def is_end(self, state: int) -> bool:
        """Return whether both sides have ended, or only the client if no server session began."""
        client, server = state >> _CLIENT, state >> _SERVER & _POSITIONS
        if not self.client.final[client]:
            return False
        is_unborn = server == NOBODY and not state >> _NETWORK & _NETWORKS
        return is_unborn or self.server.final[server]

    def nexts(self, state: int) -> list[Next]:
        """Return all that can happen in `state`. Raises `Breach` if a move breaks a rule."""
        client, server = state >> _CLIENT, state >> _SERVER & _POSITIONS
        network, budget = state >> _NETWORK & _NETWORKS, state & _BUDGETS
        found: list[Next] = []
        to_client, to_server = self.networks.arrivals(network)
        if to_client:
            self._arrive(found, True, (client, server), network, to_client, budget)
        if to_server:
            self._arrive(found, False, (server, client), network, to_server, budget)
        if self.client.waits[client]:
            self._expire(found, True, (client, server), network, budget)
        if self.server.waits[server]:
            self._expire(found, False, (server, client), network, budget)
        if budget >= _FAILURE:
            self._abort(found, True, (client, server), network, budget - _FAILURE)
            self._abort(found, False, (server, client), network, budget - _FAILURE)
        return found

    def _arrive(
        self,
        found: list[Next],
        is_client: bool,
        ends: tuple[int, int],
        network: int,
        arrivals: tuple[Arrival, ...],
        budget: int,
    ) -> None:
        mine, other = ends
        side, peer = (self.client, self.server) if is_client else (self.server, self.client)
        my_place, their_place = (_CLIENT, _SERVER) if is_client else (_SERVER, _CLIENT)
        is_deaf, window = peer.final[other], self.case.windowsize
        rest = other << their_place | budget
        copies = budget // _COPY & _MOST
        for packet, left, overtakes in arrivals:
            for variant, change in enumerate(side.hear(mine, packet)):
                if change.failures and budget < _FAILURE:
                    continue
                sent = () if is_deaf else change.sent
                state = (change.position << my_place | rest) - change.failures * _FAILURE
                excess = change.data - (2 * window if overtakes else 0)
                move = _packed(ARRIVE, variant, packet, is_client)
                after = self._after(left, sent, change.is_final, is_client)
                found.append((after << _NETWORK | state, move, excess))
                if copies and not change.is_final:
                    after = self._after(network, sent, change.is_final, is_client)
                    state = (after << _NETWORK | state) - _COPY
                    found.append((state, move + COPY - ARRIVE, excess - window))

    def _after(self, network: int, sent: Packets, is_final: bool, is_client: bool) -> int:
        after = self.networks.plus(network, sent)
        return self.networks.without(after, is_client) if is_final else after

    def _expire(
        self, found: list[Next], is_client: bool, ends: tuple[int, int], network: int, budget: int
    ) -> None:
        mine, other = ends
        side, peer = (self.client, self.server) if is_client else (self.server, self.client)
        changes = side.expire(mine)
        self._expire_early(found, is_client, ends, network, budget, changes)
        lost = self.networks.sizes[network]
        is_out_of_turn = peer.waits[other] and side.turn(mine) > peer.turn(other)
        left = budget - lost * _LOSS - is_out_of_turn
        if lost > (budget // _LOSS & _MOST) or is_out_of_turn > budget & _MOST:
            return
        changes = side.expire(side.aged(mine))
        quiet = (side, is_client, peer.aged(other), peer.final[other])
        for variant, change in enumerate(changes):
            state = self._expired(quiet, change, EMPTY, left)
            move = _packed(SILENCE, variant, 0, is_client)
            faults = lost + is_out_of_turn + change.is_fault
            found.append((state, move, change.data - self.case.windowsize * faults))

    def _expire_early(
        self,
        found: list[Next],
        is_client: bool,
        ends: tuple[int, int],
        network: int,
        budget: int,
        changes: tuple[Change, ...],
    ) -> None:
        """Add the early time-outs to `found`, and the ends of pauses, which are not faults."""
        other = ends[1]
        side, peer = (self.client, self.server) if is_client else (self.server, self.client)
        noisy = (side, is_client, other, peer.final[other])
        for variant, change in enumerate(changes):
            if change.moment > DUE or (change.is_fault and not budget & _MOST):
                continue
            state = self._expired(noisy, change, network, budget - change.is_fault)
            move = _packed(EXPIRE, variant, 0, is_client)
            excess = change.data - self.case.windowsize * change.is_fault
            found.append((state, move, excess))

    def _abort(
        self, found: list[Next], is_client: bool, ends: tuple[int, int], network: int, budget: int
    ) -> None:
        """Add to `found` the states after the user of one end aborts the transfer."""
        mine, other = ends
        side, peer = (self.client, self.server) if is_client else (self.server, self.client)
        if side.final[mine] or (mine == NOBODY and not is_client):
            return
        noisy = (side, is_client, other, peer.final[other])
        for variant, change in enumerate(side.abort(mine)):
            state = self._expired(noisy, change, network, budget)
            found.append((state, _packed(ABORT, variant, 0, is_client), change.data))

    def _expired(
        self, ends: tuple[Side, bool, int, bool], change: Change, network: int, budget: int
    ) -> int:
        _, is_client, other, is_deaf = ends
        my_place, their_place = (_CLIENT, _SERVER) if is_client else (_SERVER, _CLIENT)
        sent = () if is_deaf else change.sent
        after = self._after(network, sent, change.is_final, is_client)
        return change.position << my_place | other << their_place | after << _NETWORK | budget

    # -- What is checked in each state ------------------------------------------------------------

    def check(self, state: int) -> None:
        """Raise `Breach` if the outcomes of both sides contradict each other or the file."""
        pair = state >> _SERVER
        if pair not in self._fine:
            self._check_pair(pair >> _CLIENT - _SERVER, pair & _POSITIONS)
            self._fine.add(pair)

    def _check_pair(self, client: int, server: int) -> None:
        sides = {self.client: client, self.server: server}
        receiver = self.server if self.sender is self.client else self.client
        sent, got = sides[self.sender], sides[receiver]
        said, held = self.sender.outcomes[sent], receiver.outcomes[got]
        saved = receiver.positions[got].saved
        for who, outcome in ((self.sender, said), (receiver, held)):
            if outcome is Outcome.SUCCEEDED and not saved:
                how = sentence(
                    "the {end} says succeeded, but the receiver does not have the whole file",
                    end=END_WORDS[who.name],
                )
                raise Breach(WHOLE, how)
        if held is Outcome.SUCCEEDED and said not in _FITTING:
            raise Breach(BELIEFS, _known_to_the_receiver_alone(said))

    def check_end(self, state: int) -> tuple[Outcome | None, Outcome | None]:
        """Return the outcomes of client and server. Raises `Breach` if one fault ended it badly."""
        client = self.client.outcomes[state >> _CLIENT]
        server = self.server.outcomes[state >> _SERVER & _POSITIONS]
        ended_well = client is server is Outcome.SUCCEEDED or Outcome.RESTARTED in (client, server)
        faults = self.faults(state)
        if faults <= 1 and not ended_well and state & _BUDGETS >= self._all_failures:
            told = {"client": _said("client", client), "server": _said("server", server)}
            how = sentence("without a fault {client} and {server}", **told)
            if faults:
                how = sentence("after one fault {client} and {server}", **told)
            raise Breach(ONE_FAULT, how)
        return client, server

    def outcomes(self, state: int) -> dict[str, Outcome | None]:
        """Return the outcome that each side has told its user."""
        return {
            "client": self.client.outcomes[state >> _CLIENT],
            "server": self.server.outcomes[state >> _SERVER & _POSITIONS],
        }

    def breaking(self, state: int) -> int:
        """Return the move from `state` that raises `Breach`."""
        client, server = state >> _CLIENT, state >> _SERVER & _POSITIONS
        to_client, to_server = self.networks.arrivals(state >> _NETWORK & _NETWORKS)
        for side, position, is_client, arrivals in (
            (self.client, client, True, to_client),
            (self.server, server, False, to_server),
        ):
            for arrival in arrivals:
                if _raises(side.hear, position, arrival.packet):
                    return _packed(ARRIVE, 0, arrival.packet, is_client)
            if side.waits[position] and _raises(side.expire, position):
                return _packed(EXPIRE, 0, 0, is_client)
            if side.waits[position] and _raises(side.expire, side.aged(position)):
                return _packed(SILENCE, 0, 0, is_client)
        raise AssertionError("no move from here breaks a rule")

    def parts(self, state: int) -> tuple[Session, Session | None, tuple[bytes, ...]]:
        """Return the client's session, the server's session if it has begun, and the datagrams."""
        server = state >> _SERVER & _POSITIONS
        packets = self.networks.contents[state >> _NETWORK & _NETWORKS]
        return (
            self.client.positions[state >> _CLIENT].session,
            None if server == NOBODY else self.server.positions[server].session,
            tuple(self.book.datagrams[packet].octets for packet in packets),
        )

    def faults(self, state: int) -> int:
        """Return the number of faults up to this state."""
        left, all_of = state & _BUDGETS, self.case.budgets
        had = all_of.losses + all_of.copies + all_of.early
        spent = (left // _LOSS & _MOST) + (left // _COPY & _MOST) + (left & _MOST)
        return had - spent


# The outcomes that a sender may have when the receiver has the file.
_FITTING = (None, Outcome.SUCCEEDED, Outcome.UNKNOWN, Outcome.RESTARTED, Outcome.ABORTED)


def _said(end: str, outcome: Outcome | None) -> Sentence:
    who = END_WORDS[end]
    if outcome is None:
        return sentence("the {end} says nothing", end=who)
    return sentence("the {end} says {outcome}", end=who, outcome=outcome.value)


def _known_to_the_receiver_alone(said: Outcome | None) -> Sentence:
    if said is None:
        return sentence("the receiver has the file, and the sender says nothing")
    return sentence("the receiver has the file, and the sender says {outcome}", outcome=said.value)


def _raises(work_out: Callable[..., object], *of: int) -> bool:
    try:
        work_out(*of)
    except Breach:
        return True
    return False
