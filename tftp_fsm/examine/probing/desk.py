"""The desk of an examination: the server, the user's permissions, and the known facts."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from tftp_fsm.borders import brief
from tftp_fsm.examine.probing.overload import Overload
from tftp_fsm.examine.probing.shelf import Shelf, Written
from tftp_fsm.examine.probing.stranger import Stranger
from tftp_fsm.examine.probing.talk import QUIET, Answer, NoAnswer, Talk
from tftp_fsm.examine.probing.tap import Meter, Seen, Tap
from tftp_fsm.examine.probing.unrequested_options import Answered, answered, without_unasked
from tftp_fsm.examine.probing.watch import Watch
from tftp_fsm.examine.script import Rule, lose
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence_n
from tftp_fsm.protocol.roles import client_session
from tftp_fsm.protocol.timing import RTO_INITIAL, RetryPolicy
from tftp_fsm.transports.faults import LOST
from tftp_fsm.transports.protocol import Transport
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.options import PLAIN_BLKSIZE
from tftp_fsm.wire.packets import Pairs, Request, Rrq, Wrq, build

ANSWER = 2.5  # seconds to wait for an answer; after the first of them the request is sent again
SLOWER = 1.5  # times the delay of the first answer: a slow server is not asked again before this
RESUMED = 2.0  # seconds for our own retransmission, and for what it brings
TRIPS = 8  # the most round trips of a check, from its request on
EARLY = 0.9  # of a round trip: a datagram that comes sooner is no answer
OCTETS = 16 << 20  # the limit for all datagrams with their headers
OF_ONE = 1 << 20  # the limit for one session, unless a check sets a larger one
READ_MOST = 1 << 18  # octets of the file that are read to know its content
MOST_BLOCKS = 512  # of a transfer that has to reach its end
READING = 20.0  # seconds for a whole file
REQUESTS = 2  # of one session: the request, and once more if no answer comes or it is refused


@frozen
class Wishes:
    """The files that the user allows to read, and the one that may be written.

    `empty` is an empty file, and `long` one of 65,536 blocks. `patience` is the longest
    wait (seconds) for a silent server. `octets` limits the whole examination. `only` has names of
    checks: these checks, and those that they need, are made. Without it all checks are made.
    """

    name: bytes
    write: bytes | None = None
    empty: bytes | None = None
    long: bytes | None = None
    patience: float = 10.0
    octets: int = OCTETS
    only: tuple[str, ...] = ()


@frozen
class Stopped:
    """The end of a server: the check that met it, and the seconds of waiting for an answer.

    `is_closed`: the system said that no program listens there. Otherwise nothing came.
    """

    check: str
    waited: float
    is_closed: bool


class Known:
    """The facts that checks have found, for later checks."""

    def __init__(self) -> None:
        self.first: Address | None = None
        self.size: int | None = None  # of the whole file
        self.came = 0  # octets of the file, when it was read
        self.is_longer = False  # than was read of it
        self.content: bytes | None = None
        self.round_trip = 0.0
        self.delay = 0.0  # seconds from the first request to the first answer
        self.least_blksize: int | None = None
        self.most_blksize: int | None = None
        self.windowsize: int | None = None
        self.has_timeout = False
        self.taken: set[str] = set()  # options that were in an OACK, with any value
        self.shelf: Shelf = Shelf()


class Desk:
    """Opens talks with the server at `address`. `open_transport` gives each a separate TID.

    `others` are addresses of the same name, which are not examined.
    """

    def __init__(
        self,
        address: Address,
        wishes: Wishes,
        open_transport: Callable[[], Transport],
        watch: Watch | None = None,
        others: tuple[Address, ...] = (),
    ) -> None:
        self.address = address
        self.others = others
        self.wishes = wishes
        self.known: Known = Known()
        self.meter: Meter = Meter(wishes.octets)
        self.stopped: Stopped | None = None
        self.overload = Overload()
        self.began: float | None = None  # when the first transport was opened, on its clock
        self.now: Callable[[], float] = float  # the clock of the transports
        self._seconds = inf
        self._check_ends: float | None = None
        self._open = open_transport
        self._watch = watch
        self._taps: list[Tap] = []
        self._talks: list[Talk] = []  # of this check
        self._writes: list[tuple[int, Talk]] = []  # octets, and the talk that has written them
        self._is_doubted = False
        self._answers: dict[Pairs, Answer] = {}
        self._before: dict[Pairs, Answer] = {}

    def begin(self, seconds: float) -> None:
        """Limit the time of the next step to this many seconds."""
        self._seconds, self._check_ends = seconds, None

    def begin_check(self, seconds: float, *, again: bool = False) -> None:
        """Begin a check. If it is made `again`, only unanswered and refused requests are sent."""
        self.begin(seconds)
        self._talks, self._is_doubted = [], False
        self._before = self._answers if again else {}
        self._answers = dict(self._before)

    @property
    def talks(self) -> tuple[Talk, ...]:
        """The talks of this check so far."""
        return tuple(self._talks)

    @property
    def met_silence(self) -> bool:
        """Return whether the server fell silent in this check, or a datagram may be lost."""
        return self._is_doubted or self.fell_silent

    @property
    def fell_silent(self) -> bool:
        """Return whether the server fell silent in this check."""
        return any(talk.fell_silent for talk in self._talks)

    def doubt(self) -> None:
        """Have the check made once more: one lost datagram may explain what was seen."""
        self._is_doubted = True

    @property
    def was_cut(self) -> bool:
        """Return whether the end of the check ended a wait too soon."""
        return any(talk.was_cut for talk in self._talks)

    @property
    def met_no_answer(self) -> bool:
        """Return whether a request of this check got no answer."""
        return any(not talk.heard() for talk in self._talks)

    @property
    def met_refusal(self) -> bool:
        """Return whether an ERROR came in this check that a busy or full server sends."""
        return any(talk.was_refused_for_now for talk in self._talks)

    @property
    def is_answered_elsewhere(self) -> bool:
        """Return whether only another address answered than the one that was asked."""
        first = self.known.first
        return first is not None and first[0] != self.address[0] and not self.known.came

    @property
    def answer(self) -> float:
        """Seconds to wait for an answer to a request. A server that began slowly may stay so."""
        return min(ANSWER * self._slowness, self.wishes.patience) + self.trips

    @property
    def is_slow(self) -> bool:
        """Return whether the first answer came so late that the request had been sent again."""
        return self.known.delay > RTO_INITIAL

    @property
    def resumed(self) -> float:
        """Seconds in which our own retransmission lets a session go on.

        Our first RTO is up to three times as long as the first answer took (RFC 6298 section 2).
        """
        return RESUMED + 3 * self.known.delay + self.trips

    @property
    def trips(self) -> float:
        """Seconds that the datagrams of a check are on their way."""
        return TRIPS * self.known.round_trip

    @property
    def _slowness(self) -> float:
        """How many times longer than usual a request waits until it is sent again.

        A slow server would otherwise begin two sessions for each request.
        """
        return max(1.0, SLOWER * self.known.delay / RTO_INITIAL)

    def can_answer(self, heard: Seen, sent: Seen) -> bool:
        """Return whether `heard` may answer `sent`. If it came sooner, it was on its way before."""
        return heard.at - sent.at >= EARLY * self.known.round_trip

    @property
    def quiet(self) -> float:
        """Seconds after which no answer to our packets is under way any more."""
        return QUIET + 3 * self.known.round_trip

    def read(
        self,
        options: Pairs = (),
        *rules: Rule,
        mode: str = "octet",
        name: bytes | None = None,
        most: int = OF_ONE,
    ) -> Talk:
        """Return a talk that reads the file, or the file `name`."""
        request = Rrq(self.wishes.name if name is None else name, mode, options)
        return self._of_check(self._talk(request, rules, most))

    def write(self, content: bytes, options: Pairs = (), *rules: Rule, most: int = OF_ONE) -> Talk:
        """Return a talk that writes the writable file."""
        assert self.wishes.write is not None, "nothing may be written"
        talk = self._talk(Wrq(self.wishes.write, "octet", options), rules, most, content)
        self._writes.append((len(content), talk))
        return self._of_check(talk)

    @property
    def written(self) -> Written | None:
        """What the server has taken of the last file that it began to take."""
        for size, talk in reversed(self._writes):
            if talk.heard(Opcode.ACK) or talk.heard(Opcode.OACK):
                return Written(size, talk.succeeded or _is_last_acknowledged(talk, size))
        return None

    def sign(self) -> Talk:
        """Return a talk that reads the file only to see whether the server answers."""
        return self._talk(Rrq(self.wishes.name, "octet"), (), OF_ONE)

    def wait(self, seconds: float) -> None:
        """Let this number of seconds pass without sending."""
        with self.stranger() as nobody:
            nobody.hear(seconds)

    def first_answer(self, options: Pairs) -> Answer:
        """Return the answer to a request with these options. It is not acknowledged.

        After an ERROR the session would ask again without options. The script loses that request.
        """
        if options in self._before:
            return self._before[options]
        request = Rrq(self.wishes.name, "octet", options)
        plain = Rule(Opcode.RRQ, LOST, times=None, unlike=build(request))
        with self.read(options, plain, lose(Opcode.ACK, times=None)) as talk:
            talk.run(self.answer, until=talk.heard)
            answer = talk.answer()
        if answer is not NoAnswer.SILENCE and not talk.was_refused_for_now:
            self._answers[options] = answer
        return answer

    def stranger(self) -> Stranger:
        """Return a stranger with another TID than that of a talk."""
        tap = Tap(self._open(), self.meter, OF_ONE)
        return Stranger(tap, self._end_of(tap), self._watch)

    def _talk(
        self, request: Request, rules: tuple[Rule, ...], most: int, content: bytes | None = None
    ) -> Talk:
        first = RTO_INITIAL * self._slowness
        policy = RetryPolicy(initial_rto=first, patience=3600.0, dally=self.wishes.patience)
        size = 0 if content is None else len(content)
        session = client_session(request, self.address, policy, size=size)
        tap = Tap(self._open(), self.meter, most)
        kind = Opcode.RRQ if isinstance(request, Rrq) else Opcode.WRQ
        courteous = lose(kind, first=REQUESTS + 1, times=None)
        rules = (courteous, *rules)
        if request.options:
            rules += (without_unasked(request.options),)
        return Talk(session, tap, rules, self._end_of(tap), content, self._watch)

    def _of_check(self, talk: Talk) -> Talk:
        self._talks.append(talk)
        self._taps.append(talk.tap)
        return talk

    def _end_of(self, tap: Tap) -> float:
        """Return the time at which the check ends. It begins with its first talk."""
        self.now = tap.now
        if self.began is None:
            self.began = tap.now()
        if self._check_ends is None:
            self._check_ends = tap.now() + self._seconds
        return self._check_ends

    def oacks(self) -> list[Answered]:
        """Return the first OACK of each session so far."""
        found = (answered(tap.seen) for tap in self._taps)
        return [one for one in found if one is not None]

    def ports(self) -> list[int]:
        """Return the port of each session, in order. An ERROR to a request is not a session."""
        firsts = (next(filter(is_of_session, tap.seen), None) for tap in self._taps)
        return [seen.peer[1] for seen in firsts if seen is not None]

    def cut(self, blocks: int) -> Pairs | None:
        """Return options for at least `blocks` blocks, or None if the file is too short."""
        size, least = self.known.size, self.known.least_blksize
        if size is None or size // PLAIN_BLKSIZE + 1 >= blocks:
            return ()
        if least is not None and size // least + 1 >= blocks:
            return (("blksize", str(least)),)
        return None

    def too_short(self, blocks: int) -> str:
        """Return the reason why `cut` has found no options."""
        least = self.known.least_blksize or PLAIN_BLKSIZE
        return sentence_n(
            "the file has {count} octet, and this check needs one of {least:,} octets or more:"
            " tftp-fsm probe {where} LONGER",
            "the file has {count} octets, and this check needs one of {least:,} octets or more:"
            " tftp-fsm probe {where} LONGER",
            self.known.size or 0,
            least=(blocks - 1) * least,
            where=where(self.address),
        )


def _is_last_acknowledged(talk: Talk, size: int) -> bool:
    """Also if the script has kept this ACK from our session."""
    last = size // talk.session.blksize + 1
    return bool(talk.sent(Opcode.DATA, last) and talk.heard(Opcode.ACK, last))


def where(address: Address) -> str:
    """The address as the command line has it."""
    host, port = brief(address[0]), address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_of_session(seen: Seen) -> bool:
    """Return whether a session of the server has sent this. An ERROR to a request has none."""
    return seen.direction == "received" and seen.opcode in (Opcode.DATA, Opcode.ACK, Opcode.OACK)
