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
    """The network up to the operation `name`, with hidden ReLUs that send back only what is positive (Springenberg et
    al. 2014, arXiv:1412.6806, section 3.4). ReLU6 does likewise.

    Raises Unsuited where there is no ReLU. It shares the network's weights, and is kept as long as the network lives.
    """
    with LOCK:  # what is made is kept for every thread
        kept = _kept.setdefault(network.graph, {})
        if name not in kept:
            if len(kept) >= _MAX_KEPT:
                kept.clear()
            kept[name] = _transformed(network, name)
        return kept[name]


def guided_share(network: Network, name: str) -> tuple[int, int]:
    """How many of the activation functions that lead to the operation `name` are guided, and how many there are."""
    graph = network.graph
    n_all = sum(kind_of(graph.operation(key)).is_activation for key in graph.leading_to(name))
    return len(_limits(graph, name).keys() - _own(graph, name)), n_all


def _limits(graph: Graph, name: str) -> dict[str, float]:
    """Every ReLU that leads to the operation, with what it sends on at the most."""
    found = {key: kind_of(graph.operation(key)).highest for key in graph.leading_to(name)}
    return {key: limit for key, limit in found.items() if limit is not None}


def _own(graph: Graph, name: str) -> set[str]:
    """What belongs to the target itself, with no weights between the two: as where a ReLU makes the classes' maps,
    whose means are the scores. What comes back there is the target's own sign, and to drop what is negative would drop
    all that lowers it: half of a difference of two classes, and all of a class that one logit speaks against."""
    found, pending = set[str](), [name]
    hidden = set[str]()  # what leads to weights on the way to the target
    while pending:
        key = pending.pop()
        if key in found or key in hidden:
            continue
        if kind_of(graph.operation(key)).is_weighted:
            hidden |= {*graph.leading_to(key)}
            continue
        found.add(key)
        pending += graph.reads(key)
    return found - hidden


def _transformed(network: Network, name: str) -> Part:
    graph, limits = network.graph, _limits(network.graph, name)
    functions = {key: _guided_relu(limit) for key, limit in limits.items() if key not in _own(graph, name)}
    if not limits:
        raise Unsuited(
            f"Guided backpropagation changes what ReLUs send back, and {network.title} has none before "
            f"{name}: it would be the plain gradient. Choose 'gradient'."
        )
    return graph.replaced(name, functions)
