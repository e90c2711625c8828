"""Many pictures through one network: what some layers give for each, and how a class's score changes with it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from ..networks.cost import pictures_at_once
from ..networks.network import Network, as_array
from ..pictures.image import ImageInput
from ..running.lock import work
from ..running.memory import ensure_room
from ..running.progress import Progress
from ..targets import Target
from ..trace import FloatArray

Rows = Mapping[str, FloatArray]  # by layer, a row of all its values for each picture


def activations(
    network: Network, images: Sequence[ImageInput], layers: Sequence[str], progress: Progress | None = None
) -> Rows:
    """What the layers give for each picture, (n, C H W) each. What `progress` raises cancels. Raises TooLarge."""
    return _rows(network, images, layers, None, progress)


def slopes(
    network: Network, images: Sequence[ImageInput], target: Target, layers: Sequence[str],
    progress: Progress | None = None,
) -> Rows:  # fmt: skip
    """How the target changes with each value of the layers, for each picture, (n, C H W) each. Raises TooLarge."""
    return _rows(network, images, layers, target, progress)


def _rows(
    network: Network, images: Sequence[ImageInput], layers: Sequence[str], target: Target | None,
    progress: Progress | None,
) -> Rows:  # fmt: skip
    what = f"Activations of {len(images)} pictures"
    names = {layer: network.resolve(layer) for layer in layers}
    sizes = {layer: math.prod(network.layers[name].shape) for layer, name in names.items()}
    found: dict[str, FloatArray] = {}
    with work(what):
        ensure_room(4 * len(images) * sum(sizes.values()), what)
        found = {layer: np.empty((len(images), size), np.float32) for layer, size in sizes.items()}
    batch = pictures_at_once(network, f"A batch of passes of {network.title}", network.n_values)
    for first in range(0, len(images), batch):
        if progress is not None:
            progress(first, len(images))
        x = torch.cat([network.prepare(image).tensor for image in images[first : first + batch]])
        with work(f"A batch of passes of {network.title}"):
            values = _values(network, x, [*names.values()], target)
        for layer, value in zip(names, values, strict=True):
            rows = as_array(network.layers[names[layer]].channels_first(value))
            found[layer][first : first + len(x)] = rows.reshape(len(x), -1)
    return found


def _values(network: Network, x: torch.Tensor, names: Sequence[str], target: Target | None) -> Sequence[torch.Tensor]:
    """What the layers give, or the gradient of the target there."""
    x = x.to(network.device).contiguous(memory_format=torch.channels_last)
    if target is None:
        with torch.inference_mode():
            values: Mapping[str, Any] = network.graph.run(x)[1]
            return [values[name] for name in names]
    with torch.inference_mode(False), torch.enable_grad():
        output, values = network.graph.run(x.clone().requires_grad_(True))
        score = target.score(network, output).sum()
        wanted: list[Any] = [values[name] for name in names]
        return torch.autograd.grad(score, wanted, materialize_grads=True)
