"""The effective receptive fields of several units of a layer at once, worked out on no more of the recorded pass than
these units can see."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch

from ..networks.graph import PICTURE
from ..networks.network import Network, as_array
from ..networks.reach import step_of
from ..running.lock import work
from ..trace import FloatArray, Trace
from .field import effective_field

Unit = tuple[int, int, int]  # (channel, y, x)
Edges = tuple[int, int, int, int]  # top, left, bottom, right

_REACHES = (6, 4, 3, 2, 1)  # how many steps away neighbours may be

# Operations whose windows, where they have any, stand alike in the whole picture and in a part of it.
_KINDS = frozenset({
    "convolution", "batch norm", "max pooling", "average pooling", "addition", "concatenation", "dropout", "identity",
    "stochastic depth",
})  # fmt: skip


def fields_of(trace: Trace, layer: str, units: Sequence[Unit]) -> list[FloatArray]:
    """As `effective_field` for each of the units, (H, W) each. Where every operation on the way is local, each is
    taken backwards alone, at the values that the pass recorded, on the part of the picture that the units see; the
    others are followed one by one on all of it. Raises UnknownLayer; IndexError."""
    network, name = trace.network, trace.network.resolve(layer)
    part = part_seen(network, name, units)
    if part is None:
        return [effective_field(network, trace.image, name, *unit) for unit in units]
    top, left, bottom, right = part
    side = network.preprocessing.size
    with work(f"The gradients of {name}"):
        gradient = _backwards(trace, name, units, part)
    fields = np.zeros((len(units), side, side), np.float32)
    fields[:, top:bottom, left:right] = as_array(gradient.abs().sum(dim=1))
    return list(fields)


def units_near(network: Network, layer: str, unit: Unit) -> list[Unit]:
    """A unit, and then its neighbours: along y, along x and in the channels beside it, as many as cost together no
    more than four passes over the whole picture; none where they cannot be worked out on a part of it."""
    (c, y, x), described = unit, network.layer(layer)
    if part_seen(network, described.name, [unit]) is None:
        return [unit]
    (height, width), n_channels, side = described.size, described.n_channels, network.preprocessing.size
    found = [unit]
    for reach in _REACHES:
        steps = [step for step in range(-reach, reach + 1) if step]
        near = [(c, y + step, x) for step in steps] + [(c, y, x + step) for step in steps]
        near += [(c + step, y, x) for step in steps]
        near = [(k, i, j) for k, i, j in near if 0 <= k < n_channels and 0 <= i < height and 0 <= j < width]
        part = part_seen(network, described.name, [unit, *near])
        if part is not None and (part[2] - part[0]) * (part[3] - part[1]) * (len(near) + 1) <= 4 * side**2:
            found += near
            break
    return found


def part_seen(network: Network, layer: str, units: Sequence[Unit]) -> Edges | None:
    """The part of the picture that these units see, begun and ended a whole number of the layer's steps from the
    picture's upper left corner; None where they may see all of it, or an operation on the way is not local."""
    fields = [network.field(layer, c) for c, _, _ in units]
    if any(field.whole for field in fields) or not _is_local(network, layer):
        return None
    side, jumps = network.preprocessing.size, network.layer(layer).receptive_field.jump
    boxes = [field.box(y, x, side, side) for field, (_, y, x) in zip(fields, units, strict=True)]
    top, left = (min(box[i] for box in boxes) // jumps[i] * jumps[i] for i in (0, 1))
    bottom, right = (min(side, -(-max(box[i + 2] for box in boxes) // jumps[i]) * jumps[i]) for i in (0, 1))
    return top, left, bottom, right


@lru_cache(maxsize=256)
def _is_local(network: Network, layer: str) -> bool:
    for name in network.graph.leading_to(layer):
        described = network.layers.get(name)
        if described is None or described.channels_last or step_of(network, name) is None:
            return False
        is_adaptive = described.pooling is not None and described.pooling.window is None
        if is_adaptive or not (described.kind in _KINDS or described.traits.is_activation):
            return False
    return True


def _backwards(trace: Trace, layer: str, units: Sequence[Unit], part: Edges) -> torch.Tensor:
    """d unit / d pixel for each of the units, (N, channels of the picture, height and width of the part)."""
    network, graph = trace.network, trace.network.graph
    recorded = {**trace.activations, PICTURE: trace.prepared.tensor}
    top, left, bottom, right = part
    sizes = {PICTURE: (bottom - top, right - left)}
    taken: dict[str, tuple[dict[str, torch.Tensor], torch.Tensor]] = {}

    def cut(name: str) -> torch.Tensor:
        jump_y, jump_x = (1, 1) if name == PICTURE else network.layers[name].receptive_field.jump
        (height, width), y, x = sizes[name], top // jump_y, left // jump_x
        values = recorded[name][..., y : y + height, x : x + width].to(network.device)
        return values.expand(len(units), -1, -1, -1).clone().requires_grad_(True)

    order = graph.leading_to(layer)
    for name in order:
        sources = {source: cut(source) for source in graph.takes(name) if isinstance(source, str)}
        made = graph.apply(name, sources)
        sizes[name] = made.shape[-2], made.shape[-1]
        taken[name] = sources, made
    jump_y, jump_x = network.layers[layer].receptive_field.jump
    seed = torch.zeros_like(taken[layer][1])
    for i, (c, y, x) in enumerate(units):
        seed[i, c, y - top // jump_y, x - left // jump_x] = 1
    gradients = {layer: seed}
    for name in reversed(order):
        sources, made = taken.pop(name)
        found = torch.autograd.grad(made, list(sources.values()), gradients.pop(name))
        for source, gradient in zip(sources, found, strict=True):
            gradients[source] = gradients[source] + gradient if source in gradients else gradient
    return gradients[PICTURE]
