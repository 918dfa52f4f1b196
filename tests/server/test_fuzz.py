"""A hundred thousand datagrams that no honest client sends, and honest ones beside them.

Everything comes from the seed in the test's id. What is sent goes through real sockets, so that
the loop, the parser, the tables and the storage all meet it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.served import Peer, Served, serving
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, Wrq, build

pytestmark = pytest.mark.slow

COUNT = 10_000  # datagrams in each test
BATCH = 20  # datagrams before the loop has its turn; more would not fit the socket's memory
GROWTH = 8 * 2**20  # octets of memory, at the most, over a test
NAMES = [b"file", b"new", b"nothing", b"../secret", b"/etc/passwd", b"a\\..\\b", b"\xff\xfe", b"."]
MODES = ["octet", "netascii", "mail", "OCTET", ""]
OPTIONS = ["blksize", "timeout", "tsize", "windowsize", "BlkSize", "multicast", "\xe9", "x"]
VALUES = ["0", "1", "8", "512", "65464", "65535", "70000", "-1", "abc", "", "9" * 25, "1024.5"]


def packet(random: Random) -> bytes:
    """Draw a packet of any kind, with fields that may not go together."""
    pairs = tuple(
        (random.choice(OPTIONS), random.choice(VALUES)) for _ in range(random.choice([0, 0, 1, 3]))
    )
    block = random.choice([0, 1, 2, 3, 255, 256, 65535, random.randrange(65536)])
    name, mode = random.choice(NAMES), random.choice(MODES) or "octet"
    kinds: list[Callable[[], Packet]] = [
        lambda: Rrq(name, mode, pairs),
        lambda: Wrq(name, mode, pairs),
        lambda: Data(block, random.randbytes(random.choice([0, 1, 511, 512, 513, 1024]))),
        lambda: Ack(block),
        lambda: Error(random.randrange(12), "no"),
        lambda: Oack(pairs),
    ]
    return build(random.choice(kinds)())


def broken(random: Random) -> bytes:
    """Cut, lengthen, flip or double the octets, or return noise."""
    octets = bytearray(packet(random))
    match random.randrange(8):
        case 0:
            return bytes(octets[: random.randrange(len(octets) + 1)])
        case 1:
            return bytes(octets) + random.randbytes(random.randrange(1, 20))
        case 2 | 3:
            for _ in range(random.randrange(1, 6)):
                octets[random.randrange(len(octets))] = random.randrange(256)
            return bytes(octets)
        case 4:
            return random.randbytes(random.randrange(40))
        case 5:
            return bytes(octets) * 2
        case _:
            return bytes(octets)


class Honest:
    """A correct client that moves file after file, one exchange at a time."""

    def __init__(self, served: Served, content: bytes) -> None:
        self.peer = served.peer("127.0.0.2")
        self.content = content
        self.whole = 0
        self.found = b""
        self.peer.ask("file")

    def go_on(self) -> None:
        """Answer the packet that has come. Begin again after the last block."""
        for heard in self.peer.hear_all():
            assert isinstance(heard, Data), heard
            self.peer.say(Ack(heard.block))
            if heard.block != len(self.found) // 512 + 1:
                continue  # a retransmission, on a machine that was busy
            self.found += heard.payload
            if len(heard.payload) < 512:
                assert self.found == self.content
                self.whole += 1
                self.found = b""
                self.peer.ask("file")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_bytes(b"secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_bytes(bytes(range(256)) * 40 + b"end")
    return root


def fuzzed(tree: Path) -> Any:
    """Run a server whose sessions end soon. It has room for the honest client."""
    return serving(
        tree,
        bind=("0.0.0.0",),
        writable=True,
        overwrite=True,
        timeout=0.02,
        retries=3,
        max_sessions=60,
        max_sessions_per_address=20,
    )


def resident() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def unharmed(tree: Path) -> None:
    """Check that nothing outside the root has changed, and that no partial file is left."""
    assert sorted(path.name for path in tree.parent.iterdir()) == ["root", "secret"]
    assert (tree.parent / "secret").read_bytes() == b"secret"
    assert not list(tree.glob("**/.tftp*"))


@pytest.mark.parametrize("seed", range(4))
def test_at_the_listening_port(tree: Path, seed: int) -> None:
    random = Random(seed)
    with fuzzed(tree) as served:
        content = (tree / "file").read_bytes()
        honest = Honest(served, content)
        peers = [served.peer() for _ in range(8)]
        grown = Growth()
        for number in range(COUNT // BATCH):
            for _ in range(BATCH):
                random.choice(peers).say(broken(random), served.address)
            served.loop.turn(0)
            honest.go_on()
            for peer in peers:
                peer.heard()
            grown.look(number)
        assert honest.whole >= 5
        assert grown.octets < GROWTH
        assert served.loop.totals.bugs == 0
    unharmed(tree)


@pytest.mark.parametrize("seed", range(4))
def test_at_the_ports_of_live_sessions_from_their_own_peers(tree: Path, seed: int) -> None:
    random = Random(100 + seed)
    with fuzzed(tree) as served:
        (tree / "sent").write_bytes(random.randbytes(5000))
        honest = Honest(served, (tree / "file").read_bytes())
        peers = [served.peer() for _ in range(8)]
        grown = Growth()
        for number in range(COUNT // BATCH):
            for peer in peers:
                if random.random() < 0.4:
                    begin(peer, random)
            served.turn()
            for peer in peers:
                peer.heard()
            for _ in range(BATCH):
                peer = random.choice(peers)
                peer.say(broken(random), peer.server or served.address)
            served.turn()
            honest.go_on()
            grown.look(number)
        assert honest.whole >= 5
        assert grown.octets < GROWTH
        assert served.loop.totals.bugs == 0
    unharmed(tree)


def begin(peer: Peer, random: Random) -> None:
    """A session that is in order so far, with any options."""
    options = {"blksize": random.choice([8, 512, 1428]), "windowsize": random.choice([1, 4])}
    verb: type[Rrq] | type[Wrq] = Rrq if random.random() < 0.5 else Wrq
    peer.server = None
    peer.ask_with("sent" if verb is Rrq else "new", options if random.random() < 0.5 else {}, verb)


@pytest.mark.parametrize("seed", range(2))
def test_at_the_port_of_a_live_session_from_strangers(tree: Path, seed: int) -> None:
    random = Random(200 + seed)
    with fuzzed(tree) as served:
        honest = Honest(served, (tree / "file").read_bytes())
        strangers = [served.peer() for _ in range(4)]
        grown = Growth()
        for number in range(COUNT // BATCH):
            honest.go_on()
            for _ in range(BATCH):
                to = honest.peer.server or served.address
                random.choice(strangers).say(broken(random), to)
            served.turn(BATCH + 5)
            for stranger in strangers:
                stranger.heard()
            grown.look(number)
        assert honest.whole >= 10, served.reports[:3]
        assert grown.octets < GROWTH
        assert served.loop.totals.bugs == 0
    unharmed(tree)


class Growth:
    """The growth of this process's memory after the first rounds."""

    def __init__(self) -> None:
        self._first = 0
        self.octets = 0

    def look(self, number: int) -> None:
        if number == COUNT // BATCH // 5:
            self._first = resident()
        elif self._first:
            self.octets = resident() - self._first
