"""`tftp-fsm serve` with files on request: a process of its own, as people run it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tftp_fsm
from tests.cli.test_serve import run
from tests.support.namespaces import network
from tests.support.peers import Client
from tests.support.serve_process import REPOSITORY, serve_process

RULES = """\
# the rules of a test
rgg   [\\\\]        /
rie   ^(menu|img)$  boot/\\1
aP    ^             uploads\\ are\\ not\\ taken
"""
RECIPES = """
import time
def make(asked):
    if asked.name == b"made":
        return f"{asked.verb} {asked.host}".encode()
    if asked.name == b"hangs":
        time.sleep(3600)
    if asked.name == b"leaks":
        raise OSError(2, "No such file", "/srv/secret/place")
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "tftp.map").write_text(RULES)
    return tmp_path / "tftp.map"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / "boot").mkdir(parents=True)
    (tmp_path / "root" / "boot" / "menu").write_bytes(b"the menu")
    return tmp_path / "root"


# -- A map, tried ----------------------------------------------------------------------------------


def test_each_rule_says_what_it_does(rules: Path, root: Path) -> None:
    done = run("serve", str(root), "--map", str(rules), "--try", "Menu", "--from", "192.0.2.7")
    assert done.returncode == 0, done
    assert done.stdout.split("\n") == [
        "download (RRQ):",
        "  line 2: rgg [\\\\] /",
        "    does not match",
        "  line 3: rie ^(menu|img)$ boot/\\1",
        '    replaced, the last rule: "boot/Menu"',
        '  the name is "boot/Menu", and there is no such file',
        "upload (WRQ):",
        "  line 2: rgg [\\\\] /",
        "    does not match",
        "  line 3: rie ^(menu|img)$ boot/\\1",
        '    replaced, the last rule: "boot/Menu"',
        '  the name is "boot/Menu"',
        "",
    ]
    there = run("serve", str(root), "--map", str(rules), "--try", "menu")
    assert 'the name is "boot/menu", and the file exists' in there.stdout
    other = run("serve", "--map", str(rules), "--try", "x\\y")
    assert 'the name is "x/y"\n' in other.stdout
    assert "refused: uploads are not taken" in other.stdout


def test_the_map_of_the_documentation_does_what_the_page_shows(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "provided.md").read_text("utf-8")
    (tmp_path / "map").write_text(page.split("```text\n")[1].split("```")[0])
    shown = page.split("$ tftp-fsm serve --map tftp.map --try menu")[1].split("\n")[1:6]
    words = ("serve", "--map", str(tmp_path / "map"), "--from", "192.0.2.7", "--try")
    assert run(*words, "menu").stdout.split("\n")[: len(shown)] == shown
    assert 'the name is "pxelinux.cfg/C0000207"' in run(*words, "pxelinux.cfg/default").stdout
    assert 'the name is "firmware/a"' in run(*words, "firmware\\a").stdout


def test_a_refused_download_is_status_1(tmp_path: Path) -> None:
    (tmp_path / "map").write_text("a6 ^secret for\\ \\i")
    words = ("serve", "--map", str(tmp_path / "map"), "--try", "secret", "--from")
    done = run(*words, "2001:db8::7")
    assert done.returncode == 1 and "refused: for 2001:db8::7" in done.stdout
    assert run(*words, "192.0.2.7").returncode == 0


