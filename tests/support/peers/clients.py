"""Real clients: every program has the same two methods, `get` and `put`."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from tests.support.peers.parts import environment, require

LIMIT = 60.0  # seconds for one transfer
GLUE = Path(__file__).with_name("glue")


@dataclass(frozen=True, slots=True)
class Transfer:
    """The values of one transfer by a client."""

    verb: str  # get or put
    host: str
    port: int
    remote: str
    local: Path
    blksize: int | None  # octets; None leaves it to the client
    windowsize: int | None  # blocks; None leaves it to the client
    mode: str


Command: TypeAlias = Callable[[str, Transfer], list[str]]  # of program, transfer


@dataclass(frozen=True, slots=True)
class Client:
    """A client program. `get` and `put` run it until it ends and return its output.

    `returncode` is 0 only if the client reported success.
    """

    name: str
    command: Command
    options: frozenset[str]
    modes: frozenset[str]
    fails_saying: str = ""  # a pattern of its output when it fails with status 0
    program: str = ""
    flags: tuple[str, ...] = ()  # further words, at the end

    def get(
        self,
        host: str,
        port: int,
        remote: str,
        local: Path,
        *,
        blksize: int | None = None,
        windowsize: int | None = None,
        mode: str = "octet",
        limit: float = LIMIT,
    ) -> subprocess.CompletedProcess[str]:
        """Read the file `remote` from the server into `local`."""
        transfer = Transfer("get", host, port, remote, local, blksize, windowsize, mode)
        return self._run(transfer, limit)

    def put(
        self,
        host: str,
        port: int,
        local: Path,
        remote: str,
        *,
        blksize: int | None = None,
        windowsize: int | None = None,
        mode: str = "octet",
        limit: float = LIMIT,
    ) -> subprocess.CompletedProcess[str]:
        """Write the file `local` to the server as `remote`."""
        transfer = Transfer("put", host, port, remote, local, blksize, windowsize, mode)
        return self._run(transfer, limit)

    def _run(self, transfer: Transfer, limit: float) -> subprocess.CompletedProcess[str]:
        self._check(transfer)
        done = subprocess.run(
            [*self.command(self.program, transfer), *self.flags],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment(),
            cwd=transfer.local.parent,
            timeout=limit,
            check=False,
        )
        if self.fails_saying and re.search(self.fails_saying, done.stdout + done.stderr):
            done.returncode = done.returncode or 1
        return done

    def _check(self, transfer: Transfer) -> None:
        for option in ("blksize", "windowsize"):
            if getattr(transfer, option) is not None and option not in self.options:
                raise ValueError(f"{self.name} can't ask for a {option}")
        if self.name == "curl" and transfer.mode == "netascii" and transfer.blksize is not None:
            raise ValueError("curl is run without options in netascii")
        if transfer.mode not in self.modes:
            raise ValueError(f"{self.name} has no mode {transfer.mode}")


def client(name: str) -> Client:
    """Return the client `name`. If the program is missing, the test is skipped."""
    return replace(EVERY_CLIENT[name], program=require(name))


def _curl(program: str, t: Transfer) -> list[str]:
    host = f"[{t.host}]" if ":" in t.host else t.host
    url = f"tftp://{host}:{t.port}/{quote(t.remote)};mode={t.mode}"
    file = ["--output", str(t.local)] if t.verb == "get" else ["--upload-file", str(t.local)]
    options = [] if t.blksize is None else ["--tftp-blksize", str(t.blksize)]
    if t.mode == "netascii":
        # It would offer tsize. tftpd-hpa answers that with ERROR 8 in netascii, and curl reports
        # a failure if the file is longer than the size that atftpd sends.
        options = ["--tftp-no-options"]
    return [program, "--silent", "--show-error", *options, *file, url]


def _tftp_hpa(program: str, t: Transfer) -> list[str]:
    names = [t.remote, str(t.local)] if t.verb == "get" else [str(t.local), t.remote]
    return [program, "-m", t.mode, t.host, str(t.port), "-c", t.verb, *names]


def _atftp(program: str, t: Transfer) -> list[str]:
    wanted = {"mode": t.mode, "blksize": t.blksize, "windowsize": t.windowsize}
    asked = [f"{name} {value}" for name, value in wanted.items() if value is not None]
    options = [word for option in asked for word in ("--option", option)]
    names = ["--remote-file", t.remote, "--local-file", str(t.local)]
    return [program, *options, f"--{t.verb}", *names, t.host, str(t.port)]


def _busybox(program: str, t: Transfer) -> list[str]:
    blksize = [] if t.blksize is None else ["-b", str(t.blksize)]
    names = ["-r", t.remote, "-l", str(t.local)]
    return [program, "tftp", f"-{t.verb[0]}", *names, *blksize, t.host, str(t.port)]


def _package(name: str) -> Command:
    """Return the client of a Python package, run by its interpreter."""
    glue = str(GLUE / "python_client.py")

    def command(program: str, t: Transfer) -> list[str]:
        python = sys.executable if program == name else program
        where = [t.host, str(t.port), t.remote, str(t.local), str(t.blksize or 0)]
        return [python, glue, name, t.verb, *where]

    return command


def _node(program: str, t: Transfer) -> list[str]:
    return [program, str(GLUE / "node.js"), t.verb, t.host, str(t.port), t.remote, str(t.local)]


def _perl(program: str, t: Transfer) -> list[str]:
    where = [t.host, str(t.port), t.remote, str(t.local), str(t.blksize or 0), t.mode]
    return [program, str(GLUE / "client.pl"), t.verb, *where]


def _erlang(program: str, t: Transfer) -> list[str]:
    verb, names = {
        "get": ("read_file", f'"{t.remote}", "{t.local}"'),
        "put": ("write_file", f'"{t.remote}", "{t.local}"'),
    }[t.verb]
    blksize = "" if t.blksize is None else f', {{"blksize", "{t.blksize}"}}'
    options = f'[{{host, "{t.host}"}}, {{port, {t.port}}}{blksize}]'
    ends = '{ok, _} -> halt(0); E -> io:format(standard_error, "~p~n", [E]), halt(1)'
    return [program, "-noshell", "-eval", f"case tftp:{verb}({names}, {options}) of {ends} end."]


def _inetutils(program: str, t: Transfer) -> list[str]:
    """Return a command that gives the client its input. The client replaces the shell."""
    mode = "binary" if t.mode == "octet" else "ascii"
    names = f"{t.remote} {t.local}" if t.verb == "get" else f"{t.local} {t.remote}"
    told = f"{mode}\n{t.verb} {names}\nquit"
    script = 'exec "$0" "$2" "$3" <<END\n$1\nEND\n'
    return ["sh", "-c", script, program, told, t.host, str(t.port)]


def _tftp_fsm(_: str, t: Transfer) -> list[str]:
    names = [t.remote, str(t.local)] if t.verb == "get" else [str(t.local), t.remote]
    asked = {"--mode": t.mode, "--blksize": t.blksize, "--windowsize": t.windowsize}
    flags = [str(word) for pair in asked.items() if pair[1] is not None for word in pair]
    plain = ["--quiet", "--keep-failures", "none"]
    command = [sys.executable, "-m", "tftp_fsm", t.host, "-p", str(t.port), t.verb]
    return [*command, *names, *flags, *plain]


BOTH = frozenset({"octet", "netascii"})
OCTET = frozenset({"octet"})
BLKSIZE = frozenset({"blksize"})

CLIENTS = {
    "curl": Client("curl", _curl, BLKSIZE, BOTH),
    # It always exits with 0. Only its output shows a failure.
    "tftp-hpa": Client("tftp-hpa", _tftp_hpa, frozenset(), BOTH, fails_saying=r"\S"),
    "atftp": Client("atftp", _atftp, BLKSIZE | {"windowsize"}, BOTH),
    "busybox": Client("busybox", _busybox, BLKSIZE, OCTET),
    "tftpy": Client("tftpy", _package("tftpy"), BLKSIZE, OCTET),
}

# Clients that are only in the matrix of interoperability.
FURTHER_CLIENTS = {
    "pytftp": Client("pytftp", _package("pytftp"), BLKSIZE, OCTET),
    "partftpy": Client("partftpy", _package("partftpy"), BLKSIZE, OCTET),
    "ptftpd": Client("ptftpd", _package("ptftpd"), BLKSIZE, OCTET),
    "node-tftp": Client("node-tftp", _node, frozenset(), OCTET),
    "perl-net-tftp": Client("perl-net-tftp", _perl, BLKSIZE, BOTH),
    "erlang": Client("erlang", _erlang, BLKSIZE, OCTET),
    "inetutils-tftp": Client(
        "inetutils-tftp", _inetutils, frozenset(), BOTH, fails_saying="Error|timed out|tftp: "
    ),
}
EVERY_CLIENT = (
    CLIENTS
    | FURTHER_CLIENTS
    | {"tftp-fsm": Client("tftp-fsm", _tftp_fsm, BLKSIZE | {"windowsize"}, BOTH)}
)
