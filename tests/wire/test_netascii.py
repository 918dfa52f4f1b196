"""netascii, both ways, wherever the stream is cut (RFC 1350 section 1, RFC 764)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tftp_fsm.wire.netascii import Decoder, Encoder, encoded_size

AWKWARD = st.lists(st.sampled_from([b"\r", b"\n", b"\0", b"x"]), max_size=40).map(b"".join)
WIRE_EXAMPLES = [
    (b"", b""),
    (b"line\n", b"line\r\n"),
    (b"\r", b"\r\0"),
    (b"\r\n", b"\r\0\r\n"),
    (b"\n\r", b"\r\n\r\0"),
    (b"\r\0", b"\r\0\0"),
    (b"\0\n", b"\0\r\n"),
    (b"\r\r\n\n", b"\r\0\r\0\r\n\r\n"),
]


def decoded(pieces: list[bytes]) -> bytes:
    decoder = Decoder()
    return b"".join(map(decoder.decode, pieces)) + decoder.decode(b"", final=True)


@pytest.mark.parametrize(("local", "wire"), WIRE_EXAMPLES)
def test_a_line_ends_in_cr_lf_and_a_cr_alone_is_cr_nul(local: bytes, wire: bytes) -> None:
    assert Encoder().encode(local, final=True) == wire
    assert Decoder().decode(wire, final=True) == local


@settings(deadline=None, derandomize=True, max_examples=300)
@given(AWKWARD)
def test_what_was_encoded_decodes_to_itself_cut_at_every_octet(local: bytes) -> None:
    wire = Encoder().encode(local, final=True)
    for cut in range(len(wire) + 1):
        assert decoded([wire[:cut], wire[cut:]]) == local, f"cut at {cut}"
    assert decoded([wire[at : at + 1] for at in range(len(wire))]) == local


@settings(deadline=None, derandomize=True, max_examples=300)
@given(AWKWARD)
def test_the_cut_of_the_local_form_changes_nothing_on_the_wire(local: bytes) -> None:
    whole = Encoder().encode(local, final=True)
    for cut in range(len(local) + 1):
        encoder = Encoder()
        assert encoder.encode(local[:cut]) + encoder.encode(local[cut:], final=True) == whole


@settings(deadline=None, derandomize=True, max_examples=300)
@given(AWKWARD)
def test_any_wire_decodes_the_same_wherever_it_is_cut(wire: bytes) -> None:
    whole = Decoder().decode(wire, final=True)
    for cut in range(len(wire) + 1):
        assert decoded([wire[:cut], wire[cut:]]) == whole, f"cut at {cut}"


@settings(deadline=None, derandomize=True)
@given(AWKWARD)
def test_the_size_on_the_wire_is_counted_without_encoding(local: bytes) -> None:
    assert encoded_size(local) == len(Encoder().encode(local))


@pytest.mark.parametrize(
    ("wire", "local"),
    [(b"\rx", b"\rx"), (b"a\nb", b"a\nb"), (b"\r\r\n", b"\r\n"), (b"end\r", b"end\r")],
)
def test_what_the_standard_does_not_allow_is_taken_as_it_stands(wire: bytes, local: bytes) -> None:
    assert Decoder().decode(wire, final=True) == local


def test_a_cr_at_the_end_of_a_piece_waits_for_the_next() -> None:
    decoder = Decoder()
    assert decoder.decode(b"a\r") == b"a"
    assert decoder.decode(b"\n") == b"\n"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_every_kind_of_buffer_is_taken(kind: type[bytes]) -> None:
    assert Encoder().encode(kind(b"a\n")) == b"a\r\n"
    assert Decoder().decode(kind(b"a\r\n")) == b"a\n"
