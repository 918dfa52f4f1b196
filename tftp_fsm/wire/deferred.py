"""Import a library without some modules that it imports but does not use here.

    with deferred("construct", "pdb", platform={"system": lambda: "Linux"}):
        import construct

The modules of construct get stand-ins for `pdb` and `platform`. A keyword such as `platform` gives
some names of the module, which the stand-in has while the library is imported. If another name is
used, or after the import, the stand-in imports the real module. The stand-ins are not in
`sys.modules`, so other code does not see them, and another thread may import the same modules
meanwhile. The library keeps the stand-ins.
"""

from __future__ import annotations

import builtins
import sys
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

_NOTHING: Mapping[str, object] = {}


class _StandIn(ModuleType):
    """Looks like a module. On its first use it imports the real module."""

    def __init__(self, name: str, given: Mapping[str, object]) -> None:
        super().__init__(name)
        vars(self).update(given)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self.__name__), attribute)


def _forget(stand_in: _StandIn, given: Mapping[str, object]) -> None:
    """Remove the given names, so that the library finds them in the real module from now on."""
    for attribute in given:
        vars(stand_in).pop(attribute, None)


class _Loader:
    """Runs a module of the library in a namespace whose `import` knows the stand-ins."""

    def __init__(self, inner: Any, names: dict[str, Any]) -> None:
        self._inner = inner
        self._names = names

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self._inner.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        # From now on the module looks as if it had been imported as usual.
        module.__loader__ = self._inner
        if module.__spec__ is not None:
            module.__spec__.loader = self._inner
        module.__dict__["__builtins__"] = self._names
        self._inner.exec_module(module)


class _Finder:
    """Finds the modules of one library, and gives them the loader above."""

    def __init__(self, library: str, names: dict[str, Any]) -> None:
        self._library = library
        self._names = names

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] != self._library:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next((each for each in found if each is not None), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._names)  # type: ignore[assignment]
        return spec


@contextmanager
def deferred(
    library: str, *names: str, always: Sequence[str] = (), **given: Mapping[str, object]
) -> Iterator[None]:
    """Within this context, modules of `library` that are imported the first time get stand-ins.

    Each of `names` is a module that the import does not need. Each keyword is such a module, too,
    and its value has the names that are given without importing it. A module that is imported
    already gets no stand-in, unless it is in `always`.
    """
    wanted = {**dict.fromkeys(names, _NOTHING), **given}
    late = {
        name: _StandIn(name, attributes)
        for name, attributes in wanted.items()
        if name not in sys.modules or name in always
    }

    def import_(name: str, *where: Any, **how: Any) -> Any:
        # Functions keep the builtins that their module has when they are made. These are the real
        # ones, so that a program which replaces `open` or `print` replaces them here too.
        if where and where[0] is not None:
            where[0]["__builtins__"] = vars(builtins)
        return late[name] if name in late else builtins.__import__(name, *where, **how)

    finder = _Finder(library, {**vars(builtins), "__import__": import_})
    # The list itself stays as it is: another thread may be looking through it.
    sys.meta_path = [finder, *sys.meta_path]
    try:
        yield
    finally:
        sys.meta_path = [each for each in sys.meta_path if each is not finder]
        for name, stand_in in late.items():
            _forget(stand_in, wanted[name])
