"""What a network adds up, as one sum of products for each number: a batch norm behind a convolution is merged into a
copy of the convolution's weights. The network itself stays as it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional as F

from .graph import Graph
from .kinds import kind_of


@dataclass(frozen=True, eq=False)
class Sums:
    """A convolution or a dense layer: `products` of x (B, C_in, ...) with weights like its own `weight`, added up; its
    `bias`, (C_out, 1, 1) or (K,), is 0 where it has none."""

    weight: torch.Tensor
    bias: torch.Tensor
    _window: tuple[Any, ...] | None  # stride, padding, dilation, groups

    def products(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """The sums without the bias, with other weights of the same shape."""
        return F.linear(x, weight) if self._window is None else F.conv2d(x, weight, None, *self._window)

    def total(self, x: torch.Tensor, *weights: torch.Tensor) -> torch.Tensor:
        """What the layer gives; weights that it is called with are those that it has."""
        return self.products(x, self.weight) + self.bias

    def at_once(self, x: torch.Tensor, *weights: torch.Tensor) -> torch.Tensor:
        """The same in one operation."""
        bias = self.bias.flatten()
        return F.linear(x, self.weight, bias) if self._window is None else F.conv2d(x, self.weight, bias, *self._window)


def sums_of(graph: Graph, name: str, norm: str | None = None) -> Sums:
    """What a convolution or a dense layer adds up, with the batch norm that reads it merged into it, if one is given:
    weight * scale, bias * scale + shift."""
    own = graph.parameters(name)
    own = {key: tensor.clone() if tensor.is_inference() else tensor for key, tensor in own.items()}
    weight, bias = own["weight"], own.get("bias")
    bias = weight.new_zeros(len(weight)) if bias is None else bias
    if norm is not None:
        scale, shift = scale_and_shift(graph, norm)
        weight = weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
        bias = bias * scale + shift
    if weight.ndim == 2:
        return Sums(weight, bias, None)
    window = (graph.setting(name, 0, key) or usual for key, usual in _WINDOW.items())
    return Sums(weight, bias[:, None, None], tuple(window))


_WINDOW = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}  # and what each is where nothing says otherwise


def scale_and_shift(graph: Graph, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """What a batch norm does to each channel outside training, (C,) each: weight / sqrt(running_var + eps), and
    bias - running_mean * scale."""
    own, kept, eps = graph.parameters(name), graph.buffers(name), graph.setting(name, 7, "eps")
    mean, variance = kept["running_mean"], kept["running_var"]
    scale = own.get("weight", torch.ones_like(mean)) / torch.sqrt(variance + (1e-5 if eps is None else eps))
    return scale, own.get("bias", torch.zeros_like(mean)) - mean * scale


def norms_behind(graph: Graph, names: Collection[str]) -> dict[str, str]:
    """Of some operations, each convolution or dense layer that nothing but a batch norm reads, with this batch norm."""
    readers: dict[str, list[str]] = {}
    for name in graph.nodes:
        for source in graph.reads(name):
            readers.setdefault(source, []).append(name)
    return {
        name: only
        for name in names
        if kind_of(graph.operation(name)).is_weighted
        for only in readers.get(name, [])
        if readers[name] == [only] and only in names and is_batch_norm(graph, only)
    }


def is_batch_norm(graph: Graph, name: str) -> bool:
    """Whether the operation scales and shifts each channel by numbers that it has kept from training."""
    return kind_of(graph.operation(name)).name == "batch norm" and "running_mean" in graph.buffers(name)


def is_sum(graph: Graph, name: str) -> bool:
    """Whether the operation adds up products with weights of its own, zeros around the maps where there are none."""
    return (
        kind_of(graph.operation(name)).is_weighted
        and "weight" in graph.parameters(name)
        and graph.setting(name, 0, "padding_mode") in (None, "zeros")
    )
