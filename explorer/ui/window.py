"""A window that slides over a map, what it holds, and the map that comes of it, painted as it goes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import streamlit as st
from streamlit.runtime import get_instance

from ..drawing.color import Scale, palette
from ..geometry import Window
from ..trace import FloatArray
from .components import file_url, legend

Rule = Literal["sum", "max", "min", "average", "value"]  # how the output comes of the window; "value": not worked out

_FRONTEND = Path(__file__).parent / "frontend"
_LEGEND = """<div class="legend"><div class="ramp"></div><span class="low"></span><span class="middle"></span>
  <span class="high"></span><span class="unit"></span></div>"""
_player = st.components.v2.component(
    "explorer.window",
    html=f"""<div class="player">
      <div class="controls"><button type="button" class="play"></button>
        <input type="range" class="scrub" min="0" step="1" aria-label="Position of the window, row by row">
        <label>Speed <select class="speed">
          <option value="2">2 steps a second</option><option value="10" selected>10 steps a second</option>
          <option value="50">50 steps a second</option><option value="row">10 rows a second</option>
        </select></label></div>
      <div class="side source"><div class="title"></div><canvas></canvas>{_LEGEND}</div>
      <div class="numbers"><div class="tables"></div><div class="result"></div>
        <button type="button" class="spell" aria-pressed="false" hidden>Numbers</button></div>
      <div class="side output"><div class="title"></div>
        <canvas tabindex="0" role="application"></canvas>{_LEGEND}</div>
      <div class="said" role="status"></div>
    </div>""",
    css=(_FRONTEND / "window.css").read_text(encoding="utf-8"),
    js=(_FRONTEND / "window.js").read_text(encoding="utf-8"),
)


def window_player(
    source: FloatArray, source_scale: Scale, output: FloatArray, output_scale: Scale, window: Window,
    at: tuple[int, int], key: str, on_move: Callable[[int, int], None], kernel: FloatArray | None = None,
    rule: Rule = "sum", photo: bytes | None = None, source_label: str = "What it reads",
    output_label: str = "What it gives", note: str = "", counts_padding: bool = True,
) -> None:  # fmt: skip
    """Left the map that is read, (H, W), with the window's frame; in the middle the numbers in it; right the output
    map, (H', W'), with the cell that the window at `at`, (y, x), gives. Calls `on_move(y, x)` where the window came to
    rest after a click, a key, the slider or a pause; while it plays, nothing is sent.

    With a `kernel` (kH, kW) the middle shows window, kernel and products, and adds these up. `rule` says how the
    output comes of the window: "max" and "min" mark the winner (padding never wins), "average" divides the sum by the
    number of cells, with padding among them or not (`counts_padding`). `photo` is a PNG to show in place of the map's
    colours. `note` stands behind the output's value: what else went into it.
    """
    height, width = output.shape

    def report() -> None:
        moved = st.session_state[key].get("moved")
        if _is_place(moved, height, width):  # whatever else a browser may send
            on_move(*moved)

    _player(
        key=key,
        data=[
            {
                "source": _map(source, source_scale, f"{key}-source"),
                "output": _map(output, output_scale, f"{key}-output"),
                "photo": None if photo is None else file_url(photo, "image/png", f"{key}-photo"),
                "kernel": None if kernel is None else [[_json(weight) for weight in row] for row in kernel.tolist()],
                "size": list(window.kernel),
                "stride": list(window.stride),
                "padding": list(window.padding),
                "dilation": list(window.dilation),
                "at": list(at),
                "rule": rule,
                "counts_padding": counts_padding,
                "signed": _colors("signed"),
                "source_label": source_label,
                "output_label": output_label,
                "note": note,
            }
        ],
        on_moved_change=report,
    )


def _is_place(value: object, height: int, width: int) -> bool:
    """Whether a browser sent a place in the output."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(type(index) is int for index in value)  # bool is an int as well
        and 0 <= value[0] < height
        and 0 <= value[1] < width
    )


def _map(values: FloatArray, scale: Scale, place: str) -> dict[str, object]:
    """A map for the browser to paint: its numbers under an address of their own, so that they are fetched once."""
    numbers = np.ascontiguousarray(values, dtype="<f4").tobytes()
    url: str = get_instance().media_file_mgr.add(numbers, "application/octet-stream", place)
    return {
        "url": url,
        "shape": list(values.shape),
        "low": scale.low,
        "high": scale.high,
        "signed": scale.signed,
        "colors": _colors(scale.palette),
        "legend": legend(scale, ""),
    }


def _colors(name: str) -> str:
    return base64.b64encode(palette(name).tobytes()).decode()


def _json(value: float) -> float | None:
    return value if np.isfinite(value) else None
