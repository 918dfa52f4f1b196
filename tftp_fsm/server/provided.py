"""The file of a session from what a provider answers, in its form on the wire."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, cast

from tftp_fsm.borders import brief
from tftp_fsm.errors import LocalError
from tftp_fsm.storage.failures import known_code, local_error
from tftp_fsm.storage.netascii import NetasciiSource, for_wire
from tftp_fsm.storage.protocols import Sink, Source
from tftp_fsm.storage.served.jail import COUNTED_AT_ONCE
from tftp_fsm.storage.served.names import name_text
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Request, Rrq

if TYPE_CHECKING:
    from tftp_fsm.providers.asked import Denial, Provider


def provided(
    provider: Provider, request: Request, peer: Address, local: str | None
) -> tuple[Source | None, Sink | None]:
    """Return the file of `provider` for a request, in its form on the wire. Raises LocalError."""
    from tftp_fsm.providers.asked import Asked, Denial

    is_read = isinstance(request, Rrq)
    name, options = request.filename, request.options
    asked = Asked("RRQ" if is_read else "WRQ", name, request.mode, options, peer, local)
    answer = provider.open_read(asked) if is_read else provider.open_write(asked)
    if isinstance(answer, Denial):
        raise _denied(answer)
    if answer is None:
        what = "cannot read" if is_read else "cannot write"
        raise local_error(FileNotFoundError(errno.ENOENT, ""), what, name_text(name))
    netascii = request.mode.lower() == "netascii"
    if is_read:
        source = cast(Source, answer)  # `Guarded` has checked the answer of a user's provider
        return (NetasciiSource(source, COUNTED_AT_ONCE) if netascii else source), None
    return None, for_wire(cast(Sink, answer), asked.size, netascii)


def _denied(denial: Denial) -> LocalError:
    """Return the error for a denial. A user's code may have chosen its words and its code."""
    why = brief(str(denial.why)) or "refused"
    return LocalError(why, known_code(denial.code), told=why)
