"""Frozen values look like dataclasses to all code that asks."""

from __future__ import annotations

import copy
import inspect
import pickle
import pprint
import sys
from dataclasses import FrozenInstanceError, asdict, dataclass, fields, is_dataclass, replace

import pytest

from tftp_fsm.frozen import MANY, frozen, hidden
from tftp_fsm.protocol.events import Opened, TimeoutExpired
from tftp_fsm.wire.packets import Ack, Data


@frozen
class Place:
    """A value for the tests."""

    block: int
    octets: int = 512
    secret: str = hidden(default="unsaid")


def test_values_come_by_place_by_name_and_by_default() -> None:
    assert Place(1) == Place(block=1) == Place(1, 512) == Place(octets=512, block=1)
    assert Place(1) != Place(2)
    assert Place(1, secret="said") != Place(1)


def test_it_says_what_it_holds_but_for_what_is_not_to_be_shown() -> None:
    assert repr(Place(7)) == "Place(block=7, octets=512)"
    assert repr(Opened()) == "Opened()"


def test_nothing_can_be_changed_or_added_or_taken_away() -> None:
    place = Place(1)
    for name in ("block", "other"):
        with pytest.raises(FrozenInstanceError, match=name):
            setattr(place, name, 2)
        with pytest.raises(FrozenInstanceError, match=name):
            delattr(place, name)
    assert not hasattr(place, "__dict__")


def test_equal_values_are_one_in_a_set_and_other_classes_are_others() -> None:
    assert len({Place(1), Place(1, 512), Place(2)}) == 2
    assert len({Opened(), Opened(), TimeoutExpired(), Ack(1), 1}) == 4


@pytest.mark.parametrize(
    ("values", "named", "wrong"),
    [
        ((), {}, "'block'"),
        ((1,), {"block": 2}, "got 'block' twice"),
        ((), {"nope": 2}, "no field 'nope'"),
        ((1,), {"colour": 2}, "'colour'"),
        ((1, 2, "three", 4), {}, "3 values, not 4"),
    ],
)
def test_wrong_arguments_are_a_type_error_that_names_them(
    values: tuple[object, ...], named: dict[str, object], wrong: str
) -> None:
    make: type = Place
    with pytest.raises(TypeError, match=wrong):
        make(*values, **named)


def test_values_are_the_same_after_many_of_them_have_been_made() -> None:
    @frozen
    class Positive:
        number: int
        octets: int = 512
        secret: str = hidden(default="unsaid")

        def __post_init__(self) -> None:
            if self.number < 1:
                raise ValueError("not positive")

    def made() -> list[Positive]:
        return [Positive(1), Positive(2, octets=8), Positive(secret="said", number=3)]

    first, at_first = made(), Positive.__init__
    for _ in range(MANY):
        assert made() == first
    assert Positive.__init__ is not at_first
    assert [value.secret for value in made()] == ["unsaid", "unsaid", "said"]
    with pytest.raises(ValueError, match="not positive"):
        Positive(0)
    make: type = Positive
    for values, named in [((), {}), ((1,), {"number": 2}), ((1, 2, 3, 4), {}), ((1,), {"no": 2})]:
        with pytest.raises(TypeError, match="Positive"):
            make(*values, **named)


def test_a_default_before_a_field_without_one_is_refused_before_a_value_is_made() -> None:
    with pytest.raises(TypeError, match="Late has a field without a default"):

        @frozen
        class Late(Place):
            number: int  # type: ignore[misc]


def test_the_dataclass_functions_and_match_work() -> None:
    kind: object = Place
    assert is_dataclass(kind)
    assert [one.name for one in fields(Place)] == ["block", "octets", "secret"]
    assert asdict(Place(1)) == {"block": 1, "octets": 512, "secret": "unsaid"}
    assert replace(Place(1), octets=8) == Place(1, 8)
    match Place(1, 8):
        case Place(block, octets):
            assert (block, octets) == (1, 8)


def test_copies_and_pickles_are_equal() -> None:
    packet = Data(1, b"octets")
    for again in (copy.copy(packet), copy.deepcopy(packet), pickle.loads(pickle.dumps(packet))):
        assert again == packet


def test_help_shows_the_arguments() -> None:
    assert str(inspect.signature(Data)) == "(block: 'int', payload: 'bytes')"


def test_a_check_of_its_own_is_made() -> None:
    @frozen
    class Positive:
        number: int

        def __post_init__(self) -> None:
            if self.number < 1:
                raise ValueError("not positive")

    assert Positive(1).number == 1
    with pytest.raises(ValueError, match="not positive"):
        Positive(0)


def test_what_else_looks_at_dataclasses_finds_what_it_wants() -> None:
    wide = Data(1, b"x" * 200)
    assert "payload=" in pprint.pformat(wide)
    kinds: type = Ack
    inherited: type = dataclass(frozen=True)(type("Inherited", (kinds,), {"__annotations__": {}}))
    assert inherited(1).block == 1
    if sys.version_info >= (3, 13):
        assert copy.replace(Ack(1), block=2) == Ack(2)


def test_a_class_that_inherits_from_a_value_looks_like_it() -> None:
    class Acknowledged(Ack):
        """A subclass without fields of its own."""

    assert repr(Acknowledged(1)).endswith("Acknowledged(block=1)")
    assert str(inspect.signature(Acknowledged)) == "(block: 'int')"
