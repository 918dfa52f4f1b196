"""The lab's server answers only its own page, and only if the page knows the token."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from threading import Thread
from typing import Any

import pytest

from tests.support.refused import Refused
from tftp_fsm.__main__ import main
from tftp_fsm.lab import server as served
from tftp_fsm.lab.breaking import EXAMPLE
from tftp_fsm.lab.server import LONGEST, LabServer, begin_lab

OPEN = {"open": {"scenario": "plain", "moves": ["step 2"]}}


@pytest.fixture
def lab() -> Iterator[LabServer]:
    with LabServer() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def ask(
    lab: LabServer,
    message: Any = OPEN,
    *,
    method: str = "POST",
    path: str = "/ask",
    body: bytes | None = None,
    **headers: str,
) -> tuple[int, str]:
    """The status and the text of the answer."""
    sent = {"X-Lab-Token": lab.token, "X-Lab-Page": "p"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", lab.server_port, timeout=20)
    try:
        connection.request(method, path, body or json.dumps(message).encode(), sent)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_a_question_with_the_token_is_answered(lab: LabServer) -> None:
    status, text = ask(lab)
    assert status == 200
    assert json.loads(text)["view"]["position"] == 2


def test_each_page_has_a_run_of_its_own(lab: LabServer) -> None:
    for page, lines in (("a", 1), ("b", 3), ("a", 1)):
        if lines == 3 or page == "a":
            ask(lab, OPEN, X_Lab_Page=page)
        ask(lab, {"command": f"step {lines}"}, X_Lab_Page=page)
    places = [json.loads(ask(lab, {"command": ""}, X_Lab_Page=p)[1]) for p in "ab"]
    assert [place["view"]["position"] for place in places] == [3, 5]


def test_a_page_that_was_forgotten_is_told_so(
    lab: LabServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "LABS", 2)
    for page in "abc":
        ask(lab, X_Lab_Page=page)
    assert json.loads(ask(lab, {"command": "step"}, X_Lab_Page="a")[1])["gone"]
    assert json.loads(ask(lab, {"command": "step"}, X_Lab_Page="c")[1])["ok"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"X_Lab_Token": ""},
        {"X_Lab_Token": "\u00e9"},
    ],
)
def test_what_comes_from_elsewhere_is_refused(lab: LabServer, headers: Any) -> None:
    assert ask(lab, **headers)[0] == 403
    assert ask(lab)[0] == 200


def test_its_own_origin_is_not_foreign(lab: LabServer) -> None:
    for host in lab.hosts:
        assert ask(lab, Host=host, Origin=f"http://{host}", Sec_Fetch_Site="same-origin")[0] == 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"method": "GET", "path": "/"}, 403),
        ({"method": "GET", "path": "/?token=x"}, 403),
        ({"method": "GET", "path": "/etc/passwd"}, 404),
        ({"path": "/other"}, 400),
        ({"body": b"{"}, 400),
        ({"body": b"[" * 100_000}, 400),
        ({"Content_Length": str(LONGEST + 1)}, 400),
        ({"Content_Length": "-1"}, 400),
        ({"Content_Length": "\u00b2"}, 400),
        ({"Content_Length": "9" * 5000}, 400),
        ({"method": "PUT"}, 501),
    ],
)
def test_what_is_no_question_is_refused(lab: LabServer, asked: Any, status: int) -> None:
    assert ask(lab, **asked)[0] == status


@pytest.mark.parametrize("message", [[], 3, None, "open", {"command": 3}, {"open": []}])
def test_any_json_gets_an_answer(lab: LabServer, message: Any) -> None:
    status, text = ask(lab, OPEN)
    status, text = ask(lab, message)
    assert status == 200
    assert not json.loads(text)["ok"]


def test_any_json_gets_an_answer_at_a_question_too(lab: LabServer) -> None:
    ask(lab, {"open": {"exercise": "first-answer"}})
    status, text = ask(lab, [{}])
    assert status == 200 and "answer the question first" in text


def test_an_address_that_is_none_is_refused(
    lab: LabServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", lab.server_port), timeout=20) as connection:
        host = f"Host: 127.0.0.1:{lab.server_port}"
        connection.sendall(f"GET http://[ HTTP/1.1\r\n{host}\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 404 ")
    assert capsys.readouterr().err == ""


def test_a_browser_that_has_gone_is_no_fault(
    lab: LabServer, capsys: pytest.CaptureFixture[str]
) -> None:
    for fault, is_told in ((ConnectionResetError(), False), (ValueError(), True)):
        try:
            raise fault
        except (ConnectionError, ValueError):
            lab.handle_error(None, ("127.0.0.1", 1))
        assert ("Traceback" in capsys.readouterr().err) is is_told


def test_the_page_says_in_each_language_what_it_needs(lab: LabServer) -> None:
    text = ask(lab, method="GET", path=f"/?token={lab.token}")[1]
    told = text.partition("<noscript>")[2].partition("</noscript>")[0]
    assert re.findall('<p lang="([a-z]+)">', told) == ["en", "ko"]
    assert "This page needs JavaScript" in told and "JavaScript가 필요합니다" in told


def test_the_page_forbids_every_request_to_elsewhere(lab: LabServer) -> None:
    status, text = ask(lab, method="GET", path=f"/?token={lab.token}")
    assert status == 200
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert found is not None
    policy = dict(part.split(" ", 1) for part in found[1].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert "unsafe" not in found[1]
    assert re.search(r"https?://(?!www\.w3\.org/2000/svg)", text) is None


# -- The command ----------------------------------------------------------------------------------


def test_the_command_prints_the_address_and_ends_with_a_signal() -> None:
    command = [sys.executable, "-m", "tftp_fsm", "lab", "--no-browser", "--scenario", "lost-ack"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        found = re.match(r"the lab is at (http://127\.0\.0\.1:(\d+)/\?token=\S+)#lost-ack ", line)
        assert found is not None, line
        connection = http.client.HTTPConnection("127.0.0.1", int(found[2]), timeout=20)
        connection.request("GET", found[1].partition(found[2])[2])
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["lab", "--no-browser", "--port", str(port)]) == 1
    assert f"cannot serve at 127.0.0.1 port {port}" in capsys.readouterr().err


def test_a_wrong_option_is_a_wrong_command_line(refused: Refused) -> None:
    assert "--port" in refused("lab", "--port", "70000")


def test_without_a_desktop_no_browser_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    from tftp_fsm.cli import lab as command

    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    command._show("http://127.0.0.1:1/")
    assert opened == []
    monkeypatch.setitem(os.environ, "DISPLAY", ":0")
    command._show("http://127.0.0.1:1/")
    assert opened == ["http://127.0.0.1:1/"]


# -- Broken tables --------------------------------------------------------------------------------

MINE = {"python": EXAMPLE}


def test_typed_python_is_refused_unless_the_person_who_started_the_lab_allows_it(
    lab: LabServer,
) -> None:
    asked: list[Any] = [{"open": {"tables": MINE}}, {"open": {}}, {"search": {"tables": MINE}}]
    for message in asked:
        reply = json.loads(ask(lab, message)[1])
        assert reply["ok"] is ("tables" not in str(message))
        assert reply["ok"] or "--allow-python" in reply["said"][0]
    with LabServer(begin=partial(begin_lab, allows_python=True)) as other:
        assert other.answer("p", {"open": {"tables": MINE}})["ok"]


def test_a_search_goes_on_while_the_page_is_answered(lab: LabServer) -> None:
    ask(lab)
    search = {"kind": "get", "blocks": 4, "losses": 3, "copies": 3}  # far more than a moment
    assert json.loads(ask(lab, {"search": search})[1])["value"]["running"]
    assert json.loads(ask(lab, {"command": "step"})[1])["view"]["position"] == 3
    news = json.loads(ask(lab, {"search": "stop"})[1])["value"]
    assert news["running"] is False
