"""From the last maps to the probabilities: every logit as a sum of its parts, and the parts as products."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .convolution.opened import open_value
from .errors import BadTarget, NoArithmetic
from .networks.layers import Layer
from .networks.network import Network, as_array
from .trace import FloatArray, Trace, is_close

DoubleArray = NDArray[np.float64]
Form = Literal["average", "average, then more", "map per class", "flattened", "pixels"]

_WEIGHTED = ("dense", "convolution")
_THROUGH_ZERO = frozenset({"relu", "relu6", "hardswish", "silu", "gelu", "tanh"})  # activations that leave 0 at 0
_PIECEWISE = frozenset({"relu"})  # of these: whose gain is the slope itself, as long as no neuron changes sides


@dataclass(frozen=True)
class Tail:
    """What comes after the last maps, in order.

    `form` says how the maps end: "average" (global average pooling, then one dense layer), "average, then more" (a
    layer norm or hidden dense layers between), "map per class" (a convolution makes one map for each class, whose mean
    is the logit), "flattened" (dense layers read every value of the maps), "pixels" (they read the picture itself).
    """

    form: Form
    maps: str | None  # the layer with the last maps; None where dense layers read the pixels
    shape: tuple[int, ...]  # of these maps, or of the picture
    layers: tuple[Layer, ...]

    @property
    def weighted(self) -> tuple[Layer, ...]:
        """The layers that add up products with weights: dense ones, and convolutions that act like them."""
        return tuple(layer for layer in self.layers if layer.kind in _WEIGHTED)

    @property
    def last(self) -> Layer:
        """The one that gives the logits, or, with a map per class, the maps whose means they are."""
        return self.weighted[-1]

    @property
    def activations(self) -> tuple[Layer, ...]:
        """The activation functions between them."""
        return tuple(layer for layer in self.layers if layer.kind.lower() in _THROUGH_ZERO)

    @property
    def is_piecewise_linear(self) -> bool:
        """Whether it is a plain sum of products as long as no neuron is switched on or off."""
        return all(layer.kind.lower() in _PIECEWISE for layer in self.activations) and not self.has_norm

    @property
    def has_norm(self) -> bool:
        """Whether a layer norm stands between the maps and the logits."""
        return any(layer.kind == "layer norm" for layer in self.layers)

    @property
    def is_averaged(self) -> bool:
        """Whether a map counts by its mean alone."""
        return self.form.startswith("average") or self.form == "map per class"

    @property
    def is_direct(self) -> bool:
        """Whether input c of the last dense layer is made of map c alone, up to a layer norm."""
        return self.is_averaged and self.form != "map per class" and len(self.weighted) == 1


def tail(network: Network) -> Tail:
    """What happens after the network's last maps."""
    layers: list[Layer] = []
    name: str | None = list(network.layers)[-1]
    while name is not None and not network.layers[name].is_spatial:
        layers.insert(0, network.layers[name])
        name = layers[0].inputs[0] if layers[0].inputs else None
    while name is not None and not any(layer.kind in _WEIGHTED for layer in layers):  # the maps are the classes' own
        layers.insert(0, network.layers[name])
        name = layers[0].inputs[0]
    while name is not None and network.layers[name].is_idle:  # what it passed on are the maps
        layers.insert(0, network.layers[name])
        name = layers[0].inputs[0]
    side = network.preprocessing.size
    shape = (network.preprocessing.n_channels, side, side) if name is None else network.layers[name].shape
    return Tail(_form(name, layers), name, shape, tuple(layers))


def _form(maps: str | None, layers: Sequence[Layer]) -> Form:
    first = next(layer.kind for layer in layers if not layer.is_idle)
    if maps is None:
        return "pixels"
    if first == "average pooling":
        changing = [la for la in layers if la.kind in _WEIGHTED or la.kind == "layer norm"]
        return "average" if len(changing) == 1 else "average, then more"
    return "map per class" if first == "convolution" and layers[-1].shape == layers[-2].shape[:1] else "flattened"


# A logit as a sum


