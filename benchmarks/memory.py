"""Memory: long transfers compared with short ones, and sessions that wait."""

from __future__ import annotations

import contextlib
import resource
import socket
from collections.abc import Iterator
from dataclasses import replace

import servers
from bench import QUICK, Bench, Failed, in_size
from jobs import GIB, MIB, Job, Row
from programs import OURS

SESSIONS = 1000
GROWTH = 4 * 1024  # KiB that a long transfer may need more than a short one
SESSION_COST = 64 * 1024  # KiB that all the waiting sessions may cost
PATIENCE = 10.0  # seconds to wait for the first DATA of a session
CASES = ("memory-get", "memory-put", "memory-server-get", "memory-server-put", "memory-sessions")


def measured(bench: Bench, name: str) -> Iterator[Row]:
    """Return the row of one of CASES."""
    if name == "memory-sessions":
        yield _sessions(bench)
    else:
        yield _size(bench, name, name.rpartition("-")[2], server="server" in name)


def _size(bench: Bench, name: str, verb: str, *, server: bool) -> Row:
    job = Job(verb, GIB, OURS, OURS, 1428, 64, "server" if server else "client")
    long, short = bench.scaled(job), replace(job, octets=MIB)
    title = f"resident memory, {verb}, {'our server' if server else 'our client'}"
    try:
        peaks = [_peak(bench, one) for one in (long, short)]
    except Failed as failed:
        return Row(name, title, in_size(long.octets), in_size(MIB), ("", ""), str(failed))
    more = peaks[0] - peaks[1]
    return Row(
        *(name, title, in_size(long.octets), in_size(MIB)),
        (f"{peaks[0] / 1024:.1f} MiB", f"{peaks[1] / 1024:.1f} MiB"),
        f"{more / 1024:+.1f} MiB",
        f"at most +{GROWTH // 1024} MiB",
        more <= GROWTH,
    )


def _peak(bench: Bench, job: Job) -> int:
    """Return KiB, with a server that has served nothing else."""
    server = servers.start(OURS, bench.directory)
    try:
        return bench.run(job, server).peak
    finally:
        server.stop()


def _sessions(bench: Bench) -> Row:
    count = SESSIONS // QUICK if bench.quick else SESSIONS
    title = f"memory of our server, {count} sessions that wait"
    names = (f"{count} sessions", "none")
    source = bench.source(MIB)
    _allow_files(4 * count)
    server = servers.start(OURS, bench.directory)
    try:
        (server.root / source.name).hardlink_to(source)
        before = server.memory("VmRSS")
        with contextlib.ExitStack() as stack:
            _wait_for(stack, count, (server.host, server.port), source.name)
            after = server.memory("VmRSS")
    except (OSError, Failed) as failed:
        return Row("memory-sessions", title, *names, ("", ""), f"{failed}")
    finally:
        server.stop()
    more, allowed = after - before, SESSION_COST * count // SESSIONS
    return Row(
        *("memory-sessions", title, *names),
        (f"{after / 1024:.1f} MiB", f"{before / 1024:.1f} MiB"),
        f"{more / 1024:+.1f} MiB",
        f"at most +{allowed / 1024:.3g} MiB",
        more <= allowed,
    )


def _wait_for(stack: contextlib.ExitStack, count: int, server: tuple[str, int], name: str) -> None:
    """Begin sessions whose readers have heard DATA and acknowledge nothing."""
    request = b"\0\1" + name.encode() + b"\0octet\0"
    for number in range(count):
        sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sock.settimeout(PATIENCE)
        sock.sendto(request, server)
        answer = sock.recv(1024)
        if answer[:2] != b"\0\3":
            raise Failed(f"session {number + 1} heard {answer[:60]!r}")


def _allow_files(count: int) -> None:
    """Allow as many open files as are needed here and in the server, if the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        count = min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
