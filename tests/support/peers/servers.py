"""Real servers on the loopback; each one serves a directory of its own."""

from __future__ import annotations

import contextlib
import getpass
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.support.peers.clients import GLUE
from tests.support.peers.parts import environment, is_root, require
from tests.support.peers.plain import Refused, fetch, negotiate, refusal
from tests.support.users import KEEP_ROOT

READY = "ready"  # the file that a server must serve before a test may use it
PROBES, PROBE_WAIT = 200, 0.05  # requests; seconds for each
ASKED = {"blksize": 1024, "timeout": 2, "tsize": 0, "windowsize": 64}  # by the probe at start
LENGTHS, ROUNDS = (0, 1, 511, 512, 513), 3  # octets of files that the probe asks for in a row
STARTS = 3  # another program may take the free port before the server does


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, and one new folder in its root."""

    name: str
    host: str
    port: int
    root: Path
    writable: bool  # takes files that don't exist yet
    agrees: Mapping[str, int]  # options that it was seen to agree to, with the value of its OACK
    right_lengths: bool  # of files that are asked for without options, one after the other
    folder: str = ""

    @property
    def windowsize(self) -> int:
        """Return the largest window that it sends in tests. Without windowsize it is 1."""
        return self.agrees.get("windowsize", 1)

    def answers_plain_requests(self) -> None:
        """Skip the test if the probe at the start has shown that it does not."""
        if not self.right_lengths:
            pytest.skip(f"this {self.name} answers requests without options with wrong lengths")

    def fetch(self, remote: str, mode: str = "octet") -> bytes:
        """Return `remote` as it is on the wire, without options."""
        return fetch(self.host, self.port, remote, mode=mode)

    def negotiate(self, remote: str, options: Mapping[str, int]) -> dict[str, int]:
        """Return the options that it accepts for `remote`. Raises Refused if it sends ERROR."""
        return negotiate(self.host, self.port, remote, options)

    def refusal(self, remote: str) -> Refused:
        """Return the ERROR with which it refuses to send `remote`."""
        return refusal(self.host, self.port, remote)

    def path(self, name: str) -> Path:
        """Return the path of the file `name` on the disk."""
        return self.root / self.folder / name

    def remote(self, name: str) -> str:
        """Return the name by which a client asks for the file `name`."""
        return f"{self.folder}/{name}" if self.folder else name

    def holds(self, name: str, content: bytes) -> str:
        """Create a file that all users may read. Return the name by which a client asks for it."""
        path = self.path(name)
        path.write_bytes(content)
        path.chmod(0o644)
        return self.remote(name)

    def in_folder(self, folder: str) -> Server:
        """Return the same server over a new, empty folder that every client may write to."""
        path = self.root / folder
        path.mkdir()
        path.chmod(0o777)
        return replace(self, folder=folder)


Command: TypeAlias = Callable[[str, str, int, Path], list[str]]  # of program, host, port, root


@dataclass(frozen=True, slots=True)
class Kind:
    """How to run one server program. Its abilities are tested when it runs."""

    command: Command
    endpoint: Callable[[], tuple[str, int]]
    writable: bool
    asked_at_start: bool = True  # its options are tested; False for those only in the matrix
    creates: bool = True  # False: a put needs the full path of a file that all users may write


class Servers:
    """Starts each server once for each list of flags. `close` ends all of them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._running: dict[tuple[str, ...], Server] = {}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._folders = itertools.count(1)

    def get(self, name: str, *flags: str) -> Server:
        """Return the server `name`, started with these `flags`, over a new folder for this test."""
        return self.whole(name, *flags).in_folder(f"t{next(self._folders)}")

    def whole(self, name: str, *flags: str) -> Server:
        """Return the server `name` over its root, which all callers share."""
        program = require(name)
        running = self._running.get((name, *flags))
        if running is None:
            running = self._start(name, program, flags)
            self._running[(name, *flags)] = running
        return running

    def close(self) -> None:
        for process in self._processes:
            _kill(process)
        self._processes.clear()

    def _start(self, name: str, program: str, flags: tuple[str, ...]) -> Server:
        root = self._new_root(name)
        log = root.with_suffix(".log")
        for _ in range(STARTS):
            server = self._try(name, program, flags, root, log)
            if server is not None:
                return server
        raise RuntimeError(f"{name} {' '.join(flags)} did not start: {log.read_text().strip()}")

    def _new_root(self, name: str) -> Path:
        root = self._directory / f"{name}-{len(self._running)}"
        root.mkdir()
        # Servers that serve only files that all users may read check the parent folders, too.
        for folder in (root, self._directory, self._directory.parent):
            folder.chmod(folder.stat().st_mode | 0o755)
        (root / READY).write_bytes(name.encode())
        (root / READY).chmod(0o644)
        return root

    def _try(
        self, name: str, program: str, flags: tuple[str, ...], root: Path, log: Path
    ) -> Server | None:
        kind = EVERY_SERVER[name]
        host, port = kind.endpoint()
        process = run([*kind.command(program, host, port, root), *flags], log, environment())
        self._processes.append(process)
        if not _answers(process, host, port, name.encode()):
            _kill(process)
            return None
        if not kind.asked_at_start:
            return Server(name, host, port, root, kind.writable, {}, True)
        agrees, right = _agrees(host, port), _right_lengths(host, port, root)
        return Server(name, host, port, root, kind.writable, agrees, right)


