"""A module whose code cannot be traced, by torch.export: what ran for one picture, written down operation by operation.

Torch notes of each operation in which module it ran. So modules that are one operation are kept as such, and all others
are torch's functions, under the name of the module that called them. Nothing overwrites what another operation made.
"""

from __future__ import annotations

import itertools
import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional as F

_BATCH_NORM = "_native_batch_norm_legit_no_training"  # it gives its output, and two that are for training
_OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg,
    "pow": operator.pow,
}  # fmt: skip
_OF_TORCH = ("max_pool2d", "mean", "cat", "flatten")  # which have another name, or more than one, in F


def exported(module: nn.Module, size: Sequence[int]) -> tuple[fx.Graph, dict[fx.Node, str]]:
    """The operations of a module in evaluation mode on batches of (C, H, W), each with a dotted name. Where its code
    decides by values, it is followed as it went for noise. Raises whatever torch.export does."""
    x = torch.randn(2, *size, generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks of its own parts that are to go
        batch = ({0: torch.export.Dim.DYNAMIC},)
        program = torch.export.export(module, (x,), dynamic_shapes=batch, strict=False).run_decompositions({})
    return _Writer(module, program).written()


class _Writer:
    """Writes the exported operations anew, for a graph around the module itself."""

    def __init__(self, module: nn.Module, program: Any) -> None:
        self._module, self._program = module, program
        self._parts = dict(module.named_modules())
        signature = program.graph_signature
        held = signature.inputs_to_parameters, signature.inputs_to_buffers, signature.inputs_to_lifted_tensor_constants
        self._held = {name: target for found in held for name, target in found.items()}
        self._graph = fx.Graph()
        self._made: dict[fx.Node, Any] = {}
        self._names: dict[fx.Node, str] = {}
        self._counts: dict[str, int] = {}

    def written(self) -> tuple[fx.Graph, dict[fx.Node, str]]:
        for key, group in itertools.groupby(list(self._program.graph.nodes), _call):
            nodes = list(group)
            if key is None or not self._as_module(key, nodes):
                for node in nodes:
                    self._write(node)
        return self._graph, self._names

    def _as_module(self, key: tuple[str, str], nodes: list[fx.Node]) -> bool:
        """Whether a call of a module of one operation could be written as such."""
        path = key[1]
        part = self._parts.get(path)
        if part is None or list(part.children()) or not type(part).__module__.startswith("torch.nn."):
            return False
        read = {source for node in nodes for source in node.all_input_nodes if source not in nodes}
        read -= {source for source in read if source.name in self._held}
        used = [node for node in nodes if any(user not in nodes for user in node.users)]
        if len(read) != 1 or len(used) != 1:
            return False
        self._made[used[0]] = self._named(self._graph.call_module(path, (self._made[read.pop()],)), path)
        return True

    def _write(self, node: fx.Node) -> None:
        if node.op == "placeholder":
            target = self._held.get(node.name)
            if target is None:
                self._made[node] = self._graph.placeholder("x")
            elif node.users:
                self._made[node] = self._graph.get_attr(self._attribute(target))
            return
        args: Any = fx.node.map_arg(node.args, self._made.__getitem__)
        kwargs: Any = fx.node.map_arg(node.kwargs, self._made.__getitem__)
        if node.op == "output":
            self._graph.output(args[0][0])
            return
        name = getattr(node.target, "_opname", getattr(node.target, "__name__", str(node.target)))
        if name == "clone" or (name == "getitem" and self._is_batch_norm(node.args[0])):
            self._made[node] = args[0]
            return
        made = self._operation(name, node, args, kwargs)
        stack = node.meta.get("nn_module_stack") or {}
        path = next((path for path, _ in reversed(stack.values()) if path in self._parts), "")
        self._made[node] = self._named(made, f"{path}.{made.name.rstrip('_0123456789')}".removeprefix("."))

    def _operation(self, name: str, node: fx.Node, args: Any, kwargs: Any) -> fx.Node:
        """By torch's own function of that name, which pages know; else by the operation itself."""
        call = self._graph.call_function
        if name == _BATCH_NORM:
            x, weight, bias, mean, variance, momentum, eps = args
            return call(F.batch_norm, (x, mean, variance, weight, bias, False, momentum, eps))
        if name == "sym_size":
            return self._graph.call_method("size", args)
        if name == "view":
            return self._graph.call_method("reshape", args)
        if name == "hardtanh" and args[1:] == (0.0, 6.0):
            return call(F.relu6, args[:1])
        if name in _OPERATORS and not kwargs:
            return call(_OPERATORS[name], args)
        found = getattr(torch if name in _OF_TORCH else F, name, None)
        target: Any = node.target if found is None else found
        return call(target, args, kwargs)

    @staticmethod
    def _is_batch_norm(node: Any) -> bool:
        return getattr(node.target, "_opname", "") == _BATCH_NORM

    def _attribute(self, target: str) -> str:
        """Where the module holds it; a number that stood in its code is given a place."""
        try:
            _ = operator.attrgetter(target)(self._module)
        except AttributeError:
            self._module.register_buffer(target.replace(".", "_"), self._program.constants[target], persistent=False)
            return target.replace(".", "_")
        return target

    def _named(self, node: fx.Node, name: str) -> fx.Node:
        n = self._counts[name] = self._counts.get(name, -1) + 1
        self._names[node] = f"{name}_{n}" if n else name
        return node


def _call(node: fx.Node) -> tuple[str, str] | None:
    """Which call of which module an operation ran in."""
    stack = node.meta.get("nn_module_stack")
    if node.op != "call_function" or not stack:
        return None
    key, (path, _) = list(stack.items())[-1]
    return key, path
