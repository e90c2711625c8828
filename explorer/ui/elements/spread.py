"""How often which number occurs, and where one of them lies: there with the page, where a chart of Plotly's comes after
it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ...drawing.series import Bins, numbers
from ..frame.takeaway import take_away
from .base import Element

_spread = Element("spread", '<svg role="img"></svg><p class="said" role="status"></p>', is_figure=True)


def spread(
    shown: Bins, mark: tuple[float, str] | None, alt: str, name: str, sentence: str, array: Callable[[], Any], code: str
) -> None:
    """Bars as wide as their bins and as high as their counts, a line with its words at `mark`, and what can be taken
    away. Pointing at a bin tells its numbers."""
    _spread(
        f"{name}-chart",
        {
            "title": shown.title, "counts": shown.counts.tolist(), "edges": shown.edges.tolist(),
            "low": shown.x.low, "high": shown.x.high, "most": shown.y.high, "axis": shown.x.title,
            "counted": shown.y.title, "mark": None if mark is None else list(mark), "alt": alt, "figure": shown.title,
        },
    )  # fmt: skip
    take_away(sentence, name, None, array, code, partial(numbers, shown))
