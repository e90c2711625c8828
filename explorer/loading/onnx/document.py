"""What an ONNX file describes: the operations that lead to its logits, in an order in which they can be run."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import BadModelFile
from ...wording import plural, quoted
from .tensors import FLOATS

OLDEST, NEWEST = 7, 26  # sets of operators
_MAX_NODES = 20_000
_MAX_NAME = 500
_STANDARD = ("", "ai.onnx")


@dataclass(frozen=True, eq=False)
class Node:
    """One operation: what it is called in the standard, the values that it reads ("" where it leaves one out) and
    makes, and its settings."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: Mapping[str, Any]
    notes: Mapping[str, str]  # of the exporter: where in the module it was

    def setting(self, name: str, default: Any = None) -> Any:
        return self.settings.get(name, default)

    def integers(self, name: str, default: Iterable[int] = ()) -> list[int]:
        value = self.settings.get(name)
        if value is None:
            return list(default)
        if not isinstance(value, list) or not all(isinstance(n, int) for n in value):
            raise BadModelFile(f"gives {name} of {self.described} something else than whole numbers")
        return value

    @property
    def described(self) -> str:
        """The operation, as it can stand in a sentence."""
        return f"the {quoted(self.kind)} called {quoted(self.name)}" if self.name else f"a {quoted(self.kind)}"


@dataclass(frozen=True, eq=False)
class Document:
    """The part of a file's graph that leads from the picture to the logits."""

    nodes: tuple[Node, ...]
    source: str  # the value that is the picture
    shape: tuple[int | None, ...]  # of it, None where any size will do
    dtype: str  # of it: "float16"
    result: str
    n_outputs: int
    tensors: Mapping[str, Any]  # TensorProto by name
    opset: int
    metadata: Mapping[str, str]


def read_document(model: Any) -> Document:
    """The file's graph, held against what a classifier of pictures needs. Raises BadModelFile with what is wrong."""
    graph = model.graph
    if len(graph.node) > _MAX_NODES:
        raise BadModelFile(f"has {len(graph.node):,} operations; {_MAX_NODES:,} are the limit")
    if graph.sparse_initializer:
        raise BadModelFile("holds sparse tensors")
    opset = _opset(model)
    tensors = {claim.name: claim for claim in graph.initializer}
    if len(tensors) < len(graph.initializer):
        raise BadModelFile("has two tensors of one name")
    source = _input([value for value in graph.input if value.name not in tensors])
    result = _output(graph.output)
    live = _live(graph.node, {source.name, *tensors}, result.name)
    shape, dtype = _shape(source)
    return Document(
        nodes=tuple(_node(one) for one in live),
        source=source.name,
        shape=shape,
        dtype=dtype,
        result=result.name,
        n_outputs=len(graph.output),
        tensors=tensors,
        opset=opset,
        metadata={entry.key: entry.value for entry in model.metadata_props},
    )


def _opset(model: Any) -> int:
    versions = [one.version for one in model.opset_import if one.domain in _STANDARD]
    if not versions or not OLDEST <= max(versions) <= NEWEST:
        said = f"opset {max(versions)}" if versions else "no opset of the standard"
        raise BadModelFile(
            f"is written with {said}; those from {OLDEST} to {NEWEST} can be read. Export it again with another one: "
            "torch.onnx.export(..., opset_version=18)"
        )
    return max(versions)


def _input(inputs: list[Any]) -> Any:
    """The one value that the network reads."""
    if len(inputs) != 1:
        what = ", ".join(quoted(one.name) for one in inputs[:3])
        raise BadModelFile(f"reads {plural(len(inputs), 'input')}{f': {what}' if what else ''}; one picture is needed")
    return inputs[0]


def _output(outputs: Any) -> Any:
    """The one output that can be logits: of several the one that is a table, (N, K)."""
    likely = [one for one in outputs if _n_axes(one) in (2, None)]
    chosen = outputs if len(outputs) == 1 else likely
    if len(chosen) != 1:
        what = ", ".join(quoted(one.name) for one in list(outputs)[:3])
        raise BadModelFile(
            f"has {plural(len(outputs), 'output')}{f': {what}' if what else ''}; one of logits, (N, K), is needed, as "
            "a classifier has. Networks that detect or segment cannot be read"
        )
    return chosen[0]


