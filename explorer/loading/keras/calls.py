"""From the configuration in a file to the layers of a network and the calls between them, in an order to run them in.

Keras 3 writes a call as {"args": [...], "kwargs": {...}}, Keras 2 as a list of [layer, call, tensor, kwargs]. Both
become the same here.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...errors import BadModelFile
from ...wording import quoted
from .arguments import UNWRITTEN, Argument, Ref, argument, ends, refs_in

_MODELS = ("Sequential", "Functional", "Model")
_MOST_LAYERS = 5000  # NASNetLarge has 1041
_MOST_NESTED = 8


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer as the file describes it; `inside` is the network that it is, if it is one."""

    kind: str
    module: str  # that defines its class, as far as the file tells
    name: str
    config: Mapping[str, Any]
    inside: Model | None = None

    @property
    def is_operation(self) -> bool:
        """Whether it is a function of Keras 3's, which has no weights and counts as no layer there."""
        return ".ops" in self.module

    @property
    def operation(self) -> str:
        """The name of the function that it calls, in small letters without what parts words; where it is a layer, that
        of its class, for the older kind of file does not tell them apart."""
        name = self.kind
        if name in ("TFOpLambda", "SlicingOpLambda"):  # operations of Keras 2
            name = str(self.config.get("function") or self.name)
        return name.rpartition(".")[2].replace("_", "").lower()

    @property
    def title(self) -> str:
        return f"a layer {quoted(self.name)} ({self.kind[:60]})"


@dataclass(frozen=True, eq=False)
class Call:
    layer: Layer
    result: Ref
    args: tuple[Argument, ...]
    kwargs: Mapping[str, Argument] = field(default_factory=dict)

    @property
    def refs(self) -> Iterator[Ref]:
        """Those among its arguments, in their order."""
        return refs_in([*self.args, *self.kwargs.values()])


@dataclass(frozen=True, eq=False)
class Model:
    """`layers` in the order of the file, `calls` in an order to run them in."""

    kind: str
    layers: tuple[Layer, ...]
    calls: tuple[Call, ...]
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]
    built_for: Any = None  # the shape that a Sequential was built for, where no layer of it says so


def read_model(config: object) -> Model:
    """The network that a configuration describes. Raises BadModelFile with a fact about the file."""
    kind, inside = _class_of(config), _inside(config)
    if kind not in _MODELS:
        raise BadModelFile(
            f"holds a model of a class of its own, {quoted(kind)}: what it computes is said by its code alone, which "
            "is not in the file. Sequential and functional models can be read"
        )
    return _Reading().model(kind, inside, 0)


def _class_of(config: object) -> str:
    if not isinstance(config, Mapping) or not isinstance(config.get("class_name"), str):
        raise BadModelFile(UNWRITTEN)
    return str(config["class_name"]).rpartition(">")[2]


def _inside(config: object) -> Mapping[str, Any]:
    inside = config.get("config") if isinstance(config, Mapping) else None
    if isinstance(inside, list):  # a Sequential of Keras 2.0 to 2.2
        inside = {"layers": inside}
    if not isinstance(inside, Mapping):
        raise BadModelFile(UNWRITTEN)
    return inside


class _Reading:
    """Counts the layers of a network and of those inside it."""

    def __init__(self) -> None:
        self._n_layers = 0

    def model(self, kind: str, config: Mapping[str, Any], depth: int) -> Model:
        entries = config.get("layers")
        if not isinstance(entries, list) or not entries:
            raise BadModelFile("holds a model without layers")
        self._n_layers += len(entries)
        if self._n_layers > _MOST_LAYERS or depth > _MOST_NESTED:
            raise BadModelFile(f"describes more layers, or deeper nested ones, than can be followed ({_MOST_LAYERS:,})")
        layers = tuple(self._layer(entry, i, depth) for i, entry in enumerate(entries))
        names = {layer.name: layer for layer in layers}
        if len(names) < len(layers):
            raise BadModelFile("has two layers of one name")
        if kind == "Sequential":
            return _chained(layers, config.get("build_input_shape"))
        calls = list(_calls(layers, entries, names))
        inputs, outputs = (tuple(ends(config.get(key))) for key in ("input_layers", "output_layers"))
        calls, outputs = _from_zero(layers, calls, outputs)
        return Model(kind, layers, tuple(_ordered(calls, inputs, outputs)), inputs, outputs)

    def _layer(self, entry: object, place: int, depth: int) -> Layer:
        kind, config = _class_of(entry), _inside(entry)
        assert isinstance(entry, Mapping)
        name = config.get("name") or entry.get("name") or f"{kind.lower()}_{place}"
        if not isinstance(name, str):
            raise BadModelFile(UNWRITTEN)
        is_model = kind in _MODELS and isinstance(config.get("layers"), list)
        inside = self.model(kind, config, depth + 1) if is_model else None
        return Layer(kind, str(entry.get("module") or ""), name, config, inside)


