"""Charts for the browser to draw: the one function that makes a Plotly figure of what a chart shows."""

from __future__ import annotations

import zlib
from typing import Any

from .color import INKS
from .planes import plane
from .scatter import scatter
from .series import Bars, Chart, Lines, Matrix, Plane, Scatter, Sum, numbers
from .traces import bars, bins, lines, literal, matrix, steps

_HEIGHT = 320  # pixels, names and all: what a tab on a projector has room for


def config(chart: Chart) -> dict[str, Any]:
    """Of all that Plotly offers at a chart: to save it as a picture, and to look closer at what has many points.

    What is left out is named, not what is left in: Streamlit adds the button for the whole screen."""
    if isinstance(chart, Scatter):
        hidden = ["pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d"]
        return {"displayModeBar": True, "displaylogo": False, "showTips": False, "modeBarButtonsToRemove": hidden}
    closer = ["zoom2d", "resetScale2d"] if isinstance(chart, Bars | Sum | Matrix | Plane) else []
    return {
        "displayModeBar": True, "displaylogo": False, "showTips": False,
        "modeBarButtonsToRemove": [*closer, "pan2d", "select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d"],
    }  # fmt: skip


def figure(chart: Chart, theme: str = "light") -> dict[str, Any]:
    """The chart as a Plotly figure as wide as its place, for Streamlit's theme; `theme` is "light" or "dark". Until
    somebody presses the button for it, dragging zooms nothing: a finger on a chart scrolls the page.

    It is plain data, for Plotly's own objects take several times as long to make; `plotly.graph_objects.Figure` takes
    it.
    """
    ink, grid = INKS[theme][1:]
    if isinstance(chart, Lines):
        data, layout = lines(chart, ink, grid)
    elif isinstance(chart, Bars):
        data, layout = bars(chart, ink, grid)
    elif isinstance(chart, Sum):
        data, layout = steps(chart, ink, grid)
    elif isinstance(chart, Plane):
        data, layout = plane(chart, ink, grid)
    elif isinstance(chart, Scatter):
        data, layout = scatter(chart, ink, grid)
    elif isinstance(chart, Matrix):
        data, layout = matrix(chart, ink)
    else:
        data, layout = bins(chart, ink, grid)
    common = {
        "height": _HEIGHT,
        "margin": {"l": 8, "r": 24, "t": 40, "b": 8},
        "title": {
            "text": literal(chart.title), "font": {"size": 16}, "x": 0, "xref": "container", "y": 0.97,
            "yref": "container",
        },
        "dragmode": False,
        "showlegend": True,
        "legend": {
            # below the chart it takes what rows it needs; more than one, and the names stand in columns
            "orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom", "title": {"text": ""},
            "traceorder": "normal",
            # the page's own font is not in a saved picture, and names in a wider one would be cut off
            "font": {"family": "sans-serif"},
        },
        # what somebody zoomed to, or switched off in the legend, stays as long as the chart shows the same
        "uirevision": f"{zlib.crc32((_grows(chart) or numbers(chart).csv()).encode()):08x}",
    }  # fmt: skip
    return {"data": data, "layout": common | layout}


def _grows(chart: Chart) -> str:
    return chart.grows if isinstance(chart, Lines) else ""
