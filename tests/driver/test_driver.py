"""The driver carries out effects in order, and stops if one fails."""

from __future__ import annotations

import pytest

from tftp_fsm.driver.driver import KEPT_STEPS, Driver
from tftp_fsm.driver.effects import SENT_AT_ONCE
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.events import (
    Aborted,
    DataReceived,
    Finished,
    Opened,
    Outcome,
    RequestReceived,
    Step,
    StorageFailed,
    TimeoutExpired,
)
from tftp_fsm.protocol.roles import ReadClient, ReadServer, WriteClient, WriteServer
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.storage import BytesSink, BytesSource, Octets
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Ack, Data, Error, Rrq, Wrq, build

PEER = ("192.0.2.1", 2048)
OTHER = ("192.0.2.1", 2049)
DISK_FULL = LocalError("disk full", 3, told="disk full")


class Wire:
    """Keeps what is sent. From the `fails_at`-th call on, sending fails."""

    def __init__(self, fails_at: int = 1 << 30) -> None:
        self.sent: list[tuple[bytes, Address]] = []
        self.clock = 0.0
        self._fails_at = fails_at

    def send(self, burst: Burst) -> None:
        if len(self.sent) >= self._fails_at:
            raise LocalError("network is down")
        self.sent += [(datagram, burst.peer) for datagram in burst.datagrams()]

    def receive(self, deadline: float | None) -> None:
        return None

    def now(self) -> float:
        return self.clock

    def close(self) -> None:
        """Do nothing."""

    @property
    def datagrams(self) -> list[bytes]:
        return [datagram for datagram, _ in self.sent]


class Disk(BytesSink):
    """Records the order of its calls, and fails at one of them."""

    def __init__(self, fails: str = "", wire: Wire | None = None) -> None:
        super().__init__()
        self.fails = fails
        self.log: list[str] = []
        self._wire = wire

    def _do(self, what: str) -> None:
        sent = len(self._wire.sent) if self._wire else 0
        self.log.append(f"{what} after {sent}")
        if what == self.fails:
            raise DISK_FULL

    def write(self, octets: Octets) -> None:
        self._do("write")
        super().write(octets)

    def commit(self) -> None:
        self._do("commit")
        super().commit()

    def discard(self) -> None:
        self._do("discard")
        super().discard()


class Unreadable(BytesSource):
    """A file that cannot be read past the first block, and that knows whether it is closed."""

    closed = False

    def read(self, offset: int, count: int) -> memoryview:
        if offset + count > 512:
            raise LocalError("read error", told="read error")
        return super().read(offset, count)

    def close(self) -> None:
        self.closed = True
        super().close()


def reading(fails: str = "", wire: Wire | None = None) -> tuple[Driver, Wire, Disk]:
    """Return a client that has sent its request."""
    wire = wire or Wire()
    disk = Disk(fails, wire)
    driver = Driver(ReadClient(Rrq(b"f"), PEER, RetryPolicy(dally=1.0)), wire, sink=disk)
    driver.feed(Opened())
    return driver, wire, disk


def came(driver: Driver, *packets: Data | Ack | Error, peer: Address = PEER) -> None:
    for packet in packets:
        driver.take(Burst.of(build(packet), peer))


FULL = Data(1, bytes(range(256)) * 2)
LAST = Data(2, b"end")


def test_the_ack_is_sent_before_the_disk_works_in_the_middle_and_after_it_at_the_end() -> None:
    driver, wire, disk = reading()
    came(driver, FULL, LAST)
    assert disk.log == ["write after 2", "write after 2", "commit after 2"]
    assert wire.datagrams == [build(Rrq(b"f")), build(Ack(1)), build(Ack(2))]
    assert disk.octets == FULL.payload + b"end"
    assert driver.session.state is State.DALLYING
    assert driver.finished == Finished(Outcome.SUCCEEDED)


@pytest.mark.parametrize("fails", ["write", "commit"])
def test_if_the_last_block_cannot_be_kept_an_error_goes_out_and_no_ack(fails: str) -> None:
    driver, wire, disk = reading(fails)
    came(driver, Data(1, b"end"))
    assert wire.datagrams == [build(Rrq(b"f")), build(Error(3, "disk full"))]
    assert driver.finished == Finished(Outcome.NO_ROOM, "disk full", 3)
    assert driver.ended
    assert disk.log[-1] == "discard after 2"


