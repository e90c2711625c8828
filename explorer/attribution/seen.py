"""What a map of evidence lies over, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..pictures.image import ImageInput
from ..targets import Target
from ..trace import Trace


@dataclass(frozen=True, eq=False)
class Seen:
    """The picture that was explained, whole and as the network received it, and in words which number of which network.

    The network itself and what its pass recorded are not kept: they are a hundred times as large as the map.
    `received` is (H, W, 3) uint8, `box` its (top, left, bottom, right) in pixels of the whole picture.
    """

    network: str
    weights: str
    target: str
    image: ImageInput
    received: NDArray[np.uint8]
    box: tuple[float, float, float, float]


def seen_in(trace: Trace, target: Target) -> Seen:
    """What a map of a trace lies over."""
    network, prepared = trace.network, trace.prepared
    return Seen(network.title, network.weights_name, target.phrase(network), trace.image, prepared.pixels, prepared.box)
