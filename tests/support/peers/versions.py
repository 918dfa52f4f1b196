"""Find the installed version of a peer, in the peer's own words."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.support.peers.parts import INTEROP, environment, find

DEFAULT = ["--version"]
# The arguments that print a program's version, if --version does not.
ASKS = {"tftpd-hpa": ["-V"], "tftp-hpa": ["-V"], "busybox": ["--help"]}
ERLANG = (
    "application:load(tftp), {ok, V} = application:get_key(tftp, vsn), io:put_chars(V), halt()."
)
DISTRIBUTIONS = {"pytftp": "tftp", "tftp-fsm": "tftp-fsm", "tftpy": "tftpy"} | {
    name: name for name in ("fbtftp", "partftpy", "ptftpd", "py3tftp")
}


def version(part: str) -> str:
    """Return the version of `part`, or "" if it is not installed."""
    program = find(part)
    if program is None:
        return ""
    done = subprocess.run(
        _command(part, program),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    found = re.search(r"\d+\.[\w.+-]*\w", done.stdout + done.stderr)
    return found.group() if found else "unknown"


def _command(part: str, program: str) -> list[str]:
    if part in DISTRIBUTIONS:
        python = sys.executable if program == part else program
        name = DISTRIBUTIONS[part]
        return [python, "-c", f"import importlib.metadata as m; print(m.version({name!r}))"]
    match part:
        case "erlang":
            return [program, "-noshell", "-eval", ERLANG]
        case "perl-net-tftp":
            return [program, "-MNet::TFTP", "-e", "print $Net::TFTP::VERSION"]
        case "perl-net-tftpd":
            return [program, "-MNet::TFTPd", "-e", "print $Net::TFTPd::VERSION"]
        case "node-tftp":
            return [program, "-p", "require(process.env.NODE_TFTP + '/package.json').version"]
        case "busybox-tftpd":
            return ["cat", str(Path(INTEROP).parent / "busybox" / "version")]
        case _:
            return [program, *ASKS.get(part, DEFAULT)]
