"""Another background behind a thing: GrabCut cuts it out of a box, and it is laid on a drawn or another picture."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import BadBox, Unsuited
from ..pictures.cutting import LEAST, LIKELY, Mask, cut
from ..pictures.samples import load_sample
from ..running.cache import BoundedCache

Pixels = NDArray[np.uint8]
Opacity = NDArray[np.float32]  # (H, W), from 0, all background, to 1, all thing
Box = tuple[int, int, int, int]  # top, left, bottom, right in pixels of the picture, half open

_LONGEST = 320  # pixels of a side, in which the thing is cut out: more take seconds, and the border is not finer for it
_SEED = 0  # of what chance draws: the same every time
_SCENES = ("rocket", "coffee")  # samples to be laid behind: the first, or, of itself, the second
_MASKS: BoundedCache[Mask] = BoundedCache(256, 16 << 20, size=lambda mask: mask.nbytes)


def middle(height: int, width: int) -> Box:
    """The box that counts where nobody gave one: all but an eighth at each edge."""
    return height // 8, width // 8, height - height // 8, width - width // 8


def opacity(pixels: Pixels, box: Sequence[int] | None = None) -> Opacity:
    """Where in a picture (H, W, 3) the thing in a box is, `middle` unless given: cut out once for a picture and a box,
    in no more than 320 pixels a side, and enlarged. Raises BadBox for one that is none, holds too little or all of the
    picture, and Unsuited where GrabCut has nothing to tell apart."""
    height, width, _ = pixels.shape
    edges = _checked(middle(height, width) if box is None else box, height, width)
    key = hashlib.blake2b(pixels.tobytes(), digest_size=16).digest(), pixels.shape, edges
    mask = _MASKS.get(key, partial(_cut_out, pixels, edges))
    return np.asarray(cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR))


def laid(pixels: Pixels, share: float, drawn: Callable[[Pixels, Opacity], Pixels], box: Sequence[int] | None) -> Pixels:
    """The picture with so much of its background, 0 to 1, replaced by what is `drawn` for it; the thing stays."""
    found = opacity(pixels, box)
    mixed = pixels.astype(np.float32)
    mixed += np.float32(share) * (1 - found[..., None]) * (drawn(pixels, found) - mixed)
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def bricks(pixels: Pixels, found: Opacity) -> Pixels:
    """A wall of bricks, ten courses high: edges and colours that belong to no animal and no tool."""
    height, width, _ = pixels.shape
    high = max(2.0, height / 10)
    y, x = np.indices((height, width)) + 0.5
    course = (y // high).astype(int)
    along = x / (2.5 * high) + 0.5 * (course % 2)
    brick = along.astype(int)
    is_mortar = (y % high < 0.12 * high) | (along % 1 < 0.05)
    shades = np.random.default_rng(_SEED).uniform(0.7, 1.15, (course.max() + 1, brick.max() + 1))
    wall = shades[course, brick][..., None] * np.array([168.0, 84.0, 62.0])
    return _as_pixels(np.where(is_mortar[..., None], 196.0, wall))


def noise(pixels: Pixels, found: Opacity) -> Pixels:
    """Every level as likely as any other, in every pixel and colour."""
    return np.random.default_rng(_SEED).integers(0, 256, pixels.shape, np.uint8)


def scene(pixels: Pixels, found: Opacity) -> Pixels:
    """A sample of something else, as large as it takes to cover the picture, its middle in the middle."""
    others = (load_sample(name).pixels for name in _SCENES)
    other = next(one for one in others if not np.array_equal(one, pixels))
    height, width, _ = pixels.shape
    times = max(height / other.shape[0], width / other.shape[1])
    size = max(width, round(times * other.shape[1])), max(height, round(times * other.shape[0]))
    how = cv2.INTER_AREA if times < 1 else cv2.INTER_LINEAR
    covering = _as_pixels(cv2.resize(other, size, interpolation=how))
    top, left = (covering.shape[0] - height) // 2, (covering.shape[1] - width) // 2
    return covering[top : top + height, left : left + width]


def blurred(pixels: Pixels, found: Opacity) -> Pixels:
    """Its own background out of focus, by a sigma of 5 % of the shorter side; of the thing nothing is blurred into it.
    Where there is thing alone for three sigmas around, it is the background's mean."""
    height, width, _ = pixels.shape
    factor = min(1.0, _LONGEST / max(height, width))  # what is blurred so much is as well blurred small
    size = max(1, round(factor * width)), max(1, round(factor * height))
    rest = cv2.resize(1 - found, size, interpolation=cv2.INTER_AREA)[..., None]
    colours = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32) * rest
    mean = colours.sum(axis=(0, 1)) / max(float(rest.sum()), 1e-6)
    both = np.concatenate([colours + 1e-3 * mean, rest + 1e-3], axis=2)
    soft = cv2.GaussianBlur(both, (0, 0), max(0.5, 0.05 * min(size)), borderType=cv2.BORDER_REFLECT_101)
    clear = np.asarray(soft[..., :3] / soft[..., 3:], np.float32)
    return _as_pixels(cv2.resize(clear, (width, height), interpolation=cv2.INTER_LINEAR))


def _as_pixels(found: object) -> Pixels:
    return np.clip(np.rint(np.asarray(found)), 0, 255).astype(np.uint8)


def _checked(box: Sequence[int], height: int, width: int) -> Box:
    whole = len(box) == 4 and all(isinstance(edge, int) and not isinstance(edge, bool) for edge in box)
    if not whole or not (0 <= box[0] <= box[2] <= height and 0 <= box[1] <= box[3] <= width):
        raise BadBox(
            f"{tuple(box)} is no box in a picture of {height} × {width} pixels. Give its top, left, bottom and right "
            f"edge in whole pixels, such as {middle(height, width)}."
        )
    top, left, bottom, right = box
    if top == bottom or left == right:
        raise BadBox(f"The box {tuple(box)} holds no pixel. Drag one around the thing.")
    if (bottom - top, right - left) == (height, width):
        raise BadBox(
            "The box holds all of the picture, so nothing is left that is surely background. Drag a smaller one around "
            "the thing."
        )
    return top, left, bottom, right


def _cut_out(pixels: Pixels, box: Box) -> Mask:
    height, width, _ = pixels.shape
    factor = min(1.0, _LONGEST / max(height, width))
    size = max(1, round(factor * width)), max(1, round(factor * height))
    small = _as_pixels(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)) if factor < 1 else pixels
    down, across = small.shape[0] / height, small.shape[1] / width
    top, left = int(box[0] * down), int(box[1] * across)
    bottom, right = -int(-box[2] * down // 1), -int(-box[3] * across // 1)
    given = np.zeros(small.shape[:2], np.uint8)
    given[top:bottom, left:right] = LIKELY
    n_inside = int((given == LIKELY).sum())
    for n, where, how in ((n_inside, "inside", "larger"), (given.size - n_inside, "outside", "smaller")):
        if n < LEAST:
            raise BadBox(
                f"Too few pixels lie {where} the box {box} to learn colours from. Drag a {how} one around the thing."
            )
    mask = cut(small, given)
    if not mask.any():
        raise Unsuited(
            f"In the box {box} GrabCut finds nothing whose colours differ from those around it. Drag another one "
            "around the thing."
        )
    return mask
