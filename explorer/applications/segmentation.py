"""A mask of the thing, of a network that was only ever told what is there: its map tells GrabCut where to begin.

What `pictures.cutting` is given here is not a person's stroke but the evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import BadOption, Unsuited
from ..pictures import cutting
from ..pictures.cutting import Mask
from ..trace import Trace
from .localisation import check_share, evidence

LIKELY, SURE = 0.2, 0.6  # GrabCut takes back what is too much, and finds nothing that is left out


@dataclass(frozen=True, eq=False)
class Segment:
    """A thing's mask, (H, W) of bool at the size of what the network received.

    `given` is what GrabCut began with, (H, W) uint8: 0 surely not the thing, 2 hardly, 3 likely, 1 surely. `in_picture`
    is the mask at the size of the picture itself; what the network did not receive is not in it. `target` is the class.
    """

    mask: Mask
    given: NDArray[np.uint8]
    in_picture: Mask
    target: int

    @property
    def share(self) -> float:
        """How much of what was received is in the mask, 0 to 1."""
        return float(self.mask.mean())


def segment(trace: Trace, threshold: float = LIKELY, sure: float = SURE) -> Segment:
    """The mask of what speaks for the trace's class. What reaches the share `sure` of the map's maximum is the thing,
    what reaches `threshold` likely is; where nothing speaks for the class it is not, elsewhere hardly.

    Raises BadOption for shares that are none, or `sure` below `threshold`; Unsuited where GrabCut has nothing to tell
    apart, and what `locate` raises.
    """
    check_share(threshold, "threshold")
    check_share(sure, "sure share")
    if sure < threshold:
        raise BadOption(
            f"What is sure begins at {sure:g} of the maximum, below the threshold of {threshold:g}: raise the one or "
            "lower the other."
        )
    values = evidence(trace)
    values = values / values.max()
    pixels = trace.prepared.pixels
    given = np.select(
        [values >= sure, values >= threshold, values > 0], [cutting.SURELY, cutting.LIKELY, cutting.HARDLY], cutting.NOT
    ).astype(np.uint8)
    _check_given(given)
    mask = cutting.cut(pixels, given)
    return Segment(mask, given, _in_picture(trace, mask), trace.class_of(None))


def _check_given(given: NDArray[np.uint8]) -> None:
    n_thing = int((given % 2 == 1).sum())
    n_rest = given.size - n_thing
    if n_rest < cutting.LEAST:
        where = f"all but {n_rest} of {given.size} pixels" if n_rest else "all of the picture"
        raise Unsuited(
            f"The map reaches the threshold in {where}, so nothing is left that is not the thing, and GrabCut has "
            "nothing to tell it from. Raise the threshold."
        )
    if n_thing < cutting.LEAST:
        raise Unsuited(
            f"The map reaches the threshold in {n_thing} of {given.size} pixels: too few to learn the thing’s colours "
            "from. Lower the threshold."
        )


def _in_picture(trace: Trace, mask: Mask) -> Mask:
    """The mask over the whole picture: each of its pixels by the nearest received ones."""
    height, width, _ = trace.image.pixels.shape
    top, left, bottom, right = trace.prepared.box
    down, across = mask.shape[0] / (bottom - top), mask.shape[1] / (right - left)
    there = np.array([[across, 0, (0.5 - left) * across - 0.5], [0, down, (0.5 - top) * down - 0.5]], np.float64)
    found = cv2.warpAffine(
        mask.astype(np.float32), there, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    ys, xs = np.arange(height) + 0.5, np.arange(width) + 0.5
    received = ((top <= ys) & (ys <= bottom))[:, None] & ((left <= xs) & (xs <= right))
    return np.asarray((np.asarray(found) >= 0.5) & received)
