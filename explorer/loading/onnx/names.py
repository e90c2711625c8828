"""What the parts of a network are called: as in the module that was exported, where its exporter left the names."""

from __future__ import annotations

import itertools
import json
import keyword
import re
from collections.abc import Mapping, Sequence

from torch import nn

from .assembly import Step, values_in
from .document import Node

_MAX_PART = 60  # letters between two dots
_MAX_PARTS = 24
# what a module, or torch's own module around a traced graph, has for itself
_TAKEN = {*dir(nn.Module()), "graph", "code", "meta", "recompile", "to_folder", "print_readable", "instructions", "x",
          "add_submodule", "delete_submodule", "delete_all_unused_submodules"}  # fmt: skip
_WORD_END = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")  # layer|Norm, but not re|LU
_MOST, _SOME = 0.5, 0.2  # of the operations have names that say where they are
_FUSED = "FuseBatchNormInto"  # a convolution or a dense layer, as onnxscript calls its rules


class Names:
    """The names of the steps of one network: dotted, each once, and none of a module inside of another's.

    `places` are those of the modules, and for functions the parts inside of which they are called.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        origins = _origins(steps)
        shared = _shared(steps, origins)
        self._scopes = [".".join(_clean(part) for part in origin[shared:][:_MAX_PARTS]) for origin in origins]
        modules = [isinstance(step.operation, nn.Module) for step in steps]
        inside: dict[str, set[object]] = {}  # what kinds of operations each part has
        for scope, step, is_module in zip(self._scopes, steps, modules, strict=True):
            inside.setdefault(scope, set()).add(type(step.operation) if is_module else step)
        above = {part for scope in self._scopes for part in _prefixes(scope)}
        # a part that is one module, called once or more, is that module; where there is more in it, its kind is added
        wanted = [
            scope if not is_module or (len(inside[scope]) == 1 and scope and scope not in above)
            else _joined(scope, snake(type(step.operation).__name__))
            for scope, is_module, step in zip(self._scopes, modules, steps, strict=True)
        ]  # fmt: skip
        containers = {part for place in wanted for part in _prefixes(place)}
        containers |= {place for place, is_module in zip(wanted, modules, strict=True) if not is_module}
        self._used: set[str] = set(containers)
        self.places = [
            self.free(place) if is_module else place for place, is_module in zip(wanted, modules, strict=True)
        ]
        self.is_named = any(origin for origin in origins)

    def free(self, place: str) -> str:
        """This name, or the first with a number behind it that nothing else has."""
        found, n = place, 0
        while found in self._used:
            n += 1
            found = f"{place}_{n}"
        self._used.add(found)
        return found


def is_folded(step: Step) -> bool:
    """Whether the exporter put a batch norm's numbers into those of a layer."""
    if step.node is None or not isinstance(step.operation, (nn.Conv2d, nn.Linear)):
        return False
    # the older exporter gives what it has changed a new name, as here of the weight and of the bias
    is_renamed = len(step.node.inputs) > 2 and all(name.startswith("onnx::Conv") for name in step.node.inputs[1:])
    return is_renamed or _FUSED in step.node.notes.get("pkg.onnxscript.rewriter.rule_name", "")


def snake(name: str) -> str:
    """The name of a class as one of a function is written: layer_norm."""
    return _WORD_END.sub("_", name).lower()


def held_name(name: str) -> str:
    """The last part of a tensor's name, as that of an attribute."""
    return _clean(re.split(r"[./]", name)[-1])


def _origins(steps: Sequence[Step]) -> list[list[str]]:
    """The parts around each operation, from the outermost inwards."""
    found = {step: _origin(step) for step in steps}
    n_named = sum(origin is not None for origin in found.values())
    if n_named >= _MOST * len(steps):
        return _beside_readers(found)
    if n_named >= _SOME * len(steps):
        return _behind_inputs(found)
    return [_own_name(step) if origin is None else origin for step, origin in found.items()]


def _own_name(step: Step) -> list[str]:
    """The name of an operation that is a module; a function bears its own."""
    is_module = isinstance(step.operation, nn.Module)
    return [step.node.name] if is_module and step.node is not None and step.node.name else []


