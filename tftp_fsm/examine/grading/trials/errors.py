"""Trials with ERROR as the answer to the request, and in the middle of a file, for both verbs."""

from __future__ import annotations

from tftp_fsm.examine.grading import meanings
from tftp_fsm.examine.grading.judges import is_silent_after_error
from tftp_fsm.examine.grading.trial import BLOCK, Facts, Trial, Twist, Verb, asks, trial
from tftp_fsm.examine.script import lose
from tftp_fsm.language import mark, sentence
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import ErrorCode, Request

FAILS_AT = 2 * BLOCK  # octets
SILENT = 6.0  # seconds in which the client should say nothing; a usual time-out is five


def _missing(request: Request) -> ErrorCode | None:
    return ErrorCode.FILE_NOT_FOUND


def _exists(request: Request) -> ErrorCode | None:
    return ErrorCode.FILE_EXISTS


def _without_last_ack(facts: Facts) -> Twist:
    """Return a network that loses the ACK before the disk fails."""
    return Twist((lose(Opcode.ACK, FAILS_AT // facts.blksize + 1),))


def _for(verb: Verb) -> tuple[Trial, ...]:
    prefix = "" if verb == "get" else "put-"
    code = mark("ERROR 1 (file not found)") if verb == "get" else mark("ERROR 6 (file exists)")
    last = "DATA 2" if verb == "get" else "ACK 2"
    return (
        trial(
            verb,
            asks(
                is_silent_after_error,
                f"{prefix}error",
                mark("The request is answered by ERROR"),
                code,
                mark("an ERROR ends the transfer; it is not acknowledged, and not answered"),
                "RFC 1350 section 7",
                meanings.ERRORS,
                1,
            ),
            refuses=_missing if verb == "get" else _exists,
            linger=SILENT,
            ends="badly",
        ),
        trial(
            verb,
            asks(
                is_silent_after_error,
                f"{prefix}error-middle",
                mark("An ERROR in the middle of the file"),
                sentence(
                    "ERROR after {last}, because the disk of the server has failed", last=last
                ),
                mark("an ERROR ends the transfer; it is not acknowledged, and not answered"),
                "RFC 1350 section 7",
                meanings.GONE,
                1,
            ),
            twist=_without_last_ack,
            fails_at=FAILS_AT,
            linger=SILENT,
            ends="badly",
        ),
    )


GETS = _for("get")
PUTS = _for("put")
