"""Maps of several layers in one: late layers know what, early ones know where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from ..drawing.picture import enlarge
from ..errors import BadOption, nearest
from ..geometry import Places
from ..trace import FloatArray

FUSIONS: Mapping[str, Callable[..., FloatArray]] = MappingProxyType(
    {"maximum": np.max, "mean": np.mean, "product": np.prod}
)
_GAIN = 2.0  # gamma in LayerCAM's paper


def fuse(
    maps: Sequence[FloatArray], size: tuple[int, int], how: str = "maximum",
    places: Sequence[Places | None] | None = None,
) -> FloatArray:  # fmt: skip
    """Maps of several layers, each (H, W) >= 0, at one `size` and on one scale, combined cell by cell by one of the
    FUSIONS: (H, W) float32 from 0 to 1, without unit.

    Each is enlarged (bilinear; stretched, or with its cells at their `places`) and becomes tanh(2 map / maximum), and
    the largest counts: so LayerCAM fuses its layers (Jiang et al. 2021, doi:10.1109/TIP.2021.3089943). The mean is the
    union of what the layers show, the product what all of them show. A map without a positive value is 0 everywhere.
    """
    if how not in FUSIONS:
        raise BadOption(f"There is no fusion '{how}'.{nearest(how, FUSIONS)} Pick one of {', '.join(FUSIONS)}.")
    if not maps:
        raise BadOption("There is no map to fuse. Choose at least one layer.")
    scaled = np.stack([_scaled(cam, size, at) for cam, at in zip(maps, places or [None] * len(maps), strict=True)])
    fused: FloatArray = FUSIONS[how](scaled, axis=0)
    fused.flags.writeable = False
    return fused


def _scaled(cam: FloatArray, size: tuple[int, int], places: Places | None) -> FloatArray:
    enlarged = enlarge(np.maximum(cam, 0), *size, places)
    largest = float(cam.max())
    return np.tanh(_GAIN * enlarged / largest) if largest > 0 else np.zeros(size, np.float32)
