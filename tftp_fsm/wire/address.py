"""The address of one end of a transfer: a host and its TID (RFC 1350 section 4)."""

from __future__ import annotations

from typing import TypeAlias

Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int]
"""A host and its UDP port, in the form that `socket` uses for IPv4 and for IPv6."""
