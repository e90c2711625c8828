"""A path through a network without its normalisations, for whoever goes it a hundred times with the same weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .calling import with_calls_at_hand
from .graph import Graph
from .surgery import part_at, part_of, with_parts


def folded(graph: Graph, name: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """What `graph.up_to(name, x)` gives, the same to rounding, from convolutions into whose weights the normalisation
    behind each is worked (Jacob et al. 2018, arXiv:1712.05877, eq. 14): outside training that is one more weight and
    bias a channel. There and back it saves a fifth (efficientnet_lite0). Call what is returned within `work`.

    The folded weights are new, and go with the function. A convolution that something else reads, too, that is applied
    twice or works its own weights out first, and one that is asked for itself, stays as it is.
    """
    part = part_of(graph.recorder, [graph.nodes[name]]).module
    n_calls = Counter(node.target for node in part.graph.nodes if node.op == "call_module")
    weights: dict[str, nn.Module] = {}
    for node in list(part.graph.nodes):
        normalised, read = _called(part, node), node.args[0] if node.args else None
        if not isinstance(read, fx.Node) or len(read.users) > 1 or n_calls[read.target] > 1:
            continue
        convolution = _called(part, read)
        if _is_fixed(normalised) and type(convolution) is nn.Conv2d:
            with torch.inference_mode(False), torch.no_grad():  # gradients go through what is made
                weights[str(read.target)] = fuse_conv_bn_eval(convolution, normalised).requires_grad_(False)
            node.replace_all_uses_with(read)
            part.graph.erase_node(node)
    module = with_calls_at_hand(with_parts(part, weights)[0])
    return lambda x: module(x)[0]


def _called(part: fx.GraphModule, node: fx.Node) -> Any:
    return part_at(part, str(node.target)) if node.op == "call_module" else None


def _is_fixed(module: Any) -> bool:
    """Whether it is a normalisation by numbers that are there already, not by those of the batch."""
    return type(module) is nn.BatchNorm2d and not module.training and module.running_var is not None
