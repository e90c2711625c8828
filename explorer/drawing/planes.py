"""What Plotly draws for maps whose sides are quantities: each in its colours, one upon the other, and lines above."""

from __future__ import annotations

from typing import Any

import numpy as np

from .color import N_COLORS, Scale, palette
from .series import Plane, Tint
from .traces import COLORS, Drawn, axis_layout, literal

_LOWER, _UPPER = 0.74, 0.82  # of the height: up to where the maps reach, and from where on the lines
_STOPS = 33
_MOST_OPAQUE = 0.85  # of what lies over another map


def plane(chart: Plane, ink: str, grid: str) -> Drawn:
    """The maps, and the colour bar of the one on top, which is read where one points."""
    still = {"fixedrange": True, "showgrid": False, "zeroline": False}
    has_lines = chart.above is not None
    layout: dict[str, Any] = {
        "hovermode": "closest",
        "showlegend": False,
        "xaxis": {**axis_layout(chart.x, ink, grid), **still, "anchor": "y"},
        "yaxis": {**axis_layout(chart.y, ink, grid), **still, "domain": [0, _LOWER if has_lines else 1]},
    }
    drawn = [_map(one, chart, ink, one is chart.maps[-1]) for one in chart.maps]
    if chart.above is not None:
        layout["yaxis2"] = {
            **axis_layout(chart.above.y, ink, grid), **still, "domain": [_UPPER, 1], "anchor": "x", "nticks": 3,
        }  # fmt: skip
        drawn += [
            {
                "type": "scatter", "x": list(chart.above.steps), "y": line.values.tolist(), "yaxis": "y2",
                "mode": "lines", "line": {"color": COLORS[line.look or 0], "width": 1}, "name": line.name,
                "hoverinfo": "skip",
            }
            for line in chart.above.lines
        ]  # fmt: skip
    return drawn, layout


def _map(one: Tint, chart: Plane, ink: str, is_on_top: bool) -> dict[str, Any]:
    values = np.round(one.values[::-1].astype(float), 4)
    what, x, y = literal(one.what), chart.x.unit, chart.y.unit
    return {
        "type": "heatmap",
        "z": [[value if np.isfinite(value) else None for value in row] for row in values.tolist()],
        "x": one.middles(0).tolist(),
        "y": one.middles(1).tolist(),
        "zmin": one.scale.low,
        "zmax": one.scale.high,
        "zsmooth": "best" if one.fades else False,
        "colorscale": _colors(one.scale, one.fades),
        "showscale": is_on_top,
        "colorbar": {"thickness": 10, "outlinecolor": ink, "outlinewidth": 1, "ticksuffix": one.unit, "nticks": 5},
        "name": what,
        "hoverinfo": None if is_on_top else "skip",
        "hovertemplate": f"{what}: %{{z:.4~g}}{one.unit}<br>at %{{x:.3~f}}{x}, %{{y:.4~g}}{y}<extra></extra>"
        if is_on_top
        else None,
    }


def _colors(scale: Scale, fades: bool) -> list[list[float | str]]:
    """The scale's colours as Plotly takes them; where they fade, clear at the low end (signed: at zero)."""
    at = np.linspace(0, 1, _STOPS)
    entries = np.round(at * (N_COLORS - 1)).astype(int)
    strength = scale.opacities[entries] / 255 * _MOST_OPAQUE if fades else np.ones(_STOPS)
    return [
        [share, f"rgba({red}, {green}, {blue}, {opacity:.3f})"]
        for share, (red, green, blue), opacity in zip(
            at.tolist(), palette(scale.palette)[entries].tolist(), strength.tolist(), strict=True
        )
    ]
