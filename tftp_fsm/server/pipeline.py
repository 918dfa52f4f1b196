"""The provider of a server: it asks the parts that the configuration names, in this order.

1. `map` changes the name of the request, or refuses it.
2. `provider` is asked for the changed name.
3. Then come the files of the served directory, of `root_per_client` and of `templates`.
4. `proxy` is asked for a file that is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tftp_fsm.server.config import ServerConfig
from tftp_fsm.storage.served.jail import ServedRoot

if TYPE_CHECKING:
    from tftp_fsm.providers.asked import Provider


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
