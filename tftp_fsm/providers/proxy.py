"""Files of an HTTP server, for clients that speak only TFTP.

    Proxy("http://images.example/tftp/")       # RRQ boot/a.img is GET /tftp/boot/a.img

The whole file is fetched before its first block is sent. TFTP tells the size at the beginning, and
a client must not boot half a file. Clients that ask for the same file within some seconds share one
fetch.

This uses the HTTP client of the standard library, and adds limits of time, size and redirections.
Other HTTP clients have no limit for the time of a whole answer either.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit
from weakref import finalize, ref

from tftp_fsm.borders import brief
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import layout, marked
from tftp_fsm.providers.asked import CALLS, LARGEST, SECONDS, Asked, Denial, Provider
from tftp_fsm.providers.bounded import Bounded
from tftp_fsm.providers.settings import parse_url
from tftp_fsm.providers.settled import READ, check_size
from tftp_fsm.storage.failures import failing
from tftp_fsm.storage.protocols import Source
from tftp_fsm.storage.served.names import name_text, parse_name
from tftp_fsm.storage.sources import FileSource

REDIRECTIONS = 5
PIECE = 1 << 16  # octets that are read at a time
FRESH = 10.0  # seconds; machines that boot together ask for the same file
SHELVED = 16  # files that are kept for FRESH seconds
UNFETCHED = "the file could not be fetched"
_LACKING = (404, 410)
_DENYING = (401, 403, 451)
_MOVED = (301, 302, 303, 307, 308)


class Proxy(Provider):
    """The files below `url`, only for downloads.

    A fetch takes at most `seconds` seconds, and a file has at most `largest` octets.
    """

    def __init__(
        self, url: str, seconds: float = SECONDS, largest: int = LARGEST, calls: int = CALLS
    ) -> None:
        self._base = parse_url(url)
        self._seconds = seconds
        self._largest = largest
        self._calls = Bounded(seconds, calls)
        self._shelf = _Shelf(largest)

    @property
    def under_way(self) -> int:
        """The number of fetches that have not ended."""
        return self._calls.under_way

    def open_read(self, asked: Asked) -> Source | Denial | None:
        with failing(READ, name_text(asked.name)):
            parts = parse_name(asked.name).parts
        url = self._base.geturl() + "/".join(quote(os.fsencode(part), safe="") for part in parts)
        fetch = _Fetch(url, time.monotonic() + self._seconds, self._largest)
        try:
            return self._calls.call(READ, lambda: self._shared(url, fetch), _close)
        except (OSError, http.client.HTTPException, ValueError) as failed:
            raise _unfetched(url, str(failed) or type(failed).__name__) from None
        except LocalError:
            fetch.break_off()
            raise

    def _shared(self, url: str, fetch: _Fetch) -> Source | Denial | None:
        with self._shelf.turn(url):
            kept = self._shelf.take(url)
            if kept is not None:
                return kept
            found = fetch.run()
            if not isinstance(found, int):
                return found
            return self._shelf.put(url, found)


class _Fetch:
    """One GET with its redirections."""

    def __init__(self, url: str, deadline: float, largest: int) -> None:
        self._url = url
        self._deadline = deadline
        self._largest = largest
        self._sock: socket.socket | None = None
        self._is_broken_off = False

    def run(self) -> int | Denial | None:
        """Return the descriptor of an unnamed file, a denial, or None if there is no file."""
        url = self._url
        for _ in range(REDIRECTIONS + 1):
            with self._asked(url) as answer:
                if answer.status in _LACKING:
                    return None
                if answer.status in _DENYING:
                    return Denial(f"{READ}: permission denied")
                if answer.status not in _MOVED:
                    return self._file(url, answer)
                url = self._next(url, answer)
        raise _unfetched(url, f"it has more than {REDIRECTIONS} redirections")

    def break_off(self) -> None:
        """End the wait for the server."""
        self._is_broken_off = True
        if self._sock is not None:
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def _asked(self, url: str) -> Iterator[http.client.HTTPResponse]:
        parts = urlsplit(url)
        connection = self._connection(parts)
        try:
            connection.connect()
            self._sock = connection.sock
            self._left()
            headers = {"Accept-Encoding": "identity", "User-Agent": "tftp-fsm"}
            # A redirection may have a query, such as a signature.
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", target, headers=headers)
            with connection.getresponse() as answer:
                yield answer
        finally:
            connection.close()

    def _connection(self, parts: SplitResult) -> http.client.HTTPConnection:
        host, seconds = parts.hostname or "", self._left()
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, parts.port, timeout=seconds)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=context)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0 or self._is_broken_off:
            raise _unfetched(self._url, "it took too long")
        return left

    def _next(self, url: str, answer: http.client.HTTPResponse) -> str:
        """Return the URL of a redirection. The host must be the same; http may become https."""
        target = urljoin(url, answer.getheader("Location", ""))
        before, after = urlsplit(url), urlsplit(target)
        is_same = before.hostname == after.hostname and (
            (before.scheme, before.port) == (after.scheme, after.port)
            or (before.scheme, after.scheme, after.port) == ("http", "https", None)
        )
        if not is_same or not (target.isascii() and target.isprintable()):
            raise _unfetched(url, f"it is redirected to {brief(target)}, which is another server")
        return target

    def _file(self, url: str, answer: http.client.HTTPResponse) -> int:
        """Return the descriptor of an unnamed file with the body."""
        length = answer.length
        if answer.status != 200:
            raise _unfetched(url, f"the server says {answer.status} {brief(answer.reason)}")
        if answer.getheader("Content-Encoding", "identity").lower() != "identity":
            raise _unfetched(url, "the server sends it encoded, although it was not asked to")
        if length is None and not answer.chunked:
            raise _unfetched(url, "the server does not tell how long it is")
        check_size(length or 0, self._largest, READ)
        with tempfile.TemporaryFile() as spool:
            size = self._copy(answer, spool)
            if length is not None and size != length:
                raise _unfetched(url, f"it has {size} octets, and {length} were announced")
            spool.flush()
            return os.dup(spool.fileno())

    def _copy(self, answer: http.client.HTTPResponse, spool: Any) -> int:
        size = 0
        while octets := answer.read1(PIECE):
            self._left()
            size += len(octets)
            check_size(size, self._largest, READ)
            spool.write(octets)
        return size


@frozen
class _Shelved:
    fd: int
    size: int
    fetched_at: float


class _Shelf:
    """Files that were fetched a moment ago. Each URL has at most one fetch at a time."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._files: dict[str, _Shelved] = {}
        finalize(self, _close_all, self._files)  # when a reload drops this shelf
        self._turns: dict[str, list[Any]] = {}  # by URL: a lock, and how many threads want it
        self._is_awaited = False

    @contextlib.contextmanager
    def turn(self, url: str) -> Iterator[None]:
        """Wait until no other thread fetches `url`."""
        with self._lock:
            entry = self._turns.setdefault(url, [threading.Lock(), 0])
            entry[1] += 1
        try:
            with entry[0]:
                yield
        finally:
            with self._lock:
                entry[1] -= 1
                if not entry[1]:
                    self._turns.pop(url, None)

    def take(self, url: str) -> Source | None:
        """Return the file if it was fetched a moment ago, or None."""
        with self._lock:
            self._drop_old()
            found = self._files.get(url)
            return None if found is None else _source(os.dup(found.fd))

    def put(self, url: str, fd: int) -> Source:
        """Keep the file `fd` for a moment, and return its source."""
        with self._lock:
            self._files[url] = _Shelved(fd, os.fstat(fd).st_size, time.monotonic())
            source = _source(os.dup(fd))
            self._drop_old()
            self._await_old()
            return source

    def tidy(self) -> None:
        """Close files that are not fresh, even without another request."""
        with self._lock:
            self._is_awaited = False
            self._drop_old()
            self._await_old()

    def _await_old(self) -> None:
        """Let one thread call `tidy` later. This thread does not keep the shelf alive."""
        if not self._files or self._is_awaited:
            return
        timer = threading.Timer(FRESH, _tidy, (ref(self),))
        timer.daemon = True
        with contextlib.suppress(RuntimeError):  # no thread can be started: the next fetch does it
            timer.start()
            self._is_awaited = True

    def _drop_old(self) -> None:
        """Close files that are not fresh, and the oldest files if there are too many."""
        now = time.monotonic()
        for url, one in tuple(self._files.items()):
            held = sum(other.size for other in self._files.values())
            if len(self._files) > SHELVED or held > self._room or now - one.fetched_at >= FRESH:
                os.close(self._files.pop(url).fd)


def _tidy(shelf: ref[_Shelf]) -> None:
    found = shelf()
    if found is not None:
        found.tidy()


def _close_all(files: dict[str, _Shelved]) -> None:
    for one in files.values():
        os.close(one.fd)


def _source(fd: int) -> Source:
    return FileSource(fd, "a file that was fetched")


def _close(found: object) -> None:
    if isinstance(found, FileSource):
        found.close()


def _unfetched(url: str, why: str) -> LocalError:
    """Return the error. The log gets the URL and the reason, and the client gets neither."""
    return LocalError(
        layout("{what}: {url}: {why}", what=marked(READ), url=brief(url), why=brief(why)),
        told=f"{READ}: {UNFETCHED}",
    )
