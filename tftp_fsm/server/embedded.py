"""A server inside another program. It has its own thread and port, and it prints nothing.

with Server("/srv/tftp", writable=True) as server:
    my_loader.load(server.url("boot.img"))
    assert server.wait().outcome.value == "succeeded"
"""

from __future__ import annotations

import os
import threading
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from tftp_fsm.errors import LocalError, TransferTimedOut
from tftp_fsm.language import sentence, sentence_n
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.listener import listen
from tftp_fsm.server.log import Report, Totals
from tftp_fsm.server.loop import Loop
from tftp_fsm.server.rights import descriptor_limit
from tftp_fsm.server.session_factory import open_root
from tftp_fsm.storage.served.jail import ServedRoot
from tftp_fsm.transports.zones import host_text
from tftp_fsm.wire.address import Address, bracketed

KEPT_REPORTS = 1000
SHARE = 4  # sessions hold at most a quarter of the files that the program may open
LONGEST_WAIT = 10.0  # seconds; the default limit of `wait`


class EmbeddedServer:
    """The part of an embedded server that needs no thread and no event loop.

    The arguments are those of `Server`. `complaints` holds reports of faults in this package.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        port: int = 0,
        bind: str | tuple[str, ...] = "127.0.0.1",
        **options: Any,
    ) -> None:
        addresses = (bind,) if isinstance(bind, str) else bind
        self.config: ServerConfig = ServerConfig(root, bind=addresses, port=port, **options)
        self.reports: deque[Report] = deque(maxlen=KEPT_REPORTS)
        self.complaints: deque[str] = deque(maxlen=KEPT_REPORTS)
        self._ended = 0
        self._addresses: list[Address] = []
        self._loop: Loop | None = None
        self._root: ServedRoot | None = None

    def _open(self, *, may_block: bool) -> Loop:
        """Begin to listen. Raises LocalError if that is not possible."""
        if self._loop is not None:
            raise LocalError(sentence("this server has been started already"))
        self._root = self._opened_root()
        try:
            listeners = listen(self.config)
        except BaseException:
            self._root.close()
            raise
        self._root.sweep()
        self._addresses = [listener.address for listener in listeners]
        config = _with_share(self.config)
        self._loop = Loop(
            config,
            self._root,
            listeners,
            self._note,
            self.complaints.append,
            may_block=may_block,
        )
        return self._loop

    def _opened_root(self) -> ServedRoot:
        return open_root(self.config)

    def _note(self, report: Report) -> None:
        self.reports.append(report)
        self._ended += 1

    def _too_few(self, transfers: int) -> TransferTimedOut:
        return TransferTimedOut(
            sentence_n(
                "{ended} of {count:,} transfer have ended",
                "{ended} of {count:,} transfers have ended",
                transfers,
                ended=self._ended,
            )
        )

    @property
    def address(self) -> Address:
        """The host and port of the first address that the server listens on."""
        if not self._addresses:
            raise LocalError(sentence("this server has not been started"))
        return self._addresses[0]

    @property
    def folder(self) -> Path:
        """The folder that the server serves."""
        return Path(os.fspath(self.config.root))

    @property
    def host(self) -> str:
        """The host of the first address that it listens on. A link-local one has its zone."""
        return host_text(self.address)

    @property
    def port(self) -> int:
        """The port that clients send requests to."""
        return self.address[1]

    @property
    def totals(self) -> Totals:
        """The counters since `start`."""
        if self._loop is None:
            raise LocalError(sentence("this server has not been started"))
        return self._loop.totals

    @property
    def sessions(self) -> int:
        """The number of sessions now. Sessions that dally count too."""
        return 0 if self._loop is None else len(self._loop.sessions)

    def url(self, name: str) -> str:
        """Return the URL of the file `name` (RFC 3617)."""
        host = bracketed(self.host.replace("%", "%25"))  # RFC 6874
        return f"tftp://{host}:{self.port}/{quote(name)}"


class Server(EmbeddedServer):
    """Serves `root` in a separate thread, from `start` to `stop` or as a context manager.

    It listens on `bind`, one or more addresses of this host. The default is the loopback. With port
    0 the kernel chooses a free port. `options` are the fields of `ServerConfig`: `writable`,
    `overwrite`, `max_size`, `single_port` and so on. Without `max_descriptors` the sessions hold at
    most a quarter of the files that this program may open. `reports` holds the reports of the last
    transfers that have ended.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        port: int = 0,
        bind: str | tuple[str, ...] = "127.0.0.1",
        **options: Any,
    ) -> None:
        super().__init__(root, port, bind, **options)
        self._has_ended = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen. Raises LocalError if that is not possible."""
        self._open(may_block=True)
        self._thread = threading.Thread(target=self._run, name="tftp-fsm", daemon=True)
        self._thread.start()

    def stop(self, grace: float = 0.0) -> None:
        """Close the server. Running transfers get `grace` seconds. May be called again.

        An observer may call it too. The observer runs in the server's thread, so `stop` cannot wait
        for this thread. It returns at once, and the server closes a moment later.
        """
        if self._loop is None or self._thread is None:
            return
        self._loop.stop(grace)
        if self._thread is not threading.current_thread():
            self._thread.join()

    def wait(self, transfers: int = 1, seconds: float = LONGEST_WAIT) -> Report:
        """Wait until `transfers` transfers have ended since `start`. Return the last report.

        A client may know of the end a moment before the server does. Raises TransferTimedOut
        after `seconds` seconds.
        """
        with self._has_ended:
            if not self._has_ended.wait_for(lambda: self._ended >= transfers, seconds):
                raise self._too_few(transfers)
            return self.reports[-1]

    def _run(self) -> None:
        assert self._loop is not None and self._root is not None
        try:
            self._loop.run()
        finally:
            self._root.close()

    def _note(self, report: Report) -> None:
        with self._has_ended:
            super()._note(report)
            self._has_ended.notify_all()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _with_share(config: ServerConfig) -> ServerConfig:
    """Return the configuration with a share of the descriptors. The program has the others."""
    limit = descriptor_limit()
    if limit is None or config.max_descriptors is not None:
        return config
    return replace(config, max_descriptors=max(1, limit // SHARE))
