"""Measure memory: long transfers compared with short ones, and waiting sessions.

A long transfer is one of 4 GiB, and both ends are measured in the same run.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import servers
from bench import QUICK, Bench, Failed, allow_files, in_size
from jobs import GIB, MIB, Job, Row
from programs import OURS

LONG = 4 * GIB
SESSIONS = 1000
GROWTH = 4 * 1024  # KiB that a long transfer may need more than a short one
SESSION_COST = 64 * 1024  # KiB that all the waiting sessions may cost
MANY = 10_000  # sessions, or as many as one process may have
EACH = 40  # KiB of our server for each of them
BESIDE = 0.010  # seconds for a short get at the same time
IDLE = 3.0  # seconds in which the sessions do nothing
PATIENCE = 10.0  # seconds to wait for the first DATA of a session
OACK = b"\0\6"
CASES = ("memory-get", "memory-put", "memory-server-get", "memory-server-put", "memory-sessions")
CASES += ("sessions-10000",)


def measured(bench: Bench, name: str) -> Iterator[Row]:
    """Return the row of one of CASES."""
    if name == "sessions-10000":
        yield from _many_sessions(bench)
    elif name == "memory-sessions":
        yield _sessions(bench)
    else:
        yield _size(bench, name, name.rpartition("-")[2], server="server" in name)


def _size(bench: Bench, name: str, verb: str, *, server: bool) -> Row:
    job = Job(verb, LONG, OURS, OURS, 1428, 64, "server" if server else "client")
    long, short = bench.scaled(job), replace(job, octets=MIB)
    title = f"resident memory, {verb}, {'our server' if server else 'our client'}"
    try:
        (mine, seconds), (other, _) = (_peaks(bench, one, server=server) for one in (long, short))
    except Failed as failed:
        return Row(name, title, in_size(long.octets), in_size(MIB), ("", ""), str(failed))
    more = mine - other
    return Row(
        *(name, title, in_size(long.octets), in_size(MIB)),
        (f"{mine / 1024:.1f} MiB", f"{other / 1024:.1f} MiB"),
        f"{more / 1024:+.1f} MiB",
        f"at most +{GROWTH // 1024} MiB",
        more <= GROWTH,
        f"{seconds * GIB / long.octets:.1f}",
    )


_KNOWN: dict[tuple[str, int], tuple[int, int, float]] = {}  # a run of 4 GiB is done once


def _peaks(bench: Bench, job: Job, *, server: bool) -> tuple[int, float]:
    """Return KiB of one end, with a server that served nothing before, and CPU seconds of both."""
    key = (job.verb, job.octets)
    if key not in _KNOWN:
        one = servers.start(OURS, bench.directory)
        try:
            ran = bench.run(replace(job, judged="client"), one)
            _KNOWN[key] = (ran.peak, one.memory(), ran.cpu)
        finally:
            one.stop()
    client, served, seconds = _KNOWN[key]
    return served if server else client, seconds


def _many_sessions(bench: Bench) -> Iterator[Row]:
    """Measure the cost of each of very many waiting sessions, and a get at the same time."""
    room = (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200) // 2
    count = min(MANY // QUICK if bench.quick else MANY, room)
    title = f"{count:,} sessions that wait, blksize 1428"
    source = bench.source(MIB)
    server = servers.start(OURS, bench.directory)
    try:
        (server.root / source.name).hardlink_to(source)
        alone = min(_short_get(server, source.name) for _ in range(20))
        before = server.memory("VmRSS")
        with contextlib.ExitStack() as stack:
            _wait_for(stack, count, (server.host, server.port), source.name, OACK)
            each = (server.memory("VmRSS") - before) / count
            used = server.cpu()
            time.sleep(IDLE)
            idle = (server.cpu() - used) / IDLE
            beside = min(_short_get(server, source.name) for _ in range(20))
    except (OSError, Failed) as failed:
        yield Row("sessions-10000", title, "each", "none", ("", ""), f"{failed}")
        return
    finally:
        server.stop()
    for what, other, figures, ratio, target, met in (
        ("memory of each", "", (f"{each:.1f} KiB", ""), "", f"at most {EACH} KiB", each <= EACH),
        (
            "processor meanwhile",
            "",
            (f"{idle * 100:.1f} %", ""),
            "",
            "none but time-outs",
            None,
        ),
        (
            "first block of a get beside them",
            "alone",
            (f"{beside * 1000:.1f} ms", f"{alone * 1000:.1f} ms"),
            f"{beside / alone:.2f}",
            f"at most {BESIDE * 1000:.0f} ms",
            beside <= BESIDE,
        ),
    ):
        yield Row("sessions-10000", title, what, other, figures, ratio, target, met)


def _short_get(server: servers.Server, name: str) -> float:
    """Return the seconds from the request to the first block. An ERROR ends it then."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        began = time.perf_counter()
        sock.sendto(b"\0\1" + name.encode() + b"\0octet\0", (server.host, server.port))
        _, peer = sock.recvfrom(1024)
        seconds = time.perf_counter() - began
        sock.sendto(b"\0\5\0\0enough\0", peer)
    return seconds


def _sessions(bench: Bench) -> Row:
    count = SESSIONS // QUICK if bench.quick else SESSIONS
    title = f"memory of our server, {count} sessions that wait"
    names = (f"{count} sessions", "none")
    source = bench.source(MIB)
    allow_files(4 * count)
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


def _wait_for(
    stack: contextlib.ExitStack,
    count: int,
    server: tuple[str, int],
    name: str,
    answer_of: bytes = b"\0\3",
) -> None:
    """Begin sessions whose readers get DATA or an OACK, and then acknowledge nothing."""
    options = b"" if answer_of != OACK else b"blksize\x001428\0"
    request = b"\0\1" + name.encode() + b"\0octet\0" + options
    for number in range(count):
        sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sock.settimeout(PATIENCE)
        sock.sendto(request, server)
        answer = sock.recv(1024)
        if answer[:2] != answer_of:
            raise Failed(f"session {number + 1} heard {answer[:60]!r}")
