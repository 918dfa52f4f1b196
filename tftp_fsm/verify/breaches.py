"""How one end of a transfer breaks a rule, in words."""

from __future__ import annotations

from tftp_fsm.language import sentence
from tftp_fsm.verify.case import END_WORDS
from tftp_fsm.verify.rules import NO_EXCEPTION, PREFIX, SAVED_FIRST, WHOLE, Breach


def has_raised(end: str, raised: Exception) -> Breach:
    """The session of this end raised an exception."""
    how = sentence(
        "{end} raised {kind}: {raised}",
        end=END_WORDS[end],
        kind=type(raised).__name__,
        raised=str(raised),
    )
    return Breach(NO_EXCEPTION, how)


def is_no_prefix(end: str, octets: int) -> Breach:
    """This end has delivered so many octets, and they are not those of the file."""
    how = sentence(
        "{end} has {octets} octets that are not the first ones of the file",
        end=END_WORDS[end],
        octets=octets,
    )
    return Breach(PREFIX, how)


def is_not_saved_first(end: str) -> Breach:
    """This end sends the final ACK too early."""
    how = sentence("{end} acknowledges the file before it is saved", end=END_WORDS[end])
    return Breach(SAVED_FIRST, how)


def is_not_whole(end: str, octets: int, size: int) -> Breach:
    """This end has saved so many octets of a file of `size` octets, or wrong ones."""
    how = sentence(
        "{end} saved {octets} octets of {size} as the file",
        end=END_WORDS[end],
        octets=octets,
        size=size,
    )
    return Breach(WHOLE, how)
