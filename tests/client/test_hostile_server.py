"""What real servers don't do, and attackers and bugs do: the client ends with the right file or
an honest error, and what the server heard is asserted too."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

import tftp_fsm
from tests.support.hostile import (
    OTHER_HOST,
    OTHER_PORT,
    Hostile,
    Said,
    Saying,
    Script,
    block,
    serving,
    spoilt,
    taking,
    windowed,
)
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, Wrq, build

CONTENT = bytes(range(256)) * 5  # 1280 octets: blocks of 512, 512, 256
RRQ, WRQ = Rrq(b"file"), Wrq(b"file")
ACKS = [RRQ, Ack(1), Ack(2), Ack(3)]
UNKNOWN_TID = 5
STRANGERS = pytest.mark.parametrize("stranger", [OTHER_PORT, OTHER_HOST], ids=["port", "host"])


def data_of(server: Hostile) -> list[int]:
    """Return the numbers of the DATA that the server received."""
    return [packet.block for packet in server.heard if isinstance(packet, Data)]


def last_error(server: Hostile) -> int:
    """Return the code of the ERROR that the server received last."""
    heard = server.heard[-1]
    assert isinstance(heard, Error), f"heard {heard}"
    return heard.code


# -- Strangers (RFC 1350 section 4) ----------------------------------------------------------------


@STRANGERS
def test_data_from_a_stranger_is_not_in_the_file(stranger: Address) -> None:
    false = Said(Data(2, b"x" * 512), stranger)
    server = Hostile(spoilt(serving(CONTENT), Ack(1), lambda answer: [false, *answer]))
    assert server.get().data == CONTENT
    assert server.heard == ACKS
    [told] = server.strangers_heard
    assert isinstance(told, Error) and told.code == UNKNOWN_TID


@STRANGERS
def test_an_error_from_a_stranger_ends_nothing_and_is_not_answered(stranger: Address) -> None:
    false = Said(Error(1, "not found"), stranger)
    server = Hostile(spoilt(serving(CONTENT), Ack(1), lambda answer: [false, *answer]))
    assert server.get().data == CONTENT
    assert server.heard == ACKS
    assert server.strangers_heard == []


def test_an_answer_from_another_host_than_was_asked_is_a_stranger_too() -> None:
    false = Said(Data(1, b"short"), OTHER_HOST)
    server = Hostile(spoilt(serving(CONTENT), RRQ, lambda answer: [false, *answer]))
    assert server.get().data == CONTENT
    assert len(server.strangers_heard) == 1


def test_an_ack_from_a_stranger_confirms_nothing() -> None:
    store = bytearray()
    false = Said(Ack(1), OTHER_PORT)
    server = Hostile(spoilt(taking(store), WRQ, lambda answer: [*answer, false]))
    server.put(CONTENT)
    assert bytes(store) == CONTENT
    assert data_of(server) == [1, 2, 3]


# -- Octets too many or too few (`wire.packets` says which, and who sends them) --------------------


def test_padded_acks_are_acks() -> None:
    store = bytearray()
    honest = taking(store)

    def padded(packet: Packet) -> Iterable[Saying]:
        for answer in honest(packet):
            yield build(answer) + bytes(25) if isinstance(answer, Ack) else answer

    server = Hostile(padded)
    server.put(CONTENT)
    assert bytes(store) == CONTENT
    assert data_of(server) == [1, 2, 3]


def test_a_padded_oack_is_an_oack() -> None:
    honest = serving(CONTENT, oack=(BLKSIZE, TSIZE))
    octets = build(Oack((BLKSIZE, TSIZE))).ljust(516, b"\0")
    server = Hostile(spoilt(honest, request_for(Rrq, 0), lambda answer: [octets]))
    assert server.get(**ASKS).data == CONTENT


@pytest.mark.parametrize(
    "octets, words",
    [
        (b"\0\5\0\1no such file\0\0", "error 1: no such file"),
        (b"\0\5\0\1no such file", "error 1: no such file"),
        (b"\0\5\0\1", "error 1: the peer gave no reason"),
        (b"\0\5\0\1no such file\0old octets", "error 1: no such file"),
        (b"\0\5", "error 0: the peer gave no reason"),
    ],
)
def test_an_error_says_what_the_server_said_and_no_more(octets: bytes, words: str) -> None:
    server = Hostile(lambda packet: [octets])
    with pytest.raises(tftp_fsm.PeerError) as failed:
        server.get()
    assert str(failed.value) == words


# -- The opening reply (RFC 1350 section 4, CVE-2026-92389) ----------------------------------------


def test_an_rrq_answered_with_an_ack_is_refused() -> None:
    server = Hostile(lambda packet: [Ack(0)] if packet == RRQ else [])
    with pytest.raises(tftp_fsm.ProtocolError):
        server.get()
    assert last_error(server) == 4
    assert len(server.heard) == 2


def test_a_wrq_answered_with_data_is_refused() -> None:
    server = Hostile(lambda packet: [Data(1, b"")] if packet == WRQ else [])
    with pytest.raises(tftp_fsm.ProtocolError):
        server.put(CONTENT)
    assert last_error(server) == 4
    assert data_of(server) == []


# -- OACK (RFC 2347) -------------------------------------------------------------------------------

ASKS = {"options": True, "blksize": 1024, "windowsize": 1}
TSIZE = ("tsize", str(len(CONTENT)))
BLKSIZE = ("blksize", "512")


def request_for(kind: type[Rrq] | type[Wrq], tsize: int) -> Packet:
    """Return the request that `ASKS` makes."""
    return kind(b"file", "octet", (("blksize", "1024"), ("tsize", str(tsize)), ("windowsize", "1")))


def test_a_repeated_oack_is_acknowledged_again_before_data_came() -> None:
    honest = serving(CONTENT, oack=(BLKSIZE, TSIZE))
    twice = spoilt(honest, request_for(Rrq, 0), lambda answer: [*answer, *answer])
    server = Hostile(twice)
    assert server.get(**ASKS).data == CONTENT
    assert server.heard[1:] == [Ack(0), Ack(0), Ack(1), Ack(2), Ack(3)]


def test_a_second_oack_does_not_restart_a_put() -> None:
    store = bytearray()
    oack = (BLKSIZE, TSIZE)
    server = Hostile(
        spoilt(taking(store, oack), Data(1, CONTENT[:512]), lambda answer: [Oack(oack), *answer])
    )
    server.put(CONTENT, **ASKS)
    assert bytes(store) == CONTENT
    assert data_of(server) == [1, 2, 3]


def test_a_late_oack_moves_nothing() -> None:
    oack = (BLKSIZE, TSIZE)
    server = Hostile(
        spoilt(serving(CONTENT, oack=oack), Ack(2), lambda answer: [Oack(oack), *answer])
    )
    assert server.get(**ASKS).data == CONTENT
    assert server.heard[1:] == [Ack(0), Ack(1), Ack(2), Ack(3)]


@pytest.mark.parametrize(
    "name, value",
    [
        ("windowsize", "4"),  # not asked for
        ("blksize", "2048"),  # larger
        *(("blksize", value) for value in ("-1", "0", "7", "70000", "abc", "", "1024.5", "1" * 20)),
        ("tsize", "-1"),
        ("multicast", "224.0.0.1,1758,1"),
    ],
)
def test_an_oack_that_was_not_asked_for_so_is_refused(name: str, value: str) -> None:
    server = Hostile(serving(CONTENT, oack=((name, value),)))
    with pytest.raises(tftp_fsm.ProtocolError, match=name):
        server.get(**ASKS)
    assert last_error(server) == 8
    assert len(server.heard) == 2


def test_a_blksize_of_512_that_nobody_asked_for_changes_nothing() -> None:
    """tftpy, partftpy and ptftpd have blksize 512 in every OACK."""
    server = Hostile(serving(CONTENT, oack=(BLKSIZE, TSIZE)))
    assert server.get(options=True, blksize=None, windowsize=None).data == CONTENT
    assert server.heard[1:] == [Ack(0), Ack(1), Ack(2), Ack(3)]


def test_what_the_user_names_is_offered_even_if_it_is_the_protocols_own() -> None:
    server = Hostile(serving(CONTENT, oack=(BLKSIZE, TSIZE)))
    assert server.get(options=True, blksize=512, windowsize=1).data == CONTENT
    asked = (("blksize", "512"), ("tsize", "0"), ("windowsize", "1"))
    assert server.heard[0] == Rrq(b"file", "octet", asked)


@pytest.mark.parametrize("verb", ["get", "put"])
def test_an_oack_that_an_error_has_overtaken_is_ignored(verb: str) -> None:
    store = bytearray()
    honest = serving(CONTENT) if verb == "get" else taking(store)

    def script(packet: Packet) -> Iterable[Saying]:
        if isinstance(packet, Rrq | Wrq) and packet.options:
            return [Error(0, "the disk failed"), Said(Oack((TSIZE,)), after=0.001)]
        answers = honest(packet)
        if isinstance(packet, Rrq | Wrq):
            return [Said(answer, after=0.01) for answer in answers if not isinstance(answer, Said)]
        return answers

    server = Hostile(script)
    if verb == "get":
        assert server.get(**ASKS).data == CONTENT
    else:
        server.put(CONTENT, **ASKS)
        assert bytes(store) == CONTENT
    assert not any(isinstance(packet, Error) for packet in server.heard)


def test_a_timeout_must_be_taken_as_it_was_asked() -> None:
    server = Hostile(serving(CONTENT, oack=(("timeout", "2"),)))
    with pytest.raises(tftp_fsm.ProtocolError, match="timeout"):
        server.get(**ASKS, timeout=3)
    assert last_error(server) == 8


def test_tsize_zero_is_an_empty_file() -> None:
    server = Hostile(serving(b"", oack=(("tsize", "0"),)))
    assert server.get(**ASKS).data == b""
    assert server.heard[1:] == [Ack(0), Ack(1)]


def test_a_tsize_that_lies_is_not_the_end_of_the_file() -> None:
    server = Hostile(serving(CONTENT, oack=(("tsize", "1"),)))
    assert server.get(**ASKS).data == CONTENT


@pytest.mark.parametrize("code", [8, 4, 0, 2])
def test_where_options_are_an_error_the_plain_request_is_made(code: int) -> None:
    honest = serving(CONTENT)

    def script(packet: Packet) -> Iterable[Saying]:
        if isinstance(packet, Rrq) and packet.options:
            return [Error(code, "no options here")]
        return honest(packet)

    server = Hostile(script)
    result = server.get(**ASKS)
    assert result.data == CONTENT
    assert result.offered.blksize == 1024 and result.agreed == tftp_fsm.Options()
    assert server.heard[1:] == ACKS


def test_a_server_that_ignores_options_gets_the_plain_protocol() -> None:
    server = Hostile(serving(CONTENT))
    assert server.get(**ASKS).data == CONTENT
    assert server.heard[1:] == ACKS[1:]


# -- DATA (RFC 1350 section 2, RFC 2348) -----------------------------------------------------------


@pytest.mark.parametrize("octets", [513, 1024, 60000])
def test_data_longer_than_agreed_is_refused(octets: int, tmp_path: Path) -> None:
    too_long = Data(2, b"x" * octets)
    server = Hostile(spoilt(serving(CONTENT), Ack(1), lambda answer: [too_long]))
    local = tmp_path / "file"
    local.write_bytes(b"before")
    with pytest.raises(tftp_fsm.ProtocolError, match="512"):
        server.get(local=local)
    assert last_error(server) == 4
    assert local.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["file"]


def test_a_block_from_the_future_is_not_in_the_file() -> None:
    future = Data(3, b"the end")
    server = Hostile(spoilt(serving(CONTENT), Ack(1), lambda answer: [future, *answer]))
    assert server.get().data == CONTENT
    assert server.heard == ACKS


def test_a_repeated_block_is_acknowledged_again_but_kept_once() -> None:
    again = Said(block(CONTENT, 1), after=0.06)
    later = [Said(block(CONTENT, 2), after=0.1)]
    server = Hostile(spoilt(serving(CONTENT), Ack(1), lambda answer: [again, *later]))
    assert server.get().data == CONTENT
    assert server.heard.count(Ack(1)) == 2
    assert server.heard.count(Ack(2)) == 1


def test_a_sender_that_answers_every_ack_sends_no_block_twice_for_long() -> None:
    """The Sorcerer's Apprentice (RFC 1123 section 4.2.3.1) ends if no copy is answered."""
    content = bytes(512 * 100)
    honest = serving(content)
    first = block(content, 1)
    server = Hostile(spoilt(honest, RRQ, lambda answer: [first, first, first]))
    assert server.get().data == content
    assert server.heard[1:] == [Ack(number) for number in range(1, 102)]


