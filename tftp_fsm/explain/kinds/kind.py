"""The common properties of one kind of findings.

A *departure* is a packet that the rules do not allow at this point. A *trouble* is a transfer that
went wrong although no rule is known to be broken. A *note* is an effect of a bad network, or
something odd but allowed. A departure is only a *guess* (see `findings`) if the network or a hole
in the capture may explain it, too.
"""

from __future__ import annotations

from typing import Literal

from tftp_fsm.frozen import frozen

Severity = Literal["departure", "trouble", "guess", "note"]


@frozen
class Kind:
    """A kind of finding. `title` is a sentence, and `cause` is the usual cause."""

    severity: Severity
    title: str
    rfc: str
    cause: str
