"""Pooling in pictures: what is kept of a map and what is lost, one map pooled in many ways, how a moving picture is
taken, and windows to guess a value from."""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..drawing.color import Scale, palette, scale_for, scale_of
from ..drawing.picture import countable, heat_map
from ..geometry import Window
from ..questions import Question
from ..trace import FloatArray, Trace, read_by
from ..wording import number
from .exchange import AS_IT_IS
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
    source = pooling.source or "the picture"
    if pooling.rule == "max":
        found, window = winners(trace, layer, channel), pooling.regular
        assert window is not None  # a maximum has one
        used, n_cells = found.used, math.prod(window.kernel)
        won = np.where(used > 0, before, np.float32(np.nan))
        return (
            MapView(
                won, scale_of(before), "What is kept", f"channel {channel} of {source}",
                f"{int((used > 0).sum()):,} of {used.size:,} values reach the output. Holes: values that win nowhere.",
            ),
            MapView(
                used.astype(np.float32), scale_for(0, float(used.max())), "Who wins how often", "windows won",
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
            lost, Scale(-limit, limit, "signed"), "What is lost", "value less the mean that stands for it",
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
    return _png(sheet)


# Lines over a moving picture

_WIDTH, _HEIGHT, _FONT, _FINE = 680, 440, 24, 4  # pixels of a page, and how many are drawn for each of them
_INKS = {"light": ("#ffffff", "#1f2329", "#d5dae1"), "dark": ("#161616", "#ebebeb", "#3a3f47")}  # paper, ink, grid
_COLORS = dict(  # after Okabe & Ito, whom colour-blind readers tell apart
    zip(KINDS, ("#e69f00", "#2b8cd6", "#8a8f98", "#cc79a7", "#56b4e9", "#d55e00", "#a08a3c", "#009e73"), strict=True)
)


def lines_png(lines: Mapping[str, FloatArray], title: str, theme: str = "light", top: float | None = None) -> bytes:
    """Shares against the pixels that a picture has moved by, one line for each kind of pooling, its name at its end.

    `top` is the highest share on the axis, else that of the lines.
    """
    paper, ink, faint = _INKS[theme]
    image = Image.new("RGB", (_WIDTH * _FINE, _HEIGHT * _FINE), paper)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(_FONT * _FINE)
    n = max(len(values) for values in lines.values()) - 1
    finite = [float(v) for values in lines.values() for v in values if math.isfinite(v)]
    high = top or max([*finite, 0.01]) * 1.05
    widest = max(font.getlength(name) for name in lines)
    left, right = 100 * _FINE, (_WIDTH - 40) * _FINE - int(widest)
    upper, lower = 56 * _FINE, (_HEIGHT - 76) * _FINE

    def place(x: float, share: float) -> tuple[float, float]:
        return left + (right - left) * x / max(1, n), lower - (lower - upper) * share / high

    draw.text((0, 0), title, ink, font)
    for tick in _ticks(high):
        y = place(0, tick)[1]
        draw.line((left, y, right, y), faint, _FINE)
        draw.text((left - 12 * _FINE, y), f"{100 * tick:g} %", ink, font, anchor="rm")
    for step in range(0, n + 1, 2 if n <= 16 else 4):
        draw.text((place(step, 0)[0], lower + 10 * _FINE), str(step), ink, font, anchor="ma")
    draw.text(((left + right) / 2, (_HEIGHT - 32) * _FINE), "pixels to the right", ink, font, anchor="ma")
    ends = []
    for name, values in lines.items():
        color, thick = (ink, 5) if name == AS_IT_IS else (_COLORS[name], 3)
        points = [place(x, float(v)) for x, v in enumerate(values) if math.isfinite(v)]
        if points:
            draw.line(points, color, thick * _FINE, joint="curve")
            for x, y in points:
                draw.circle((x, y), (thick + 1) * _FINE, color)
            ends.append((points[-1][1], points[-1][0], name, color))
    _name_ends(draw, ends, font, right + 30 * _FINE, lower)
    return _png(image.reduce(2))


def _name_ends(
    draw: ImageDraw.ImageDraw, ends: Sequence[tuple[float, float, str, str]],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont, left: float, lower: float,
) -> None:  # fmt: skip
    """The lines' names beside their ends, moved apart where they would overlap, each with a line to its end."""
    step = (_FONT + 4) * _FINE
    ranked = sorted(ends)
    places: list[float] = []
    for y, *_ in ranked:
        places.append(max(y, places[-1] + step) if places else y)
    # what was pushed below the axis moves up again, and pushes those above it
    limit = lower + step
    for i in range(len(places) - 1, -1, -1):
        places[i] = min(places[i], limit)
        limit = places[i] - step
    for (y, x, name, color), at in zip(ranked, places, strict=True):
        draw.line((x, y, left - 4 * _FINE, at), color, _FINE)
        draw.text((left, at), name, color, font, anchor="lm")


def _ticks(high: float) -> list[float]:
    """Round shares from 0 up to the highest, about four of them."""
    step = next(s for s in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 1e9) if high / s <= 5)
    return [step * i for i in range(int(high / step + 1e-6) + 1)]


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


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
        ink = "#ffffff" if color @ (0.299, 0.587, 0.114) < 140 else "#000000"
        draw.text((left + _CELL / 2, top + _CELL / 2), text, ink, font, anchor="mm")
    return _png(image)