def test_the_final_ack_is_repeated_while_the_client_dallies() -> None:
    last = block(CONTENT, 3)
    finished: list[float] = []
    server = Hostile(
        spoilt(
            serving(CONTENT), Ack(3), lambda answer: [Said(last, after=1.0), Said(last, after=2.0)]
        )
    )
    result = server.get(dally=3.0, on_finished=lambda _: finished.append(server.network.now()))
    assert result.data == CONTENT
    assert server.heard == [*ACKS, Ack(3), Ack(3)]
    assert finished[0] < 0.1, "the user was told at once"
    assert server.ended_at is not None and server.ended_at > 3.0


def test_a_get_without_losses_does_not_dally() -> None:
    server = Hostile(serving(CONTENT))
    server.get()
    assert server.ended_at is not None and server.ended_at < 0.1


@pytest.mark.parametrize("repeated, heard", [(65535, 65535), (65535, 254), (65536, 254)])
def test_a_duplicate_at_the_wrap_changes_nothing(repeated: int, heard: int) -> None:
    content = bytes(number % 251 for number in range(8 * 66_000))
    again = block(content, repeated, 8)
    honest = windowed(content, 8, 255)  # windows end at 65535, and at 65536 + 254
    server = Hostile(spoilt(honest, Ack(heard), lambda answer: [again, *answer]))
    assert server.get(options=True, blksize=8, windowsize=255).data == content
    assert server.heard[-1] == Ack(66_001 & 0xFFFF)


