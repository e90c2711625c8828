"""JavaScript modules for a browser that gets an element's script as one text, from no address of its own."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FRONTEND = Path(__file__).parent / "frontend"

_IMPORT = re.compile(r'^(import\b[^"\';]*")(\.{1,2}/[^"]+)(?=";)', re.MULTILINE)
_ADDRESS = "const address = (text) => `data:text/javascript,${encodeURIComponent(text)}`;"
_OWN_ADDRESS = "const address = (text) => `data:text/javascript,${encodeURIComponent(text)}//MARK`;"
_COMMENT = re.compile(r"^[ \t]*(?:/\*\*(?:(?!\*/).)*\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)


@cache
def script(name: str, *around: str) -> str:
    """A module of the folder `frontend` with all that it imports, as one module.

    `around` names functions, as MODULE#NAME, the innermost first: what they make of the module's export is exported in
    its place.

    Whoever shows a view takes its script as a text, and there is nothing that "./legend.js" in a text could be relative
    to. So this text holds every module once, what is imported before what
    imports it, and makes a data: address of each, for the others to name. A browser runs a module of one address once:
    what several elements import, they share. Comments are left out: the text travels with every rerun.
    """
    lines: list[str] = []
    numbers: dict[Path, int] = {}
    exported = f"(await import({_add(FRONTEND / name, numbers, lines)})).default"
    for one in around:
        module, _, function = one.partition("#")
        exported = f"(await import({_add(FRONTEND / module, numbers, lines)})).{function}({exported})"
    return "\n".join([_ADDRESS, *lines, f"export default {exported};", ""])


def own_script(name: str, *around: str) -> str:
    """The same, made anew at each call, with modules that no other script shares: what is chosen in it is nobody
    else's."""
    return script(name, *around).replace(_ADDRESS, _OWN_ADDRESS.replace("MARK", secrets.token_hex(8)), 1)


def library(scripts: Mapping[str, tuple[str, ...]], start: str) -> str:
    """Several modules with all that they import as one text, which runs: the function `start`, as MODULE#NAME, is
    called with what each exports, by name, with what is around it as in `script`."""
    lines: list[str] = []
    numbers: dict[Path, int] = {}

    def one(place: str) -> str:
        module, _, function = place.partition("#")
        return f"(await import({_add(FRONTEND / module, numbers, lines)})).{function or 'default'}"

    found = []
    for name, (module, *around) in scripts.items():
        made = one(module)
        for function in around:
            made = f"{one(function)}({made})"
        found.append(f"{json.dumps(name)}: {made}")
    begin = one(start)
    return "\n".join([_ADDRESS, *lines, f"{begin}({{ {', '.join(found)} }});", ""])


def _add(path: Path, numbers: dict[Path, int], lines: list[str]) -> str:
    """Add a module and what it imports to the lines; returns the name of its address."""
    path = path.resolve()
    if path not in numbers:
        source = _COMMENT.sub("", path.read_text(encoding="utf-8"))
        parts = []  # text, path, text, path, ..., text
        end = 0
        for found in _IMPORT.finditer(source):
            parts += [json.dumps(source[end : found.start(2)]), _add(path.parent / found[2], numbers, lines)]
            end = found.end()
        parts.append(json.dumps(source[end:]))
        numbers[path] = len(lines)
        lines.append(f"const m{numbers[path]} = address({' + '.join(parts)});")
    return f"m{numbers[path]}"


@cache
def source(name: str) -> str:
    """A style sheet of the folder `frontend`, or a script that imports nothing, as it stands there."""
    return (FRONTEND / name).read_text(encoding="utf-8")
