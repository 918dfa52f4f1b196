"""The client against real servers: every file is compared, whatever its size and the options.

Each test moves several files through one server; the assertion names the one that differs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event

import pytest

import tftp_fsm
from tests.support.peers import Refused, Server
from tftp_fsm.client.keywords import Keywords
from tftp_fsm.protocol.timing import RTO_FLOOR
from tftp_fsm.wire.netascii import Encoder

SERVERS = ("tftpd-hpa", "atftpd", "dnsmasq")
WRITABLE = ("tftpd-hpa", "atftpd")
BLKSIZES = (8, 512, 1428, 8192, 65464)
MANY_BLOCKS = 70_000  # at blksize 8 the numbers wrap
BIG = 4 * 1024 * 1024
TEXT = b"one\ntwo\r\nthree\rfour\n\n" * 100

RealServer = Callable[..., Server]


def octets(count: int) -> bytes:
    """Return so many octets. They are the same for the same count."""
    return Random(count).randbytes(count)


def sizes_around(blksize: int) -> tuple[int, ...]:
    """Return sizes of files: the classic ones, and exact multiples of this blksize."""
    return (0, 1, 511, 512, 513, 1024, blksize - 1, blksize, blksize + 1, 3 * blksize)


def written_by_now(path: Path, content: bytes) -> bytes:
    """The file that a server has taken.

    atftpd acknowledges the last block and then writes it; of text, its last octet once more.
    """
    for _ in range(1000):
        if (written := path.read_bytes()) == content:
            break
        Event().wait(0.005)
    return written


@dataclass(frozen=True, slots=True)
class Both:
    """Moves files through one server, both ways, and compares them."""

    server: Server
    tmp_path: Path

    def gets(self, content: bytes, **keywords: object) -> tftp_fsm.Transfer:
        name = self.server.holds(f"g{len(content)}", content)
        local = self.tmp_path / "got"
        settings: Keywords = {"port": self.server.port, **keywords}  # type: ignore[typeddict-item]
        result = tftp_fsm.get(self.server.host, name, local, **settings)
        assert local.read_bytes() == content, f"{len(content)} octets, {keywords}"
        return result

    def puts(self, content: bytes, **keywords: object) -> tftp_fsm.Transfer:
        name = f"p{len(content)}"
        self.server.path(name).unlink(missing_ok=True)
        settings: Keywords = {"port": self.server.port, **keywords}  # type: ignore[typeddict-item]
        result = tftp_fsm.put(self.server.host, content, self.server.remote(name), **settings)
        arrived = written_by_now(self.server.path(name), content)
        assert arrived == content, f"{len(content)} octets, {keywords}"
        return result


@pytest.fixture
def moves(request: pytest.FixtureRequest, real_server: RealServer, tmp_path: Path) -> Both:
    """`moves` of the server that the test is parametrized with."""
    return Both(real_server(request.param), tmp_path)


every_server = pytest.mark.parametrize("moves", SERVERS, indirect=True)
every_writable = pytest.mark.parametrize("moves", WRITABLE, indirect=True)
every_blksize = pytest.mark.parametrize("blksize", BLKSIZES)


def needed_no_retransmission(result: tftp_fsm.Transfer) -> bool:
    """A slow machine may let a time-out expire, but no transfer that is shorter than any time-out.

    What such a transfer sends twice was not lost: the two programs did not understand each other.
    """
    return result.retransmissions == 0 or result.seconds >= RTO_FLOOR


@every_server
@every_blksize
def test_a_get_of_any_size_gives_the_file(moves: Both, blksize: int) -> None:
    for size in sizes_around(blksize):
        result = moves.gets(octets(size), blksize=blksize)
        assert result.octets == size and needed_no_retransmission(result), f"size {size}"


@every_writable
@every_blksize
def test_a_put_of_any_size_gives_the_file(moves: Both, blksize: int) -> None:
    for size in sizes_around(blksize):
        result = moves.puts(octets(size), blksize=blksize)
        assert result.octets == size and needed_no_retransmission(result), f"size {size}"


@every_server
def test_four_mebibytes_arrive_by_default(moves: Both) -> None:
    assert moves.gets(octets(BIG)).agreed.blksize


@every_writable
def test_four_mebibytes_leave_by_default(moves: Both) -> None:
    assert moves.puts(octets(BIG)).agreed.blksize


@every_server
def test_block_numbers_wrap_in_a_get(moves: Both) -> None:
    result = moves.gets(octets(8 * MANY_BLOCKS), blksize=8, windowsize=1)
    assert result.agreed.blksize == blksize_of_many_blocks(moves.server)


@every_writable
def test_block_numbers_wrap_in_a_put(moves: Both) -> None:
    result = moves.puts(octets(8 * MANY_BLOCKS), blksize=8, windowsize=1)
    assert result.agreed.blksize == blksize_of_many_blocks(moves.server)


def blksize_of_many_blocks(server: Server) -> int | None:
    """None where the server refuses numbers that wrap: then the plain request is made.

    atftpd does, with an ERROR.
    """
    name = server.holds("many", octets(8 * MANY_BLOCKS))
    try:
        return server.negotiate(name, {"blksize": 8, "tsize": 0}).get("blksize")
    except Refused:
        return None


@every_server
def test_without_options_a_get_is_plain(moves: Both) -> None:
    moves.server.answers_plain_requests()
    for size in sizes_around(512):
        result = moves.gets(octets(size), options=False)
        assert result.offered == result.agreed == tftp_fsm.Options(), f"size {size}"


@every_writable
def test_without_options_a_put_is_plain(moves: Both) -> None:
    for size in sizes_around(512):
        result = moves.puts(octets(size), options=False)
        assert result.offered == result.agreed == tftp_fsm.Options(), f"size {size}"


@pytest.mark.parametrize("windowsize", [1, 4, 64])
@every_server
def test_windows_carry_a_get(moves: Both, windowsize: int) -> None:
    agreed = min(windowsize, moves.server.windowsize)
    for size in (0, 1, 512, 512 * windowsize, 512 * windowsize + 1, 1_000_000):
        result = moves.gets(octets(size), blksize=512, windowsize=windowsize)
        assert (result.agreed.windowsize or 1) == agreed, f"size {size}"


@pytest.mark.parametrize("windowsize", [1, 4, 64])
@every_writable
def test_windows_carry_a_put(moves: Both, windowsize: int) -> None:
    agreed = min(windowsize, moves.server.windowsize)
    for size in (0, 1, 512, 512 * windowsize, 512 * windowsize + 1, 1_000_000):
        result = moves.puts(octets(size), blksize=512, windowsize=windowsize)
        assert (result.agreed.windowsize or 1) == agreed, f"size {size}"


@every_server
def test_text_arrives_as_lines_that_this_system_has(moves: Both) -> None:
    moves.server.answers_plain_requests()
    # dnsmasq sends CR LF for each LF, but it sends a lone CR as it is, and not as CR NUL (RFC 764).
    plain = moves.server.fetch(moves.server.holds("cr", b"\r"), "netascii") == b"\r"
    for cut in range(12):  # CR and LF on either side of a block's end
        content = b"x" * cut + TEXT
        result = moves.gets(content, mode="netascii", blksize=512)
        wire = content.replace(b"\n", b"\r\n") if plain else Encoder().encode(content)
        assert result.octets == len(wire), f"cut {cut}"


@every_server
def test_no_server_tells_the_size_of_text_and_that_is_no_news(moves: Both) -> None:
    moves.server.answers_plain_requests()
    result = moves.gets(TEXT, mode="netascii")
    assert not result.agreed.tsize and result.announced_size is None


@every_writable
def test_text_leaves_as_netascii(moves: Both) -> None:
    for cut in range(12):
        content = b"x" * cut + TEXT
        result = moves.puts(content, mode="netascii", blksize=512)
        assert result.octets == len(Encoder().encode(content)) == result.offered.tsize


@every_server
def test_the_tsize_that_a_server_tells_is_the_size(moves: Both) -> None:
    assert moves.gets(octets(1234)).agreed.tsize == 1234


@every_server
def test_a_timeout_is_offered_and_agreed(moves: Both) -> None:
    if "timeout" not in moves.server.agrees:
        pytest.skip(f"this {moves.server.name} has no timeout")
    assert moves.gets(octets(10), timeout=3).agreed.timeout == 3


@every_server
def test_a_file_that_is_not_there_is_the_peers_error(moves: Both) -> None:
    with pytest.raises(tftp_fsm.PeerError) as raised:
        tftp_fsm.get(moves.server.host, "no-such-file", port=moves.server.port)
    assert raised.value.code == 1


@every_server
def test_a_bad_network_delays_but_does_not_damage(moves: Both) -> None:
    faults = tftp_fsm.Faults(loss=0.02, duplicate=0.05, reorder=0.05, seed=1)
    result = moves.gets(octets(100_000), blksize=1428, faults=faults, timeout=0.2, dally=0)
    assert result.retransmissions > 0
