"""A network as a graph: every operation has a dotted name, and running it hands over every value.

The names are those of `torchvision.models.feature_extraction`. There are no hooks: a hook sees what a later in-place
operation left behind, and hooks on a network that several threads share mix up their pictures.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import torch
from torch import fx, nn

from ..running.lock import LOCK
from .vision import torchvision

Key = TypeVar("Key")
Value = TypeVar("Value")

_MAX_PARTS = 16  # of one network, kept ready to run; the largest take a megabyte each


@dataclass(frozen=True, eq=False)
class Part:
    """Some of a network's operations, ready to run on their own: `module` takes `given` values in order and returns
    the `wanted` ones. `order` are all of them and what lies between, in the order of execution."""

    order: tuple[fx.Node, ...]
    given: tuple[fx.Node, ...]
    wanted: tuple[fx.Node, ...]
    module: fx.GraphModule


@dataclass(frozen=True, eq=False)
class Rest:
    """What is left of a network after some layers: run it on other values of theirs, with everything else that it
    reads as recorded. `names` are its operations, in the order of execution; the layers themselves are not among them.

    The values at `starts` may hold a batch of B; what was recorded, a batch of one, is read B times over, not copied.
    """

    starts: tuple[str, ...]
    names: tuple[str, ...]
    _names: Mapping[fx.Node, str]  # of every operation of the network
    _all: Part  # the output and every operation's value
    _last: Part  # the output alone: each value is gone as soon as nothing reads it any more

    def run(
        self, starts: Mapping[str, torch.Tensor], x: torch.Tensor, recorded: Mapping[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, object]]:
        """The network's output and the value of every operation in `names`. Call within `work`.

        `x` is what the network received, `recorded` what the operations returned for it.
        """
        output, *values = self._all.module(*self._arguments(self._all, starts, x, recorded))
        return output, dict(zip(self.names, values, strict=True))

    def output(
        self, starts: Mapping[str, torch.Tensor], x: torch.Tensor, recorded: Mapping[str, torch.Tensor]
    ) -> torch.Tensor:
        """The network's output alone, in little memory. Call within `work`."""
        (output,) = self._last.module(*self._arguments(self._last, starts, x, recorded))
        return output

    def n_held(self, n_values: Mapping[str, int]) -> int:
        """How many numbers `output` holds at once, at the most, for a batch of one; `n_values` by operation."""
        order = self._last.order
        kept = {*self._last.given, *self._last.wanted}
        index = {node: i for i, node in enumerate(order)}
        ends: dict[int, list[fx.Node]] = {}
        for node in order:
            if node not in kept:
                ends.setdefault(max(index[user] for user in node.users if user in index), []).append(node)
        # of the values that are given, only those at `starts` take memory of their own
        size = {node: n_values.get(self._names.get(node, ""), 0) for node in order}
        held = sum(n_values[name] for name in self.starts)
        most = held
        for i, node in enumerate(order):
            if node not in self._last.given:
                held += size[node]
            most = max(most, held)
            held -= sum(size[ended] for ended in ends.get(i, ()))
        return most

    def _arguments(
        self, part: Part, starts: Mapping[str, torch.Tensor], x: torch.Tensor, recorded: Mapping[str, torch.Tensor]
    ) -> list[torch.Tensor]:
        batch = len(next(iter(starts.values())))
        values = {**recorded, **starts}
        found = [values[self._names[node]] if node in self._names else x for node in part.given]
        return [value.expand(batch, *value.shape[1:]) for value in found]


