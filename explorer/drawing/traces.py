"""What Plotly draws for each kind of chart: its traces, and what is laid out around them."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .series import Axis, Bars, Bins, Line, Lines, Matrix, Part, Series, Step, Sum, shortened

# After Okabe & Ito, whom colour-blind readers tell apart, each seen on white and on black; so that nobody needs colours
# to follow a line, its points have a shape of their own as well.
COLORS = ("#d55e00", "#2b8cd6", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#a08a3c", "#9b5cf6")
SHAPES = ("circle", "square", "diamond", "triangle-up", "triangle-down", "x", "cross", "pentagon")
BARS = "#7f8ea3"

_MOST_POINTS = 20  # of a line whose points are large
_MOST_WRITTEN = 12  # bars with room for what is written at them
_TICKS = 5  # at most so many numbers beside an axis, or few more
_WITHOUT_TEXTS = 0.7  # of the width: what the bars have where something is written behind them
_CLEAR = "rgba(0, 0, 0, 0)"

Drawn = tuple[list[dict[str, Any]], dict[str, Any]]


def lines(chart: Lines, ink: str, grid: str) -> Drawn:
    """Lines, all of which are read at the step that is pointed at."""
    x = {**axis_layout(chart.x, ink, grid), "showgrid": False}
    x["unifiedhovertitle"] = {"text": f"{chart.x.title}: %{{x:.4~g}}{chart.x.unit}"}
    layout = {"hovermode": "x unified", "hoverdistance": -1, "xaxis": x, "yaxis": axis_layout(chart.y, ink, grid)}
    drawn = [_line(line, chart, ink) for line in chart.lines]
    return [*drawn, *([_marks(chart, ink)] if chart.marks else [])], layout


def _marks(chart: Lines, ink: str) -> dict[str, Any]:
    """What happened, at the upper edge over the step at which it did."""
    return {
        "type": "scatter",
        "x": [step for step, _ in chart.marks],
        "y": [chart.y.high] * len(chart.marks),
        "name": "changed",
        "mode": "markers",
        "marker": {"color": ink, "symbol": "triangle-down", "size": 11},
        "customdata": [literal(said) for _, said in chart.marks],
        "hovertemplate": "%{customdata}",
        "cliponaxis": False,
    }


def _line(line: Line, chart: Lines, ink: str) -> dict[str, Any]:
    color = ink if line.look is None else COLORS[line.look % len(COLORS)]
    return {
        "type": "scatter",
        "x": list(chart.steps),
        "y": _finite(line.values.tolist()),
        "name": line.name,
        "mode": "lines+markers",
        "line": {"color": color, "width": 4 if line.look is None else 2},
        "marker": {
            "color": color,
            "symbol": "circle" if line.look is None else SHAPES[line.look % len(SHAPES)],
            "size": 7 if len(chart.steps) <= _MOST_POINTS else 4,
        },
        "hovertemplate": f"%{{y:.4~g}}{chart.y.unit}",
        "cliponaxis": False,
        **({"connectgaps": True} if line.sparse else {}),
    }


def bars(chart: Bars, ink: str, grid: str) -> Drawn:
    """Horizontal bars under each other, all of which are read at the name that is pointed at."""
    n = len(chart.names)
    is_written = n * len(chart.series) <= _MOST_WRITTEN
    x = {**axis_layout(chart.x, ink, grid), "fixedrange": True}
    if is_written and any(len(one.texts) > 0 for one in chart.series):
        x["domain"] = [0, _WITHOUT_TEXTS]
    y = {
        "range": [n - 0.5, -0.5], "tickmode": "array", "tickvals": list(range(n)),
        "ticktext": [literal(shortened(name)) for name in chart.names], "fixedrange": True, "zeroline": False,
        "showgrid": False, "automargin": True,
    }  # fmt: skip
    layout = {
        "barmode": "group", "bargap": 0.3, "hovermode": "y unified", "showlegend": len(chart.series) > 1,
        "xaxis": x, "yaxis": y,
    }  # fmt: skip
    return [_series(one, chart, ink, is_written) for one in chart.series], layout


def _series(one: Series, chart: Bars, ink: str, is_written: bool) -> dict[str, Any]:
    colors: str | list[str] = one.colors[0] if len(one.colors) == 1 else list(one.colors)
    texts = list(map(literal, one.texts))
    behind = " · %{customdata}" if texts else ""
    if one.spread is not None:
        behind += " ± %{error_x.array:.4~g}" + chart.x.unit
    drawn: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(chart.names))),
        "x": _finite(one.values.tolist()),
        "name": one.name,
        "marker": {
            "color": _CLEAR if one.is_hollow else colors,
            "line": {"color": colors if one.is_hollow else ink, "width": 2 if one.is_hollow else 0},
        },
        "customdata": texts,
        "hovertemplate": f"%{{x:.4~g}}{chart.x.unit}{behind}",
    }
    if one.spread is not None:
        drawn["error_x"] = {"type": "data", "array": _finite(one.spread.tolist()), "color": ink, "thickness": 1.5}
    if texts and is_written:
        drawn |= {"text": texts, "textposition": "outside", "constraintext": "none", "cliponaxis": False}
        drawn["textfont"] = {"size": 11}
    return drawn


def bins(chart: Bins, ink: str, grid: str) -> Drawn:
    """The band of parts above, the bars below it."""
    hidden = {"visible": False, "fixedrange": True}
    layout = {
        "barmode": "stack",
        "hovermode": "closest",
        "xaxis": {**axis_layout(chart.x, ink, grid), "showgrid": False},
        "yaxis": {**axis_layout(chart.y, ink, grid), "domain": [0, 0.82]},
        "xaxis2": {**hidden, "range": [0, 1], "anchor": "y2"},
        "yaxis2": {**hidden, "domain": [0.9, 1], "anchor": "x2"},
    }
    some = np.flatnonzero(chart.counts)  # a bar of height 0 would still have its outline
    low, high = chart.edges[:-1][some].astype(float), chart.edges[1:][some].astype(float)
    counts = {
        "type": "bar",
        "x": ((low + high) / 2).tolist(),
        "y": chart.counts[some].tolist(),
        "width": (0.8 * (high - low)).tolist(),
        # the outline keeps a single value visible beside thousands
        "marker": {"color": BARS, "line": {"color": BARS, "width": 2}},
        "customdata": np.stack([low, high], axis=1).tolist(),
        "hovertemplate": "%{y:,d} from %{customdata[0]:.4~g} to %{customdata[1]:.4~g}<extra></extra>",
        "showlegend": False,
    }
    return [counts, *(_part(part, ink) for part in chart.parts)], layout


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


def steps(chart: Sum, ink: str, grid: str) -> Drawn:
    """The steps of a sum from left to right, the pictures of those that have one above them."""
    n = len(chart.steps)
    has_pictures = any(step.picture for step in chart.steps)
    x = {
        "range": [-0.6, n - 0.4], "tickmode": "array", "tickvals": list(range(n)),
        "ticktext": [literal(step.name) for step in chart.steps], "fixedrange": True, "zeroline": False,
        "showgrid": False, "automargin": True, "title": {"text": chart.what},
    }  # fmt: skip
    layout = {
        "bargap": 0.25, "hovermode": "x", "hoverdistance": -1, "xaxis": x,
        "yaxis": {**axis_layout(chart.y, ink, grid), "fixedrange": True, "domain": [0, 0.85 if has_pictures else 1]},
        "images": [_picture(i, step) for i, step in enumerate(chart.steps) if step.picture],
    }  # fmt: skip
    drawn = {
        "type": "bar",
        "x": list(range(n)),
        "base": [step.start for step in chart.steps],
        "y": _finite([step.end - step.start for step in chart.steps]),
        "marker": {"color": [step.color or ink for step in chart.steps], "line": {"width": 0}},
        "customdata": [[literal(step.note), step.end] for step in chart.steps],
        "hovertemplate": "%{customdata[0]}<br>the sum so far %{customdata[1]:.4~g}<extra></extra>",
        "showlegend": False,
    }
    return [drawn, *(_meaning(name, color) for name, color in chart.key)], layout


def _picture(i: int, step: Step) -> dict[str, Any]:
    return {
        "source": f"data:image/png;base64,{base64.b64encode(step.picture).decode()}", "xref": "x", "yref": "paper",
        "x": i, "y": 1, "sizex": 0.9, "sizey": 0.13, "xanchor": "center", "yanchor": "top", "sizing": "contain",
    }  # fmt: skip


def _meaning(name: str, color: str) -> dict[str, Any]:
    """A colour in the legend, for which there is no line of its own to switch."""
    return {"type": "bar", "x": [None], "y": [None], "name": name, "marker": {"color": color}, "hoverinfo": "skip"}


def matrix(chart: Matrix, ink: str) -> Drawn:
    """A square for each pair with its number in it, rows with their names, columns with the numbers of the rows."""
    n, stops = len(chart.names), chart.scale.stops()
    names = [literal(name) for name in chart.names]
    side = {"tickmode": "array", "tickvals": list(range(n)), "fixedrange": True, "showgrid": False, "zeroline": False}
    layout = {
        "hovermode": "closest",
        "showlegend": False,
        "xaxis": {**side, "ticktext": [str(i + 1) for i in range(n)], "automargin": True},
        "yaxis": {
            **side, "ticktext": [f"{i + 1}  {name}" for i, name in enumerate(names)], "automargin": True,
            "autorange": "reversed",
        },
    }  # fmt: skip
    drawn = {
        "type": "heatmap",
        "z": [_finite(row) for row in chart.values.tolist()],
        "zmin": chart.scale.low,
        "zmax": chart.scale.high,
        "colorscale": [[i / (len(stops) - 1), color] for i, color in enumerate(stops)],
        "colorbar": {"thickness": 12, "outlinecolor": ink, "outlinewidth": 1},
        "xgap": 1,
        "ygap": 1,
        "customdata": [[f"{one} and {other}" for other in names] for one in names],
        "texttemplate": "%{z:.2f}" if n <= _MOST_WRITTEN else "",
        "hovertemplate": "%{customdata}: %{z:.4f}<extra></extra>",
    }
    return [drawn], layout


def axis_layout(axis: Axis, ink: str, grid: str) -> dict[str, Any]:
    """One side of a chart: its title, its ends, and lines across at round numbers."""
    drawn = {
        "title": {"text": literal(axis.title)},
        "range": [axis.low, axis.high],
        "nticks": _TICKS + 1,
        "ticksuffix": axis.unit,
        "gridcolor": grid,
        "zeroline": True,
        "zerolinecolor": ink,
        "zerolinewidth": 1,
        "automargin": True,
    }
    if axis.is_whole:
        drawn |= {"tickformat": ",d"}
        if axis.high - axis.low <= _TICKS:
            drawn |= {"dtick": 1}
    return drawn


def literal(text: str) -> str:
    """Names from outside as they are: Plotly reads some markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _finite(values: Sequence[float]) -> list[float | None]:
    """JSON has no other word for what is no number."""
    return [value if math.isfinite(value) else None for value in values]