@pytest.mark.slow
def test_a_server_that_wraps_to_one_is_followed() -> None:
    content = bytes(8 * 65540)
    honest = serving(content, 8, (("blksize", "8"),))
    wrapped = False

    def script(packet: Packet) -> Iterable[Saying]:
        nonlocal wrapped
        if wrapped and isinstance(packet, Ack):
            packet = Ack(packet.block - 1)
        answer = list(honest(packet))
        wrapped = wrapped or answer[:1] == [block(content, 65536, 8)]
        return [
            Data(said.block + 1, said.payload) if wrapped and isinstance(said, Data) else said
            for said in answer
        ]

    server = Hostile(script)
    assert server.get(options=True, blksize=8, windowsize=1).data == content
    assert Ack(0) in server.heard[:2] and server.heard.count(Ack(0)) == 1
    assert server.heard[-1] == Ack(65_541 - 65_535)


# -- ACK (RFC 1123 section 4.2.3.1) ----------------------------------------------------------------


def test_a_duplicated_ack_is_not_answered_with_data() -> None:
    store = bytearray()
    server = Hostile(
        spoilt(taking(store), Data(1, CONTENT[:512]), lambda answer: [*answer, *answer])
    )
    server.put(CONTENT)
    assert bytes(store) == CONTENT
    assert data_of(server) == [1, 2, 3]


