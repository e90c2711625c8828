"""What filters are like, in numbers, and their orders."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..networks.network import Network
from ..trace import FloatArray, Trace, contribution
from .weights import batch_norm_behind, form, kernels

DIRECTED = 0.3  # coherence from which a direction is told: noise has 0.1, a blob less
TURN = "0° lies flat, 45° rises to the right, 90° stands upright"  # what an angle of stripes means, everywhere
ALIKE = 0.95  # cosine similarity from which two filters count as near-duplicates


DEAD = 1e-3  # of the layer's median: what is below does nothing that could be seen


_MOST_COMPARISONS = 3e10  # multiply-adds to compare all filters of a layer pair by pair: half a second


_MOST_FILTERS = 4096  # whose similarities fit into 64 MiB


_CHUNK = 1 << 22  # weights worked on at once


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


def coherence(weights: FloatArray) -> FloatArray:
    """How much a filter has one direction, from 0 to 1: the difference of its structure tensor's two eigenvalues by
    their sum. 1 for straight stripes without an end, 0 for a blob, which looks alike from all sides; 0 for zeros."""
    difference = _spectral_sum(weights, lambda y, x: x * x - y * y)
    mixed = _spectral_sum(weights, lambda y, x: 2 * x * y)
    both = _spectral_sum(weights, lambda y, x: x * x + y * y)
    return np.divide(np.hypot(difference, mixed), both, out=np.zeros_like(both), where=both > 0)


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
