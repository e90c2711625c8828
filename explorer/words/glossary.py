"""The words of the field: what each means, and the page that shows it. They stand in glossary.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Term:
    """A word, what it means in either register, and the page (a file of pages/) on which it is to be seen. `also` are
    other words for it, as texts have them; `formula` is in plain text, and goes with `exact`."""

    name: str
    plain: str
    exact: str
    page: str
    formula: str = ""
    also: tuple[str, ...] = ()


def terms(text: str) -> tuple[Term, ...]:
    """The rows of a TOML file, in its order. Raises TypeError for a row without one of its fields."""
    rows = tomllib.loads(text).get("term", [])
    return tuple(Term(**{**row, "also": tuple(row.get("also", ()))}) for row in rows)


GLOSSARY = terms(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
