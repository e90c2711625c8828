"""What each operation of a network is: its kind, its shape, what it reads, what it can see."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..geometry import WHOLE, ReceptiveField, Window, union
from ..running.lock import work
from .graph import Graph
from .kinds import PADDINGS, Kind, kind_named, kind_of
from .pooling import Pooling

_TO_CHANNELS_LAST = (0, 2, 3, 1)


@dataclass(frozen=True)
class Layer:
    """One operation of a network, for one picture.

    `shape` is (C, H, W), or (K,) where the maps have ended; a few operations that only rearrange have others.
    `inputs` are the layers it reads, none for one that reads the picture. `n_multiply_adds` are the products that it
    sums up: of a convolution C_out * H * W * (C_in / groups) * kH * kW, of a dense layer n_in for each number that it
    gives. All else counts as none, as in torch.utils.flop_counter, which counts each of them as two.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    inputs: tuple[str, ...]
    window: Window | None  # of a convolution or a pooling
    # of a padding: the rows above the maps and the columns left of them that it sets; less than 0 of a cropping
    border: tuple[int, int] | None
    pooling: Pooling | None  # of a layer that pools maps
    receptive_field: ReceptiveField
    n_parameters: int
    n_multiply_adds: int
    groups: int | None  # of a convolution: into how many parts the channels fall that never meet
    channels_last: bool  # the network itself keeps it as (H, W, C), as ConvNeXt does inside its blocks
    is_idle: bool  # it returns what it was given, as dropout does outside training

    @property
    def traits(self) -> Kind:
        """What holds for every layer of its kind."""
        return kind_named(self.kind)

    @property
    def is_spatial(self) -> bool:
        """Whether it has maps: height, width, and more than one cell."""
        return len(self.shape) == 3 and self.shape[1] * self.shape[2] > 1

    @property
    def n_channels(self) -> int:
        """Number of maps; for a layer whose maps have ended, of numbers."""
        return self.shape[0] if len(self.shape) == 1 else math.prod(self.shape[:-2])

    @property
    def size(self) -> tuple[int, ...]:
        """Height and width, or nothing where the maps have ended."""
        return self.shape[1:] if len(self.shape) == 3 else ()

    def channels_first(self, values: torch.Tensor) -> torch.Tensor:
        """What the operation gave for a batch, (B, C, H, W) or (B, K): the same numbers with the channels before height
        and width."""
        return values.movedim(-1, 1) if self.channels_last else values

    def as_maps(self, values: torch.Tensor) -> torch.Tensor:
        """The same as maps, (B, C, H, W): numbers without a place count as maps of one cell."""
        values = self.channels_first(values)
        return values.reshape(len(values), self.n_channels, *(values.shape[-2:] if values.ndim > 2 else (1, 1)))

    @property
    def n_bytes(self) -> int:
        """Memory that its output takes, as float32."""
        return 4 * math.prod(self.shape)


def describe(graph: Graph, n_channels: int, size: int, device: torch.device, title: str) -> dict[str, Layer]:
    """Every operation that makes one tensor of the picture, described from one pass over noise of its input size.

    Raises TooLarge: `title` says what is being loaded.
    """
    noise = torch.randn(1, n_channels, size, size, generator=torch.Generator().manual_seed(0))
    with work(f"Loading {title}"), torch.inference_mode():
        values = graph.run(noise.to(device, memory_format=torch.channels_last))[1]
    layers: dict[str, Layer] = {}
    for name, value in values.items():
        if not isinstance(value, torch.Tensor) or name in graph.constant:
            continue  # a size, the pieces of a split, what is made of weights: what reads it reads through it
        kind = kind_of(graph.operation(name))
        inputs = _inputs(graph, name, layers)
        read = [layers[i] for i in inputs]
        channels_last = _is_channels_last(graph, name, read)
        shape = tuple(value.shape[1:])
        shape = (shape[-1], *shape[:-1]) if channels_last else shape
        window = _window(graph, name, kind)
        border = _border(graph, name, kind, shape, read[0].size if read else (size, size))
        parameters = graph.parameters(name)
        sources = [values[i] for i in inputs]
        layers[name] = Layer(
            name=name,
            kind=kind.name,
            shape=shape,
            inputs=inputs,
            window=window,
            border=border,
            pooling=_pooling(graph, name, kind, window, shape, read, size),
            receptive_field=field_of(kind, window, border, shape, read, size),
            n_parameters=sum(tensor.numel() for tensor in parameters.values()),
            n_multiply_adds=value.numel() * parameters["weight"].shape[1:].numel() if kind.is_weighted else 0,
            groups=graph.setting(name, 6, "groups") if kind.name == "convolution" else None,
            channels_last=channels_last,
            is_idle=kind.may_pass_on and any(isinstance(s, torch.Tensor) and torch.equal(value, s) for s in sources),
        )
    return layers


