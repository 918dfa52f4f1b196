"""Make random captures of correct transfers. No end may be accused, whatever the network does.

    capture = captured(seed)            # what one to three sniffers have seen of one transfer
    capture.octets                      # the pcapng file
    python -m tests.support.campaign 1000 1300          # prints each seed that accuses an end

A seed draws the transfer (get or put, windows, options, an ERROR in the middle), the network on
both sides of a place in the middle (loss, copies, jitter, packets that overtake others), where the
sniffers are (at an end, in the middle), their clocks, what they miss, and the order of the file.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from random import Random
from typing import Literal, NamedTuple
from unittest.mock import patch

from tests.support.frames import enhanced, interface, numbered, section
from tests.support.overheard import RAW, Ended
from tftp_fsm.capture.ip_headers import udp_packet
from tftp_fsm.capture.reading import Capture
from tftp_fsm.explain.reader import Explaining
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.explain.transfer.findings import Finding
from tftp_fsm.protocol.events import StorageFailed
from tftp_fsm.protocol.roles import OURS, Sessions
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.simulation import transfer as simulation
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.simulation.transfer import Simulation
from tftp_fsm.transports import Burst
from tftp_fsm.transports.faults import Faults, decide
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import offer

Level = Literal["calm", "mild", "harsh", "stepped"]
PLACES = ("client", "middle", "server")
START = 1_700_000_000
REACTION = 2e-5, 3e-4  # seconds; how long an end takes to answer
APART = 4e-6  # seconds between two packets that an end sends at once


class View(NamedTuple):
    """A datagram where a sniffer has seen it: its time (seconds on the true clock).

    `ident` is the number that its sender gave it; copies of the network have the same one.
    """

    now: float
    place: str
    source: Address
    to: Address
    octets: bytes
    ident: int


class Sniffer(NamedTuple):
    """One interface. Its clock is ahead by `offset`. Sometimes a time is late by up to `wrong`.

    Times are in seconds. It misses each packet with the probability `misses`, and the packets whose
    places in its own order are in `holes`.
    """

    place: str
    offset: float = 0.0
    wrong: float = 0.0
    misses: float = 0.0
    holes: tuple[range, ...] = ()


class Road(SimulatedNetwork):
    """Two networks in a row. Each view of each datagram is kept, at both ends and in the middle."""

    faults: tuple[Faults, Faults]
    latencies: tuple[float, float]

    def __init__(self, latency: float, faults: Faults, **others: object) -> None:
        super().__init__(latency, Faults())
        self.seen: list[View] = []
        self._random = Random(f"road {faults.seed}")
        self._busy: dict[str, float] = {}
        self._sent = 0

    def carry(self, sender: Address, burst: Burst) -> None:
        near = sender[0]
        far = "server" if near == "client" else "client"
        ways = list(zip(self.faults, self.latencies, strict=True))
        for one in burst.datagrams():
            at = max(self.now() + self._random.uniform(*REACTION), self._busy.get(near, 0) + APART)
            self._busy[near] = at
            self._sent += 1
            view = View(at, near, sender, burst.peer, one, self._sent)
            self.seen.append(view)
            times = [at]
            for place, (faults, latency) in zip(
                ("middle", far), ways if near == "client" else ways[::-1], strict=True
            ):
                times = [
                    at + latency + delay
                    for at in times
                    for delay in decide(faults, self._random, len(one)).delays
                ]
                self.seen += [view._replace(now=at, place=place) for at in times]
            for at in times:
                self._schedule(at, burst.peer, Burst.of(one, sender), sender)


class Campaign(NamedTuple):
    """A capture, and a description of its making."""

    octets: bytes
    views: list[tuple[int, float, View]]
    words: str


Change = Callable[[bytes], bytes]


def captured(
    seed: int,
    level: Level = "harsh",
    *,
    sessions: Sessions = OURS,
    change: Change | None = None,
    is_mirrored: bool = False,
) -> Campaign:
    """Return the capture of this seed. `change` is applied to each datagram that a sniffer shows.

    With `is_mirrored` each interface shows each packet twice.
    """
    random = Random(f"campaign {seed}")
    verb: Literal["get", "put"] = random.choice(("get", "put"))
    windowsize = random.choice((None, None, None, 1, 2, 3, 4, 8, 16, 64))
    blksize = random.choice((None, None, 8, 512, 1024, 1428))
    size = (blksize or 512) * random.randrange(0, 60) + random.choice((0, 1, 7))
    tsize = random.choice((None, size if verb == "put" else 0))
    timeout = random.choice((None, None, 1, 3))
    fails_at = random.choice((None, None, None, random.randrange(4, 80)))
    failing = random.choice(("client", "server"))
    policy = RetryPolicy(dally=random.choice((None, 1.0, 3.0)))
    setup = Setup(
        verb,
        bytes(n * 7 % 251 for n in range(size)),
        Faults(seed=seed),
        options=offer(windowsize=windowsize, blksize=blksize, tsize=tsize, timeout=timeout),
        retry_policy=policy,
        sessions=sessions,
    )
    faults = _faults(random, level), _faults(random, level)
    latencies = random.choice((1e-4, 1e-3, 0.02)), random.choice((1e-4, 1e-3, 0.02))
    road = type("ThisRoad", (Road,), {"faults": faults, "latencies": latencies})
    with patch.object(simulation, "SimulatedNetwork", road):
        run = Simulation(setup)
        for number, _ in enumerate(run.steps()):
            driver = run.client if failing == "client" else run.server
            if number == fails_at and driver is not None and not driver.ended:
                driver.feed(StorageFailed(3, "disk full"))
    assert isinstance(run.network, Road)
    views = run.network.seen
    sniffers = _sniffers(random, level, views)
    shown = list(_shown(random, level, sniffers, views))
    shown.sort(key=lambda each: each[0])
    parts = [section(), *(interface(RAW) for _ in sniffers)]
    for _, number, at, view in shown:
        octets = view.octets if change is None else change(view.octets)
        units = round((START + at) * 1e6)
        packet = numbered(udp_packet(view.source, view.to, octets), view.ident)
        parts += [enhanced(number, units + later, packet) for later in range(1 + is_mirrored)]
    words = (
        f"{verb} {size} octets, {setup.options}, fails at {fails_at} ({failing})\n"
        f"  {faults}, {latencies}\n  {sniffers}"
    )
    return Campaign(b"".join(parts), [each[1:] for each in shown], words)


def _faults(random: Random, level: Level) -> Faults:
    if level == "calm" or random.random() < 0.25:
        return Faults()
    worst = 0.15 if level == "harsh" else 0.03
    jitters = (0.0, 0.0005, 0.004, 0.05, 0.6) if level == "harsh" else (0.0, 0.001)
    return Faults(
        loss=random.choice((0, random.random() * worst)),
        duplicate=random.choice((0, random.random() * worst)),
        reorder=random.choice((0, random.random() * worst)),
        delay=random.choice(jitters),
    )


def _sniffers(random: Random, level: Level, views: list[View]) -> list[Sniffer]:
    count = random.choice((1, 1, 2, 3))
    places = random.sample(PLACES, count)
    found = []
    for place in places:
        packets = sum(view.place == place for view in views)
        holes = []
        for _ in range(random.choice((0, 0, 1, 3)) if level == "harsh" else 0):
            start = random.choice((0, random.randrange(packets + 1)))
            holes.append(range(start, start + random.randrange(1, 9)))
        misses = random.choice((0, 0, random.random() * 0.1)) if level == "harsh" else 0
        offset = random.choice((0, random.uniform(-0.05, 0.05))) if count > 1 else 0
        wrong = random.choice((0, 0, 2.5e-4))
        found.append(Sniffer(place, offset, wrong, misses, tuple(holes)))
    return found


def _shown(
    random: Random, level: Level, sniffers: list[Sniffer], views: list[View]
) -> Iterable[tuple[float, int, float, View]]:
    """Return the file's entries: the place in the order, the interface, the time, and the view."""
    late = random.choice((0.0, 0.001, 0.05))
    stepped, by = _step(random, views) if level == "stepped" else (0.0, 0.0)
    for number, sniffer in enumerate(sniffers):
        mine = sorted((view for view in views if view.place == sniffer.place), key=lambda v: v.now)
        for place, view in enumerate(mine):
            draws = random.random(), random.random(), random.random()
            if draws[0] < sniffer.misses or any(place in hole for hole in sniffer.holes):
                continue
            at = 1 + view.now + sniffer.offset + max(0, draws[1] - 0.9) * 10 * sniffer.wrong
            yield at + draws[2] * late, number, at + by * (view.now >= stepped), view


