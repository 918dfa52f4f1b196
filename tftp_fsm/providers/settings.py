"""Check the configuration of a server's providers without importing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias
from urllib.parse import SplitResult, urlsplit

from tftp_fsm.borders import brief
from tftp_fsm.language import sentence

Function: TypeAlias = Callable[[Any], Any]
"""A function that is called with a request (`Asked`) and returns an answer."""


class Names(Protocol):
    """The rules for names: see `maps.map.Map`."""

    def apply(self, asked: Any, has: Callable[[bytes], bool] = ..., /) -> Any:
        """Return the name that the rules make of the name in a request."""


def functions_of(provider: Any) -> tuple[Function, Function]:
    """Return the functions for reads and for writes. ValueError: this is no provider."""
    read, write = (getattr(provider, name, None) for name in ("open_read", "open_write"))
    if callable(read) or callable(write):
        return read or _next, write or _next
    if not callable(provider):
        raise ValueError(
            sentence("provider is not a function, and has neither open_read nor open_write")
        )
    return provider, provider


def _next(asked: object) -> None:
    return None


def parse_url(url: str) -> SplitResult:
    """Parse the URL. The path of the result ends with a slash. Raises ValueError."""
    parts = urlsplit(url)
    shown = brief(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            sentence("proxy must be a URL such as http://host/path/, not {url}", url=shown)
        )
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError(
            sentence("proxy must be a URL without user, query and fragment, not {url}", url=shown)
        )
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise ValueError(sentence("proxy must be a URL of printable ASCII, not {url}", url=shown))
    _ = parts.port  # ValueError: out of range
    return parts._replace(path=parts.path.rstrip("/") + "/")
