"""Charts for the browser to draw: what lines, bars and shares say, and the one function that makes a Plotly figure of
them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .color import INKS, FloatArray

# After Okabe & Ito, whom colour-blind readers tell apart, each seen on white and on black; so that nobody needs colours
# to follow a line, its points have a shape of their own as well.
COLORS = ("#d55e00", "#2b8cd6", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#a08a3c", "#8a8f98")
SHAPES = ("circle", "square", "diamond", "triangle-up", "triangle-down", "x", "cross", "pentagon")
BARS = "#7f8ea3"

# Of all that Plotly offers at a chart, only to save it as a picture.
CAMERA = {"displayModeBar": True, "displaylogo": False, "modeBarButtons": [["toImage"]]}

_HEIGHT = 380  # pixels, names and all
_MOST_POINTS = 20  # of a line whose points are large


@dataclass(frozen=True)
class Axis:
    """What lies along one side of a chart: its title, its ends, what is written at which of its values, and the unit
    behind a number that is pointed at."""

    title: str
    low: float
    high: float
    ticks: Mapping[float, str]
    unit: str = ""


@dataclass(frozen=True, eq=False)
class Line:
    """A line of a chart: its name in the legend, a value for each step, NaN where there is none, and which of COLORS
    and SHAPES it has; None is for the line that the others are compared with: in the colour of text, and thicker."""

    name: str
    values: FloatArray
    look: int | None


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines against what they have in common: `steps` are where their values lie along x; the one with index `at` is
    marked."""

    title: str
    steps: Sequence[float]
    lines: Sequence[Line]
    x: Axis
    y: Axis
    at: int | None = None


@dataclass(frozen=True)
class Part:
    """Part of a whole, from 0 to 1, with its name and colour."""

    name: str
    share: float
    color: str


@dataclass(frozen=True, eq=False)
class Bars:
    """How often what occurs, (n,) counts between (n + 1,) edges; over them a band of the parts that all makes."""

    counts: NDArray[np.int64]
    edges: FloatArray
    parts: Sequence[Part]
    x: Axis
    y: Axis


def round_ticks(high: float) -> list[float]:
    """Round numbers from 0 up to the first that is not below `high` > 0: two to five of them above 0."""
    power = 10.0 ** math.floor(math.log10(high))
    step = next(step * power for step in (0.2, 0.25, 0.5, 1, 2, 5) if high / (step * power) <= 5 + 1e-6)
    return [i * step for i in range(math.ceil(high / step - 1e-6) + 1)]


def percent_axis(title: str, highest: float) -> Axis:
    """For shares that are drawn in percent: from 0 to the first tick that is not below `highest`, a share."""
    ticks = round_ticks(100 * highest)
    return Axis(title, 0, ticks[-1], {tick: f"{tick:.4g} %" for tick in ticks}, " %")


def figure(chart: Lines | Bars, theme: str = "light") -> dict[str, Any]:
    """The chart as a Plotly figure as wide as its place, for Streamlit's theme; `theme` is "light" or "dark". It can be
    read by pointing and saved, not zoomed: a finger on it scrolls the page.

    It is plain data, for Plotly's own objects take several times as long to make; `plotly.graph_objects.Figure` takes
    it.
    """
    ink, grid = INKS[theme][1:]
    layout = {
        "height": _HEIGHT,
        "margin": {"l": 8, "r": 24, "t": 44, "b": 8},
        "dragmode": False,
        "showlegend": True,
        "legend": {
            # below the chart it takes what rows it needs; more than one, and the names stand in columns
            "orientation": "h", "x": 0, "y": -0.24, "yanchor": "top", "title": {"text": ""}, "traceorder": "normal",
            # the page's own font is not in a saved picture, and names in a wider one would be cut off
            "font": {"family": "sans-serif"},
        },
        "xaxis": {**_axis(chart.x, ink, grid), "showgrid": False},
        "yaxis": {**_axis(chart.y, ink, grid), "automargin": True},
    }  # fmt: skip
    if isinstance(chart, Lines):
        data = [_line(line, chart, ink) for line in chart.lines]
        _lay_lines_out(layout, chart, ink)
    else:
        data = [_bars(chart), *(_part(part, ink) for part in chart.parts)]
        _lay_bars_out(layout)
    return {"data": data, "layout": layout}


