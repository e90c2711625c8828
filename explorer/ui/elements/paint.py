"""One feature map to paint on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ...drawing.color import palette
from ...elements.legend import LEGEND
from ...elements.view import inline
from ...feature_maps.painting import MOST_NUMBERS, Brushes, Shift, Step, Stroke
from ...trace import FloatArray
from .base import Element, Report

_paint = Element(
    "paint",
    f"""<div class="easel">
      <div class="tools">
        <button type="button" class="paint">Paint</button><button type="button" class="erase">Erase</button>
        <button type="button" class="shift">Shift</button>
        <label>Brush <select class="brush" title="Cells a side"><option>1</option><option>3</option><option>5</option>
          <option>9</option><option>17</option><option>33</option></select></label>
      </div>
      <div class="tools">
        <label>Value <input class="value" type="range" step="any"></label><span class="amount"></span>
        <button type="button" class="usual" title="The map’s own highest value">Maximum</button>
      </div>
      <div class="stage"><canvas tabindex="0" role="application"></canvas><div class="cursor"></div>
        <div class="box" hidden></div></div>
      <div class="tools"><span class="read"></span><button type="button" class="undo">Undo</button>
        <button type="button" class="redo">Redo</button><button type="button" class="reset">Reset</button></div>
      {LEGEND}
      <div class="said" role="status"></div>
    </div>""",
    is_figure=True,
)


@dataclass(frozen=True)
class Canvas:
    """A map (H, W) as recorded and what was done to it; `name` is what the browser and the server know it by."""

    name: str
    values: FloatArray
    steps: Sequence[Step]
    brushes: Brushes
    alt: str
    unit: str


def paint_map(
    canvas: Canvas, names: Collection[str], key: str, on_paint: Callable[[str, tuple[Step, ...]], None]
) -> None:
    """A map to paint on, to erase from and to move parts of, by mouse, finger or keys. It is drawn in the browser;
    `on_paint(name, steps)` is called when a person rests, with all that was done to the map of that name, one of
    `names`: another one than is drawn now may have been left just before."""
    _paint(
        key,
        {
            "map": canvas.name,
            "shape": list(canvas.values.shape),
            "values": inline(canvas.values.tobytes()),
            "steps": [_as_sent(step) for step in canvas.steps],
            "brushes": vars(canvas.brushes),
            "limit": MOST_NUMBERS,
            "palettes": {name: inline(palette(name).tobytes()) for name in ("viridis", "signed")},
            "unit": canvas.unit,
            "alt": canvas.alt,
            "figure": canvas.alt,
        },
        painted=Report(
            lambda sent: (
                isinstance(sent, dict)
                and set(sent) == {"map", "steps"}
                and isinstance(sent["map"], str)
                and sent["map"] in names
                and are_steps(sent["steps"])
            ),
            lambda sent: on_paint(sent["map"], tuple(map(_as_step, sent["steps"]))),
        ),
    )


def are_steps(value: object) -> bool:
    """Whether a browser sent steps by their form; whether they fit on a map is another question."""
    if not isinstance(value, list) or len(value) > MOST_NUMBERS or not all(isinstance(step, dict) for step in value):
        return False
    lists = [part for step in value for part in step.values() if isinstance(part, list)]
    if sum(map(len, lists)) + len(value) > MOST_NUMBERS:
        return False
    return all(_is_stroke(step) or _is_shift(step) for step in value)


def _is_stroke(step: dict[str, Any]) -> bool:
    if set(step) != {"value", "runs"} or not _are_whole(step["runs"]) or len(step["runs"]) % 2 or not step["runs"]:
        return False
    return type(step["value"]) is float or (type(step["value"]) is int and abs(step["value"]) < 2**53)


def _is_shift(step: dict[str, Any]) -> bool:
    whole = set(step) == {"box", "by"} and _are_whole(step["box"]) and _are_whole(step["by"])
    return whole and len(step["box"]) == 4 and len(step["by"]) == 2


def _are_whole(value: object) -> bool:
    return isinstance(value, list) and all(type(number) is int and abs(number) < 2**31 for number in value)


def _as_step(sent: dict[str, Any]) -> Step:
    if "runs" in sent:
        return Stroke(float(sent["value"]), tuple(zip(sent["runs"][::2], sent["runs"][1::2], strict=True)))
    top, left, bottom, right = sent["box"]
    down, across = sent["by"]
    return Shift((top, left, bottom, right), (down, across))


def _as_sent(step: Step) -> dict[str, object]:
    if isinstance(step, Stroke):
        return {"value": step.value, "runs": [number for run in step.runs for number in run]}
    return {"box": list(step.box), "by": list(step.by)}
