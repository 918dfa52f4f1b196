#!/usr/bin/env python3
"""Try the image of the container file: build it, run it without rights, and move files.

    tools/try_image.py              with docker or podman, if one works here
    tools/try_image.py --by-hand    run each step of the container file in a chroot

By hand, debootstrap makes a Debian for each FROM, and each RUN and COPY is done in it. Then the
server runs as the image says: as its user, without capabilities, on a read-only file system, in a
new network namespace. This needs root and some minutes. It is also used if no runtime works here.
The script prints a line for each step. The exit status is 0 if all steps succeeded, 1 if one
failed, and 2 if neither way is possible here.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
FILE = CHECKOUT / "deploy" / "container" / "Containerfile"
RUNTIMES = ("docker", "podman")
PORT = 6969
STARTING = 20.0  # seconds, for the server to listen
CONTENT = bytes(range(256)) * 300
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
IGNORED = ("EXPOSE", "LABEL", "STOPSIGNAL")  # they change nothing in the image's files


class Failed(Exception):
    """A step failed."""


@dataclass
class Stage:
    """One FROM, its steps, and the settings for the run."""

    base: str
    name: str = ""
    steps: list[tuple[str, str]] = field(default_factory=list)
    user: str = "0:0"
    env: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)


def parse(text: str) -> list[Stage]:
    """Return the stages of a container file. Raises Failed for an unknown instruction."""
    stages: list[Stage] = []
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        instruction, _, rest = line.strip().partition(" ")
        if instruction:
            _take(stages, instruction, rest.strip())
    return stages


def _take(stages: list[Stage], instruction: str, rest: str) -> None:
    match instruction:
        case "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(base, name))
        case "RUN" | "COPY":
            stages[-1].steps.append((instruction, rest))
        case "ENV":
            name, _, value = rest.partition("=")
            stages[-1].env[name] = value
        case "USER":
            stages[-1].user = rest
        case "ENTRYPOINT":
            stages[-1].entrypoint = json.loads(rest)
        case "CMD":
            stages[-1].command = json.loads(rest)
        case _ if instruction not in IGNORED:
            raise Failed(f"this script does not know {instruction}")


def said(line: str) -> None:
    print(line, flush=True)


# -- By hand: the image --------------------------------------------------------------------------


class Image:
    """The stages, each a Debian in a separate folder. All of it is removed at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bases: dict[str, Path] = {}
        self._made: dict[str, Path] = {}

    def build(self, stages: Sequence[Stage]) -> Path:
        """Run all steps. Return the root of the last stage."""
        for number, stage in enumerate(stages):
            root = self._folder / f"stage{number}"
            subprocess.run(["cp", "-a", str(self._base(stage.base)), str(root)], check=True)
            settings = _of_the_host(root)
            for instruction, rest in stage.steps:
                said(f"{instruction} {' '.join(rest.split())[:90]}")
                if instruction == "RUN":
                    _run(root, rest, {**stage.env, **settings})
                else:
                    self._copy(root, rest)
            self._made[stage.name or str(number)] = root
        return root

    def _base(self, name: str) -> Path:
        """Make a Debian with debootstrap, in place of `debian:SUITE-slim`."""
        if name not in self._bases:
            said(f"FROM {name}: debootstrap")
            root = self._folder / name.replace(":", "-")
            suite = name.removeprefix("debian:").removesuffix("-slim")
            made = 'debootstrap --variant=minbase "$suite" "$machine" $(mirror_here) >&2'
            _shell(root, made, suite)
            self._bases[name] = root
        return self._bases[name]

    def _copy(self, root: Path, rest: str) -> None:
        words = shlex.split(rest)
        of = self._made[words.pop(0).removeprefix("--from=")] if "--from=" in words[0] else CHECKOUT
        *sources, target = words
        into = root / target.lstrip("/")
        if target.endswith("/"):
            into.mkdir(parents=True, exist_ok=True)
        into.parent.mkdir(parents=True, exist_ok=True)
        for source in sources:
            subprocess.run(["cp", "-a", str(of / source.lstrip("/")), str(into)], check=True)


