"""One value of a convolution or a dense layer, opened up: the numbers that it read, the weights that it multiplied them
by, the products, their sum, and what the operations right behind make of it.

Both layers add up products and a bias (it is cross-correlation: the kernel is not flipped). For unit (c, y, x)

    value = bias[c] + sum over n, i, j of  input[first + n, y * s - p + i * d, x * s - p + j * d] * weight[c, n, i, j]

with stride s, padding p and dilation d along each axis, where `first` is the first channel of the filter's group. A
dense layer is the same with kernels of one cell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import BadUnit, NoArithmetic
from ..geometry import Window
from ..networks.layers import Layer
from ..recording import is_close
from ..shown import ShownOpened
from ..trace import FloatArray, Trace, as_maps, read_by
from .steps import Step, _steps, what_it_does

_POINT = Window((1, 1), (1, 1), (0, 0))


@dataclass(frozen=True, eq=False)
class Opened(ShownOpened):
    """One value of a convolution or a dense layer, taken apart."""

    layer: str
    unit: tuple[int, ...]  # (c, y, x), or (k,) where the maps have ended
    window: Window  # of a dense layer, a single cell
    inputs: FloatArray  # (n_in, kH, kW): what the window holds, padding as 0
    weights: FloatArray  # the same shape
    is_padding: NDArray[np.bool_]  # (kH, kW)
    channels: range  # the numbers of the inputs that the filter reads: all, or those of its group
    bias: float  # 0.0 where the layer has none
    has_bias: bool
    value: float  # the sum of the products and the bias, in float64
    recorded: float  # what the pass recorded
    steps: tuple[Step, ...]  # what reads it next, as long as that reads nothing else
    end: str  # why there are no further steps, as a sentence
    trace: Trace = field(repr=False)  # the pass that it is a value of

    @cached_property
    def products(self) -> NDArray[np.float64]:
        """(n_in, kH, kW) input times weight."""
        return self.inputs.astype(np.float64) * self.weights

    @cached_property
    def subtotals(self) -> NDArray[np.float64]:
        """(n_in,) the sum of each input channel's products."""
        return np.asarray(self.products.sum(axis=(1, 2)))

    @cached_property
    def size(self) -> float:
        """The sum of the absolute values of all products and of the bias."""
        return float(np.abs(self.products).sum()) + abs(self.bias)

    @property
    def agrees(self) -> bool:
        """Whether the sum is what the pass recorded (see `is_close`)."""
        return is_close(self.value, self.recorded, self.size)

    def place(self, row: int, column: int) -> tuple[int, int]:
        """Where in the input a cell of the window lies, (y, x); outside of it in the padding. (0, 0) where the inputs
        are numbers without a place."""
        y, x = self.unit[1:] if len(self.unit) == 3 else (0, 0)
        window = self.window
        return (
            y * window.stride[0] - window.padding[0] + row * window.dilation[0],
            x * window.stride[1] - window.padding[1] + column * window.dilation[1],
        )


def open_value(trace: Trace, layer: str, unit: tuple[int, ...]) -> Opened:
    """The value of one unit, (c, y, x) or (k,), taken apart and worked out again.

    Raises UnknownLayer, NoArithmetic for a layer that adds up no products, BadUnit.
    """
    network = trace.network
    described = network.layer(layer)
    name = described.name
    if not described.traits.is_weighted:
        raise NoArithmetic(
            f"{what_it_does(network, name)} It adds up no products with weights: choose a convolution or a dense layer."
        )
    _check(described, unit)
    weight = network.weights(name)["weight"][unit[0]]  # (n_in, kH, kW), or (n_in,) of a dense layer
    bias = network.weights(name).get("bias")
    weight = weight.reshape(len(weight), *(weight.shape[1:] or (1, 1)))
    n_in, window = len(weight), described.window or _POINT
    n_groups = described.groups or 1
    first = unit[0] // (described.shape[0] // n_groups) * n_in
    source = read_by(trace, name)
    rows, row_exists = _cells(unit[1] if len(unit) == 3 else 0, source.shape[1], window, 0)
    columns, column_exists = _cells(unit[2] if len(unit) == 3 else 0, source.shape[2], window, 1)
    exists = row_exists[:, None] & column_exists
    inputs = np.where(exists, source[first : first + n_in, rows[:, None], columns], np.float32(0))
    added = 0.0 if bias is None else float(bias[unit[0]])
    with np.errstate(invalid="ignore", over="ignore"):  # broken weights may be no numbers
        value = float((inputs.astype(np.float64) * weight).sum()) + added
        size = float(np.abs(inputs.astype(np.float64) * weight).sum()) + abs(added)
        steps, end = _steps(trace, described, unit, value, size)
    weight.flags.writeable = inputs.flags.writeable = False
    return Opened(
        layer=name,
        unit=unit,
        window=window,
        inputs=inputs,
        weights=weight,
        is_padding=~exists,
        channels=range(first, first + n_in),
        bias=added,
        has_bias=bias is not None,
        value=value,
        recorded=float(trace[name][unit]),
        steps=steps,
        end=end,
        trace=trace,
    )


def strongest(trace: Trace, layer: str, channel: int | None = None) -> tuple[int, ...]:
    """The unit with the highest value of a layer, or of one of its channels; the first of equal ones. Raises BadUnit
    for a channel that the layer does not have."""
    values = trace[layer]
    if channel is not None:
        _check(trace.network.layer(layer), (channel, 0, 0)[: values.ndim])
        values = values[channel : channel + 1]
    finite = np.nan_to_num(values, nan=-np.inf)
    c, *place = (int(index) for index in np.unravel_index(int(finite.argmax()), values.shape))
    return (c if channel is None else channel, *place)


def strongest_places(trace: Trace, layer: str) -> NDArray[np.intp]:
    """(C, 2) where in each channel's map the highest value lies, (y, x); the first of equal ones."""
    maps = np.nan_to_num(as_maps(trace[layer]), nan=-np.inf)
    return np.stack(np.divmod(maps.reshape(len(maps), -1).argmax(axis=1), maps.shape[2]), axis=1)


def _check(layer: Layer, unit: tuple[int, ...]) -> None:
    shown = f"({', '.join(map(str, unit))})"
    if len(unit) != len(layer.shape):
        raise BadUnit(
            f"{layer.name} has no unit {shown}: it gives {' x '.join(map(str, layer.shape))} numbers. "
            f"Name one by {'channel, y and x' if len(layer.shape) == 3 else 'its number alone'}."
        )
    if not all(0 <= index < n for index, n in zip(unit, layer.shape, strict=True)):
        names = ("channel", "y", "x") if len(layer.shape) == 3 else ("number",)
        ranges = ", ".join(f"{name} from 0 to {n - 1}" for name, n in zip(names, layer.shape, strict=True))
        raise BadUnit(f"{layer.name} has no unit {shown}. Choose {ranges}.")


def _cells(at: int, n: int, window: Window, axis: int) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The rows (or columns) of the input that the window covers at an output position, and which of them exist; those
    that do not are clipped to some that do."""
    start = at * window.stride[axis] - window.padding[axis]
    covered = start + np.arange(window.kernel[axis]) * window.dilation[axis]
    return covered.clip(0, n - 1), (covered >= 0) & (covered < n)