def test_if_a_block_cannot_be_kept_the_peer_gets_an_error_and_the_rest_is_left() -> None:
    driver, wire, disk = reading("write")
    came(driver, FULL, LAST)
    assert wire.datagrams[1:] == [build(Ack(1)), build(Error(3, "disk full"))]
    assert disk.log == ["write after 2", "discard after 3"]


def test_a_source_that_cannot_be_read_is_told_to_the_peer() -> None:
    source, wire = Unreadable(bytes(2000)), Wire()
    driver = Driver(ReadServer(Rrq(b"f"), 2000, Options(), PEER), wire, source=source)
    driver.feed(RequestReceived())
    came(driver, Ack(1))
    assert wire.datagrams == [build(Data(1, bytes(512))), build(Error(0, "read error"))]
    assert driver.finished == Finished(Outcome.STORAGE_FAILED, "read error", 0)
    assert source.closed


@pytest.mark.parametrize("gives", [0, 511, 513])
def test_a_source_that_gives_another_count_of_octets_is_a_failure(gives: int) -> None:
    class Odd(BytesSource):
        def read(self, offset: int, count: int) -> memoryview:
            return memoryview(bytes(gives))

    wire = Wire()
    driver = Driver(ReadServer(Rrq(b"f"), 2000, Options(), PEER), wire, source=Odd(bytes(2000)))
    driver.feed(RequestReceived())
    assert driver.finished is not None
    assert driver.finished.message == f"cannot read: the file gave {gives} octets, not 512"


def test_a_network_that_is_down_ends_the_transfer_and_lets_the_storage_go() -> None:
    driver, _wire, disk = reading(wire=Wire(fails_at=1))
    came(driver, FULL)
    assert driver.finished == Finished(Outcome.STORAGE_FAILED, "network is down", 0)
    assert disk.log == ["discard after 1"]


def test_an_abort_that_cannot_be_said_lets_the_storage_go_all_the_same() -> None:
    driver, _, disk = reading()
    came(driver, FULL)
    driver.feed(Aborted("a NUL \0 cannot be sent"))
    assert driver.ended
    assert disk.log[-1].startswith("discard")


@pytest.mark.parametrize("failure", [StorageFailed(3, "full"), Aborted()], ids=str)
def test_every_failure_lets_the_storage_go(failure: StorageFailed | Aborted) -> None:
    driver, _, disk = reading()
    came(driver, FULL)
    driver.feed(failure)
    assert disk.log[-1] == "discard after 3"


def test_a_sender_lets_its_file_go_when_all_has_arrived() -> None:
    source, wire = Unreadable(b"abc"), Wire()
    driver = Driver(WriteClient(Wrq(b"f"), 3, PEER), wire, source=source)
    driver.feed(Opened())
    came(driver, Ack(0))
    assert not source.closed
    came(driver, Ack(1))
    assert source.closed
    assert driver.finished == Finished(Outcome.SUCCEEDED)


def test_a_receiver_keeps_its_file_through_dallying_and_after() -> None:
    driver, wire, disk = reading()
    came(driver, Data(1, b"end"))
    wire.clock = driver.session.deadline or 0.0
    driver.take(None)
    assert driver.session.state is State.DONE
    driver.close()
    assert disk.octets == b"end"


# -- What arrives ---------------------------------------------------------------------------------


def test_news_of_another_peer_is_nobodys_business() -> None:
    driver, _, _ = reading()
    driver.take(Unreachable(OTHER))
    assert driver.session.state is State.REQUESTING
    driver.take(Unreachable(PEER))
    assert driver.finished == Finished(Outcome.UNREACHABLE, "no program listens at that port")


def test_a_deadline_that_has_come_is_an_event_and_an_early_one_is_none() -> None:
    driver, wire, _ = reading()
    driver.take(None)
    assert len(wire.sent) == 1
    wire.clock = 1.0
    driver.take(None)
    assert wire.datagrams == [build(Rrq(b"f"))] * 2


def test_each_datagram_of_a_burst_is_heard_also_from_an_unknown_peer() -> None:
    driver, wire, disk = reading()
    packets = build(FULL) + build(Data(2, bytes(512))) + build(Data(3, b"x"))
    driver.take(Burst((packets,), 516, OTHER))
    assert wire.sent[1:] == [(build(Ack(number)), OTHER) for number in (1, 2, 3)]
    assert disk.octets == FULL.payload + bytes(512) + b"x"


