"""Frozen values: dataclasses with `frozen=True, slots=True` that are made in a tenth of the time.

For each class, `dataclass` writes and compiles the source of six methods. For some ninety classes
that takes a third of the time of a short transfer. Here the methods are closures, and nothing is
compiled. `fields`, `replace`, `asdict`, `match`, `copy` and `pickle` work as with any dataclass.
A field may have a default, and `field(repr=False)`; there are no factories and no `InitVar`.

    @frozen
    class Ack:
        block: int

Every value class of this package is declared so. A `NamedTuple` is used only where values are
ordered, or where one is unpacked as a tuple.
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
    """Make `cls` a frozen dataclass with slots. A method that it has already is kept."""
    own = vars(cls)
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    declared = fields(made)
    values = _values(tuple(member.name for member in declared))
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
    """An `__init__` that takes values by position and by name."""
    slots = tuple(getattr(cls, member.name).__set__ for member in declared)
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
    """All values, with defaults. TypeError: the arguments do not fit, as for a function."""
    rest = []
    for member in declared[len(values) :]:
        value = named.pop(member.name, member.default)
        if value is MISSING:
            raise TypeError(f"{name}() needs a value for {member.name!r}")
        rest.append(value)
    if named:
        raise TypeError(f"{name}() has no field {next(iter(named))!r}, or got it twice")
    if len(values) > len(declared):
        raise TypeError(f"{name}() takes {len(declared)} values, not {len(values)}")
    return (*values, *rest)


def _values(names: tuple[str, ...]) -> Callable[[object], Values]:
    """A function that gives the values of an instance, as a tuple."""
    if not names:
        return lambda _: ()
    get: Callable[[object], Any] = attrgetter(*names)
    return get if len(names) > 1 else lambda value: (get(value),)


def _repr(self: Any) -> str:
    shown = (
        f"{member.name}={getattr(self, member.name)!r}" for member in fields(self) if member.repr
    )
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse(self: object, name: str, value: object = None) -> NoReturn:
    raise FrozenInstanceError(f"cannot change {name!r} of a {self.__class__.__name__}")


class _LateSignature:
    """The signature that `help` and `inspect.signature` show. It is made when they ask."""

    def __get__(self, _instance: object, owner: type) -> Signature:
        from inspect import Parameter, Signature

        def parameter(member: Field[Any]) -> Parameter:
            default = Parameter.empty if member.default is MISSING else member.default
            kind = Parameter.POSITIONAL_OR_KEYWORD
            return Parameter(member.name, kind, default=default, annotation=member.type)

        return Signature([parameter(member) for member in fields(owner)])
