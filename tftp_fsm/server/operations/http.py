"""Serve one page over HTTP: the metrics, for one GET or HEAD on each connection.

At most READERS readers are served at a time. Each has SECONDS for its request and its answer. A
further connection is closed at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

from tftp_fsm.server.operations.exposition import CONTENT_TYPE

PATH = b"/metrics"
READERS = 16
SECONDS = 5.0
LARGEST = 8192  # octets of a request with its headers
_TEXT = "text/plain; charset=utf-8"


class Page:
    """Answers readers at `sock` with the text that `text` returns."""

    def __init__(self, sock: socket.socket, text: Callable[[], Awaitable[str]]) -> None:
        self._sock, self._text = sock, text
        self._readers = 0

    async def start(self) -> asyncio.Server:
        """Begin to listen. Close the returned server to stop."""
        return await asyncio.start_server(self._serve, sock=self._sock, limit=LARGEST)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._readers >= READERS:
            writer.transport.abort()
            return
        self._readers += 1
        try:
            async with asyncio.timeout(SECONDS):
                writer.write(await self._answer(await _request_line(reader)))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the reader has left, or is too slow
        finally:
            writer.transport.abort()
            self._readers -= 1

    async def _answer(self, line: bytes) -> bytes:
        match line.split():
            case [b"GET" | b"HEAD" as verb, path, version] if version.startswith(b"HTTP/1."):
                if path.partition(b"?")[0] != PATH:
                    return _response("404 Not Found", _TEXT, "the metrics are at /metrics\n")
                text = await self._text()
                return _response("200 OK", CONTENT_TYPE, text, has_body=verb == b"GET")
            case [_, _, version] if version.startswith(b"HTTP/"):
                return _response(
                    "405 Method Not Allowed", _TEXT, "only GET and HEAD\n", "Allow: GET, HEAD\r\n"
                )
        return _response(
            "400 Bad Request", _TEXT, "this is not an HTTP request, or its headers are too long\n"
        )


async def _request_line(reader: asyncio.StreamReader) -> bytes:
    """Wait for the headers. Return the request's first line, or b"" if they are too large."""
    with contextlib.suppress(asyncio.LimitOverrunError):
        head = await reader.readuntil(b"\r\n\r\n")
        return head.partition(b"\r\n")[0]
    return b""


def _response(
    status: str, kind: str, text: str, headers: str = "", *, has_body: bool = True
) -> bytes:
    body = text.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    head += f"{headers}Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    return head.encode() + (body if has_body else b"")
