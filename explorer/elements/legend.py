"""A colour bar: what it is made of, and what it says."""

from __future__ import annotations

from ..drawing.color import Scale
from ..wording import number

LEGEND = """<div class="legend"><div class="ramp"></div><span class="low"></span><span class="middle"></span>
  <span class="high"></span><span class="unit"></span></div>"""


def legend(scale: Scale, unit: str) -> dict[str, object]:
    """What a colour bar says: its colours, the values at both ends and in the middle, and what they are values of."""
    return {
        "stops": scale.stops(),
        "low": number(scale.low),
        "middle": "0" if scale.signed else number((scale.low + scale.high) / 2),
        "high": number(scale.high),
        "unit": unit,
    }