@pytest.mark.parametrize(
    "words, why",
    [
        (["--try", "x"], "needs a map: add --map FILE"),
        ([".", "--from", "192.0.2.7"], "--from is only for --try"),
        ([], "ROOT is missing"),
        (["--map", "{map}", "--try", "x", "--from", "host"], "host is not an IP address"),
        (["/nonexistent", "--map", "{map}", "--try", "x"], "cannot serve: /nonexistent"),
        ([".", "--map", "/nonexistent"], "cannot read the map /nonexistent"),
        ([".", "--map", "{bad}"], "bad:2: the expression (a cannot be used: a ( has no )"),
        (["--map", "{bad}", "--try", "x"], "bad:2: the expression"),
        ([".", "--provider", "recipes"], "name it as MODULE:FUNCTION"),
        ([".", "--provider", "no_such_module:x"], "ModuleNotFoundError"),
        ([".", "--proxy", "ftp://host"], "--proxy must be a URL such as http://host/path/"),
        ([".", "--allow", "192.0.2.1/24"], "--allow needs a network"),
        ([".", "--refuse-option", "speed"], "invalid choice: 'speed'"),
        ([".", "--keep-versions", "3"], "--keep-versions has no effect unless --overwrite"),
        ([".", "--root-per-client", "name"], "invalid choice: 'name'"),
        ([".", "--follow-links", "/nonexistent"], "/nonexistent"),
        ([".", "--provider-timeout", "0"], "0"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_one_line(tmp_path: Path, rules: Path, words: list[str], why: str) -> None:
    (tmp_path / "bad").write_text("# rules\nr (a b\n")
    given = [word.format(map=rules, bad=tmp_path / "bad") for word in words]
    done = run("serve", *given)
    assert done.returncode == (1 if "--follow-links" in words else 2), done
    assert why in done.stderr and done.stderr.count("\n") == 1


# -- The server ------------------------------------------------------------------------------------


def test_all_of_it_in_one_server(
    tmp_path: Path, root: Path, rules: Path, real_client: Callable[[str], Client]
) -> None:
    (tmp_path / "recipes.py").write_text(RECIPES)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "file").write_bytes(b"shared")
    (root / "link").symlink_to("../shared/file")
    (root / "127.0.0.1").mkdir()
    (root / "127.0.0.1" / "boot").symlink_to("../boot")
    (root / "127.0.0.1" / "link").symlink_to("../link")
    (root / "127.0.0.1" / "facts.tmpl").write_text("$ip")
    flags = ["--map", str(rules), "--root-per-client", "ip", "--templates"]
    flags += ["--provider", "recipes:make", "--provider-timeout", "0.2"]
    flags += ["--follow-links", str(tmp_path / "shared"), "--refuse-option", "blksize"]
    flags += ["--allow", "127.0.0.0/8", "--deny", "127.0.0.9", "--writable"]
    curl = real_client("curl")
    with serve_process(root, *flags, cwd=tmp_path) as server:

        def get(name: str) -> bytes:
            done = curl.get("127.0.0.1", server.port, name, tmp_path / "got")
            assert done.returncode == 0, done
            return (tmp_path / "got").read_bytes()

        assert get("menu") == b"the menu"
        assert get("made") == b"RRQ 127.0.0.1"
        assert get("facts") == b"127.0.0.1"
        assert get("link") == b"shared"
        with pytest.raises(tftp_fsm.PeerError, match="it took too long"):
            tftp_fsm.get("127.0.0.1", "hangs", port=server.port)
        with pytest.raises(tftp_fsm.PeerError, match="error 0: cannot read: the provider failed$"):
            tftp_fsm.get("127.0.0.1", "leaks", port=server.port)
        with pytest.raises(tftp_fsm.PeerError, match="uploads are not taken"):
            tftp_fsm.put("127.0.0.1", b"x", "new", port=server.port)
        got = tftp_fsm.get("127.0.0.1", "menu", port=server.port, blksize=1000)
        assert got.agreed.blksize is None
        assert server.stop() == 0
        messages = [line["message"] for line in server.lines("transfer")]
    assert any("FileNotFoundError: [Errno 2] No such file" in message for message in messages)


def test_a_map_is_read_again_and_a_broken_one_changes_nothing(tmp_path: Path, root: Path) -> None:
    (root / "one").write_bytes(b"1")
    (root / "two").write_bytes(b"2")
    rules, config = tmp_path / "map", tmp_path / "conf.toml"
    rules.write_text("r ^x$ one")
    config.write_text(f'map = "{rules}"\ndeny = ["127.0.0.9"]\n')

    def read_again(text: str, count: int) -> str:
        rules.write_text(text)
        server.process.send_signal(signal.SIGHUP)
        return str(server.line("reload", count)["message"])

    def get() -> bytes | None:
        return tftp_fsm.get("127.0.0.1", "x", port=server.port).data

    with serve_process(root, "--config", str(config), start_new_session=True) as server:
        assert get() == b"1"
        assert "changed: map" in read_again("r ^x$ two", 1)
        assert get() == b"2"
        assert "map:1: the rule has no expression; the earlier" in read_again("r", 2)
        assert get() == b"2"
        assert server.stop() == 0


def test_versions_are_kept(tmp_path: Path) -> None:
    flags = ("--writable", "--overwrite", "--keep-versions", "1", "--dally", "0")
    with serve_process(tmp_path, *flags) as server:
        for content in (b"1", b"2", b"3"):
            tftp_fsm.put("127.0.0.1", content, "file", port=server.port)
        assert server.stop() == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "file": b"3",
        "file.~2~": b"2",
    }


def test_a_plain_server_imports_no_provider() -> None:
    code = (
        "import sys\nfrom tftp_fsm.server import Server\n"
        "with Server('.') as s: pass\n"
        "print([n for n in sys.modules if 'providers' in n or n in ('ssl', 'http.client')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("here, there", [("10.9.1.1", "10.9.1.2"), ("fd09:1::1", "fd09:1::2")])
def test_a_client_has_the_directory_of_its_hardware_address(
    tmp_path: Path, real_client: Callable[[str], Client], here: str, there: str
) -> None:
    mac, bits = "02:00:00:00:00:0a", 64 if ":" in here else 24
    own = tmp_path / "root" / mac.replace(":", "-")
    own.mkdir(parents=True)
    (own / "menu").write_bytes(b"mine")
    (tmp_path / "root" / "menu").write_bytes(b"shared")
    (tmp_path / "map").write_text("r ^facts$ \\m")
    (own / mac.replace(":", "-")).write_bytes(b"mapped")
    curl = real_client("curl")
    host = f"[{here}]" if ":" in here else here
    with network("server", "client") as net:
        net.cable("server", "eth0", "client", "eth0")
        net.ip("client", "link", "set", "eth0", "address", mac)
        net.address("server", "eth0", f"{here}/{bits}")
        net.address("client", "eth0", f"{there}/{bits}")
        flags = ("--bind", here, "--port", "0", "--root-per-client", "mac")
        more = ("--map", str(tmp_path / "map"))
        within = net.within("server")
        with serve_process(tmp_path / "root", *flags, *more, within=within) as server:
            for name, content in (("menu", b"mine"), ("facts", b"mapped")):
                words = [curl.program, "-s", f"tftp://{host}:{server.port}/{name}"]
                got = subprocess.run(
                    [*net.within("client"), *words],
                    capture_output=True,
                    timeout=60,
                    check=False,
                )
                assert got.stdout == content, got