@dataclass(frozen=True, eq=False)
class Ledger:
    """A logit, or the difference of two, as one term for each input, and a bias: value = sum of terms + bias.

    `source` are the inputs: the numbers that `reader` reads, or the channels of the last maps. `weights` and `inputs`
    multiply to the terms; None where a term is a sum of many products. `channels` tells whether input c is made of
    channel c of the last maps alone.
    """

    source: str
    reader: str
    terms: DoubleArray  # (K,)
    weights: FloatArray | None  # (K,)
    inputs: FloatArray | None  # (K,)
    bias: float
    recorded: float
    is_by_channel: bool

    @property
    def value(self) -> float:
        """The terms and the bias, added up in double precision."""
        return float(self.terms.sum() + self.bias)

    @property
    def agrees(self) -> bool:
        """Whether it is the recorded one."""
        return is_close(self.value, self.recorded, float(np.abs(self.terms).sum()) + abs(self.bias))

    def strongest(self, n: int) -> tuple[list[int], list[int]]:
        """The inputs with the n most positive and the n most negative terms, strongest first."""
        order = np.argsort(-self.terms, kind="stable")
        supports = [int(c) for c in order[:n] if self.terms[c] > 0]
        opposes = [int(c) for c in order[::-1][:n] if self.terms[c] < 0]
        return supports, opposes


READINGS = ("inputs of the last dense layer", "channels of the last maps")


def readings(network: Network) -> tuple[str, ...]:
    """Of which inputs a ledger can be made: one of READINGS, or both, the plainer first, where they are not the same
    numbers."""
    ends = tail(network)
    if ends.form == "pixels":
        return READINGS[:1]
    if ends.form in ("average", "map per class"):
        return READINGS[1:]
    return READINGS if ends.is_direct else READINGS[::-1]


def ledger(trace: Trace, reading: str, target: int, other: int | None = None) -> Ledger:
    """The target's logit, or the target's minus the other class's, as a sum over one of `readings(network)`.

    Of a single logit z, the second class has z and the first -z; z is a difference already, and `other` changes
    nothing. Raises BadTarget.
    """
    ends = tail(trace.network)
    if ends.form == "average" or reading == READINGS[0]:
        return _dense_ledger(trace, ends, target, other)
    shares = trace.view(share, target, other)
    terms = shares.by_channel
    weights = inputs = None
    if ends.form == "map per class" and (other is None or len(trace.logits) == 1):
        weights = trace.network.weights(ends.last.name)["weight"][:, :, 0, 0].T @ _direction(trace, target, None)
        with np.errstate(divide="ignore", invalid="ignore"):
            inputs = np.where(weights == 0, 0, terms / weights).astype(np.float32)
    elif ends.is_averaged and ends.form != "map per class":
        weights = shares.gains[:, 0, 0] * math.prod(ends.shape[1:])
        inputs = shares.values.mean(axis=(1, 2))
    assert ends.maps is not None  # a network of dense layers alone has the other reading only
    return Ledger(ends.maps, ends.last.name, terms, weights, inputs, shares.bias, shares.recorded, True)


def _dense_ledger(trace: Trace, ends: Tail, target: int, other: int | None) -> Ledger:
    parameters = trace.network.weights(ends.last.name)
    direction = _direction(trace, target, other)
    rows = np.flatnonzero(direction)
    weights = direction[rows] @ parameters["weight"][rows].reshape(len(rows), -1)  # (K,)
    source = ends.last.inputs[0]
    inputs = trace[source].reshape(-1)
    bias = float(direction[rows].astype(np.float64) @ parameters["bias"][rows]) if "bias" in parameters else 0.0
    terms = weights.astype(np.float64) * inputs
    return Ledger(source, ends.last.name, terms, weights, inputs, bias, _recorded(trace, target, other), ends.is_direct)


def _direction(trace: Trace, target: int, other: int | None) -> FloatArray:
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


def _recorded(trace: Trace, target: int, other: int | None) -> float:
    return float(_direction(trace, target, other).astype(np.float64) @ trace.logits)


# Back to the maps


