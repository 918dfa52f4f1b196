"""Find the explanations of guards and actions: the first lines of their docstrings.

The debugger shows them, so the catalogues translate them, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SIGN = "(self, event: "
ANSWERS = ("bool", "None")  # the return types of guards and of actions


def has_explained(path: Path, text: str) -> bool:
    """Return whether the file may have guards or actions."""
    return path.suffix == ".py" and path.parent.name == "protocol" and SIGN in text


def explained(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line number and the docstring's first line of each guard and action in the file."""
    text = path.read_text("utf-8")
    if not has_explained(path, text):
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and _is_named_by_rows(node):
            said = (ast.get_docstring(node) or "").partition("\n")[0]
            if said:
                yield node.lineno, said


def _is_named_by_rows(node: ast.FunctionDef) -> bool:
    names = [each.arg for each in node.args.args]
    returns = node.returns
    answer = returns.id if isinstance(returns, ast.Name) else ast.unparse(returns or node)
    return names == ["self", "event"] and not node.name.startswith("_") and answer in ANSWERS
