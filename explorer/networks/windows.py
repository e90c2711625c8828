"""Through which windows an operation looks at what it reads, and what its units then see of the picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

from ..geometry import WHOLE, ReceptiveField, Window, union
from .graph import Graph
from .kinds import PADDINGS, Kind


class Seen(Protocol):
    """What is known of a layer that is read."""

    @property
    def size(self) -> tuple[int, ...]: ...

    @property
    def receptive_field(self) -> ReceptiveField: ...


def window_of(graph: Graph, name: str, kind: Kind) -> Window | None:
    """The window of a convolution or a pooling, from its module's attributes or its function's arguments."""
    if not kind.has_window or graph.operation(name) in kind.adaptive:
        return None
    setting = graph.setting
    kernel = _pair(setting(name, 1, "kernel_size"))
    dilation = _pair(setting(name, 4, "dilation") or 1) if kind.name != "average pooling" else (1, 1)
    padding = setting(name, 3, "padding") or 0
    if isinstance(padding, str):  # of a convolution: none, or as much as leaves the map as large as it was
        spans = ((k - 1) * d for k, d in zip(kernel, dilation, strict=True))
        padding = 0 if padding == "valid" else tuple(span // 2 for span in spans)
    stride = setting(name, 2, "stride") or (1 if kind.is_weighted else kernel)
    return Window(kernel, _pair(stride), _pair(padding), dilation)


def border_of(
    graph: Graph, name: str, kind: Kind, shape: tuple[int, ...], before: tuple[int, ...]
) -> tuple[int, int] | None:
    """How much of what a padding sets lies before the maps; less than nothing of what a cropping takes off."""
    if kind.name not in ("padding", "cropping") or len(shape) != 3 or len(before) != 2:
        return None
    if graph.operation(name) in PADDINGS:  # (left, right, top, bottom, ...)
        amounts = graph.setting(name, 1, "padding") or graph.setting(name, 1, "pad")
        return (amounts[2] if len(amounts) > 2 else 0), amounts[0]
    return (shape[1] - before[0]) // 2, (shape[2] - before[1]) // 2


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def field_of(
    kind: Kind, window: Window | None, border: tuple[int, int] | None, shape: tuple[int, ...],
    inputs: Sequence[Seen], size: int,
) -> ReceptiveField:  # fmt: skip
    """What the units of a layer see, from what the layers it reads see. Where that cannot be said exactly, it is what
    they see at the most."""
    if (
        kind.mixes_places
        or len({layer.receptive_field.jump for layer in inputs if not layer.receptive_field.whole}) > 1
    ):
        return WHOLE
    field = union(layer.receptive_field for layer in inputs) if inputs else ReceptiveField()
    if window is not None:
        return field.through(window)
    if border is not None:
        return field.through(Window((1, 1), (1, 1), border))
    sizes = [layer.size for layer in inputs] if inputs else [(size, size)]
    before = max(sizes, key=math.prod)
    if before == (1, 1) or shape[1:] in sizes:
        return field
    if not before:  # what was written in rows is put back into maps
        before = (size // field.jump[0], size // field.jump[1])
        return _shrunk(field, before, shape) if len(shape) == 3 and shape[1:] != (1, 1) else field
    if len(shape) == 3 and shape[1:] != (1, 1):
        return _shrunk(field, before, shape)
    return WHOLE if kind.gives_up_places else field  # a global pooling, a flattening


def _shrunk(field: ReceptiveField, before: tuple[int, ...], shape: tuple[int, ...]) -> ReceptiveField:
    """The field where so many cells, high and wide, have become those of `shape` by no window of a layer's own: by an
    adaptive pooling, by channels that were made of places, by enlarging."""
    (high, wide), (_, height, width) = before, shape
    if high == height and wide == width:
        return field
    if not (high % height or wide % width):
        stride = high // height, wide // width
        return field.through(Window(stride, stride, (0, 0)))
    if not (height % high or width % wide):
        return field.enlarged((height // high, width // wide))
    return WHOLE  # windows that differ in width


def enlarges_evenly(graph: Graph, name: str) -> bool:
    """Whether an upsampling draws each value from the nearest cell, or the two nearest along each axis."""
    mode = graph.setting(name, 3, "mode") or "nearest"
    return mode in ("nearest", "bilinear") and not graph.setting(name, 4, "align_corners")
