"""What a network says of a picture right before its classifier: what a new head is trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from ..classifier.head import Head, head
from ..errors import Unsuited
from ..networks.cost import pictures_at_once
from ..networks.layers import Layer
from ..networks.network import Network, as_array
from ..running.lock import work
from ..running.progress import Progress
from ..trace import FloatArray
from .examples import Source


@dataclass(frozen=True)
class Place:
    """Where a new head goes: in the place of `last`, which reads the values of `layer`.

    `is_of_maps`: it is a convolution of single cells, whose maps' means are the logits; the features are then the means
    of what it reads. `is_rectified`: what is below zero in its maps is cut off before they are averaged.
    """

    layer: str
    last: Layer
    is_of_maps: bool = False
    is_rectified: bool = False


def place_of(network: Network) -> Place:
    """Where a new head goes. Raises Unsuited where no layer of one weight for each feature and class gives the
    logits."""
    ends = head(network)
    last = ends.weighted[-1] if ends.weighted else None
    if last is not None and last.inputs:
        if last.kind == "dense" and last.shape == network.layers[list(network.layers)[-1]].shape:
            return Place(last.inputs[0], last)
        behind = {layer.kind for layer in ends.layers[ends.layers.index(last) + 1 :] if not layer.is_idle}
        if _is_of_cells(ends, last) and behind <= {"ReLU", "average pooling", "flatten"}:
            return Place(last.inputs[0], last, is_of_maps=True, is_rectified="ReLU" in behind)
    raise Unsuited(
        f"{network.title} does not end in a dense layer, or in a convolution of single cells whose maps are averaged, "
        "whose place a new one could take. Choose another network, such as efficientnet_lite0."
    )


def _is_of_cells(ends: Head, last: Layer) -> bool:
    """Whether the logits are the means of the maps of a convolution that looks at one cell at a time."""
    window = last.window
    return (
        ends.form == "map per class"
        and last.groups == 1
        and window is not None
        and (window.kernel, window.stride) == ((1, 1), (1, 1))
    )


def features_layer(network: Network) -> str:
    """The layer whose values the classifier reads. Raises Unsuited, as `place_of`."""
    return place_of(network).layer


def features_of(network: Network, sources: Sequence[Source], progress: Progress | None = None) -> FloatArray:
    """(N, D) the features of N pictures, in batches. What `progress` raises cancels. Raises Unsuited, BadImage,
    TooLarge."""
    place = place_of(network)
    rows = [
        values.mean(axis=(2, 3)) if place.is_of_maps else values.reshape(len(values), -1)
        for values in _values(network, place.layer, sources, progress)
    ]
    return np.concatenate(rows)


def lowest_of(network: Network, sources: Sequence[Source], weight: FloatArray, progress: Progress | None) -> float:
    """The lowest value in the maps that a convolution of single cells, (K, D) without a bias, would make of the
    pictures."""
    kernel = torch.from_numpy(weight)[:, :, None, None]
    return min(
        float(F.conv2d(torch.from_numpy(values.copy()), kernel).min())
        for values in _values(network, place_of(network).layer, sources, progress)
    )


def _values(network: Network, layer: str, sources: Sequence[Source], progress: Progress | None) -> Iterator[FloatArray]:
    """What a layer gives for the pictures, batch by batch."""
    what = f"A batch of passes of {network.title}"
    batch = pictures_at_once(network, what)
    for first in range(0, len(sources), batch):
        part = sources[first : first + batch]
        x = torch.cat([network.prepare(source.read()).tensor for source in part])
        with work(what), torch.inference_mode():
            x = x.to(network.device).contiguous(memory_format=torch.channels_last)
            values = as_array(network.graph.up_to(layer, x))
        yield values
        if progress is not None:
            progress(min(len(sources), first + batch), len(sources))
