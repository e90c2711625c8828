"""A network while it learns, as a film: to follow, to play again back and forth, and to steer the training by."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...drawing.color import palette
from ...elements.legend import LEGEND
from ...elements.overlay import Photo
from ...elements.view import inline
from .base import Element, Report

_PANE = f"""<section class="pane">
  <div class="head"><span class="line"></span><h3 class="title"></h3><span class="readout"></span></div>
  <figure class="kernels"><figcaption></figcaption><div class="tiles" role="img"></div>{LEGEND}</figure>
  <figure class="watched"><figcaption></figcaption><div class="photo"><img alt=""><canvas class="heat"></canvas></div>
    <p class="about"></p>{LEGEND}</figure>
  <figure class="maps"><figcaption></figcaption><div class="tiles" role="img"></div>{LEGEND}</figure>
  <div class="numbers">
    <figure class="answers"><figcaption>Its answer for that picture</figcaption><div class="rows"></div></figure>
    <figure class="gradients"><figcaption title="Of each layer’s weights: the root mean square of the gradient, as a bar
      from 10⁻⁶ to 1 in powers of ten; and that of the last step’s change, as a share of the weights">Gradient, rms
      (log, 10⁻⁶–1) · change</figcaption><div class="rows"></div></figure>
  </div>
</section>"""

_learning = Element(
    "learning",
    f"""<div class="learning">
      <div class="bar">
        <button type="button" class="main"></button>
        <button type="button" class="one">One step</button>
        <select class="pace" aria-label="Speed of the training"><option value="0">at full speed</option>
          <option value="20">20 steps a second</option><option value="5">5 steps a second</option>
          <option value="1">1 step a second</option></select>
        <button type="button" class="anew">Start anew</button>
        <span class="step"></span><span class="said" role="status"></span>
      </div>
      <form hidden>
        <select class="of" aria-label="Network"></select>
        <label>Kernel <input type="number" class="kernel" min="0" value="0"></label>
        <select class="colour" aria-label="Colour"></select>
        <label>row <input type="number" class="y" min="0" value="0"></label>
        <label>column <input type="number" class="x" min="0" value="0"></label>
        <span class="now" role="status"></span>
        <label>make it <input type="number" class="value" step="any"></label>
        <button type="submit" class="write">Write it in</button><span class="why"></span>
      </form>
      <div class="stage" tabindex="0" role="group" aria-label="Film of the training. Space plays it again, arrow keys
        step, Home and End lead to both ends."></div>
      <template>{_PANE}</template>
      <div class="strip"><svg class="curves" aria-hidden="true"></svg><div class="marks"></div>
        <input type="range" class="scrub" min="0" value="0" step="1" aria-label="Step of the film"></div>
      <div class="bar">
        <button type="button" class="replay"></button>
        <select class="rate" aria-label="Speed of the film"><option value="10">10 pictures a second</option>
          <option value="20" selected>20 pictures a second</option><option value="30">30 pictures a second</option>
          <option value="3">3 pictures a second</option></select>
        <button type="button" class="here">Go on from here</button>
        <button type="button" class="open" aria-expanded="false">Change a weight</button>
        <span class="key"></span><span class="event"></span>
      </div>
    </div>""",
    is_figure=True,
)

ACTS = ("train", "play", "pause", "step", "cancel")
PACES = (0, 20, 5, 1)  # steps a second; 0: as many as there can be
_TURNS = ("playing", "paused", "done", "stopped", "failed", "lost")
_MOST_STEPS = 10**9

Edit = tuple[int, int, int, int, int, float]  # pane, kernel, colour, row, column, and the new weight


@dataclass(frozen=True)
class LearningPane:
    """One network: its title, how its frames are laid out, as JSON, the picture that is watched and the class that it
    is of, what its kernels and its maps are called, and its first frame."""

    title: str
    layout: str
    photo: Photo
    category: int
    kernels: str
    maps: str
    first: bytes | None = None


@dataclass(frozen=True)
class Training:
    """Where its frames are to be had, "" where nothing is trained yet; its status, what is said of it, and its pace."""

    address: str
    status: str
    said: str
    pace: int


@dataclass(frozen=True)
class Steering:
    """What follows what a person does; `turned`: the training has begun, has come to rest, or is gone."""

    act: Callable[[str], None]
    pace: Callable[[int], None]
    rewind: Callable[[int], None]
    edit: Callable[[Edit], None]
    turned: Callable[[str], None]


def learning_film(panes: Sequence[LearningPane], training: Training, alt: str, key: str, on: Steering) -> None:
    """One network, or two side by side under one slider. What is played again, and gone back to, is in the browser."""
    layouts = [json.loads(pane.layout) for pane in panes]
    shapes = [dict(layout["fields"])["kernels"] for layout in layouts]
    _learning(
        key,
        {
            "address": training.address,
            "panes": [_pane(pane, layouts[i], f"{key}-{i}") for i, pane in enumerate(panes)],
            "palettes": {name: inline(palette(name).tobytes()) for name in ("signed", "viridis", "inferno")},
            "status": training.status,
            "said": training.said,
            "pace": training.pace,
            "figure": alt,
        },
        act=Report(ACTS, on.act),
        pace=Report(PACES, on.pace),
        rewind=Report(range(_MOST_STEPS), on.rewind),
        edit=Report(lambda value: _is_edit(value, shapes), lambda value: on.edit(tuple(value))),
        turned=Report(_TURNS, on.turned),
    )


def _pane(pane: LearningPane, layout: dict[str, object], key: str) -> dict[str, object]:
    return {
        "title": pane.title,
        "layout": layout,
        "photo": pane.photo.file,
        "size": list(pane.photo.size),
        "category": pane.category,
        "kernels": pane.kernels,
        "maps": pane.maps,
        "first": None if pane.first is None else inline(pane.first),
    }


def _is_edit(value: object, shapes: Sequence[Sequence[int]]) -> bool:
    """Whether it names a weight that there is, and a number."""
    if not isinstance(value, list) or len(value) != 6 or any(type(one) is not int for one in value[:5]):
        return False
    pane, *place = value[:5]
    if pane not in range(len(shapes)) or any(at not in range(n) for at, n in zip(place, shapes[pane], strict=True)):
        return False
    return type(value[5]) in (int, float) and math.isfinite(value[5])
