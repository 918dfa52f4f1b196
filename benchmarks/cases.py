"""The cases. Each one says how much of the other side's time ours may need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from jobs import MIB, Case, Job, Side
from programs import BARE, SYNCED, WORKERS, label

LOCK_STEP = 64 * MIB
WINDOWS = 256 * MIB
SMALL = 2048  # octets
# The limit for our client in lock-step, as a share of the other's time; the other's blksizes.
PEERS: dict[str, float | None] = {
    "tftp-hpa": 1.0,
    "curl": 1.0,
    "pytftp": 0.85,
    "tftpy": 0.85,
    "atftp": None,
    "busybox": None,
    "bare": None,
}
ONLY_512 = frozenset({"tftp-hpa"})


def all_cases() -> list[Case]:
    """The cases in the order in which they run: start-up, transfers, servers."""
    return [*_start_up(), *_lock_step(), *_windows(), *_servers(), *_crowd(), *_floods()]


def _lock_step() -> Iterator[Case]:
    for server in ("tftpd-hpa", "atftpd"):
        for verb, preposition in (("get", "from"), ("put", "to")):
            for blksize in (512, 1428):
                ours = Job(verb, LOCK_STEP, server, "ours", blksize)
                others = tuple(
                    Side(replace(ours, client=client), at_most)
                    for client, at_most in PEERS.items()
                    if blksize == 512 or client not in ONLY_512
                )
                title = f"{verb} {{size}} {preposition} {server}, blksize {blksize}, lock-step"
                yield Case(f"lock-step-{verb}-{blksize}-{server}", title, ours, others)


def _windows() -> Iterator[Case]:
    for windowsize, at_most in ((64, 0.33), (16, 0.36)):
        for verb in ("get", "put"):
            ours = Job(verb, WINDOWS, "ours", "ours", 1428, windowsize, "pair")
            # The bare loops have a target only for windows of 64.
            bare = [
                Side(replace(ours, server=name, client=name), _bare(windowsize))
                for name in (SYNCED, BARE)
            ]
            atftp = Side(replace(ours, server="atftpd", client="atftp"), at_most)
            title = f"{verb} {{size}}, blksize 1428 windowsize {windowsize}, each with its server"
            yield Case(f"windows-{verb}-{windowsize}-pair", title, ours, (atftp, *bare))
            yield _against_atftpd(verb, windowsize)


def _bare(windowsize: int) -> float | None:
    return 1 / 0.8 if windowsize == 64 else None


def _against_atftpd(verb: str, windowsize: int) -> Case:
    ours = Job(verb, WINDOWS, "atftpd", "ours", 1428, windowsize)
    others = (
        Side(replace(ours, client="atftp"), 0.9 if verb == "get" else 1.0),
        Side(replace(ours, client="pytftp")),
    )
    preposition = "from" if verb == "get" else "to"
    title = f"{verb} {{size}} {preposition} atftpd, blksize 1428 windowsize {windowsize}"
    return Case(f"windows-{verb}-{windowsize}-atftpd", title, ours, others)


def _servers() -> Iterator[Case]:
    """The same client with each server: that of tftp-hpa for blksize 512, else curl."""
    for verb in ("get", "put"):
        for client, blksize in (("tftp-hpa", 512), ("curl", 1428)):
            ours = Job(verb, LOCK_STEP, "ours", client, blksize, judged="server")
            others = tuple(
                Side(replace(ours, server=server), at_most)
                for server, at_most in (
                    ("tftpd-hpa", 1.0 if client == "tftp-hpa" else None),
                    ("atftpd", None),
                    ("dnsmasq", None),
                    ("tftpy", None),
                    ("pytftp", None),
                )
                if verb == "get" or server != "dnsmasq"
            )
            title = f"{verb} {{size}} with {label(client)}'s client, blksize {blksize}, servers"
            yield Case(f"server-{verb}-{blksize}-{client}", title, ours, others)


def _crowd() -> Iterator[Case]:
    ours = Job("get", MIB, "ours", "crowd", 512, judged="server", clients=100)
    others = (
        Side(replace(ours, server="tftpd-hpa"), 1.0),
        Side(replace(ours, server="atftpd")),
    )
    yield Case("crowd", "{clients} clients at once, 1 MiB each, blksize 512", ours, others)
    yield _writers()
    for blksize in (512, 1428):
        yield _thousand(blksize)


def _writers() -> Case:
    """Our server has each file on the disk before its last ACK; the others have not."""
    ours = Job("put", MIB, "ours", "crowd", 1428, judged="server", clients=100)
    others = (
        Side(replace(ours, server="tftpd-hpa"), 1.0),
        Side(replace(ours, server="atftpd")),
    )
    return Case("crowd-put", "{clients} uploads at once, 1 MiB each, blksize 1428", ours, others)


def _thousand(blksize: int) -> Case:
    """Compared with the best of the others, and with two workers."""
    ours = Job("get", MIB, "ours", "crowd", blksize, judged="server", clients=1000)
    names = ("tftpd-hpa", "atftpd", "dnsmasq")
    others = [Side(replace(ours, server=name), 1.0) for name in names]
    title = f"{{clients}} clients at once, 1 MiB each, blksize {blksize}"
    workers = Side(replace(ours, server=WORKERS))
    return Case(f"crowd-1000-{blksize}", title, ours, (*others, workers), once=True)


def _floods() -> Iterator[Case]:
    """Return a case whose target is that a flood at most halves the speed of a running transfer."""
    for rate in (1000, 10_000):
        ours = Job("get", 4 * MIB, "ours", "flood", 512, judged="server", flood=rate)
        others = (
            Side(replace(ours, flood=0), 2.0),
            Side(replace(ours, server="dnsmasq")),
            Side(replace(ours, server="tftpd-hpa")),
        )
        title = f"get {{size}}, blksize 512, while {rate} requests/s ask for missing names"
        yield Case(f"flood-{rate}", title, ours, others)


def _start_up() -> Iterator[Case]:
    ours = Job("get", SMALL, "tftpd-hpa", "ours")
    others = (
        Side(replace(ours, client="nothing"), 4.0),
        Side(replace(ours, client="pytftp"), 1.0),
        Side(replace(ours, client="tftpy")),
        Side(replace(ours, client="tftp-hpa")),
        Side(replace(ours, client="curl")),
    )
    yield Case("start-up", "get 2 KiB from tftpd-hpa, the whole process", ours, others, often=4)
