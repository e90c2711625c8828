"""A sum taken apart: bars, the strongest products, and what the operations behind make of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...drawing.color import Scale
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


@dataclass(frozen=True)
class Products:
    """A table of products, and what is said of all that are not in it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    rest: str


def taken_apart(
    bars: Sequence[Bar], total: float, products: Products, ledger: Sequence[Mapping[str, object]], key: str,
    on_choose: Callable[[int], None],
) -> None:  # fmt: skip
    """Bars that add up to `total`, products beside them, and below the steps of the `ledger`, each with its tick. A
    bar that stands for an input can be chosen: calls `on_choose(input)`."""
    _opened(
        key,
        {
            "bars": _waterfall(bars, total),
            "colors": Scale(-1.0, 1.0, "signed").stops(),
            "bars_title": "What each input adds, the largest first",
            "products_title": products.title,
            "figure": "the sum taken apart",
            "columns": list(products.columns),
            "products": [list(row) for row in products.rows],
            "rest": products.rest,
            "ledger": [dict(step) for step in ledger],
        },
        chosen=Report([bar.input for bar in bars if bar.input is not None], on_choose),
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
