"""All that the app keeps in a link, as its source has it: the keys of widgets that are bound to the link."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from .apps import ROOT

FILES = [path for folder in ("explorer/ui", "pages") for path in sorted((ROOT / folder).rglob("*.py"))]


@cache
def link_keys() -> dict[str, str]:
    """Of each key a pattern that it matches, and nothing else where it stands there as a text; and where it stands.

    A widget's key may be a text, a constant, or put together; where it is an argument of the function around it, the
    calls of that function have the keys.
    """
    calls, found = [], dict[str, str]()
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls += [(call, around, path.name) for call, around in _calls(tree, None, _constants(tree))]
    handed: dict[str, tuple[int, str]] = {}  # function -> which of its arguments is a key
    for call, around, file in calls:
        if _is_bound(call):
            _add(found, handed, _argument(call, None, "key"), around, f"{file}:{call.lineno}")
    known: set[str] = set()
    while new := handed.keys() - known:
        known |= new
        for call, around, file in calls:
            name = getattr(call.func, "id", None) or getattr(call.func, "attr", "")
            if name in new:
                _add(found, handed, _argument(call, *handed[name]), around, f"{file}:{call.lineno}")
    return found


def _constants(tree: ast.Module) -> dict[str, ast.Constant]:
    return {
        name.id: line.value
        for line in tree.body
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant)
        for name in line.targets
        if isinstance(name, ast.Name)
    }


def _calls(
    node: ast.AST, around: ast.FunctionDef | None, constants: dict[str, ast.Constant]
) -> Iterator[tuple[ast.Call, ast.FunctionDef | None]]:
    """The calls of a module, constants among their arguments written out, and the function around each."""
    around = node if isinstance(node, ast.FunctionDef) else around
    if isinstance(node, ast.Call):
        for word in node.keywords:
            word.value = constants.get(getattr(word.value, "id", ""), word.value)
        node.args = [constants.get(getattr(one, "id", ""), one) for one in node.args]
        yield node, around
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, around, constants)


def _is_bound(call: ast.Call) -> bool:
    return any(
        getattr(word.value, "id", "") == "KEPT_IN_LINK" if word.arg is None else word.arg == "bind"
        for word in call.keywords
    )


def _argument(call: ast.Call, at: int | None, name: str) -> ast.expr | None:
    named = [word.value for word in call.keywords if word.arg == name]
    return named[0] if named else call.args[at] if at is not None and at < len(call.args) else None


def _add(
    found: dict[str, str], handed: dict[str, tuple[int, str]], key: ast.expr | None, around: ast.FunctionDef | None,
    place: str,
) -> None:  # fmt: skip
    arguments = [] if around is None else [one.arg for one in around.args.args]
    if isinstance(key, ast.Constant):
        found[re.escape(str(key.value))] = place
    elif isinstance(key, ast.Name) and around is not None and key.id in arguments:
        handed[around.name] = arguments.index(key.id), key.id
    elif isinstance(key, ast.JoinedStr):
        parts = (re.escape(str(p.value)) if isinstance(p, ast.Constant) else ".+" for p in key.values)
        found["".join(parts)] = place
