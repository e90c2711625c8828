"""Colour maps and scales: which colour a number gets, and what the legend under the picture says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import plotly.colors
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Palette = NDArray[np.uint8]  # (256, 3) RGB

N_COLORS = 255  # an odd number, so that zero has a colour of its own in the middle of a diverging map
# What a chart is drawn in, by Streamlit’s theme: paper, ink and grid.
INKS = {"light": ("#ffffff", "#1f2329", "#d5dae1"), "dark": ("#161616", "#ebebeb", "#3a3f47")}
_EVEN = 0.1791  # the luminance at which black and white letters are read alike
MISSING = 255  # the palette entry of what is no number: not a colour, but a hole through which the page is seen

SEQUENTIAL = {  # all but the last run evenly from dark to light, also for colour-blind eyes and on a grey print
    "inferno": cv2.COLORMAP_INFERNO,
    "viridis": cv2.COLORMAP_VIRIDIS,
    "cividis": cv2.COLORMAP_CIVIDIS,
    "textbook": cv2.COLORMAP_JET,  # jet, as in most papers: its bright bands are not in the data
}

# one channel of a picture, from black on: lighter than a screen's own red and blue, which are too dark to tell shades
SHADES = {"red": (255, 72, 60), "green": (64, 224, 92), "blue": (84, 148, 255), "grey": (255, 255, 255)}


@cache
def palette(name: str) -> Palette:
    """The colours of a map, lowest value first: one of SEQUENTIAL or of SHADES, or "signed" (blue, white for zero,
    red)."""
    if name == "signed":
        stops = np.array(
            [plotly.colors.unlabel_rgb(color) for color in plotly.colors.diverging.RdBu_r], dtype=np.float64
        )
        stops[len(stops) // 2] = 255  # ColorBrewer's middle is a light grey; here white is zero
        at = np.linspace(0, 1, len(stops))
        colors = np.stack([np.interp(np.linspace(0, 1, N_COLORS), at, channel) for channel in stops.T], axis=1)
    elif name in SHADES:
        colors = np.linspace(0, 1, N_COLORS)[:, None] * np.array(SHADES[name], np.float64)
    else:
        ramp = np.linspace(0, 255, N_COLORS).round().astype(np.uint8)
        colors = cv2.applyColorMap(ramp[:, None], SEQUENTIAL[name])[:, 0, ::-1]
    table = np.zeros((256, 3), np.uint8)
    table[:N_COLORS] = colors.round()
    table.flags.writeable = False
    return table


def is_dark(colors: NDArray[np.integer[Any] | np.floating[Any]]) -> NDArray[np.bool_]:
    """Whether white letters are read better than black ones on each of the colours (..., 3), 0 to 255: the better
    ones have 4.5:1 on any colour."""
    parts = np.asarray(colors, np.float64) / 255
    linear = np.where(parts <= 0.04, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    dark: NDArray[np.bool_] = linear @ (0.2126, 0.7152, 0.0722) < _EVEN
    return dark


@dataclass(frozen=True)
class Scale:
    """The range of values that a palette spans. Signed scales are symmetric, so that their middle is zero."""

    low: float
    high: float
    palette: str

    @property
    def signed(self) -> bool:
        """Whether zero is in the middle."""
        return self.palette == "signed"

    def indices(self, values: FloatArray) -> NDArray[np.uint8]:
        """The palette entry of each value; beyond the ends, the end's; MISSING for NaN."""
        span = self.high - self.low
        if span <= 0:  # nothing but one value: the lowest colour, or white
            level = np.full(values.shape, (N_COLORS - 1) / 2 if self.signed else 0.0, np.float32)
        else:
            factor = np.float32((N_COLORS - 1) / span)
            level = values * factor
            level += np.float32(0.5 - self.low * factor)
            np.clip(level, 0, N_COLORS - 0.5, out=level)
        missing = np.isnan(values)
        if not missing.any():
            return level.astype(np.uint8)
        return np.where(missing, MISSING, np.nan_to_num(level)).astype(np.uint8)

    @property
    def opacities(self) -> NDArray[np.uint8]:
        """(256,) how opaque each palette entry is where strength shows: clear at the low end (signed: at zero)."""
        levels = np.linspace(-255 if self.signed else 0, 255, N_COLORS)
        return np.append(np.abs(levels).round(), 0).astype(np.uint8)

    def stops(self, n: int = 17) -> list[str]:
        """n CSS colours from low to high, for a legend."""
        colors = palette(self.palette)[np.linspace(0, N_COLORS - 1, n).round().astype(int)]
        return ["#" + bytes(color).hex() for color in colors]


def scale_for(low: float, high: float, sequential: str = "viridis") -> Scale:
    """The scale for values from low to high: sequential from zero where none is negative, else diverging about zero."""
    if low >= 0:
        return Scale(0.0, float(high), sequential)
    limit = float(max(-low, high))
    return Scale(-limit, limit, "signed")


def scale_of(values: FloatArray, sequential: str = "viridis") -> Scale:
    """The scale that spans the values of one map; what is no finite number does not count."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return scale_for(low, high, sequential)


def scales_for(ranges: Sequence[tuple[float, float]]) -> list[Scale]:
    """The scales of several maps in one picture: all diverging as soon as any of them has a negative value."""
    if all(low >= 0 for low, _ in ranges):
        return [scale_for(low, high) for low, high in ranges]
    return [Scale(-max(-low, high), max(-low, high), "signed") for low, high in ranges]
