"""Three interactive elements that Streamlit does not have: a grid to choose from, bars to choose from, a probe."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.runtime import get_instance

from ..figures.color import Scale
from ..figures.picture import heat_map
from ..geometry import ReceptiveField
from ..trace import FloatArray

# Data goes to the browser as a list of one: in a dictionary Streamlit would look for tables at every call, and import
# pandas for that, half a second of every start.
_FRONTEND = Path(__file__).parent / "frontend"
_CSS = (_FRONTEND / "style.css").read_text(encoding="utf-8")

_LEGEND = """<div class="legend"><div class="ramp"></div><span class="low"></span><span class="middle"></span>
  <span class="high"></span><span class="unit"></span></div>"""

_grid = st.components.v2.component(
    "explorer.grid",
    html=f'<div class="grid"><img><div class="cells"></div></div>{_LEGEND}',
    css=_CSS,
    js=(_FRONTEND / "grid.js").read_text(encoding="utf-8"),
)
_ranking = st.components.v2.component(
    "explorer.ranking",
    html='<div class="ranking"></div>',
    css=_CSS,
    js=(_FRONTEND / "ranking.js").read_text(encoding="utf-8"),
)
_probe = st.components.v2.component(
    "explorer.probe",
    html=f"""<div class="probe">
      <div class="stage" tabindex="0" role="application">
        <img class="photo"><img class="heat" alt=""><div class="field" hidden></div><div class="cell" hidden></div>
      </div>
      <div class="readout" role="status"></div>
      {_LEGEND}
      <svg class="histogram" viewBox="0 0 100 40" preserveAspectRatio="none" role="img" hidden></svg>
      <div class="bounds" hidden><span></span><span></span></div>
      <label>Picture <input type="range" min="0" max="100" aria-label="Opacity of the map over the picture"> Map</label>
    </div>""",
    css=_CSS,
    js=(_FRONTEND / "probe.js").read_text(encoding="utf-8"),
)


def picture_url(png: bytes, place: str) -> str:
    """An address under this server for a PNG; equal pictures share one, so a browser never loads one twice.

    `place` names where on the page it stands: what stood there before is forgotten.
    """
    url: str = get_instance().media_file_mgr.add(png, "image/png", place)
    return url


def _inline(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def grid(
    png: bytes, labels: Sequence[str], columns: int, selected: int | None, alt: str, key: str,
    on_choose: Callable[[int], None], captions: Sequence[str] | None = None, legend: dict[str, object] | None = None,
) -> None:  # fmt: skip
    """A picture of equal cells in rows, one of them chosen by mouse, touch or arrow keys; calls `on_choose(cell)`."""
    _grid(
        key=key,
        data=[
            {
                "url": picture_url(png, key),
                "labels": list(labels),
                "captions": None if captions is None else list(captions),
                "columns": columns,
                "selected": -1 if selected is None else selected,
                "alt": alt,
                "legend": legend,
            }
        ],
        on_chosen_change=lambda: _report(key, on_choose),
    )


def ranking(
    rows: Sequence[tuple[int, str, float, str]], chosen: int, label: str, key: str, on_choose: Callable[[int], None]
) -> None:
    """Bars to choose from: rows of (index, name, share of the full width, value as text); calls `on_choose(index)`."""
    _ranking(
        key=key,
        data=[
            {
                "label": label,
                "rows": [
                    {"index": index, "name": name, "share": share, "value": value, "chosen": index == chosen}
                    for index, name, share, value in rows
                ],
            }
        ],
        on_chosen_change=lambda: _report(key, on_choose),
    )


def _report(key: str, on_choose: Callable[[int], None]) -> None:
    chosen = st.session_state[key].get("chosen")
    if chosen is not None:
        on_choose(int(chosen))


def probe(
    photo: bytes, size: tuple[int, int], values: FloatArray, scale: Scale, unit: str, alt: str, key: str,
    shown: FloatArray | None = None, field: ReceptiveField | None = None, opacity: float = 0.5, histogram: bool = False,
) -> None:  # fmt: skip
    """A map over the picture it belongs to, with its legend. Pointing at a cell, or moving there with the arrow keys,
    tells its value and, given the receptive field, frames the pixels that it can see.

    `photo` is a PNG, `size` its height and width. `values` are the map's own cells; `shown` is the same map enlarged,
    where it is to look smooth. A histogram tells how often which value occurs, exact zeros apart, and marks the one
    that is pointed at.
    """
    picture = values if shown is None else shown
    low, high = float(values.min()), float(values.max())
    peak = np.unravel_index(int(np.nan_to_num(values, nan=-np.inf).argmax()), values.shape)
    _probe(
        key=key,
        data=[{
            "photo": picture_url(photo, f"{key}-photo"),
            "heat": _inline(heat_map(picture, scale)),  # small, and another one at every click: no second request
            "pixelated": shown is None,
            "values": base64.b64encode(np.ascontiguousarray(values).tobytes()).decode(),
            "shape": list(values.shape),
            "size": list(size),
            "start": [int(index) for index in peak],
            "field": None
            if field is None
            else {
                "start": list(field.start), "jump": list(field.jump), "size": list(field.size), "whole": field.whole,
            },
            "opacity": opacity,
            "histogram": histogram,
            "alt": alt,
            "legend": legend(scale, f"{unit}; here from {low:.4g} to {high:.4g}"),
        }],
    )  # fmt: skip


def legend(scale: Scale, unit: str) -> dict[str, object]:
    """What a colour bar says: its colours, the values at both ends and in the middle, and what they are values of."""
    return {
        "stops": scale.stops(),
        "low": f"{scale.low:.4g}",
        "middle": "0" if scale.signed else f"{(scale.low + scale.high) / 2:.4g}",
        "high": f"{scale.high:.4g}",
        "unit": unit,
    }
