"""The names of the classes, where a file's metadata have them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping

from ..categories import names_found
from ..unwrapping import names_beside

_MAX_LETTERS = 1_000_000
# {0: 'tench', 1: "goldfish"}, as Python writes it: one bracket, and nothing in it but numbers and texts
_TEXT = r"""(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
_PYTHON = re.compile(rf"\{{\s*(?:(?:\d{{1,6}}|{_TEXT})\s*:\s*(?:\d{{1,6}}|{_TEXT})\s*(?:,\s*|(?=\}})))+\}}|"
                     rf"\[\s*(?:{_TEXT}\s*(?:,\s*|(?=\])))+\]")  # fmt: skip


def categories_in(metadata: Mapping[str, str], n: int) -> tuple[tuple[str, ...] | None, str]:
    """The names of `n` classes, and a note on where they are from or why there are none."""
    read = {key: _read(text) for key, text in metadata.items() if len(text) <= _MAX_LETTERS}
    return names_found(names_beside(read), n, "in the metadata of the file under {}")


def _read(text: str) -> object:
    """What a text says as JSON, as a dict of Python, or line by line."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if _PYTHON.fullmatch(text.strip()):
            return ast.literal_eval(text.strip())
    if text.lstrip()[:1] in ("{", "[", "("):
        return None
    lines = [line.strip() for line in re.split(r"[\n,;]", text) if line.strip()]
    return lines if len(lines) > 1 else None
