"""A few bars, drawn by a script of the page's own: there with the page, where a chart of Plotly's comes after it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ...drawing.series import Bars, numbers
from ...elements.bars import BARS
from ..frame.takeaway import take_away
from .base import Element

_bars = Element.of(BARS)


def bars(shown: Bars, alt: str, name: str, sentence: str, array: Callable[[], Any], code: str) -> None:
    """Bars as wide as their place, each series in one colour, with what can be taken away of them. Pointing at a row,
    or moving there with the arrow keys, tells its numbers."""
    series = [
        {
            "name": one.name,
            "values": [value if np.isfinite(value) else None for value in map(float, one.values)],
            "color": one.colors[0],
            "hollow": one.is_hollow,
            "texts": list(one.texts),
        }
        for one in shown.series
    ]
    data = {
        "title": shown.title, "names": list(shown.names), "series": series, "low": shown.x.low, "high": shown.x.high,
        "axis": shown.x.title, "unit": shown.x.unit, "alt": alt, "file": f"{name}.png", "figure": shown.title,
    }  # fmt: skip
    _bars(f"{name}-chart", data)
    take_away(sentence, name, None, array, code, partial(numbers, shown))
