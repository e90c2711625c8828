"""A network that is a list of operations: torch's own modules and functions, under dotted names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn


@dataclass(frozen=True)
class Slot:
    """The value of an earlier operation, in the arguments of a later one; 0 is the picture."""

    index: int


@dataclass(frozen=True)
class Held:
    """A tensor that the network holds, in the arguments of an operation: where it is, "layer1.0.scale"."""

    path: str


@dataclass(frozen=True)
class Instruction:
    """One operation: the module at `place`, or a function that is called inside of it. `ends` are the values that none
    of the operations behind it reads."""

    place: str
    function: Callable[..., Any] | None
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    ends: tuple[int, ...] = ()


class Block(nn.Module):
    """A part with a name: what is called inside of it bears that name in front of its own."""

    def forward(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)


class OnnxNetwork(nn.Module):
    """What an ONNX file computes: reads (N, C, H, W), returns logits, (N, K)."""

    def __init__(
        self, instructions: Sequence[Instruction], modules: Mapping[str, nn.Module], held: Mapping[str, torch.Tensor]
    ) -> None:
        super().__init__()
        self.instructions = tuple(instructions)
        for place in [
            *(one.place for one in instructions if one.function),
            *(path.rpartition(".")[0] for path in held),
        ]:
            self._block(place)
        for place, module in modules.items():
            above, _, name = place.rpartition(".")
            self._block(above).add_module(name, module)
        for path, tensor in held.items():
            above, _, name = path.rpartition(".")
            if isinstance(tensor, nn.Parameter):
                self._block(above).register_parameter(name, tensor)
            else:
                self._block(above).register_buffer(name, tensor)

    def forward(self, x: torch.Tensor) -> Any:
        values: dict[int, Any] = {0: x}
        result: Any = x
        for index, one in enumerate(self.instructions, start=1):
            args = self._given(one.args, values)
            kwargs = {name: self._given(value, values) for name, value in one.kwargs.items()}
            module = self.get_submodule(one.place)
            if one.function is None:
                result = module(*args, **kwargs)
            else:
                result = module(one.function, *args, **kwargs) if one.place else one.function(*args, **kwargs)
            values[index] = result
            for ended in one.ends:
                del values[ended]
        return result

    def extra_repr(self) -> str:
        """The operations, so that two networks of the same parts do not look the same."""
        return "\n".join(
            f"{index}: {one.place}{f' {one.function.__name__}' if one.function else ''} {one.args} {dict(one.kwargs)}"
            for index, one in enumerate(self.instructions, start=1)
        )

    def _given(self, value: Any, values: Mapping[int, Any]) -> Any:
        if isinstance(value, Slot):
            return values[value.index]
        if isinstance(value, Held):
            above, _, name = value.path.rpartition(".")
            return getattr(self.get_submodule(above), name)
        if isinstance(value, (tuple, list)):
            return type(value)(self._given(one, values) for one in value)
        return value

    def _block(self, place: str) -> nn.Module:
        """The part of this name, made with those around it where it is not there."""
        found: nn.Module = self
        for name in place.split(".") if place else ():
            if name not in found._modules:
                found.add_module(name, Block())
            found = found.get_submodule(name)
        return found
