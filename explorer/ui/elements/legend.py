"""A colour bar: what it is made of, and what it says."""

from __future__ import annotations

from ...drawing.color import Scale

LEGEND = """<div class="legend"><div class="ramp"></div><span class="low"></span><span class="middle"></span>
  <span class="high"></span><span class="unit"></span></div>"""


def legend(scale: Scale, unit: str) -> dict[str, object]:
    """What a colour bar says: its colours, the values at both ends and in the middle, and what they are values of."""
    return {
        "stops": scale.stops(),
        "low": f"{scale.low:.4g}",
        "middle": "0" if scale.signed else f"{(scale.low + scale.high) / 2:.4g}",
        "high": f"{scale.high:.4g}",
        "unit": unit,
    }
