"""How much of what each map adds to the answer reaches it by way of which later map."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import numpy as np
import torch

from ..running.lock import work
from ..running.memory import ensure_room
from ..trace import FloatArray, Trace


def flow(trace: Trace, chosen: Sequence[tuple[str, Sequence[int]]]) -> tuple[FloatArray, ...]:
    """From some channels of a layer to some of the next one, layer after layer: (n, m) each, in units of the target's
    score.

    A channel adds gradient x activation to the score, to first order. The gradient is a sum over the ways from the
    channel to the score; by the chain rule, the part of it that leads through channel j of the next layer is

        sum over (y, x) of  A[i] * d (sum over (y, x) of G[j] * B[j]) / d A[i]

    with the activations A and B of both layers and the score's gradient G at the second, held fixed. Over all j these
    parts add up to what channel i adds, where every way leads through that layer. The trace must have a target
    (NoTarget). Raises TooLarge.
    """
    network, what = trace.network, "Following the score back from map to map"
    layers = [network.layer(name) for name, _ in chosen]
    weights = [torch.tensor(trace.gradient(layer.name)) for layer in layers]
    ensure_room(network.n_values * 8, what)
    found = []
    with work(what), torch.enable_grad():
        x = trace.prepared.tensor.to(network.device, copy=True).requires_grad_()
        _, values = network.graph.run(x)
        for (at, to), (rows, columns) in zip(pairwise(range(len(layers))), pairwise(c for _, c in chosen), strict=True):
            before = cast(torch.Tensor, values[layers[at].name])
            after = layers[to].channels_first(cast(torch.Tensor, values[layers[to].name]))[0]  # (C, H, W)
            parts = np.zeros((len(rows), len(columns)), np.float32)
            for column, j in enumerate(columns):
                score = (after[j] * weights[to][j].to(network.device)).sum()
                (gradient,) = torch.autograd.grad(score, [before], retain_graph=True)
                products = layers[at].channels_first(gradient * before.detach())[0].flatten(1).sum(dim=1)
                parts[:, column] = products[list(rows)].cpu().numpy()
            found.append(parts)
    return tuple(found)
