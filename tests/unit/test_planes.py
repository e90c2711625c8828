"""Maps over two quantities, as the browser is told to draw them."""

from __future__ import annotations

import csv
import io

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer.drawing.charts import config, figure
from explorer.drawing.color import INKS, Scale, palette
from explorer.drawing.series import Axis, Line, Lines, Plane, Tint, numbers

VALUES = np.array([[3, 4, np.nan], [0, 1, 2]], np.float32)  # the first row is the highest
LOW = Tint("level", VALUES, Scale(0, 4, "grey"), (1.0, 4.0, 0.0, 200.0), " dB")
OVER = Tint("evidence", np.array([[0, 8]], np.float32), Scale(0, 8, "inferno"), (1.0, 4.0, 50.0, 150.0), fades=True)
TIME, PITCH = Axis("time", 1, 4, " s"), Axis("pitch <b>", 0, 200, " Hz")
WAVE = Lines("", [1.0, 2.5, 4.0], [Line("samples", np.array([0, 1, -1], np.float32), 1)], TIME, Axis("", -1, 1))
ALONE, BOTH = Plane("one", [LOW], TIME, PITCH), Plane("both", [LOW, OVER], TIME, PITCH, WAVE)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("plane", [ALONE, BOTH], ids=["alone", "both"])
def test_a_plane_is_a_figure_that_fits_a_projector(plane: Plane, theme: str) -> None:
    drawn = go.Figure(figure(plane, theme))
    assert drawn.layout.height <= 320
    assert drawn.layout.dragmode is False
    assert INKS[theme][1] in drawn.to_json()
    assert drawn.layout.xaxis.fixedrange
    assert drawn.layout.yaxis.fixedrange
    assert {"zoom2d", "resetScale2d"} <= {*config(plane)["modeBarButtonsToRemove"]}
    assert drawn.layout.xaxis.range == (1, 4)
    assert drawn.layout.yaxis.range == (0, 200)
    assert drawn.layout.yaxis.title.text == "pitch &lt;b>"


def test_each_value_lies_at_the_middle_of_its_cell_and_the_first_row_on_top() -> None:
    (low,) = go.Figure(figure(ALONE)).data
    assert low.x == (1.5, 2.5, 3.5)
    assert low.y == (50, 150)
    assert [*low.z] == [[0, 1, 2], [3, 4, None]]
    assert (low.zmin, low.zmax) == (0, 4)
    assert low.colorbar.ticksuffix == " dB"


def test_the_map_on_top_is_the_one_that_is_read_and_it_fades() -> None:
    low, over, wave = go.Figure(figure(BOTH)).data
    assert (low.hoverinfo, low.showscale) == ("skip", False)
    assert over.showscale
    assert "evidence" in over.hovertemplate
    assert over.zsmooth == "best"
    assert low.zsmooth is False
    assert over.y == (100,)
    opacities = [float(color.rstrip(")").rsplit(",", 1)[1]) for _, color in over.colorscale]
    assert opacities[0] == 0
    assert opacities == sorted(opacities)
    assert 0.8 < opacities[-1] < 1
    first = [int(part) for part in over.colorscale[-1][1].removeprefix("rgba(").split(",")[:3]]
    assert first == palette("inferno")[254].tolist()
    assert {float(color.rstrip(")").rsplit(",", 1)[1]) for _, color in low.colorscale} == {1}
    assert (wave.x, wave.y, wave.yaxis) == ((1.0, 2.5, 4.0), (0, 1, -1), "y2")


def test_its_numbers_are_where_each_column_of_the_map_on_top_is_highest() -> None:
    rows = list(csv.reader(io.StringIO(numbers(ALONE).csv())))
    assert rows == [
        ["time [s]", "highest at, pitch <b> [Hz]", "level [dB]"], ["1.5", "150.0", "3.0"], ["2.5", "150.0", "4.0"],
        ["3.5", "50.0", "2.0"],
    ]  # fmt: skip
    assert numbers(BOTH).rows == ((1.75, 100.0, 0.0), (3.25, 100.0, 8.0))
    kept = figure(BOTH)["layout"]["uirevision"]
    assert kept != figure(ALONE)["layout"]["uirevision"]
