"""The machine in general terms, its load, and the versions of its programs."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

from tests.support.peers import parts

ROOT = Path(__file__).resolve().parents[1]
QUIET = 0.3  # load average of the last minute; above this, do not trust the figures
FIRST = 10  # a priority of SCHED_FIFO
_ASK = {"tftp-hpa": "-V", "tftpd-hpa": "-V", "atftp": "-V", "atftpd": "-V"}
_ASK |= {"curl": "-V", "busybox": "--help", "dnsmasq": "-v"}


def described() -> str:
    """Return the processor, cores, kernel and Python. Nothing identifies the machine."""
    cores = os.cpu_count() or 1
    kernel = f"{platform.system()} {platform.release().split('-')[0]}"
    return f"{_processor()}, {cores} cores, {kernel}, Python {platform.python_version()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def load() -> float:
    """Return the load average of the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def come_first() -> None:
    """Give this process and its children priority over all usual processes.

    The figures are then those of a machine without other work, except that no processor sleeps and
    has to wake up. Only root may do this, and for at most 19 of 20 seconds.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIRST))
    except (AttributeError, PermissionError):
        sys.exit("bench: --first needs Linux and the rights of root: leave it out")


def versions() -> str:
    """Return the programs that were found, with their versions."""
    found = [_version(name) for name in _ASK if parts.find(name)]
    return "; ".join(sorted({line for line in found if line} | _modules()))


def _version(name: str) -> str:
    command = [parts.find(name) or name, _ASK[name]]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment(), timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    number = re.search(r"\d+\.\d[\d.]*", done.stdout + done.stderr)
    return f"{name} {number[0]}" if number else ""


def _modules() -> set[str]:
    from importlib.metadata import PackageNotFoundError, version

    found = set()
    for label, package in (("tftpy", "tftpy"), ("pytftp", "tftp")):
        try:
            found.add(f"{label} {version(package)}")
        except PackageNotFoundError:
            continue
    return found


def environment() -> dict[str, str]:
    """Return the environment of every program: English, the unpacked libraries, and this package.

    Packages that pip installs are compiled already, so this package keeps its compiled files too.
    """
    all_of_it = parts.environment() | {"PYTHONPATH": str(ROOT)}
    all_of_it.pop("PYTHONDONTWRITEBYTECODE", None)
    return all_of_it
