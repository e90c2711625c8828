"""The classifier in pictures: a logit's terms as a waterfall with thumbnails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..drawing.color import Scale, palette, scale_of
from ..drawing.picture import countable, png_of_pixels
from ..drawing.series import Axis, Step, Sum
from ..trace import FloatArray
from ..wording import signed
from .logits import Ledger

_TILE = 32  # pixels of the map of a channel: twice what a page shows
RESULT = "sum"  # the name of a waterfall's last row
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


def running_sum(drawn: Waterfall, title: str, unit: str) -> Sum:
    """The waterfall as a chart: the names of inputs are their numbers, each has its map above it, and pointing tells
    weight, input and what they add."""
    colors = palette(drawn.scale.palette)
    # with colours of their own these few pixels take a third of what they would with a palette each
    pictures = (png_of_pixels(colors[drawn.scale.indices(countable(one, _TILE))]) for one in drawn.maps)
    steps = []
    for row in drawn.rows:
        note = f"{row.note} = {signed(row.amount)}" if row.note else signed(row.amount)
        color = "" if row.name == RESULT else FOR if row.amount >= 0 else AGAINST
        picture = next(pictures, b"") if row.input is not None else b""
        name = "others" if row.name.startswith("the other") else row.name
        steps.append(
            Step(
                name if row.input is None else str(row.input), row.start, row.end, color, f"{row.name}: {note}", picture
            )
        )
    pad = 0.04 * ((drawn.high - drawn.low) or 1.0)
    axis = Axis(unit, drawn.low - pad, drawn.high + pad)
    return Sum(title, "what is added", steps, axis, [("raises the sum", FOR), ("lowers it", AGAINST)])
