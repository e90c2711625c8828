"""Units beside a unit, each a link to its own page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...elements.view import inline_png
from .base import Element, Report

_links = Element("unitlinks", '<ul class="unitlinks"></ul>')


@dataclass(frozen=True)
class UnitLink:
    """A unit to go to: its name, what joins it to the one shown, the length of its bar from 0 to 1, small pictures as
    PNG, each with what it is, and its address."""

    name: str
    note: str
    bar: float
    pictures: Sequence[tuple[bytes, str]]
    address: str


def unit_links(rows: Sequence[UnitLink], label: str, key: str, on_choose: Callable[[int], None]) -> None:
    """A list of links; one that is followed in this tab keeps all that is chosen on the page."""
    _links(
        key,
        {
            "label": label,
            "rows": [
                {
                    "name": row.name,
                    "note": row.note,
                    "bar": row.bar,
                    "pictures": [[inline_png(png), what] for png, what in row.pictures],
                    "address": row.address,
                }
                for row in rows
            ],
        },
        chosen=Report(range(len(rows)), on_choose),
    )