def _inputs(graph: Graph, name: str, layers: Mapping[str, Layer]) -> tuple[str, ...]:
    """The layers that an operation reads, looking through operations that are not layers."""
    found: dict[str, None] = {}
    for source in graph.reads(name):
        found |= dict.fromkeys([source] if source in layers else _inputs(graph, source, layers))
    return tuple(found)


def _is_channels_last(graph: Graph, name: str, inputs: Sequence[Layer]) -> bool:
    order = graph.permutation(name)
    return order == _TO_CHANNELS_LAST if order else any(layer.channels_last for layer in inputs)


def _window(graph: Graph, name: str, kind: Kind) -> Window | None:
    """The window of a convolution or a pooling, from its module's attributes or its function's arguments."""
    if not kind.has_window or graph.operation(name) in kind.adaptive:
        return None
    setting = graph.setting
    kernel = setting(name, 1, "kernel_size")
    return Window(
        kernel=_pair(kernel),
        stride=_pair(setting(name, 2, "stride") or kernel),
        padding=_pair(setting(name, 3, "padding") or 0),
        dilation=_pair(setting(name, 4, "dilation") or 1) if kind.name != "average pooling" else (1, 1),
    )


def _border(
    graph: Graph, name: str, kind: Kind, shape: tuple[int, ...], before: tuple[int, ...]
) -> tuple[int, int] | None:
    """How much of what a padding sets lies before the maps; less than nothing of what a cropping takes off."""
    if kind.name not in ("padding", "cropping") or len(shape) != 3 or len(before) != 2:
        return None
    if graph.operation(name) in PADDINGS:  # (left, right, top, bottom, ...)
        amounts = graph.setting(name, 1, "padding") or graph.setting(name, 1, "pad")
        return (amounts[2] if len(amounts) > 2 else 0), amounts[0]
    return (shape[1] - before[0]) // 2, (shape[2] - before[1]) // 2


def _pooling(
    graph: Graph, name: str, kind: Kind, window: Window | None, shape: tuple[int, ...], read: Sequence[Layer], size: int
) -> Pooling | None:
    """How a layer pools maps, if that is what it does."""
    before = read[0].shape if read else (0, size, size)
    is_of_maps = len(before) == 3 and len(shape) in (1, 3) and not any(layer.channels_last for layer in read)
    if kind.pooling is None or not is_of_maps:
        return None
    is_average, has_window, setting = kind.pooling == "average", window is not None, graph.setting
    after = shape[1:] or (1, 1)
    return Pooling(
        layer=name,
        rule=kind.pooling,
        source=read[0].name if read else None,
        n_channels=shape[0],
        before=(before[1], before[2]),
        after=(after[0], after[1]),
        window=window,
        is_ceil=has_window and bool(setting(name, 4 if is_average else 5, "ceil_mode")),
        counts_padding=not (is_average and has_window) or setting(name, 5, "count_include_pad") is not False,
        divisor=setting(name, 6, "divisor_override") if is_average and has_window else None,
    )


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _factors(before: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, int] | None:
    """By what whole factors maps of one size are as large as those of another; None where they are not."""
    (high, low), (wide, narrow) = zip(after, before, strict=True)
    return None if high % low or wide % narrow else (high // low, wide // narrow)


def field_of(
    kind: Kind, window: Window | None, border: tuple[int, int] | None, shape: tuple[int, ...],
    inputs: Sequence[Layer], size: int,
) -> ReceptiveField:  # fmt: skip
    """What the units of a layer see, from what the layers it reads see."""
    field = union(layer.receptive_field for layer in inputs) if inputs else ReceptiveField()
    if window is not None:
        return field.through(window)
    if border is not None:
        return field.through(Window((1, 1), (1, 1), border))
    if kind.name == "upsampling" and len(shape) == 3 and inputs:
        factors = _factors(inputs[0].size, shape[1:])
        return WHOLE if factors is None else field.enlarged(factors)
    if not kind.gives_up_places:
        return field
    before = inputs[0].size if inputs else (size, size)
    if before in ((), (1, 1)) or before == shape[1:]:
        return field
    if len(shape) == 3 and shape[1:] != (1, 1) and not (before[0] % shape[1] or before[1] % shape[2]):
        stride = before[0] // shape[1], before[1] // shape[2]
        return field.through(Window(stride, stride, (0, 0)))
    return WHOLE  # a global pooling, a flattening; or an adaptive pooling whose windows differ in width
