"""Which values win in the windows of a max pooling, and how much of a map a pooling keeps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from ..errors import NoPooling
from ..networks.network import Network
from ..networks.pooling import Pooling
from ..running.lock import work
from ..trace import FloatArray, Trace, read_by
from .layers import maps_after, pooling_of


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
    with work(f"Pooling {pooling.layer}"), torch.inference_mode():
        _, index = F.max_pool2d(
            maps, window.kernel, window.stride, window.padding, window.dilation, pooling.is_ceil, return_indices=True
        )
    return index.numpy()


@dataclass(frozen=True)
class Retention:
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


def retention(trace: Trace, layer: str) -> Retention:
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
        left = energy - float(square.reshape(len(before), -1)[~won].sum())  # all of it where only zeros are lost
    else:
        left = float(np.square(after, dtype=np.float64).mean()) * before.size
    follower, cost = _follower(trace.network, pooling)
    return Retention(
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
    with work(f"Pooling {pooling.layer}"), torch.inference_mode():
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
