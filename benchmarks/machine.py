"""The machine in general terms, how busy it is, and what its programs call themselves."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

from tests.support.peers import parts

ROOT = Path(__file__).resolve().parents[1]
QUIET = 0.3  # of the load average over the last minute; more, and figures are not to be trusted
_ASK = {"tftp-hpa": "-V", "tftpd-hpa": "-V", "atftp": "-V", "atftpd": "-V"}
_ASK |= {"curl": "-V", "busybox": "--help", "dnsmasq": "-v"}


def described() -> str:
    """Processor, cores, kernel, Python: nothing that says whose machine it is."""
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
    """How many processes wanted a core, over the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def versions() -> str:
    """The programs that were found, as they name themselves."""
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
    """For every program that is run: in English, with the unpacked libraries and this package.

    What pip installs is compiled already, so this package may keep what is compiled of it too.
    """
    all_of_it = parts.environment() | {"PYTHONPATH": str(ROOT)}
    all_of_it.pop("PYTHONDONTWRITEBYTECODE", None)
    return all_of_it
