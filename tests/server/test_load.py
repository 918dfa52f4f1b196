"""Many clients at once over a bad network, and the cost of a session."""

from __future__ import annotations

import gc
import hashlib
import signal
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from pathlib import Path
from random import Random

import pytest

import tftp_fsm
from tests.support.serve_process import serve_process
from tests.support.served import Peer, serving
from tftp_fsm.client.keywords import Keywords
from tftp_fsm.server.groups import SIZE
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.packets import Ack, Data, Oack, Rrq, Wrq

pytestmark = pytest.mark.slow

CLIENTS = 200
LOSS = 0.05
MEMORY = 48 * 2**20  # octets that the server may grow by at the most
SESSION = 24 * 1024  # octets that a session may have on the heap before it moves its file
DOWNLOAD = 80 * 1024  # octets that a download may have on the heap in the middle of its file


def content(seed: int) -> bytes:
    random = Random(seed)
    return random.randbytes(random.choice([0, 512, 5000, 20_000, 40_000]))


def test_two_hundred_clients_at_once_get_and_put_every_file_right(tmp_path: Path) -> None:
    """Faults are seeded by the client's number: its n-th datagram always meets the same fate."""
    for number in range(0, CLIENTS, 2):
        (tmp_path / f"file{number}").write_bytes(content(number))
    flags = (
        "--max-sessions",
        "500",
        "--max-sessions-per-address",
        "500",
        "--dally",
        "30",
        "--retries",
        "8",
        "--grace",
        "1",
    )
    with serve_process(tmp_path, "--writable", *flags) as server:
        idle, small = server.descriptors(), server.most_memory()

        def moved(number: int) -> str:
            keywords: Keywords = {
                "port": server.port,
                "faults": Faults(loss=LOSS, seed=number),
                "blksize": (512, 1428, 8192)[number % 3],
                "windowsize": (1, 4, 16)[number // 3 % 3],
                "dally": 0.3,
                "retries": 8,
            }
            if number % 2 == 0:
                name = f"file{number}"
                got = tftp_fsm.get("127.0.0.1", name, **keywords)
                return hashlib.sha256(got.data or b"").hexdigest()
            tftp_fsm.put("127.0.0.1", content(number), f"file{number}", **keywords)
            return hashlib.sha256((tmp_path / f"file{number}").read_bytes()).hexdigest()

        with ThreadPoolExecutor(CLIENTS) as pool:
            digests = list(pool.map(moved, range(CLIENTS)))
        wrong = [
            number
            for number, digest in enumerate(digests)
            if digest != hashlib.sha256(content(number)).hexdigest()
        ]
        assert wrong == []
        # Sessions that sent the final ACK stay to repeat it, each with one socket. Their sockets
        # are in groups, and each group has one more descriptor. The sessions are counted before
        # the descriptors. Meanwhile sessions may end, and none begins.
        server.process.send_signal(signal.SIGUSR1)
        running = server.line("counters")["running"]
        assert server.descriptors() <= idle + running + ceil(CLIENTS / SIZE)
        assert server.most_memory() - small < MEMORY
        assert server.stop() == 0
        totals = server.line("counters", 2)
    assert totals["bugs"] == 0 and totals["running"] == 0
    assert totals["ended"]["succeeded"] >= CLIENTS * 0.95
    assert not list(tmp_path.glob(".tftp*"))


@pytest.mark.parametrize("verb", [Rrq, Wrq])
def test_a_session_costs_little_memory(tmp_path: Path, verb: type[Rrq] | type[Wrq]) -> None:
    (tmp_path / "file").write_bytes(bytes(10_000_000))
    count = 200
    with serving(tmp_path, writable=True, timeout=30.0, max_sessions_per_address=1000) as served:

        def begin(numbers: range) -> None:
            for number in numbers:
                client = served.peer()
                client.ask("file" if verb is Rrq else f"new{number}", verb, blksize=1428)
                assert isinstance(client.hear(), Oack)

        begin(range(10))
        tracemalloc.start()
        try:
            begin(range(10, 10 + count))
            octets = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        print(f"{octets / count:.0f} octets a session")
        assert octets / count < SESSION


@pytest.mark.parametrize("blksize", [512, 1428])
def test_a_download_has_little_of_its_file_in_memory(tmp_path: Path, blksize: int) -> None:
    """With a thousand clients, the octets that are read ahead would count a thousand times."""
    (tmp_path / "file").write_bytes(bytes(10_000_000))
    count, blocks = 4, 400
    with serving(tmp_path, timeout=30.0) as served:
        clients = [served.peer() for _ in range(count + 1)]

        def read_on(client: Peer) -> None:
            client.ask("file", blksize=blksize)
            assert isinstance(client.hear(), Oack)
            for block in range(blocks):
                client.say(Ack(block))
                assert isinstance(client.hear(), Data)

        read_on(clients[0])
        tracemalloc.start()
        try:
            for client in clients[1:]:
                read_on(client)
            gc.collect()
            octets = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        print(f"{octets / count:.0f} octets a download")
        assert octets / count < DOWNLOAD
