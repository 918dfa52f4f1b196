"""What the configuration of a server may say of its providers, checked without importing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias
from urllib.parse import SplitResult, urlsplit

from tftp_fsm.borders import brief
from tftp_fsm.language import sentence

Function: TypeAlias = Callable[[Any], Any]
"""Is called with what a client has asked (`Asked`), and returns an answer."""


class Names(Protocol):
    """The rules for names: see `maps.map.Map`."""

    def apply(self, asked: Any, has: Callable[[bytes], bool] = ..., /) -> Any:
        """The name that the rules make of that of a request."""


def functions_of(provider: Any) -> tuple[Function, Function]:
    read, write = (getattr(provider, name, None) for name in ("open_read", "open_write"))
    if callable(read) or callable(write):
        return read or _next, write or _next
    if not callable(provider):
        raise ValueError(
            sentence("provider is no function, and has neither open_read nor open_write")
        )
    return provider, provider


def _next(asked: object) -> None:
    return None


def check_provider(provider: object) -> None:
    """Raise ValueError if this is no provider."""
    functions_of(provider)


def parse_url(url: str) -> SplitResult:
    """The parts of the URL, whose path ends with a slash. Raises ValueError."""
    parts = urlsplit(url)
    shown = brief(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(sentence("proxy is a URL such as http://host/path/, not {url}", url=shown))
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError(
            sentence("proxy is a URL without user, query and fragment, not {url}", url=shown)
        )
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise ValueError(sentence("proxy is a URL of printable ASCII, not {url}", url=shown))
    _ = parts.port  # ValueError: out of range
    return parts._replace(path=parts.path.rstrip("/") + "/")
