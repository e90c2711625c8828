"""A window that slides over a map, what it holds, and the map that comes of it, painted as it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..drawing.color import Scale, palette
from ..geometry import Window
from ..trace import FloatArray
from .legend import LEGEND, legend
from .view import View, array_file, inline

Rule = Literal["sum", "max", "min", "average", "value"]  # how the output comes of the window; "value": not worked out

PLAYER = f"""<div class="player">
      <div class="controls"><button type="button" class="play"></button>
        <input type="range" class="scrub" min="0" step="1" aria-label="Position of the window, row by row">
        <label>Speed <select class="speed">
          <option value="2">2 steps a second</option><option value="10" selected>10 steps a second</option>
          <option value="50">50 steps a second</option><option value="row">10 rows a second</option>
        </select></label></div>
      <div class="side source"><div class="title"></div><canvas></canvas>{LEGEND}</div>
      <div class="numbers"><div class="tables"></div><div class="result"></div>
        <button type="button" class="spell" aria-pressed="false" hidden>Numbers</button></div>
      <div class="side output"><div class="title"></div>
        <canvas tabindex="0" role="application"></canvas>{LEGEND}</div>
      <div class="said" role="status"></div>
    </div>"""

WINDOW = View("window", PLAYER, is_figure=True)


@dataclass(frozen=True)
class LabelledMap:
    """A map (H, W), the scale that its colours stand for, what is written above it, and the unit of its values."""

    values: FloatArray
    scale: Scale
    label: str
    unit: str


@dataclass(frozen=True)
class Reckoning:
    """How a value of the output comes of the numbers in the window.

    With a `kernel` (kH, kW) they are multiplied, and the products added up. "max" and "min" mark the winner (padding
    never wins), "average" divides the sum by the number of cells, with padding among them or not (`counts_padding`).
    `note` says what else went into the value.
    """

    rule: Rule = "sum"
    kernel: FloatArray | None = None
    counts_padding: bool = True
    note: str = ""


PLAIN = Reckoning()


def window_data(
    source: LabelledMap, output: LabelledMap, window: Window, at: tuple[int, int], reckoning: Reckoning
) -> dict[str, object]:
    """What a browser is sent; see `window_player` of the app."""
    kernel = reckoning.kernel
    return {
        "source": _map(source),
        "output": _map(output),
        "kernel": None if kernel is None else [[_json(weight) for weight in row] for row in kernel.tolist()],
        "size": list(window.kernel),
        "stride": list(window.stride),
        "padding": list(window.padding),
        "dilation": list(window.dilation),
        "at": list(at),
        "rule": reckoning.rule,
        "counts_padding": reckoning.counts_padding,
        "signed": colors("signed"),
        "source_label": source.label,
        "output_label": output.label,
        "note": reckoning.note,
        "figure": f"{source.label}, and {output.label}",
    }


def _map(view: LabelledMap) -> dict[str, object]:
    """A map for the browser to paint: its numbers under an address of their own, so that they are fetched once."""
    scale = view.scale
    return {
        "url": array_file(view.values),
        "shape": list(view.values.shape),
        "low": scale.low,
        "high": scale.high,
        "signed": scale.signed,
        "colors": colors(scale.palette),
        "legend": legend(scale, view.unit),
    }


def colors(name: str) -> str:
    """A palette for the browser: red, green and blue of one colour after another, as text."""
    return inline(palette(name).tobytes())


def _json(value: float) -> float | None:
    return value if np.isfinite(value) else None
