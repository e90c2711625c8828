"""One value of a pooling layer, opened: what its window holds, and how the value comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import BadUnit
from ..networks.pooling import Pooling
from ..recording import is_close
from ..shown import ShownOpened
from ..trace import FloatArray, Trace, read_by
from .layers import maps_after, pooling_of


@dataclass(frozen=True, eq=False)
class OpenedPooling(ShownOpened):
    """One output value of a pooling, taken apart.

    `values` (kH, kW) is what the window holds; where `is_padding`, -inf for a maximum, which so ignores it, and 0 for
    an average. `rows` and `columns` tell where in the input the cells lie. `winner` is the (y, x) in the input at
    which the maximum was found, the first where several are equal; `divisor` what an average divides by. `trace` is
    the pass.
    """

    pooling: Pooling
    unit: tuple[int, int, int]
    values: FloatArray
    is_padding: NDArray[np.bool_]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    winner: tuple[int, int] | None
    divisor: int | None
    value: float
    recorded: float
    trace: Trace = field(repr=False)

    @property
    def agrees(self) -> bool:
        """Whether what was worked out here is what the pass recorded."""
        inside = np.abs(self.values[~self.is_padding]).astype(np.float64)
        size = abs(self.value) if self.divisor is None else float(inside.sum()) / abs(self.divisor)
        return is_close(self.value, self.recorded, size)


def open_pooling(trace: Trace, layer: str, unit: tuple[int, int, int]) -> OpenedPooling:
    """The window of one output value (channel, y, x), and how the value comes of it.

        max      the largest value of the window; padding does not take part
        average  the sum of the window's values, with padding as 0, divided by how many cells count

    Raises UnknownLayer, NoPooling, BadUnit.
    """
    pooling = pooling_of(trace.network, layer)
    for at, n, what in zip(unit, (pooling.n_channels, *pooling.after), ("channel", "y", "x"), strict=True):
        if not 0 <= at < n:
            raise BadUnit(f"{pooling.layer} has no {what} {at}; allowed are 0 to {n - 1}. Choose one of these.")
    channel, y, x = unit
    source = read_by(trace, pooling.layer)[channel]
    rows, columns = (np.array(pooling.cells(axis, i)) for axis, i in ((0, y), (1, x)))
    is_inside = _inside(rows, pooling.before[0])[:, None] & _inside(columns, pooling.before[1])
    fill = -np.inf if pooling.rule == "max" else 0.0
    picked = source[np.clip(rows, 0, pooling.before[0] - 1)][:, np.clip(columns, 0, pooling.before[1] - 1)]
    values = np.where(is_inside, picked, np.float32(fill))
    winner, divisor = None, None
    if pooling.rule == "max":
        row, column = divmod(int(values.argmax()), len(columns))
        winner = int(rows[row]), int(columns[column])
        value = float(values[row, column])
    else:
        divisor = pooling.divisor or _n_counted(pooling, rows, columns, is_inside)
        value = float(values.sum(dtype=np.float64)) / divisor
    recorded = float(maps_after(trace, pooling)[unit])
    return OpenedPooling(
        pooling, unit, values, ~is_inside, tuple(rows.tolist()), tuple(columns.tolist()), winner, divisor, value,
        recorded, trace,
    )  # fmt: skip


def _inside(places: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    return (places >= 0) & (places < n)


def _n_counted(
    pooling: Pooling, rows: NDArray[np.int64], columns: NDArray[np.int64], is_inside: NDArray[np.bool_]
) -> int:
    """The cells that an average divides by. What a window rounded up hangs over beyond the padding never counts."""
    if not pooling.counts_padding:
        return int(is_inside.sum())
    padding = pooling.window.padding if pooling.window is not None else (0, 0)
    counted = [
        int((places < n + p).sum())
        for places, n, p in zip((rows, columns), pooling.before, padding, strict=True)
    ]  # fmt: skip
    return counted[0] * counted[1]
