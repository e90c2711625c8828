"""The usual ways to scale a picture for a network, and which of them a network's first batch norm remembers.

A batch norm keeps the mean and the variance that it met in training (Ioffe and Szegedy 2015, arXiv:1502.03167,
algorithm 2). Behind the first convolution these hang on how pictures were scaled, and on little else: photographs
scaled in the right way give the kept numbers again. Nothing tells RGB from BGR so.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..networks.preparation import PhotoPreparation
from ..pictures.samples import load_sample

Triple = tuple[float, float, float]

_IMAGENET: Triple = (0.485, 0.456, 0.406)
_PHOTOGRAPHS = ("chelsea", "coffee", "raccoon", "astronaut", "rocket")
_DECIDES = 3  # how many times worse the next one must be
_NEAR = 0.4  # nats: wrong scalings of trained networks were seen from 0.46 on, right ones up to 0.1


@dataclass(frozen=True)
class Scaling:
    """Values from 0 to 1, less `mean`, divided by `std`."""

    title: str
    mean: Triple
    std: Triple


SCALINGS: Mapping[str, Scaling] = MappingProxyType(
    {
        "imagenet": Scaling("ImageNet’s mean and standard deviation", _IMAGENET, (0.229, 0.224, 0.225)),
        "half": Scaling("mean and standard deviation 0.5: from -1 to 1", (0.5,) * 3, (0.5,) * 3),
        "unit": Scaling("as they are: from 0 to 1", (0.0,) * 3, (1.0,) * 3),
        "bytes": Scaling("as they are: from 0 to 255", (0.0,) * 3, (1 / 255,) * 3),
        "mean-colour": Scaling("from 0 to 255, less ImageNet’s mean colour", _IMAGENET, (1 / 255,) * 3),
        "tensorflow": Scaling("(x - 127) / 128 of values from 0 to 255", (127 / 255,) * 3, (128 / 255,) * 3),
    }
)


@dataclass(frozen=True)
class Reading:
    """How far each scaling is from what the first batch norm keeps, nearest first: the median over channels of the
    mean of both Kullback-Leibler divergences, of two normal distributions, in nats. Those that differ by less than a
    grey level count as one, by the name of the first: nobody could tell them apart."""

    divergences: Mapping[str, float]

    @property
    def best(self) -> str:
        return next(iter(self.divergences))

    @property
    def is_decided(self) -> bool:
        """The first is near, and the next one more than three times as far away."""
        first, second, *_ = self.divergences.values()
        return self.is_near and second > _DECIDES * first

    @property
    def is_near(self) -> bool:
        """The first is as near as right ones are."""
        return self.divergences[self.best] < _NEAR


def read_scaling(module: nn.Module, size: int) -> Reading | None:
    """What the first batch norm of a network says of pictures of `size` pixels; None where it does not stand right
    behind a first convolution that reads three channels, or keeps nothing."""
    found = _first_norm(module)
    if found is None:
        return None
    convolution, norm = found
    assert norm.running_mean is not None
    assert norm.running_var is not None
    kept = norm.running_mean.double().numpy(), norm.running_var.double().numpy()
    if not kept[0].any():  # as it was made: it has never met a picture
        return None
    pictures = torch.cat([_unscaled(name, size) for name in _PHOTOGRAPHS])
    found_of = {}
    for name, scaling in SCALINGS.items():
        with torch.inference_mode():
            mean, std = (torch.tensor(triple)[:, None, None] for triple in (scaling.mean, scaling.std))
            values = convolution((pictures - mean) / std).double()
        met = values.mean(dim=(0, 2, 3)).numpy(), values.var(dim=(0, 2, 3)).numpy()
        found_of[name] = _divergence(met, kept)
    if not all(np.isfinite(value) for value in found_of.values()):
        return None
    apart: dict[str, float] = {}
    for name, divergence in found_of.items():
        alike = next((seen for seen in apart if _within_a_grey_level(SCALINGS[name], SCALINGS[seen])), name)
        apart[alike] = min(divergence, apart.get(alike, divergence))
    return Reading(MappingProxyType(dict(sorted(apart.items(), key=lambda item: item[1]))))


def _first_norm(module: nn.Module) -> tuple[nn.Conv2d, nn.BatchNorm2d] | None:
    """The first two modules that are no containers, if they are a convolution and its batch norm."""
    leaves = [part for part in module.modules() if not list(part.children())]
    pairs = [
        (first, second)
        for first, second in itertools.pairwise(leaves)
        if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d)
    ][:1]
    for convolution, norm in pairs:
        is_first = convolution is next(part for part in leaves if isinstance(part, nn.Conv2d | nn.Linear))
        if is_first and convolution.in_channels == 3 and norm.running_mean is not None:
            return convolution, norm
    return None


def _unscaled(name: str, size: int) -> torch.Tensor:
    """(1, 3, size, size), from 0 to 1."""
    unscaled = PhotoPreparation(round(size / 0.875), size, mean=(0.0,) * 3, std=(1.0,) * 3)
    return unscaled(load_sample(name)).tensor


def _divergence(met: tuple[NDArray[np.float64], ...], kept: tuple[NDArray[np.float64], ...]) -> float:
    """The median over channels that do vary; nan where none does."""
    (mean, variance), (kept_mean, kept_variance) = met, kept
    alive = (variance > 1e-9 * variance.max()) & (kept_variance > 1e-9 * kept_variance.max())
    mean, variance, kept_mean, kept_variance = (values[alive] for values in (mean, variance, kept_mean, kept_variance))
    if not len(mean):
        return float("nan")
    # half the sum of KL(met, kept) and KL(kept, met): the logarithms of the variances cancel
    square = (mean - kept_mean) ** 2
    both = ((variance + square) / kept_variance + (kept_variance + square) / variance) / 4 - 0.5
    return float(np.median(both))


def _within_a_grey_level(one: Scaling, other: Scaling) -> bool:
    """Whether every value of 0 to 1 comes out the same as another one would, less than 1/255 away."""
    for mean, std, other_mean, other_std in zip(one.mean, one.std, other.mean, other.std, strict=True):
        for value in (0.0, 1.0):
            same = (value - mean) / std * other_std + other_mean
            if abs(same - value) >= 1 / 255:
                return False
    return True
