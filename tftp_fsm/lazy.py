"""Names of a package that are imported when they are first used (PEP 562).

A package's `__init__` declares its public names three times, each for its own reader: `__all__`
for people, imports under `TYPE_CHECKING` for type checkers, and a map of modules for Python. A
test holds the three equal.

    if TYPE_CHECKING:
        from tftp_fsm.protocol.events import Opened, Step
    else:
        __getattr__, __dir__ = lazily(__name__, {"events": "Opened Step"})
    __all__ = ["Opened", "Step"]
"""

from __future__ import annotations

from importlib import import_module
from sys import modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def lazily(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The package's `__getattr__` and `__dir__`.

    `homes` maps a module, named from the package on, to the names that come from it. A module whose
    name comes from itself is a public module.
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def get(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = home_of[name]
        module = import_module(f"{package}.{home}")
        value = module if name == home else getattr(module, name)
        setattr(modules[package], name, value)  # the next use does not come here
        return value

    def names() -> list[str]:
        return sorted({*vars(modules[package]), *home_of})

    return get, names


class LateType:
    """A type that only annotations name, in a module that a short transfer does not import.

    Under TYPE_CHECKING stands its import, and in the `else` a LateType of the same name. With it
    `typing.get_type_hints` gets the type itself from `Name[...]` and `Name | None`. An annotation
    that is the name alone needs the import.
    """

    def __init__(self, home: str, name: str) -> None:
        self._home = home
        self._name = name

    def __getitem__(self, of: Any) -> Any:
        return self._type()[_without_late(of)]

    def __or__(self, other: Any) -> Any:
        return self._type() | _without_late(other)

    def __ror__(self, other: Any) -> Any:
        return other | self._type()

    def _type(self) -> Any:
        return getattr(import_module(self._home), self._name)


if TYPE_CHECKING:
    from typing import ClassVar as ClassVar
else:
    ClassVar = LateType("typing", "ClassVar")


def _without_late(of: Any) -> Any:
    if isinstance(of, tuple | list):
        return type(of)(map(_without_late, of))
    return of._type() if isinstance(of, LateType) else of
