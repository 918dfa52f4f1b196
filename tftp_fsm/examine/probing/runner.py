"""Make the checks one after the other, within the limits that were announced first.

If the server was silent in a check, it is asked for a sign of life. If it is gone, this check and
the later ones are not examined. If it only paused, or if the silence is a departure, the check is
made once more: a datagram may have been lost, and many servers limit the rate of requests.

The same holds if a request was refused with an ERROR that a busy server sends, and for each
departure of a slow server: its answer may have come after the check had ended.
"""

from __future__ import annotations

from math import fsum, gcd, inf

from tftp_fsm.errors import TftpError
from tftp_fsm.examine.checks import Finding, Verdict, departed, fault, not_examined
from tftp_fsm.examine.probing.desk import Desk, Stopped
from tftp_fsm.examine.probing.examination import CannotExamine, Examination
from tftp_fsm.examine.probing.life import FIRST_PAUSE, Life, life_of
from tftp_fsm.examine.probing.overload import was_asked_again
from tftp_fsm.examine.probing.refusals import Refusals
from tftp_fsm.examine.probing.repeated import Repeated
from tftp_fsm.examine.probing.tap import Flood, Spent
from tftp_fsm.language import mark, sentence

OWN = 1.0  # seconds of a check for what this program itself takes
SPARE_REQUESTS = 30  # to wait for a server that pauses, and to make checks once more
SPARE_SECONDS = 60.0  # and as often as this may a whole patience pass:
SPARE_PATIENCE = 2
# These look only at the first answer to a request, from any port or address.
OF_ANSWERS = frozenset(
    {"read", "answer-address", "missing-file", "unknown-mode", "unknown-option", "port"}
)
ELSEWHERE = mark(
    "tftp-fsm does not follow an answer from another address: see the check answer-address"
)
PAUSES = mark(
    "the server answers nothing for a while, and then answers again: make this check alone with"
    " --only"
)
BUSY = mark(
    "the server refuses a request for a while, and then answers again: make this check alone with"
    " --only"
)
LATE = mark(
    "the server answered so late that the request was sent twice: make this check alone with --only"
)
REFUSES = mark("the server refuses now what it has sent before: examine it when it is not busy")
UNREPEATED = mark("no request is left to see this a second time: make this check alone with --only")
UNPROVED = mark("no answer came, and no request is left to see whether the server still answers")

TOO_SLOW = mark("the server is slow, and the time for this check was over before its answer")


