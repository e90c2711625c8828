"""How a module is followed operation by operation: what counts as one operation, and which way it takes where it
decides by sizes."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from .cropping import Cropping
from .same import SamePadding
from .surgery import applied
from .vision import torchvision

_SIZES = ("shape", "ndim", "dtype")  # attributes of a tensor that say nothing of its values
_ASKING = ("size", "dim", "numel", "ndimension", "is_floating_point")  # and methods


@dataclass(frozen=True)
class Tracing:
    """What tracing is told beside the module.

    `functions` are taken for one operation each, as they decide by what tracing does not know. With an `input_size`,
    (C, H, W), whatever the module decides by sizes is decided as it comes out for inputs of that size; if it `exports`,
    by values, too, as it comes out for noise.
    """

    functions: tuple[Callable[..., Any], ...] = ()
    input_size: tuple[int, ...] | None = None
    exports: bool = False

    def left_out(self, module: nn.Module) -> dict[str, Any] | None:
        """What the module's forward takes beside the picture, as it is when nobody gives it."""
        if self.input_size is None:
            return None
        takes = inspect.signature(module.forward).parameters.values()
        return {taken.name: taken.default for taken in takes if taken.default is not taken.empty} or None


PLAIN = Tracing()


class PathTracer(torchvision.models.feature_extraction.NodePathTracer):  # type: ignore[misc]  # it brings no types
    """Torchvision's tracer, by which operations are called, that also knows the sizes of what it follows.

    It names each operation by its module's path, and numbers those that would bear one name. Torchvision's takes a
    number at the end of a path for a counter, too: it would call a module `conv2d_3`, if it is the first one, `conv2d`.
    """

    def __init__(self, module: nn.Module, tracing: Tracing) -> None:
        super().__init__(
            autowrap_modules=(math, torchvision.ops),
            autowrap_functions=tracing.functions,
            # By default every class of torchvision.ops is one leaf, and whole blocks (Conv2dNormActivation,
            # SqueezeExcitation) would stay closed. These are single operations.
            leaf_modules=[torchvision.ops.Permute, torchvision.ops.StochasticDepth, SamePadding, Cropping],
        )
        self._paths = {path for path, _ in module.named_modules()}
        self._counts: dict[str, int] = {}
        self._size = tracing.input_size
        self._values: dict[fx.Node, Any] = {}  # what was worked out of the graph so far
        self._is_running = False
        self._weights: dict[int, str] = {}  # what each is called

    def _get_node_qualname(self, module_qualname: str, node: fx.Node) -> str:
        is_module = node.op == "call_module"
        name = module_qualname if is_module else f"{module_qualname}.{node}".removeprefix(".")
        name = name if is_module else re.sub(r"(.)_[0-9]+$", r"\1", name)
        count = self._counts.get(name, 0)
        if not count and (is_module or name not in self._paths):
            self._counts[name] = 1
            return name
        count = max(count, 1)
        while (numbered := f"{name}_{count}") in self._paths or numbered in self._counts:
            count += 1
        self._counts[name] = count + 1
        self._counts[numbered] = 1
        return numbered

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return super().proxy(node) if self._size is None else _Sized(node, self)

    def to_bool(self, obj: fx.Proxy) -> bool:
        """Which way a condition goes; raises TraceError where that depends on more than sizes."""
        return bool(self.known(obj.node)) if self.knows(obj.node) else bool(super().to_bool(obj))

    def knows(self, node: fx.Node) -> bool:
        """Whether sizes alone say what a node comes to."""
        return self._size is not None and _is_of_sizes(node)

    def known(self, node: fx.Node) -> Any:
        """What it comes to."""
        with torch.inference_mode():
            return self._value(node)

    @property
    def device(self) -> torch.device:
        """Where the module is."""
        return next(self.root.parameters()).device

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        return forward(*args, **kwargs) if self._is_running else super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        """What reading an attribute of a module gives: of a weight, an operation that reads it."""
        if self._is_running or not isinstance(attr_val, nn.Parameter):
            return attr_val
        if not self._weights:  # the tracer's own way looks through all weights at each of them
            self._weights = {id(parameter): name for name, parameter in self.root.named_parameters()}
        if (name := self._weights.get(id(attr_val))) is None:
            return attr_val
        if name not in parameter_proxy_cache:
            parameter_proxy_cache[name] = self.create_proxy("get_attr", name, (), {})
        return parameter_proxy_cache[name]

    def _value(self, wanted: fx.Node) -> Any:
        """What a node comes to for an input of the size: the way there is run once, further and further."""
        pending = [wanted]
        self._is_running = True
        try:
            while pending:
                node = pending[-1]
                missing = [source for source in node.all_input_nodes if source not in self._values]
                if missing:
                    pending += missing
                    continue
                if node not in self._values:
                    self._values[node] = self._run(node)
                pending.pop()
        finally:
            self._is_running = False
        return self._values[wanted]

    def _run(self, node: fx.Node) -> Any:
        if node.op == "placeholder":
            return torch.zeros(1, *(self._size or ()), device=self.device)
        return applied(self.root, node, self._values.__getitem__)


class _Sized(fx.Proxy):
    """What stands for a value while a module is followed: where sizes alone decide, it is that number."""

    tracer: PathTracer

    def __getattr__(self, k: str) -> Any:
        return self.tracer.device if k == "device" else super().__getattr__(k)

    def __int__(self) -> int:
        return int(self._known("int"))

    def __len__(self) -> int:
        return len(self._known("len"))

    def _known(self, asked: str) -> Any:
        if not self.tracer.knows(self.node):
            raise fx.proxy.TraceError(f"{asked} of a value that the picture decides")
        return self.tracer.known(self.node)


def asks_for_size(node: fx.Node) -> bool:
    """Whether an operation gives nothing of a tensor but its size or its kind."""
    if node.op == "call_method":
        return node.target in _ASKING
    return node.op == "call_function" and node.target is getattr and node.args[1] in _SIZES


def _is_of_sizes(node: fx.Node) -> bool:
    """Whether nothing but sizes and kinds of tensors leads to what a node comes to."""
    pending, seen = [node], set()
    while pending:
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        if asks_for_size(node):
            continue
        if node.op == "placeholder":
            return False
        pending += node.all_input_nodes
    return True
