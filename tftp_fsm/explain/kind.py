"""What findings of one kind have in common.

A *departure* is a packet that the rules do not allow at this point. A *trouble* is a transfer that
went wrong though no rule is known to be broken. A *note* is what a bad network does to a good
transfer, or what is odd and allowed. A departure may be a *guess* (see `findings`): what the
network or a hole in the capture explains as well.
"""

from __future__ import annotations

from typing import Literal

from tftp_fsm.frozen import frozen

Severity = Literal["departure", "trouble", "guess", "note"]


@frozen
class Kind:
    """A kind of finding. `title` is a sentence, `cause` what usually causes it."""

    severity: Severity
    title: str
    rfc: str
    cause: str
