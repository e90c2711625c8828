"""How far a change reaches through one operation: which box of its maps can differ where a box of what it reads does,
and how that box is worked out alone.

What is in no row of the table at the end is worked out whole, and so is all that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, prod

import torch
from torch.nn import functional as F

from ..geometry import Axis, Spans, Window
from .graph import PICTURE
from .kinds import LAYER_KINDS
from .layers import Layer
from .network import Network

Boxes = tuple[Spans, Spans]  # rows and columns of a box in each of several pictures
Crops = Mapping[str, torch.Tensor]  # what an operation reads, by name, cut to what it needs


@dataclass(frozen=True, eq=False)
class Step:
    """An operation that can be worked out box by box.

    Each place of its maps, which have `size` rows and columns, is made of the same place of all its `sources`, or,
    where there are `axes`, through windows that slide over its one source, beyond whose edges there is `fill`. `work`
    makes its boxes of crops of the sources.
    """

    name: str
    sources: tuple[str, ...]
    size: tuple[int, int]
    work: Callable[[Crops, Boxes], torch.Tensor]
    axes: tuple[Axis, Axis] | None = None
    fill: float = 0.0

    def reached(self, changed: Sequence[Boxes]) -> Boxes:
        """Where it can differ, if boxes of its sources do."""
        if self.axes is not None:
            pairs = zip(self.axes, changed[0], self.size, strict=True)
            rows, columns = (axis.reached(spans, n) for axis, spans, n in pairs)
        else:
            pairs_of_one = zip(zip(*changed, strict=True), self.size, strict=True)
            rows, columns = (Spans.joined(several, n) for several, n in pairs_of_one)
        return rows, columns

    def read(self, boxes: Boxes) -> Boxes:
        """What it needs of a source for boxes of its own; it may lie beyond the edges."""
        if self.axes is None:
            return boxes
        down, across = self.axes
        return down.read(boxes[0]), across.read(boxes[1])


def sources_of(network: Network, name: str) -> list[str]:
    """The layers that an operation reads, and PICTURE, also through what is no layer; sizes do not count."""
    found, pending = dict[str, None](), [name]
    while pending:
        for taken in network.graph.takes(pending.pop()):
            if not isinstance(taken, str) or taken in network.graph.unseeing:
                continue
            if taken == PICTURE or taken in network.layers:
                found[taken] = None
            else:
                pending.append(taken)
    return list(found)


def step_of(network: Network, name: str) -> Step | None:
    """An operation as a step, or None where it has to be worked out whole."""
    operation = _Operation(network, network.layers[name])
    row = _TABLE.get(operation.layer.kind)
    return row(operation) if row is not None and operation.layer.has_places and len(operation.layer.shape) > 1 else None


@dataclass(frozen=True)
class _Operation:
    """An operation as the rows of the table see it."""

    network: Network
    layer: Layer

    @property
    def name(self) -> str:
        return self.layer.name

    @property
    def size(self) -> tuple[int, int]:
        return self.layer.shape[-2], self.layer.shape[-1]

    @property
    def takes(self) -> list[str]:
        """The operations, and PICTURE, whose values it takes; sizes and weights do not count."""
        graph = self.network.graph
        return [taken for taken in graph.takes(self.name) if isinstance(taken, str) and taken not in graph.unseeing]

    @property
    def only_source(self) -> str | None:
        """What it takes, where that is one layer, or the picture, and lies as its own values do."""
        found = self.takes
        is_one = len(found) == 1 and (found[0] == PICTURE or found[0] in self.network.layers)
        return found[0] if is_one and self.lies_alike(found[0]) else None

    def shape_of(self, source: str) -> tuple[int, ...]:
        side = self.network.preprocessing.size
        if source == PICTURE:
            return self.network.preprocessing.n_channels, side, side
        return self.network.layers[source].shape

    def lies_alike(self, source: str) -> bool:
        """Whether channels come first on both sides, or last."""
        return self.layer.channels_last == (source != PICTURE and self.network.layers[source].channels_last)

    def setting(self, position: int, keyword: str) -> object:
        return self.network.graph.setting(self.name, position, keyword)

    def applied(self) -> Step | None:
        """A step that makes each place of the same place of what is read, by the operation itself: None where it takes
        more than layers, the picture and weights."""
        graph, sources = self.network.graph, sources_of(self.network, self.name)
        if {taken for taken in graph.takes(self.name) if isinstance(taken, str)} != {*sources}:
            return None
        return self.step(sources, lambda crops, boxes: graph.apply(self.name, crops))

    def step(self, sources: Sequence[str], work: Callable[[Crops, Boxes], torch.Tensor]) -> Step:
        """A step that makes each place of the same place of what is read."""
        return Step(self.name, tuple(sources), self.size, work)

    def sliding(
        self, source: str, window: Window, work: Callable[[torch.Tensor, Boxes], torch.Tensor], fill: float = 0.0
    ) -> Step:
        """A step that makes its maps through windows."""
        axes = window.axes(*self.shape_of(source)[-2:])
        return Step(self.name, (source,), self.size, lambda crops, boxes: work(crops[source], boxes), axes, fill)


# The rows of the table


def _each_place(operation: _Operation) -> Step | None:
    """One function for each place: of several values at the same place, or of one value for a whole channel."""
    last, takes = operation.layer.channels_last, operation.network.graph.takes(operation.name)
    weights = [taken for taken in takes if isinstance(taken, torch.Tensor)]
    has_places = any(prod(weight.shape[-3:-1] if last else weight.shape[-2:]) > 1 for weight in weights)
    sources = sources_of(operation.network, operation.name)
    sizes = {operation.shape_of(source)[-2:] for source in sources}
    fits = sizes <= {operation.size, (1, 1)} and all(map(operation.lies_alike, sources)) and not has_places
    return operation.applied() if fits else None


def _each_row_of_channels(operation: _Operation) -> Step | None:
    """Weights for all channels of a place, which come last."""
    normalised = operation.setting(1, "normalized_shape")
    is_one_row = normalised is None or (isinstance(normalised, tuple | list) and len(normalised) == 1)
    fits = operation.layer.channels_last and operation.only_source is not None and is_one_row
    return operation.applied() if fits else None


def _batch_norm(operation: _Operation) -> Step | None:
    """Without remembered means it would take those of all places."""
    remembers = "running_mean" in operation.network.graph.buffers(operation.name)
    fits = remembers and not operation.setting(5, "training") and operation.only_source is not None
    return operation.applied() if fits else None


def _concatenation(operation: _Operation) -> Step | None:
    is_of_channels = operation.setting(1, "dim") in ((-1, 3) if operation.layer.channels_last else (1, -3))
    return _each_place(operation) if is_of_channels and len(operation.layer.shape) == 3 else None


def _single_channel(operation: _Operation) -> Step | None:
    """A map without an axis of channels, given one."""
    return _each_place(operation) if operation.setting(1, "dim") == 1 and len(operation.layer.shape) == 3 else None


def _permutation(operation: _Operation) -> Step | None:
    """Channels put behind the places, or before them."""
    is_turned = operation.network.graph.permutation(operation.name) in ((0, 2, 3, 1), (0, 3, 1, 2))
    return operation.applied() if is_turned and not any(map(operation.lies_alike, operation.takes)) else None


def _transposition(operation: _Operation) -> Step | None:
    """Two axes of channels in each other's place, as in a shuffle of channels."""
    n = len(operation.layer.shape) + 1
    axes = [operation.setting(i + 1, f"dim{i}") for i in (0, 1)]
    fits = all(isinstance(axis, int) and 0 < axis % n < n - 2 for axis in axes) and not operation.layer.channels_last
    return operation.applied() if fits and operation.only_source is not None else None


