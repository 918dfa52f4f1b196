#!/usr/bin/env python3
"""Measure the tree: the sizes of folders, files and functions, and the imports between modules.

    tools/house.py                    the working tree
    tools/house.py 9ed2b6f            a git revision
    tools/house.py 9ed2b6f HEAD       two or more, side by side
    tools/house.py /some/checkout     another folder

It needs only Python and git. tests/test_floors.py uses the same functions.
"""

from __future__ import annotations

import ast
import io
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeAlias

PACKAGE = "tftp_fsm"
ROOT = Path(__file__).resolve().parents[1]
PRODUCT = (".py", ".js", ".html", ".css", ".tcss")
Imports: TypeAlias = Mapping[str, set[str]]
Figures: TypeAlias = dict[str, str]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


# -- What a module imports ---------------------------------------------------------------------


def dotted(path: Path, root: Path = ROOT) -> str:
    """Return the name under which the module at `path` is imported."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source: str, path: Path, root: Path = ROOT) -> Iterator[tuple[int, str]]:
    """Yield the line and the full name of each import, also in functions and under TYPE_CHECKING.

    A string in a call of `import_module` that names a module of ours is an import, too.
    """
    is_late = "import_module(" in source
    for node in ast.walk(ast.parse(source)):
        if is_late and isinstance(node, ast.Constant) and _is_module(node.value, root):
            yield node.lineno, str(node.value)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, path, root)
            names = [_named(base, alias.name, root) for alias in node.names]
            yield from ((node.lineno, name) for name in dict.fromkeys(names))


def _absolute(node: ast.ImportFrom, path: Path, root: Path) -> str:
    if not node.level:
        return node.module or ""
    package = path.relative_to(root).parent.parts
    kept = package[: len(package) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _named(base: str, name: str, root: Path) -> str:
    """Return the module of `from base import name`: a module of that name, or `base` itself."""
    return f"{base}.{name}" if _exists(root.joinpath(*base.split("."), name)) else base


def _exists(module: Path) -> bool:
    return (module / "__init__.py").exists() or module.with_suffix(".py").exists()


def _is_module(text: object, root: Path) -> bool:
    parts = text.split(".") if isinstance(text, str) else []
    is_ours = parts[:1] == [PACKAGE] and len(parts) > 1
    return is_ours and all(map(str.isidentifier, parts)) and _exists(root.joinpath(*parts))


def modules(root: Path = ROOT) -> list[Path]:
    """Return all modules of the package, sorted."""
    return sorted((root / PACKAGE).rglob("*.py"))


@cache
def imports(root: Path = ROOT) -> dict[str, set[str]]:
    """Return the modules of the package, each with the modules of the package that it imports."""
    names = {dotted(path, root): path for path in modules(root)}
    return {
        name: {
            other
            for _, other in imported(path.read_text(encoding="utf-8"), path, root)
            if other in names and other != name
        }
        for name, path in names.items()
    }


# -- The shape of the imports ------------------------------------------------------------------


def circles(graph: Imports) -> list[list[str]]:
    """Return the groups of modules that import one another, directly or through others."""
    reached = {name: _reached(graph, name) for name in graph}
    groups = {
        frozenset(other for other in reached[name] if name in reached[other])
        for name in graph
        if name in reached[name]
    }
    return sorted(sorted(group) for group in groups)


def _reached(graph: Imports, start: str) -> set[str]:
    found: set[str] = set()
    ahead = list(graph[start])
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += graph[name]
    return found


def longest_chain(graph: Imports) -> list[str]:
    """Return the longest chain of modules that import the next one. A circle counts as one."""
    together = {name: group[0] for group in circles(graph) for name in group}
    folded: dict[str, set[str]] = {}
    for name, others in graph.items():
        own = together.get(name, name)
        reached = {together.get(other, other) for other in others}
        folded[own] = folded.get(own, set()) | reached - {own}

    @cache
    def chain(name: str) -> tuple[str, ...]:
        return (name, *max(map(chain, sorted(folded[name])), key=len, default=()))

    longest: tuple[str, ...] = max(map(chain, sorted(folded)), key=len, default=())
    return list(longest)


def folder_depth(graph: Imports) -> int:
    """Return the longest chain of folders that import from the next one."""
    return len(longest_chain(between_folders(graph)))


def between_folders(graph: Imports) -> dict[str, set[str]]:
    """Return the same imports between folders. A module of the root folder counts as a folder."""
    names = {name.rpartition(".")[0] for name in graph}

    def folder_of(name: str) -> str:
        folder = name if name in names else name.rpartition(".")[0]
        return name if folder == PACKAGE else folder

    above: dict[str, set[str]] = {}
    for name, others in graph.items():
        own = folder_of(name)
        above[own] = above.get(own, set()) | {folder_of(other) for other in others} - {own}
    return above


# -- Sizes -------------------------------------------------------------------------------------


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def function_lines(paths: Iterable[Path]) -> list[int]:
    """Return the length of every function, with its decorators and its docstring."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in paths)
    return [
        (node.end_lineno or node.lineno) - first_line(node) + 1
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, _FUNCTIONS)
    ]


