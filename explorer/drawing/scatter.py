"""What Plotly draws for points in a plane, of which some can be chosen."""

from __future__ import annotations

from typing import Any

from .series import Dots, Scatter
from .traces import BARS, COLORS, SHAPES, Drawn, axis_layout, literal

_HEIGHT = 460
_MANY = 2000  # points that are drawn small


def scatter(chart: Scatter, ink: str, grid: str) -> Drawn:
    """By WebGL, for thousands; a lasso in hand from the start."""
    n = sum(len(group.rows) for group in chart.groups)
    side = {"showgrid": True, "zeroline": False, "nticks": 5}
    layout = {
        "height": _HEIGHT, "dragmode": "lasso", "hovermode": "closest",
        "xaxis": axis_layout(chart.x, ink, grid) | side,
        "yaxis": axis_layout(chart.y, ink, grid) | side | {"scaleanchor": "x", "scaleratio": 1},
    }  # fmt: skip
    return [_dots(group, 4 if n > _MANY else 7) for group in chart.groups], layout


def _dots(group: Dots, size: int) -> dict[str, Any]:
    """Of more than eight groups the colours come again with other shapes."""
    look = group.look
    color = BARS if look is None else COLORS[look % len(COLORS)]
    symbol = "circle-open" if look is None else SHAPES[(look + look // len(COLORS)) % len(SHAPES)]
    return {
        "type": "scattergl",
        "mode": "markers",
        "x": group.places[:, 0].tolist(),
        "y": group.places[:, 1].tolist(),
        "name": literal(group.name),
        "marker": {"color": color, "symbol": symbol, "size": size, "opacity": 0.85},
        "customdata": [[row, literal(note)] for row, note in zip(group.rows, group.notes, strict=True)],
        "hovertemplate": "%{customdata[1]}<extra></extra>",
        "unselected": {"marker": {"opacity": 0.15}},
    }
