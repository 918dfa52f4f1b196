"""`tftp://` for fsspec, and so for pandas, Dask and others. Needs the extra `fsspec`.

    with fsspec.open("tftp://192.0.2.1/table.csv", blksize=1428) as file:
        table = pandas.read_csv(file)

A path is a whole URL (RFC 3617). TFTP moves whole files. A file that is opened for reading is first
fetched into a temporary file. A file that is opened for writing is sent when it is closed. To find
the size, a transfer is begun and aborted after the server has announced the size with the option
tsize (RFC 2349). TFTP cannot list, remove, rename or append, so these calls raise an error.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from tempfile import SpooledTemporaryFile
from typing import Any, NoReturn

from fsspec.spec import AbstractFileSystem

from tftp_fsm.borders import brief
from tftp_fsm.client.api import get, put
from tftp_fsm.client.url import TftpUrl, parse_url
from tftp_fsm.errors import PeerError
from tftp_fsm.protocol.events import DataReceived, OackReceived, Step
from tftp_fsm.protocol.session import Session

IN_MEMORY = 1 << 24  # octets; a larger file is kept on the disk
# The codes of RFC 1350 section 5 for which Python has an exception.
_ERRORS = {1: errno.ENOENT, 2: errno.EACCES, 6: errno.EEXIST}


class TftpFileSystem(AbstractFileSystem):
    """Files of TFTP servers. The arguments are the fields of `tftp_fsm.Settings`.

    FileNotFoundError, PermissionError and FileExistsError are the errors 1, 2 and 6 of a server.
    Every other failure is a `TftpError`.
    """

    protocol = "tftp"
    root_marker = ""

    def __init__(self, **settings: Any) -> None:
        own = ("asynchronous", "loop", "skip_instance_cache", "use_listings_cache")
        self._settings = {name: value for name, value in settings.items() if name not in own}
        super().__init__(**settings)

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        """Return the path unchanged: it is the whole URL, because the host is a part of it."""
        return path

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Return name and size. `size` is None if the server does not tell it."""
        return {"name": path, "size": self._probe(path), "type": "file"}

    def exists(self, path: str, **_: Any) -> bool:
        """Whether the server would send the file."""
        try:
            self._probe(path)
        except FileNotFoundError:
            return False
        return True

    def isfile(self, path: str) -> bool:
        """Whether the server would send the file. TFTP has no directories."""
        return self.exists(path)

    def isdir(self, path: str) -> bool:
        """Return False, because TFTP has no directories."""
        return False

    def cat_file(
        self, path: str, start: int | None = None, end: int | None = None, **_: Any
    ) -> bytes:
        """Return octets of the file. The whole file is fetched, even for a part of it."""
        url = parse_url(path)
        with _as_os_errors(path):
            octets = get(url.host, url.name, **self._keywords(url)).data
        assert octets is not None, "without a local file they are kept"
        return octets[start:end]

    def get_file(self, rpath: str, lpath: str, **_: Any) -> None:
        """Fetch one file."""
        url = parse_url(rpath)
        with _as_os_errors(rpath):
            get(url.host, url.name, lpath, **self._keywords(url))

    def put_file(self, lpath: str, rpath: str, **_: Any) -> None:
        """Send one file."""
        url = parse_url(rpath)
        with _as_os_errors(rpath):
            put(url.host, lpath, url.name or None, **self._keywords(url))

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:
        """Send these octets as a file. The server decides whether a file may be replaced."""
        url = parse_url(path)
        with _as_os_errors(path):
            put(url.host, value, url.name, **self._keywords(url))

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        url = parse_url(path)
        if mode == "rb":
            with ExitStack() as until_whole, _as_os_errors(path):
                file = until_whole.enter_context(SpooledTemporaryFile(IN_MEMORY))
                get(url.host, url.name, file, **self._keywords(url))
                file.seek(0)
                until_whole.pop_all()
            return file
        if mode == "wb":
            return _Upload(path, url, self._keywords(url))
        return _cannot(f"open a file as {mode!r}: it reads or writes whole files (rb, wb)")

    def ls(self, path: str, detail: bool = True, **_: Any) -> NoReturn:
        """Raise NotImplementedError, because TFTP cannot list."""
        _cannot("list a directory: name each file")

    def rm_file(self, path: str) -> NoReturn:
        """Raise NotImplementedError, because TFTP cannot remove."""
        _cannot("remove a file")

    def cp_file(self, path1: str, path2: str, **_: Any) -> NoReturn:
        """Raise NotImplementedError, because TFTP cannot copy."""
        _cannot("copy a file on a server: get it and put it")

    def mkdir(self, path: str, create_parents: bool = True, **_: Any) -> NoReturn:
        """Raise NotImplementedError, because TFTP cannot make directories."""
        _cannot("make a directory")

    def _keywords(self, url: TftpUrl) -> dict[str, Any]:
        mode = {} if url.mode is None else {"mode": url.mode}
        return {"port": url.port, **mode, **self._settings}

    def _probe(self, path: str) -> int | None:
        """Ask for the file, and abort as soon as the server has answered. Return the size."""
        url = parse_url(path)
        asked: list[Session] = []

        def look(step: Step) -> None:
            match step.event:
                case OackReceived():
                    raise _Answered(asked[-1].agreed.tsize)
                case DataReceived(octets=octets) if octets < asked[-1].blksize:
                    raise _Answered(octets)  # the whole file is in the first block
                case DataReceived():
                    raise _Answered(None)

        keywords = self._keywords(url) | {"observer": look, "on_session": asked.append}
        try:
            with _as_os_errors(path):
                get(url.host, url.name, **keywords)
        except _Answered as answer:
            return None if keywords.get("mode", "octet") != "octet" else answer.size
        return None


class _Answered(Exception):
    """The server would send the file. It may have announced the size."""

    def __init__(self, size: int | None) -> None:
        super().__init__(size)
        self.size = size


class _Upload(SpooledTemporaryFile):  # type: ignore[type-arg]
    """A file that is sent when it is closed, unless its writer has failed.

    `fsspec.open` closes the file without telling why its `with` block ends. So if an exception is
    being handled that was not there when the file was opened, the file is not whole.
    """

    def __init__(self, path: str, url: TftpUrl, keywords: dict[str, Any]) -> None:
        super().__init__(IN_MEMORY)
        self._before = sys.exc_info()[1]
        self._path, self._url, self._keywords = path, url, keywords

    def close(self) -> None:
        """Send the file. A second call does nothing."""
        if self.closed:
            return
        if sys.exc_info()[1] is not self._before:
            super().close()
            return
        try:
            self.seek(0)
            with _as_os_errors(self._path):
                put(self._url.host, self, self._url.name, **self._keywords)
        finally:
            super().close()

    def __exit__(self, kind: Any, *rest: Any) -> None:
        if kind is None:
            self.close()
        else:
            super().close()

    def __del__(self) -> None:
        super().close()  # a file that the user does not close is not sent


@contextmanager
def _as_os_errors(path: str) -> Iterator[None]:
    """Within this context, an error of the server becomes Python's exception for it."""
    try:
        yield
    except PeerError as failed:
        if failed.code not in _ERRORS:
            raise
        # OSError turns its number into a FileNotFoundError and so on.
        raise OSError(_ERRORS[failed.code], brief(failed.message), path) from failed


def _cannot(what: str) -> NoReturn:
    raise NotImplementedError(f"TFTP cannot {what}")
