"""One picture of a set: what lies in the file, and what is right to see of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.pictures.image import ImageInput
from tests.picture_files import photo

HEIGHT, WIDTH = 23, 29  # no multiple of a byte's bits, of a tile, or of a block of JPEG


@dataclass(frozen=True, eq=False)
class Valid:
    """`right` (H, W, 3) are the levels by the definition of the format, from the array that was written.

    `most` is how far one level may be away, by half a step of rounding where nothing is lost, and `mean` all of them on
    average.
    """

    kind: str
    name: str
    data: bytes
    right: np.ndarray
    most: float = 0.51
    mean: float = 0.51

    def is_shown_by(self, pixels: np.ndarray) -> bool:
        if pixels.shape != self.right.shape:
            return False
        far = np.abs(pixels.astype(float) - self.right)
        return bool(far.max() <= self.most and far.mean() <= self.mean)


@dataclass(frozen=True, eq=False)
class Hostile:
    """A file that is no picture. One of the texts in `says` is a part of the refusal."""

    fault: str
    name: str
    data: bytes
    says: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Either:
    """A file of which the rest can be shown, or it is refused."""

    fault: str
    name: str
    data: bytes


def drawn(channels: int, depth: int = 8, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Whole numbers (H, W, channels) of so many bits, smooth, with black and white among them."""
    top = 2**depth - 1
    across, down, waves = np.moveaxis(photo(height, width).astype(float), 2, 0)
    slanted = 0.7 * across + 0.3 * down  # so that one channel alone is not the same upside down
    smooth = np.stack([slanted, down, waves, slanted][:channels], axis=2)
    values = np.rint(smooth / 255 * top).astype(np.int64)
    if depth > 8:  # and low bits of their own
        values = np.minimum(values + np.random.default_rng(depth).integers(0, 200, values.shape), top)
    values[0, 0], values[-1, -1] = 0, top
    return values


def levels(values: np.ndarray, depth: int = 8) -> np.ndarray:
    """Numbers of so many bits, grey (H, W, 1) or colours (H, W, 3), to levels (H, W, 3)."""
    shown = values * (255 / (2**depth - 1))
    return np.repeat(shown, 3, axis=2) if values.shape[2] == 1 else shown


def on_white(colours: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    """Levels (H, W, 3) before white, as far as they are opaque: opacity (H, W) from 0 to 1."""
    return colours * opacity[..., None] + 255 * (1 - opacity[..., None])


def reduced(right: np.ndarray, most: int = 2048) -> np.ndarray:
    """The mean of each rectangle of a picture that is made smaller, by how much of every pixel lies in it."""
    height, width = right.shape[:2]
    scale = max(height, width) / most
    for axis, n in enumerate((height, width)):
        parts = max(1, round(n / scale))
        edges, pixels = np.linspace(0, n, parts + 1), np.arange(n)
        low, high = edges[:-1, None], edges[1:, None]
        inside = np.clip(np.minimum(high, pixels + 1) - np.maximum(low, pixels), 0, None) / (high - low)
        right = np.moveaxis(np.tensordot(inside, right, (1, axis)), 0, axis)
    return right


def is_a_picture(image: ImageInput) -> bool:
    """Whether it keeps what is promised of every picture."""
    height, width, channels = image.pixels.shape
    notes = all(isinstance(note, str) and note and "\n" not in note for note in image.notes)
    return image.pixels.dtype == np.uint8 and channels == 3 and 1 <= min(height, width) <= 2048 >= width and notes
