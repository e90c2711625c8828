"""Charts: what the browser is told to draw."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer.drawing.charts import COLORS, SHAPES, Axis, Bars, Line, Lines, Part, figure, percent_axis, round_ticks
from explorer.drawing.color import INKS


@pytest.mark.parametrize("high", [1e-5, 0.0123, 0.05, 0.99, 1, 1.0001, 2.5, 5, 7, 10, 99.9, 100, 101, 123456, 3e9])
def test_ticks_are_round_and_reach_what_is_highest(high: float) -> None:
    ticks = round_ticks(high)
    assert ticks[0] == 0
    assert ticks[-2] < high <= ticks[-1] * (1 + 1e-6)
    assert 3 <= len(ticks) <= 6
    assert np.allclose(np.diff(ticks), ticks[1])
    digits = f"{ticks[1]:.10e}".rstrip("0").split("e")[0].replace(".", "").rstrip("0")
    assert digits in {"1", "2", "25", "5"}


def test_an_axis_in_percent() -> None:
    axis = percent_axis("", 0.42)
    assert (axis.low, axis.high) == (0, 50)
    assert axis.ticks == {0: "0 %", 10: "10 %", 20: "20 %", 30: "30 %", 40: "40 %", 50: "50 %"}
    assert percent_axis("", 12.3).high == 1250


@pytest.fixture
def lines() -> Lines:
    values = np.array([[1, math.nan, 3], [0.5, 2, math.inf], [0, 0, 0]], np.float32)
    looks = (None, 1, len(COLORS) + 2)
    return Lines(
        "what it shows",
        [0, 50, 100],
        [Line(f"line {i}", row, look) for i, (row, look) in enumerate(zip(values, looks, strict=True))],
        Axis("steps", 0, 100, {0: "0 %", 100: "100 %"}, " %"),
        Axis("", -4, 4, {-4: "-4", 4: "4"}),
        1,
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_are_drawn_as_they_are(lines: Lines, theme: str) -> None:
    drawn = go.Figure(figure(lines, theme))
    assert [trace.name for trace in drawn.data] == ["line 0", "line 1", "line 2"]
    assert [trace.y for trace in drawn.data] == [(1, None, 3), (0.5, 2, None), (0, 0, 0)]  # no number: no point
    assert {trace.x for trace in drawn.data} == {(0, 50, 100)}
    assert not any(trace.connectgaps for trace in drawn.data)
    ink = INKS[theme][1]
    colors = [ink, COLORS[1], COLORS[2]]
    assert [trace.line.color for trace in drawn.data] == [trace.marker.color for trace in drawn.data] == colors
    assert [trace.marker.symbol for trace in drawn.data] == ["circle", SHAPES[1], SHAPES[2]]
    assert drawn.data[0].line.width > drawn.data[1].line.width
    layout = drawn.layout
    assert (layout.xaxis.range, layout.yaxis.range) == ((0, 100), (-4, 4))
    assert (layout.xaxis.tickvals, layout.xaxis.ticktext) == ((0, 100), ("0 %", "100 %"))
    assert layout.xaxis.title.text == "steps"
    assert layout.title.text == "what it shows"
    assert layout.showlegend
    assert layout.xaxis.fixedrange  # a finger on the chart scrolls the page
    assert layout.yaxis.fixedrange
    assert not layout.dragmode


def test_the_marked_step_is_marked(lines: Lines) -> None:
    drawn = go.Figure(figure(lines))
    (mark,) = drawn.layout.shapes
    assert mark.x0 == mark.x1 == 50
    for trace in drawn.data:
        assert trace.marker.size[1] > trace.marker.size[0] == trace.marker.size[2]
        assert trace.marker.line.width == (0, 2, 0)
    plain = go.Figure(figure(Lines(lines.title, lines.steps, lines.lines, lines.x, lines.y)))
    assert not plain.layout.shapes
    assert len(set(plain.data[0].marker.size)) == 1


def test_each_look_is_told_apart_by_colour_and_by_shape() -> None:
    assert len(set(COLORS)) == len(COLORS) == len(set(SHAPES)) == len(SHAPES)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_bars_stand_on_their_bins_and_parts_make_the_whole(theme: str) -> None:
    edges = np.array([-2, 0, 2, 4], np.float32)
    parts = [Part("below", 0.25, "#123456"), Part("zero", 0.5, "#ffffff"), Part("above", 0.25, "#654321")]
    axes = Axis("value", -3, 5, {0: "0"}), Axis("how many", 0, 10, {0: "0", 10: "10"})
    drawn = go.Figure(figure(Bars(np.array([7, 0, 9]), edges, parts, *axes), theme))
    bars, *band = drawn.data
    assert (bars.x, bars.y) == ((-1, 3), (7, 9))  # an empty bin has no bar, and no outline
    assert [tuple(pair) for pair in bars.customdata] == [(-2, 0), (2, 4)]
    assert all(0 < width <= 2 for width in bars.width)
    assert [part.name for part in band] == ["below", "zero", "above"]
    assert [part.x for part in band] == [(0.25,), (0.5,), (0.25,)]
    assert [part.marker.color for part in band] == ["#123456", "#ffffff", "#654321"]
    assert {part.marker.line.color for part in band} == {INKS[theme][1]}  # white is seen on white
    assert {(part.xaxis, part.yaxis) for part in band} == {("x2", "y2")}
    assert drawn.layout.xaxis2.range == (0, 1)
    assert drawn.layout.yaxis.domain[1] < drawn.layout.yaxis2.domain[0]
    assert drawn.layout.barmode == "stack"
    assert not bars.showlegend
    empty, *_ = go.Figure(figure(Bars(np.array([0, 0, 0]), edges, parts, *axes))).data
    assert empty.y == ()
