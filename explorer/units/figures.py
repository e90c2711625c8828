"""What is known of a unit as charts, and the small pictures beside a link to another one."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..atlas.rows import Histogram
from ..drawing.color import palette
from ..drawing.picture import countable, heat_map, png_of_pixels
from ..drawing.series import Axis, Bars, Bins, Series, round_high, shortened, signed_axis
from ..feature_maps.figures import channel_scales
from ..filters.figures import scale_around
from ..filters.weights import folding, inputs_of, kernels
from ..networks.network import Network
from ..trace import FloatArray, Trace, as_maps
from .paths import Link
from .routes import Unit

_SIDE = 64  # pixels of a small picture
_CROP, _GAP = 112, 2  # of a crop, and around it
_MOST_BARS = 4  # classes on either side


def class_bars(title: str, axis: str, names: Sequence[str], values: FloatArray, also: int | None = None) -> Bars:
    """The classes with the most positive values and the most negative ones, `also` another one among them."""
    order = np.argsort(-np.nan_to_num(values), kind="stable").tolist()
    chosen = [k for k in order[:_MOST_BARS] if values[k] > 0] + [k for k in order[-_MOST_BARS:] if values[k] < 0]
    chosen = list(dict.fromkeys([*chosen, *([] if also is None else [also])])) or order[:_MOST_BARS]
    chosen.sort(key=order.index)
    shown = np.asarray(values[chosen], np.float32)
    return Bars(
        title, "class", [shortened(names[k], 40) for k in chosen], (_signed("value", shown),), signed_axis(axis, shown)
    )


def _signed(name: str, values: FloatArray) -> Series:
    return Series(name, values, ("#" + bytes(palette("signed")[214]).hex(),))


def values_bins(title: str, found: Histogram, what: str, counted: str) -> Bins:
    """A histogram as it was counted."""
    low, high = float(found.edges[0]), float(found.edges[-1])
    pad = 0.01 * (high - low) or 1.0
    most = max(1, int(found.counts.max(initial=0)))
    return Bins(
        title, found.counts, np.asarray(found.edges, np.float32), (), Axis(what, low - pad, high + pad),
        Axis(counted, 0, round_high(most), is_whole=True),
    )  # fmt: skip


def map_png(trace: Trace, unit: Unit) -> bytes:
    """A unit's map on the picture, small, on the scale of its own channel; of a number alone, one cell."""
    values = as_maps(trace[unit[0]])[unit[1]]
    return heat_map(countable(values, _SIDE), channel_scales(trace, unit[0], [unit[1]], "channel")[0])


def kernel_png(network: Network, maker: Unit, source_channel: int) -> bytes:
    """The kernel with which `maker` reads one of its inputs, white is 0; a single weight by how large it is among those
    of the whole layer."""
    weights = kernels(network, maker[0])
    one = weights[maker[1], inputs_of(network, maker[0], maker[1]).index(source_channel)]
    one = one * folding(network, maker[0])[0][maker[1]]
    scale = scale_around(one if one.size > 1 else weights[maker[1]] * folding(network, maker[0])[0][maker[1]])
    return heat_map(countable(one, _SIDE), scale)


def bar_of(link: Link, strongest: float) -> float:
    """How long a link's bar is, 0 to 1."""
    share = link.strength / strongest if strongest > 0 else 0.0
    return float(np.clip(np.nan_to_num(share), 0, 1))


def crops_png(crops: Sequence[bytes]) -> bytes:
    """Crops as squares of one size in a row, each as a whole and in its own proportions, the rest mid-grey."""
    row = np.full((_CROP, _CROP * len(crops), 3), 128, np.uint8)
    for i, crop in enumerate(crops):
        decoded = cv2.imdecode(np.frombuffer(crop, np.uint8), cv2.IMREAD_COLOR)
        assert decoded is not None  # the atlas has encoded it itself
        pixels = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
        factor = (_CROP - 2 * _GAP) / max(pixels.shape[:2])
        size = max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor))
        drawn = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_NEAREST)
        top, left = (_CROP - size[1]) // 2, i * _CROP + (_CROP - size[0]) // 2
        row[top : top + size[1], left : left + size[0]] = drawn
    return png_of_pixels(row)