def test_an_ack_of_a_block_that_was_not_sent_confirms_nothing() -> None:
    store = bytearray()
    server = Hostile(spoilt(taking(store), WRQ, lambda answer: [*answer, Ack(9), Ack(3)]))
    server.put(CONTENT)
    assert bytes(store) == CONTENT
    assert data_of(server) == [1, 2, 3]


def test_when_the_last_ack_never_comes_the_outcome_is_unknown() -> None:
    store = bytearray()
    server = Hostile(spoilt(taking(store), Data(3, CONTENT[1024:]), lambda answer: []))
    with pytest.raises(tftp_fsm.OutcomeUnknown):
        server.put(CONTENT, retries=2)
    assert data_of(server) == [1, 2, 3, 3, 3]


# -- Windows (RFC 7440) ----------------------------------------------------------------------------

WINDOW = 4
WINDOWED = {"options": True, "blksize": 512, "windowsize": WINDOW}


@pytest.mark.parametrize("lost", [1, 2, 3, 4, 5, 6, 7])
def test_a_gap_is_acknowledged_at_once_and_filled(lost: int) -> None:
    content = bytes(range(256)) * 12  # seven blocks, the last of them empty
    first_time = True

    def script(packet: Packet) -> Iterable[Saying]:
        nonlocal first_time
        match packet:
            case Rrq():
                return [Oack((("windowsize", str(WINDOW)),))]
            case Ack(number) if number < 7:
                window = range(number + 1, min(number + WINDOW, 7) + 1)
                sent = [n for n in window if n != lost or not first_time]
                first_time = first_time and lost not in window
                return [block(content, n) for n in sent]
        return []

    server = Hostile(script)
    assert server.get(**WINDOWED, dally=0.0).data == content
    assert Ack(lost - 1) in server.heard, "the last block in order"
    assert server.heard[-1] == Ack(7)


