"""Arrays out of nothing, and out of pictures."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.trace import FloatArray


def numbers(*shape: int, seed: int = 0) -> FloatArray:
    """Of the normal distribution, of both signs and no two alike."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def pixels_of(png: bytes, mode: str = "RGB") -> NDArray[np.uint8]:
    """The pixels of a picture, (height, width, letters of `mode`)."""
    return np.asarray(Image.open(io.BytesIO(png)).convert(mode))