def _grouping(operation: _Operation) -> Step | None:
    """Channels in other groups, with the places behind them as they were."""
    source, (*channels, _, _) = operation.only_source, operation.layer.shape
    if source is None or operation.layer.channels_last:
        return None
    before = operation.shape_of(source)
    if before[-2:] != operation.size or prod(before) != prod(operation.layer.shape):
        return None
    return operation.step(
        [source], lambda crops, boxes: crops[source].reshape(-1, *channels, boxes[0].size, boxes[1].size)
    )


def _piece(operation: _Operation) -> Step | None:
    """Some of the channels: by their numbers, or as one of several pieces into which they were cut."""
    if operation.only_source is not None:
        index = operation.setting(1, "")
        is_of_channels = isinstance(index, tuple) and len(index) == 2 and index[0] == slice(None)
        return _each_place(operation) if is_of_channels and not operation.layer.channels_last else None
    graph, sources = operation.network.graph, sources_of(operation.network, operation.name)
    cut, *others = operation.takes
    is_cut = cut in graph.nodes and graph.operation(cut) in ("chunk", "split") and graph.takes(cut) == sources
    if others or not is_cut or graph.setting(cut, 2, "dim") not in (1, -3) or operation.layer.channels_last:
        return None
    return operation.step(sources, lambda crops, boxes: graph.apply(operation.name, {cut: graph.apply(cut, crops)}))