# -- ERROR and silence (RFC 1350 section 7, RFC 1123 section 4.2.3.2) ------------------------------


@pytest.mark.parametrize("code", [1, 7, 99, 65535])
def test_an_error_is_told_and_never_answered(code: int) -> None:
    error = Error(code, "caf\u00e9 \x1b[31m")
    server = Hostile(spoilt(serving(CONTENT), Ack(1), lambda answer: [error]))
    with pytest.raises(tftp_fsm.PeerError) as raised:
        server.get()
    assert (raised.value.code, raised.value.message) == (error.code, error.message)
    assert server.heard == [RRQ, Ack(1)]


def test_silence_is_told_with_what_was_tried() -> None:
    server = Hostile(lambda packet: [])
    with pytest.raises(tftp_fsm.TransferTimedOut, match=r"5 attempts in 30\.0 s.*firewall"):
        server.get()
    assert server.heard == [RRQ] * 5
    gaps = [round(b - a) for a, b in zip(server.heard_at, server.heard_at[1:], strict=False)]
    assert gaps == [1, 2, 4, 8]


def test_silence_in_the_middle_is_told_with_what_had_come() -> None:
    server = Hostile(spoilt(serving(CONTENT), Ack(1), lambda answer: []))
    with pytest.raises(tftp_fsm.TransferTimedOut, match="after 512 octets"):
        server.get(retries=2)
    assert server.heard == [RRQ, Ack(1), Ack(1), Ack(1)]


def test_a_server_that_repeats_its_first_block_for_ever_is_told_as_that() -> None:
    server = Hostile(lambda packet: [] if isinstance(packet, Error) else [Data(1, CONTENT[:512])])
    with pytest.raises(tftp_fsm.TransferTimedOut) as raised:
        server.get()
    said = str(raised.value)
    assert "sent nothing new after 512 octets" in said
    assert re.search(r"attempts in [0-9.]+ s, datagrams received: [0-9]+\)", said)


