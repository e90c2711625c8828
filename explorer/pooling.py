"""What the pooling layers of a network do on a picture: their windows opened, who wins in them, what is thrown away."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from .errors import BadUnit, NoPooling
from .geometry import Window
from .networks.layers import Layer
from .networks.network import Network
from .running.lock import LOCK
from .trace import FloatArray, Trace, is_close, read_by

_ADAPTIVE = ("AdaptiveAvgPool2d", "adaptive_avg_pool2d", "mean")


@dataclass(frozen=True)
class Pooling:
    """A pooling layer as torch runs it: `rule` is "max" or "average", `source` the layer that it reads (None for the
    picture), `before` and `after` the heights and widths of its input and its output.

    `window` is None where it is adaptive: then the output's size is fixed, and the windows follow from it. An average
    is divided by the number of cells, those of the padding among them if `counts_padding`; or by `divisor`.
    """

    layer: str
    rule: str
    source: str | None
    n_channels: int
    before: tuple[int, int]
    after: tuple[int, int]
    window: Window | None
    is_ceil: bool = False
    counts_padding: bool = True
    divisor: int | None = None

    @property
    def is_global(self) -> bool:
        """Whether one window holds the whole map."""
        return self.regular is not None and self.regular.kernel == self.before and self.after == (1, 1)

    @property
    def regular(self) -> Window | None:
        """The window that slides over the map; None where an adaptive pooling has windows of several sizes."""
        if self.window is not None:
            return self.window
        sizes = [(n // m, n % m) for n, m in zip(self.before, self.after, strict=True)]
        if any(rest for _, rest in sizes):
            return None
        kernel = sizes[0][0], sizes[1][0]
        return Window(kernel, kernel, (0, 0))

    def cells(self, axis: int, i: int) -> range:
        """Where the window of output cell i looks along an axis (0 is y); what is not from 0 to n - 1 is padding."""
        if self.window is None:
            n, m = self.before[axis], self.after[axis]
            return range(i * n // m, -(-(i + 1) * n // m))
        first = i * self.window.stride[axis] - self.window.padding[axis]
        step = self.window.dilation[axis]
        return range(first, first + self.window.kernel[axis] * step, step)


def pooling_layers(network: Network) -> tuple[str, ...]:
    """The layers that pool maps, by module or by function, in the order of execution: first those that leave maps, then
    those that end them (averages over the whole map)."""
    found = [
        name
        for name, layer in network.layers.items()
        if layer.kind in ("max pooling", "average pooling") and _is_spatial(network, layer)
    ]
    return tuple(sorted(found, key=lambda name: not network.layers[name].is_spatial))


def _is_spatial(network: Network, layer: Layer) -> bool:
    source = network.layers[layer.inputs[0]] if layer.inputs else None
    return (source is None or len(source.shape) == 3) and len(layer.shape) in (1, 3) and not layer.channels_last


def pooling_of(network: Network, layer: str) -> Pooling:
    """What a pooling layer is; raises UnknownLayer, NoPooling."""
    described = network.layer(layer)
    if described.name not in pooling_layers(network):
        others = ", ".join(f"'{name}'" for name in pooling_layers(network)[:6])
        remedy = f"It pools in {others}." if others else "It has no pooling layer."
        raise NoPooling(f"'{described.name}' of {network.name} is {described.kind}, which pools nothing. {remedy}")
    is_max = described.kind == "max pooling"
    graph, name = network.graph, described.name
    is_adaptive = graph.operation(name) in _ADAPTIVE
    source = described.inputs[0] if described.inputs else None
    side = network.preprocessing.size
    before = network.layers[source].size if source else (side, side)
    after = described.size or (1, 1)
    counts = None if is_max or is_adaptive else graph.setting(name, 5, "count_include_pad")
    return Pooling(
        layer=name,
        rule="max" if is_max else "average",
        source=source,
        n_channels=described.n_channels,
        before=(before[0], before[1]),
        after=(after[0], after[1]),
        window=None if is_adaptive else described.window,
        is_ceil=not is_adaptive and bool(graph.setting(name, 5 if is_max else 4, "ceil_mode")),
        counts_padding=counts is not False,
        divisor=None if is_max or is_adaptive else graph.setting(name, 6, "divisor_override"),
    )


def maps_after(trace: Trace, pooling: Pooling) -> FloatArray:
    """What the layer gives, (C, H, W); a layer that ends the maps gives maps of one cell."""
    return trace[pooling.layer].reshape(pooling.n_channels, *pooling.after)


@dataclass(frozen=True, eq=False)
class OpenedPooling:
    """One output value of a pooling, taken apart.

    `values` (kH, kW) is what the window holds; where `is_padding`, -inf for a maximum, which so ignores it, and 0 for
    an average. `rows` and `columns` tell where in the input the cells lie. `winner` is the (y, x) in the input at
    which the maximum was found, the first where several are equal; `divisor` what an average divides by.
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
        recorded,
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


@dataclass(frozen=True, eq=False)
class Winners:
    """Which values of one channel a maximum passes on.

    `index` (h, w) tells where in the input each output cell's value was found, counted row by row; `place` (h, w) the
    same inside its window; `used` (H, W) how many windows each input value won.
    """

    index: NDArray[np.int64]
    place: NDArray[np.int64]
    used: NDArray[np.int64]


