"""From what a file describes to a module of torch that computes it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ...errors import BadModelFile
from ...wording import by, plural, quoted
from .assembly import BATCHES, MAX_NUMBERS, Assembly, Known, Step, Value, replaced, values_in
from .document import Document, Node
from .names import Names, held_name, is_folded
from .operators import OPERATORS
from .program import Held, Instruction, OnnxNetwork, Slot
from .tensors import Store

QUANTISED = frozenset({
    "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger",
    "MatMulInteger",
})  # fmt: skip
_DECIDING = frozenset({"If", "Loop", "Scan", "SequenceMap"})
_LAST = {nn.Softmax: "softmax", nn.LogSoftmax: "log-softmax", nn.Sigmoid: "sigmoid"}
_NHWC, _NCHW = (0, 2, 3, 1), (0, 3, 1, 2)


@dataclass(frozen=True, eq=False)
class Translated:
    """A network, and what of it is otherwise than in the file."""

    module: OnnxNetwork
    n_classes: int
    notes: tuple[str, ...]


def translated(document: Document, store: Store, size: tuple[int, int, int]) -> Translated:
    """The network that reads (N, C, H, W) of such a size (C, H, W). Raises BadModelFile with what is wrong."""
    _check_operators(document.nodes)
    b = Assembly(store, document.opset, document.shape[0])
    picture = Step(None, None, (), {}, _pictures(size))
    notes = []
    source: Value = picture
    if is_channels_last(document.shape):
        turn = Node("Transpose", "", (), (), {}, {})
        source = b.function(turn, torch.permute, picture, _NHWC)
        notes.append("The file reads its pictures with the channels last, (N, H, W, C); here they come first")
    b.keep(document.source, source)
    last = {name: node for node in document.nodes for name in node.inputs}
    for node in document.nodes:
        _translate(b, node, document)
        for name in {*node.inputs, *node.outputs}:
            if name in b and name != document.result and last.get(name, node) is node:
                b.drop(name)
    result, said = _logits(b, b[document.result], document)
    return _built(picture, result, [*notes, *said])


def is_channels_last(shape: Sequence[int | None]) -> bool:
    """Whether a picture is read as (N, H, W, C), as TensorFlow has it."""
    return shape[3] in (1, 3) and shape[1] not in (1, 3)


def _pictures(size: tuple[int, int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    if math.prod(size) > MAX_NUMBERS:
        raise BadModelFile(f"reads pictures of {by(size)} numbers, more than can be worked with")
    one, other = (torch.empty(n, *size, device="meta") for n in BATCHES)
    return one, other


def _check_operators(nodes: Sequence[Node]) -> None:
    kinds = dict.fromkeys(node.kind for node in nodes)
    if quantised := [kind for kind in kinds if kind in QUANTISED]:
        raise BadModelFile(
            f"is quantised ({_three(quantised)}): it computes with whole numbers. Give the file before it was quantised"
        )
    if deciding := [kind for kind in kinds if kind in _DECIDING]:
        raise BadModelFile(f"decides by its values what it computes ({_three(deciding)}), which cannot be followed")
    if unknown := [kind for kind in kinds if kind not in OPERATORS]:
        raise BadModelFile(
            f"has {plural(len(unknown), 'kind')} of operations that are not known here: {_three(unknown)}"
        )


def _three(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(map(quoted, names[:3])) + more


def _translate(b: Assembly, node: Node, document: Document) -> None:
    for name in node.inputs:
        if name and name not in b:  # a tensor of the file, which is read once it is needed
            tensor = b.store.tensor(document.tensors[name])
            b.keep(name, Known((tensor, tensor), name))
    made = OPERATORS[node.kind](b, node)
    outputs = made if isinstance(made, tuple) else (made,)
    for name, value in zip(node.outputs, outputs, strict=False):
        if name:
            b.keep(name, value)


def _logits(b: Assembly, result: Value, document: Document) -> tuple[Step, list[str]]:
    """What comes before a last softmax, as a table (N, K), and notes on what is left out."""
    if not isinstance(result, Step) or not isinstance(result.samples[0], torch.Tensor):
        raise BadModelFile(f"makes nothing of the picture: its output {quoted(document.result)} is a constant")
    notes = []
    shape = result.shape
    if len(shape) == 4 and shape[2:] == (1, 1) and result.node is not None:
        made = b.function(result.node, torch.flatten, result, 1)
        result, shape = (made, made.shape) if isinstance(made, Step) else (result, shape)
    if len(shape) != 2 or tuple(one.shape[0] for one in result.samples) != BATCHES:
        said = " × ".join(map(str, shape[1:])) or "one number"
        raise BadModelFile(
            f"gives {said} for each picture in {quoted(document.result)}; logits are needed, one number for each "
            "class. Networks that detect, segment or write cannot be read"
        )
    if not result.samples[0].is_floating_point():
        raise BadModelFile(f"gives no logits but whole numbers in {quoted(document.result)}")
    last = result
    while last.operation in (torch.flatten, torch.reshape) and isinstance(last.args[0], Step):
        last = last.args[0]
    word = next((word for kind, word in _LAST.items() if isinstance(last.operation, kind)), "")
    if word and (word == "sigmoid" or last.operation.dim == len(last.shape) - 1 or _is_flat(last)):  # type: ignore[union-attr]  # a softmax has one
        result = _without(result, last)
        after = "" if word != "sigmoid" or shape[1] == 1 else ", which let several classes be there at once,"
        notes.append(f"Its last {word}{after} is left out: what is shown are the logits before it")
    return result, notes


def _is_flat(step: Step) -> bool:
    """Whether a softmax over the channels has nothing else to go over."""
    module: Any = step.operation
    return module.dim == 1 and all(n == 1 for n in step.shape[2:])


def _without(result: Step, left_out: Step) -> Step:
    """The same without one of its last steps."""
    if result is left_out:
        inner: Step = left_out.args[0]
        return inner
    before = _without(result.args[0], left_out)
    return Step(result.node, result.operation, (before, *result.args[1:]), result.kwargs, result.samples)


def _built(picture: Step, result: Step, notes: list[str]) -> Translated:
    if result is picture:
        raise BadModelFile("computes nothing of the picture")
    steps = _needed(picture, result)
    names = Names(steps)
    slots: dict[Step, Slot] = {picture: Slot(0)} | {step: Slot(i) for i, step in enumerate(steps, start=1)}
    ends: dict[Step, int] = {}
    for index, step in enumerate(steps):
        ends |= {one: index for one in values_in([step.args, step.kwargs]) if isinstance(one, Step)}
    held: dict[str, torch.Tensor] = {}
    modules: dict[str, nn.Module] = {}
    paths: dict[Known, str] = {}
    instructions = []
    for index, (step, place) in enumerate(zip(steps, names.places, strict=True)):
        function = None if isinstance(step.operation, nn.Module) else step.operation
        if isinstance(step.operation, nn.Module):
            modules[place] = _with_weights(step.operation, step)
        for known in values_in([step.args, step.kwargs]):
            if isinstance(known, Known) and known not in paths:
                paths[known] = names.free(f"{place}.{held_name(known.name) or 'constant'}".lstrip("."))
                held[paths[known]] = _held(known)
        args, kwargs = replaced(
            [step.args, dict(step.kwargs)], lambda v: slots[v] if isinstance(v, Step) else Held(paths[v])
        )
        ended = tuple(slots[one].index for one, last in ends.items() if last == index)
        instructions.append(Instruction(place, function, tuple(args), kwargs, ended))
    n_folded = sum(map(is_folded, steps))
    if n_folded:
        notes.append(
            f"The weights of {n_folded} of its layers are not those of the module that was exported: the "
            "exporter folded others into them, as a rule those of the batch norm behind"
        )
    if not names.is_named:
        notes.append("The file names none of its layers: they are called by what they are")
    module = OnnxNetwork(instructions, modules, held).eval()
    return Translated(module, result.shape[1], tuple(notes))


def _needed(picture: Step, result: Step) -> list[Step]:
    """The steps that the result needs, each behind those that it reads."""
    order: dict[Step, None] = {}
    pending: list[tuple[Step, bool]] = [(result, False)]
    while pending:
        step, is_ready = pending.pop()
        if step is picture or step in order:
            continue
        if is_ready:
            order[step] = None
            continue
        read = [one for one in values_in([step.args, step.kwargs]) if isinstance(one, Step)]
        pending += [(step, True), *((one, False) for one in reversed(read))]
    if all(picture not in values_in([step.args, step.kwargs]) for step in order):
        raise BadModelFile("computes nothing of the picture")
    return list(order)


def _with_weights(module: nn.Module, step: Step) -> nn.Module:
    """A step's own module, with its numbers in it."""
    for name, tensor in step.weights.items():
        if name in dict(module.named_parameters()):
            setattr(module, name, nn.Parameter(tensor, requires_grad=False))
        else:
            setattr(module, name, tensor)
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        module.num_batches_tracked = torch.tensor(0)
    return module


def _held(known: Known) -> torch.Tensor:
    """A tensor that no module holds: of the file, a weight; else a constant."""
    tensor = known.value
    is_weight = known.name and tensor.is_floating_point()
    return nn.Parameter(tensor, requires_grad=False) if is_weight else tensor
