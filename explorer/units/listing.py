"""Units in columns, to be filtered and ranked: tens of thousands within a few milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..atlas import Atlas
from ..atlas.projection import shown_rows
from ..feature_maps.channels import channel_statistics
from ..trace import FloatArray, Trace

Mask = NDArray[np.bool_]

FEWEST = 20  # pictures on which a channel fires, before anybody asks otherwise: of fewer its selectivity says nothing
_LOOKED_AT = 2000  # pictures of an atlas whose means are looked at


@dataclass(frozen=True, eq=False)
class Units:
    """Channels of several layers, one behind the other: `layers` by name, and of each channel the number of its layer
    among them, its own number, and a value in each of the columns, (N,)."""

    layers: tuple[str, ...]
    layer: NDArray[np.int64]
    channel: NDArray[np.int64]
    columns: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.channel)


def of_picture(trace: Trace, layers: Sequence[str]) -> Units:
    """On one picture: `mean` and `maximum` over the places, and `zeros`, the share of them at which the value is
    exactly 0."""
    names = tuple(dict.fromkeys(map(trace.network.resolve, layers)))
    found = [trace.view(channel_statistics, name) for name in names]
    sizes = [len(one.mean) for one in found]
    return Units(
        names,
        np.repeat(np.arange(len(names)), sizes),
        np.concatenate([np.arange(n) for n in sizes]) if sizes else np.zeros(0, np.int64),
        {name: _joined([getattr(one, name) for one in found]) for name in ("mean", "maximum", "zeros")},
    )


def of_atlas(atlas: Atlas) -> Units:
    """Over the pictures of an atlas: `mean`, `maximum`, `sparsity`, `selectivity`, on how many pictures at least it
    `fires`, and the `class` to which it answers most, by name; "" for none."""
    table = atlas.table()
    at = {name: i for i, name in enumerate(atlas.layers)}
    return Units(
        atlas.layers,
        np.array([at[name] for name in table["layer"]], np.int64),
        np.asarray(table["channel"], np.int64),
        {
            **{name: table[name] for name in ("mean", "maximum", "sparsity", "selectivity")},
            "fires": fires_on(atlas),
            "class": np.array([*atlas.classes, ""])[table["best_class"]],  # of none, which is -1, the last
        },
    )


def fires_on(atlas: Atlas) -> NDArray[np.int64]:
    """On how many pictures at least each channel is above 0 somewhere, (N,), in the order of the table: as many as its
    values above 0 fill whole maps of, and, where the atlas has pictures, as have a mean above 0 among the first few
    thousand at even steps. An atlas does not count them, so that this is all that is certain."""
    count, positive = np.asarray(atlas.table()["count"], np.int64), atlas.n_positive
    places = np.maximum(count // max(1, atlas.n_pictures), 1)
    found: NDArray[np.int64] = -(-positive // places)
    if atlas.has_pictures:
        some = shown_rows(atlas.n_pictures, _LOOKED_AT)
        means = [(np.asarray(atlas.features(layer)[some]) > 0).sum(axis=0) for layer in atlas.layers]
        found = np.maximum(found, np.concatenate(means))
    return found


def fires_here_alone(here: Units, there: Units, share: float) -> Mask:
    """Which units fire on one picture and not on another: their highest value is above 0 here, and there at most that
    `share` of it. Both are of the same layers."""
    ours, theirs = here.columns["maximum"], there.columns["maximum"]
    found: Mask = (ours > 0) & (theirs <= share * ours)
    return found


def within(values: NDArray[Any], low: float, high: float) -> Mask:
    """Which values lie between two ends, these included; what is no number lies nowhere, unless all may."""
    found: Mask = (values >= low) & (values <= high)
    return found


def relative(units: Units, column: str) -> FloatArray:
    """A column by the largest of it in the unit's layer: layers have scales of their own. 0 where none is above 0."""
    values = np.nan_to_num(np.asarray(units.columns[column], np.float32))
    highest = np.zeros(len(units.layers), np.float32)
    np.maximum.at(highest, units.layer, values)
    highest[highest <= 0] = np.inf
    found: FloatArray = values / highest[units.layer]
    return found


def ranked(mask: Mask, by: NDArray[Any], is_descending: bool = True) -> NDArray[np.int64]:
    """The rows that are asked for, from the highest to the lowest or the other way round; what is no number comes last,
    equal ones stay in order."""
    rows = np.flatnonzero(mask)
    keys = np.asarray(by, np.float64)[rows]
    keys = -keys if is_descending else keys
    order: NDArray[np.int64] = rows[np.argsort(np.where(np.isnan(keys), np.inf, keys), kind="stable")]
    return order


def _joined(parts: Sequence[FloatArray]) -> FloatArray:
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
