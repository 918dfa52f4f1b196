"""Import the names of a package at their first use (PEP 562).

A package's `__init__` declares its public names three times: `__all__` is for people, imports under
`TYPE_CHECKING` are for type checkers, and a map of modules is for Python. A test checks that the
three are equal.

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
    """Return `__getattr__` and `__dir__` for the package.

    `homes` maps a module, by its name within the package, to the names that it defines. If the
    module's own name is among them, the module is public.
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def get(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = home_of[name]
        module = import_module(f"{package}.{home}")
        value = module if name == home else getattr(module, name)
        setattr(modules[package], name, value)  # the next use does not call this function
        return value

    def names() -> list[str]:
        return sorted({*vars(modules[package]), *home_of})

    return get, names


class LateType:
    """Stands for a type that only annotations use, so that its module is not imported.

    Import the type under TYPE_CHECKING, and in the `else` define a LateType of the same name. Then
    `typing.get_type_hints` gets the type itself from `Name[...]` and `Name | None`. For an
    annotation that is only `Name`, import the type without TYPE_CHECKING.
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
