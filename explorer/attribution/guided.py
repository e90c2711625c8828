"""A network whose ReLUs pass gradients back by another rule, made from its recorded graph: nothing is hooked, and the
network itself stays as it is."""

from __future__ import annotations

import weakref
from typing import Any

import torch

from ..errors import Unsuited
from ..networks.graph import Graph
from ..networks.kinds import kind_of
from ..networks.network import Network
from ..networks.surgery import Function, Part
from ..running.lock import LOCK

_MAX_KEPT = 4  # of one network: for the class, and for a few channels
_kept: weakref.WeakKeyDictionary[Graph, dict[str, Part]] = weakref.WeakKeyDictionary()


class _GuidedReLU(torch.autograd.Function):
    """Forward min(max(x, 0), limit); back, only what is positive passes, and only where x was between the two."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, limit: float) -> torch.Tensor:
        ctx.save_for_backward((x > 0) & (x < limit))
        return x.clamp(0, limit)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        (passes,) = ctx.saved_tensors
        return gradients[0].clamp(min=0) * passes, None


def _guided_relu(limit: float) -> Function:
    def guided_relu(x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = _GuidedReLU.apply(x, limit)  # type: ignore[no-untyped-call]
        return found

    return guided_relu


def guided(network: Network, name: str) -> Part:
    """The network up to the operation `name`, with ReLUs that send back only what is positive (Springenberg et al.
    2014, arXiv:1412.6806, section 3.4). ReLU6 does likewise.

    Raises Unsuited where there is none. It shares the network's weights, and is kept as long as the network lives.
    """
    with LOCK:  # what is made is kept for every thread
        kept = _kept.setdefault(network.graph, {})
        if name not in kept:
            if len(kept) >= _MAX_KEPT:
                kept.clear()
            kept[name] = _transformed(network, name)
        return kept[name]


def _transformed(network: Network, name: str) -> Part:
    graph = network.graph
    limits = {key: kind_of(graph.operation(key)).highest for key in graph.leading_to(name)}
    functions = {key: _guided_relu(limit) for key, limit in limits.items() if limit is not None}
    if not functions:
        raise Unsuited(
            f"Guided backpropagation changes what ReLUs send back, and {network.title} has none before "
            f"{name}: it would be the plain gradient. Choose 'gradient'."
        )
    return graph.replaced(name, functions)
