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

_KINDS = {  # module class or function -> what the field calls it
    "Conv2d": "convolution",
    "Linear": "dense",
    "BatchNorm2d": "batch norm",
    "LayerNorm": "layer norm",
    "layer_norm": "layer norm",
    "Tanh": "tanh",
    "ReLU": "ReLU",
    "relu": "ReLU",
    "MaxPool2d": "max pooling",
    "max_pool2d": "max pooling",
    "AvgPool2d": "average pooling",
    "avg_pool2d": "average pooling",
    "AdaptiveAvgPool2d": "average pooling",
    "adaptive_avg_pool2d": "average pooling",
    "mean": "average pooling",
    "Dropout": "dropout",
    "StochasticDepth": "stochastic depth",
    "add": "addition",
    "mul": "multiplication",
    "cat": "concatenation",
    "flatten": "flatten",
    "Flatten": "flatten",
    "Permute": "permutation",
    "permute": "permutation",
}
_IDLE = {"dropout", "stochastic depth", "average pooling"}  # these may return what they were given
_SUMS = {"convolution", "dense"}  # each number that they give is a sum of products with one filter's weights
_ADAPTIVE = {"AdaptiveAvgPool2d", "adaptive_avg_pool2d", "mean"}  # pooling by the size of what comes out
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
    receptive_field: ReceptiveField
    n_parameters: int
    n_multiply_adds: int
    groups: int | None  # of a convolution: into how many parts the channels fall that never meet
    channels_last: bool  # the network itself keeps it as (H, W, C), as ConvNeXt does inside its blocks
    is_idle: bool  # it returns what it was given, as dropout does outside training

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

    @property
    def n_bytes(self) -> int:
        """Memory that its output takes, as float32."""
        return 4 * math.prod(self.shape)


def describe(graph: Graph, n_channels: int, size: int, device: torch.device, title: str) -> dict[str, Layer]:
    """Every operation that returns one tensor, described from one pass over noise of the network's input size.

    Raises TooLarge: `title` says what is being loaded.
    """
    noise = torch.randn(1, n_channels, size, size, generator=torch.Generator().manual_seed(0))
    with work(f"Loading {title}"), torch.inference_mode():
        values = graph.run(noise.to(device, memory_format=torch.channels_last))[1]
    layers: dict[str, Layer] = {}
    for name, value in values.items():
        if not isinstance(value, torch.Tensor):
            continue  # a size, or the pieces of a split: what reads it reads through it
        operation = graph.operation(name)
        kind = _KINDS.get(operation, operation)
        inputs = _inputs(graph, name, layers)
        channels_last = _is_channels_last(graph, name, [layers[i] for i in inputs])
        shape = tuple(value.shape[1:])
        shape = (shape[-1], *shape[:-1]) if channels_last else shape
        window = _window(graph, name, kind)
        parameters = graph.parameters(name)
        sources = [values[i] for i in inputs]
        layers[name] = Layer(
            name=name,
            kind=kind,
            shape=shape,
            inputs=inputs,
            window=window,
            receptive_field=_receptive_field(kind, window, shape, [layers[i] for i in inputs], size),
            n_parameters=sum(tensor.numel() for tensor in parameters.values()),
            n_multiply_adds=value.numel() * parameters["weight"].shape[1:].numel() if kind in _SUMS else 0,
            groups=graph.setting(name, 6, "groups") if kind == "convolution" else None,
            channels_last=channels_last,
            is_idle=kind in _IDLE and any(isinstance(s, torch.Tensor) and torch.equal(value, s) for s in sources),
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


def _window(graph: Graph, name: str, kind: str) -> Window | None:
    """The window of a convolution or a pooling, from its module's attributes or its function's arguments."""
    if kind not in ("convolution", "max pooling", "average pooling") or graph.operation(name) in _ADAPTIVE:
        return None
    setting = graph.setting
    kernel = setting(name, 1, "kernel_size")
    return Window(
        kernel=_pair(kernel),
        stride=_pair(setting(name, 2, "stride") or kernel),
        padding=_pair(setting(name, 3, "padding") or 0),
        dilation=_pair(setting(name, 4, "dilation") or 1) if kind != "average pooling" else (1, 1),
    )


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _receptive_field(
    kind: str, window: Window | None, shape: tuple[int, ...], inputs: Sequence[Layer], size: int
) -> ReceptiveField:
    """What the units of a layer see, from what the layers it reads see."""
    field = union(layer.receptive_field for layer in inputs) if inputs else ReceptiveField()
    if window is not None:
        return field.through(window)
    if kind not in ("average pooling", "flatten"):
        return field
    before = inputs[0].size if inputs else (size, size)
    if before in ((), (1, 1)) or before == shape[1:]:
        return field
    if len(shape) == 3 and shape[1:] != (1, 1) and not (before[0] % shape[1] or before[1] % shape[2]):
        stride = before[0] // shape[1], before[1] // shape[2]
        return field.through(Window(stride, stride, (0, 0)))
    return WHOLE  # a global pooling, a flattening; or an adaptive pooling whose windows differ in width