def _axis(axis: Axis, ink: str, grid: str) -> dict[str, Any]:
    return {
        "title": {"text": axis.title},
        "range": [axis.low, axis.high],
        "tickmode": "array",
        "tickvals": list(axis.ticks),
        "ticktext": list(axis.ticks.values()),
        "gridcolor": grid,
        "zeroline": True,
        "zerolinecolor": ink,
        "zerolinewidth": 1,
        "fixedrange": True,
    }


def _line(line: Line, chart: Lines, ink: str) -> dict[str, Any]:
    color = ink if line.look is None else COLORS[line.look % len(COLORS)]
    size = 7 if len(chart.steps) <= _MOST_POINTS else 4
    marked = [i == chart.at for i in range(len(chart.steps))]
    return {
        "type": "scatter",
        "x": list(chart.steps),
        "y": [float(value) if math.isfinite(value) else None for value in line.values],
        "name": line.name,
        "mode": "lines+markers",
        "line": {"color": color, "width": 4 if line.look is None else 2},
        "marker": {
            "color": color,
            "symbol": "circle" if line.look is None else SHAPES[line.look % len(SHAPES)],
            "size": [12 if here else size for here in marked],
            "line": {"color": ink, "width": [2 if here else 0 for here in marked]},
            "opacity": 1,
        },
        "hovertemplate": f"%{{y:.4~g}}{chart.y.unit}",
        "cliponaxis": False,
    }


def _lay_lines_out(layout: dict[str, Any], chart: Lines, ink: str) -> None:
    layout["title"] = {
        "text": chart.title, "font": {"size": 16}, "x": 0, "xref": "container", "y": 0.97, "yref": "container"
    }  # fmt: skip
    layout["hovermode"] = "x unified"
    layout["xaxis"]["unifiedhovertitle"] = {"text": f"%{{x:.4~g}}{chart.x.unit} {chart.x.title}"}
    if chart.at is not None:
        at = chart.steps[chart.at]
        layout["shapes"] = [
            {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "y domain", "layer": "below",
             "line": {"color": ink, "width": 1}}
        ]  # fmt: skip


def _bars(chart: Bars) -> dict[str, Any]:
    some = np.flatnonzero(chart.counts)  # a bar of height 0 would still have its outline
    low, high = chart.edges[:-1][some].astype(float), chart.edges[1:][some].astype(float)
    return {
        "type": "bar",
        "x": ((low + high) / 2).tolist(),
        "y": chart.counts[some].tolist(),
        "width": (0.8 * (high - low)).tolist(),
        # the outline keeps a single value visible beside thousands
        "marker": {"color": BARS, "line": {"color": BARS, "width": 2}},
        "customdata": np.stack([low, high], axis=1).tolist(),
        "hovertemplate": "%{customdata[0]:.4~g} to %{customdata[1]:.4~g}: %{y:,d}<extra></extra>",
        "showlegend": False,
    }


def _part(part: Part, ink: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": [part.share],
        "y": [""],
        "xaxis": "x2",
        "yaxis": "y2",
        "orientation": "h",
        "name": part.name,
        "marker": {"color": part.color, "line": {"color": ink, "width": 1}},
        "hovertemplate": f"{part.name}<extra></extra>",
    }


def _lay_bars_out(layout: dict[str, Any]) -> None:
    """The band of parts above, the bars below it."""
    layout["barmode"] = "stack"
    layout["hovermode"] = "closest"
    layout["yaxis"]["domain"] = [0, 0.82]
    hidden = {"visible": False, "fixedrange": True}
    layout["xaxis2"] = {**hidden, "range": [0, 1], "anchor": "y2"}
    layout["yaxis2"] = {**hidden, "domain": [0.9, 1], "anchor": "x2"}
