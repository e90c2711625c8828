"""Maps at a picture's size with each cell where it looks, and what is said of that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry import Places
from .color import FloatArray

IN_PLACE, STRETCHED = "each cell where it looks", "stretched over the picture"


def placed(values: FloatArray, height: int, width: int, places: Places) -> FloatArray:
    """A map at the size of a picture, (height, width): bilinear between the middles of its cells, and the nearest
    cell's value beyond the outermost ones. `places` may count in fewer pixels, where the picture was enlarged."""
    down, across = (_positions(axis, n, values.shape[axis], places) for axis, n in enumerate((height, width)))
    return _between(_between(values, down).T, across).T.copy()


def placed_cells(values: FloatArray, height: int, width: int, places: Places) -> FloatArray:
    """The same with each cell a rectangle around its middle: every pixel has the nearest cell's value."""
    down, across = (_positions(axis, n, values.shape[axis], places) for axis, n in enumerate((height, width)))
    return values[np.ix_(_nearest(down), _nearest(across))]


def note(places: Places | None, used: Places | None) -> str:
    """Which drawing of a map it is, to stand behind its unit; nothing where both are the same."""
    return "" if places is None else f"; {IN_PLACE if used is not None else STRETCHED}"


def _positions(axis: int, n_pixels: int, n_cells: int, places: Places) -> NDArray[np.float64]:
    """Where each pixel's middle lies, counted in cells: 2.5 is halfway from the third to the fourth."""
    pixels = (np.arange(n_pixels) + 0.5) * places.size[axis] / n_pixels - 0.5
    return np.clip((pixels - places.first[axis]) / places.step[axis], 0, n_cells - 1)


def _nearest(positions: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.floor(positions + 0.5).astype(np.int64)


def _between(values: FloatArray, positions: NDArray[np.float64]) -> FloatArray:
    """The rows of `values` at these positions, a share of one and of the next."""
    lower = np.floor(positions).astype(np.int64)
    upper = np.minimum(lower + 1, len(values) - 1)
    share = (positions - lower).astype(np.float32)[:, None]
    found: FloatArray = values[lower] + share * (values[upper] - values[lower])
    return found
