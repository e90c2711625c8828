"""Numbers in cells of their colours."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...drawing.color import MISSING, is_dark, palette
from ...elements.legend import LEGEND, legend
from ...filters.tables import Table
from .base import Element

_numbers = Element(
    "numbers",
    f"""<div class="numbers">
      <div class="tables"></div>
      {LEGEND}
      <button type="button" class="exact" aria-pressed="false"></button>
    </div>""",
    is_figure=True,
)


def numbers(tables: Sequence[Table], key: str) -> None:
    """Tables side by side, which share one scale and its legend, each cell in its value's colour. A button shows every
    number as exactly as it is stored."""
    shown = [_table(table) for table in tables]
    _numbers(key, {"tables": shown, "legend": legend(tables[0].scale, tables[0].unit), "figure": tables[0].title})


def _table(table: Table) -> dict[str, object]:
    indices = table.scale.indices(table.values)
    colors = palette(table.scale.palette)[indices]
    form = _format(table.scale.high)
    cells = [
        [
            {
                "short": f"{value:{form}}" if shown or not np.isnan(value) else "",
                "exact": np.format_float_positional(value, unique=True, trim="0")
                if shown or not np.isnan(value)
                else "",
                "color": "#" + bytes(color).hex() if index != MISSING else "",
                "dark": bool(dark),
                "label": shown,
            }
            for value, color, index, dark, shown in zip(*row, strict=True)
        ]
        for row in zip(table.values, colors, indices, is_dark(colors), table.labels or _places(table), strict=True)
    ]
    return {
        "title": table.title, "rows": list(table.rows), "columns": list(table.columns), "cells": cells,
        "printed": table.is_printed,
    }  # fmt: skip


def _places(table: Table) -> list[list[str]]:
    return [[f"row {row}, column {column}" for column in table.columns] for row in table.rows]


def _format(limit: float) -> str:
    """How to write values of which the largest is `limit`: two decimals, or as many as it takes to tell them apart."""
    if limit and not 1e-3 <= limit < 1e4:
        return ".1e"
    return f".{2 if limit == 0 or limit >= 1 else 2 - math.floor(math.log10(limit))}f"
