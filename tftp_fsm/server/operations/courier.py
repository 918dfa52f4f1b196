"""A worker's end of the connection to the process for commands and metrics.

Two threads send and receive, because the loop of the worker must not wait. Lines of JSON go both
ways: `{"done": ...}` for a session that has ended, and `{"asked": N, "figures": ...}` as the answer
to a line `N`.
"""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
from collections.abc import Callable, Sized
from datetime import UTC, datetime
from typing import Any, Protocol

from tftp_fsm.server.log import Report, Totals
from tftp_fsm.server.operations.figures import Figures

MOST = 1000  # lines that may wait; for a session beyond that no command runs
SECONDS = 5.0  # the longest time to send the last lines
_ENDED = "the process for commands and metrics has ended; serving goes on without them"


class Serving(Protocol):
    """The parts of the server's loop that a courier needs."""

    @property
    def totals(self) -> Totals:
        """The counters of the loop."""

    @property
    def sessions(self) -> Sized:
        """The running sessions."""

    def call_soon(self, act: Callable[[], object], /) -> None:
        """Call `act` in the thread of the loop."""


class Courier:
    """Speaks over `sock`. `places` returns the largest number of sessions."""

    def __init__(self, sock: socket.socket, places: Callable[[], int]) -> None:
        self._sock, self._places = sock, places
        self._complain: Callable[[str], object] = str
        self._loop: Serving | None = None
        self._figures = Figures()
        self._lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._lost = 0
        self._is_closing = False
        self._sender: threading.Thread | None = None

    def start(self, loop: Serving, complain: Callable[[str], object]) -> None:
        """Begin to speak for the sessions of `loop`, which runs in this process.

        `complain` is called if the other end has closed the connection.
        """
        self._loop, self._complain = loop, complain
        # Python 3.13 cannot start a thread that was made before a fork.
        self._sender = threading.Thread(target=self._send, name="tftp-fsm tells", daemon=True)
        self._sender.start()
        threading.Thread(target=self._read, name="tftp-fsm is asked", daemon=True).start()

    def report(self, report: Report) -> None:
        """Count a session that has ended. Tell the process about it if the client has answered."""
        self._figures.add(report)
        if not report.is_answered:
            return
        if self._lines.qsize() >= MOST:
            self._lost += 1
        else:
            self._lines.put({"done": about(report)})

    def close(self) -> None:
        """Send the waiting lines and the last figures, and close."""
        self._is_closing = True
        self._answer(0)
        self._lines.put(None)
        assert self._sender is not None, "it has been started"
        self._sender.join(SECONDS)
        with contextlib.suppress(OSError):
            self._sock.shutdown(
                socket.SHUT_RDWR
            )  # also for the copies of this end in other processes
        self._sock.close()

    def _answer(self, asked: int) -> None:
        """Answer with the figures. This runs in the loop's thread."""
        assert self._loop is not None
        totals, running = self._loop.totals, len(self._loop.sessions)
        fields = self._figures.fields(totals, running, self._places())
        self._lines.put({"asked": asked, "lost": self._lost, "figures": fields})

    def _send(self) -> None:
        with contextlib.suppress(OSError):
            for line in iter(self._lines.get, None):
                self._sock.sendall(json.dumps(line).encode() + b"\n")

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError), self._sock.makefile("rb") as lines:
            for line in lines:
                self._ask(int(line))
        if not self._is_closing:
            self._soon(lambda: self._complain(_ENDED))

    def _ask(self, asked: int) -> None:
        self._soon(lambda: self._answer(asked))

    def _soon(self, act: Callable[[], object]) -> None:
        assert self._loop is not None
        self._loop.call_soon(act)


def about(report: Report) -> dict[str, Any]:
    """Return the facts about a session for a command: the log's fields, and the whole file name.

    If the name is not UTF-8, each octet that is not has a lone surrogate in its place (PEP 383).
    """
    name = report.name.decode("utf-8", "surrogateescape")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"event": "transfer", "time": now, **report.fields(), "name": name}
