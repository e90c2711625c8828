"""What fine-tuning has changed, in pictures and bars."""

from __future__ import annotations

import cv2
import numpy as np

from ..drawing.color import Scale, scale_of
from ..drawing.picture import mosaic, png_of_pixels
from ..drawing.series import Axis, Bars, Series
from .moved import Moved, Pairs

_TILE = 84  # pixels of a kernel
_COLOR = "#3b82c4"


def moved_bars(found: Moved) -> Bars:
    """How far each layer or stage moved, in percent of its own length."""
    parts, unit = found.unit
    values = parts * found.shares
    return Bars(
        "How far the weights moved",
        "stage" if found.is_of_stages else "layer",
        found.names,
        [Series("moved", values.astype(np.float32), (_COLOR,), [found.phrase(i) for i in range(len(values))])],
        Axis("change, in parts of their own length", 0, max(float(values.max()), 1e-9), f" {unit}"),
    )


def kernel_rows(found: Pairs) -> tuple[list[bytes], float, float]:
    """Kernels before, after, and their differences, a row of tiles as PNG each; the largest weight of the first two
    rows, whose scale they share, and the largest difference, which has its own. Grey is zero in colours."""
    change = found.after - found.before
    largest = float(max(np.abs(found.before).max(), np.abs(found.after).max()))
    most = float(np.abs(change).max())
    rows = [_row(found.before, largest), _row(found.after, largest), _row(change, most)]
    return rows, largest, most


def _row(kernels: np.ndarray, largest: float) -> bytes:
    if kernels.shape[1] != 3:
        scale = Scale(-largest, largest, "signed")
        return mosaic([kernel.mean(axis=0) for kernel in kernels], [scale] * len(kernels), len(kernels))[0]
    levels = np.rint(127.5 + 127.5 * kernels / (largest or 1)).astype(np.uint8)
    tiles = [
        cv2.copyMakeBorder(
            cv2.resize(np.moveaxis(kernel, 0, -1), (_TILE, _TILE), interpolation=cv2.INTER_NEAREST), 0, 2, 0, 2,
            cv2.BORDER_CONSTANT, value=(127, 127, 127),
        )
        for kernel in levels
    ]  # fmt: skip
    return png_of_pixels(np.concatenate(tiles, axis=1))


def map_rows(found: Pairs) -> tuple[list[bytes], Scale]:
    """Maps before, after, and their differences, a row as PNG each, and the one scale of all."""
    rows = [found.before, found.after, found.after - found.before]
    scale = scale_of(np.stack(rows))
    return [mosaic([*row], [scale] * len(row), len(row))[0] for row in rows], scale
