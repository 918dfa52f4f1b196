"""Run a thousand transfers in one process: in an event loop, and with one command.

The other sides are tftpy and pytftp with a thread for each transfer. All get the same file from the
same server of ours, in turn, with blksize 1428, and each copy is compared. Ours also has its usual
windows of 16 blocks, which the other two do not ask for, unless it is in lock-step. The hosts are
addresses of 127.0.0.0/8.
"""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TypeAlias

import servers
from bench import QUICK, Bench, Failed, allow_files, last_line
from jobs import Row, Sample
from programs import EVERYWHERE, HERE, PYTFTP, PYTHON, TFTPY, missing
from servers import Server

CASES = ("many-in-a-loop", "many-in-a-loop-lock-step", "many-with-a-command")
COUNT = 1000
SIZE = 100_000  # octets: 71 blocks of 1428
PARALLEL = 100  # transfers at a time of the command, which is its default
LOOP, LOCK_STEP, COMMAND = "tftp_fsm.aio", "tftp_fsm.aio in lock-step", "tftp-fsm --hosts"
OURS = dict(zip(CASES, (LOOP, LOCK_STEP, COMMAND), strict=True))

_Samples: TypeAlias = dict[str, list[Sample]]


def measured(bench: Bench, name: str) -> Iterator[Row]:
    """Return a row for each other library of one of CASES."""
    count = COUNT // QUICK if bench.quick else COUNT
    ours = OURS[name]
    keep = ours == COMMAND
    at_once = min(count, PARALLEL) if keep else count
    where = f"into files, {at_once} at a time" if keep else "into memory, all at once"
    title = f"{count} gets of {SIZE // 1000} kB from as many addresses {where}"
    allow_files(4 * count + 100)
    server = servers.start(EVERYWHERE, bench.directory)
    try:
        sides = (ours, *(other for other in (TFTPY, PYTFTP) if not missing(other)))
        samples, failures = _alternate(bench, server, sides, count, at_once, keep)
    finally:
        server.stop()
    for other in (TFTPY, PYTFTP):
        yield _row(name, title, (ours, other), samples, failures)


def _alternate(
    bench: Bench, server: Server, sides: tuple[str, ...], count: int, at_once: int, keep: bool
) -> tuple[_Samples, dict[str, str]]:
    hosts = bench.directory / f"hosts-{count}"
    addresses = [f"127.7.{number // 250}.{number % 250 + 1}" for number in range(count)]
    hosts.write_text("".join(f"{address}\n" for address in addresses))
    ports = bench.directory / f"hosts-{count}-with-port"
    ports.write_text("".join(f"{address}:{server.port}\n" for address in addresses))
    source = bench.source(SIZE)
    if not (server.root / source.name).exists():
        (server.root / source.name).hardlink_to(source)
    samples: _Samples = {side: [] for side in sides}
    failures: dict[str, str] = {}
    for _ in range(bench.repeat):
        for side in [side for side in sides if side not in failures]:
            chosen = ports if side == COMMAND else hosts
            try:
                samples[side].append(_run(bench, server, side, chosen, source, at_once, keep))
            except Failed as failed:
                failures[side] = str(failed)
    return samples, failures


def _run(
    bench: Bench, server: Server, side: str, hosts: Path, source: Path, at_once: int, keep: bool
) -> Sample:
    into = bench.directory / "out" / "many"
    into.mkdir()
    try:
        command = _command(side, server.port, hosts, source, at_once, into if keep else None)
        said = bench.spawn(command)
        if said["status"] != 0:
            raise Failed(f"status {said['status']}: {last_line(said['output'])}")
        if keep:
            _compare(hosts, source, into)
    finally:
        shutil.rmtree(into, ignore_errors=True)
    return Sample(float(str(said["seconds"])), float(str(said["cpu"])), int(str(said["peak"])))


def _command(
    side: str, port: int, hosts: Path, source: Path, at_once: int, into: Path | None
) -> list[str]:
    if side == COMMAND:
        words = ["get", source.name, "--hosts", str(hosts), "--into", str(into), "-q"]
        sizes = ["--parallel", str(at_once), "--blksize", "1428"]
        return [PYTHON, "-m", "tftp_fsm", *words, *sizes]
    library = {LOOP: "aio", LOCK_STEP: "aio-lock-step"}.get(side, side)
    where = [str(hosts), str(port), source.name, str(source), str(at_once)]
    kept = [] if into is None else [str(into)]
    return [PYTHON, str(HERE / "many_clients.py"), library, *where, *kept]


def _compare(hosts: Path, source: Path, into: Path) -> None:
    for host in hosts.read_text().split():
        copy = into / host.partition(":")[0] / source.name
        if not copy.exists() or not filecmp.cmp(source, copy, shallow=False):
            raise Failed(f"the file of {host} differs or is missing")


def _row(
    name: str, title: str, sides: tuple[str, str], samples: _Samples, failures: dict[str, str]
) -> Row:
    for side in sides:
        if reason := missing(side) or failures.get(side):
            return Row(name, title, *sides, ("", ""), f"{side}: {reason}")
    mine, other = (samples[side] for side in sides)
    seconds = [median(sample.seconds for sample in one) for one in (mine, other)]
    cpu = [median(sample.cpu for sample in one) for one in (mine, other)]
    peak = [max(sample.peak for sample in one) / 1024 for one in (mine, other)]
    return Row(
        *(name, title, *sides),
        (f"{seconds[0]:.2f} s, CPU {cpu[0]:.2f} s", f"{seconds[1]:.2f} s, CPU {cpu[1]:.2f} s"),
        f"{seconds[0] / seconds[1]:.2f}",
        peak=f"{peak[0]:.0f} / {peak[1]:.0f}",
    )
