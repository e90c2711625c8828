"""The classifier in pictures: a logit's terms as a waterfall with thumbnails, softmax as bars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..drawing.color import Scale, palette, scale_of
from ..drawing.picture import drawable_text, heat_map, png_of_pixels
from ..trace import FloatArray
from ..wording import signed
from .logits import Ledger
from .softmax import Softmax

_WIDTH, _ROW, _FONT, _SMALL = 1000, 44, 22, 18  # pixels: twice what a page shows, so that the letters stay sharp
_NAMES, _NUMBERS = 440, 130  # pixels for the names, and for the numbers at the right
RESULT = "sum"  # the name of a waterfall's last row
_PAPER, _INK, _GREY = "#ffffff", "#1f2329", "#7f8ea3"
AGAINST, FOR = ("#" + bytes(palette("signed")[i]).hex() for i in (40, 214))  # blue and red


@dataclass(frozen=True)
class WaterfallRow:
    """A step of a waterfall: from the running total before it to the one after it."""

    name: str
    input: int | None  # which input it is; None for the bias, the others together and the result
    note: str  # weight and input, where it is their product
    amount: float
    start: float
    end: float


@dataclass(frozen=True, eq=False)
class Waterfall:
    """A ledger's rows from zero to the logit, with the maps of those that are channels, all on one scale."""

    rows: tuple[WaterfallRow, ...]
    low: float  # of all running totals, zero among them
    high: float
    maps: FloatArray  # (n, H, W): one for each row with an input, in order; n = 0 where there are none to show
    scale: Scale

    @property
    def sheet(self) -> bytes:
        """The maps one below the other, as PNG."""
        return heat_map(self.maps.reshape(-1, self.maps.shape[-1]), self.scale)


def waterfall(found: Ledger, n: int, maps: FloatArray | None = None) -> Waterfall:
    """The bias, the n strongest terms for, the others together, the n strongest against, the strongest last, and the
    result.

    `maps` (C, H, W) are drawn small beside their channels, all on one scale.
    """
    supports, opposes = found.strongest(n)
    chosen = [*supports, *opposes]
    others = np.ones(len(found.terms), bool)
    others[chosen] = False
    steps: list[tuple[str, int | None, str, float]] = [("bias", None, "", found.bias)]
    steps += [_step(found, c) for c in supports]
    if others.any():
        steps.append((_others(int(others.sum()), found), None, "", float(found.terms[others].sum())))
    steps += [_step(found, c) for c in reversed(opposes)]
    rows: list[WaterfallRow] = []
    total = 0.0
    for name, index, note, amount in steps:
        rows.append(WaterfallRow(name, index, note, amount, total, total + amount))
        total += amount
    rows.append(WaterfallRow(RESULT, None, "", total, 0.0, total))
    ends = [row.end for row in rows] + [0.0]
    shown = [row.input for row in rows if row.input is not None]
    sheet = np.zeros((0, 1, 1), np.float32) if maps is None else maps[shown]
    return Waterfall(tuple(rows), min(ends), max(ends), sheet, scale_of(sheet))


def _step(found: Ledger, index: int) -> tuple[str, int | None, str, float]:
    name = f"channel {index}" if found.is_by_channel else f"input {index}"
    note = ""
    if found.weights is not None and found.inputs is not None:
        note = f"{found.weights[index]:.3g} × {found.inputs[index]:.3g}".replace("-", "−")
    return name, index, note, float(found.terms[index])


def _others(n: int, found: Ledger) -> str:
    noun = "channel" if found.is_by_channel else "input"
    return f"the other {n:,} {noun}s" if n > 1 else f"the other {noun}"


def waterfall_png(drawn: Waterfall) -> bytes:
    """The waterfall as one picture."""
    image = Image.new("RGB", (_WIDTH, _ROW * len(drawn.rows)), _PAPER)
    draw, font, small = ImageDraw.Draw(image), ImageFont.load_default(_FONT), ImageFont.load_default(_SMALL)
    left, right = _NAMES, _WIDTH - _NUMBERS
    span = (drawn.high - drawn.low) or 1.0

    def place(value: float) -> float:
        return left + (right - left) * (value - drawn.low) / span

    draw.line((place(0.0), 0, place(0.0), image.height), _GREY, 2)
    tiles = iter(drawn.maps)
    for i, row in enumerate(drawn.rows):
        top = i * _ROW
        if row.input is not None and len(drawn.maps):
            colors = palette(drawn.scale.palette)[drawn.scale.indices(next(tiles))]
            tile = Image.fromarray(colors).resize((_ROW - 8, _ROW - 8), Image.Resampling.NEAREST)
            image.paste(tile, (4, top + 4))
        draw.text((52, top + 10), drawable_text(row.name), _INK, font)
        draw.text((left - 16, top + 12), drawable_text(row.note), _INK, small, anchor="ra")
        ends = sorted((place(row.start), place(row.end)))
        color = _INK if row.name == RESULT else FOR if row.amount >= 0 else AGAINST
        draw.rectangle((ends[0], top + 10, max(ends[1], ends[0] + 2), top + _ROW - 10), color)
        draw.text((_WIDTH - 8, top + 10), drawable_text(signed(row.amount)), _INK, font, anchor="ra")
    return png_of_pixels(np.asarray(image))


def softmax_png(steps: Softmax) -> bytes:
    """The probabilities as bars from nothing to certainty, with the numbers that lead to them."""
    image = Image.new("RGB", (_WIDTH, 2 * _ROW * len(steps.rows)), _PAPER)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(_FONT)
    scaled = "z / 2T" if steps.is_pair else "z / T"
    for i, row in enumerate(steps.rows):
        top = 2 * i * _ROW
        text = f"e^({scaled} - max) = {row.shifted_exponential:.4g}"
        if row.index is not None:
            text = f"{scaled} = {row.scaled:.4g}    {text}"
        draw.text((0, top + 8), row.category, _INK, font)
        draw.text((_WIDTH - 8, top + 8), f"{text}    p = {row.probability:.4f}", _INK, font, anchor="ra")
        draw.rectangle((0, top + 44, max(2.0, (_WIDTH - 1) * row.probability), top + 72), _GREY)
    return png_of_pixels(np.asarray(image))
