"""What a filter answers to, as charts: stripes by their direction, and plain colours."""

from __future__ import annotations

import colorsys

import numpy as np

from ..drawing.series import Axis, Bars, Line, Lines, Series, round_high, signed_axis
from .gratings import ANGLES, FREQUENCIES, HUE_NAMES, HUES, Tuning

_LEAST = 1e-12  # where an axis ends at least


def tuning_lines(tuned: Tuning, index: int) -> Lines:
    """The tuning curves of a filter: its answer to stripes by their direction, a line for each frequency."""
    found = tuned.gratings[index]  # (angles, frequencies)
    finite = found[np.isfinite(found)]
    return Lines(
        f"Filter {index} and the direction of stripes",
        ANGLES,
        [Line(f"{1 / f:.0f} pixels", found[:, i], i) for i, f in enumerate(FREQUENCIES)],
        Axis("direction of the stripes in degrees", ANGLES[0], ANGLES[-1], "°"),
        Axis("answer, layer’s units", 0, round_high(max(_LEAST, float(finite.max(initial=0))))),
    )


def hue_bars(tuned: Tuning, index: int) -> Bars | None:
    """A filter's answers to plain colours, each in its colour; None for a network that reads no colours."""
    if tuned.hues is None:
        return None
    values = tuned.hues[index]
    colors = ("#" + bytes(round(255 * part) for part in colorsys.hsv_to_rgb(hue / 360, 1, 1)).hex() for hue in HUES)
    return Bars(
        f"Filter {index} and plain colours",
        "colour",
        [f"{name} {hue}°" for name, hue in zip(HUE_NAMES, HUES, strict=True)],
        (Series("answer in units of the layer", values, tuple(colors)),),
        signed_axis("answer, layer’s units", values),
    )
