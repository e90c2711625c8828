"""What a filter answers to: stripes and plain colours, run through the network up to its layer."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np
import torch

from ..networks.network import Network
from ..networks.preparation import COLOURS, in_colours
from ..running.cache import BoundedCache
from ..running.lock import LOCK, work
from ..running.progress import Progress
from ..trace import FloatArray
from .weights import layers_before

ANGLES = tuple(range(0, 180, 15))  # degrees, of the stripes, counter-clockwise from horizontal
FREQUENCIES = (0.03, 0.05, 0.08, 0.13, 0.2, 0.32)  # cycles per pixel of what the network receives
HUES = tuple(range(0, 360, 30))  # degrees on the colour circle: 0 is red, 120 green, 240 blue
HUE_NAMES = (
    "red", "orange", "yellow", "lime", "green", "spring green", "cyan", "azure", "blue", "violet", "magenta", "rose",
)  # fmt: skip
_BUDGET = 1e11  # multiply-adds: a few seconds
_LEAST_SIDE = 80  # of smaller pictures some networks leave no map at all
_BATCH_VALUES = 1 << 25  # in the largest activation of one batch: 128 MiB


@dataclass(frozen=True, eq=False)
class Tuning:
    """How strongly every filter of a layer answers to stripes and to plain colours.

    `gratings` is (C, angles, frequencies): the amplitude of its answer to stripes of full contrast, for a linear
    filter the modulus of its transfer function. `hues` is (C, hues): its answer to a plain, fully saturated picture
    less that to mid-grey; None for a network that reads no colours. Both in units of the layer's activation, measured
    in the middle of its map, on pictures of `side` x `side` pixels.
    """

    gratings: FloatArray
    hues: FloatArray | None
    side: int

    @property
    def n_bytes(self) -> int:
        """Memory that it holds."""
        return self.gratings.nbytes + (0 if self.hues is None else self.hues.nbytes)


_kept: WeakKeyDictionary[Network, BoundedCache[Tuning]] = WeakKeyDictionary()


def tuning(network: Network, layer: str, progress: Progress | None = None) -> Tuning:
    """The answers of all filters of a layer, measured by running pictures through the network up to that layer.

    Every grating is shown at two phases, a quarter of a period apart, and the two answers (less the one to plain
    mid-grey) are joined as sqrt(a^2 + b^2): so it does not matter where the stripes lie (Adelson and Bergen 1985,
    doi:10.1364/JOSAA.2.000284). `progress` is told how many pictures have been shown; what it raises cancels.
    """
    with LOCK:  # one cache for all threads
        kept = _kept.setdefault(network, BoundedCache(16, 16 << 20, size=lambda found: found.n_bytes))
    return kept.get(network.resolve(layer), partial(_measure, network, network.resolve(layer), progress))


def _measure(network: Network, layer: str, progress: Progress | None) -> Tuning:
    has_colours = {*COLOURS} <= {*network.preprocessing.inputs}
    side, n_at_once = _picture_size(network, layer)
    shown: list[Callable[[int], FloatArray]] = [partial(plain_picture, colour=(0.5, 0.5, 0.5))]
    shown += [
        partial(grating, angle=angle, frequency=f, phase=phase)
        for angle in ANGLES for f in FREQUENCIES for phase in (0, 90)
    ]  # fmt: skip
    if has_colours:
        shown += [partial(plain_picture, colour=colorsys.hsv_to_rgb(hue / 360, 1, 1)) for hue in HUES]
    answers: list[FloatArray] = []
    for start in range(0, len(shown), n_at_once):
        batch = np.stack([draw(side) for draw in shown[start : start + n_at_once]])
        answers.append(_middle(responses(network, layer, batch)))
        if progress is not None:
            progress(min(start + n_at_once, len(shown)), len(shown))
    found = np.concatenate(answers)  # (pictures, C, cells)
    change = found[1:] - found[0]
    n_stripes = 2 * len(ANGLES) * len(FREQUENCIES)
    phases = change[:n_stripes].reshape(len(ANGLES), len(FREQUENCIES), 2, *change.shape[1:])
    energy = np.hypot(phases[:, :, 0], phases[:, :, 1]).mean(axis=-1)  # (angles, frequencies, C)
    hues = change[n_stripes:].mean(axis=-1).T if has_colours else None
    return Tuning(np.moveaxis(energy, -1, 0), hues, side)


def grating(side: int, angle: float, frequency: float, phase: float) -> FloatArray:
    """Grey stripes as a picture (side, side, 3) of values from 0 to 1: a cosine that varies across the stripes, whose
    direction is `angle`. Angles and phases are in degrees, the frequency in cycles per pixel."""
    across = math.radians(90 - angle)  # from the x axis towards y, which points down
    y, x = np.indices((side, side)) - (side - 1) / 2
    cycles = frequency * (x * math.cos(across) + y * math.sin(across))
    values = 0.5 + 0.5 * np.cos(2 * np.pi * cycles + math.radians(phase))
    return np.repeat(values[:, :, None], 3, axis=2).astype(np.float32)


def plain_picture(side: int, colour: tuple[float, float, float]) -> FloatArray:
    """A picture (side, side, 3) of one colour, its values from 0 to 1."""
    return np.full((side, side, 3), colour, np.float32)


def responses(network: Network, layer: str, batch: FloatArray) -> FloatArray:
    """A layer's activation for a batch of pictures (N, H, W, 3) of values from 0 to 1: (N, C, H', W') or (N, K).

    The pictures are neither resized nor cropped, only normalised; a channel that is no colour is given the first.
    Nothing beyond the layer is run.
    """
    layer = network.resolve(layer)
    last = network.preprocessing
    # (N, H, W, C) seen as (N, C, H, W) is what torch calls channels_last
    x = last.scaled(torch.from_numpy(batch[..., in_colours(last, (0, 1, 2))]).permute(0, 3, 1, 2))
    what = f"Showing {len(batch)} pictures to {layer} of {network.title}"
    with work(what), torch.inference_mode():
        y = network.graph.up_to(layer, x.to(network.device))
    array: FloatArray = network.layers[layer].channels_first(y).cpu().numpy()
    return array


def _picture_size(network: Network, layer: str) -> tuple[int, int]:
    """How large the pictures are and how many are shown at once: deep in a large network smaller ones do, since a
    grating is the same everywhere."""
    size = network.preprocessing.size
    involved = [network.layers[name] for name in (*layers_before(network, layer), layer)]
    cost = sum(la.n_parameters * math.prod(la.size) for la in involved if la.traits.is_weighted)
    n_pictures = 2 * len(ANGLES) * len(FREQUENCIES) + len(HUES) + 1
    side = size * min(1.0, math.sqrt(_BUDGET / max(1, cost * n_pictures)))
    side = size if side == size or size <= _LEAST_SIDE else max(_LEAST_SIDE, round(side / 16) * 16)
    largest = max(math.prod(la.shape) for la in involved) * (side / size) ** 2
    return side, max(1, min(16, int(_BATCH_VALUES / largest)))


def _middle(answers: FloatArray) -> FloatArray:
    """The middle half of the maps along each axis, where the picture's border is far away: (N, C, cells)."""
    if answers.ndim == 4:
        height, width = answers.shape[2:]
        answers = answers[:, :, height // 4 : height - height // 4, width // 4 : width - width // 4]
    return answers.reshape(*answers.shape[:2], -1)
