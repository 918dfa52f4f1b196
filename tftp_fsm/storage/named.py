"""Files that a user names outside of a transfer. A failure is one line with the action and reason.

with reading(path), open(path) as file: ...   # LocalError: cannot read PATH: permission denied
"""

from __future__ import annotations

import os
from contextlib import contextmanager

from tftp_fsm.errors import LocalError
from tftp_fsm.language.sentences import reason, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

Path = str | os.PathLike[str]


def writing(path: Path) -> AbstractContextManager[None]:
    """Within this context, a failure to write the file becomes a LocalError."""
    return failing_as(lambda why: sentence("cannot write {path}: {why}", path=path, why=why))


def reading(path: Path) -> AbstractContextManager[None]:
    """Within this context, a failure to read the file becomes a LocalError."""
    return failing_as(lambda why: sentence("cannot read {path}: {why}", path=path, why=why))


@contextmanager
def failing_as(line: Callable[[str], str]) -> Iterator[None]:
    """Within this context, a failure becomes a LocalError. `line` makes its text of the reason."""
    try:
        yield
    except UnicodeDecodeError:
        raise LocalError(line(sentence("the file is not UTF-8 text"))) from None
    except OSError as failed:
        raise LocalError(line(reason(failed))) from None
    except ValueError as failed:  # no file has such a name
        raise LocalError(line(str(failed))) from None


def write_text(path: Path, text: str) -> None:
    """Write a text file, with the same octets on every system."""
    with writing(path), open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def write_octets(path: Path, octets: bytes) -> None:
    """Write a file."""
    with writing(path), open(path, "wb") as file:
        file.write(octets)
