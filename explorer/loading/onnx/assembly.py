"""From the operations of a file to those of torch: constants are worked out, all else becomes a step.

Every value is worked out twice, for batches of 2 and of 3 pictures: what differs between the two hangs on the number of
pictures, and what a file says about one batch is made to hold for any. Only constants have numbers here; of what is
made of the picture no more than the shape is worked out, on torch's device without memory ("meta").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from ...errors import BadModelFile
from .document import Node
from .tensors import Store

BATCHES = (2, 3)
_MAX_STEPS = 2_500  # dm_nfnet_f6 has some 2,000
MAX_NUMBERS = 1 << 27  # in one value that is made of one picture
# Constants are worked out within limits that grow with the numbers of the file that were read for them.
_MAX_WORK, _SPARE_WORK = 32, 1 << 26  # numbers that are read or made in all: nf_resnet50 standardises its weights by 20
_MAX_MADE = 1  # numbers that were made and that an operation still waits for
_MAX_KEPT = 2  # numbers in the network: those of the file, and as many again that are laid out in another way
_SPARE = 1 << 23


@dataclass(frozen=True, eq=False)
class Known:
    """A constant: for a batch of 2 and of 3 the same, but where it hangs on their number. `name` is that of a tensor of
    the file, "" of what was worked out."""

    samples: tuple[torch.Tensor, torch.Tensor]
    name: str = ""

    @property
    def value(self) -> torch.Tensor:
        """The constant, if it is one. Raises BadModelFile."""
        one, other = self.samples
        if one is not other and not torch.equal(one, other):
            if one.ndim and one.shape[1:] == other.shape[1:] and (one == one[:1]).all() and (other == one[:1]).all():
                return one[:1]  # the same for each picture
            raise BadModelFile("computes with the number of pictures in a batch")
        return one


@dataclass(frozen=True, eq=False)
class Step:
    """What is made of the picture by one operation of torch; the picture itself where there is no operation."""

    node: Node | None
    operation: nn.Module | Callable[..., Any] | None
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    samples: tuple[Any, Any]  # of the shapes that it has, for a batch of 2 and of 3
    weights: Mapping[str, torch.Tensor] = field(default_factory=dict)  # of the module, by their names in it

    @property
    def shape(self) -> tuple[int, ...]:
        """For a batch of 2."""
        return tuple(self.samples[0].shape)

    @property
    def is_batch(self) -> bool:
        """Whether its first axis counts the pictures."""
        return tuple(one.shape[0] if one.ndim else 0 for one in self.samples) == BATCHES


Value = Known | Step


class Assembly:
    """What operations are translated with; see `operators`. `batch` is the number of pictures that the file is made
    for, None for any."""

    def __init__(self, store: Store, opset: int, batch: int | None) -> None:
        self.store = store
        self.opset = opset
        self.batch = batch
        self.n_steps = 0
        self._values: dict[str, Value] = {}
        self._n_worked = self._n_made = self._n_kept = 0
        self._kept_at: set[int] = set()  # where the numbers are that were counted

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def keep(self, name: str, value: Value) -> None:
        """Give a value its name, until it is dropped."""
        self._values[name] = value
        self._n_made += _n_made(value)

    def drop(self, name: str) -> None:
        self._n_made -= _n_made(self._values.pop(name))

    def has(self, node: Node, index: int) -> bool:
        return index < len(node.inputs) and bool(node.inputs[index])

    def value(self, node: Node, index: int) -> Value:
        if not self.has(node, index):
            raise BadModelFile(f"leaves out what {node.described} reads")
        return self._values[node.inputs[index]]

    def step(self, node: Node, index: int = 0, n_axes: int | None = None) -> Step:
        """A value that is made of the picture, with so many axes."""
        value = self.value(node, index)
        if not isinstance(value, Step):
            raise BadModelFile(f"gives {node.described} nothing of the picture to work on")
        if n_axes is not None and len(value.shape) != n_axes:
            raise BadModelFile(
                f"gives {node.described} a value with {len(value.shape)} axes; {n_axes} are needed, as maps have"
                if n_axes == 4 else f"gives {node.described} a value with {len(value.shape)} axes instead of {n_axes}"
            )  # fmt: skip
        return value

    def constant(self, node: Node, index: int) -> torch.Tensor:
        """A weight, or a setting that is given as a value."""
        value = self.value(node, index)
        if not isinstance(value, Known):
            raise BadModelFile(f"makes of the picture what {node.described} reads as a constant")
        return value.value

    def integers(self, node: Node, index: int, setting: str) -> list[int] | None:
        """Whole numbers, which older operators have as a setting and newer ones read; None where they are left out."""
        if self.has(node, index):
            return _whole(node, self.constant(node, index))
        return node.integers(setting) if setting in node.settings else None

    def lists(self, node: Node, index: int) -> tuple[list[int], list[int]]:
        """Whole numbers that a node reads, for a batch of 2 and of 3: a shape may say how many pictures there are."""
        value = self.value(node, index)
        if not isinstance(value, Known):
            raise BadModelFile(f"makes of the picture what {node.described} reads as a constant")
        one, other = (_whole(node, sample) for sample in value.samples)
        return one, other

    def made(self, node: Node, sizes: tuple[int, int], make: Callable[[int], torch.Tensor]) -> Known:
        """A constant that is made anew for each of the two batches, of so many numbers each."""
        self._check(node, sum(max(size, 0) for size in sizes), 0)
        try:
            one, other = make(0), make(1)
        except Exception as error:
            raise BadModelFile(f"cannot be run: {node.described} does not fit what it reads") from error
        return Known((one, one if torch.equal(one, other) else other))

    def module(self, node: Node, module: nn.Module, source: Value, **weights: torch.Tensor | None) -> Value:
        """A module with such weights, applied to one value. It is built on the meta device, if it has any."""
        if isinstance(source, Known):
            if weights:
                raise BadModelFile(f"gives {node.described} nothing of the picture to work on")
            return self._worked_out(node, module, (source,), {})
        own = dict(module.named_parameters()) | dict(module.named_buffers())
        given = {name: tensor for name, tensor in weights.items() if tensor is not None}
        for name, tensor in given.items():
            if own[name].shape != tensor.shape or not tensor.is_floating_point():
                raise BadModelFile(f"gives {node.described} weights that do not belong together")
        given = {name: self._own(node, tensor) for name, tensor in given.items()}
        return self._step(node, module.eval(), (source,), {}, given)

    def function(self, node: Node, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Value:
        """A function of torch, called with values and whatever else it takes."""
        if not any(isinstance(one, Step) for one in values_in([args, kwargs])):
            return self._worked_out(node, function, args, kwargs)
        settled = replaced([args, kwargs], lambda value: self._settled(node, value))
        return self._step(node, function, settled[0], settled[1], {})

    def _settled(self, node: Node, value: Value) -> Value:
        """A constant as it becomes a part of the network: without the number of pictures."""
        if isinstance(value, Step):
            return value
        tensor = value.value
        self._own(node, tensor)
        return value if tensor is value.samples[1] else Known((tensor, tensor), value.name)

    def plain(self, values: Sequence[Value]) -> list[Any]:
        """Operands, and in the place of a constant of one number the number, where that changes no shape."""
        n_axes = max((len(one.shape) for one in values if isinstance(one, Step)), default=-1)
        return [
            value.value.item()
            if isinstance(value, Known) and value.samples[0].ndim <= n_axes and value.samples[0].numel() == 1
            else value
            for value in values
        ]

    def _step(
        self, node: Node, operation: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any],
        weights: Mapping[str, torch.Tensor],
    ) -> Step:  # fmt: skip
        self.n_steps += 1
        if self.n_steps > _MAX_STEPS:
            raise BadModelFile(f"has more than {_MAX_STEPS:,} operations; no network here needs as many")
        samples = tuple(_run(node, operation, args, kwargs, world, "meta") for world in range(2))
        for one, n in zip(samples, BATCHES, strict=True):
            if isinstance(one, torch.Tensor) and (one.numel() > n * MAX_NUMBERS or not one.numel()):
                raise BadModelFile(f"has {node.described} make {one.numel():,} numbers")
        return Step(node, operation, args, kwargs, (samples[0], samples[1]), weights)

    def _worked_out(
        self, node: Node, operation: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Known:
        """A constant made of constants, once it is known how large it will be."""
        given = [one for one in values_in([args, kwargs]) if isinstance(one, Known)]
        is_settled = all(one.samples[0] is one.samples[1] for one in given)
        made = []
        for world in range(1 if is_settled else 2):
            size = _run(node, operation, args, kwargs, world, "meta")
            if not isinstance(size, torch.Tensor):
                raise BadModelFile(f"splits a constant by {node.described}")
            self._check(node, size.numel(), sum(one.samples[world].numel() for one in given))
            made.append(_run(node, operation, args, kwargs, world, "cpu"))
        return Known((made[0], made[-1]))

    def _own(self, node: Node, tensor: torch.Tensor) -> torch.Tensor:
        """A tensor that becomes a part of the network, in its usual layout. Raises BadModelFile for too many."""
        if not tensor.is_contiguous() or tensor.data_ptr() not in self._kept_at:
            self._n_kept += tensor.numel()
            if self._n_kept > _MAX_KEPT * self.store.n_numbers + _SPARE:
                raise BadModelFile(f"makes more of its constants than it holds, at {node.described}")
        tensor = tensor.contiguous()
        self._kept_at.add(tensor.data_ptr())
        return tensor

    def _check(self, node: Node, n_made: int, n_read: int) -> None:
        """Raises BadModelFile where constants would become more than those of the file explain."""
        n = self.store.n_numbers
        self._n_worked += n_made + n_read + 1
        if self._n_worked > _MAX_WORK * n + _SPARE_WORK or (self._n_made + n_made > _MAX_MADE * n + _SPARE):
            raise BadModelFile(f"makes more of its constants than it holds, at {node.described}")


def _n_made(value: Value) -> int:
    """How many numbers of a value were worked out and are in memory."""
    return 0 if isinstance(value, Step) or value.name else max(sample.numel() for sample in value.samples)


def _whole(node: Node, tensor: torch.Tensor) -> list[int]:
    if tensor.is_floating_point():
        raise BadModelFile(f"gives {node.described} fractions where whole numbers are needed")
    return [int(n) for n in tensor.reshape(-1).tolist()]


def _is_one(step: Step) -> bool:
    return isinstance(step.samples[0], torch.Tensor)


def _run(node: Node, operation: Callable[..., Any], args: Any, kwargs: Any, world: int, device: str) -> Any:
    """What an operation makes, for one of the two batches."""
    given = replaced([args, kwargs], lambda value: _sample(value, world, device))
    try:
        with torch.no_grad(), torch.device(device):
            return operation(*given[0], **given[1])
    except Exception as error:  # torch refuses with almost any type
        shapes = [
            " × ".join(map(str, one.samples[0].shape[int(isinstance(one, Step)) :])) or "one number"
            for one in values_in([args, kwargs]) if _is_one(one)
        ]  # fmt: skip
        raise BadModelFile(
            f"cannot be run: {node.described} does not fit what it reads ({', '.join(shapes[:3]) or 'nothing'})"
        ) from error


def _sample(value: Value, world: int, device: str) -> Any:
    sample = value.samples[world]
    return sample.to(device) if isinstance(value, Known) else sample


def values_in(given: Any) -> Iterator[Any]:
    """The values among arguments, also inside of lists."""
    if isinstance(given, (Known, Step)):
        yield given
    elif isinstance(given, (list, tuple)):
        for one in given:
            yield from values_in(one)
    elif isinstance(given, dict):
        yield from values_in(list(given.values()))


def replaced(given: Any, of: Callable[[Any], Any]) -> Any:
    """The arguments with something else in the place of each value."""
    if isinstance(given, (Known, Step)):
        return of(given)
    if isinstance(given, (list, tuple)):
        return type(given)(replaced(one, of) for one in given)
    if isinstance(given, dict):
        return {name: replaced(one, of) for name, one in given.items()}
    return given
