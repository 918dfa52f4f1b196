"""A scripted network loses, repeats, delays and replaces exactly what its script names."""

from __future__ import annotations

from tftp_fsm.examine.script import (
    Rule,
    Script,
    changed,
    instead,
    late,
    lose,
    twice,
)
from tftp_fsm.examine.scripted import ScriptedTransport
from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.transports import Burst
from tftp_fsm.transports.faults import LOST, Impairment
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, build

HERE: Address = ("here", 1024)
THERE: Address = ("there", 69)
LATENCY = 0.001


def arrived(packets: list[Packet], *rules: Rule) -> list[tuple[float, bytes]]:
    """Return the time and the packet of each arrival. All are sent at time 0."""
    network = SimulatedNetwork(LATENCY)
    here = ScriptedTransport(network.transport(HERE), Script(*rules))
    came: list[tuple[float, bytes]] = []
    network.transport(THERE, lambda burst: came.append((network.now(), _octets(burst))))
    for packet in packets:
        here.send(Burst.of(build(packet), THERE))
    assert here.receive(10.0) is None
    return came


def _octets(burst: object) -> bytes:
    assert isinstance(burst, Burst)
    return b"".join(burst.buffers)


def packets(*rules: Rule, sent: list[Packet]) -> list[bytes]:
    return [octets for _, octets in arrived(sent, *rules)]


def test_without_rules_everything_passes() -> None:
    sent: list[Packet] = [Rrq(b"file"), Ack(1)]
    assert packets(sent=sent) == [build(packet) for packet in sent]


def test_only_the_named_datagram_is_lost() -> None:
    sent: list[Packet] = [Ack(1), Ack(2), Data(2, b""), Ack(2)]
    assert packets(lose(Opcode.ACK, 2), sent=sent) == [b"\0\4\0\1", b"\0\3\0\2", b"\0\4\0\2"]


def test_a_rule_may_begin_later_and_may_have_no_end() -> None:
    rule = lose(Opcode.ACK, first=2, times=None)
    assert packets(rule, sent=[Ack(1), Ack(2), Ack(3)]) == [b"\0\4\0\1"]
    assert packets(lose(None, times=None), sent=[Ack(1), Oack(())]) == []


def test_a_copy_comes_when_the_script_says() -> None:
    came = arrived([Ack(1)], twice(Opcode.ACK, 1, after=0.5))
    assert came == [(LATENCY, b"\0\4\0\1"), (0.5 + LATENCY, b"\0\4\0\1")]


def test_what_is_late_is_overtaken() -> None:
    came = arrived([Ack(1), Ack(2)], late(Opcode.ACK, 1, after=0.5))
    assert came == [(LATENCY, b"\0\4\0\2"), (0.5 + LATENCY, b"\0\4\0\1")]


def test_other_octets_arrive_in_its_place() -> None:
    assert packets(instead(Opcode.RRQ, b"odd"), sent=[Rrq(b"file"), Rrq(b"file")]) == [
        b"odd",
        build(Rrq(b"file")),
    ]


def test_the_number_is_that_of_the_wire_and_of_an_error_its_code() -> None:
    assert packets(lose(Opcode.ERROR, 5), sent=[Error(5, ""), Error(0, "")]) == [
        build(Error(0, ""))
    ]
    oack = Oack((("blksize", "8"),))
    assert packets(lose(Opcode.OACK, 0x626C), sent=[oack]) == [build(oack)]


def test_the_first_rule_that_holds_decides_but_each_one_counts() -> None:
    rules = lose(Opcode.ACK, 1), Rule(Opcode.ACK, LOST, first=2)
    assert packets(*rules, sent=[Ack(1), Ack(2), Ack(3)]) == [b"\0\4\0\3"]


def test_what_comes_meets_the_rules_of_its_direction() -> None:
    network = SimulatedNetwork(LATENCY)
    script = Script(lose(Opcode.DATA, 1, "received"))
    here = ScriptedTransport(network.transport(HERE), script)
    there = network.transport(THERE)
    for block in (1, 1, 2):
        there.send(Burst.of(build(Data(block, b"")), HERE))
    came = [here.receive(1.0) for _ in range(3)]
    assert [_octets(burst) for burst in came if burst] == [b"\0\3\0\1", b"\0\3\0\2"]
    assert came[2] is None


def test_a_rule_may_leave_out_some_octets() -> None:
    same = build(Rrq(b"file"))
    rule = Rule(Opcode.RRQ, LOST, times=None, unlike=same)
    assert packets(rule, sent=[Rrq(b"file"), Rrq(b"other"), Rrq(b"file")]) == [same, same]


def test_what_arrives_may_be_made_of_what_was_sent() -> None:
    rule = changed(Opcode.ACK, lambda datagram: datagram.replace(b"\7", b"\6"))
    log: list[Impairment] = []
    here = ScriptedTransport(SimulatedNetwork().transport(HERE), Script(rule), log.append)
    for block in (7, 8):
        here.send(Burst.of(build(Ack(block)), THERE))
    assert [(each.datagram, each.fate.octets) for each in log] == [(build(Ack(7)), build(Ack(6)))]
