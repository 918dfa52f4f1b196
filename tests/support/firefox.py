"""Control Firefox with WebDriver BiDi: JSON messages through a WebSocket.

    with firefox() as browser:
        browser.open("http://127.0.0.1:8000/")
        browser.ask("document.title")
        browser.complaints

A few tests use it to prove that a page also works in Firefox. The others use Chromium.
"""

from __future__ import annotations

import json
import os
import re
import socket
import struct
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from tests.support.peers import require

PATIENCE = 60.0  # seconds after which a silent browser has failed
PREFERENCES = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "remote.active-protocols": 1,
    # Firefox's own requests go to a closed port. Those to this machine need no proxy.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
}
NEWS = ["log.entryAdded", "network.beforeRequestSent"]


@contextmanager
def firefox(width: int = 1280, height: int = 800) -> Iterator[Firefox]:
    """Start Firefox with a new profile. Without Firefox the test is skipped."""
    program = require("firefox")
    with tempfile.TemporaryDirectory() as profile:
        lines = (f"user_pref({json.dumps(n)}, {json.dumps(v)});" for n, v in PREFERENCES.items())
        Path(profile, "user.js").write_text("\n".join(lines))
        command = [program, "--headless", "--no-remote", "--profile", profile]
        command += ["--remote-debugging-port=0", "--width", str(width), "--height", str(height)]
        environment = {**os.environ, "HOME": profile, "MOZ_CRASHREPORTER_DISABLE": "1"}
        quiet, told = subprocess.DEVNULL, subprocess.PIPE
        with subprocess.Popen(command, stdout=quiet, stderr=told, env=environment) as process:
            try:
                browser = Firefox(_port(process), (width, height))
                yield browser
                browser.close()
            finally:
                process.terminate()


def _port(process: subprocess.Popen[bytes]) -> int:
    """Return the port where it listens. Read its later output, too: a full pipe would stop it."""
    lines = process.stderr
    assert lines is not None
    for line in lines:
        found = re.search(rb"WebDriver BiDi listening on ws://127\.0\.0\.1:(\d+)", line)
        if found:
            Thread(target=lines.read, daemon=True).start()
            return int(found[1])
    raise AssertionError("Firefox ended before it listened")


class Firefox:
    """One tab. `complaints` has the console's messages, `asked` the addresses of all requests."""

    def __init__(self, port: int, size: tuple[int, int]) -> None:
        self._socket = _WebSocket(port, "/session")
        self._last = 0
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self._call("session.new", capabilities={})
        self._call("session.subscribe", events=NEWS)
        self._tab = self._call("browsingContext.create", type="tab")["context"]
        viewport = {"width": size[0], "height": size[1]}
        self._call("browsingContext.setViewport", context=self._tab, viewport=viewport)

    def open(self, url: str) -> None:
        """Go to the address, and wait until it is loaded."""
        self._call("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    def reload(self) -> None:
        """Load the page again, as its user would."""
        self._call("browsingContext.reload", context=self._tab, wait="complete")

    def ask(self, expression: str) -> Any:
        """Return the value of an expression. If it is a promise, return the promise's value."""
        told = self._call(
            "script.evaluate",
            expression=expression,
            target={"context": self._tab},
            awaitPromise=True,
        )
        assert told["type"] == "success", told["exceptionDetails"]["text"]
        return told["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until the expression is true. The page checks it at each drawn frame."""
        self.ask(
            "new Promise(done => { const look = () => "
            f"({expression}) ? done(true) : requestAnimationFrame(look); look(); }})"
        )

    def press(self, key: str) -> None:
        """Press and release a key."""
        strokes = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._act({"type": "key", "id": "keys", "actions": strokes})

    def type(self, text: str) -> None:
        """Press the keys of a text, one after the other."""
        strokes = [{"type": t, "value": key} for key in text for t in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keys", "actions": strokes})

    def click(self, selector: str) -> None:
        """Click into the middle of an element with the mouse."""
        x, y = json.loads(
            self.ask(
                f"(e => {{ e.scrollIntoView({{block: 'nearest'}}); const b = "
                "e.getBoundingClientRect(); return JSON.stringify([Math.round(b.x + b.width / 2),"
                f" Math.round(b.y + b.height / 2)]); }})(document.querySelector('{selector}'))"
            )
        )
        moves = [{"type": "pointerMove", "x": x, "y": y}]
        presses = [{"type": t, "button": 0} for t in ("pointerDown", "pointerUp")]
        self._act({"type": "pointer", "id": "mouse", "actions": moves + presses})

    def picture(self) -> str:
        """Return a picture of the page as PNG in base64."""
        return str(self._call("browsingContext.captureScreenshot", context=self._tab)["data"])

    def close(self) -> None:
        """Disconnect from the browser."""
        self._socket.close()

    def _act(self, actions: dict[str, Any]) -> None:
        self._call("input.performActions", context=self._tab, actions=[actions])

    def _call(self, method: str, **params: Any) -> Any:
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            told = json.loads(self._socket.receive())
            if told.get("id") == self._last:
                assert told["type"] == "success", told
                return told["result"]
            self._hear(told)

    def _hear(self, news: dict[str, Any]) -> None:
        match news.get("method"):
            case "log.entryAdded":
                self.complaints.append(str(news["params"]["text"]))
            case "network.beforeRequestSent":
                self.asked.append(str(news["params"]["request"]["url"]))


class _WebSocket:
    """The needed part of RFC 6455: it sends whole text messages, and may receive them in parts."""

    def __init__(self, port: int, path: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        key = b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        )
        self._socket.sendall("\r\n".join((*lines, "", "")).encode())
        self._read = self._socket.makefile("rb")
        assert b" 101 " in self._read.readline()
        while self._read.readline() != b"\r\n":
            pass

    def send(self, text: str) -> None:
        data, mask = text.encode(), os.urandom(4)
        size = len(data)
        head = struct.pack(">BBQ", 0x81, 0x80 | 127, size)
        if size < 126:
            head = bytes((0x81, 0x80 | size))
        elif size < 0x10000:
            head = struct.pack(">BBH", 0x81, 0x80 | 126, size)
        masked = bytes(octet ^ mask[i % 4] for i, octet in enumerate(data))
        self._socket.sendall(head + mask + masked)

    def close(self) -> None:
        self._read.close()
        self._socket.close()

    def receive(self) -> bytes:
        parts = []
        while True:
            first, second = self._read.read(2)
            size = second & 0x7F
            if size > 125:
                wide = 2 if size == 126 else 8
                size = int.from_bytes(self._read.read(wide), "big")
            data = self._read.read(size)
            if first & 0x0F < 3:  # text and its parts; pings are not answered
                parts.append(data)
                if first & 0x80:
                    return b"".join(parts)
