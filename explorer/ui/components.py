"""Interactive elements that Streamlit does not have: a grid, bars and a list to choose from, a probe, a drawing pad."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeGuard

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw
from streamlit.runtime import get_instance

from ..drawing.color import Scale
from ..drawing.picture import heat_map
from ..errors import BadImage
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
_pad = st.components.v2.component(
    "explorer.pad",
    html="""<div class="pad">
      <div class="paper">
        <canvas tabindex="0" role="application" aria-label="Paper to draw on. Draw with the pointer, or with the keys:
          the arrows move the pen, Space or Enter puts it down and lifts it again."></canvas>
        <div class="pen"></div><div class="hint">Draw a digit here</div>
      </div>
      <div class="tools"><button type="button" class="undo">Undo</button>
        <button type="button" class="clear">Clear</button>
        <button type="button" class="thin">Thin brush</button></div>
      <div class="said" role="status"></div>
    </div>""",
    css=_CSS,
    js=(_FRONTEND / "pad.js").read_text(encoding="utf-8"),
)
_picker = st.components.v2.component(
    "explorer.picker",
    html="""<div class="picker">
      <input type="search" role="combobox" aria-label="Search the networks" aria-expanded="true"
        aria-controls="networks" aria-autocomplete="list" placeholder="Name, family or year" autocomplete="off"
        spellcheck="false">
      <div class="found" role="status"></div>
      <div class="list" id="networks" role="listbox" aria-label="Networks" tabindex="-1"></div>
    </div>""",
    css=_CSS,
    js=(_FRONTEND / "picker.js").read_text(encoding="utf-8"),
)

Strokes = list[list[int]]  # each [width, x, y, x, y, ...], in thousandths of the paper's side
_UNITS, _WIDEST = 1000, 200
_MOST_NUMBERS = 40_000  # in all strokes together: 200 kB on the wire; a digit has some hundred
_SIDE, _FINE = 140, 4  # of the picture that is made of them, and points per pixel and axis
_INK, _PAPER = 30, 255


def file_url(content: bytes, kind: str, place: str) -> str:
    """An address under this server for a file of a media type; equal files share one, so a browser never loads one
    twice.

    `place` names where on the page it stands: what stood there before is forgotten.
    """
    url: str = get_instance().media_file_mgr.add(content, kind, place)
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
                "url": file_url(png, "image/png", key),
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
                    {
                        "index": index,
                        "name": name,
                        "share": share if math.isfinite(share) else 0.0,
                        "value": value,
                        "chosen": index == chosen,
                    }
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


def network_picker(
    groups: Sequence[tuple[str, Sequence[tuple[str, str, str, bool]]]], chosen: str, key: str,
    on_choose: Callable[[str], None],
) -> None:  # fmt: skip
    """A list to search and choose from, under headings: rows of (name, title, facts, whether it is on this machine).

    Made for a popover: when it opens, the search has the focus and the chosen row is in sight. Calls
    `on_choose(name)`. `facts` begin with the year, set off by " · ". The search looks for names, titles, years
    and headings. A name may stand under several headings.
    """

    def report() -> None:
        name = st.session_state[key].get("chosen")
        if any(name == row[0] for _, rows in groups for row in rows):  # whatever else a browser may send
            on_choose(name)

    _picker(
        key=key,
        data=[
            {
                "chosen": chosen,
                "groups": [
                    {
                        "heading": heading,
                        "rows": [
                            {
                                "name": name, "title": title, "facts": facts, "is_here": is_here,
                                "words": _words(heading, name, title, facts.split(" · ")[0]),
                            }
                            for name, title, facts, is_here in rows
                        ],
                    }
                    for heading, rows in groups
                ],
            }
        ],
        on_chosen_change=report,
    )  # fmt: skip


def _words(*texts: str) -> str:
    """What a search looks in: each text as it is, and without its hyphens and gaps ("resnet50" finds ResNet-50)."""
    lower = [text.lower() for text in texts]
    return " ".join([*lower, *(re.sub(r"[\W_]+", "", text) for text in lower)])


def drawing_pad(key: str, on_draw: Callable[[bytes | None], None] | None = None) -> bytes | None:
    """Paper to draw a digit on; the drawing as a PNG, dark on white, or None while the paper is blank.

    It outlives page changes, and times when the pad is not shown. `on_draw` is called with every change, before the
    rerun that brings it. Raises BadImage where what came is no drawing.

    The browser hands over lines, and the picture is made of them here: browsers that guard against being recognised
    put noise into every picture read from a canvas, and a single grey pixel would count as ink.
    """
    kept = f"{key}-strokes"

    def keep() -> None:
        strokes = st.session_state[key].get("strokes")
        st.session_state[kept] = strokes if _are_strokes(strokes) else None
        if on_draw is not None and st.session_state[kept] is not None:
            on_draw(_drawn(st.session_state[kept]))

    strokes: Strokes | None = st.session_state.get(kept, [])
    _pad(key=key, data=[{"strokes": strokes or [], "limit": _MOST_NUMBERS}], on_strokes_change=keep)
    if strokes is None:
        raise BadImage("What came from the drawing pad is not a drawing. Draw again.")
    return _drawn(strokes)


def _are_strokes(value: object) -> TypeGuard[Strokes]:
    """Whether a browser sent what the pad sends: anybody can send anything."""
    if not isinstance(value, list) or not all(isinstance(stroke, list) for stroke in value):
        return False
    if sum(map(len, value)) > _MOST_NUMBERS or len(value) > _MOST_NUMBERS:
        return False
    return all(
        len(stroke) >= 3
        and len(stroke) % 2 == 1
        and all(type(number) is int and 0 <= number <= _UNITS for number in stroke)  # bool is an int as well
        and 1 <= stroke[0] <= _WIDEST
        for stroke in value
    )


def _drawn(strokes: Strokes) -> bytes | None:
    """The lines as the browser draws them, with round ends and corners."""
    if not strokes:
        return None
    image = Image.new("L", (_SIDE * _FINE, _SIDE * _FINE), _PAPER)
    draw = ImageDraw.Draw(image)
    scale = _SIDE * _FINE / _UNITS
    for width, *flat in strokes:
        points = [(x * scale, y * scale) for x, y in zip(flat[::2], flat[1::2], strict=True)]
        draw.line(points, _INK, round(width * scale))
        for x, y in points:
            draw.circle((x, y), width * scale / 2, _INK)
    file = io.BytesIO()
    image.reduce(_FINE).save(file, "PNG")
    return file.getvalue()


def probe(
    photo: bytes, size: tuple[int, int], values: FloatArray, scale: Scale, unit: str, alt: str, key: str,
    shown: FloatArray | None = None, field: ReceptiveField | None = None, opacity: float = 0.5, fades: bool = False,
    histogram: bool = False,
) -> None:  # fmt: skip
    """A map over the picture it belongs to, with its legend. Pointing at a cell, or moving there with the arrow keys,
    tells its value and, given the receptive field, frames the pixels that it can see.

    `photo` is a PNG, `size` its height and width. `values` are the map's own cells; `shown` is the same map enlarged,
    where it is to look smooth. Where it `fades`, the photo is seen through what is weak. A histogram tells how
    often which value occurs, exact zeros apart, and marks the one that is pointed at.
    """
    picture = values if shown is None else shown
    low, high = float(values.min()), float(values.max())
    peak = np.unravel_index(int(np.nan_to_num(values, nan=-np.inf).argmax()), values.shape)
    _probe(
        key=key,
        data=[{
            "photo": file_url(photo, "image/png", f"{key}-photo"),
            "heat": _inline(heat_map(picture, scale, fades)),  # small, another one at every click: no request
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
