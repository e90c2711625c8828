"""A network as a graph: every operation has a dotted name, and running it hands over every value.

The names are those of `torchvision.models.feature_extraction`. There are no hooks: a hook sees what a later in-place
operation left behind, and hooks on a network that several threads share mix up their pictures.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import fx, nn

from .vision import torchvision

# Tracing patches nn.Module for the whole process, so nothing may run while a network is traced; and two runs at once
# are far slower than one after the other, since each already uses every core. One lock serves both.
LOCK = threading.RLock()


@dataclass(frozen=True, eq=False)
class Graph:
    """A traced network: `nodes` in the order of execution with their names, and a module that returns all values."""

    nodes: Mapping[str, fx.Node]
    recorder: fx.GraphModule

    def run(self, x: torch.Tensor) -> tuple[torch.Tensor, dict[str, object]]:
        """Execute the network on (1, C, H, W): its output and the value of every operation. Call with LOCK held."""
        output, values = self.recorder(x)
        return output, dict(zip(self.nodes, values, strict=True))

    def reads(self, name: str) -> list[str]:
        """The operations whose values this one takes."""
        return [self._names[node] for node in self.nodes[name].all_input_nodes if node in self._names]

    def operation(self, name: str) -> str:
        """The class of the module, or the name of the function, that is the operation."""
        module = self._module(name)
        target = self.nodes[name].target
        return type(module).__name__ if module is not None else getattr(target, "__name__", str(target))

    def parameters(self, name: str) -> dict[str, torch.Tensor]:
        """The operation's own weights: of its module, or those that its function is called with."""
        module = self._module(name)
        if module is not None:
            return dict(module.named_parameters())
        read = [str(node.target) for node in self.nodes[name].all_input_nodes if node.op == "get_attr"]
        return {path.rpartition(".")[2]: self.recorder.get_parameter(path) for path in read}

    def buffers(self, name: str) -> dict[str, torch.Tensor]:
        """The operation's arrays that are not learned by gradients: a batch norm's running mean and variance."""
        module = self._module(name)
        return {} if module is None else {key: value for key, value in module.named_buffers() if value.ndim}

    def setting(self, name: str, position: int, keyword: str) -> Any:
        """A hyperparameter: an attribute of the module, or an argument of the function; None where it has none."""
        module, node = self._module(name), self.nodes[name]
        if module is not None:
            return getattr(module, keyword, None)
        return node.args[position] if len(node.args) > position else node.kwargs.get(keyword)

    def permutation(self, name: str) -> tuple[int, ...] | None:
        """The order into which the operation puts the axes, where that is what it does."""
        if self.operation(name) not in ("permute", "Permute"):
            return None
        order: Any = self.nodes[name].args[1:] if self._module(name) is None else self.setting(name, 1, "dims")
        return tuple(order[0] if isinstance(order[0], (list, tuple)) else order)

    @cached_property
    def _names(self) -> dict[fx.Node, str]:
        return {node: name for name, node in self.nodes.items()}

    def _module(self, name: str) -> nn.Module | None:
        node = self.nodes[name]
        return self.recorder.get_submodule(str(node.target)) if node.op == "call_module" else None


def trace_module(module: nn.Module) -> Graph:
    """Trace a module in evaluation mode into a graph in which no operation overwrites another's result.

    The recorder is ordinary generated Python that ends in `return output, [every value]`: an interpreter that steps
    from node to node costs half as much again as a pass of a network of many small layers (mobilenet_v3_large).
    """
    for child in module.modules():
        if getattr(child, "inplace", False):
            setattr(child, "inplace", False)  # noqa: B010  not every module declares it
    tracer = torchvision.models.feature_extraction.NodePathTracer(
        autowrap_modules=(math, torchvision.ops),
        # By default every class of torchvision.ops is one leaf, and whole blocks (Conv2dNormActivation,
        # SqueezeExcitation) would stay closed. These two are single operations.
        leaf_modules=[torchvision.ops.Permute, torchvision.ops.StochasticDepth],
    )
    with LOCK:
        graph = tracer.trace(module)
    for node in graph.nodes:
        if node.kwargs.get("inplace"):
            node.kwargs = {**node.kwargs, "inplace": False}
    recording, copies = fx.Graph(), dict[fx.Node, fx.Node]()
    output = recording.graph_copy(graph, copies)
    nodes = {name: copies[node] for node, name in tracer.node_to_qualname.items() if node.op.startswith("call_")}
    recording.output((output, list(nodes.values())))
    return Graph(nodes, fx.GraphModule(module, recording))
