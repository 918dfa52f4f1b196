"""Hostile and damaged captures give facts or one clear error, and never anything else."""

from __future__ import annotations

import json
import os
import struct
from random import Random

import pytest

from tests.explain.test_faults import FAULTS
from tests.support import captures
from tests.support.overheard import (
    as_pcap,
    asks,
    explained,
    overheard,
    script,
    to_client,
    to_server,
)
from tftp_fsm.errors import LocalError
from tftp_fsm.explain.report.comments import Comments
from tftp_fsm.explain.report.facts import as_json
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.explain.transfer.machines import FOLLOWED
from tftp_fsm.explain.watchers import Chosen
from tftp_fsm.ladder import build, text_ladder
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import offer
from tftp_fsm.wire.packets import Ack, Data, Oack, Rrq

TRIES = int(os.environ.get("TFTP_FSM_FUZZ", "400"))
FILE, RECORD, HEADERS = 24, 16, 28  # octets of the headers of a pcap file, a record, IP and UDP


def seeds() -> list[bytes]:
    found = [script(*fault[2]) for fault in FAULTS.values()] + [captures.CAPTURE.read_bytes()]
    for seed, verb in enumerate(("get", "put")):
        faults = Faults(loss=0.1, duplicate=0.1, seed=seed)
        options = offer(windowsize=4, tsize=0 if verb == "get" else 5000)
        _, datagrams = overheard(verb, bytes(5000), faults, options=options)  # type: ignore[arg-type]
        found.append(as_pcap(datagrams))
    return found


def records(octets: bytes) -> list[bytes]:
    at, found = FILE, []
    while at + RECORD <= len(octets):
        (size,) = struct.unpack_from("<I", octets, at + 8)
        found.append(octets[at : at + RECORD + size])
        at += RECORD + size
    return found


def damaged(random: Random, known: list[bytes]) -> bytes:
    """Return a capture with a few packets changed, copied, lost, or from another capture."""
    octets = random.choice(known)
    packets = records(octets)
    for _ in range(random.randrange(1, 5)):
        at = random.randrange(len(packets)) if packets else 0
        match random.randrange(5):
            case 0 if packets:
                packets[at] = _flipped(
                    packets[at], random.randrange(RECORD, len(packets[at])), random
                )
            case 1 if packets:
                place = min(RECORD + HEADERS + random.randrange(6), len(packets[at]) - 1)
                packets[at] = _flipped(packets[at], place, random)
            case 2 if packets:
                packets.insert(at, random.choice(packets))
            case 3 if packets:
                del packets[at]
            case _:
                packets += records(random.choice(known))[: random.randrange(6)]
    whole = octets[:FILE] + b"".join(packets)
    return whole[: random.randrange(len(whole) + 1)] if random.random() < 0.2 else whole


def _flipped(packet: bytes, place: int, random: Random) -> bytes:
    changed = bytearray(packet)
    changed[place] = random.choice((changed[place] ^ 1 << random.randrange(8), 0, 255))
    return bytes(changed)


def look_at(octets: bytes, *, is_logged: bool) -> None:
    """Do everything that `explain` does with a capture."""
    chosen = Chosen()
    watchers = (Comments(), chosen) if is_logged else ()
    try:
        found = explained(octets, *watchers, is_logged=is_logged)
    except LocalError:
        return
    for facts in found:
        assert all(line.isprintable() for line in lines_of(facts))
        json.dumps(as_json(facts))
    if chosen.transfer is not None:
        text_ladder(build(chosen.trace()))


@pytest.mark.parametrize("part", range(4))
def test_damaged_captures_are_explained_or_refused(part: int) -> None:
    known = seeds()
    for number in range(part * TRIES // 4, (part + 1) * TRIES // 4):
        octets = damaged(Random(number), known)
        try:
            look_at(octets, is_logged=number % 3 == 0)
        except Exception as failed:
            raise AssertionError(f"seed {number}: {octets.hex()}") from failed


KEPT = {
    "an option that is no number, and an OACK": (
        asks(0, Rrq(b"a", "octet", (("tsize", "0\x10"),))),
        to_client(0.1, Oack((("tsize", "9"),))),
        to_server(0.2, Ack(0)),
    ),
    "a short block before the first one": (
        asks(0, Rrq(b"a")),
        to_client(0.1, Data(1, bytes(512))),
        to_client(0.2, Data(0x8003, b"x")),
        to_server(0.3, Ack(1)),
        to_client(0.4, Data(0xFFFF, b"y")),
    ),
    "an empty datagram, and one of an octet": (
        asks(0, Rrq(b"a")),
        to_client(0.1, b""),
        to_client(0.2, b"\0"),
        to_server(0.3, b"\0\3\0"),
    ),
}


@pytest.mark.parametrize("case", KEPT)
@pytest.mark.parametrize("is_logged", [False, True])
def test_what_was_found_by_chance_is_kept(case: str, is_logged: bool) -> None:
    look_at(script(*KEPT[case]), is_logged=is_logged)


def test_the_kinds_of_sessions_are_those_of_all_four_tables() -> None:
    assert sorted(FOLLOWED) == ["READ_CLIENT", "READ_SERVER", "WRITE_CLIENT", "WRITE_SERVER"]
