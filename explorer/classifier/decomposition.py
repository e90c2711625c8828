"""What each value of the last maps adds to a logit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..convolution.opened import open_value
from ..errors import BadTarget, NoArithmetic
from ..networks.layers import Layer
from ..networks.merging import is_batch_norm, scale_and_shift
from ..networks.network import Network, as_array
from ..recording import is_close
from ..trace import FloatArray, Trace
from .head import has_gain, head, of_nothing
from .softmax import DoubleArray


def direction_of(trace: Trace, target: int, other: int | None) -> FloatArray:
    """What to multiply the logits by for the number that is asked for, (n_logits,)."""
    for index in (target, other):
        if index is not None and not 0 <= index < len(trace.network.categories):
            raise BadTarget(f"{trace.network.name} has no class {index}. See network.categories for their names.")
    direction = np.zeros(len(trace.logits), np.float32)
    if len(direction) == 1:
        direction[0] = 1 if target else -1
        return direction
    direction[target] += 1
    if other is not None:
        direction[other] -= 1
    return direction


def recorded_of(trace: Trace, target: int, other: int | None) -> float:
    return float(direction_of(trace, target, other).astype(np.float64) @ trace.logits)


@dataclass(frozen=True, eq=False)
class Decomposition:
    """What each value of the last maps (or of the picture, where dense layers read that) adds to a logit:

        logit = sum of gains x values + bias                       gains, values: (C, H, W)

    A gain is the product of all that a value is multiplied by on its way: weights; for an activation function what
    comes out of the neuron by what goes in, so 1 or 0 for ReLU, and what it makes of 0 is taken off before and is a
    bias; for a layer norm one by the spread that it found; for a batch norm its factor.
    """

    gains: FloatArray
    values: FloatArray
    bias: float  # of all layers on the way, each times its own gain
    recorded: float

    @property
    def products(self) -> FloatArray:
        """(C, H, W), in units of the logit."""
        return self.gains * self.values

    @property
    def by_channel(self) -> DoubleArray:
        """(C,), in units of the logit."""
        return np.einsum("cyx,cyx->c", self.gains, self.values, dtype=np.float64)

    @property
    def by_position(self) -> FloatArray:
        """(H, W), in units of the logit."""
        return np.einsum("cyx,cyx->yx", self.gains, self.values, dtype=np.float64).astype(np.float32)

    @property
    def value(self) -> float:
        """All products and the bias."""
        return float(self.by_channel.sum() + self.bias)

    @property
    def agrees(self) -> bool:
        """Whether that is the recorded logit."""
        size = float(np.abs(self.products).sum(dtype=np.float64)) + abs(self.bias)
        return is_close(self.value, self.recorded, size)


def decompose(trace: Trace, target: int, other: int | None = None) -> Decomposition:
    """What each value of the last maps adds to the target's logit, or to the target's minus the other class's.

    After global average pooling and one dense layer, the sum over the channels is the class activation map of Zhou et
    al. 2016 (arXiv:1512.04150, eq. 2), divided by its number of cells. With hidden ReLU layers it is gradient x
    activation, and exact. For other activations it is one of several ways to divide a logit (gains as in Bach et al.
    2015, doi:10.1371/journal.pone.0130140, eq. 56, without a stabiliser): also exact as a sum, but a small change of a
    value changes the logit otherwise. Raises BadTarget.
    """
    ends = head(trace.network)
    gain, bias = direction_of(trace, target, other), 0.0
    for layer in reversed(ends.layers):
        gain, added = _back(trace, layer, gain.reshape(layer.shape))
        bias += added
    if ends.maps is None:
        values = as_array(trace.prepared.tensor)[0]
    else:
        values = trace[ends.maps]
    return Decomposition(gain.reshape(values.shape), values, bias, recorded_of(trace, target, other))


def _back(trace: Trace, layer: Layer, gain: FloatArray) -> tuple[FloatArray, float]:
    """From the gains of what a layer gives to those of what it reads, and what its bias adds."""
    kind, network = layer.traits, trace.network
    source = network.layers[layer.inputs[0]].shape if layer.inputs else head(network).shape
    if layer.is_idle or kind.keeps_order:  # arrays of a trace have their channels first already
        return gain.reshape(source), 0.0
    if kind.is_weighted:
        return _back_weighted(layer, source, gain, **network.weights(layer.name))
    if has_gain(layer):
        before, of_zero = trace[layer.inputs[0]], of_nothing(layer)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(before == 0, 0, (trace[layer.name] - np.float32(of_zero)) / before)
        return gain * ratio.astype(np.float32), of_zero * float(gain.sum(dtype=np.float64))
    if is_batch_norm(network.graph, layer.name):
        scale, shift = (as_array(one) for one in scale_and_shift(network.graph, layer.name))
        by_channel = gain.reshape(len(scale), -1)
        added = float(by_channel.sum(axis=1, dtype=np.float64) @ shift)
        return (by_channel * scale[:, None]).reshape(source), added
    if kind.pooling == "average" and math.prod(layer.shape) == source[0]:
        return np.broadcast_to(gain.reshape(-1, 1, 1) / np.float32(math.prod(source[1:])), source), 0.0
    if layer.kind == "layer norm":
        return _back_norm(trace, layer, gain.reshape(-1))
    raise NoArithmetic(f"{layer.name} ({layer.kind}) cannot be written as products. Choose another network.")


def _back_weighted(
    layer: Layer, source: tuple[int, ...], gain: FloatArray, weight: FloatArray, bias: FloatArray | None = None
) -> tuple[FloatArray, float]:
    outputs = gain.reshape(len(weight), -1)  # (n_out, cells)
    used = np.asarray(outputs.any(axis=1))
    # few rows of many are worth copying out, as for one logit of a thousand; most of them are not
    rows = np.flatnonzero(used) if 4 * used.sum() < len(used) else np.s_[:]
    added = 0.0 if bias is None else float(outputs[rows].sum(axis=1, dtype=np.float64) @ bias[rows])
    flat = weight[rows].reshape(-1, weight[0].size)  # (rows, n_in)
    if layer.window is not None and layer.window.kernel == (1, 1) and math.prod(source) != flat.shape[1]:
        return (flat.T @ outputs[rows]).reshape(source), added  # a dense layer at each place
    return (outputs[rows, 0] @ flat).reshape(source), added  # one that reads everything


def _back_norm(trace: Trace, layer: Layer, gain: FloatArray) -> tuple[FloatArray, float]:
    """y = weight x (v - mean(v)) / spread + bias, with the spread as it is on this picture."""
    weight, bias = (trace.network.weights(layer.name)[key] for key in ("weight", "bias"))
    values = trace[layer.inputs[0]].astype(np.float64).ravel()
    spread = math.sqrt(values.var() + trace.network.graph.setting(layer.name, 4, "eps"))
    scaled = gain.astype(np.float64) * weight
    back = ((scaled - scaled.mean()) / spread).astype(np.float32)
    return back.reshape(trace[layer.inputs[0]].shape), float(gain.astype(np.float64) @ bias)


def neuron(trace: Trace, unit: int) -> Decomposition:
    """What each value of the last maps (or of the picture) adds to one neuron of the first dense layer that reads them:
    weights, values, bias and the recorded sum, before any activation. Raises BadUnit."""
    ends = head(trace.network)
    first = ends.weighted[0]
    opened = open_value(trace, first.name, (unit, *[0] * (len(first.shape) - 1)))
    return Decomposition(
        opened.weights.reshape(ends.shape), opened.inputs.reshape(ends.shape), opened.bias, opened.recorded
    )


def class_map(trace: Trace, target: int, other: int | None = None) -> FloatArray:
    """Where the logit, or the difference of two, comes from, (H, W), signed, in units of the logit.

    After global average pooling it is the class activation map (Zhou et al. 2016): its mean and the bias are the logit.
    With a map per class it is that map: its mean is the logit. Otherwise its sum and the bias are the logit.
    """
    ends = head(trace.network)
    if ends.form == "map per class":
        return np.tensordot(direction_of(trace, target, other), trace[_last_map(trace.network)], axes=1)
    found = trace.view(decompose, target, other).by_position
    return found * np.float32(found.size) if ends.is_averaged else found


def channel_map(trace: Trace, channel: int, target: int, other: int | None = None) -> FloatArray:
    """What one channel of the last maps adds to `class_map` in each cell, (H, W): its mean, or its sum, is the term of
    the channel in the ledger."""
    found = trace.view(decompose, target, other).products[channel] + np.float32(0)  # which makes a -0 a 0
    return found * np.float32(found.size) if head(trace.network).is_averaged else found


def _last_map(network: Network) -> str:
    return [name for name, layer in network.layers.items() if layer.is_spatial][-1]


def first_order(trace: Trace) -> float:
    """Gradient x activation at the last maps (or pixels), added up: the target's logit to first order, without biases.

    For layers that are no plain sums it is another number than `decompose` finds. Raises NoTarget.
    """
    maps = head(trace.network).maps
    assert maps is not None  # asked only where there are maps
    return float((trace.gradient(maps).astype(np.float64) * trace[maps]).sum())
