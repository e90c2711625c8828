"""A network as a graph: every operation has a dotted name, and running it hands over every value.

The names are those of `torchvision.models.feature_extraction`. There are no hooks: a hook sees what a later in-place
operation left behind, and hooks on a network that several threads share mix up their pictures.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any, TypeVar

import torch
from torch import fx, nn

from ..running.lock import LOCK
from ..running.progress import Progress
from .calling import with_calls_at_hand
from .exporting import exported
from .kinds import kind_of
from .surgery import (
    Clock,
    Function,
    Halves,
    Part,
    Rest,
    applied,
    leading_to,
    part_at,
    part_of,
    taken_by,
    targets,
    with_parts,
    without_overwriting,
)
from .tracing import PLAIN, PathTracer, Tracing, asks_for_size

Key = TypeVar("Key")
Value = TypeVar("Value")

PICTURE = ""  # in the place of an operation's name: what the network received
_KEEPING = Lock()  # around what is made once for all threads; nothing is run while it is held
_MAX_PARTS = 16  # of one network, kept ready to run; the largest take a megabyte each


@dataclass(frozen=True, eq=False)
class Graph:
    """A traced network: `nodes` in the order of execution with their names, and a module that returns all values."""

    nodes: Mapping[str, fx.Node]
    recorder: fx.GraphModule
    _rests: dict[tuple[frozenset[str], str | None], Rest] = field(default_factory=dict, init=False, repr=False)
    _uptos: dict[str, fx.GraphModule] = field(default_factory=dict, init=False, repr=False)

    def run(self, x: torch.Tensor) -> tuple[torch.Tensor, dict[str, object]]:
        """Execute the network on (1, C, H, W): its output and the value of every operation. Call within `work`."""
        output, values = self._pass(x)
        return output, dict(zip(self.nodes, values, strict=True))

    def rest(self, starts: Collection[str], recorded: Container[str], wanted: str | None = None) -> Rest:
        """The part of the network after some operations, from the values of those that are `recorded`; it ends in the
        network's output, or in a `wanted` operation behind a start.

        Values that no trace records (sizes, the pieces of a split) are worked out again from those that it does: a
        size carries the batch, and is another one for a batch of B.
        """
        key = begins, _ = frozenset(starts), wanted
        with _KEEPING:  # passes go beside each other
            if key not in self._rests:
                after = self._after(begins)
                given = {node for name, node in self.nodes.items() if name in begins or name in recorded} - {*after}
                end = self._output if wanted is None else self.nodes[wanted]
                rest = Rest(
                    starts=tuple(name for name in self.nodes if name in begins), _names=self._names,
                    names=tuple(self._names[node] for node in after),
                    _all=self._part([end, *after], given), _last=self._part([end], given),
                )  # fmt: skip
                _keep(self._rests, key, rest)
            return self._rests[key]

    def up_to(self, name: str, x: torch.Tensor) -> torch.Tensor:
        """The value of one operation, from what the network receives: only what it needs is run. Call within `work`."""
        if name not in self._uptos:
            _keep(self._uptos, name, with_calls_at_hand(self._part([self.nodes[name]]).module))
        return self._uptos[name](x)[0]

    def replaced(self, name: str, functions: Mapping[str, Function]) -> Part:
        """What leads from the picture to one operation, with functions in the place of others."""
        return part_of(self.recorder, [self.nodes[name]], replaced={self.nodes[key]: f for key, f in functions.items()})

    def leading_to(self, name: str) -> list[str]:
        """The operations from which the value of one is worked out, it included, in the order of execution."""
        needed = leading_to([self.nodes[name]])
        return [key for key, node in self.nodes.items() if node in needed]

    def halves(self, name: str, variants: Sequence[Mapping[str, Function]]) -> Halves:
        """The network cut before one operation: what comes before it, and, for each of `variants`, what is run from it
        on, with functions in the place of operations that are not before it."""
        first = self.nodes[name]
        whole = self._part([self._output, first])
        start = whole.order.index(first)
        second = {*whole.order[start:]}
        border = [node for node in whole.order[:start] if any(user in second for user in node.users)]
        seconds = [
            part_of(
                self.recorder, [self._output, first], border, {self.nodes[key]: done for key, done in functions.items()}
            )
            for functions in variants
        ]
        return Halves(self._names, whole, self._part(border), tuple(seconds))

    def timed(self, x: torch.Tensor, progress: Progress | None = None) -> dict[str, float]:
        """The seconds that each operation takes in one pass, step by step, which nobody records. Call within `work`.
        What `progress` raises cancels; it is called while the lock is held."""
        clock = Clock(self.recorder, self._names, progress)
        clock.run(x)
        return clock.seconds

    def parts(self, names: Collection[str]) -> dict[str, Any]:
        """What some operations call and read, by its own name: their modules, and weights that no module holds, those
        that their weights are worked out of among them."""
        nodes, constant = [self.nodes[name] for name in names], {self.nodes[name] for name in self.constant}
        for node in nodes:  # which grows while it is walked through
            nodes += [source for source in node.all_input_nodes if source in constant and source not in nodes]
        return {target: part_at(self.recorder, target) for target in targets(nodes)}

    def with_parts(self, parts: Mapping[str, Any]) -> Graph:
        """The same network with other modules and weights, named as in `parts`; it shares all else with this one."""
        recorder, copies = with_parts(self.recorder, parts)
        return Graph({name: copies[node] for name, node in self.nodes.items()}, recorder)

    def reads(self, name: str) -> list[str]:
        """The operations whose values this one takes."""
        return [self._names[node] for node in self.nodes[name].all_input_nodes if node in self._names]

    def takes(self, name: str) -> list[str | torch.Tensor]:
        """What an operation is given: others by their names, the picture as PICTURE, weights as they are."""
        return [
            PICTURE if node.op == "placeholder" else self._names.get(node) or part_at(self.recorder, str(node.target))
            for node in self.nodes[name].all_input_nodes
        ]

    def apply(self, name: str, values: Mapping[str, Any]) -> Any:
        """What one operation makes of the values, by name, of what it takes. Call within `work`."""
        return applied(self.recorder, self.nodes[name], lambda node: values[self._names.get(node, PICTURE)])

    @cached_property
    def constant(self) -> frozenset[str]:
        """The operations that nothing of the picture reaches: they make the same of the weights for any."""
        reached = {node for node in self.recorder.graph.nodes if node.op == "placeholder"}
        for node in self.nodes.values():  # in the order of execution
            if any(source in reached for source in node.all_input_nodes):
                reached.add(node)
        return frozenset(name for name, node in self.nodes.items() if node not in reached)

    @cached_property
    def unseeing(self) -> frozenset[str]:
        """The operations that no value of the picture reaches: what they make hangs on weights, and on its size."""
        reached = {node for node in self.recorder.graph.nodes if node.op == "placeholder"}
        for node in self.nodes.values():
            if not asks_for_size(node) and any(source in reached for source in node.all_input_nodes):
                reached.add(node)
        return frozenset(name for name, node in self.nodes.items() if node not in reached)

    def operation(self, name: str) -> str:
        """The class of the module, or the name of the function, that is the operation."""
        module = self._module(name)
        target = self.nodes[name].target
        return type(module).__name__ if module is not None else getattr(target, "__name__", str(target))

    def parameters(self, name: str) -> dict[str, torch.Tensor]:
        """The operation's own weights: of its module, or those that its function is called with, as it gets them: what
        is worked out of weights, as by weight standardisation, is worked out."""
        module = self._module(name)
        if module is not None:
            return dict(module.named_parameters())
        if (taken := taken_by(self.nodes[name])) is not None:
            found = {key: self._weights_at(taken.get(key)) for key in ("weight", "bias")}
            return {key: value for key, value in found.items() if value is not None}
        paths = [str(node.target) for node in self.nodes[name].all_input_nodes if node.op == "get_attr"]
        read = {path.rpartition(".")[2]: part_at(self.recorder, path) for path in paths}
        return {key: value for key, value in read.items() if isinstance(value, nn.Parameter)}  # no constants

    def n_parameters(self, name: str) -> int:
        """How many numbers the operation has learned, those that its weights are worked out of among them."""
        module = self._module(name)
        if module is not None:
            return sum(parameter.numel() for parameter in module.parameters())
        constant = {self.nodes[key] for key in self.constant}
        found, pending = dict[str, int](), [self.nodes[name]]
        while pending:
            for source in pending.pop().all_input_nodes:
                if source.op == "get_attr":
                    value = part_at(self.recorder, str(source.target))
                    found[str(source.target)] = value.numel() if isinstance(value, nn.Parameter) else 0
                elif source in constant and not asks_for_size(source):
                    pending.append(source)
        return sum(found.values())

    def buffers(self, name: str) -> dict[str, torch.Tensor]:
        """The operation's arrays that are not learned by gradients: a batch norm's running mean and variance."""
        module = self._module(name)
        if module is not None:
            return {key: value for key, value in module.named_buffers() if value.ndim}
        taken = taken_by(self.nodes[name]) or {}
        found = {key: self._weights_at(taken.get(key)) for key in ("running_mean", "running_var")}
        return {key: value for key, value in found.items() if value is not None}

    def setting(self, name: str, position: int, keyword: str) -> Any:
        """A hyperparameter: an attribute of the module, or an argument of the function, which `position` finds where
        this has no name; None where it has none."""
        module, node = self._module(name), self.nodes[name]
        if module is not None:
            return getattr(module, keyword, None)
        if (taken := taken_by(node)) is not None:
            is_kernel = keyword == "kernel_size"
            return tuple(self.parameters(name)["weight"].shape[2:]) if is_kernel else taken.get(keyword)
        return node.args[position] if len(node.args) > position else node.kwargs.get(keyword)

    def _weights_at(self, taken: Any) -> torch.Tensor | None:
        """What a function is called with, where no picture reaches it."""
        if not isinstance(taken, fx.Node):
            return None
        if taken.op == "get_attr":
            found: torch.Tensor = part_at(self.recorder, str(taken.target))
            return found
        if self._names.get(taken) not in self.constant:
            return None
        with torch.inference_mode():
            return self._part([taken]).value().clone()

    def permutation(self, name: str) -> tuple[int, ...] | None:
        """The order into which the operation puts the axes, where that is what it does."""
        if kind_of(self.operation(name)).name != "permutation":
            return None
        order: Any = self.nodes[name].args[1:] if self._module(name) is None else self.setting(name, 1, "dims")
        return tuple(order[0] if isinstance(order[0], (list, tuple)) else order)

    @cached_property
    def _pass(self) -> fx.GraphModule:
        return with_calls_at_hand(self.recorder)

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

    def _part(self, wanted: Sequence[fx.Node], given: Collection[fx.Node] = ()) -> Part:
        return part_of(self.recorder, wanted, given)

    def _module(self, name: str) -> nn.Module | None:
        node = self.nodes[name]
        return self.recorder.get_submodule(str(node.target)) if node.op == "call_module" else None


def _keep(cache: dict[Key, Value], key: Key, value: Value) -> None:
    """Add to a cache that never holds more than a few; the oldest go first."""
    while len(cache) >= _MAX_PARTS:
        del cache[next(iter(cache))]
    cache[key] = value


def trace_module(module: nn.Module, tracing: Tracing = PLAIN) -> Graph:
    """Trace a module in evaluation mode into a graph in which no operation overwrites another's result.

    The recorder is ordinary generated Python that ends in `return output, [every value]`: an interpreter that steps
    from node to node costs half as much again as a pass of a network of many small layers (mobilenet_v3_large).
    """
    for child in module.modules():
        if getattr(child, "inplace", False):
            setattr(child, "inplace", False)  # noqa: B010  not every module declares it
    with LOCK:  # no run: tracing patches nn.Module for all threads
        if tracing.exports and tracing.input_size is not None:
            graph, names = exported(module, tracing.input_size)
        else:
            tracer = PathTracer(module, tracing)
            graph = tracer.trace(module, tracing.left_out(module))
            names = tracer.node_to_qualname
    without_overwriting(graph)
    recording, copies = fx.Graph(), dict[fx.Node, fx.Node]()
    output = recording.graph_copy(graph, copies)
    nodes = {name: copies[node] for node, name in names.items() if node.op.startswith("call_")}
    recording.output((output, list(nodes.values())))
    return Graph(nodes, fx.GraphModule(module, recording))