def _convolution(operation: _Operation) -> Step | None:
    graph, source, window = operation.network.graph, operation.only_source, operation.layer.window
    if source is None or window is None or operation.setting(7, "padding_mode") not in (None, "zeros"):
        return None
    weights, groups = graph.parameters(operation.name), operation.layer.groups or 1

    def summed(crop: torch.Tensor, boxes: Boxes) -> torch.Tensor:
        return F.conv2d(crop, weights["weight"], weights.get("bias"), window.stride, 0, window.dilation, groups)

    return operation.sliding(source, window, summed)


def _max_pooling(operation: _Operation) -> Step | None:
    source, window = operation.only_source, operation.layer.window
    if source is None or window is None:
        return None

    def highest(crop: torch.Tensor, boxes: Boxes) -> torch.Tensor:
        return F.max_pool2d(crop, window.kernel, window.stride, 0, window.dilation)

    return operation.sliding(source, window, highest, -inf)


def _average_pooling(operation: _Operation) -> Step | None:
    """The sum over a window, divided by what the layer divides it by, which at the edges may be another number."""
    source, window = operation.only_source, operation.layer.window
    if source is None or window is None:
        return None
    total = partial(F.avg_pool2d, kernel_size=window.kernel, stride=window.stride, divisor_override=1)
    ones = torch.ones(1, 1, *operation.shape_of(source)[-2:], device=operation.network.device)
    means = operation.network.graph.apply(operation.name, {source: ones})
    sums = total(ones, padding=window.padding, ceil_mode=bool(operation.setting(4, "ceil_mode")))
    shares = (means / sums)[0]  # (1, H, W)

    def mean(crop: torch.Tensor, boxes: Boxes) -> torch.Tensor:
        rows, columns = boxes
        corners = zip(rows.starts, columns.starts, strict=True)
        parts = [shares[:, y : y + rows.size, x : x + columns.size] for y, x in corners]
        return total(crop) * torch.stack(parts)

    return operation.sliding(source, window, mean)


def _border(operation: _Operation) -> Step | None:
    """Rows and columns of one number around the maps."""
    source, border = operation.only_source, operation.layer.border
    if source is None or border is None or operation.layer.channels_last:
        return None
    kind = operation.network.graph.operation(operation.name)
    positions = {"pad": 3, "pad_same": 4}  # of the number that is set there
    fill = operation.setting(positions[kind], "value") or 0.0 if kind in positions else 0.0
    repeats = kind == "ReplicationPad2d" or (kind == "pad" and operation.setting(2, "mode") not in (None, "constant"))
    if repeats or not isinstance(fill, int | float) or operation.shape_of(source)[0] != operation.layer.shape[0]:
        return None
    return operation.sliding(source, Window((1, 1), (1, 1), border), lambda crop, boxes: crop, float(fill))


_ROWS: tuple[tuple[Callable[[_Operation], Step | None], tuple[str, ...]], ...] = (
    (_each_place, tuple(name for name, kind in LAYER_KINDS.items() if kind.is_activation)),
    (_each_place, ("addition", "multiplication", "dropout", "stochastic depth", "identity")),
    (_each_place, ("sub", "truediv", "div", "neg", "clamp", "Hardtanh", "hardtanh", "PReLU", "contiguous")),
    (_each_row_of_channels, ("layer norm", "dense")),
    (_batch_norm, ("batch norm",)),
    (_concatenation, ("concatenation",)),
    (_single_channel, ("unsqueeze",)),
    (_permutation, ("permutation",)),
    (_transposition, ("transpose",)),
    (_grouping, ("view", "reshape", "flatten")),
    (_piece, ("getitem",)),
    (_convolution, ("convolution",)),
    (_max_pooling, ("max pooling",)),
    (_average_pooling, ("average pooling",)),
    (_border, ("padding",)),
)
_TABLE = {kind: row for row, kinds in _ROWS for kind in kinds}
