"""TFTP URLs (RFC 3617): `tftp://host[:port]/name[;mode=netascii]`.

    url = parse_url("tftp://[fe80::1%25eth0]:6969/boot%2Fx.img;mode=octet")
    url.host, url.port, url.name, url.mode     # 'fe80::1%eth0', 6969, b'boot/x.img', 'octet'

The first slash is not part of the name. If the name itself begins with a slash, the URL has two.
The RFC has no port, but it is in common use. A percent escape is one octet, and all other
characters are UTF-8.
"""

from __future__ import annotations

import re

from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.wire.packets import WELL_KNOWN_PORT

SCHEME = "tftp://"
_WHOLE = re.compile(r"(?P<host>\[[^\]/]*\]|[^:/\[\]]*)(:(?P<port>[^/]*))?/(?P<name>.*)", re.DOTALL)
_MODE = re.compile(r";mode=([^;]*)\Z", re.IGNORECASE)
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})?")


@frozen
class TftpUrl:
    """A file on a server. `mode` is None if the URL does not have it."""

    host: str
    name: bytes
    port: int = WELL_KNOWN_PORT
    mode: str | None = None


def is_url(text: str) -> bool:
    """Return whether it begins with the scheme, in upper or lower case."""
    return text[: len(SCHEME)].lower() == SCHEME


def parse_url(text: str) -> TftpUrl:
    """Parse a URL. The line of its ValueError says what to write instead."""
    rest = text[len(SCHEME) :] if is_url(text) else None
    whole = _WHOLE.fullmatch(rest) if rest is not None else None
    if rest is None or whole is None or not whole["host"]:
        raise ValueError(
            sentence(
                "{text!r} is not a TFTP URL: write tftp://host/name or tftp://host:port/name",
                text=text,
            )
        )
    if "@" in whole["host"]:
        raise ValueError(sentence("{text!r} names a user, but TFTP has no users", text=text))
    for mark in "?#":
        if mark in whole["name"]:
            why = sentence(
                "{text!r}: write {sign} in a name as %{code:02X}",
                text=text,
                sign=mark,
                code=ord(mark),
            )
            raise ValueError(why)
    mode = _MODE.search(whole["name"])
    name = whole["name"][: mode.start()] if mode else whole["name"]
    return TftpUrl(
        host=_octets(whole["host"]).decode("utf-8", "surrogateescape").strip("[]"),
        name=_octets(name),
        port=_port(whole["port"], text),
        mode=mode[1].lower() if mode else None,
    )


def _port(digits: str | None, text: str) -> int:
    if digits is None:
        return WELL_KNOWN_PORT
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits[:9]) <= 65535):
        why = sentence(
            "{text!r}: {digits!r} is not a port from 1 to 65535", text=text, digits=digits
        )
        raise ValueError(why)
    return int(digits)


def _octets(text: str) -> bytes:
    def unescape(found: re.Match[bytes]) -> bytes:
        if found[1] is None:
            raise ValueError(sentence("{text!r}: write % as %25", text=text))
        return bytes.fromhex(found[1].decode())

    return _ESCAPE.sub(unescape, text.encode("utf-8", "surrogateescape"))
