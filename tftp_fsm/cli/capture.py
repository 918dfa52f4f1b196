"""`--pcap FILE`: write the datagrams of a transfer or of a server, each with its reason."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from tftp_fsm.capture.pcapng import PcapngWriter
from tftp_fsm.capture.recorder import Recorder
from tftp_fsm.capture.sessions import SessionRecorder
from tftp_fsm.cli.common import program, say
from tftp_fsm.cli.watch import add_mishap, add_observer
from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence
from tftp_fsm.storage.named import writing

if TYPE_CHECKING:
    from tftp_fsm.client.keywords import Keywords
    from tftp_fsm.server.config import ServerConfig
    from tftp_fsm.trace.trace import Trace


@contextmanager
def capture_file(path: str, interface: str | None) -> Iterator[PcapngWriter]:
    """Yield a writer of a capture into a file, or to stdout if the path is `-`.

    Without an `interface` the caller adds interfaces.

    Raises LocalError if it cannot be written.
    """
    stream = _Stream(path)
    try:
        yield PcapngWriter(stream, interface, program())
    finally:
        stream.close()


def save_capture(trace: Trace, path: str, content: bytes | None = None) -> None:
    """Write a trace as a capture, into a file or to stdout. `content` is the file, if known."""
    from tftp_fsm.capture.traced import INTERFACE, write_capture

    with capture_file(path, INTERFACE) as writer:
        write_capture(trace, writer, content)


class _Stream:
    """A binary file, or stdout. Raises LocalError if it cannot be written."""

    def __init__(self, path: str) -> None:
        self._path = "stdout" if path == "-" else path
        with writing(self._path):
            self._file: BinaryIO = sys.stdout.buffer if path == "-" else open(path, "wb")  # noqa: SIM115

    def write(self, octets: bytes) -> None:
        with writing(self._path):
            self._file.write(octets)

    def flush(self) -> None:
        with writing(self._path):
            self._file.flush()

    def close(self) -> None:
        if self._file is not sys.stdout.buffer:
            with suppress(OSError):  # each block was flushed, so no octets are left
                self._file.close()


@contextmanager
def capturing(path: str, keywords: Keywords) -> Iterator[Recorder]:
    """Write each datagram of a transfer, when it is sent or heard. Yield the recorder."""
    with capture_file(path, "tftp-fsm client") as writer:
        recorder = Recorder(writer, "client")
        add_observer(keywords, recorder.step)
        add_mishap(keywords, recorder.mishap)
        keywords["on_datagram"] = recorder.datagram
        try:
            yield recorder
        finally:
            writer.close(time.time(), recorder.rest())


@contextmanager
def capturing_server(path: str, config: ServerConfig) -> Iterator[ServerConfig]:
    """Yield a configuration whose server writes each datagram. A failure does not stop it."""
    with recording_sessions(path) as (recorder, guard):
        step, datagram = guard.of(recorder.step), guard.of(recorder.datagram)
        yield replace(config, observer=step, on_datagram=datagram)


@contextmanager
def recording_sessions(path: str) -> Iterator[tuple[SessionRecorder, Guard]]:
    """Yield a recorder of all sessions of a server, and a guard for the server."""
    with capture_file(path, "tftp-fsm server") as writer:
        recorder = SessionRecorder(writer)
        guard = Guard()
        try:
            yield recorder, guard
        finally:
            guard.of(lambda: writer.close(time.time(), recorder.rest()))()


class Guard:
    """If the file cannot be written, ends the capture but not the server."""

    def __init__(self) -> None:
        self._refused = False

    def of(self, take: Callable[..., None]) -> Callable[..., None]:
        """Return `take` in a form that does nothing after a guarded function has failed."""

        def guarded(*values: object) -> None:
            if self._refused:
                return
            try:
                take(*values)
            except LocalError as refused:
                self._refused = True
                why = str(refused)
                say(sentence("{why}; the server goes on without a capture", why=why))

        return guarded
