"""Charts: what the browser is told to draw, and the same in numbers."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer.drawing.charts import config, figure
from explorer.drawing.color import INKS, Scale
from explorer.drawing.series import (
    Axis,
    Bars,
    Bins,
    Chart,
    Line,
    Lines,
    Matrix,
    Part,
    Series,
    Step,
    Sum,
    numbers,
    percent_axis,
    round_high,
    shortened,
)
from explorer.drawing.traces import COLORS, SHAPES
from explorer.wording import PERCENT


@pytest.mark.parametrize("high", [1e-5, 0.0123, 0.05, 0.99, 1, 1.0001, 2.5, 5, 7, 10, 99.9, 100, 101, 123456, 3e9])
def test_an_axis_ends_at_a_round_number(high: float) -> None:
    end = round_high(high)
    assert high <= end * (1 + 1e-6)
    steps = [end / n for n in (2, 3, 4, 5, 6) if f"{end / n:.10e}".split("e")[0].rstrip("0").replace(".", "") in _ROUND]
    assert any(end - step < high for step in steps)


_ROUND = {"1", "2", "25", "5"}


def test_an_axis_in_percent() -> None:
    axis = percent_axis("share in percent", 0.42)
    assert (axis.low, axis.high, axis.unit) == (0, 50, PERCENT)
    assert percent_axis("", 12.3).high == 1250


LINES = Lines(
    "what it shows",
    [0, 50, 100],
    [
        Line("line 0", np.array([1, math.nan, 3], np.float32), None),
        Line("line 1", np.array([0.5, 2, math.inf], np.float32), 1),
        Line("line 2", np.zeros(3, np.float32), len(COLORS) + 2),
    ],
    Axis("steps in percent", 0, 100, PERCENT),
    Axis("height", -4, 4, " m"),
)
BARS = Bars(
    "costs <b>",
    "stage",
    ["a & b", "c"],
    (
        Series("before", np.array([10, math.nan], np.float32), ("#111111",), is_hollow=True),
        Series("after", np.array([-5, 2], np.float32), ("#222222", "#333333"), ["x <y>", "z"]),
    ),
    Axis("percent", -5, 10, PERCENT),
)
EDGES = np.array([-2, 0, 2, 4], np.float32)
PARTS = (Part("below", 0.25, "#123456"), Part("zero", 0.5, "#ffffff"), Part("above", 0.25, "#654321"))
VALUE, COUNT = Axis("value", -3, 5), Axis("how many", 0, 10, is_whole=True)
BINS = Bins("how often", np.array([7, 0, 1234]), EDGES, PARTS, VALUE, COUNT)
SUM = Sum(
    "a sum",
    "what is added",
    [Step("bias", 0, 1, "#aa0000"), Step("3", 1, -1, "#0000aa", "3: −2", b"PNG"), Step("sum", 0, -1, "")],
    Axis("so far", -2, 2),
    [("raises", "#aa0000"), ("lowers", "#0000aa")],
)
MATRIX = Matrix("alike", "map", ["a", "b <c>"], np.array([[1, -0.5], [-0.5, 1]]), Scale(-1, 1, "signed"))
CHARTS: list[Chart] = [LINES, BARS, BINS, SUM, MATRIX]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: type(chart).__name__)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chart_is_a_figure_that_scrolls_with_the_page_and_fits_a_projector(chart: Chart, theme: str) -> None:
    drawn = go.Figure(figure(chart, theme))
    assert drawn.layout.height <= 320
    assert drawn.layout.dragmode is False  # a finger on it scrolls the page
    assert INKS[theme][1] in drawn.to_json()
    assert len(drawn.data) <= 6
    left_out = config(chart)["modeBarButtonsToRemove"]
    assert "toImage" not in left_out
    can_zoom = not (drawn.layout.xaxis.fixedrange and drawn.layout.yaxis.fixedrange)
    assert can_zoom == ("zoom2d" not in left_out) == ("resetScale2d" not in left_out)
    for axis in (drawn.layout.xaxis, drawn.layout.yaxis):
        assert axis.title.text or axis.ticktext  # names need no title


def test_what_one_zoomed_to_stays_while_the_same_is_shown() -> None:
    kept = {figure(LINES, theme)["layout"]["uirevision"] for theme in ("light", "dark")}
    assert len(kept) == 1
    other = Lines("what it shows", [0, 50, 101], LINES.lines, LINES.x, LINES.y)
    assert figure(other)["layout"]["uirevision"] not in kept


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_are_drawn_as_they_are(theme: str) -> None:
    drawn = go.Figure(figure(LINES, theme))
    assert [trace.name for trace in drawn.data] == ["line 0", "line 1", "line 2"]
    assert [trace.y for trace in drawn.data] == [(1, None, 3), (0.5, 2, None), (0, 0, 0)]  # no number: no point
    assert {trace.x for trace in drawn.data} == {(0, 50, 100)}
    assert not any(trace.connectgaps for trace in drawn.data)
    assert all(trace.hovertemplate.endswith(" m") for trace in drawn.data)
    colors = [INKS[theme][1], COLORS[1], COLORS[2]]
    assert [trace.line.color for trace in drawn.data] == [trace.marker.color for trace in drawn.data] == colors
    assert [trace.marker.symbol for trace in drawn.data] == ["circle", SHAPES[1], SHAPES[2]]
    assert drawn.data[0].line.width > drawn.data[1].line.width
    layout = drawn.layout
    assert (layout.xaxis.range, layout.yaxis.range) == ((0, 100), (-4, 4))
    assert (layout.xaxis.ticksuffix, layout.yaxis.ticksuffix) == (PERCENT, " m")
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == ("steps in percent", "height")
    assert layout.title.text == "what it shows"
    assert layout.showlegend


def test_each_look_is_told_apart_by_colour_and_by_shape() -> None:
    assert len(set(COLORS)) == len(COLORS) == len(set(SHAPES)) == len(SHAPES)


def test_bars_have_their_names_and_names_are_no_markup() -> None:
    drawn = go.Figure(figure(BARS))
    before, after = drawn.data
    assert (before.x, before.y) == ((10, None), (0, 1))
    assert (after.x, after.text) == ((-5, 2), ("x &lt;y>", "z"))
    assert before.marker.color != before.marker.line.color == "#111111"
    assert after.marker.color == ("#222222", "#333333")
    assert drawn.layout.yaxis.ticktext == ("a &amp; b", "c")
    assert drawn.layout.yaxis.range == (1.5, -0.5)  # the first on top
    assert drawn.layout.title.text == "costs &lt;b>"
    assert drawn.layout.showlegend
    assert not go.Figure(figure(Bars("", "", BARS.names, BARS.series[:1], BARS.x))).layout.showlegend


def test_many_bars_have_nothing_written_at_them() -> None:
    many = Series("one", np.ones(20, np.float32), ("#111111",), [f"text {i}" for i in range(20)])
    (drawn,) = go.Figure(figure(Bars("", "stage", [str(i) for i in range(20)], [many], BARS.x))).data
    assert drawn.text is None
    assert drawn.customdata[7] == "text 7"  # but pointing tells


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_bins_stand_where_their_values_are_and_parts_make_the_whole(theme: str) -> None:
    drawn = go.Figure(figure(BINS, theme))
    bars, *band = drawn.data
    assert (bars.x, bars.y) == ((-1, 3), (7, 1234))  # an empty bin has no bar, and no outline
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
    empty, *_ = go.Figure(figure(Bins("", np.array([0, 0, 0]), EDGES, PARTS, VALUE, COUNT))).data
    assert empty.y == ()


def test_a_sum_goes_on_where_it_was_and_has_its_pictures() -> None:
    drawn = go.Figure(figure(SUM, "dark"))
    bar, *key = drawn.data
    assert (bar.base, bar.y) == ((0, 1, 0), (1, -2, -1))
    assert bar.marker.color == ("#aa0000", "#0000aa", INKS["dark"][1])
    assert [(one.name, one.marker.color) for one in key] == [("raises", "#aa0000"), ("lowers", "#0000aa")]
    (picture,) = drawn.layout.images
    assert picture.x == 1
    assert picture.source == "data:image/png;base64,UE5H"
    assert drawn.layout.yaxis.domain[1] < 1 - picture.sizey


# The same in numbers


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: type(chart).__name__)
def test_the_numbers_as_csv_are_those_that_are_drawn(chart: Chart) -> None:
    found = numbers(chart)
    head, *rows = csv.reader(io.StringIO(found.csv()))
    assert len(rows) == len(found.rows) == len(found.texts())
    assert {len(row) for row in [head, found.columns, *rows, *found.texts()]} == {len(head)}
    drawn = figure(chart)["data"]
    if isinstance(chart, Lines):
        columns = [drawn[0]["x"], *(trace["y"] for trace in drawn)]
    elif isinstance(chart, Bars):
        columns = [list(chart.names), *(trace["x"] for trace in drawn)]
    elif isinstance(chart, Matrix):
        columns = [list(chart.names), *zip(*drawn[0]["z"], strict=True)]
    elif isinstance(chart, Sum):
        columns = [[step.name for step in chart.steps], drawn[0]["y"], np.add(drawn[0]["base"], drawn[0]["y"])]
    else:
        columns = [EDGES[:-1], EDGES[1:], [7, 0, 1234]]
    for read, shown in zip(zip(*rows, strict=True), columns, strict=True):
        for text, value in zip(read, shown, strict=True):
            assert text == value or (text == "" and value is None) or float(text) == value


def test_numbers_are_read_with_their_units() -> None:
    found = numbers(LINES)
    assert found.csv().splitlines()[0] == "steps in percent [%],line 0 [m],line 1 [m],line 2 [m]"
    assert found.texts()[1] == [f"50{PERCENT}", "none", "2 m", "0 m"]
    assert numbers(BINS).texts()[2] == ["2", "4", "1,234"]


def test_long_names_are_cut() -> None:
    assert shortened("short") == "short"
    assert shortened("a" * 30, 5) == "aaaa…"
