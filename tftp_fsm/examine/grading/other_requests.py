"""Sessions without a script: files of the root, reports, the published list, and refusals."""

from __future__ import annotations

from tftp_fsm.examine.card_text import as_text
from tftp_fsm.examine.grading.attempt import Asked
from tftp_fsm.examine.grading.book import Book
from tftp_fsm.examine.grading.handout import listed, script_file
from tftp_fsm.protocol.events import Event, RequestReceived, StorageFailed
from tftp_fsm.protocol.roles import server_session
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.pipeline import pipeline
from tftp_fsm.server.session_factory import Opening, SessionFactory, open_root
from tftp_fsm.storage.protocols import Source
from tftp_fsm.storage.sources import BytesSource
from tftp_fsm.wire.packets import ErrorCode, Reading, Rrq

REPORT, LIST, SCRIPT = "report", "trials", "script"


class Openings:
    """Opens requests that are not for trials. Raises LocalError if the root cannot be opened."""

    def __init__(self, config: ServerConfig, book: Book) -> None:
        self._config = config
        self._book = book
        self._root = open_root(config)
        self._factory = SessionFactory(config, self._root, pipeline(config, self._root))

    def close(self) -> None:
        """Close the root."""
        self._root.close()

    def open(self, asked: Asked, name: str, student: str) -> Opening:
        """Open a report of `student`, a published file, or a file of the root."""
        texts = {
            REPORT: lambda: as_text(self._book.student(student).card()),
            LIST: listed,
            SCRIPT: script_file,
        }
        if isinstance(asked.request, Rrq) and name in texts:
            source = BytesSource(f"{texts[name]()}\n".encode())
            return self._opening(asked, RequestReceived(asked.peer), source)
        return self._factory.open(Reading(asked.request, ""), asked.peer)

    def refusal(self, asked: Asked, why: str) -> Opening:
        """Return an opening that sends ERROR 2 with the reason."""
        event = StorageFailed(ErrorCode.ACCESS_VIOLATION, why, why)
        return self._opening(asked, event, None)

    def _opening(self, asked: Asked, event: Event, source: Source | None) -> Opening:
        session = server_session(
            asked.request,
            asked.peer,
            self._config.retry_policy,
            None,
            size=0 if source is None else source.size,
        )
        return Opening(session, event, source, None)