def winners(trace: Trace, layer: str, channel: int) -> Winners:
    """The winners of a channel's windows; of equal values the first, as in torch. Raises NoPooling for an average."""
    pooling = _maximum(trace.network, layer)
    source = torch.from_numpy(read_by(trace, pooling.layer)[channel].copy())
    index = _won(pooling, source[None, None])[0, 0]
    assert pooling.window is not None  # a maximum has one
    n_columns = pooling.before[1]
    places = []
    for axis, at in enumerate((index // n_columns, index % n_columns)):
        first = np.array([pooling.cells(axis, i)[0] for i in range(pooling.after[axis])])
        places.append((at - (first[:, None] if axis == 0 else first)) // pooling.window.dilation[axis])
    used = np.bincount(index.ravel(), minlength=source.numel()).reshape(pooling.before)
    return Winners(index, places[0] * pooling.window.kernel[1] + places[1], used)


def _maximum(network: Network, layer: str) -> Pooling:
    pooling = pooling_of(network, layer)
    if pooling.rule != "max":
        raise NoPooling(
            f"'{pooling.layer}' of {network.name} takes an average, in which every value counts alike and none wins. "
            "Choose a layer that takes the maximum."
        )
    return pooling


def _won(pooling: Pooling, maps: torch.Tensor) -> NDArray[np.int64]:
    """Where each window's maximum lies, (N, C, h, w), counted row by row in the input."""
    window = pooling.window
    assert window is not None
    with LOCK, torch.inference_mode():
        _, index = F.max_pool2d(
            maps, window.kernel, window.stride, window.padding, window.dilation, pooling.is_ceil, return_indices=True
        )
    return index.numpy()


@dataclass(frozen=True)
class Kept:
    """What a pooling layer leaves of its input, over all channels.

    `share_of_values` is the share of input values that reach the output as they are (None for an average, in which all
    take part); `share_of_energy` their part of the sum of squares: for an average, the mean square after divided by the
    mean square before. It is NaN where the input is zero everywhere. `share_flat` is the share of windows whose values
    are all the same. `follower` is the next convolution or dense layer that reads the result, None where there is none;
    `multiply_adds` are its products as it is, and if it had to read the map before the pooling, with the same stride.
    """

    n_before: int
    n_after: int
    share_of_values: float | None
    share_of_energy: float
    share_flat: float
    follower: str | None
    multiply_adds: tuple[int, int]

    @property
    def n_bytes(self) -> tuple[int, int]:
        """Before and after, four bytes a number."""
        return 4 * self.n_before, 4 * self.n_after


def kept(trace: Trace, layer: str) -> Kept:
    """How much of a pooling layer's input is left. Raises UnknownLayer, NoPooling."""
    pooling = pooling_of(trace.network, layer)
    before, after = read_by(trace, pooling.layer), maps_after(trace, pooling)
    square = np.square(before, dtype=np.float64)
    energy = float(square.sum())
    share: float | None = None
    if pooling.rule == "max":
        won = np.zeros((len(before), pooling.before[0] * pooling.before[1]), bool)
        index = _won(pooling, torch.from_numpy(before.copy())[None])[0]
        np.put_along_axis(won, index.reshape(len(before), -1), True, axis=1)
        share = float(won.mean())
        left = float(square.reshape(len(before), -1)[won].sum())
    else:
        left = float(np.square(after, dtype=np.float64).mean()) * before.size
    follower, cost = _follower(trace.network, pooling)
    return Kept(
        n_before=before.size,
        n_after=after.size,
        share_of_values=share,
        share_of_energy=left / energy if energy else math.nan,
        share_flat=_share_flat(pooling, before),
        follower=follower,
        multiply_adds=cost,
    )


def _share_flat(pooling: Pooling, before: FloatArray) -> float:
    """The share of windows in which all values are equal."""
    window = pooling.regular
    if window is None:
        return math.nan
    maps = torch.from_numpy(before.copy())[None]
    arguments = window.kernel, window.stride, window.padding, window.dilation, pooling.is_ceil
    with LOCK, torch.inference_mode():
        return float((F.max_pool2d(maps, *arguments) == -F.max_pool2d(-maps, *arguments)).float().mean())


def _follower(network: Network, pooling: Pooling) -> tuple[str | None, tuple[int, int]]:
    """The next layer of sums that reads the pooled maps, perhaps through operations that keep their places."""
    reached = {pooling.layer}
    for name, layer in network.layers.items():
        if not reached & set(layer.inputs):
            continue
        cost = layer.n_multiply_adds
        if layer.kind == "convolution" and layer.window is not None:
            cells = math.prod(layer.window.output_size(*pooling.before))
            return name, (cost, cost // math.prod(layer.size) * cells)
        if layer.kind == "dense":
            return name, (cost, cost * math.prod(pooling.before) // math.prod(pooling.after))
        if layer.is_idle or not layer.size or layer.size == pooling.after:
            reached.add(name)
    return None, (0, 0)
