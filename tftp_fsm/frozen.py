"""Frozen values: like dataclasses with `frozen=True, slots=True`, but made without `dataclasses`.

For each class, `dataclass` writes and compiles the source of six methods, and the module imports
`inspect` and its imports. For about ninety classes this takes a quarter of the time of a short
transfer. Here the methods are closures. Only a class of which many values are made gets a compiled
`__init__`, and gets it late. `fields`, `replace`, `asdict`, `match`, `copy` and `pickle` work as
with any dataclass, because the attributes that they read are made on demand. A field may have a
default, and `hidden` keeps a field out of `repr`. There are no factories and no `InitVar`.

    @frozen
    class Ack:
        block: int

Every value class of this package uses this. A `NamedTuple` is used only if values are ordered or
unpacked as a tuple.
"""

from __future__ import annotations

from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import Field
    from inspect import Signature
    from typing import Any, NoReturn, TypeVar, dataclass_transform

    T = TypeVar("T")
else:

    def dataclass_transform(**_):
        return lambda decorator: decorator


Values = tuple[object, ...]

_NONE = object()  # means that there is no default
# To compile an `__init__` takes as long as 10 to 200 calls of the closure, each of which takes as
# long as 5 to 11 calls of the compiled one. A short transfer makes fewer values of each class.
MANY = 100


class _Hidden:
    def __init__(self, default: object) -> None:
        self.default = default


def hidden(*, default: Any) -> Any:
    """Return the default of a field that `repr` does not show."""
    return _Hidden(default)


class _Member:
    """A field: its name, its default, and whether `repr` shows it."""

    __slots__ = ("default", "is_shown", "name", "type")

    def __init__(self, name: str, kind: str, default: object) -> None:
        self.name = name
        self.type = kind
        self.is_shown = not isinstance(default, _Hidden)
        self.default = default.default if isinstance(default, _Hidden) else default


Members = tuple[_Member, ...]


@dataclass_transform(frozen_default=True, field_specifiers=(hidden,))
def frozen(cls: type[T]) -> type[T]:
    """Make `cls` a frozen dataclass with slots. Its own methods are kept."""
    return _made(cls, is_frozen=True)


@dataclass_transform(field_specifiers=(hidden,))
def mutable(cls: type[T]) -> type[T]:
    """Make `cls` a dataclass with slots whose fields may change."""
    return _made(cls, is_frozen=False)


def replaced(value: T, **changes: object) -> T:
    """Return a copy with changed fields, as `dataclasses.replace` does, without its import."""
    cls = type(value)
    return cls(**{name: getattr(value, name) for name in names_of(cls)} | changes)


def names_of(cls: type) -> tuple[str, ...]:
    """The names of the fields, in their order."""
    names: tuple[str, ...] = cls.__match_args__  # type: ignore[attr-defined]
    return names


def _made(cls: type[T], *, is_frozen: bool) -> type[T]:
    """Make the class again, with a slot for each annotation, and with the methods of a value."""
    own = dict(vars(cls))
    inherited = {member.name: member for base in reversed(cls.__mro__) for member in _members(base)}
    kinds = cls.__annotations__
    declared = {name: _Member(name, kind, own.pop(name, _NONE)) for name, kind in kinds.items()}
    members = (inherited | declared).values()
    names = tuple(member.name for member in members)
    for name in ("__dict__", "__weakref__"):
        own.pop(name, None)
    space = {
        **_methods(names, is_frozen=is_frozen),
        **own,
        "__slots__": tuple(name for name in declared if name not in inherited),
        "__match_args__": names,
        "__dataclass_fields__": _LateFields(tuple(members)),
        "__dataclass_params__": _LateParams(is_frozen),
        "__qualname__": cls.__qualname__,
    }
    metaclass: Any = type(cls)
    made = metaclass(cls.__name__, cls.__bases__, space)
    if "__init__" not in own:
        made.__init__ = _init(made, tuple(members))
    return made  # type: ignore[no-any-return]


def _members(cls: type) -> Members:
    late = vars(cls).get("__dataclass_fields__")
    return late.members if isinstance(late, _LateFields) else ()


def _nearest(cls: type) -> Members:
    """Return the fields of the class, or of the class from which it inherits them."""
    return next((members for base in cls.__mro__ if (members := _members(base))), ())


def _methods(names: tuple[str, ...], *, is_frozen: bool) -> dict[str, Any]:
    values = _values(names)
    methods: dict[str, Any] = {
        "__eq__": lambda self, other: (
            values(self) == values(other) if self.__class__ is other.__class__ else NotImplemented
        ),
        "__repr__": _repr,
        "__signature__": _LateSignature(),
    }
    if not is_frozen:
        return methods
    return {
        **methods,
        "__hash__": lambda self: hash(values(self)),
        "__replace__": replaced,
        "__reduce__": lambda self: (self.__class__, values(self)),
        "__setattr__": _refuse,
        "__delattr__": _refuse,
    }


