"""The `Breach` errors of one end of a transfer, each with its words."""

from __future__ import annotations

from tftp_fsm.language import sentence
from tftp_fsm.verify.case import END_WORDS
from tftp_fsm.verify.rules import NO_EXCEPTION, PREFIX, SAVED_FIRST, WHOLE, Breach


def has_raised(end: str, raised: Exception) -> Breach:
    """Return the `Breach` for an exception that the session of this end has raised."""
    how = sentence(
        "{end} raised {kind}: {raised}",
        end=END_WORDS[end],
        kind=type(raised).__name__,
        raised=str(raised),
    )
    return Breach(NO_EXCEPTION, how)


def is_no_prefix(end: str, octets: int) -> Breach:
    """Return the `Breach` for `octets` delivered octets that are not the first of the file."""
    how = sentence(
        "{end} has {octets} octets that are not the first ones of the file",
        end=END_WORDS[end],
        octets=octets,
    )
    return Breach(PREFIX, how)


def is_not_saved_first(end: str) -> Breach:
    """Return the `Breach` for a final ACK that this end sends before the file is saved."""
    how = sentence("{end} acknowledges the file before it is saved", end=END_WORDS[end])
    return Breach(SAVED_FIRST, how)


def is_not_whole(end: str, octets: int, size: int) -> Breach:
    """Return the `Breach` for saving `octets` octets that are not the file of `size` octets."""
    how = sentence(
        "{end} saved {octets} octets of {size} as the file",
        end=END_WORDS[end],
        octets=octets,
        size=size,
    )
    return Breach(WHOLE, how)
