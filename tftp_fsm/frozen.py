"""Frozen values: as `@dataclass(frozen=True, slots=True)` makes them, in a tenth of the time.

`dataclass` writes the source of six methods for each class and has it compiled. With some forty
classes that was a third of what a short transfer takes, from the shell to the shell. Here the
methods are closures; to `fields`, `replace`, `asdict`, `match` and `pickle` the classes are
dataclasses. Fields are plain: no factories, no `InitVar`.

    @frozen
    class Ack:
        block: int
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from inspect import Signature

T = TypeVar("T")
Values = tuple[object, ...]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """`cls` with slots for its fields, and all that a frozen dataclass has but it does not."""
    own = vars(cls)
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    declared = fields(made)
    values = _values(tuple(one.name for one in declared))
    methods = {
        "__init__": _init(made, declared),
        "__eq__": lambda self, other: (
            values(self) == values(other) if self.__class__ is other.__class__ else NotImplemented
        ),
        "__hash__": lambda self: hash(values(self)),
        "__reduce__": lambda self: (self.__class__, values(self)),
        "__repr__": _repr,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__signature__": _LateSignature(),
    }
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    return made  # type: ignore[no-any-return]


def _init(cls: type, declared: tuple[Field[Any], ...]) -> Callable[..., None]:
    """Values by place and by name, as a function's arguments."""
    slots = tuple(getattr(cls, one.name).__set__ for one in declared)
    checks = hasattr(cls, "__post_init__")

    def __init__(self: Any, *values: object, **named: object) -> None:
        if named or len(values) != len(slots):
            values = _complete(cls.__name__, declared, values, named)
        for fill, value in zip(slots, values, strict=True):
            fill(self, value)
        if checks:
            self.__post_init__()

    return __init__


def _complete(
    name: str, declared: tuple[Field[Any], ...], values: Values, named: dict[str, object]
) -> Values:
    """All the values, defaults too; TypeError as for a function."""
    rest = []
    for one in declared[len(values) :]:
        value = named.pop(one.name, one.default)
        if value is MISSING:
            raise TypeError(f"{name}() needs a value for {one.name!r}")
        rest.append(value)
    if named:
        raise TypeError(f"{name}() cannot take {next(iter(named))!r}, or not twice")
    if len(values) > len(declared):
        raise TypeError(f"{name}() takes {len(declared)} values, not {len(values)}")
    return (*values, *rest)


def _values(names: tuple[str, ...]) -> Callable[[object], Values]:
    if not names:
        return lambda _: ()
    get: Callable[[object], Any] = attrgetter(*names)
    return get if len(names) > 1 else lambda one: (get(one),)


def _repr(self: Any) -> str:
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse(self: object, name: str, value: object = None) -> NoReturn:
    raise FrozenInstanceError(f"cannot change {name!r} of a {self.__class__.__name__}")


class _LateSignature:
    """What `help` and `inspect.signature` show, made when they ask."""

    def __get__(self, instance: object, owner: type) -> Signature:
        from inspect import Parameter, Signature

        def parameter(one: Field[Any]) -> Parameter:
            default = Parameter.empty if one.default is MISSING else one.default
            kind = Parameter.POSITIONAL_OR_KEYWORD
            return Parameter(one.name, kind, default=default, annotation=one.type)

        return Signature([parameter(one) for one in fields(owner)])