def _init(cls: type, declared: Members) -> Callable[..., None]:
    """Return an `__init__` that takes values by position and by name."""
    slots = tuple(getattr(cls, member.name).__set__ for member in declared)
    needed = [member.default is _NONE for member in declared]
    if needed != sorted(needed, reverse=True):
        raise TypeError(f"{cls.__name__} has a field without a default after one with a default")
    checks = hasattr(cls, "__post_init__")
    made = 0

    def __init__(self: Any, *values: object, **named: object) -> None:
        nonlocal made
        made += 1
        if made == MANY:
            cls.__init__ = _compiled(cls, declared, slots)  # type: ignore[misc]
        if named or len(values) != len(slots):
            values = _complete(cls.__name__, declared, values, named)
        for fill, value in zip(slots, values, strict=True):
            fill(self, value)
        if checks:
            self.__post_init__()

    return __init__


def _compiled(cls: type, declared: Members, slots: tuple[Any, ...]) -> Callable[..., None]:
    """Return the same `__init__`, compiled as `dataclass` does it."""
    space: dict[str, Any] = {}
    takes, lines = ["self"], []
    for number, (member, fill) in enumerate(zip(declared, slots, strict=True)):
        space |= {f"_fill{number}": fill, f"_default{number}": member.default}
        takes.append(member.name + ("" if member.default is _NONE else f"=_default{number}"))
        lines.append(f" _fill{number}(self, {member.name})")
    lines.append(" self.__post_init__()" if hasattr(cls, "__post_init__") else " pass")
    exec(f"def __init__({', '.join(takes)}):\n" + "\n".join(lines), space)
    made: Callable[..., None] = space["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"  # its TypeErrors begin with this
    return made


def _complete(name: str, declared: Members, values: Values, named: dict[str, object]) -> Values:
    """Return all values, with defaults. Raises TypeError for wrong arguments."""
    rest, missing = [], None
    for member in declared[len(values) :]:
        value = named.pop(member.name, member.default)
        missing = missing or (member if value is _NONE else None)
        rest.append(value)
    for each in named:
        if each not in {member.name for member in declared}:
            raise TypeError(f"{name}() has no field {each!r}")
    if missing is not None:
        raise TypeError(f"{name}() needs a value for {missing.name!r}")
    if named:
        raise TypeError(f"{name}() got {next(iter(named))!r} twice")
    if len(values) > len(declared):
        raise TypeError(f"{name}() takes {len(declared)} values, not {len(values)}")
    return (*values, *rest)


def _values(names: tuple[str, ...]) -> Callable[[object], Values]:
    """Return a function that returns the values of an instance as a tuple."""
    if not names:
        return lambda _: ()
    get: Callable[[object], Any] = attrgetter(*names)
    return get if len(names) > 1 else lambda value: (get(value),)


def _repr(self: Any) -> str:
    members = _nearest(type(self))
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in members if each.is_shown)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse(self: object, name: str, value: object = None) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot change {name!r} of a {self.__class__.__name__}")


class _LateFields:
    """The attribute that the functions of `dataclasses` read. It is made on demand."""

    def __init__(self, members: Members) -> None:
        self.members = members
        self._made: dict[str, Field[Any]] | None = None

    def __get__(self, _instance: object, owner: type) -> dict[str, Field[Any]]:
        if self._made is None:
            from dataclasses import MISSING, dataclass, field

            space: dict[str, Any] = {"__annotations__": {m.name: m.type for m in self.members}}
            for member in self.members:
                default = MISSING if member.default is _NONE else member.default
                space[member.name] = field(default=default, repr=member.is_shown)
            model: Any = type(owner.__name__, (), space)
            self._made = dataclass(init=False, repr=False, eq=False)(model).__dataclass_fields__
        return self._made


class _LateParams:
    """The parameters of the class, for `pprint` and for dataclasses that inherit from it."""

    def __init__(self, is_frozen: bool) -> None:
        self._is_frozen = is_frozen

    def __get__(self, _instance: object, owner: type) -> object:
        from dataclasses import dataclass

        model: Any = dataclass(frozen=self._is_frozen)(type(owner.__name__, (), {}))
        return model.__dataclass_params__


class _LateSignature:
    """The signature that `help` and `inspect.signature` show. It is made on demand."""

    def __get__(self, _instance: object, owner: type) -> Signature:
        from inspect import Parameter, Signature

        def parameter(member: _Member) -> Parameter:
            default = Parameter.empty if member.default is _NONE else member.default
            kind = Parameter.POSITIONAL_OR_KEYWORD
            return Parameter(member.name, kind, default=default, annotation=member.type)

        return Signature([parameter(member) for member in _nearest(owner)])
