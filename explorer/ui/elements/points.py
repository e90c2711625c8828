"""The points along a chart that stand for something that can be opened."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Element, Report
from .choice import Choice

_points = Element(
    "points",
    """<div class="points">
      <button type="button" class="back" aria-label="The point before">◀</button>
      <button type="button" class="on" aria-label="The next point">▶</button>
      <span class="chosen" role="status"></span><span class="hint"></span>
    </div>""",
)


@dataclass(frozen=True)
class Points:
    """What the points along a chart stand for: those to choose from, a sentence that says what choosing one does, and
    whether a line marks the one that is chosen. Where the choice `chooses` something of the page, it is chosen in the
    browser alone, and the line follows whoever else chooses it."""

    choice: Choice
    hint: str
    is_marked: bool = False


def points_of(chart: str, points: Points, key: str) -> None:
    """Under the chart with the key `chart`: two buttons from point to point, beside what a click into it chooses.

    Streamlit's charts report clicks as well; but then a finger on one does not scroll the page any more.
    """
    choice = points.choice
    _points(
        key,
        {
            "chart": chart,
            "labels": list(choice.labels),
            "selected": -1 if choice.selected is None else choice.selected,
            "hint": points.hint,
            "marked": points.is_marked,
            "chooses": None if choice.chooses is None else choice.chooses.name,
        },
        chosen=Report(choice.allowed, choice.on_choose),
    )
