"""Real programs over a bad network: ours with others, each transfer whole or honestly failed.

TFTP_FSM_CHAOS=50 pytest tests/interop/test_chaos.py     # more seeds for each pair, and curl
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from tests.support.peers import Client, Server
from tftp_fsm.testing.relay import Relay
from tftp_fsm.transports.faults import Faults

MORE = int(os.environ.get("TFTP_FSM_CHAOS", "0"))
SEEDS = MORE or 6  # for each pair
SMALL = 128  # octets in a block, so that a file has many
LIMIT = 200  # seconds for one transfer
TOGETHER = 8  # transfers at a time: they mostly wait
PAIRS = [
    ("tftp-fsm", "tftpd-hpa", "get"),
    ("tftp-fsm", "tftpd-hpa", "put"),
    ("tftp-fsm", "atftpd", "get"),
    ("tftp-fsm", "tftp-fsm", "get"),
    ("tftp-fsm", "tftp-fsm", "put"),
    ("atftp", "tftp-fsm", "get"),
]
if MORE:  # it waits many seconds before it sends again
    PAIRS.append(("curl", "tftp-fsm", "get"))


def faults_of(seed: int) -> Faults:
    """Return the faults. A transfer with an even seed loses a little, one with an odd seed more."""
    loss = (0.04, 0.12)[seed % 2]
    return Faults(loss=loss, duplicate=0.1, reorder=0.1, delay=0.004, seed=seed)


def content_of(seed: int) -> bytes:
    random = Random(f"chaos {seed}")
    return random.randbytes(random.choice((0, 100, 512, 1024, 2000, 4500)))


def transfer(
    asking: Client, to: Server, verb: str, seed: int, folder: Path
) -> tuple[int, bool, bool, int]:
    """One transfer: its seed, whether the client says that all went well, whether the file is
    whole, and how many datagrams were lost.
    """
    content, name = content_of(seed), f"file-{seed}"
    local = folder / name
    with Relay((to.host, to.port), faults_of(seed)) as relay:
        if verb == "get":
            remote = to.holds(name, content)
            done = asking.get("127.0.0.1", relay.port, remote, local, blksize=SMALL, limit=LIMIT)
            arrived = local
        else:
            local.write_bytes(content)
            remote = to.remote(name)
            done = asking.put("127.0.0.1", relay.port, local, remote, blksize=SMALL, limit=LIMIT)
            arrived = to.path(name)
        whole = arrived.exists() and arrived.read_bytes() == content
    return seed, done.returncode == 0, whole, relay.lost


def check(asking: Client, to: Server, verb: str, seeds: range, folder: Path) -> None:
    with ThreadPoolExecutor(TOGETHER) as pool:
        found = list(pool.map(lambda seed: transfer(asking, to, verb, seed, folder), seeds))
    lying = [seed for seed, well, whole, _ in found if well and not whole]
    assert lying == [], f"seeds that succeeded without the file, with {asking.name} and {to.name}"
    succeeded = sum(well for _, well, _, _ in found)
    lost = sum(lost for *_, lost in found)
    print(f"{asking.name} {verb} {to.name}: {succeeded} of {len(found)}, {lost} datagrams lost")
    assert lost > 0, "the network is bad"
    assert succeeded, "some arrive; how many depends on real timers, and others give up early"


@pytest.mark.parametrize(("client", "server", "verb"), PAIRS)
def test_a_transfer_over_a_bad_network_is_whole_or_fails(
    client: str,
    server: str,
    verb: str,
    real_server: Callable[..., Server],
    real_client: Callable[[str], Client],
    tmp_path: Path,
) -> None:
    check(real_client(client), real_server(server), verb, range(SEEDS), tmp_path)
