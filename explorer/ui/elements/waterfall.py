"""A sum from top to bottom, each bar of which begins where the one above it ended."""

from __future__ import annotations

from collections.abc import Callable

from ...classifier.figures import AGAINST, FOR, RESULT, Waterfall
from ...wording import signed
from .base import Element, Report
from .media import file_url

_waterfall = Element(
    "waterfall",
    f"""<div class="waterfall" role="list"></div>
      <div class="key"><span><i style="background:{FOR}"></i>+ raises the sum</span>
        <span><i style="background:{AGAINST}"></i>− lowers it</span></div>""",
)


def running_sum(
    drawn: Waterfall, chosen: int | None, key: str, alt: str, on_choose: Callable[[int], None] | None = None
) -> None:
    """A waterfall with the maps of its rows; with `on_choose` the rows that are inputs can be chosen, and it is called
    with the input's number."""
    span = (drawn.high - drawn.low) or 1.0
    tiles = iter(range(len(drawn.maps)))
    inputs = [] if on_choose is None else [row.input for row in drawn.rows if row.input is not None]
    _waterfall(
        key,
        {
            "alt": alt,
            "sheet": file_url(drawn.sheet, "image/png", f"{key}-sheet") if len(drawn.maps) else "",
            "n_tiles": len(drawn.maps),
            "selected": -1 if chosen is None else chosen,
            "zero": -drawn.low / span,
            "colors": {"for": FOR, "against": AGAINST},
            "rows": [
                {
                    "name": row.name, "note": row.note, "value": signed(row.amount),
                    "start": (row.start - drawn.low) / span, "end": (row.end - drawn.low) / span,
                    "kind": "result" if row.name == RESULT else "for" if row.amount >= 0 else "against",
                    "tile": next(tiles) if row.input is not None and len(drawn.maps) else -1,
                    "input": None if on_choose is None else row.input,
                }
                for row in drawn.rows
            ],
        },
        **({} if on_choose is None else {"chosen": Report(inputs, on_choose)}),
    )  # fmt: skip
