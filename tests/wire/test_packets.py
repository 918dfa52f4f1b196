"""What is built parses back, and octets that are no packet raise only MalformedPacket."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import tftp_fsm
from tftp_fsm.errors import LocalError, MalformedPacket
from tftp_fsm.wire.headers import (
    REQUEST_LIMIT,
    Opcode,
    ack_octets,
    data_header,
    data_headers,
    opcode_of,
    without_payload,
)
from tftp_fsm.wire.packets import (
    Ack,
    Data,
    Error,
    ErrorCode,
    Oack,
    Packet,
    Reading,
    Rrq,
    Wrq,
    build,
    parse,
    read,
)

NUMBERS = st.integers(0, 0xFFFF)
NAMES = st.binary(min_size=1, max_size=60).filter(lambda octets: 0 not in octets)
TEXTS = st.binary(max_size=40).filter(lambda octets: 0 not in octets)


def as_text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


@st.composite
def option_pairs(draw: st.DrawFn) -> tuple[tuple[str, str], ...]:
    names = draw(st.lists(NAMES.map(as_text), max_size=4, unique_by=str.lower))
    return tuple((name, as_text(draw(TEXTS))) for name in names)


def requests(kind: type[Rrq | Wrq]) -> st.SearchStrategy[Packet]:
    return st.builds(kind, NAMES, NAMES.map(as_text), option_pairs())


PACKETS: st.SearchStrategy[Packet] = st.one_of(
    requests(Rrq),
    requests(Wrq),
    st.builds(Data, NUMBERS, st.binary(max_size=600)),
    st.builds(Ack, NUMBERS),
    st.builds(Error, NUMBERS, TEXTS.map(as_text)),
    st.builds(Oack, option_pairs()),
)


def parses_or_is_malformed(octets: bytes) -> Packet | None:
    """Any other exception fails the test that calls this."""
    try:
        return parse(octets)
    except MalformedPacket as broken:
        assert broken.where and broken.why
        return None


# -- What each packet is on the wire --------------------------------------------------------------

WIRE: list[tuple[Packet, bytes]] = [
    (Rrq(b"a", "octet"), b"\0\1a\0octet\0"),
    (Wrq(b"b", "NetASCII", (("tsize", "0"),)), b"\0\2b\0NetASCII\0tsize\x000\0"),
    (Data(1, b"xyz"), b"\0\3\0\1xyz"),
    (Data(0xFFFE, b""), b"\0\3\xff\xfe"),
    (Ack(0x0102), b"\0\4\1\2"),
    (Error(ErrorCode.FILE_NOT_FOUND, "no"), b"\0\5\0\1no\0"),
    (Error(ErrorCode.UNDEFINED, ""), b"\0\5\0\0\0"),
    (Oack((("blksize", "8"), ("x", ""))), b"\0\6blksize\x008\0x\0\0"),
    (Oack(()), b"\0\6"),
]


@pytest.mark.parametrize(("packet", "octets"), WIRE, ids=str)
def test_each_packet_has_these_octets_and_no_others(packet: Packet, octets: bytes) -> None:
    assert build(packet) == octets
    assert parse(octets) == packet
    assert parse(memoryview(octets)) == packet


@given(PACKETS)
def test_what_is_built_parses_back(packet: Packet) -> None:
    try:
        octets = build(packet)
    except LocalError:
        assert isinstance(packet, Rrq | Wrq), "only a request can be too long"
        return
    assert parse(octets) == packet


@given(PACKETS, st.data())
def test_every_truncation_is_a_packet_or_malformed(packet: Packet, data: st.DataObject) -> None:
    try:
        octets = build(packet)
    except LocalError:
        return
    parses_or_is_malformed(octets[: data.draw(st.integers(0, len(octets)))])


@given(PACKETS, st.data())
def test_every_mutation_is_a_packet_or_malformed(packet: Packet, data: st.DataObject) -> None:
    try:
        octets = bytearray(build(packet))
    except LocalError:
        return
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(octets)))
        octets[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    parses_or_is_malformed(bytes(octets))


@given(st.binary(max_size=700))
@example(b"")
@example(b"\0\1")
@example(b"\0\5\0\0")
@example(b"\0\6a\0")
def test_any_octets_are_a_packet_or_malformed(octets: bytes) -> None:
    packet = parses_or_is_malformed(octets)
    if packet is not None and not read(octets).tolerated:
        assert build(packet) == octets, "what was read is exactly what was sent"


@given(st.integers(1, 6), st.binary(max_size=80))
def test_any_body_behind_an_opcode_is_a_packet_or_malformed(opcode: int, body: bytes) -> None:
    parses_or_is_malformed(opcode.to_bytes(2, "big") + body)


@given(NAMES)
def test_any_octets_of_a_name_round_trip(name: bytes) -> None:
    packet = parse(build(Rrq(name)))
    assert isinstance(packet, Rrq)
    assert packet.filename == name


@given(st.text(max_size=20), st.text(max_size=20), st.integers(-5, 70000))
@example("\ud800", "\ud800", 0)
def test_what_cannot_be_said_on_the_wire_is_a_local_error(name: str, text: str, code: int) -> None:
    said: list[Packet] = [Error(code, text), Oack(((name, text),)), Rrq(b"f", name)]
    for packet in (*said, Data(code, b""), Ack(code)):
        try:
            octets = build(packet)
        except LocalError:
            continue
        assert parse(octets) == packet


# -- Malformed packets, and the field that cannot be read -----------------------------------------

REQUEST = b"\0\1boot\0octet\0"
MALFORMED = {
    "no octets at all": (b"", "opcode"),
    "one octet": (b"\0", "opcode"),
    "opcode 0": (b"\0\0", "opcode"),
    "opcode 7": (b"\0\7x\0", "opcode"),
    "opcode in the wrong byte order": (b"\1\0boot\0octet\0", "opcode"),
    "RRQ of two octets": (b"\0\1", "RRQ -> filename"),
    "RRQ of three octets": (b"\0\1a", "RRQ -> filename"),
    "WRQ without any NUL": (b"\0\2boot", "WRQ -> filename"),
    "an empty name": (b"\0\1\0octet\0", "RRQ -> filename"),
    "no mode": (b"\0\1boot\0", "RRQ -> mode"),
    "an empty mode": (b"\0\1boot\0\0", "RRQ -> mode"),
    "an option without name": (REQUEST + b"\x000\0", "RRQ -> padding"),
    "an option behind padding": (REQUEST + b"\0blksize\x008\0", "RRQ -> padding"),
    "a name of 1470 octets": (b"\0\1" + b"n" * 1470 + b"\0octet\0", "RRQ"),
    "a WRQ of 1473 octets": (b"\0\2" + b"n" * 1464 + b"\0octet\0", "WRQ"),
    "a request padded to 1473 octets": (REQUEST.ljust(1473, b"\0"), "RRQ"),
    "DATA without a block": (b"\0\3", "DATA -> block"),
    "DATA of three octets": (b"\0\3\0", "DATA -> block"),
    "ACK without a block": (b"\0\4", "ACK -> block"),
    "ACK of three octets": (b"\0\4\0", "ACK -> block"),
    "OACK with half an option": (b"\0\6blksize\0", "OACK -> options -> 0 -> value"),
    "OACK without a NUL": (b"\0\6blksize", "OACK -> options -> 0 -> name"),
    "OACK with a value that has no NUL": (b"\0\6blksize\x001428", "OACK -> options -> 0 -> value"),
    "OACK with more than NULs behind it": (b"\0\6blksize\x008\0\0x", "OACK -> padding"),
    "an OACK longer than any that answers a request": (
        b"\0\6" + b"x\0" + b"1" * 2044 + b"\0",
        "OACK",
    ),
    "OACK with two values of one option": (
        b"\0\6blksize\x001024\0BlkSize\x00512\0",
        "OACK -> options -> 1 -> value",
    ),
}


@pytest.mark.parametrize("octets, where", MALFORMED.values(), ids=list(MALFORMED))
def test_malformed_octets_name_the_field_that_broke(octets: bytes, where: str) -> None:
    with pytest.raises(MalformedPacket) as broken:
        parse(octets)
    assert broken.value.where == where
    assert str(broken.value) == f"{where}: {broken.value.why}"


# -- What is tolerated, and what is said of it -----------------------------------------------------

PLAIN = Rrq(b"boot")
BLKSIZE = Rrq(b"boot", "octet", (("blksize", "1024"),))
WITH_BLKSIZE = build(BLKSIZE)
OACK = Oack((("blksize", "1024"),))
LONG = Rrq(b"n" * 700)
AGAIN = b"BlkSize\x00600\0"
TOLERATED: dict[str, tuple[bytes, Packet, str]] = {
    "ACK and an octet": (b"\0\4\0\1\xaa", Ack(1), "1 octet of padding ignored"),
    "ACK of 29 octets": (b"\0\4\0\1" + bytes(25), Ack(1), "25 octets of padding ignored"),
    "ACK and a block": (b"\0\4\0\1" + b"\xaa" * 508, Ack(1), "508 octets of padding ignored"),
    "RRQ and a NUL": (REQUEST + b"\0", PLAIN, "1 octet of padding ignored"),
    "RRQ of 600 octets": (REQUEST.ljust(600, b"\0"), PLAIN, "587 octets of padding ignored"),
    "RRQ with an option, padded": (
        WITH_BLKSIZE.ljust(512, b"\0"),
        BLKSIZE,
        "486 octets of padding ignored",
    ),
    "a mode without its NUL": (REQUEST[:-1], PLAIN, "no NUL at the end"),
    "a value without its NUL": (WITH_BLKSIZE[:-1], BLKSIZE, "no NUL at the end"),
    "an option without a value": (
        REQUEST + b"tsize\0",
        PLAIN,
        "option tsize without a value ignored",
    ),
    "a second option without a value": (
        WITH_BLKSIZE + b"tsize\0",
        BLKSIZE,
        "option tsize without a value ignored",
    ),
    "an option without a value and its NUL": (
        REQUEST + b"tsize",
        PLAIN,
        "no NUL at the end, option tsize without a value ignored",
    ),
    "an option twice": (WITH_BLKSIZE + AGAIN, BLKSIZE, "option BlkSize given again ignored"),
    "a name of 700 octets": (
        b"\0\1" + b"n" * 700 + b"\0octet\0",
        LONG,
        "709 octets where 512 are allowed",
    ),
    "OACK and a NUL": (build(OACK) + b"\0", OACK, "1 octet of padding ignored"),
    "OACK of 516 octets": (build(OACK).ljust(516, b"\0"), OACK, "501 octets of padding ignored"),
    "OACK that repeats itself": (
        build(OACK) + b"BLKSIZE\x001024\0",
        OACK,
        "option BLKSIZE given again ignored",
    ),
    "ERROR without its NUL": (b"\0\5\0\2go", Error(2, "go"), "no NUL at the end"),
    "ERROR with two NULs": (b"\0\5\0\2go\0\0", Error(2, "go"), "1 octet of padding ignored"),
    "ERROR and a buffer": (
        b"\0\5\0\2go\0old octets",
        Error(2, "go"),
        "10 octets of padding ignored",
    ),
    "ERROR without a message": (b"\0\5\0\2", Error(2, ""), "no message and no NUL"),
    "ERROR with half a code": (b"\0\5\0", Error(0, ""), "it has no code"),
    "ERROR without a code": (b"\0\5", Error(0, ""), "it has no code"),
}


@pytest.mark.parametrize("octets, packet, words", TOLERATED.values(), ids=list(TOLERATED))
def test_what_does_no_harm_is_tolerated_and_said(octets: bytes, packet: Packet, words: str) -> None:
    assert read(octets) == Reading(packet, words)
    assert read(memoryview(octets)) == Reading(packet, words)
    assert parse(octets) == packet


@given(st.integers(1, 6), st.binary(max_size=80))
@example(5, b"\0\1no\0more")
@example(1, b"f\0octet\0tsize")
def test_a_datagram_is_as_it_is_built_or_it_is_said_what_was_tolerated(
    opcode: int, body: bytes
) -> None:
    octets = opcode.to_bytes(2, "big") + body
    try:
        reading = read(octets)
    except MalformedPacket:
        return
    assert (build(reading.packet) == octets) is not bool(reading.tolerated)


@given(st.integers(0, 0xFFFF), st.binary(max_size=1200))
def test_no_octet_of_data_is_ever_padding(block: int, payload: bytes) -> None:
    octets = b"\0\3" + block.to_bytes(2, "big") + payload
    assert read(octets) == Reading(Data(block, payload))


def test_no_octets_make_an_error_say_what_was_not_sent() -> None:
    for tail in (b"", b"\0", b"\0\1", b"\0\1\0", b"\0\1a\0b", b"\0\1\xff" * 9):
        error = parse(b"\0\5" + tail)
        assert isinstance(error, Error)
        assert error.message.encode("utf-8", "surrogateescape") in tail


def test_thirty_options_are_still_a_request() -> None:
    pairs = tuple((f"o{number}", "1") for number in range(30))
    assert parse(build(Rrq(b"f", "octet", pairs))) == Rrq(b"f", "octet", pairs)


def test_a_request_of_512_octets_is_the_longest_that_is_built_and_parsed() -> None:
    longest = Rrq(b"n" * (REQUEST_LIMIT - 2 - 1 - 6))
    assert len(build(longest)) == REQUEST_LIMIT
    assert parse(build(longest)) == longest
    with pytest.raises(LocalError, match="513 octets.*shorter file name"):
        build(Rrq(longest.filename + b"n"))


def test_data_and_oack_may_be_longer_than_a_request() -> None:
    assert parse(build(Data(1, b"x" * 65464))) == Data(1, b"x" * 65464)
    long = Oack((("x", "1" * 2043),))
    assert len(build(long)) == 2048
    assert parse(build(long)) == long


def test_an_oack_may_name_as_many_options_as_fit() -> None:
    number = (2048 - 2) // len("abc\0" + "1\0")
    pairs = tuple((f"{name:03x}", "1") for name in range(number))
    assert parse(build(Oack(pairs))) == Oack(pairs)


@pytest.mark.parametrize(
    "packet",
    [
        Rrq(b""),
        Rrq(b"boot\0octet"),
        Rrq(b"boot", ""),
        Rrq(b"boot", "oc\0tet"),
        Wrq(b"f", "octet", (("", "1"),)),
        Wrq(b"f", "octet", (("tsize", "0\0blksize\x008"),)),
        Error(0, "a\0b"),
        Error(0x10000, "large"),
        Data(-1, b""),
        Ack(0x10000),
    ],
    ids=repr,
)
def test_a_second_field_cannot_be_smuggled_into_a_packet(packet: Packet) -> None:
    with pytest.raises(LocalError):
        build(packet)


@given(NUMBERS)
def test_unknown_error_codes_are_kept_as_numbers(code: int) -> None:
    assert parse(build(Error(code, ""))) == Error(code, "")


@given(st.integers(0, 1 << 40))
def test_predicted_headers_are_what_packets_build(block: int) -> None:
    assert data_header(block) == build(Data(block % 65536, b""))
    assert ack_octets(block) == build(Ack(block % 65536))


# -- Octets ----------------------------------------------------------------------------------------


@given(st.binary(max_size=8))
def test_the_opcode_is_known_whether_or_not_the_rest_can_be_read(octets: bytes) -> None:
    known = {bytes((0, opcode)): opcode for opcode in Opcode}
    assert opcode_of(octets) == known.get(octets[:2])


@given(st.binary(max_size=40))
def test_a_head_is_a_datagram_without_file_data(payload: bytes) -> None:
    assert without_payload(build(Data(7, payload))) == data_header(7)
    assert without_payload(b"\0\4" + payload) == b"\0\4" + payload
    assert without_payload(payload[:1]) == payload[:1]


@pytest.mark.parametrize("block", [0, 7, 65535, 65536 + 7])
def test_a_header_that_is_made_in_a_hurry_is_the_packets_own(block: int) -> None:
    assert data_header(block) == build(Data(block & 0xFFFF, b""))
    assert data_headers(block, 2) == [data_header(block), data_header(block + 1)]
    assert ack_octets(block) == build(Ack(block & 0xFFFF))


def test_only_this_folder_writes_opcodes_as_octets() -> None:
    package = Path(tftp_fsm.__file__).parent
    others = (path for path in package.rglob("*.py") if "wire" not in path.parts)
    found = [
        f"{path.relative_to(package)}:{node.lineno}"
        for path in others
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, bytes)
        and len(node.value) > 1
        and opcode_of(node.value) is not None
    ]
    assert found == []
