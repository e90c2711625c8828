"""What a network says of a picture right before its last dense layer: what a new head is trained on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from ..classifier.head import head
from ..errors import Unsuited
from ..networks.network import Network, as_array
from ..running.budget import batch_size
from ..running.lock import work
from ..running.progress import Progress
from ..trace import FloatArray
from .examples import Source

_MOST_AT_ONCE = 8  # more are no faster a picture


def features_layer(network: Network) -> str:
    """The layer whose values the last dense layer reads. Raises Unsuited where no dense layer gives the logits."""
    last = head(network).last
    if last.kind != "dense" or last.shape != network.layers[list(network.layers)[-1]].shape or not last.inputs:
        raise Unsuited(
            f"{network.title} does not end in a dense layer, whose place a new one could take. Choose another network, "
            "such as efficientnet_lite0."
        )
    return last.inputs[0]


def features_of(network: Network, sources: Sequence[Source], progress: Progress | None = None) -> FloatArray:
    """(N, D) the features of N pictures, in batches. What `progress` raises cancels. Raises Unsuited, BadImage,
    TooLarge."""
    layer = features_layer(network)
    what = f"A batch of passes of {network.title}"
    sizes = {name: math.prod(one.shape) for name, one in network.layers.items()}
    held = network.graph.rest([next(iter(network.layers))], network.layers).n_held(sizes)
    batch = min(_MOST_AT_ONCE, batch_size(4 * held, what))
    rows: list[FloatArray] = []
    for first in range(0, len(sources), batch):
        part = sources[first : first + batch]
        x = torch.cat([network.prepare(source.read()).tensor for source in part])
        with work(what), torch.inference_mode():
            x = x.to(network.device).contiguous(memory_format=torch.channels_last)
            rows.append(as_array(network.graph.up_to(layer, x)).reshape(len(part), -1))
        if progress is not None:
            progress(min(len(sources), first + batch), len(sources))
    return np.concatenate(rows)