def first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def exported(paths: Iterable[Path]) -> int:
    """Count the public names: those at the top of modules, and the members of public classes."""
    return sum(
        _count_public(ast.parse(path.read_text(encoding="utf-8")).body)
        for path in paths
        if not path.name.startswith("_") or path.name == "__init__.py"
    )


def _count_public(body: Iterable[ast.stmt]) -> int:
    count = 0
    for node in body:
        names = [name for name in _defined(node) if not name.startswith("_")]
        count += len(names)
        if names and isinstance(node, ast.ClassDef):
            count += _count_public(node.body)
    return count


def _defined(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case _:
            return []


# -- The report --------------------------------------------------------------------------------


def folders(root: Path) -> dict[str, tuple[int, int]]:
    """Count the modules and lines of each folder of the package, without its subfolders."""
    count: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for path in modules(root):
        folder = path.parent.relative_to(root).as_posix() + "/"
        count[folder] += 1
        lines[folder] += lines_of(path)
    return {folder: (count[folder], lines[folder]) for folder in sorted(count)}


def figures(root: Path) -> Figures:
    paths = modules(root)
    sizes = {path: lines_of(path) for path in paths}
    largest = max(sizes, key=lambda path: sizes[path])
    graph = imports(root)
    functions = function_lines(paths)
    deciles = statistics.quantiles(functions, n=10)
    product = [path for path in (root / PACKAGE).rglob("*") if path.suffix in PRODUCT]
    return {
        "folders": str(len(folders(root))),
        "modules": str(len(paths)),
        "modules in the root folder": str(folders(root)[f"{PACKAGE}/"][0]),
        "lines a module, median": f"{statistics.median(sizes.values()):.0f}",
        "lines of the largest": f"{sizes[largest]} ({largest.relative_to(root / PACKAGE)})",
        "imports between modules": str(sum(map(len, graph.values()))),
        "import depth, modules": str(len(longest_chain(graph))),
        "import depth, folders": str(folder_depth(graph)),
        "circles": str(len(circles(graph))),
        "functions": str(len(functions)),
        "lines a function, median": f"{statistics.median(functions):.0f}",
        "lines a function, p90": f"{deciles[-1]:.0f}",
        "public names": str(exported(paths)),
        "lines of product": str(sum(map(lines_of, product))),
        "lines of tests": str(sum(map(lines_of, (root / "tests").rglob("*.py")))),
    }


@contextmanager
def tree(name: str) -> Iterator[Path]:
    """Return the folder `name`, or a temporary checkout of the git revision `name`."""
    if Path(name).is_dir():
        yield Path(name).resolve()
        return
    command = ["git", "-C", str(ROOT), "archive", name]
    archive = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder, filter="data")
        yield Path(folder)


def report(name: str) -> tuple[Figures, list[str]]:
    """Return the figures of one tree, and its folders, circles and longest chain in words."""
    with tree(name) as root:
        graph = imports(root)
        words = [f"{name}: modules and lines of each folder"]
        for folder, (count, lines) in folders(root).items():
            words.append(f"  {folder:<36}{count:>4}{lines:>7}")
        words += ["circle: " + ", ".join(circle) for circle in circles(graph)]
        words.append("longest chain: " + " > ".join(longest_chain(graph)))
        return figures(root), words


def main(names: list[str]) -> int:
    names = names or [str(ROOT)]
    try:
        reports = [report(name) for name in names]
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"house: {error}; name a folder or a git revision", file=sys.stderr)
        return 1
    for _, words in reports:
        print("\n".join(words), end="\n\n")
    columns = [figures for figures, _ in reports]
    print(f"{'':<28}" + "".join(f"{Path(name).name:>32}" for name in names))
    for label in columns[0]:
        print(f"{label:<28}" + "".join(f"{column[label]:>32}" for column in columns))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
