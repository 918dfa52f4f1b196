#!/usr/bin/env python3
"""Boot five firmwares from `tftp-fsm serve`, each in a virtual machine, and say which did.

    tools/boot_lab.py                 all five
    tools/boot_lab.py grub u-boot     some of them
    tools/boot_lab.py --keep lab      keep the consoles, the packets and the logs in the folder lab

It makes a new network namespace with a bridge. In it are dnsmasq as the DHCP server, `tftp-fsm
serve`, and one virtual machine at a time. No packet leaves the namespace. A firmware has booted if
its serial console shows the words of the fetched file, and if the server has sent all its files
completely. The script prints one line for each firmware. The exit status is 0 if all have booted, 1
if one has not, and 2 if a program is missing. More is in docs/network-boot.md.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
SERVER = "10.69.0.1"
INSIDE = "TFTP_FSM_BOOT_LAB"  # is set in the namespace
SECONDS = 120.0  # for one firmware; each took less than 25 s on two cores without KVM
STARTING = 20.0  # seconds, for the server to listen
PACKAGES = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-system-aarch64": "qemu-system-arm",
    "dnsmasq": "dnsmasq-base",
    "grub-mkimage": "grub-common",
    "ip": "iproute2",
    "/usr/lib/ipxe/qemu/pxe-e1000.rom": "ipxe-qemu",
    "/usr/lib/PXELINUX/pxelinux.0": "pxelinux",
    "/usr/lib/syslinux/modules/bios/ldlinux.c32": "syslinux-common",
    "/usr/lib/grub/i386-pc/pxe.mod": "grub-pc-bin",
    "/usr/lib/grub/x86_64-efi/efinet.mod": "grub-efi-amd64-bin",
    "/usr/share/OVMF/OVMF_CODE_4M.fd": "ovmf",
    "/usr/lib/u-boot/qemu_arm64/u-boot.bin": "u-boot-qemu",
}
GRUB_MODULES = "normal configfile echo net tftp halt sleep test".split()
PC = "qemu-system-x86_64 -machine pc -m 256".split()
ARM = "qemu-system-aarch64 -machine virt -cpu cortex-a57 -m 256".split()
CONSOLE = "-nographic -serial stdio -monitor none -no-reboot".split()


@dataclass(frozen=True)
class Firmware:
    """A machine. DHCP tells it to fetch `boots`; it must fetch `files`, and show `shows`."""

    name: str
    number: int
    boots: str
    files: tuple[str, ...]
    shows: str
    machine: Callable[[Path], Sequence[str]]
    device: str = "e1000"

    @property
    def mac(self) -> str:
        return f"52:54:00:69:00:{self.number:02x}"

    @property
    def address(self) -> str:
        return f"10.69.0.{self.number}"

    @property
    def tap(self) -> str:
        return f"tap{self.number}"


def pc(_: Path) -> Sequence[str]:
    """Return a PC whose network card has iPXE in its ROM, as in QEMU."""
    return [*PC, "-boot", "n"]


def efi(folder: Path) -> Sequence[str]:
    """Return a PC with OVMF, the UEFI firmware of EDK II for virtual machines."""
    variables = folder / "OVMF_VARS.fd"
    shutil.copy("/usr/share/OVMF/OVMF_VARS_4M.fd", variables)
    flash = "if=pflash,format=raw,unit={},file={}"
    code = flash.format(0, "/usr/share/OVMF/OVMF_CODE_4M.fd") + ",readonly=on"
    return [*PC, "-drive", code, "-drive", flash.format(1, variables)]


def arm(_: Path) -> Sequence[str]:
    """Return an ARM board with U-Boot."""
    return [*ARM, "-bios", "/usr/lib/u-boot/qemu_arm64/u-boot.bin"]


FIRMWARES = (
    Firmware("ipxe", 11, "boot.ipxe", ("boot.ipxe", "second.ipxe"), "iPXE has booted", pc),
    Firmware(
        "pxelinux",
        12,
        "pxelinux.0",
        ("pxelinux.0", "ldlinux.c32", "pxelinux.cfg/default", "message.txt"),
        "PXELINUX has booted",
        pc,
    ),
    Firmware("grub", 13, "grub/core.0", ("grub/core.0", "grub/grub.cfg"), "GRUB has booted", pc),
    Firmware(
        "ovmf",
        14,
        "ovmf/bootx64.efi",
        ("ovmf/bootx64.efi", "ovmf/grub.cfg"),
        "OVMF has booted",
        efi,
        "virtio-net-pci,romfile=",
    ),
    Firmware(
        "u-boot",
        15,
        "boot.scr.uimg",
        ("boot.scr.uimg", "u-boot.txt"),
        "U-Boot has booted",
        arm,
        "e1000,romfile=",
    ),
)


# -- The files -----------------------------------------------------------------------------------


def write_root(root: Path) -> None:
    """Write all files that the firmwares fetch. Each prints different words on the console."""
    for folder in ("grub", "ovmf", "pxelinux.cfg"):
        (root / folder).mkdir(parents=True)
    (root / "boot.ipxe").write_text(f"#!ipxe\nchain tftp://{SERVER}/second.ipxe\n")
    (root / "second.ipxe").write_text("#!ipxe\necho iPXE has booted\nsleep 60\n")
    shutil.copy("/usr/lib/PXELINUX/pxelinux.0", root)
    shutil.copy("/usr/lib/syslinux/modules/bios/ldlinux.c32", root)
    menu = "SERIAL 0 115200\nDISPLAY message.txt\nPROMPT 1\nTIMEOUT 0\nDEFAULT none\n"
    (root / "pxelinux.cfg/default").write_text(menu)
    (root / "message.txt").write_text("PXELINUX has booted\n")
    grub("i386-pc-pxe", "grub", root / "grub/core.0", "pxe", "serial", "terminal")
    serial = "serial --unit=0 --speed=115200\nterminal_output serial\n"
    (root / "grub/grub.cfg").write_text(f"{serial}echo GRUB has booted\nsleep 60\n")
    grub("x86_64-efi", "ovmf", root / "ovmf/bootx64.efi", "efinet")
    (root / "ovmf/grub.cfg").write_text("echo OVMF has booted\nsleep 60\n")
    write_u_boot_script(
        root / "boot.scr.uimg", "tftpboot 0x40400000 u-boot.txt && echo U-Boot has booted"
    )
    (root / "u-boot.txt").write_bytes(bytes(100_000))


def grub(form: str, prefix: str, image: Path, *modules: str) -> None:
    """Make a GRUB that fetches its grub.cfg from its own server."""
    words = ["grub-mkimage", "-O", form, "-p", f"(pxe)/{prefix}", "-o", str(image)]
    if form == "x86_64-efi":
        words[4] = f"(tftp,{SERVER})/{prefix}"
    subprocess.run([*words, *GRUB_MODULES, *modules], check=True)


def write_u_boot_script(path: Path, script: str) -> None:
    """Return a script for U-Boot, as `mkimage -T script` would write it."""
    body = script.encode() + b"\n"
    data = struct.pack(">II", len(body), 0) + body
    fields = (0x27051956, 0, 0, len(data), 0, 0, zlib.crc32(data), 5, 22, 6, 0, b"boot lab")
    form = ">7I4B32s"  # magic, its checksum, time, size, two addresses, checksum; Linux, ARM64
    unsigned = struct.pack(form, *fields)
    path.write_bytes(struct.pack(form, fields[0], zlib.crc32(unsigned), *fields[2:]) + data)


# -- The network and its servers -----------------------------------------------------------------


def ip(words: str) -> None:
    """Run ip(8), which prints its errors itself."""
    subprocess.run(["ip", *words.split()], check=True)


def make_network(firmwares: Sequence[Firmware]) -> None:
    """Make a bridge with the servers' address, and a port for each machine."""
    ip("link set lo up")
    ip("link add lab type bridge")
    ip(f"address add {SERVER}/24 dev lab")
    ip("link set lab up")
    for firmware in firmwares:
        ip(f"tuntap add {firmware.tap} mode tap")
        ip(f"link set {firmware.tap} master lab up")