@dataclass(frozen=True, eq=False)
class Shares:
    """What each value of the last maps (or of the picture, where dense layers read that) adds to a logit:

        logit = sum of gains x values + bias                       gains, values: (C, H, W)

    A gain is the product of all that a value is multiplied by on its way: weights; for an activation function what
    comes out of the neuron by what goes in, so 1 or 0 for ReLU; for a layer norm one by the spread that it found.
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


def share(trace: Trace, target: int, other: int | None = None) -> Shares:
    """What each value of the last maps adds to the target's logit, or to the target's minus the other class's.

    After global average pooling and one dense layer, the sum over the channels is the class activation map of Zhou et
    al. 2016 (arXiv:1512.04150, eq. 2), divided by its number of cells. With hidden ReLU layers it is gradient x
    activation, and exact. For other activations it is one of several ways to divide a logit (gains as in Bach et al.
    2015, doi:10.1371/journal.pone.0130140, eq. 56, without a stabiliser): also exact as a sum, but a small change of a
    value changes the logit otherwise. Raises BadTarget.
    """
    ends = tail(trace.network)
    gain, bias = _direction(trace, target, other), 0.0
    for layer in reversed(ends.layers):
        gain, added = _back(trace, layer, gain.reshape(layer.shape))
        bias += added
    if ends.maps is None:
        values = as_array(trace.prepared.tensor)[0]
    else:
        values = trace[ends.maps]
    return Shares(gain.reshape(values.shape), values, bias, _recorded(trace, target, other))


def _back(trace: Trace, layer: Layer, gain: FloatArray) -> tuple[FloatArray, float]:
    """From the gains of what a layer gives to those of what it reads, and what its bias adds."""
    kind, network = layer.kind, trace.network
    source = network.layers[layer.inputs[0]].shape if layer.inputs else tail(network).shape
    if layer.is_idle or kind in ("flatten", "permutation"):  # arrays of a trace have their channels first already
        return gain.reshape(source), 0.0
    if kind in _WEIGHTED:
        return _back_weighted(layer, source, gain, **network.weights(layer.name))
    if kind.lower() in _THROUGH_ZERO:
        before, after = trace[layer.inputs[0]], trace[layer.name]
        with np.errstate(divide="ignore", invalid="ignore"):
            return gain * np.where(before == 0, 0, after / before).astype(np.float32), 0.0
    if kind == "average pooling" and math.prod(layer.shape) == source[0]:
        return np.broadcast_to(gain.reshape(-1, 1, 1) / np.float32(math.prod(source[1:])), source), 0.0
    if kind == "layer norm":
        return _back_norm(trace, layer, gain.reshape(-1))
    raise NoArithmetic(f"{layer.name} ({kind}) cannot be written as products. Choose another network.")


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


def neuron(trace: Trace, unit: int) -> Shares:
    """What each value of the last maps (or of the picture) adds to one neuron of the first dense layer that reads them:
    weights, values, bias and the recorded sum, before any activation. Raises BadUnit."""
    ends = tail(trace.network)
    first = ends.weighted[0]
    opened = open_value(trace, first.name, (unit, *[0] * (len(first.shape) - 1)))
    return Shares(opened.weights.reshape(ends.shape), opened.inputs.reshape(ends.shape), opened.bias, opened.recorded)


def class_map(trace: Trace, target: int, other: int | None = None) -> FloatArray:
    """Where the logit, or the difference of two, comes from, (H, W), signed, in units of the logit.

    After global average pooling it is the class activation map (Zhou et al. 2016): its mean and the bias are the logit.
    With a map per class it is that map: its mean is the logit. Otherwise its sum and the bias are the logit.
    """
    ends = tail(trace.network)
    if ends.form == "map per class":
        return np.tensordot(_direction(trace, target, other), trace[_last_map(trace.network)], axes=1)
    found = trace.view(share, target, other).by_position
    return found * np.float32(found.size) if ends.is_averaged else found


def channel_map(trace: Trace, channel: int, target: int, other: int | None = None) -> FloatArray:
    """What one channel of the last maps adds to `class_map` in each cell, (H, W): its mean, or its sum, is the term of
    the channel in the ledger."""
    found = trace.view(share, target, other).products[channel] + np.float32(0)  # which makes a -0 a 0
    return found * np.float32(found.size) if tail(trace.network).is_averaged else found


def _last_map(network: Network) -> str:
    return [name for name, layer in network.layers.items() if layer.is_spatial][-1]


def first_order(trace: Trace) -> float:
    """Gradient x activation at the last maps (or pixels), added up: the target's logit to first order, without biases.

    For layers that are no plain sums it is another number than `share` finds. Raises NoTarget.
    """
    maps = tail(trace.network).maps
    assert maps is not None  # asked only where there are maps
    return float((trace.gradient(maps).astype(np.float64) * trace[maps]).sum())


# From logits to probabilities


@dataclass(frozen=True)
class SoftmaxRow:
    """One class, or several together: `index` is None then, and `logit` the highest of theirs."""

    index: int | None
    category: str
    logit: float
    scaled: float  # divided by the temperature
    exponential: float  # e to the power of that
    shifted: float  # less the highest of all
    shifted_exponential: float
    probability: float


@dataclass(frozen=True)
class Softmax:
    """Softmax step by step: the likeliest classes, best first, then all others in one row if there are any."""

    rows: tuple[SoftmaxRow, ...]
    temperature: float
    total: float  # of all exponentials
    shifted_total: float
    bits: float  # entropy of the probabilities
    most_bits: float  # of as many equal ones


def softmax_steps(trace: Trace, temperature: float = 1.0, n: int = 6) -> Softmax:
    """p = exp(z / T) / sum of exp(z / T), and the same after the highest z / T is subtracted everywhere.

    In double precision. Of a single logit z the two classes get the logits 0 and z: softmax is then the sigmoid.
    """
    logits = trace.logits.astype(np.float64)
    logits = logits if len(logits) > 1 else np.array([0.0, logits[0]])
    scaled = logits / temperature
    shifted = scaled - scaled.max()
    with np.errstate(over="ignore"):
        exponentials = np.exp(scaled)
    after = np.exp(shifted)
    p = after / after.sum()
    order = np.argsort(-scaled, kind="stable")
    groups = [[int(i)] for i in order] if len(order) <= n + 1 else [[int(i)] for i in order[:n]] + [order[n:].tolist()]
    names = trace.network.categories
    rows = tuple(
        SoftmaxRow(
            index=group[0] if len(group) == 1 else None,
            category=names[group[0]] if len(group) == 1 else f"the other {len(group)} together",
            logit=float(logits[group[0]]),
            scaled=float(scaled[group[0]]),
            exponential=float(exponentials[group].sum()),
            shifted=float(shifted[group[0]]),
            shifted_exponential=float(after[group].sum()),
            probability=float(p[group].sum()),
        )
        for group in groups
    )
    bits = float(-(p[p > 0] * np.log2(p[p > 0])).sum()) + 0.0
    return Softmax(rows, temperature, float(exponentials.sum()), float(after.sum()), bits, math.log2(len(p)))


def tempered(trace: Trace, temperature: float) -> DoubleArray:
    """All probabilities at a temperature, (K,)."""
    logits = trace.logits.astype(np.float64)
    scaled = (logits if len(logits) > 1 else np.array([0.0, logits[0]])) / temperature
    exponentials = np.exp(scaled - scaled.max())
    return exponentials / exponentials.sum()


# Why convolution


@dataclass(frozen=True)
class Sizes:
    """How many parameters the classifier takes, and how many dense layers on the raw pixels would."""

    n_all: int
    n_tail: int  # of the weighted layers after the last maps
    n_pixels: int  # values of the picture as the network receives it, all colours
    n_classes: int  # logits
    n_direct: int  # of one dense layer from the pixels to the logits
    first: Layer | None  # the first convolution
    n_first_values: int  # that it gives
    n_first_dense: int  # of a dense layer from the pixels to as many values


def sizes(network: Network) -> Sizes:
    """The counts, biases included."""
    ends = tail(network)
    n_pixels = network.preprocessing.n_channels * network.preprocessing.size**2
    first = next((layer for layer in network.layers.values() if layer.kind == "convolution"), None)
    n_first = math.prod(first.shape) if first is not None else 0
    n_classes = ends.last.shape[0]
    return Sizes(
        n_all=sum(layer.n_parameters for layer in network.layers.values()),
        n_tail=sum(layer.n_parameters for layer in ends.weighted),
        n_pixels=n_pixels,
        n_classes=n_classes,
        n_direct=(n_pixels + 1) * n_classes,
        first=first,
        n_first_values=n_first,
        n_first_dense=(n_pixels + 1) * n_first,
    )