def test_what_follows_the_end_in_a_burst_is_left() -> None:
    driver, wire, _ = reading()
    driver.take(Burst([build(Error(1, "no")), build(Error(2, "or"))], len(b"\0\5\0\1no\0"), PEER))
    assert driver.finished == Finished(Outcome.PEER_ERROR, "no", 1)
    assert len(driver.recent) == 2
    came(driver, FULL)
    assert len(wire.sent) == 1


def test_a_repeated_block_leaves_the_file_as_it_is() -> None:
    driver, _, disk = reading()
    came(driver, FULL, Data(1, b"y" * 512), LAST, Data(2, b"zzz"))
    assert disk.octets == FULL.payload + b"end"


def test_a_block_without_its_octets_is_no_success() -> None:
    driver, _, _ = reading()
    with pytest.raises(ValueError, match="without its 512 octets"):
        driver.feed(DataReceived(1, 512, source=PEER))


def test_an_answer_to_a_stranger_goes_to_the_stranger() -> None:
    driver, wire, _ = reading()
    came(driver, FULL)
    came(driver, FULL, peer=OTHER)
    assert wire.sent[-1] == (build(Error(5, "unknown transfer ID")), OTHER)


# -- What is sent ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 1024, 5000])
@pytest.mark.parametrize("windowsize", [1, 4])
def test_blocks_are_cut_from_the_file_as_they_are_numbered(size: int, windowsize: int) -> None:
    content, wire = bytes(number % 251 for number in range(size)), Wire()
    options = Options(windowsize=windowsize)
    server = ReadServer(Rrq(b"f"), size, options, PEER)
    driver = Driver(server, wire, source=BytesSource(content))
    driver.feed(RequestReceived())
    while not driver.ended:
        came(driver, Ack(server.sent))
    expected = [
        build(Data(block + 1, content[block * 512 : block * 512 + 512]))
        for block in range(size // 512 + 1)
    ]
    assert wire.datagrams[1:] == expected


def test_a_window_larger_than_a_million_octets_is_read_in_parts() -> None:
    blksize, windowsize = 65464, 40
    assert blksize * windowsize > 2 * SENT_AT_ONCE
    content, wire, reads = bytes(blksize * 30), Wire(), list[int]()

    class Counting(BytesSource):
        def read(self, offset: int, count: int) -> memoryview:
            reads.append(count)
            return super().read(offset, count)

    options = Options(blksize=blksize, windowsize=windowsize)
    server = ReadServer(Rrq(b"f"), len(content), options, PEER)
    driver = Driver(server, wire, source=Counting(content))
    driver.feed(RequestReceived())
    came(driver, Ack(0))
    assert max(reads) <= SENT_AT_ONCE
    assert [int.from_bytes(datagram[2:4], "big") for datagram in wire.datagrams[1:]] == list(
        range(1, 32)
    )
    assert len(wire.datagrams[-1]) == 4


def test_a_block_in_the_middle_is_full_also_where_the_file_ends_with_an_empty_one() -> None:
    wire = Wire()
    server = ReadServer(Rrq(b"f"), 1024, Options(windowsize=3), PEER)
    driver = Driver(server, wire, source=BytesSource(b"a" * 1024))
    driver.feed(RequestReceived())
    came(driver, Ack(0))
    assert list(map(len, wire.datagrams[1:])) == [516, 516, 4]


# -- Who watches ----------------------------------------------------------------------------------


def test_an_observer_sees_each_step_in_order_and_the_last_ones_are_kept() -> None:
    seen: list[Step] = []
    wire = Wire()
    session = WriteServer(Wrq(b"f"), Options(), PEER)
    driver = Driver(session, wire, sink=BytesSink(), observer=seen.append)
    driver.feed(RequestReceived())
    for number in range(1, 60):
        came(driver, Data(number, bytes(512)))
    assert [step.now for step in seen] == [0.0] * 60
    assert len(driver.recent) == KEPT_STEPS
    assert list(driver.recent) == seen[-KEPT_STEPS:]


def test_early_calls_change_nothing_for_an_observer_either() -> None:
    seen: list[Step] = []
    driver = Driver(ReadClient(Rrq(b"f"), PEER), Wire(), sink=BytesSink(), observer=seen.append)
    driver.feed(TimeoutExpired())
    assert [(step.row, step.effects) for step in seen] == [(None, ())]