@contextmanager
def running(words: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program whose output goes to `log`. It ends with the context."""
    with log.open("wb") as file:
        process = subprocess.Popen(words, stdout=file, stderr=subprocess.STDOUT, env=environment())
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"}


def dnsmasq(folder: Path, firmwares: Sequence[Firmware]) -> list[str]:
    """Run the DHCP server. Each machine gets its own address and boot file, by its MAC address."""
    words = ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--log-dhcp"]
    words += ["--user=root", "--pid-file=", f"--dhcp-leasefile={folder / 'leases'}"]
    words += ["--interface=lab", "--bind-interfaces", f"--dhcp-range={SERVER},static,1h"]
    for one in firmwares:
        words.append(f"--dhcp-host={one.mac},set:{one.name},{one.address},{one.name}")
        words.append(f"--dhcp-boot=tag:{one.name},{one.boots},,{SERVER}")
    return words


def tftp_fsm(folder: Path) -> list[str]:
    """Run our server. It cannot change its user in a namespace without other users."""
    words = [sys.executable, "-m", "tftp_fsm", "serve", str(folder / "root"), "--bind", SERVER]
    words += ["--log-format", "json", "--no-offload"]
    return [*words, "--user", "root"] if os.environ[INSIDE] == "user" else words


def log_lines(folder: Path) -> list[dict[str, object]]:
    """Return the log of the server so far."""
    *lines, _ = (folder / "server.log").read_text().split("\n")
    return [json.loads(line) for line in lines if line.startswith("{")]


def wait_until_it_listens(folder: Path, server: subprocess.Popen[bytes]) -> None:
    ends_at = time.monotonic() + STARTING
    while time.monotonic() < ends_at and server.poll() is None:
        if any(line["event"] == "listening" for line in log_lines(folder)):
            return
        time.sleep(0.1)
    sys.exit(f"boot lab: the server does not listen:\n{(folder / 'server.log').read_text()}")


# -- Booting -------------------------------------------------------------------------------------


def boot(firmware: Firmware, folder: Path, seconds: float) -> str:
    """Start the machine. Return why it has not booted, or ""."""
    network = f"tap,id=net,ifname={firmware.tap},script=no,downscript=no"
    device = f"{firmware.device},netdev=net,mac={firmware.mac}"
    words = [*firmware.machine(folder), "-netdev", network, "-device", device, *CONSOLE]
    with (
        (folder / f"{firmware.name}.console").open("wb") as console,
        subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=console
        ) as machine,
    ):
        try:
            shown = shows(machine, firmware.shows.encode(), console.write, seconds)
        finally:
            machine.kill()
    missing = [name for name in firmware.files if name not in sent_to(firmware, folder)]
    if missing:
        return f"it did not fetch {', '.join(missing)}"
    return "" if shown else f"its console does not show {firmware.shows!r}"


def shows(
    machine: subprocess.Popen[bytes], text: bytes, keep: Callable[[bytes], object], seconds: float
) -> bool:
    """Return whether the console shows `text` within this number of seconds."""
    assert machine.stdout is not None
    ends_at, seen = time.monotonic() + seconds, b""
    while text not in seen:
        left = max(0.0, ends_at - time.monotonic())
        if not select.select([machine.stdout], [], [], left)[0]:
            return False
        more = os.read(machine.stdout.fileno(), 65536)
        if not more:
            return False
        keep(more)
        seen += more
    return True


def sent_to(firmware: Firmware, folder: Path) -> set[object]:
    """Return the names of the files that the server has sent completely to this machine."""
    done = (line for line in log_lines(folder) if line["event"] == "transfer")
    return {
        str(line["file"]).lstrip("/")
        for line in done
        if line["peer"] == firmware.address and line["outcome"] == "succeeded"
    }


def run(firmwares: Sequence[Firmware], folder: Path, seconds: float) -> int:
    """Boot one machine after another in this namespace. Return the exit status."""
    folder.chmod(0o755)  # the server may have become another user
    write_root(folder / "root")
    make_network(firmwares)
    failed = 0
    with ExitStack() as stack:
        stack.enter_context(running(dnsmasq(folder, firmwares), folder / "dnsmasq.log"))
        server = stack.enter_context(running(tftp_fsm(folder), folder / "server.log"))
        wait_until_it_listens(folder, server)
        for firmware in firmwares:
            began = time.monotonic()
            why = boot(firmware, folder, seconds)
            took = f"{time.monotonic() - began:.0f} s"
            said = f"no: {why} ({took})" if why else f"booted ({took}, {', '.join(firmware.files)})"
            print(f"{firmware.name:<9} {said}", flush=True)
            failed += bool(why)
    return 1 if failed else 0


# -- The command ---------------------------------------------------------------------------------


def missing_parts() -> set[str]:
    """Return the Debian packages with the missing programs."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    return {
        package
        for part, package in PACKAGES.items()
        if not (os.path.exists(part) if part.startswith("/") else shutil.which(part))
    }