def _chained(layers: Sequence[Layer], built_for: Any) -> Model:
    calls = [Call(layers[0], Ref(layers[0].name, 0), ())]
    if layers[0].kind != "InputLayer":  # the picture comes in without a layer of its own
        start = Layer("InputLayer", "", "", {"batch_input_shape": layers[0].config.get("batch_input_shape")})
        calls = [Call(start, Ref("", 0), ())]
    for layer in layers[0 if calls[0].layer is not layers[0] else 1 :]:
        calls.append(Call(layer, Ref(layer.name, 0), (calls[-1].result,)))
    return Model("Sequential", tuple(layers), tuple(calls), (calls[0].result,), (calls[-1].result,), built_for)


def _calls(layers: Sequence[Layer], entries: Sequence[Any], names: Mapping[str, Layer]) -> Iterator[Call]:
    for layer, entry in zip(layers, entries, strict=True):
        nodes = entry.get("inbound_nodes")
        if layer.kind == "InputLayer":
            yield Call(layer, Ref(layer.name, 0), ())
            continue
        if not isinstance(nodes, list):
            raise BadModelFile(UNWRITTEN)
        for i, node in enumerate(nodes):
            result = Ref(layer.name, i)
            if isinstance(node, Mapping):
                args, kwargs = argument(node.get("args") or [], names), argument(node.get("kwargs") or {}, names)
                if not isinstance(args, list) or not isinstance(kwargs, dict):
                    raise BadModelFile(UNWRITTEN)
                yield Call(layer, result, tuple(args), kwargs)
            else:
                yield _older_call(layer, result, node, names)


def _older_call(layer: Layer, result: Ref, node: Any, names: Mapping[str, Layer]) -> Call:
    """[["input", 0, 0, {}], ...]; a single one may stand without its outer list."""
    node = [node] if isinstance(node, list) and node and isinstance(node[0], str) else node
    args: list[Argument] = []
    kwargs: dict[str, Any] = {}
    for item in node if isinstance(node, list) else []:
        if not isinstance(item, list) or len(item) < 3:
            raise BadModelFile(UNWRITTEN)
        args.append(argument(item[2] if item[0] == "_CONSTANT_VALUE" else item[:3], names))
        kwargs |= item[3] if len(item) > 3 and isinstance(item[3], dict) else {}
    return Call(layer, result, tuple(args), {key: argument(value, names) for key, value in kwargs.items()})


def _from_zero(
    layers: Sequence[Layer], calls: list[Call], outputs: tuple[Ref, ...]
) -> tuple[list[Call], tuple[Ref, ...]]:
    """Calls counted from 0 on. Keras 2 counts those of a network inside from 1: call 0 is how it was made."""
    n_calls = Counter(call.layer.name for call in calls)
    asked = {ref for call in calls for ref in call.refs} | set(outputs)
    late = {layer.name for layer in layers if layer.inside and Ref(layer.name, n_calls[layer.name]) in asked}
    if not late:
        return calls, outputs

    def moved(value: Argument) -> Argument:
        if isinstance(value, Ref) and value.layer in late:
            return Ref(value.layer, value.call - 1)
        if isinstance(value, list):
            return [moved(item) for item in value]
        return value

    return (
        [replace(call, args=tuple(map(moved, call.args)), kwargs={k: moved(v) for k, v in call.kwargs.items()})
         for call in calls],
        tuple(map(moved, outputs)),
    )  # fmt: skip


def _ordered(calls: Sequence[Call], inputs: Sequence[Ref], outputs: Sequence[Ref]) -> Iterator[Call]:
    """After what they read, and as far as that leaves it open as in the file."""
    place = {call.result: i for i, call in enumerate(calls)}
    waiting = [len(set(call.refs)) for call in calls]
    readers: dict[Ref, list[int]] = {}
    for i, call in enumerate(calls):
        for ref in set(call.refs):
            readers.setdefault(ref, []).append(i)
    missing = next((ref for ref in (*readers, *inputs, *outputs) if ref not in place), None)
    if missing is not None:
        raise BadModelFile(f"describes a model that reads from {quoted(missing.layer)}, which is not there")
    ready = [i for i, n in enumerate(waiting) if not n]
    n_done = 0
    while ready:
        call = calls[heapq.heappop(ready)]
        n_done += 1
        yield call
        for i in readers.get(call.result, ()):
            waiting[i] -= 1
            if not waiting[i]:
                heapq.heappush(ready, i)
    if n_done < len(calls):
        raise BadModelFile("describes a model whose layers wait for each other, in a circle")
