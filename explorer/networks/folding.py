"""A path through a network without its normalisations, for whoever goes it a hundred times with the same weights."""

from __future__ import annotations

from collections.abc import Callable

import torch

from .calling import with_calls_at_hand
from .graph import Graph
from .merging import is_sum, norms_behind, sums_of
from .surgery import Function


def folded(graph: Graph, name: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """What `graph.up_to(name, x)` gives, the same to rounding, from convolutions into whose weights the batch norm
    behind each is merged: there and back it saves a fifth (efficientnet_lite0). The merged weights are new, and go with
    the function. Call it within `work`."""
    functions: dict[str, Function] = {}
    with torch.inference_mode(False), torch.no_grad():  # gradients go through what is made
        for convolution, norm in norms_behind(graph, graph.leading_to(name)).items():
            if is_sum(graph, convolution):
                functions |= {convolution: sums_of(graph, convolution, norm).at_once, norm: _as_it_is}
    module = with_calls_at_hand(graph.replaced(name, functions).module)
    return lambda x: module(x)[0]


def _as_it_is(x: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
    return x