def enter_namespace() -> None:
    """Run this script again in a network namespace, in which it is root."""
    is_root = os.geteuid() == 0
    words = ["unshare", "--net"] if is_root else ["unshare", "--net", "--map-root-user"]
    os.environ[INSIDE] = "root" if is_root else "user"
    os.execvp(words[0], [*words, sys.executable, *sys.argv])


def main() -> int:
    """Run the lab of the command line. Return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [firmware.name for firmware in FIRMWARES]
    parser.add_argument("firmware", nargs="*", metavar="FIRMWARE", help=", ".join(names))
    parser.add_argument("--keep", metavar="DIR", type=Path, help="keep what was written in DIR")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for one firmware")
    args = parser.parse_args()
    unknown = {*args.firmware} - {*names}
    if unknown:
        parser.error(f"no firmware is called {', '.join(sorted(unknown))}: {', '.join(names)}")
    missing = missing_parts()
    if missing:
        print(f"boot lab: missing; run: apt install {' '.join(sorted(missing))}", file=sys.stderr)
        return 2
    if INSIDE not in os.environ:
        enter_namespace()
    wanted = [f for f in FIRMWARES if not args.firmware or f.name in args.firmware]
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        return run(wanted, folder.resolve(), args.seconds)


if __name__ == "__main__":
    sys.exit(main())
