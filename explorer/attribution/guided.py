"""A network whose ReLUs pass gradients back by another rule, made from its recorded graph: nothing is hooked, and the
network itself stays as it is."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import fx

from ..errors import Unsuited
from ..networks.graph import Graph, leading_to
from ..networks.network import Network
from ..running.lock import LOCK

_LIMITS = {"ReLU": math.inf, "relu": math.inf, "ReLU6": 6.0, "relu6": 6.0}  # operation -> where it stops rising
_MAX_KEPT = 4  # of one network: for the class, and for a few channels
_kept: weakref.WeakKeyDictionary[Graph, dict[str, fx.GraphModule]] = weakref.WeakKeyDictionary()


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


def _guided_relu(x: torch.Tensor, limit: float) -> torch.Tensor:
    found: torch.Tensor = _GuidedReLU.apply(x, limit)  # type: ignore[no-untyped-call]
    return found


def guided(network: Network, name: str) -> Callable[[torch.Tensor], torch.Tensor]:
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


def _transformed(network: Network, name: str) -> fx.GraphModule:
    graph, last = network.graph, network.graph.nodes[name]
    limits = {node: _LIMITS.get(graph.operation(key)) for key, node in graph.nodes.items()}
    transformed, copies, n_changed = fx.Graph(), dict[fx.Node, fx.Node](), 0
    needed = leading_to([last])
    for node in graph.recorder.graph.nodes:
        if node not in needed:
            continue
        limit = limits.get(node)
        if limit is None:
            copies[node] = transformed.node_copy(node, copies.__getitem__)
        else:
            copies[node] = transformed.call_function(_guided_relu, (copies[node.all_input_nodes[0]], limit))
            n_changed += 1
    if not n_changed:
        raise Unsuited(
            f"Guided backpropagation changes what ReLUs send back, and {network.info.title} has none before "
            f"{name}: it would be the plain gradient. Choose 'gradient'."
        )
    transformed.output(copies[last])
    return fx.GraphModule(graph.recorder, transformed)
