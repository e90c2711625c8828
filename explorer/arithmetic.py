"""One value of a convolution or a dense layer, opened up: the numbers that it read, the weights that it multiplied them
by, the products, their sum, and what the operations right behind make of it.

Both layers add up products and a bias (it is cross-correlation: the kernel is not flipped). For unit (c, y, x)

    value = bias[c] + sum over n, i, j of  input[first + n, y * s - p + i * d, x * s - p + j * d] * weight[c, n, i, j]

with stride s, padding p and dilation d along each axis, where `first` is the first channel of the filter's group. A
dense layer is the same with kernels of one cell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .errors import BadUnit, NoArithmetic
from .geometry import Window
from .networks.layers import Layer
from .networks.network import Network
from .trace import FloatArray, Trace, is_close, read_by
from .wording import number

_POINT = Window((1, 1), (1, 1), (0, 0))


@dataclass(frozen=True)
class Step:
    """What an operation that reads one value makes of it. `formula` is written with its numbers, `numbers` are those
    that the operation brings along (a batch norm's mean, variance, gamma, beta and eps)."""

    name: str
    kind: str
    formula: str
    value: float  # worked out in float64 from the value worked out before, not from the recorded one
    recorded: float
    size: float  # of what was added up on the way, for `is_close`
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        """Whether this is what the pass recorded."""
        return is_close(self.value, self.recorded, self.size)


@dataclass(frozen=True, eq=False)
class Opened:
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
    if described.kind not in ("convolution", "dense"):
        raise NoArithmetic(
            f"{deed(network, name)} It adds up no products with weights: choose a convolution or a dense layer."
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


# What adds up to most of it


@dataclass(frozen=True)
class Product:
    """One product of a sum: of which input channel, at which cell of the kernel, at which place (y, x) of the input."""

    channel: int
    cell: tuple[int, int]
    place: tuple[int, int]
    is_padding: bool
    input: float
    weight: float
    product: float


@dataclass(frozen=True)
class Ranking:
    """The strongest products of a sum, the farthest from zero first, and what they leave.

    `share` is what they make of the sum of the absolute values of all products, 0 to 1 (1 where all are zero): of all
    that is added up, whatever its sign. The bias does not count.
    """

    products: tuple[Product, ...]
    share: float
    rest: float  # the sum of all other products, with their signs
    n_products: int  # of all


def rank(opened: Opened, n: int) -> Ranking:
    """The n strongest products; of equal ones the first by channel, row and column."""
    order = _order(opened)[:n]
    flat = opened.products.ravel()
    products = []
    for index in order.tolist():
        channel, row, column = (int(i) for i in np.unravel_index(index, opened.products.shape))
        products.append(
            Product(
                channel=opened.channels[channel],
                cell=(row, column),
                place=opened.place(row, column),
                is_padding=bool(opened.is_padding[row, column]),
                input=float(opened.inputs[channel, row, column]),
                weight=float(opened.weights[channel, row, column]),
                product=float(flat[index]),
            )
        )
    whole = float(np.abs(flat).sum())
    share = float(np.abs(flat[order]).sum()) / whole if whole else 1.0
    others = np.ones(len(flat), bool)
    others[order] = False
    return Ranking(tuple(products), share, float(flat[others].sum()), len(flat))


def n_for_share(opened: Opened, share: float) -> int:
    """The least number of products whose absolute values make this share (0 to 1) of the sum of all."""
    sizes = np.abs(opened.products.ravel()[_order(opened)]).cumsum()
    return int(np.searchsorted(sizes, share * sizes[-1] * (1 - 1e-12))) + 1 if sizes[-1] else 0


def _order(opened: Opened) -> NDArray[np.intp]:
    return np.argsort(-np.abs(opened.products.ravel()), kind="stable")


# What the operations right behind make of it


def _sigmoid(x: float) -> float:
    return (1 + math.tanh(x / 2)) / 2  # the same as 1 / (1 + exp(-x)), but no exponential can overflow


def _clip6(x: float) -> float:
    return float(np.clip(x, 0, 6))  # unlike min and max, it passes on what is no number


# kind -> the formula, where {} is the value, and the function; none rises faster than 1.13 times its input
_FUNCTIONS: dict[str, tuple[str, Callable[[float], float]]] = {
    "ReLU": ("max(0, {})", lambda x: float(np.maximum(x, 0))),
    "ReLU6": ("min(6, max(0, {}))", _clip6),
    "tanh": ("tanh({})", math.tanh),
    "Sigmoid": ("1 / (1 + exp(−({})))", _sigmoid),
    "SiLU": ("{0} / (1 + exp(−({0})))", lambda x: x * _sigmoid(x)),
    "GELU": ("{0} · (1 + erf({0} / √2)) / 2", lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2),
    "Hardsigmoid": ("min(6, max(0, {} + 3)) / 6", lambda x: _clip6(x + 3) / 6),
    "Hardswish": ("{0} · min(6, max(0, {0} + 3)) / 6", lambda x: x * _clip6(x + 3) / 6),
    "dropout": ("{}, as it is", lambda x: x),
    "stochastic depth": ("{}, as it is", lambda x: x),
    "permutation": ("{}, in another order of the axes", lambda x: x),
}


def _steps(
    trace: Trace, layer: Layer, unit: tuple[int, ...], value: float, size: float
) -> tuple[tuple[Step, ...], str]:
    """The operations behind a value that read nothing else, and why there are no more."""
    steps: list[Step] = []
    while True:
        readers = [reader for reader in trace.network.layers.values() if layer.name in reader.inputs]
        if len(readers) != 1:
            return tuple(steps), _ending(layer, readers)
        step = _step(trace, readers[0], unit, value, size) if readers[0].shape == layer.shape else None
        if step is None:
            return tuple(steps), f"Next, {deed(trace.network, readers[0].name)}"
        steps.append(step)
        layer, value, size = readers[0], step.value, step.size


def _step(trace: Trace, layer: Layer, unit: tuple[int, ...], value: float, size: float) -> Step | None:
    numbers: dict[str, float] = {}
    if layer.kind in _FUNCTIONS:
        formula, function = _FUNCTIONS[layer.kind]
        text, after = formula.format(number(value)), function(value)
    elif layer.kind == "batch norm":
        numbers = _batch_norm(trace.network, layer.name, unit[0])
        factor = numbers["gamma"] / math.sqrt(numbers["variance"] + numbers["eps"])
        text = (
            f"({number(value)} − {_inner(numbers['mean'])}) / √({number(numbers['variance'])} + "
            f"{number(numbers['eps'])}) · {_inner(numbers['gamma'])} + {_inner(numbers['beta'])}"
        )
        after = (value - numbers["mean"]) * factor + numbers["beta"]
        size = (size + abs(numbers["mean"])) * abs(factor) + abs(numbers["beta"])
    elif layer.kind == "multiplication" and (scale := _scale(trace.network, layer, unit[0])) is not None:
        numbers = {"factor": scale}
        text, after, size = f"{number(value)} · {_inner(scale)}", value * scale, size * abs(scale)
    else:
        return None
    return Step(layer.name, layer.kind, text, after, float(trace[layer.name][unit]), size, numbers)


def _batch_norm(network: Network, name: str, channel: int) -> dict[str, float]:
    """(x - mean) / sqrt(variance + eps) * gamma + beta, with the running mean and variance of training (Ioffe and
    Szegedy 2015, arXiv:1502.03167, alg. 2)."""
    arrays = network.weights(name)
    return {
        "mean": float(arrays["running_mean"][channel]),
        "variance": float(arrays["running_var"][channel]),
        "gamma": float(arrays["weight"][channel]) if "weight" in arrays else 1.0,
        "beta": float(arrays["bias"][channel]) if "bias" in arrays else 0.0,
        "eps": float(network.graph.setting(name, 7, "eps")),
    }


def _scale(network: Network, layer: Layer, channel: int) -> float | None:
    """What a multiplication multiplies each value of a channel by, where it is a number of its own (ConvNeXt's layer
    scale); None where it multiplies two layers."""
    factor = network.graph.setting(layer.name, 1, "other")
    if isinstance(factor, (int, float)):
        return float(factor)
    own = [*network.weights(layer.name).values()]
    if len(layer.inputs) == 1 and len(own) == 1 and own[0].size == layer.shape[0]:
        return float(own[0].ravel()[channel])
    return None


def _inner(value: float) -> str:
    """The same inside a formula, where a negative number stands in brackets."""
    return f"({number(value)})" if value < 0 else number(value)


# What is said where there is nothing to open

_DEEDS = {
    "convolution": "adds up products of {sources} with its weights",
    "dense": "adds up products of {sources} with its weights",
    "addition": "adds the values of {sources} at the same place",
    "multiplication": "multiplies the values of {sources} at the same place",
    "concatenation": "sets the channels of {sources} one behind the other, and changes no value",
    "max pooling": "passes on the highest value in each window of {sources}",
    "average pooling": "takes the mean of each window of {sources}",
    "flatten": "writes the values of {sources} in one row, and changes none",
    "layer norm": "sets the channels of {sources} at each place to mean 0 and variance 1, then scales and shifts them",
    "batch norm": "shifts and scales each channel of {sources}",
    "dropout": "passes on {sources} as it is: it drops values only in training",
    "stochastic depth": "passes on {sources} as it is: it drops values only in training",
    "permutation": "puts the axes of {sources} into another order, and changes no value",
}


def deed(network: Network, layer: str) -> str:
    """What a layer does with its inputs, as a sentence."""
    described = network.layer(layer)
    sources = " and ".join(described.inputs) or "the picture"
    if len(described.inputs) > 4:
        sources = f"{len(described.inputs)} layers"
    rule = _DEEDS.get(described.kind, "rearranges {sources}")
    if described.kind in _FUNCTIONS and described.kind not in _DEEDS:
        rule = "applies one function to each value of {sources}"
    return f"{described.name} ({described.kind}) {rule.format(sources=sources)}."


def _ending(layer: Layer, readers: list[Layer]) -> str:
    """Why the steps end at a layer that none, or more than one, reads."""
    if not readers:
        return f"Nothing reads {layer.name} any more: it is what the network answers."
    shown = ", ".join(reader.name for reader in readers[:3]) + (" …" if len(readers) > 3 else "")
    return f"{len(readers)} operations read {layer.name}, so no single one comes next: {shown}."