class Runner:
    """Makes `examinations` at a desk. The server must answer the `first` of them.

    `spare` of the `requests` are for silences.
    """

    def __init__(
        self, desk: Desk, examinations: tuple[Examination, ...], first: Examination
    ) -> None:
        self.examinations = examinations
        self._desk = desk
        self._first = first
        self.spare: int = SPARE_REQUESTS + sum(one.requests > 0 for one in examinations)
        self.requests: int = sum(one.requests for one in examinations) + self.spare
        self.seconds: float = (
            self._most(examinations, desk.answer)
            + SPARE_SECONDS
            + SPARE_PATIENCE * desk.wishes.patience
        )
        self._rest = examinations
        self._announced: float = desk.answer  # later a slow server may be awaited longer
        self._repeated = Repeated()
        self._has_paused = False
        self._overload = desk.overload
        self._refusals = Refusals()
        self._refuses_for_good = False
        self._looks: list[int] = []  # requests so far, whenever the present check was made

    def finding(self, examination: Examination) -> Finding:
        """Make the next check. A fault that an earlier check has found is not reported again."""
        return self._repeated.once(examination.check.name, self._found(examination))

    def _found(self, examination: Examination) -> Finding:
        self._rest = self._rest[1:]
        if not examination.requests:
            return self._made(examination)
        if self._desk.stopped is not None:
            return not_examined(_stopped(self._desk.stopped))
        if self._desk.is_answered_elsewhere and examination.check.name not in OF_ANSWERS:
            return not_examined(ELSEWHERE)
        if self._left() < self._time_of(examination):
            return not_examined(mark("the time limit of the examination is over"))
        self._looks = []
        return self._proved(examination, self._begun(examination))

    def _proved(self, examination: Examination, found: Finding) -> Finding:
        """Return the finding of a check that can be trusted, after a second check if needed.

        If the server is known to pause, or a request was refused, there may be a third check.
        """
        desk, name = self._desk, examination.check.name
        repeats = 0
        while self._needs_second_look(examination, found):
            was_silent, was_refused, since = desk.met_silence, desk.met_refusal, desk.now()
            fell_silent = desk.fell_silent
            life = life_of(desk, self._may)
            if was_refused and repeats and life is Life.THERE:
                life = self._shifted()
            if life in (Life.SILENT, Life.CLOSED):
                desk.stopped = Stopped(name, desk.now() - since, life is Life.CLOSED)
                return not_examined(_stopped(desk.stopped))
            if life is Life.REFUSES:
                return not_examined(REFUSES)
            if life is Life.BACK:
                self._note_pause(name, was_silent=was_silent, was_refused=was_refused)
            is_doubtful = found.verdict is Verdict.DEPARTED or desk.met_no_answer or was_refused
            if life is Life.UNKNOWN or not (is_doubtful or life is Life.BACK):
                return _after_silence(found, life) if was_silent else _unrepeated(found)
            repeats += 1
            may_refuse = was_refused and not self._refuses_for_good
            is_over = repeats > (2 if self._has_paused or may_refuse else 1)
            if is_over or not self._may_repeat(examination):
                if was_silent:
                    if desk.met_no_answer and (self._has_paused or desk.is_slow):
                        return not_examined(PAUSES if self._has_paused else TOO_SLOW)
                    return _after_silence(found, life)
                if was_refused:
                    return self._after_refusal(found, repeats)
                if self._met_late(examination) and not desk.is_slow:
                    return not_examined(LATE)
                return found if is_over else _unrepeated(found)
            found = self._made(examination, again=True)
            if fell_silent and not desk.fell_silent:
                self._overload.was_silent_at(name)
        return found

    def _note_pause(self, check: str, *, was_silent: bool, was_refused: bool) -> None:
        """Note that the server did not answer, or refused a request, and answers again."""
        self._has_paused |= was_silent
        self._refusals.is_busy |= was_refused
        self._overload.is_refusing = self._refusals.is_busy
        if was_silent:
            self._overload.was_silent_at(check)

    def _shifted(self) -> Life:
        """Ask for the file until a server that refuses each nth request would refuse another one.

        If the distance between the second and the third look has no divisor of that between the
        first and the second one, no n explains three refusals of the same request.
        """
        life, (first, second, *_) = Life.THERE, self._looks
        while life is Life.THERE and gcd(second - first, self._desk.meter.requests - second) > 1:
            life = life_of(self._desk, self._may)
        return life

    def _after_refusal(self, found: Finding, times: int) -> Finding:
        """Return the finding of a check in which requests were refused so many times.

        It stands only if each of them was refused each time, and the server has answered no
        request that it refused at another time.
        """
        if found.verdict is Verdict.NOT_EXAMINED:
            return found
        is_steady = times > 1 and self._refusals.times(self._desk.talks) >= times
        is_busy = self._refusals.is_busy
        if is_busy or not is_steady:
            return not_examined(BUSY) if is_busy else _unrepeated(found)
        self._refuses_for_good = True
        return found

    def _needs_second_look(self, examination: Examination, found: Finding) -> bool:
        """Return whether the finding may come from a pause, or from a busy or slow server."""
        desk, verdict = self._desk, found.verdict
        is_refused = desk.met_refusal and verdict is not Verdict.KEPT
        is_late = desk.is_slow or self._met_late(examination)
        return desk.met_silence or is_refused or (is_late and verdict is Verdict.DEPARTED)

    def _met_late(self, examination: Examination) -> bool:
        """Return whether a request was sent twice, and the check looks at what came later."""
        is_of_later = examination.check.name not in OF_ANSWERS
        return is_of_later and any(map(was_asked_again, self._desk.talks))

    def _begun(self, examination: Examination) -> Finding:
        """Make a check. If a busy server refuses the first request of all, ask once more."""
        try:
            return self._made(examination)
        except CannotExamine:
            if not self._desk.met_refusal or not self._may_repeat(examination):
                raise
        self._desk.begin(FIRST_PAUSE)
        self._desk.wait(FIRST_PAUSE)
        return self._made(examination)

    # -- Limits -----------------------------------------------------------------------------------

    def _may_repeat(self, examination: Examination) -> bool:
        return self._may(examination.requests, self._time_of(examination))

    def _may(self, requests: int, seconds: float) -> bool:
        """Return whether the limits allow this beside the later checks. If so, count it."""
        later = self._most(self._rest, self._announced)
        if requests > self.spare or seconds > self._left() - later:
            return False
        self.spare -= requests
        return True

    def _left(self) -> float:
        """Return the seconds that are left of those that were announced first."""
        began = self._desk.began
        return inf if began is None else began + self.seconds - self._desk.now()

    def _most(self, examinations: tuple[Examination, ...], answer: float) -> float:
        """Return the longest time of these checks, if each answer comes within `answer`."""
        wishes = self._desk.wishes
        return fsum(one.most_seconds(wishes, answer) + OWN for one in examinations)

    def _time_of(self, examination: Examination) -> float:
        """Return the longest time of this check with this server."""
        return self._most((examination,), self._desk.answer)

    # -- One check --------------------------------------------------------------------------------

    def _made(self, examination: Examination, *, again: bool = False) -> Finding:
        """Make one check. A fault of this program ends this check only.

        An OSError comes from our own output if its reader has gone, never from the network.
        """
        desk = self._desk
        self._looks.append(desk.meter.requests)
        desk.begin_check(min(self._time_of(examination), self._left()), again=again)
        try:
            if examination.requests and desk.meter.is_spent:
                raise Spent
            found = examination.examine(desk)
            self._refusals.note(desk.talks)
            self._overload.is_refusing = self._refusals.is_busy
            self._overload.note(desk.talks, desk.known.round_trip)
            is_cut = found.verdict is Verdict.DEPARTED and desk.was_cut
            return not_examined(TOO_SLOW) if is_cut else found
        except Flood as flood:
            return departed(str(flood))
        except Spent:
            spent = sentence("{limit}: give more with --octets", limit=desk.meter.limit)
            return not_examined(spent)
        except CannotExamine as failed:
            if again:
                return not_examined(str(failed))
            raise
        except TftpError as failed:
            if examination is self._first and not again:
                raise CannotExamine(str(failed)) from None
            return not_examined(str(failed))
        except OSError:
            raise
        except Exception as failed:
            return fault(failed)


def _after_silence(found: Finding, life: Life) -> Finding:
    if life is Life.THERE:
        return found
    if life is Life.BACK:
        return not_examined(PAUSES)
    return found if found.verdict is Verdict.NOT_EXAMINED else not_examined(UNPROVED)


def _unrepeated(found: Finding) -> Finding:
    """Return the finding of a check that could not be made again. It proves nothing."""
    return found if found.verdict is Verdict.NOT_EXAMINED else not_examined(UNREPEATED)


def _stopped(stopped: Stopped) -> str:
    if stopped.is_closed:
        return sentence(
            "the server has ended: no program listens at its port since the check {check}",
            check=stopped.check,
        )
    return sentence("the server stopped answering at the check {check}", check=stopped.check)
