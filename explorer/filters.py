"""What each filter has learned to look for: its weights, and what they are like.

A filter is the stack of kernels that makes one output channel. All filters of a layer together are an array
(C_out, C_in, kH, kW), where C_in counts the inputs that one filter reads: all of them, or those of its group. A dense
layer is the same with kernels of one cell, or, where it reads maps that were just flattened, with kernels as large as
these maps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from .errors import UnknownLayer
from .networks.network import Network
from .trace import FloatArray, Trace, contribution

Form = Literal["colour", "grey", "depthwise", "stack", "matrix"]

ALIKE = 0.95  # cosine similarity from which two filters count as near-duplicates
DEAD = 1e-3  # of the layer's median: what is below does nothing that could be seen
_MOST_COMPARISONS = 3e10  # multiply-adds to compare all filters of a layer pair by pair: half a second
_MOST_FILTERS = 4096  # whose similarities fit into 64 MiB
_CHUNK = 1 << 22  # weights worked on at once


# The weights


def layers_with_kernels(network: Network) -> tuple[str, ...]:
    """All convolutions and dense layers, in the order of execution."""
    return tuple(name for name, layer in network.layers.items() if layer.kind in ("convolution", "dense"))


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


def inputs_of(network: Network, layer: str, filter: int) -> range:
    """The numbers of the input channels that a filter reads: all of them, or those of its group."""
    n_out, n_in = kernels(network, layer).shape[:2]
    group = filter // (n_out // n_groups(network, layer))
    return range(group * n_in, (group + 1) * n_in)


def form(network: Network, layer: str) -> Form:
    """How a layer's filters are best looked at: first layers as "colour" or "grey" tiles, kernels of one cell as a
    "matrix", one kernel per channel ("depthwise"), or a "stack" of kernels, one per input."""
    _, n_in, height, width = kernels(network, layer).shape
    if height * width == 1:
        return "matrix"
    if n_in == network.preprocessing.n_channels and _reads_picture(network, network.resolve(layer)):
        return "colour" if n_in == 3 else "grey"
    return "depthwise" if n_in == 1 and n_groups(network, layer) > 1 else "stack"


def _reads_picture(network: Network, layer: str) -> bool:
    """Whether nothing with weights lies between the picture and the layer (GoogLeNet rescales the colours first)."""
    return not any(network.layers[name].n_parameters for name in layers_before(network, layer))


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


# What filters are like: each (C_out,), from weights (C_out, C_in, kH, kW)


def norm(weights: FloatArray) -> FloatArray:
    """The square root of the sum of a filter's squared weights."""
    flat = weights.reshape(len(weights), -1)
    return np.sqrt(np.einsum("cn,cn->c", flat, flat))


def orientation(weights: FloatArray) -> FloatArray:
    """The direction of the stripes that a filter is made of, in degrees counter-clockwise from horizontal, 0 to 180.

    From the structure tensor of its kernels, sum of grad w grad w^T over all places and inputs (Di Zenzo 1986,
    doi:10.1016/0734-189X(86)90223-9): the direction across its main axis. By Parseval's theorem the tensor is the sum
    of P(f) f f^T over the frequencies f of the kernels' power spectrum P, which is how it is worked out here, exactly.
    """
    difference = _spectral_sum(weights, lambda y, x: x * x - y * y)
    mixed = _spectral_sum(weights, lambda y, x: 2 * x * y)
    across = np.degrees(np.arctan2(mixed, difference)) / 2  # from the x axis towards y, which points down
    return ((90 - across) % 180).astype(np.float32)


def frequency(weights: FloatArray) -> FloatArray:
    """The mean frequency of a filter's kernels, in cycles per pixel: sum of P(f) |f| over sum of P(f), where P is the
    power spectrum of the kernels among zeros, summed over the inputs. 0 for a filter of zeros."""
    moment = _spectral_sum(weights, np.hypot)
    power = norm(weights) ** 2  # the mean of P, by Parseval's theorem
    return np.divide(moment, power, out=np.zeros_like(moment), where=power != 0)