@dataclass(frozen=True, eq=False)
class Graph:
    """A traced network: `nodes` in the order of execution with their names, and a module that returns all values."""

    nodes: Mapping[str, fx.Node]
    recorder: fx.GraphModule
    _rests: dict[frozenset[str], Rest] = field(default_factory=dict, init=False, repr=False)
    _uptos: dict[str, fx.GraphModule] = field(default_factory=dict, init=False, repr=False)

    def run(self, x: torch.Tensor) -> tuple[torch.Tensor, dict[str, object]]:
        """Execute the network on (1, C, H, W): its output and the value of every operation. Call within `work`."""
        output, values = self.recorder(x)
        return output, dict(zip(self.nodes, values, strict=True))

    def rest(self, starts: Collection[str], recorded: Container[str]) -> Rest:
        """The part of the network after some operations, from the values of those that are `recorded`.

        Values that no trace records (sizes, the pieces of a split) are worked out again from those that it does: a
        size carries the batch, and is another one for a batch of B.
        """
        key = frozenset(starts)
        with LOCK:  # what is made is kept for every thread
            if key not in self._rests:
                after = self._after(key)
                given = {node for name, node in self.nodes.items() if name in key or name in recorded} - {*after}
                output = self._output
                rest = Rest(
                    starts=tuple(name for name in self.nodes if name in key),
                    names=tuple(self._names[node] for node in after),
                    _names=self._names,
                    _all=self._part([output, *after], given),
                    _last=self._part([output], given),
                )
                _keep(self._rests, key, rest)
            return self._rests[key]

    def up_to(self, name: str, x: torch.Tensor) -> torch.Tensor:
        """The value of one operation, from what the network receives: what it does not need is not run. Call within
        `work`."""
        if name not in self._uptos:
            _keep(self._uptos, name, self._part([self.nodes[name]], ()).module)
        (value,) = self._uptos[name](x)
        return value

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

    @property
    def _output(self) -> fx.Node:
        """The operation whose value is the network's output."""
        output: Any = self.recorder.graph.output_node().args[0]
        return output[0]

    def _after(self, names: Collection[str]) -> list[fx.Node]:
        """The operations that depend on any of these, in the order of execution."""
        starts = {self.nodes[name] for name in names}
        after: dict[fx.Node, None] = {}
        for node in self._names:
            if node not in starts and any(source in starts or source in after for source in node.all_input_nodes):
                after[node] = None
        return list(after)

    def _part(self, wanted: Sequence[fx.Node], given: Collection[fx.Node]) -> Part:
        """The operations that lead from given values, and from the picture, to the wanted ones."""
        needed = leading_to(wanted, given)
        order = [node for node in self.recorder.graph.nodes if node in needed]
        taken = [node for node in order if node in given or node.op == "placeholder"]
        part = fx.Graph()
        copies = {node: part.placeholder(node.name) for node in taken}
        for node in order:
            if node not in copies:
                copies[node] = part.node_copy(node, copies.__getitem__)
        part.output([copies[node] for node in wanted])
        return Part(tuple(order), tuple(taken), tuple(wanted), fx.GraphModule(self.recorder, part))

    def _module(self, name: str) -> nn.Module | None:
        node = self.nodes[name]
        return self.recorder.get_submodule(str(node.target)) if node.op == "call_module" else None


def leading_to(wanted: Sequence[fx.Node], given: Collection[fx.Node] = ()) -> set[fx.Node]:
    """The operations from which the wanted ones are worked out, these included, back to what is given."""
    found, pending = set[fx.Node](), list(wanted)
    while pending:
        node = pending.pop()
        if node not in found:
            found.add(node)
            pending += () if node in given else node.all_input_nodes
    return found


def _keep(cache: dict[Key, Value], key: Key, value: Value) -> None:
    """Add to a cache that never holds more than a few; the oldest go first."""
    while len(cache) >= _MAX_PARTS:
        del cache[next(iter(cache))]
    cache[key] = value


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
    with LOCK:  # no run: tracing patches nn.Module for all threads
        graph = tracer.trace(module)
    for node in graph.nodes:
        if node.kwargs.get("inplace"):
            node.kwargs = {**node.kwargs, "inplace": False}
    recording, copies = fx.Graph(), dict[fx.Node, fx.Node]()
    output = recording.graph_copy(graph, copies)
    nodes = {name: copies[node] for node, name in tracer.node_to_qualname.items() if node.op.startswith("call_")}
    recording.output((output, list(nodes.values())))
    return Graph(nodes, fx.GraphModule(module, recording))
