"""Run jobs in turn (A B A B), compare every file, and make rows of the medians."""

from __future__ import annotations

import filecmp
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median
from time import monotonic, sleep

import servers
from jobs import GIB, MIB, Case, Job, Row, Sample, Side
from machine import environment
from programs import CROWD, FLOOD, HERE, NOTHING, client_command, label, missing
from servers import Server

LIMIT = 300.0  # seconds for one run
WRITTEN = 5.0  # seconds that a server has to write what it has acknowledged
QUICK = 10  # with --quick, files are smaller by this factor
FILES = 1 << 16  # open files of one process
_SEED = 1350


class Failed(Exception):
    """A run that did not end with the right file."""


def last_line(output: object) -> str:
    """Return the last line of a program's output. It is the reason, also after a traceback."""
    lines = str(output).strip().splitlines()
    return lines[-1][-120:] if lines else "it said nothing"


class Bench:
    """Has the tools of all runs: a directory, servers, and a small process that starts clients."""

    def __init__(self, directory: Path, *, repeat: int, quick: bool) -> None:
        allow_files(FILES)  # also for all that is started
        self.directory = directory
        self.quick = quick
        self.repeat = repeat
        self._servers: dict[str, Server] = {}
        (directory / "out").mkdir()
        self._spawner = subprocess.Popen(
            [sys.executable, "-I", "-S", str(HERE / "spawn.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def close(self) -> None:
        for server in self._servers.values():
            server.stop()
        if self._spawner.stdin is not None and self._spawner.stdout is not None:
            os.killpg(self._spawner.pid, signal.SIGKILL)  # and all that it still runs
            self._spawner.wait()
            self._spawner.stdin.close()
            self._spawner.stdout.close()

    # -- Comparisons ------------------------------------------------------------------------------

    def compare(self, case: Case) -> Iterator[Row]:
        """Return a row for each other side."""
        jobs = [case.ours, *(side.job for side in case.others)]
        sides = [] if self._missing(case.ours) else [job for job in jobs if not self._missing(job)]
        samples, failures = self._alternate(
            {self.scaled(job): self._times(case, job) for job in sides}
        )
        title = self._title(case)
        for side in case.others:
            yield self._row(case, title, side, samples, failures)
            if case.ours.judged == "server" and case.ours.clients > 1:
                yield self._late_row(case, title, side, samples)

    def _late_row(
        self, case: Case, title: str, side: Side, samples: dict[Job, list[Sample]]
    ) -> Row:
        """Return the same rows for the time after which 99 of 100 clients had their file."""
        ours, theirs = self.scaled(case.ours), self.scaled(side.job)
        late = [
            [sample.late for sample in samples.get(job, ()) if sample.late is not None]
            for job in (ours, theirs)
        ]
        title, target = f"{title}: 99 of 100", "" if side.at_most is None else _target(side.at_most)
        names = (named(ours), named(theirs))
        if not all(late):
            return Row(case.name, title, *names, ("", ""), "not measured", target)
        mine, other = map(median, late)
        met = None if side.at_most is None else mine / other <= side.at_most
        figures = (f"{mine:.3f} s", f"{other:.3f} s")
        return Row(case.name, title, *names, figures, f"{mine / other:.2f}", target, met)

    def _times(self, case: Case, job: Job) -> int:
        """Return the number of runs. A case without a target runs once, unless it is short."""
        is_aimed = job is case.ours or any(
            side.at_most is not None for side in case.others if side.job is job
        )
        if case.once or not (is_aimed or case.often > 1):
            return 1
        return self.repeat * case.often

    def _alternate(self, jobs: dict[Job, int]) -> tuple[dict[Job, list[Sample]], dict[Job, str]]:
        samples: dict[Job, list[Sample]] = {job: [] for job in jobs}
        failures: dict[Job, str] = {}
        for turn in range(max(jobs.values(), default=0)):
            for job, times in jobs.items():
                if job in failures or turn >= times:
                    continue
                try:
                    samples[job].append(self.run(job))
                except Failed as failed:
                    failures[job] = str(failed)
        return samples, failures

    def _row(
        self,
        case: Case,
        title: str,
        side: Side,
        samples: dict[Job, list[Sample]],
        failures: dict[Job, str],
    ) -> Row:
        ours, theirs = self.scaled(case.ours), self.scaled(side.job)
        names = (named(ours), named(theirs))
        target = "" if side.at_most is None else _target(side.at_most)
        for job in (ours, theirs):
            if reason := self._missing(job) or failures.get(job):
                return Row(case.name, title, *names, ("", ""), f"{named(job)}: {reason}", target)
        mine, other = samples[ours], samples[theirs]
        ratio = seconds(mine) / seconds(other)
        return Row(
            *(case.name, title, *names),
            (f"{seconds(mine):.3f} s", f"{seconds(other):.3f} s"),
            f"{ratio:.2f}",
            target,
            None if side.at_most is None else ratio <= side.at_most,
            f"{cpu(mine, ours)} / {cpu(other, theirs)}",
            f"{peak(mine)} / {peak(other)}",
        )

    def _missing(self, job: Job) -> str | None:
        return missing(job.client) or missing(job.server)

    def scaled(self, job: Job) -> Job:
        """Return the job, or a tenth of it with --quick."""
        if not self.quick or job.octets < MIB:
            return job
        if job.clients > 1:
            return replace(job, clients=max(1, job.clients // QUICK))
        return replace(job, octets=job.octets // QUICK)

    def _title(self, case: Case) -> str:
        job = self.scaled(case.ours)
        return case.title.format(size=in_size(job.octets), clients=job.clients)

    # -- One run ----------------------------------------------------------------------------------

    def run(self, job: Job, server: Server | None = None) -> Sample:
        """Time the whole process of the client, then compare the file and remove it."""
        server = server or self.server(job.server)
        source = self.source(job.octets)
        remote, local, made = self._names(job, server, source)
        for copy in _copies(job, made):
            copy.unlink(missing_ok=True)
        before = server.cpu()
        said = self.spawn(client_command(job, server.host, server.port, remote, local))
        self._check(job, said, source, made)
        cpu_seconds = float(said["cpu"]) + max(0.0, server.cpu() - before)
        for copy in _copies(job, made):
            copy.unlink(missing_ok=True)
        late = float(str(said["output"]).split()[-1]) if job.client == CROWD else None
        return Sample(float(said["seconds"]), cpu_seconds, self._peak(job, said, server), late)

    def _names(self, job: Job, server: Server, source: Path) -> tuple[str, Path, Path]:
        """Return the names that the client uses there and here, and the place of the copy."""
        if job.verb == "put":
            return "written", source, server.root / "written"
        held = server.root / source.name
        if not held.exists():
            held.hardlink_to(source)
        out = self.directory / "out" / "file"
        return source.name, source if job.client in (CROWD, FLOOD) else out, out

    def _check(self, job: Job, said: dict[str, object], source: Path, made: Path) -> None:
        if said["status"] != 0:
            raise Failed(f"status {said['status']}: {last_line(said['output'])}")
        if job.verb == "get" and job.client in (NOTHING, CROWD, FLOOD):
            return  # the first writes no file, the others compare the file themselves
        deadline = monotonic() + WRITTEN
        for copy in _copies(job, made):
            while not copy.exists() or copy.stat().st_size < job.octets:
                if monotonic() > deadline:
                    raise Failed(f"the file did not come: {last_line(said['output'])}")
                sleep(0.01)
            if not filecmp.cmp(source, copy, shallow=False):
                raise Failed("the file differs")

    def _peak(self, job: Job, said: dict[str, object], server: Server) -> int:
        client = int(str(said["peak"]))
        match job.judged:
            case "client":
                return client
            case "server":
                return server.memory()
            case "pair":
                return max(client, server.memory())

    def spawn(self, command: list[str]) -> dict[str, object]:
        """Have a small process run one command to its end; see spawn.py."""
        order = {
            "command": command,
            "cwd": str(self.directory / "out"),
            "env": environment(),
            "limit": LIMIT,
        }
        assert self._spawner.stdin is not None and self._spawner.stdout is not None
        self._spawner.stdin.write(json.dumps(order) + "\n")
        self._spawner.stdin.flush()
        said: dict[str, object] = json.loads(self._spawner.stdout.readline())
        return said

    def server(self, name: str) -> Server:
        """Return the server of that name. Start it if it does not run yet."""
        if name not in self._servers:
            try:
                self._servers[name] = servers.start(name, self.directory)
            except RuntimeError as failed:
                raise Failed(str(failed)) from failed
        return self._servers[name]

    def source(self, octets: int) -> Path:
        """Make a file of that size, the same each time. Up to 1 GiB it cannot be compressed."""
        path = self.directory / f"source-{octets}"
        if not path.exists() and octets > GIB:
            path.touch(0o644)
            os.truncate(path, octets)  # a sparse file takes no space on the disk
        elif not path.exists():
            random, left = Random(_SEED), octets
            with path.open("wb") as file:
                while left:
                    left -= file.write(random.randbytes(min(left, 16 * MIB)))
            path.chmod(0o644)
        return path


def _copies(job: Job, made: Path) -> list[Path]:
    """Return the files that a run makes: one, or one for each writer of a crowd."""
    if job.client == CROWD and job.verb == "put":
        return [made.with_name(f"{made.name}-{number}") for number in range(job.clients)]
    return [made]


def _target(at_most: float) -> str:
    return f"at most {at_most:.2f}"


def named(job: Job) -> str:
    """Return the name of a side in a row: the program that is measured, or both programs."""
    match job.judged:
        case "client":
            return label(job.client)
        case "server":
            is_quiet = job.client == FLOOD and not job.flood
            return label(job.server) + (", no flood" if is_quiet else "")
        case "pair":
            both = (label(job.client), label(job.server))
            return both[0] if both[0] == both[1] else " with ".join(both)


def seconds(samples: Iterable[Sample]) -> float:
    return median(sample.seconds for sample in samples)


def cpu(samples: Iterable[Sample], job: Job) -> str:
    """Return CPU seconds per GiB for both ends together."""
    if job.moved < MIB:
        return "-"
    return f"{median(sample.cpu for sample in samples) * GIB / job.moved:.1f}"


def peak(samples: Iterable[Sample]) -> str:
    """Return the size in MiB."""
    return f"{max(sample.peak for sample in samples) / 1024:.0f}"


def in_size(octets: int) -> str:
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (1024, "KiB")):
        if octets >= unit:
            return f"{octets / unit:.3g} {name}"
    return f"{octets} octets"


def allow_files(count: int) -> None:
    """Allow as many open files as are needed here and in what is started, if the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        count = min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
