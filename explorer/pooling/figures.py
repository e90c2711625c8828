"""Pooling in pictures: what is kept of a map and what is lost, one map pooled in many ways, how a moving picture is
taken, and windows to guess a value from."""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..drawing.color import Scale, is_dark, palette, scale_for, scale_of
from ..drawing.picture import countable, heat_map, png_of_image
from ..drawing.series import Axis, Line, Lines, percent_axis
from ..drawing.units import input_unit
from ..geometry import Window
from ..questions import Question
from ..trace import FloatArray, Trace, read_by
from ..wording import number
from .exchange import ShiftTest
from .kinds import KINDS, enlarged, pool, relative_error
from .layers import maps_after, pooling_of
from .opened import OpenedPooling, open_pooling
from .winners import winners

_SIDE = 224  # pixels of a map
_CELL = 56  # of a number's square
_MOST_CELLS = 25  # of a window whose numbers are to be read
_N_ANSWERS = 4
_ANSWERS = "ABCD"


@dataclass(frozen=True, eq=False)
class MapView:
    """A map, its scale, what it shows and how to read it."""

    values: FloatArray
    scale: Scale
    title: str
    unit: str
    reading: str

    @property
    def png(self) -> bytes:
        """Each value a square."""
        return heat_map(countable(self.values, 2 * _SIDE), self.scale)


def left_over(trace: Trace, layer: str, channel: int) -> tuple[MapView, ...]:
    """What a layer keeps of one channel of its input. Of a maximum: the values that win, with holes in place of the
    others; how many windows each value wins; and which cell of its window each value of the output comes from. Of an
    average: what it differs by from the values that went in; nothing where its windows hold one cell."""
    pooling = pooling_of(trace.network, layer)
    before = read_by(trace, pooling.layer)[channel]
    if pooling.rule == "max":
        found, window = winners(trace, layer, channel), pooling.regular
        assert window is not None  # a maximum has one
        used, n_cells = found.used, math.prod(window.kernel)
        won = np.where(used > 0, before, np.float32(np.nan))
        return (
            MapView(
                won, scale_of(before), "What is kept", input_unit(trace, pooling.layer, channel),
                f"{int((used > 0).sum()):,} of {used.size:,} values reach the output. Holes: values that win nowhere.",
            ),
            MapView(
                used.astype(np.float32), scale_for(0, float(used.max())), "Who wins how often", "number of windows",
                f"{_most(int(used.max()))} Of equal values the first wins, as torch has it.",
            ),
            MapView(
                found.place.astype(np.float32), scale_for(0, n_cells - 1), "Where it was found", "cell of the window",
                f"Of each window, which of its {n_cells} cells won: 0 is the upper left one, {n_cells - 1} the lower "
                "right one.",
            ),
        )  # fmt: skip
    if pooling.regular is not None and pooling.regular.kernel == (1, 1):
        return ()
    after = maps_after(trace, pooling)[channel]
    lost = before - enlarged(after, pooling.before)
    scale = scale_of(lost)
    limit = max(-scale.low, scale.high)
    return (
        MapView(
            lost, Scale(-limit, limit, "signed"), "What is lost", "value less the mean that stands for it, no unit",
            "Red: the value was above the mean that is left of its window; blue: below; white: nothing is lost.",
        ),
    )  # fmt: skip


def _most(n: int) -> str:
    return "No value wins more than one window." if n == 1 else f"One value wins up to {n} windows."


@dataclass(frozen=True, eq=False)
class Pooled:
    """One map pooled by one kind; `error` is that of `relative_error`."""

    kind: str
    values: FloatArray
    scale: Scale
    error: float

    @property
    def png(self) -> bytes:
        """Each value a square."""
        return heat_map(countable(self.values, _SIDE), self.scale)


def pooled_ways(before: FloatArray, window: Window, is_ceil: bool, seed: int) -> tuple[Pooled, ...]:
    """A map (H, W) pooled by all KINDS, on the scale of the map before. The L2 norm, which is larger by its nature, has
    its own. Raises BadWindow."""
    found = [pool(before[None], kind, window, is_ceil, seed)[0] for kind in KINDS]
    shared = scale_of(before)
    return tuple(
        Pooled(kind, values, _own_scale(values, shared) if kind == "L2" else shared, relative_error(before, values))
        for kind, values in zip(KINDS, found, strict=True)
    )


def _own_scale(values: FloatArray, shared: Scale) -> Scale:
    limit = scale_of(values).high
    return Scale(-limit if shared.signed else 0.0, limit, shared.palette)


def ways_png(before: FloatArray, ways: Sequence[Pooled]) -> bytes:
    """The map before and what each kind makes of it, in a row."""
    tiles = [countable(before, _SIDE)] + [countable(way.values, _SIDE) for way in ways]
    scales = [scale_of(before), *(way.scale for way in ways)]
    height = max(len(tile) for tile in tiles)
    sheet = Image.new("RGBA", (sum(tile.shape[1] + 4 for tile in tiles), height))
    left = 0
    for tile, scale in zip(tiles, scales, strict=True):
        sheet.paste(Image.open(io.BytesIO(heat_map(tile, scale))).convert("RGBA"), (left, 0))
        left += tile.shape[1] + 4
    return png_of_image(sheet)