def _n_axes(value: Any) -> int | None:
    kind = value.type.tensor_type
    return len(kind.shape.dim) if kind.HasField("shape") else None


def _shape(source: Any) -> tuple[tuple[int | None, ...], str]:
    """The lengths of the axes of what is read, and the kind of its numbers."""
    kind = source.type.tensor_type
    if kind.elem_type not in FLOATS:
        raise BadModelFile(
            f"reads whole numbers, text or no tensor in {quoted(source.name)}; pictures are given as fractions, float32"
        )
    lengths = tuple(int(n.dim_value) if n.HasField("dim_value") else None for n in kind.shape.dim)
    if len(lengths) != 4:
        said = f"{len(lengths)} axes" if kind.HasField("shape") else "axes that it does not tell"
        raise BadModelFile(f"reads a tensor with {said}, {quoted(source.name)}; a picture has four, (N, C, H, W)")
    if any(n is not None and n < 1 for n in lengths):
        raise BadModelFile(f"reads a tensor without numbers, {quoted(source.name)}")
    return lengths, FLOATS[kind.elem_type]


def _live(nodes: Any, given: set[str], result: str) -> list[Any]:
    """The operations that the result needs, each behind those that it reads: as they stand, where they stand so."""
    makers = _makers(nodes, given)
    needed, pending = set[int](), [result]
    while pending:
        name = pending.pop()
        if name in given or not name:
            continue
        if name not in makers:
            raise BadModelFile(f"is incomplete: nothing in it makes {quoted(name)}")
        if makers[name] not in needed:
            needed.add(makers[name])
            pending += nodes[makers[name]].input
    waits = {index: {makers[name] for name in nodes[index].input if name in makers} for index in needed}
    return [nodes[index] for index in _ordered(waits)]


def _makers(nodes: Any, given: set[str]) -> dict[str, int]:
    """By which operation each value is made."""
    makers: dict[str, int] = {}
    for index, node in enumerate(nodes):
        for name in filter(None, node.output):
            if name in makers or name in given:
                raise BadModelFile(f"makes {quoted(name)} twice")
            makers[name] = index
    return makers


def _ordered(waits: dict[int, set[int]]) -> list[int]:
    """All of these numbers, each behind those that it waits for; the lowest first."""
    readers: dict[int, list[int]] = {}
    for index, before in waits.items():
        for one in before:
            readers.setdefault(one, []).append(index)
    ready = [index for index, before in waits.items() if not before]
    heapq.heapify(ready)
    order = []
    while ready:
        order.append(heapq.heappop(ready))
        for reader in readers.get(order[-1], ()):
            waits[reader].discard(order[-1])
            if not waits[reader]:
                heapq.heappush(ready, reader)
    if len(order) < len(waits):
        raise BadModelFile("is no network: some of its operations wait for each other")
    return order


def _node(one: Any) -> Node:
    kind = one.op_type if one.domain in _STANDARD else f"{one.domain}.{one.op_type}"
    return Node(
        kind[:_MAX_NAME],
        one.name[:_MAX_NAME],
        tuple(one.input),
        tuple(one.output),
        {attribute.name: _setting(attribute) for attribute in one.attribute},
        {entry.key: entry.value for entry in one.metadata_props},
    )


def _setting(attribute: Any) -> Any:
    """A number, a text, a TensorProto, or a list of them; None for what no operation here takes."""
    match attribute.type:  # as the format numbers them
        case 1:
            return float(attribute.f)
        case 2:
            return int(attribute.i)
        case 3:
            return attribute.s.decode("utf-8", "replace")
        case 4:
            return attribute.t
        case 6:
            return [float(value) for value in attribute.floats]
        case 7:
            return [int(value) for value in attribute.ints]
    return None
