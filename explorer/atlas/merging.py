"""Shards put together, in their order, whoever worked on them: the numbers of all pictures.

What is in memory is a few numbers a channel, and one layer's correlations at a time: however many pictures there are,
the shards are read one after the other, and pooled values are mapped from their files.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counting import NO_LOT, NOWHERE
from .patches import Best
from .plan import Plan
from .rows import Floats, Integers
from .shard import shard_name


@dataclass
class Merged:
    """Numbers of all channels of all layers in a row, (C,) or (C, ...), over all pictures.

    `top` are the largest values of each channel, `lots` the places drawn by lot of each layer, (layers, k), with
    `lot_values` (C, k). `sums` are (classes, 2 or 3, C): of pooled values, of positive parts, and of use, over the
    pictures of each class. `lines` finds the pictures of patches in the list. `shards` are the numbers of pictures.
    """

    histogram: Integers
    squares: NDArray[np.float64]
    total: NDArray[np.float64]
    minimum: Floats
    maximum: Floats
    top: Best
    lots: Best
    lot_values: dict[tuple[int, int], Floats]  # by layer and picture: of each channel
    of_class: Integers
    sums: NDArray[np.float64]
    shards: list[int] = field(default_factory=list)
    n_broken: int = 0
    lines: dict[int, int] = field(default_factory=dict)

    @property
    def n_pictures(self) -> int:
        """How many were read."""
        return sum(self.shards)


def merged(plan: Plan) -> Merged:
    """All shards of a plan, which are all done."""
    n, k, n_classes = plan.n_channels, plan.settings.n_patches, len(plan.pictures.classes)
    found = Merged(
        np.zeros((n, plan.settings.n_bins), np.int64), np.zeros(n), np.zeros(n), np.full(n, np.inf, np.float32),
        np.full(n, -np.inf, np.float32), Best.none(n, k), Best.none(len(plan.layers), k), {},
        np.zeros(n_classes, np.int64), np.zeros((n_classes, 3 if plan.settings.use else 2, n)),
    )  # fmt: skip
    for index in range(plan.pictures.n_shards):
        stem = plan.work / shard_name(index)
        done = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
        with np.load(stem.with_suffix(".npz")) as arrays:
            _take(found, plan, {name: arrays[name] for name in arrays.files})
        found.total += np.load(stem.with_suffix(".npy"), mmap_mode="r").sum(axis=0, dtype=np.float64)
        found.shards.append(done["n"])
        found.n_broken += len(done["broken"])
    return found


def _take(found: Merged, plan: Plan, arrays: Mapping[str, NDArray[Any]]) -> None:
    first, digests, lines = found.n_pictures, arrays["digests"], arrays["lines"]
    found.histogram += arrays["histogram"]
    found.squares += arrays["squares"]
    np.minimum(found.minimum, arrays["minimum"], out=found.minimum)
    np.maximum(found.maximum, arrays["maximum"], out=found.maximum)
    found.of_class += arrays["of_class"]
    found.sums[arrays["classes"]] += arrays["sums"]
    found.top.merge(
        _best(-arrays["top"].astype(np.float64), arrays["top_picture"], arrays["top_place"], digests, first)
    )
    lot = np.where(arrays["lot"] == NO_LOT, np.inf, arrays["lot"])
    found.lots.merge(_best(lot, arrays["lot_picture"], arrays["lot_place"], digests, first))
    _keep_values(found, plan, arrays, first)
    kept = np.unique(np.concatenate([found.top.picture.ravel(), found.lots.picture.ravel()])).tolist()
    known = {number: number - first for number in kept if number >= first}
    found.lines = {
        number: int(lines[known[number]]) if number in known else found.lines[number]
        for number in kept if number != NOWHERE
    }  # fmt: skip


def _best(
    order: NDArray[np.float64], picture: NDArray[np.int32], place: NDArray[np.int32], digests: Integers, first: int
) -> Best:
    """A shard's best, with its pictures' numbers among all."""
    there = picture != NOWHERE
    if not len(digests):
        return Best.none(*order.shape)
    digest = np.where(there, digests[picture], NOWHERE)
    return Best(
        np.where(there, order, np.inf), np.where(there, picture + first, NOWHERE), place.astype(np.int64), digest
    )


def _keep_values(found: Merged, plan: Plan, arrays: Mapping[str, NDArray[Any]], first: int) -> None:
    """What each channel gave at the places that were drawn, of those that are still among the chosen."""
    for layer, span in enumerate(plan.spans):
        for rank, picture in enumerate(arrays["lot_picture"][layer].tolist()):
            if picture != NOWHERE:
                found.lot_values[layer, picture + first] = arrays["lot_values"][span, rank]
    chosen = {(layer, number) for layer, row in enumerate(found.lots.picture.tolist()) for number in row}
    found.lot_values = {key: values for key, values in found.lot_values.items() if key in chosen}


def correlations(plan: Plan, found: Merged, span: slice) -> NDArray[np.float64]:
    """Pearson's r between the pooled values of the channels of one layer over the pictures, (C, C); 0 for a channel
    that never changes."""
    n_channels = span.stop - span.start
    gram, mean = np.zeros((n_channels, n_channels)), found.total[span] / max(1, found.n_pictures)
    for index in range(plan.pictures.n_shards):
        pooled = np.load(plan.work / f"{shard_name(index)}.npy", mmap_mode="r")[:, span]
        centred = pooled.astype(np.float64) - mean
        gram += centred.T @ centred
    size = np.sqrt(np.diagonal(gram))
    # what rounding alone makes of values that are all the same
    size = np.where(size > 1e-6 * np.abs(mean) * math.sqrt(max(1, found.n_pictures)), size, np.inf)
    result: NDArray[np.float64] = np.nan_to_num(np.clip(gram / size[:, None] / size, -1, 1))
    return result


def nearest(r: NDArray[np.float64], n_most: int) -> tuple[list[list[int]], list[list[float]]]:
    """For each channel the others with the highest correlations, the highest first, and these; none for a channel that
    never changes."""
    others = r.copy()
    np.fill_diagonal(others, -np.inf)
    order = np.argsort(-others, axis=1, kind="stable")[:, : min(n_most, len(r) - 1)]
    never: list[bool] = (r == 0).all(axis=1).tolist()
    values = np.take_along_axis(r, order, axis=1)
    channels = [[] if gone else row for row, gone in zip(order.tolist(), never, strict=True)]
    return channels, [[] if gone else row for row, gone in zip(values.tolist(), never, strict=True)]


def selectivity(means: NDArray[np.float64]) -> tuple[Floats, NDArray[np.int32]]:
    """The class selectivity index of (classes, C) means of positive parts, and the class of the largest: (a - b) / (a +
    b), b being the mean over the other classes (Morcos et al. 2018). NaN and -1 where there is none. Classes of which
    nothing could be read, whose means are no numbers, are not among them."""
    read = np.flatnonzero(np.isfinite(means).all(axis=1))
    n = means.shape[1]
    if len(read) < 2:
        return np.full(n, np.nan, np.float32), np.full(n, -1, np.int32)
    means = means[read]
    best = read[means.argmax(axis=0)]
    largest = means.max(axis=0)
    others = (means.sum(axis=0) - largest) / (len(read) - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        index = (largest - others) / (largest + others)
    return index.astype(np.float32), np.where(largest > 0, best, -1).astype(np.int32)