# Lines over a moving picture

_SHARES = {"probabilities": "probability in percent", "changes": "change in percent"}
# Each kind keeps its own, whichever are chosen; those that are chosen at first are the easiest to tell apart.
_LOOKS = dict(zip(KINDS, (4, 1, 7, 3, 5, 0, 6, 2), strict=True))


def moving_lines(found: ShiftTest, what: str, title: str) -> Lines:
    """Shares against the pixels that a picture has moved by, in percent, one line for each kind of pooling; `what` is
    "probabilities" or "changes". Where one answer of probability is likelier than not, all of them have room."""
    values: FloatArray = getattr(found, what)  # (kinds, n + 1)
    finite = values[np.isfinite(values)]
    highest = max(0.01, float(finite.max(initial=0)))
    if what == "probabilities" and highest > 0.5:
        highest = 1.0
    n = values.shape[1] - 1
    return Lines(
        title,
        range(n + 1),
        [Line(kind, 100 * row, _LOOKS.get(kind)) for kind, row in zip(found.kinds, values, strict=True)],
        Axis("pixels to the right", 0, n, is_whole=True),
        percent_axis(_SHARES[what], highest),
    )


# A question


def which_window(trace: Trace, layer: str, channel: int) -> Question | None:
    """Four windows of one channel, one of which gives a certain value; of a layer whose one window is the whole map,
    the maps of four channels. None where there are no four that give different values."""
    pooling = pooling_of(trace.network, layer)
    if pooling.regular is None or pooling.regular.kernel == (1, 1):
        return None
    n_cells = math.prod(pooling.regular.kernel)
    if not pooling.is_global and n_cells > _MOST_CELLS:
        return None
    after = maps_after(trace, pooling)
    values = after[:, 0, 0] if pooling.is_global else after[channel].ravel()
    places = _different(values)
    if places is None:
        return None
    chance = np.random.default_rng(zlib.crc32(f"{pooling.layer} {channel}".encode()))
    chance.shuffle(places)
    right = int(chance.integers(_N_ANSWERS))
    units = [(i, 0, 0) if pooling.is_global else (channel, *divmod(i, pooling.after[1])) for i in places]
    opened = [open_pooling(trace, pooling.layer, unit) for unit in units]
    scale = scale_of(np.concatenate([one.values[~one.is_padding] for one in opened]))
    draw = map_png if n_cells > _MOST_CELLS else window_png
    what, source = ("largest value" if pooling.rule == "max" else "mean"), pooling.source or "the picture"
    kind = "maps" if pooling.is_global else "windows"
    where = "channels" if pooling.is_global else "places"
    stands = [f"channel {c}" if pooling.is_global else f"y {y}, x {x}" for c, y, x in units]
    named = ", ".join(
        f"{letter} {number(one.value)} ({stand})" for letter, one, stand in zip(_ANSWERS, opened, stands, strict=True)
    )
    return Question(
        f"These are {kind} of {source} at four {where}. Of which is {number(opened[right].value)} the {what}?",
        tuple(_ANSWERS),
        right,
        f"{pooling.layer} gives {named}.",
        tuple(draw(one, scale) for one in opened),
    )


def _different(values: FloatArray) -> list[int] | None:
    """Four places whose values are told apart at a glance: from the highest down to the middle of all that differ."""
    finite = np.flatnonzero(np.isfinite(values))
    if not finite.size:
        return None
    step = float(np.ptp(values[finite])) / 50
    chosen: list[int] = []
    for i in finite[np.argsort(-values[finite], kind="stable")].tolist():
        if step and (not chosen or values[chosen[-1]] - values[i] >= step):
            chosen.append(i)
    if len(chosen) < _N_ANSWERS:
        return None
    return [chosen[round(j * (len(chosen) - 1) / (_N_ANSWERS - 1) * 0.75)] for j in range(_N_ANSWERS)]


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def map_png(opened: OpenedPooling, scale: Scale) -> bytes:
    """What the window holds, in colours."""
    return heat_map(countable(opened.values, _SIDE), scale)


def window_png(opened: OpenedPooling, scale: Scale) -> bytes:
    """What the window holds, in numbers on their colours; padding is grey and empty."""
    height, width = opened.values.shape
    image = Image.new("RGB", (width * _CELL, height * _CELL), "#808080")
    draw = ImageDraw.Draw(image)
    most = max(abs(scale.low), abs(scale.high))
    digits = 2 if most >= 1 or most == 0 else min(6, 2 - math.floor(math.log10(most)))
    indices = scale.indices(np.where(opened.is_padding, np.float32(0), opened.values))
    for row, column in np.argwhere(~opened.is_padding).tolist():
        left, top = column * _CELL, row * _CELL
        color = palette(scale.palette)[indices[row, column]]
        draw.rectangle((left, top, left + _CELL - 1, top + _CELL - 1), tuple(color.tolist()), outline="#808080")
        text = f"{opened.values[row, column]:.{digits}f}"  # its font has no other minus sign
        font = _font(18 if len(text) <= 5 else 90 // len(text))
        ink = "#ffffff" if is_dark(color) else "#000000"
        draw.text((left + _CELL / 2, top + _CELL / 2), text, ink, font, anchor="mm")
    return png_of_image(image)
