"""The names of a file: on the user's side, on the wire and on the server."""

from __future__ import annotations

import os

from tftp_fsm.borders import brief
from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence


def name_octets(name: str | bytes) -> bytes:
    """Return the name on the wire: UTF-8, or the original octets of a command-line argument."""
    return name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")


def base_name(remote: bytes) -> str:
    """Return the local name of a remote file: the part after its last slash or backslash.

    Raises LocalError if this part is empty, `.` or `..`, or cannot be the name of a file.
    """
    name = remote.replace(b"\\", b"/").rpartition(b"/")[2]
    if name in (b"", b".", b"..") or b"\0" in name:
        told = brief(remote)
        raise LocalError(
            sentence("{name!r} has no name for a local file: name the local file too", name=told)
        )
    return os.fsdecode(name)


def local_path(local: str | os.PathLike[str], remote: bytes) -> str:
    """Return the path for a `get`. If `local` is a directory, add the remote name, as cp does."""
    path = os.fspath(local)
    return os.path.join(path, base_name(remote)) if os.path.isdir(path) else path


def remote_name(local: object, folder: bytes = b"") -> bytes:
    """Return the default remote name of a `put`: the name of the file without directories."""
    if not isinstance(local, str | os.PathLike):
        raise ValueError(sentence("this file has no name: give a remote name"))
    name = os.path.basename(os.fspath(local))
    return folder + os.fsencode(name)