def test_a_server_that_repeats_an_acknowledgement_for_ever_is_told_as_that() -> None:
    server = Hostile(lambda packet: [] if isinstance(packet, Error) else [Ack(0)])
    with pytest.raises(tftp_fsm.TransferTimedOut, match="sent nothing new after 0 octets"):
        server.put(CONTENT)
    with pytest.raises(
        tftp_fsm.OutcomeUnknown, match=r"the peer sent nothing new \(datagrams heard: [0-9]+\)"
    ):
        Hostile(lambda packet: [Ack(0)]).put(b"one block")


@pytest.mark.parametrize("size", [2000, 2])
def test_a_server_that_sends_only_empty_datagrams_in_the_end_is_not_said_to_repeat(
    size: int,
) -> None:
    """Nothing but empty datagrams comes after the first answer."""

    def silent_after(packets: int, answer: Packet) -> Script:
        heard: list[Packet] = []

        def script(packet: Packet) -> list[Saying]:
            heard.append(packet)
            return [answer] if len(heard) <= packets else [b""]

        return script

    said = []
    with pytest.raises(tftp_fsm.TransferTimedOut) as raised:
        Hostile(silent_after(1, Data(1, CONTENT[:512]))).get(retries=1)
    said.append(str(raised.value))
    with pytest.raises((tftp_fsm.TransferTimedOut, tftp_fsm.OutcomeUnknown)) as ended:
        Hostile(silent_after(1, Ack(0))).put(CONTENT[:size], retries=1)
    said.append(str(ended.value))
    for words in said:
        assert "nothing new" in words and ": 2)" in words and "before" not in words


def test_after_something_new_the_count_begins_again() -> None:
    answers: list[list[Saying]] = [
        [Data(1, CONTENT[:512])],
        [Said(Data(1, CONTENT[:512]), after=0.1), Said(Data(2, CONTENT[512:1024]), after=0.15)],
    ]

    def script(packet: Packet) -> list[Saying]:
        return answers.pop(0) if answers else []

    with pytest.raises(tftp_fsm.TransferTimedOut, match="after 1,024 octets"):
        Hostile(script).get(retries=1)


def test_a_port_where_nobody_listens_is_told_at_once() -> None:
    server = Hostile(lambda packet: [])
    with pytest.raises(tftp_fsm.HostUnreachable, match="no program listens"):
        server.get(port=70)
    assert server.ended_at is not None and server.ended_at < 0.1


# -- What is no packet -----------------------------------------------------------------------------

MALFORMED = [
    b"\0",
    b"\0\3",
    b"\0\3\0",
    b"\0\4\0",
    b"\0\6blksize",
    b"\0\6blksize\0",
    b"\0\6blksize\0512",
    b"\0\6\0x",
    b"\0\7\0\0",
    b"\xff" * 600,
    b"\0\6" + b"".join(b"o%d\0001\0" % n for n in range(30)),
]


@pytest.mark.parametrize("octets", MALFORMED, ids=lambda octets: octets[:12].hex())
def test_an_answer_that_is_no_packet_ends_the_transfer(octets: bytes) -> None:
    server = Hostile(lambda packet: [octets] if packet == RRQ else [])
    with pytest.raises(tftp_fsm.ProtocolError):
        server.get()
    assert last_error(server) in (4, 8)
    assert len(server.heard) == 2


# -- Names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a b", "caf\u00e9", "../up", "C:\\x", "\udcff\udc80", "....//"])
def test_the_server_hears_the_octets_of_the_name(name: str) -> None:
    server = Hostile(serving(CONTENT))
    result = server.get_named(name)
    expected = name.encode("utf-8", "surrogateescape")
    assert server.heard[0] == Rrq(expected) and result.remote == expected


@pytest.mark.parametrize("name", ["", "nul\0name", "x" * 600])
def test_a_name_that_no_request_can_hold_is_our_error_before_anything_is_sent(name: str) -> None:
    server = Hostile(serving(CONTENT))
    with pytest.raises(tftp_fsm.LocalError):
        server.get_named(name)
    assert server.heard == []
