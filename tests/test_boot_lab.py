"""The parts of the boot lab that are cheap to test. `make boot-lab` boots the firmwares."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
import zlib
from pathlib import Path

import pytest

from tests.support.peers.parts import require
from tools import boot_lab
from tools.house import ROOT

SCRIPT = ROOT / "tools" / "boot_lab.py"
GRUB = next(firmware for firmware in boot_lab.FIRMWARES if firmware.name == "grub")


def run(*words: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        env=None if path is None else {"PATH": path},
        capture_output=True,
        text=True,
        timeout=20.0,
        check=False,
    )


def test_five_firmwares_have_addresses_and_words_of_their_own() -> None:
    firmwares = boot_lab.FIRMWARES
    assert [f.name for f in firmwares] == ["ipxe", "pxelinux", "grub", "ovmf", "u-boot"]
    for what in ("mac", "address", "tap", "shows", "boots"):
        assert len({getattr(firmware, what) for firmware in firmwares}) == len(firmwares), what


def test_a_firmware_that_is_not_there_is_one_line() -> None:
    done = run("coreboot")
    assert done.returncode == 2
    assert "no firmware is called coreboot" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_missing_is_named_with_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boot_lab, "PACKAGES", {"sh": "dash", "/no/such": "such", "no-such": "too"})
    assert boot_lab.missing_parts() == {"such", "too"}


def test_a_script_for_u_boot_has_the_checksums_of_its_header_and_its_data(tmp_path: Path) -> None:
    boot_lab.write_u_boot_script(tmp_path / "script", "echo hi")
    octets = (tmp_path / "script").read_bytes()
    header, data = octets[:64], octets[64:]
    assert header[:4] == b"\x27\x05\x19\x56"
    assert int.from_bytes(header[4:8]) == zlib.crc32(header[:4] + bytes(4) + header[8:])
    assert int.from_bytes(header[12:16]) == len(data)
    assert int.from_bytes(header[24:28]) == zlib.crc32(data)
    assert data[8:] == b"echo hi\n" and int.from_bytes(data[:4]) == 8


def test_only_files_that_were_sent_whole_to_this_machine_count(tmp_path: Path) -> None:
    lines = [
        {"event": "listening"},
        *(
            {"event": "transfer", "peer": peer, "file": file, "outcome": outcome}
            for peer, file, outcome in (
                (GRUB.address, "/grub/grub.cfg", "succeeded"),
                (GRUB.address, "grub/core.0", "timed-out"),
                ("10.69.0.99", "other", "succeeded"),
            )
        ),
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "server.log").write_text(text + '{"half')
    assert boot_lab.sent_to(GRUB, tmp_path) == {"grub/grub.cfg"}


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs sh")
@pytest.mark.parametrize(
    ("script", "booted"), [("echo; echo GRUB has booted", True), ("echo no", False)]
)
def test_the_console_decides_not_the_exit_status(script: str, booted: bool) -> None:
    kept: list[bytes] = []
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE) as machine:
        assert boot_lab.shows(machine, GRUB.shows.encode(), kept.append, 20.0) is booted
    assert b"".join(kept)


def test_dnsmasq_takes_the_configuration_that_the_page_shows(tmp_path: Path) -> None:
    dnsmasq = require("dnsmasq")
    page = (ROOT / "docs" / "network-boot.md").read_text("utf-8")
    block = page.partition("```\n   port=0")[2].partition("```")[0]
    (tmp_path / "conf").write_text(f"port=0{textwrap.dedent(block)}")
    words = [dnsmasq, "--test", f"--conf-file={tmp_path / 'conf'}"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=20.0, check=False)
    assert (done.returncode, block.count("dhcp-boot=")) == (0, 4), done.stderr
