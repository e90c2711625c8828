"""Windows of a map as pictures, to guess which of them a value comes from."""

from __future__ import annotations

import zlib

import numpy as np

from ..drawing.color import Scale
from ..drawing.picture import countable, fold, heat_map
from ..drawing.units import input_scale
from ..filters.figures import scale_around
from ..questions import Question
from ..trace import FloatArray, Trace, read_by
from ..wording import number
from .opened import Opened, open_value

_SIDE = 112  # pixels of a window's picture
_WIDE = 1120  # of all products
_NAMES = ("A", "B", "C", "D")


def products_png(opened: Opened) -> bytes:
    """All products of a value, red where they raise it and blue where they lower it: a column for each input channel,
    a row for each cell of the kernel; where it has but one cell, row by row."""
    products = opened.products.astype(np.float32).reshape(len(opened.products), -1)  # (n_in, kH * kW)
    table = fold(products[:, 0]) if products.shape[1] == 1 else products.T
    return heat_map(countable(table, _WIDE), scale_around(products))


def window_png(opened: Opened, channel: int, scale: Scale) -> bytes:
    """What the window holds of one input channel, each value a square; holes where it reaches into the padding."""
    window = opened.inputs[channel - opened.channels[0]]
    return heat_map(countable(np.where(opened.is_padding, np.float32(np.nan), window), _SIDE), scale)


def subtotals(trace: Trace, layer: str, index: int, channel: int) -> FloatArray:
    """What one input channel adds to each value of an output map, (H, W): the sums of its products with one kernel."""
    described = trace.network.layer(layer)
    height, width = described.size
    opened = open_value(trace, layer, (index, 0, 0))
    kernel, window = opened.weights[channel - opened.channels[0]], opened.window
    source = read_by(trace, layer)[channel]
    (py, px), (sy, sx), (dy, dx) = window.padding, window.stride, window.dilation
    padded = np.pad(source, ((py, py), (px, px)))
    total = np.zeros((height, width), np.float32)
    for (row, column), weight in np.ndenumerate(kernel):
        top, left = row * dy, column * dx
        total += weight * padded[top : top + height * sy : sy, left : left + width * sx : sx][:height, :width]
    return total


def which_window(trace: Trace, layer: str, index: int, channel: int) -> Question | None:
    """Four windows of one input channel, one of which, times the kernel, adds up to a given number; None where the map
    has too few different windows to choose from.

    They are the highest and the lowest and two of the values between; asked for is whichever end stands out more.
    """
    if not trace.network.layer(layer).is_spatial:
        return None
    sums = subtotals(trace, layer, index, channel)
    if sums.size < len(_NAMES) or not np.isfinite(sums).all():
        return None
    ranked = np.argsort(sums, axis=None, kind="stable")
    chosen = ranked[np.linspace(0, len(ranked) - 1, len(_NAMES)).round().astype(int)].tolist()
    low, second, third, high = (float(sums.ravel()[cell]) for cell in chosen)
    if max(high - third, second - low) < 0.1 * (high - low) or high == low:
        return None  # too alike to tell apart
    is_high = high - third >= second - low
    # in an order that the names give, so that it stays while one looks
    order = np.random.default_rng(zlib.crc32(f"{layer} {index} {channel}".encode())).permutation(len(_NAMES)).tolist()
    right = order.index(len(_NAMES) - 1 if is_high else 0)
    scale, pictures = trace.view(input_scale, layer, channel), []
    for i in order:
        y, x = divmod(chosen[i], sums.shape[1])
        pictures.append(window_png(open_value(trace, layer, (index, y, x)), channel, scale))
    values = low, second, third, high
    others = ", ".join(f"{name} {number(values[i])}" for name, i in zip(_NAMES, order, strict=True))
    return Question(
        text=f"The kernel of filter {index} for input channel {channel} is in the middle above. Multiplied by it and "
        f"added up, one of these four windows of that channel gives {number(high if is_high else low)}, the "
        f"{'highest' if is_high else 'lowest'} of the four. Which?",
        answers=_NAMES,
        right=right,
        why=f"The four sums: {others}. High values where the kernel is red raise a sum, and where it is blue lower it. "
        "Holes are padding, which counts as 0.",
        pictures=tuple(pictures),
    )
