"""The numbers of filters, in cells of their colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..drawing.color import Scale
from ..drawing.picture import slide
from ..networks.network import Network
from ..trace import FloatArray
from .figures import scale_around
from .gratings import ANGLES, FREQUENCIES, Tuning
from .weights import chosen_kernels, form, inputs_of

_PRINTED = 7  # kernels up to this size have their weights printed in the cells
_PER_ROW = 8  # of a list of weights that is no kernel


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers in cells of their colours. `values` is (R, C); NaN with no number to show is an empty cell."""

    title: str
    values: FloatArray
    rows: tuple[str, ...]  # headers
    columns: tuple[str, ...]
    scale: Scale
    unit: str
    is_printed: bool = True  # the numbers stand in the cells from the start
    labels: tuple[tuple[str, ...], ...] | None = None  # what each cell is, where the headers do not say so


def weight_tables(
    network: Network, layer: str, index: int, shown: Sequence[int], channel: int, is_folded: bool
) -> list[Table]:
    """The weights of one filter in numbers: of its three colours; of its kernel for input `channel`; or, where its
    kernels are points, those of the inputs in `shown`, row by row."""
    name = network.resolve(layer)
    kind = form(network, name)
    weights = chosen_kernels(network, name, [index], is_folded)[0]
    first = inputs_of(network, name, index)[0]
    scale = scale_around(weights)
    unit = f"weight of filter {index} of {name}{', folded with its batch norm' if is_folded else ''}, no unit"
    if kind == "matrix":
        padded = np.full(-(-len(shown) // _PER_ROW) * _PER_ROW, np.nan, np.float32)
        padded[: len(shown)] = weights[shown[0] - first : shown[-1] - first + 1, 0, 0]
        values = padded.reshape(-1, _PER_ROW)
        numbers = [str(i) for i in shown] + [""] * (values.size - len(shown))
        labels = tuple(
            tuple(f"input {n}" if n else "" for n in numbers[r : r + _PER_ROW]) for r in range(0, values.size, _PER_ROW)
        )
        rows = tuple(numbers[::_PER_ROW])
        title = f"Weights of inputs {shown[0]} to {shown[-1]}, row by row"
        return [Table(title, values, rows, tuple(f"+{i}" for i in range(_PER_ROW)), scale, unit, labels=labels)]
    if kind == "colour":
        planes = list(zip((name.capitalize() for name in network.preprocessing.inputs), weights, strict=True))
    else:
        what = "Its one kernel" if len(weights) == 1 else f"Its kernel for input {channel}"
        planes = [(what, weights[channel - first])]
    height, width = weights.shape[1:]
    rows, columns = tuple(map(str, range(height))), tuple(map(str, range(width)))
    is_printed = max(height, width) <= _PRINTED
    return [Table(title, plane, rows, columns, scale, unit, is_printed) for title, plane in planes]


def grating_table(tuned: Tuning, layer: str, index: int) -> Table:
    """A filter's answers to stripes: one row per frequency, one column per direction."""
    values = np.ascontiguousarray(tuned.gratings[index].T)
    finite = values[np.isfinite(values)]
    return Table(
        title="Answer to stripes: direction across, frequency down",
        values=values,
        rows=tuple(f"{f} ({1 / f:.0f} px)" for f in FREQUENCIES),
        columns=tuple(f"{angle}°" for angle in ANGLES),
        scale=Scale(0.0, float(finite.max()) if finite.size else 0.0, "viridis"),
        unit=f"amplitude of the answer of {layer}, no unit; rows in cycles per pixel (pixels per stripe)",
    )


def tables_png(tables: Sequence[Table]) -> bytes:
    """The cells of tables that share a scale, side by side with a gap, without their numbers."""
    gap = np.full((tables[0].values.shape[0], 1), np.nan, np.float32)
    parts = [part for table in tables for part in (gap, table.values)]
    return slide(np.hstack(parts[1:]), tables[0].scale)
