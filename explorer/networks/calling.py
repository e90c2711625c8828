"""What the modules of a recorder do, at hand: a pass of many small layers is looked up for a good part of its time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import fx, nn

from .surgery import part_at


def with_calls_at_hand(recorder: fx.GraphModule) -> fx.GraphModule:
    """The same operations, with what each module does at hand: to look modules up by their paths, and for hooks that
    none of them has, takes a fourteenth of a pass of a network of many small layers (mobilenet_v3_large)."""
    recording, copies, found = fx.Graph(), dict[fx.Node, fx.Node](), dict[str, Any]()
    for node in recorder.graph.nodes:
        copies[node] = copy = recording.node_copy(node, copies.__getitem__)
        if node.op in ("call_module", "get_attr"):
            value = part_at(recorder, str(node.target))
            copy.target = f"step_{len(found)}"
            found[copy.target] = _called(value) if node.op == "call_module" else value
    return fx.GraphModule(found, recording)


def _called(module: nn.Module) -> Callable[..., Any]:
    """What a module does, outside training. Of the two kinds of which there are most it is torch's function itself,
    whose weights are read where the module keeps them: what the module asks first takes a twentieth of such a pass."""
    weights: dict[str, Any] = module._parameters
    buffers = module._buffers
    if type(module) is nn.BatchNorm2d and module.running_mean is not None:
        has_cudnn, eps = torch.backends.cudnn.enabled, module.eps
        return lambda x: torch.batch_norm(
            x, weights["weight"], weights["bias"], buffers["running_mean"], buffers["running_var"], False, 0.0, eps,
            has_cudnn,
        )  # fmt: skip
    if type(module) is nn.Conv2d and module.padding_mode == "zeros":
        window: Any = module.stride, module.padding, module.dilation, module.groups
        return lambda x: torch.conv2d(x, weights["weight"], weights["bias"], *window)
    return module.forward
