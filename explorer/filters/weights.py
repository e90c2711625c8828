"""The weights of filters: which inputs each reads, how they are best looked at, and what folding makes of them.

A filter is the stack of kernels that makes one output channel. All filters of a layer together are an array
(C_out, C_in, kH, kW), where C_in counts the inputs that one filter reads: all of them, or those of its group. A dense
layer is the same with kernels of one cell, or, where it reads maps that were just flattened, with kernels as large as
these maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..errors import UnknownLayer
from ..networks.network import Network
from ..networks.preparation import COLOURS
from ..trace import FloatArray

Form = Literal["colour", "grey", "depthwise", "stack", "matrix"]


def layers_with_kernels(network: Network) -> tuple[str, ...]:
    """All convolutions and dense layers, in the order of execution."""
    return tuple(name for name, layer in network.layers.items() if layer.traits.is_weighted)


def nearest_with_kernel(network: Network, layer: str) -> str:
    """The layer itself where it has a kernel; else the nearest convolution before it, else the first layer that has
    one. Raises UnknownLayer for a network of nothing but other operations."""
    name, found = network.resolve(layer), layers_with_kernels(network)
    if name in found:
        return name
    if not found:
        raise UnknownLayer(f"{network.name} has no convolution and no dense layer, so it has no filters to show.")
    names = list(network.layers)
    before = [n for n in found if names.index(n) < names.index(name)]
    convolutions = [n for n in before if network.layers[n].kind == "convolution"]
    return [*found[:1], *before[-1:], *convolutions[-1:]][-1]


def kernels(network: Network, layer: str) -> FloatArray:
    """The weights of a convolution or a dense layer, (C_out, C_in, kH, kW), read-only; raises UnknownLayer."""
    name = network.resolve(layer)
    if name not in layers_with_kernels(network):
        raise UnknownLayer(
            f"'{name}' of {network.name} is {network.layers[name].kind} and has no kernel. Choose a convolution or a "
            f"dense layer, such as '{nearest_with_kernel(network, name)}'."
        )
    weight = network.weights(name)["weight"]
    if weight.ndim == 4:
        return weight
    return weight.reshape(len(weight), *(_flattened(network, name) or (weight.shape[1], 1, 1)))


def _flattened(network: Network, layer: str) -> tuple[int, ...] | None:
    """The shape (C, H, W) of the maps, or of the picture, that a dense layer reads through a flattening, if any."""
    inputs = network.layers[layer].inputs
    while inputs and network.layers[inputs[0]].is_idle and network.layers[inputs[0]].kind == "dropout":
        inputs = network.layers[inputs[0]].inputs
    if not inputs or network.layers[inputs[0]].kind != "flatten":
        return None
    sources = network.layers[inputs[0]].inputs
    if sources:
        source = network.layers[sources[0]]
        return source.shape if source.is_spatial and not source.channels_last else None
    return network.preprocessing.n_channels, network.preprocessing.size, network.preprocessing.size


def n_groups(network: Network, layer: str) -> int:
    """Into how many groups a convolution divides its inputs and its filters."""
    name = network.resolve(layer)
    return int((network.layers[name].kind == "convolution" and network.graph.setting(name, 6, "groups")) or 1)


def inputs_of(network: Network, layer: str, index: int) -> range:
    """The numbers of the input channels that a filter reads: all of them, or those of its group."""
    n_out, n_in = kernels(network, layer).shape[:2]
    group = index // (n_out // n_groups(network, layer))
    return range(group * n_in, (group + 1) * n_in)


def form(network: Network, layer: str) -> Form:
    """How a layer's filters are best looked at: first layers as "colour" or "grey" tiles, kernels of one cell as a
    "matrix", one kernel per channel ("depthwise"), or a "stack" of kernels, one per input."""
    _, n_in, height, width = kernels(network, layer).shape
    if height * width == 1:
        return "matrix"
    if reads_picture(network, layer):
        if {*network.preprocessing.inputs} == {*COLOURS}:
            return "colour"
        if n_in == 1:
            return "grey"
    return "depthwise" if n_in == 1 and n_groups(network, layer) > 1 else "stack"


def reads_picture(network: Network, layer: str) -> bool:
    """Whether each filter of the layer reads all of the picture's channels, and nothing with weights lies before it
    (GoogLeNet rescales the colours first)."""
    name = network.resolve(layer)
    reads_all = kernels(network, name).shape[1] == network.preprocessing.n_channels
    return reads_all and not any(network.layers[before].n_parameters for before in layers_before(network, name))


def layers_before(network: Network, layer: str) -> set[str]:
    """Every layer on which this one depends."""
    found: set[str] = set()
    waiting = [*network.layers[layer].inputs]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += network.layers[name].inputs
    return found


# Folding


def batch_norm_behind(network: Network, layer: str) -> str | None:
    """The batch norm that reads exactly this layer's output, if there is one."""
    name = network.resolve(layer)
    return next((n for n, la in network.layers.items() if la.kind == "batch norm" and la.inputs == (name,)), None)


def folding(network: Network, layer: str) -> tuple[FloatArray, FloatArray]:
    """What the batch norm behind a layer multiplies each filter by and adds to it, both (C_out,).

    factor = gamma / sqrt(variance + eps), shift = (bias - mean) * factor + beta, with the running mean and variance of
    training (Ioffe and Szegedy 2015, arXiv:1502.03167, alg. 2). Without a batch norm they are 1 and the bias.
    """
    name = network.resolve(layer)
    n_filters = len(kernels(network, name))
    bias = network.weights(name).get("bias", np.zeros(n_filters, np.float32))
    behind = batch_norm_behind(network, name)
    if behind is None:
        return np.ones(n_filters, np.float32), bias
    norm, eps = network.weights(behind), float(network.graph.setting(behind, 7, "eps"))
    factor = norm.get("weight", np.float32(1)) / np.sqrt(norm["running_var"] + np.float32(eps))
    return factor, (bias - norm["running_mean"]) * factor + norm.get("bias", np.float32(0))


def is_silenced(network: Network, layer: str, filters: Sequence[int]) -> bool:
    """Whether the batch norm behind a layer multiplies all of these filters by 0: folded, nothing is left of them."""
    return not folding(network, layer)[0][list(filters)].any()


def folded(network: Network, layer: str) -> tuple[FloatArray, FloatArray]:
    """Weights and bias of the one convolution that does what the convolution and the batch norm behind it do."""
    factor, shift = folding(network, layer)
    return kernels(network, layer) * factor[:, None, None, None], shift


def chosen_kernels(network: Network, layer: str, filters: Sequence[int], is_folded: bool) -> FloatArray:
    """Some filters of a layer, (len(filters), C_in, kH, kW), folded with the batch norm behind it or not."""
    chosen = kernels(network, layer)[list(filters)]
    if not is_folded:
        return chosen
    return chosen * folding(network, layer)[0][list(filters), None, None, None]