def _spectral_sum(weights: FloatArray, of: Callable[[FloatArray, FloatArray], FloatArray]) -> FloatArray:
    """Per filter, the mean of P(f) g(f) over frequencies f = (y, x) from -1/2 to 1/2 cycles per pixel, for an even g.

    It is a quadratic form of the weights: sum over cells a, b of w[a] w[b] R[a - b], where R is g's Fourier transform.
    So no spectrum has to be drawn up for each of a layer's many kernels.
    """
    n_filters, _, height, width = weights.shape
    n = 2 * max(32, height, width) - 1  # odd: as many frequencies on either side of zero
    f = np.fft.fftfreq(n)
    transform = np.fft.ifft2(of(f[:, None], f[None, :])).real  # R, by difference of places
    y, x = (place.ravel() for place in np.indices((height, width)))
    form = transform[y[:, None] - y[None, :], x[:, None] - x[None, :]].astype(np.float32)
    found = np.empty(n_filters, np.float32)
    step = max(1, _CHUNK // max(1, weights[0].size))
    for start in range(0, n_filters, step):
        flat = weights[start : start + step].reshape(-1, weights.shape[1], height * width)
        found[start : start + step] = np.einsum("cnk,cnk->c", flat @ form, flat)
    return found


def colourfulness(weights: FloatArray) -> FloatArray:
    """The share of a filter's energy that is not grey: 1 - 3 sum(m^2) / sum(w^2), where m is the mean over its three
    colours, place by place. 0 for a grey filter, 1 for one that does not answer to grey; 0 for one of zeros."""
    energy = np.einsum("cnyx,cnyx->c", weights, weights)
    mean = weights.mean(axis=1)
    grey = weights.shape[1] * np.einsum("cyx,cyx->c", mean, mean)
    return np.divide(energy - grey, energy, out=np.zeros_like(energy), where=energy != 0).clip(0, 1)


def similarity(weights: FloatArray) -> FloatArray:
    """The cosine similarity of every two filters, (C_out, C_out): 1 for multiples of each other, -1 for opposites, 0
    for unrelated ones and beside a filter of zeros."""
    flat, size = weights.reshape(len(weights), -1), norm(weights)[:, None]
    unit = np.divide(flat, size, out=np.zeros_like(flat), where=size != 0)
    return unit @ unit.T


def can_compare(weights: FloatArray) -> bool:
    """Whether comparing all filters pair by pair takes no longer than a person would wait."""
    return len(weights) <= _MOST_FILTERS and len(weights) * weights.size <= _MOST_COMPARISONS


def duplicates(weights: FloatArray) -> tuple[tuple[int, int, float], ...]:
    """The pairs of filters more than ALIKE, with their cosine similarity, the most alike first."""
    alike = np.triu(similarity(weights), k=1)
    first, second = np.nonzero(alike > ALIKE)
    found = alike[first, second]
    ranked = np.argsort(-found, kind="stable")
    return tuple((int(first[i]), int(second[i]), float(found[i])) for i in ranked)


def dead(network: Network, layer: str) -> tuple[int, ...]:
    """The filters that do next to nothing: whose norm is below DEAD of the layer's median, or whose batch norm
    multiplies by less than DEAD of its median |gamma|."""
    sizes = [norm(kernels(network, layer))]
    behind = batch_norm_behind(network, layer)
    if behind is not None and "weight" in network.weights(behind):
        sizes.append(np.abs(network.weights(behind)["weight"]))
    # "at most", so that where most are exactly zero these are found as well
    return tuple(np.flatnonzero(np.any([size <= DEAD * np.median(size) for size in sizes], axis=0)).tolist())


# Orders

ORDERS = {
    "number": "as the network counts them",
    "norm": "from the largest weights to the smallest, by the root of the sum of their squares",
    "orientation": "by the direction of their stripes, counter-clockwise from horizontal (their structure tensor)",
    "frequency": "from coarse to fine, by the mean frequency of their power spectrum",
    "colour": "from the most colourful to grey, by the share of their energy that is not grey",
    "similarity": "each beside the one most like it (cosine) of those that are left, from the largest norm on",
    "contribution": "by what they add to the explained class on this picture (the sum of gradient × activation)",
}


def orders(network: Network, layer: str) -> tuple[str, ...]:
    """The names of ORDERS that exist for a layer: points have no direction, and only first layers have colours."""
    weights = kernels(network, layer)
    height, width = weights.shape[2:]
    offered = {
        "orientation": min(height, width) > 1,
        "frequency": max(height, width) > 1,
        "colour": form(network, layer) == "colour",
        "similarity": can_compare(weights),
    }
    return tuple(name for name in ORDERS if offered.get(name, True))


def order(trace: Trace, layer: str, name: str) -> list[int]:
    """All filters of a layer in one of its `orders`; equal ones by number. The last needs a target (NoTarget)."""
    weights = kernels(trace.network, layer)
    if name == "number":
        return list(range(len(weights)))
    if name == "similarity":
        return _chain(similarity(weights), int(norm(weights).argmax()))
    if name == "contribution":
        values = -trace.view(contribution, trace.network.resolve(layer))
    else:
        statistic = {"norm": norm, "orientation": orientation, "frequency": frequency, "colour": colourfulness}[name]
        values = statistic(weights) * (-1 if name in ("norm", "colour") else 1)
    ranked: list[int] = np.argsort(values, kind="stable").tolist()
    return ranked


def _chain(alike: FloatArray, start: int) -> list[int]:
    """From `start` on, always the most similar one of those not yet visited."""
    left = np.ones(len(alike), bool)
    chain = [start]
    for _ in range(len(alike) - 1):
        left[chain[-1]] = False
        chain.append(int(np.where(left, alike[chain[-1]], -np.inf).argmax()))
    return chain


# In sentences


def layer_sentences(trace: Trace, asked: str) -> str:
    """What the filters of a layer are, which of them are near-duplicates, which do nothing. `asked` is the layer that
    was chosen, in whose stead `nearest_with_kernel` is described where it has no kernel."""
    network = trace.network
    layer = nearest_with_kernel(network, asked)
    n_out, n_in, height, width = kernels(network, layer).shape
    text = ""
    if network.resolve(asked) != layer:
        meant = network.layer(asked)
        verb = "is" if asked == meant.name else "ends with"
        text = f"{asked} {verb} {meant.kind} and has no kernel, so the nearest layer that has one is shown. "
    is_dense = network.layers[layer].kind == "dense"
    text += f"{layer} is a {network.layers[layer].kind}{' layer' if is_dense else ''} of {n_out} filters, each with "
    text += f"{n_in} × {height} × {width} = {n_in * height * width} weights."
    if is_dense and height * width > 1:
        what = "the flattened picture" if form(network, layer) in ("colour", "grey") else "flattened maps"
        text += f" It reads {what}, {height} × {width}, so its kernels are drawn as large as that."
    groups = n_groups(network, layer)
    if form(network, layer) == "depthwise":
        text += f" It is depthwise: every filter reads one channel alone ({n_out // groups} for each)."
    elif groups > 1:
        text += (
            f" They come in {groups} groups: filters 0 to {n_out // groups - 1} read inputs 0 to {n_in - 1}, and so on."
        )
    return f"{text} {_duplicates_sentence(kernels(network, layer))} {_dead_sentence(network, layer)}"


_NAMED = 6  # filters or pairs in a sentence


def _duplicates_sentence(weights: FloatArray) -> str:
    if not can_compare(weights):
        return "They are too many to be compared with each other while you wait."
    pairs = duplicates(weights)
    if not pairs:
        return f"No two are near-duplicates (cosine similarity above {ALIKE})."
    named = [f"{a} and {b} ({alike:.3f})" for a, b, alike in pairs[:_NAMED]]
    count = "1 pair is" if len(pairs) == 1 else f"{len(pairs)} pairs are"
    return f"{count} near-duplicates (cosine similarity above {ALIKE}): {_listed(named, len(pairs))}."


def _dead_sentence(network: Network, layer: str) -> str:
    found = dead(network, layer)
    measures = "norm, or the factor of its batch norm," if batch_norm_behind(network, layer) else "norm"
    if not found:
        return f"None is dead ({measures} below a thousandth of the median)."
    count = "1 filter is" if len(found) == 1 else f"{len(found)} filters are"
    named = [str(filter) for filter in found[:_NAMED]]
    return f"{count} dead ({measures} below a thousandth of the median): {_listed(named, len(found))}."


def _listed(named: Sequence[str], n: int) -> str:
    rest = n - len(named)
    return f"{', '.join(named)} and {rest} more" if rest else ", ".join(named)


def filter_sentence(trace: Trace, layer: str, filter: int) -> str:
    """One filter in numbers: its inputs, norm, stripes, colour, and what it adds to the class on this picture."""
    network = trace.network
    weights = kernels(network, layer)[filter : filter + 1]
    inputs = inputs_of(network, layer, filter)
    offered = orders(network, layer)
    parts = [f"norm {norm(weights)[0]:.4g}"]
    if "orientation" in offered:
        parts.append(f"stripes at {orientation(weights)[0].round() % 180:.0f}°")
    if "frequency" in offered:
        parts.append(f"mean frequency {frequency(weights)[0]:.2f} cycles per pixel")
    if "colour" in offered:
        parts.append(f"{100 * colourfulness(weights)[0]:.0f} % of its energy is colour")
    text = f"Filter {filter}: {', '.join(parts)}."
    if n_groups(network, layer) > 1:
        text += f" It reads input {inputs[0]}" + (f" to {inputs[-1]} of its group." if len(inputs) > 1 else " alone.")
    if trace.target is not None:
        added = trace.view(contribution, layer)[filter]
        text += f" Here it adds {added:+.3g} to the score of “{trace.prediction(trace.target).category}”."
    return text


def twin_problem(network: Network, twin: Network, layer: str) -> str | None:
    """Why the filters of a layer cannot be compared with those of the untrained twin, if they cannot."""
    own, other = len(kernels(network, layer)), len(kernels(twin, layer))
    if own == other:
        return None
    return f"{layer} has {own} filters here, and {other} in the untrained network, whose classes are others."