def run(command: list[str], log: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start it in a new process group. Its children end with it, and it ends with pytest."""
    if setpriv := shutil.which("setpriv"):
        command = [setpriv, "--pdeathsig", "KILL", *command]
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=env,
            start_new_session=True,
        )


def _answers(process: subprocess.Popen[bytes], host: str, port: int, content: bytes) -> bool:
    """Return whether the server sends its own file. Another program on that port would not."""
    for _ in range(PROBES):
        if process.poll() is not None:
            return False
        try:
            return fetch(host, port, READY, attempts=1, wait=PROBE_WAIT) == content
        except TimeoutError:
            continue
    return False


def _agrees(host: str, port: int) -> dict[str, int]:
    """Ask for each option alone, because a server may refuse all options together with one."""
    agreed: dict[str, int] = {}
    for name, value in ASKED.items():
        with contextlib.suppress(Refused):
            agreed |= negotiate(host, port, READY, {name: value})
    return agreed


def _right_lengths(host: str, port: int, root: Path) -> bool:
    """Return False for dnsmasq 2.93. It cuts a file at the length of the last one that it sent."""
    for size in LENGTHS:
        (root / f"{READY}-{size}").write_bytes(bytes(size))
        (root / f"{READY}-{size}").chmod(0o644)
    asked = [size for _ in range(ROUNDS) for size in LENGTHS]
    return all(len(fetch(host, port, f"{READY}-{size}")) == size for size in asked)


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _free_port() -> tuple[str, int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return "127.0.0.1", int(sock.getsockname()[1])


def _free_address() -> tuple[str, int]:
    """Return a loopback address whose port 69 is free, because dnsmasq needs this port."""
    for host in (f"127.0.69.{last}" for last in range(1, 255)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            try:
                sock.bind((host, 69))
            except OSError:
                continue
            return host, 69
    raise RuntimeError("port 69 is taken on every address of 127.0.69.0/24")


def _tftpd_hpa(program: str, host: str, port: int, root: Path) -> list[str]:
    return [program, "-L", "-a", f"{host}:{port}", "-s", str(root), "-c", "-u", "root"]


def _atftpd(program: str, host: str, port: int, root: Path) -> list[str]:
    user = "root.root" if is_root() else f"{getpass.getuser()}.{_group()}"
    listen = ["--port", str(port), "--bind-address", host]
    return [program, "--daemon", "--no-fork", *listen, "--user", user, "--logfile", "-", str(root)]


def _group() -> str:
    import grp  # Windows has no such module; its tests need no real servers

    return grp.getgrgid(os.getgid()).gr_name


def _dnsmasq(program: str, host: str, port: int, root: Path) -> list[str]:
    quiet = ["--no-daemon", "--conf-file=/dev/null", "--pid-file=", "--user=root", "--port=0"]
    return [
        *(program, *quiet, "--bind-interfaces", f"--listen-address={host}"),
        *("--enable-tftp", f"--tftp-root={root}"),
    ]


def _package(name: str) -> Command:
    glue = str(GLUE / "python_server.py")

    def command(program: str, host: str, port: int, root: Path) -> list[str]:
        python = sys.executable if program == name else program
        return [python, glue, name, host, str(port), str(root)]

    return command


def _node(program: str, host: str, port: int, root: Path) -> list[str]:
    return [program, str(GLUE / "node.js"), "serve", host, str(port), str(root)]


def _perl(program: str, host: str, port: int, root: Path) -> list[str]:
    return [program, str(GLUE / "server.pl"), host, str(port), str(root)]


def _erlang(program: str, host: str, port: int, root: Path) -> list[str]:
    address = ", ".join(host.split("."))
    files = f'{{callback, {{".*", tftp_file, [{{root_dir, "{root}"}}]}}}}'
    options = f"[{{port, {port}}}, {{udp, [{{ip, {{{address}}}}}]}}, {files}]"
    return [
        program,
        "-noshell",
        "-eval",
        f"{{ok, _}} = tftp:start({options}), timer:sleep(infinity).",
    ]


def _busybox(program: str, host: str, port: int, root: Path) -> list[str]:
    return [program, host, str(port), str(root)]


def _inetutils(program: str, host: str, port: int, root: Path) -> list[str]:
    """Run it under the inetd of the same project, in the foreground with debugging on."""
    table = root.with_suffix(".inetd")
    line = f"{host}:{port} dgram udp wait root {program} tftpd -l {root}\n"
    table.write_text(line)
    return [str(Path(program).with_name("inetutils-inetd")), "-d", str(table)]


SERVERS = {
    "tftpd-hpa": Kind(_tftpd_hpa, _free_port, writable=True),
    "atftpd": Kind(_atftpd, _free_port, writable=True),
    "dnsmasq": Kind(_dnsmasq, _free_address, writable=False),
}


def _tftp_fsm(program: str, host: str, port: int, root: Path) -> list[str]:
    listen = ["--bind", host, "--port", str(port)]
    words = ["serve", str(root), *listen, "--writable", *KEEP_ROOT]
    return [sys.executable, "-m", "tftp_fsm", *words]


def _further(command: Command, *, writable: bool = True, creates: bool = True) -> Kind:
    return Kind(command, _free_port, writable, asked_at_start=False, creates=creates)


# Servers that are only in the matrix of interoperability.
FURTHER_SERVERS = {
    "tftpy": _further(_package("tftpy")),
    "pytftp": _further(_package("pytftp")),
    "partftpy": _further(_package("partftpy")),
    "ptftpd": _further(_package("ptftpd")),
    "py3tftp": _further(_package("py3tftp")),
    "fbtftp": _further(_package("fbtftp"), writable=False),
    "node-tftp": _further(_node),
    "perl-net-tftpd": _further(_perl),
    "erlang": _further(_erlang),
    "busybox-tftpd": _further(_busybox),
    "inetutils-tftpd": _further(_inetutils, creates=False),
}
EVERY_SERVER = SERVERS | FURTHER_SERVERS | {"tftp-fsm": _further(_tftp_fsm)}