def _step(random: Random, views: list[View]) -> tuple[float, float]:
    """Return when the clock of the host is set (seconds), and by how many seconds."""
    return random.choice(views).now, random.choice((-0.003, -0.02, -0.08, -0.3, -7, -5000, 4, 900))


# -- Findings -------------------------------------------------------------------------------------

BLAMES = ("blocks-skipped",)  # it is no departure, but it accuses an end


def told(octets: bytes, *, is_live: bool = False) -> list[Facts]:
    """Return the facts of the transfers in a capture, with `is_live` as for --follow."""
    ended = Ended()
    explaining = Explaining([ended])
    if is_live:
        explaining.be_live()
    for datagram in Capture(io.BytesIO(octets)):
        explaining.take(datagram)
    explaining.close()
    return ended.facts


def accusations(facts: Iterable[Facts]) -> list[str]:
    """Return the findings that accuse an end."""
    return [f"{each.slug}/{each.who}" for one in facts for each in one.findings if accuses(each)]


def accuses(finding: Finding) -> bool:
    """Return whether it says that an end has made a mistake."""
    is_departure = finding.severity == "departure" or (
        finding.slug in BLAMES and not finding.is_guess
    )
    return is_departure and finding.who in ("client", "server")


def main(first: int, end: int, level: Level = "harsh") -> None:
    """Print each seed whose capture accuses an end, and their number."""
    false: dict[str, int] = {}
    seeds = 0
    for seed in range(first, end):
        campaign = captured(seed, level)
        before = sum(false.values())
        for is_live in (False, True):
            facts = told(campaign.octets, is_live=is_live)
            for each in (found := accusations(facts)):
                false[each] = false.get(each, 0) + 1
            if found:
                print(seed, "live" if is_live else "file", *found, flush=True)
        seeds += sum(false.values()) > before
    print(end - first, "seeds,", seeds, "accuse:", false)


def show(seed: int, level: Level = "harsh", *, near: int = 14) -> None:
    """Print the facts of this seed, and the packets around each accusation."""
    from tftp_fsm.wire.packets import read

    campaign = captured(seed, level)
    print(campaign.words)
    facts = told(campaign.octets)
    wanted = {each.packet for one in facts for each in one.findings if accuses(each)}
    for place, (number, at, view) in enumerate(campaign.views, 1):
        if any(abs(place - each) <= near for each in wanted):
            way = f"{view.source[0]:6} -> {view.to[1]:5}"
            packet = str(read(view.octets).packet)[:24]
            mark = ">" if place in wanted else " "
            print(f"{mark}{place:5} if {number} {at:12.6f} {view.place:6} {way} {packet}")
    for one in facts:
        print("\n".join(lines_of(one)))


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[2].isdigit():
        main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])  # type: ignore[arg-type]
    else:
        show(int(sys.argv[1]), *sys.argv[2:])  # type: ignore[arg-type]
