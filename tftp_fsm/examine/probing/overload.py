"""Signs that a server is slow or busy at times. A card names them; they change no verdict.

    overload.note(desk.talks, round_trip=0.02)
    overload.was_silent_at("mode-case")
    overload.at_times  # ("late", "silent")

A lost datagram of the network looks the same, so the sentences do not blame the server alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tftp_fsm.language import mark, sentence, sentence_n
from tftp_fsm.wire.headers import Opcode

if TYPE_CHECKING:
    from tftp_fsm.examine.probing.talk import Talk

LATE = 0.9  # seconds beside the round trip; after a second without an answer a client asks again
MOST_NAMED = 4  # checks
_REFUSING = mark(
    "The server refused some requests with an ERROR, and answered the same requests at another"
    " time. It is busy or full now and then."
)


class Overload:
    """Late answers, silences that ended, and refusals that did not last."""

    def __init__(self) -> None:
        self.is_refusing = False  # it has refused a request, and answered it at another time
        self._delays: list[float] = []  # seconds until the first answer to each request
        self._silences: list[str] = []  # the checks

    def note(self, talks: Iterable[Talk], round_trip: float) -> None:
        """Note how soon the server has answered the requests of these talks."""
        delays = [delay for delay in map(_delay, talks) if delay is not None]
        self._delays += [delay - round_trip for delay in delays]

    def was_silent_at(self, check: str) -> None:
        """Note that the server did not answer in this check, and answered later."""
        if check not in self._silences:
            self._silences.append(check)

    @property
    def at_times(self) -> tuple[str, ...]:
        """What the server was at times, in words for programs: `late`, `silent`, `refusing`."""
        signs = self._late, self._silences, self.is_refusing
        names = "late", "silent", "refusing"
        return tuple(name for name, sign in zip(names, signs, strict=True) if sign)

    def remarks(self) -> Iterator[str]:
        """Yield the same in sentences."""
        late = self._late
        if late:
            yield sentence_n(
                "{count} of {all} requests got its first answer after more than {seconds:g} s"
                " ({most:.1f} s). The server is slow or drops requests now and then.",
                "{count} of {all} requests got their first answers after more than {seconds:g} s"
                " (up to {most:.1f} s). The server is slow or drops requests.",
                len(late),
                all=len(self._delays),
                seconds=LATE,
                most=max(late),
            )
        if self._silences:
            yield sentence(
                "For a moment no answer came, and later the server answered again: see {checks}."
                " The server was busy or limits requests, or a datagram was lost.",
                checks=", ".join(self._silences[:MOST_NAMED]),
            )
        if self.is_refusing:
            yield _REFUSING

    @property
    def _late(self) -> list[float]:
        return [delay for delay in self._delays if delay > LATE]


def _delay(talk: Talk) -> float | None:
    """Return the seconds from the first request to its answer, or None if one of them is unknown.

    Of a long session only the last datagrams are kept.
    """
    heard = talk.heard()
    if not heard or talk.tap.seen[0].opcode not in (Opcode.RRQ, Opcode.WRQ):
        return None
    return heard[0].at - talk.began


def was_asked_again(talk: Talk) -> bool:
    """Return whether the request was sent again before its first answer came.

    Then the server may have two sessions. If both have one port, their answers cannot be told
    apart.
    """
    requests, heard = talk.sent(Opcode.RRQ) + talk.sent(Opcode.WRQ), talk.heard()
    again = [seen.at for seen in requests if seen.at - talk.began > LATE]
    return bool(heard and again) and min(again) < heard[0].at