def _beside_readers(found: Mapping[Step, list[str] | None]) -> list[list[str]]:
    """An operation that an optimiser made, and gave no name, is where those are that read it."""
    readers: dict[Node | None, list[list[str]]] = {}
    for step, origin in found.items():
        for read in values_in([step.args, step.kwargs]):
            if isinstance(read, Step) and origin is not None and origin not in readers.setdefault(read.node, []):
                readers[read.node].append(origin)
    return [_around(readers.get(step.node, [])) if origin is None else origin for step, origin in found.items()]


def _behind_inputs(found: Mapping[Step, list[str] | None]) -> list[list[str]]:
    """Where weights alone tell the names, all else belongs to the part whose values it reads."""
    scopes: dict[Step, list[str]] = {}
    order = {step: index for index, step in enumerate(found)}
    for step, origin in found.items():
        scopes[step] = [] if origin is None else origin[:-1]
        read = {one for one in values_in([step.args, step.kwargs]) if isinstance(one, Step) and one in order}
        if origin is None and read:
            inner = scopes[max(read, key=order.__getitem__)]  # of a sum, the branch and not what goes past it
            around = (scopes[one] for one in read)
            scopes[step] = min((one for one in around if one and one == inner[: len(one)]), key=len, default=inner)
    return [scopes[step] if origin is None else origin for step, origin in found.items()]


def _around(readers: list[list[str]]) -> list[str]:
    """The part that holds these, or that holds the only one."""
    if len(readers) < 2:
        return readers[0][:-1] if readers else []
    return _common(readers)


def _origin(step: Step) -> list[str] | None:
    node = step.node
    if node is None:
        return None
    found = _by_scopes(node)
    if found is None and "/" in node.name:
        found = _by_path(node.name)
    return _by_weight(node) if found is None else found


def _by_scopes(node: Node) -> list[str] | None:
    """As the newer exporter of torch notes it: ['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d']."""
    text = node.notes.get("pkg.torch.onnx.name_scopes", "")
    if not text:
        return None
    if _FUSED in node.notes.get("pkg.onnxscript.rewriter.rule_name", "") and (found := _by_weight(node)):
        return found  # the operation is noted as the batch norm that was put into it
    try:
        said = json.loads(text.replace("'", '"'))
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, list) or len(said) < 2 or not all(isinstance(one, str) for one in said):
        return None
    return said[-2].split(".") if said[-2] else []


def _by_path(name: str) -> list[str]:
    """As the older exporter of torch writes it, and those of others: /layer1/layer1.0/conv1/Conv."""
    found: list[str] = []
    last = ""
    for part in [one for one in name.split("/") if one][:-1]:
        inner = part.removeprefix(f"{last}.") if last else part
        found += inner.split(".")
        last = part
    return found


def _by_weight(node: Node) -> list[str] | None:
    weight = node.inputs[1] if len(node.inputs) > 1 else ""
    stem = weight.removesuffix(".weight")
    return stem.split(".") if stem != weight and stem else None


def _shared(steps: Sequence[Step], origins: Sequence[Sequence[str]]) -> int:
    """How many parts all operations have in common, as those of TensorFlow begin with the name of the model."""
    pairs = [
        (step.node.name, origin) for step, origin in zip(steps, origins, strict=True) if step.node and step.node.name
    ]
    if len(pairs) < 2 or any(name.startswith("/") or "/" not in name for name, _ in pairs):
        return 0
    return min(len(_common([origin for _, origin in pairs])), min(len(origin) for _, origin in pairs) - 1)


def _common(origins: Sequence[Sequence[str]]) -> list[str]:
    """The parts with which all of them begin."""
    columns = itertools.takewhile(lambda parts: len({*parts}) == 1, zip(*origins, strict=False))
    return [parts[0] for parts in columns]


def _clean(part: str) -> str:
    """A part of a name, as an attribute can be called."""
    text = re.sub(r"[^0-9A-Za-z_]", "_", part)[:_MAX_PART].lstrip("_") or "part"
    return f"{text}_" if text in _TAKEN or keyword.iskeyword(text) else text


def _prefixes(place: str) -> list[str]:
    parts = place.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts))]


def _joined(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name
