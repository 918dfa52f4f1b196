"""Keep the last steps of a failed transfer as a trace.

    except TftpError as failed:
        print(keep_failure(failed.trace, "failed.jsonl"))

When a transfer fails, the command line writes the steps to a folder of this program. A server
writes them to the folder in its configuration. A folder holds the newest `KEPT` files of each kind.
Only the owner can read the files.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from errno import EACCES
from io import StringIO
from typing import TypeAlias

from tftp_fsm.errors import LocalError, TftpError
from tftp_fsm.language import reason, sentence
from tftp_fsm.trace.trace import Trace, write_trace

Path: TypeAlias = str | os.PathLike[str]

KEPT = 50  # files in a folder; older ones are removed
FAILED, UNPROVEN = "failed-", "unproven-"  # the kinds of files; each kind has a separate quota
SUFFIX = ".trace"  # files with other names are never removed


def keep_failure(trace: Trace | None, path: Path) -> str:
    """Write the trace to `path`. Return a sentence that says how to look at it.

    LocalError if the file cannot be written, or if the trace has no steps.
    """
    text = _text(trace)
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    except OSError as error:
        raise _cannot(path, error) from error
    return hint(path)


def keep_among(trace: Trace | None, folder: Path, kind: str = FAILED) -> str:
    """Write the trace to a new file in `folder`, and remove the oldest of this kind there.

    Return the path.

    LocalError if the file cannot be written, or if the trace has no steps.
    """
    from tempfile import mkstemp

    text = _text(trace)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        # mkstemp gives each transfer a separate file, which only this user can read.
        number, path = mkstemp(SUFFIX, kind, folder)
        try:
            with open(number, "w", encoding="ascii") as file:
                file.write(text)
        except OSError:
            _remove(path)
            raise
        _forget_oldest(folder, kind)
    except OSError as error:
        raise _cannot(folder, error) from error
    return path


def check_folder(folder: Path) -> None:
    """Raise LocalError if no file can be written there."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(EACCES, os.strerror(EACCES))
    except OSError as error:
        raise _cannot(folder, error) from error


def hint(path: Path) -> str:
    """Return a sentence with the command that shows a trace."""
    return sentence(
        "the last steps of this transfer: tftp-fsm debug {path}", path=shlex.quote(os.fspath(path))
    )


def state_folder() -> str | None:
    """Return the folder for this program's state, or None without an absolute path."""
    places = [os.environ.get("XDG_STATE_HOME"), os.environ.get("LOCALAPPDATA"), "~/.local/state"]
    found = (os.path.expanduser(place) for place in places if place)
    return next((os.path.join(f, "tftp-fsm") for f in found if os.path.isabs(f)), None)


def _text(trace: Trace | None) -> str:
    if trace is None or not trace.steps:
        raise LocalError(sentence("nothing had happened yet, so there are no steps to keep"))
    text = StringIO()
    write_trace(trace, text)
    return text.getvalue()


def _cannot(where: Path, error: OSError) -> TftpError:
    folder, why = os.fspath(where), reason(error)
    told = sentence("cannot keep the last steps in {folder}: {why}", folder=folder, why=why)
    return LocalError(told)


def _forget_oldest(folder: Path, kind: str) -> None:
    with os.scandir(folder) as entries:
        ours = [e for e in entries if e.name.startswith(kind) and e.name.endswith(SUFFIX)]
    for path in sorted((e.path for e in ours), key=_age)[:-KEPT]:
        _remove(path)


def _age(path: str) -> int:
    with contextlib.suppress(OSError):  # another transfer has removed it already
        return os.stat(path).st_mtime_ns
    return 0


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.remove(path)
