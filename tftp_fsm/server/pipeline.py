"""The provider of a server: it asks the parts that the configuration names, in this order.

1. `map` changes the name of the request, or refuses it.
2. `provider` is asked for the changed name.
3. Then come the files of the served directory, of `root_per_client` and of `templates`.
4. `proxy` is asked for a file that is not there.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, cast

from tftp_fsm.borders import brief
from tftp_fsm.errors import LocalError
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.storage.failures import known_code, local_error
from tftp_fsm.storage.netascii import NetasciiSource, for_wire
from tftp_fsm.storage.protocols import Sink, Source
from tftp_fsm.storage.served.jail import COUNTED_AT_ONCE, ServedRoot
from tftp_fsm.storage.served.names import name_text
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Request, Rrq

if TYPE_CHECKING:
    from tftp_fsm.providers.asked import Denial, Provider


def pipeline(config: ServerConfig, root: ServedRoot) -> Provider | None:
    """Return the provider for all requests, or None if only the files of `root` are served."""
    if not config.is_provided:
        return None
    from tftp_fsm.providers.parts import ByClient, Chain, Directory, Mapped

    files: Provider = Chain(Directory(root), *_templates(config, root))
    if config.root_per_client is not None:
        files = ByClient(config.root_per_client, root, files)
    found: Provider = Chain(*_own(config), files, *_proxy(config))
    return found if config.map is None else Mapped(config.map, found, root)


def _templates(config: ServerConfig, root: ServedRoot) -> list[Provider]:
    if not config.templates:
        return []
    from tftp_fsm.providers.templates import Templates

    return [Templates(root)]


def _own(config: ServerConfig) -> list[Provider]:
    if config.provider is None:
        return []
    from tftp_fsm.providers.guarded import Guarded

    made: Any = config.provider  # `ServerConfig` has checked it
    return [Guarded(made, config.provider_timeout, config.provider_max_size)]


def _proxy(config: ServerConfig) -> list[Provider]:
    if config.proxy is None:
        return []
    from tftp_fsm.providers.proxy import Proxy

    return [Proxy(config.proxy, config.provider_timeout, config.provider_max_size)]


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
