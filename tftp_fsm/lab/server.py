"""Serve the page of the lab on the loopback, and answer its questions.

    with LabServer() as server:
        print(server.address)              # http://127.0.0.1:PORT/?token=...
        server.serve_forever()

A client must know the token in the address. A question with another host name or from a page of
another origin is refused. So no other web page can reach the lab through the browser.
"""

from __future__ import annotations

import json
import re
import secrets
import sys
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any, ClassVar
from urllib.parse import parse_qs

from tftp_fsm.lab.feed import Lab
from tftp_fsm.lab.hunt import Hunting
from tftp_fsm.lab.page.build import page
from tftp_fsm.language import current, tr

HOST = "127.0.0.1"
LABS = 64  # pages; of more, the page that has not asked for the longest time is forgotten
LONGEST = 1 << 20  # octets of a question
PATIENCE = 60.0  # seconds that a connection may be silent
_DIGITS = re.compile("[0-9]{1,9}")
GONE = "the lab does not know this page"  # not shown: the page opens its run again


def begin_lab(*, allows_python: bool = False) -> Lab:
    """Return a lab for a page. With `allows_python` typed Python is run in this process."""
    return Lab(allows_python=allows_python, begins_search=Hunting.begin)


class LabServer(ThreadingHTTPServer):
    """The server. Port 0 means any free port. `begin` makes the lab of a page.

    Raises OSError if it cannot use the port.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int = 0, begin: Callable[[], Lab] = begin_lab) -> None:
        super().__init__((HOST, port), _Handler)
        self._begin = begin
        self.token = secrets.token_urlsafe(16)
        self.language = current()  # the language of a page until its user chooses another
        self._labs: OrderedDict[str, Lab] = OrderedDict()
        self._lock = Lock()

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host names that a question to this server may have."""
        return tuple(f"{host}:{self.server_port}" for host in (HOST, "localhost"))

    @property
    def address(self) -> str:
        """The address of the page, with the token."""
        return f"http://{HOST}:{self.server_port}/?token={self.token}"

    def answer(self, name: str, message: Any) -> Any:
        """Return the reply to a page's message. Each page has a separate lab."""
        with self._lock:
            lab = self._labs.pop(name, None)
            if lab is None and not _opens(message):
                return {"ok": False, "gone": True, "said": [GONE]}
            lab = self._labs[name] = lab or self._begin()
            if len(self._labs) > LABS:
                self._labs.popitem(last=False)[1].close()
            return lab.ask(message)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing, because a browser that has left is not a fault."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def knows(self, token: str) -> bool:
        """Return whether the token is that of this server."""
        return secrets.compare_digest(token.encode(), self.token.encode())


def _opens(message: Any) -> bool:
    return "open" in message or "index" in message


class _Handler(BaseHTTPRequestHandler):
    server: LabServer
    protocol_version = "HTTP/1.1"
    timeout: ClassVar[float] = PATIENCE
    server_version = "tftp-fsm"
    wbufsize = 1 << 16  # head and body are sent together; else the body waits 40 ms for an ACK
    disable_nagle_algorithm = True
    sys_version = ""

    def do_GET(self) -> None:
        """Send the page, if the token is right."""
        if self._is_foreign():
            return
        path, _, query = self.path.partition("?")
        token = parse_qs(query).get("token", [""])[0]
        if path != "/":
            self._refuse(HTTPStatus.NOT_FOUND, tr("there is only one page here: /"))
        elif not self.server.knows(token):
            why = tr("open the address that tftp-fsm lab has printed")
            self._refuse(HTTPStatus.FORBIDDEN, why)
        else:
            text = page("server", {"language": self.server.language})
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", text.encode())

    def do_POST(self) -> None:
        """Answer a question of the page."""
        if self._is_foreign():
            return
        if not self.server.knows(self.headers.get("X-Lab-Token", "")):
            self._refuse(HTTPStatus.FORBIDDEN, "the token is not that of this lab")
            return
        length = self.headers.get("Content-Length", "")
        if self.path != "/ask" or not _DIGITS.fullmatch(length) or int(length) > LONGEST:
            self._refuse(HTTPStatus.BAD_REQUEST, f"ask at /ask, with at most {LONGEST} octets")
            return
        try:
            message = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            self._refuse(HTTPStatus.BAD_REQUEST, "a question is JSON")
            return
        if not isinstance(message, dict):
            message = {}  # the reply to an empty message says what a message is
        reply = self.server.answer(self.headers.get("X-Lab-Page", "")[:64], message)
        self._send(HTTPStatus.OK, "application/json", json.dumps(reply).encode())

    def _is_foreign(self) -> bool:
        """Refuse a request with another host or origin. Return whether it was refused."""
        hosts, origin = self.server.hosts, self.headers.get("Origin")
        site = self.headers.get("Sec-Fetch-Site", "none")
        is_ours = origin is None or origin in [f"http://{host}" for host in hosts]
        if self.headers.get("Host", "") in hosts and is_ours and site in ("none", "same-origin"):
            return False
        self._refuse(HTTPStatus.FORBIDDEN, "this lab is only for the page that it serves")
        return True

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self.close_connection = True  # a body may follow, which is not read
        self._send(status, "text/plain; charset=utf-8", f"{why}\n".encode())

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", "frame-ancestors 'none'"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ):
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing, because the terminal is for the user."""