def _shell(machine: Path, script: str, suite: str = "") -> str:
    """Run a script that uses tools/chroot.sh. Return its output."""
    known = 'say() { echo "$*" >&2; }; stop() { say "$*"; exit 1; }; . tools/chroot.sh; '
    words = ["bash", "-c", f'set -e; machine="$1" suite="$2"; {known}{script}', "bash"]
    done = subprocess.run(
        [*words, str(machine), suite], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"{script.split()[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout


def _of_the_host(root: Path) -> dict[str, str]:
    """Return the settings that apt and pip need here for their servers. The image lacks them."""
    for file in ("resolv.conf", "hosts"):
        shutil.copy(f"/etc/{file}", root / "etc" / file)
    settings = root / "etc" / "apt" / "apt.conf.d" / "99of-the-host"
    settings.write_text(_shell(root, "apt_settings"))
    lines = _shell(root, "network_settings").splitlines()
    return dict(line.split("=", 1) for line in lines)


def _run(root: Path, script: str, env: dict[str, str]) -> None:
    """Do RUN, as root in the chroot."""
    given = [f"{name}={value}" for name, value in {"PATH": PATH, "HOME": "/root", **env}.items()]
    words = ["unshare", "--mount", "--pid", "--fork", "sh", "-c"]
    inner = 'mount -t proc proc "$1/proc" && exec chroot "$@"'
    words += [inner, "sh", str(root), "env", "-i", "DEBIAN_FRONTEND=noninteractive", *given]
    done = subprocess.run([*words, "sh", "-c", script], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"RUN ended with status {done.returncode}: {done.stderr.strip()[-1000:]}")


# -- By hand: the run, in new namespaces ---------------------------------------------------------


def run_by_hand(root: Path, stage: Stage, served: Path) -> None:
    """Start the server as the image says, and try it."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for source, target, flags in (
        (root, root, "remount,bind,ro"),
        (served, root / "srv/tftp", "remount,bind,rw"),
    ):
        subprocess.run(["mount", "--bind", str(source), str(target)], check=True)
        subprocess.run(["mount", "-o", flags, str(target)], check=True)
    for proc in ("/proc", str(root / "proc")):
        subprocess.run(["mount", "-t", "proc", "proc", proc], check=True)
    subprocess.run(["mount", "--bind", "/dev", str(root / "dev")], check=True)
    tried(within(root, stage, []), lambda pid: check_rights(pid, root, stage))
    tried(within(root, stage, ["--writable"]), lambda pid: check_upload(served))


def within(root: Path, stage: Stage, more: Sequence[str], command: Sequence[str] = ()) -> list[str]:
    """Return the words that run the image's command in the chroot, without capabilities."""
    user, _, group = stage.user.partition(":")
    words = ["chroot", str(root), "setpriv", f"--reuid={user}", f"--regid={group}"]
    words += ["--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    words += ["env", "-i", f"PATH={PATH}", *(f"{n}={value}" for n, value in stage.env.items())]
    return [*words, *(command or [*stage.entrypoint, *stage.command, *more])]


def tried(words: Sequence[str], check: object) -> None:
    """Run the server, fetch the file, and call `check`. SIGTERM must end the server well."""
    assert callable(check)
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        try:
            wait_until_it_listens(server)
            fetch()
            check(server.pid)
            server.send_signal(signal.SIGTERM)
            if server.wait(STARTING):
                raise Failed(f"after SIGTERM the status was {server.returncode}")
            said("it ended with status 0 after SIGTERM")
        finally:
            server.kill()


def wait_until_it_listens(server: subprocess.Popen[str]) -> None:
    assert server.stdout is not None
    line = server.stdout.readline()
    if "listening on" not in line:
        raise Failed(f"the server does not listen: {line.strip()}")
    said(f"it says: {line.strip()}")


def fetch() -> None:
    """Get the file with the client of this checkout."""
    done = client("get", "file", "-")
    if done.stdout != CONTENT:
        raise Failed(f"the file did not come: {done.stderr.decode().strip()}")
    said(f"a file of {len(CONTENT)} octets was fetched")


def client(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tftp_fsm", "127.0.0.1", "-p", str(PORT), *words],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        timeout=60.0,
        check=False,
    )


def check_rights(pid: int, root: Path, stage: Stage) -> None:
    """Check that it has the user of the image and no capability, and that it can write nothing."""
    status = Path(f"/proc/{pid}/status").read_text()
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    user = stage.user.partition(":")[0]
    if {*facts["Uid"].split()} != {user} or user == "0":
        raise Failed(f"it runs as the user {facts['Uid']}")
    held = [facts[name] for name in ("CapEff", "CapPrm", "CapBnd") if int(facts[name], 16)]
    if held or facts["NoNewPrivs"] != "1":
        raise Failed(f"it has capabilities: {held}")
    words = within(root, stage, [], ["sh", "-c", "touch /tmp/x /opt/x 2>&1"])
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.stdout.count("Read-only file system") != 2:
        raise Failed(f"the file system can be written: {done.stdout}")
    refused = client("put", str(FILE), "new")
    if refused.returncode != 1 or b"read-only" not in refused.stderr:
        raise Failed("an upload was not refused")
    said(f"it runs as {stage.user} without capabilities, can write nothing, and refuses an upload")


def check_upload(served: Path) -> None:
    """Check that it writes into the volume with --writable."""
    done = client("put", str(FILE), "new")
    if done.returncode or (served / "new").read_bytes() != FILE.read_bytes():
        raise Failed(f"the upload did not arrive: {done.stderr.decode().strip()}")
    said("with --writable and a volume that it may write, an upload arrived")


# -- With a runtime ------------------------------------------------------------------------------


def runtime() -> str | None:
    """Return a program that can run containers here."""
    for name in RUNTIMES:
        if shutil.which(name):
            words = [name, "info"]
            if not subprocess.run(words, capture_output=True, check=False).returncode:
                return name
    return None


def run_with(program: str, served: Path) -> None:
    """Build the image and run it with this program."""
    words = [program, "build", "-q", "-f", str(FILE), "-t", "tftp-fsm-try", str(CHECKOUT)]
    subprocess.run(words, check=True)
    said(f"{program} has built the image")
    safe = ["--rm", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    place = ["-p", f"127.0.0.1:{PORT}:{PORT}/udp", "-v", f"{served}:/srv/tftp:ro"]
    tried([program, "run", "--init=false", *safe, *place, "tftp-fsm-try"], lambda pid: None)


# -- The command ---------------------------------------------------------------------------------


@contextmanager
def folders() -> Iterator[tuple[Path, Path]]:
    """Make a folder for the image, and one with the file to serve."""
    with tempfile.TemporaryDirectory(prefix="tftp-fsm-image-", dir="/var/tmp") as made:
        folder = Path(made)
        folder.chmod(0o755)
        served = folder / "served"
        served.mkdir()
        (served / "file").write_bytes(CONTENT)
        served.chmod(0o777)
        yield folder, served


def by_hand(stages: Sequence[Stage]) -> None:
    """Build the image, and run it in other namespaces."""
    with folders() as (folder, served):
        root = Image(folder).build(stages)
        words = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"]
        words += [sys.executable, __file__, "--inside", str(root), str(served)]
        if subprocess.run(words, check=False).returncode:
            raise Failed("the server did not do what it must")


def main() -> int:
    """Try the image. Return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--by-hand", action="store_true", help="without docker and podman")
    parser.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    began = time.monotonic()
    try:
        stages = parse(FILE.read_text())
        if args.inside:
            run_by_hand(Path(args.inside[0]), stages[-1], Path(args.inside[1]))
            return 0
        program = None if args.by_hand else runtime()
        if program is not None:
            with folders() as (_, served):
                run_with(program, served)
        elif os.geteuid() or not shutil.which("debootstrap"):
            print("image: needs docker or podman, or root and debootstrap", file=sys.stderr)
            return 2
        else:
            by_hand(stages)
    except (Failed, OSError, subprocess.CalledProcessError) as failed:
        print(f"image: {failed}", file=sys.stderr)
        return 1
    said(f"the image does what it must ({time.monotonic() - began:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
