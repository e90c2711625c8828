"""A sum taken apart: bars, the strongest products, and what the operations behind make of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...drawing.color import Scale
from ...units.routes import Unit
from ...wording import number
from .base import Element, Report

_opened = Element(
    "opened",
    """<div class="opened">
      <div class="both"><div class="bars" role="group"></div><div class="products"></div></div>
      <div class="ledger" role="status"></div>
    </div>""",
    is_figure=True,
)


@dataclass(frozen=True)
class Bar:
    """What one input adds."""

    name: str
    value: float
    input: int | None = None  # the channel that it can be chosen for
    unit: Unit | None = None


@dataclass(frozen=True)
class Products:
    """A table of products, and what is said of all that are not in it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    rest: str
    units: Sequence[Unit | None] = ()  # one for each row, whose first column it is


@dataclass(frozen=True)
class Line:
    """A step: what is shown of it, by name, and the unit that it makes."""

    shown: Mapping[str, object]
    unit: Unit | None = None


@dataclass(frozen=True)
class Ways:
    """How units that rows stand for are gone to: their addresses, and what follows when one is chosen in this tab."""

    address: Callable[[str, int], str]
    go: Callable[[str, int], None]


def taken_apart(
    bars: Sequence[Bar], total: float, products: Products, ledger: Sequence[Line], key: str,
    on_choose: Callable[[int], None], ways: Ways | None = None,
) -> None:  # fmt: skip
    """Bars that add up to `total`, products beside them, and below the steps of the `ledger`, each with its tick. A
    bar that stands for an input can be chosen: calls `on_choose(input)`. A row that is of a `unit` leads there, where
    there are `ways`."""
    rows = (*(bar.unit for bar in bars), *products.units, *(step.unit for step in ledger))
    units = [*dict.fromkeys(unit for unit in rows if unit is not None and ways is not None)]

    def way(unit: Unit | None) -> int | None:
        return units.index(unit) if unit in units else None

    _opened(
        key,
        {
            "bars": [
                {**drawn, "way": way(bar.unit)}
                for drawn, bar in zip(_waterfall(bars, total), [*bars, Bar("sum", total)], strict=True)
            ],
            "ways": []
            if ways is None
            else [
                [f"All about channel {channel} of {layer}", ways.address(layer, channel)] for layer, channel in units
            ],
            "colors": Scale(-1.0, 1.0, "signed").stops(),
            "bars_title": "What each input adds, the largest first",
            "products_title": products.title,
            "figure": "the sum taken apart",
            "columns": list(products.columns),
            "products": [list(row) for row in products.rows],
            "product_ways": [way(unit) for unit in products.units],
            "rest": products.rest,
            "ledger": [{**step.shown, "way": way(step.unit)} for step in ledger],
        },
        chosen=Report([bar.input for bar in bars if bar.input is not None], on_choose),
        **({} if ways is None else {"way": Report(range(len(units)), lambda i: ways.go(*units[i]))}),
    )


def _waterfall(bars: Sequence[Bar], total: float) -> list[dict[str, object]]:
    """Bars each of which begins where the one before ended, and last the sum from zero; their ends as shares of the
    whole width, 0 to 1."""
    ends = [0.0]
    for bar in bars:
        ends.append(ends[-1] + bar.value)
    low, high = min(ends), max(ends)
    span = high - low

    def at(value: float) -> float:
        return (value - low) / span if span and math.isfinite(span) else 0.0

    pieces = zip([*bars, Bar("sum", total)], [*ends[:-1], 0.0], [*ends[1:], total], strict=True)
    return [
        {"name": bar.name, "text": number(bar.value), "input": bar.input, "from": at(begin), "to": at(end)}
        for bar, begin, end in pieces
    ]
