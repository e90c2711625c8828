"""Deep feature factorisation: a layer's maps as the sum of a few concepts, each of them a map and a mix of channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import BadOption, Unsuited
from ..networks.network import as_array
from ..predictions import class_scores, probabilities_of
from ..running.lock import work
from ..running.progress import Progress
from ..trace import FloatArray, Trace
from ..wording import by, plural

_MOST = 16  # concepts that can be told apart on a page
_ROUNDS = 500
_STILL = 1e-6  # by which share of itself the error must fall for another round to be worth it
_TINY = 1e-12  # below every product that counts


@dataclass(frozen=True, eq=False)
class Concepts:
    """What a layer's maps are made of, the largest share first.

    `maps` is (n, H, W), how much of each concept is where; `channels` (n, C), which channels make a concept, of length
    1 each: maps[k] times channels[k], added up, are the layer's maps but for `missed`, a share of their energy (the sum
    of squares). `classes` are those that the rest of the network gives to each concept's part of the maps alone, with
    their `probabilities`; None without a classifier. The arrays are read-only float32.
    """

    layer: str
    maps: FloatArray
    channels: FloatArray
    missed: float
    classes: tuple[int, ...] | None
    probabilities: tuple[float, ...] | None

    @property
    def n_bytes(self) -> int:
        """What it takes in memory."""
        return self.maps.nbytes + self.channels.nbytes


def concepts(
    trace: Trace, layer: str | None = None, n: int = 4, seed: int = 0, progress: Progress | None = None
) -> Concepts:
    """Factorise the maps of a layer (the network's `cam_layer` unless given) into `n` concepts (Collins et al. 2018,
    arXiv:1806.10206, eq. 2): as cells x channels, A is about H W with H and W not negative, found by Lee and Seung's
    multiplicative updates from a start drawn from `seed`. It is a local optimum: another seed may find others.

    Each concept is named by the class that the classifier gives to it: the layer's maps are replaced by its part alone,
    and the rest of the network is run. It never saw such maps, so the name is a hint.

    What `progress` raises cancels. Raises BadOption for an n that is no whole number from 1 to 16, Unsuited for a layer
    with negative values, with none but 0, or with fewer channels or cells than n, UnknownLayer, NotSpatial.
    """
    network = trace.network
    name = network.spatial_layer(network.cam_layer if layer is None else layer).name
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= _MOST:
        raise BadOption(f"n, the number of concepts, must be a whole number from 1 to {_MOST}, not {n!r}.")
    maps = trace[name]
    if maps.min() < 0 or not maps.any():
        why = "has values below 0" if maps.any() else "is 0 everywhere"
        raise Unsuited(f"Concepts add up to a layer's maps, and {name} {why}. {_remedy(trace, name, n)}")
    cells = maps.reshape(len(maps), -1).T.astype(np.float64)  # (cells, C)
    if n > min(cells.shape):
        raise Unsuited(
            f"{name} has {plural(len(maps), 'channel')} of {by(maps.shape[1:])} cells, of which no {n} concepts can be "
            f"made that differ. {_remedy(trace, name, n)}"
        )
    where, what = factorised(cells, n, seed, progress)
    length = np.sqrt((what**2).sum(axis=1))
    where, what = where * length, what / np.where(length > 0, length, 1)[:, None]
    order = np.argsort(-(where**2).sum(axis=0), kind="stable")
    where, what = where[:, order], what[order]
    missed = float(((cells - where @ what) ** 2).sum() / (cells**2).sum())
    found = where.T.reshape(n, *maps.shape[1:]).astype(np.float32)
    mixes = what.astype(np.float32)
    for array in (found, mixes):
        array.flags.writeable = False
    named = _named(trace, name, found, mixes) if network.categories else (None, None)
    return Concepts(name, found, mixes, missed, *named)


def _remedy(trace: Trace, name: str, n: int) -> str:
    """The nearest layer that has concepts: before this one, else behind it."""
    names = [*trace.network.layers]
    at = names.index(name)
    for other in (*reversed(names[:at]), *names[at + 1 :]):
        if trace.network.layers[other].is_spatial:
            maps = trace[other]
            if min(len(maps), maps[0].size) >= n and maps.min() >= 0 and maps.any():
                return f"The nearest layer that has them is '{other}'."
    return "Choose another network or picture: no layer of this one has them."


def factorised(
    a: NDArray[np.float64], n: int, seed: int = 0, progress: Progress | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """H (rows, n) and W (n, columns), none of them negative, whose product is near to a >= 0 (Lee and Seung 2001,
    theorem 1): H *= a W' / (H W W'), then W *= H' a / (H' H W), until the error falls no more."""
    random = np.random.default_rng(seed)
    scale = np.sqrt(a.mean() / n)
    h, w = (scale * (0.1 + random.random(shape)) for shape in ((len(a), n), (n, a.shape[1])))
    energy = float((a**2).sum())
    before = np.inf
    for i in range(_ROUNDS):
        if progress is not None:
            progress(i, _ROUNDS)
        h *= (a @ w.T) / (h @ (w @ w.T) + _TINY)
        product, squares = h.T @ a, h.T @ h
        w *= product / (squares @ w + _TINY)
        # |a - h w|^2 without the product h w, which is as large as a
        error = energy - 2 * float((product * w).sum()) + float((squares * (w @ w.T)).sum())
        if before - error <= _STILL * energy:
            break
        before = error
    return h, w


def _named(
    trace: Trace, name: str, maps: FloatArray, channels: FloatArray
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """The class of each concept's part of the layer's maps alone, and its probability."""
    network, recorded, x = trace.network, trace.activations, trace.prepared.tensor.to(trace.network.device)
    layer, rest = network.layers[name], network.graph.rest([name], network.layers)
    classes, probabilities = list[int](), list[float]()
    for places, mix in zip(maps, channels, strict=True):
        part = torch.from_numpy(mix[:, None, None] * places)[None].to(network.device)
        with work(f"Naming concepts of {network.title}"), torch.inference_mode():
            start = part.movedim(1, -1) if layer.channels_last else part
            logits = as_array(rest.output({name: start}, x, recorded))[0]
        classes.append(int(class_scores(logits).argmax()))
        probabilities.append(float(probabilities_of(logits)[classes[-1]]))
    return tuple(classes), tuple(probabilities)
