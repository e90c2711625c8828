"""ONNX files that are no networks, or do harm: each is to be told in a sentence, at once and in little memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.onnx_files import graph_file, node, onnx_file, small_network, value


@dataclass(frozen=True)
class BadNetwork:
    """`says` are parts of a sentence of which one is to be in what is said; `beside` are other files given along."""

    name: str
    data: bytes
    says: tuple[str, ...]
    beside: dict[str, bytes] = field(default_factory=dict)


def small_file(**changed: Any) -> bytes:
    """A network that can be read."""
    nodes, tensors = small_network()
    return onnx_file(nodes, tensors, ("N", 3, 16, 16), n_classes=4, **changed)


def bad_networks() -> list[BadNetwork]:
    """All of them."""
    made = (other_files(), cut_files(), lying_tensors(), elsewhere(), graphs(), kinds(), batches(), unfolding())
    return [one for some in made for one in some]


def other_files() -> Iterator[BadNetwork]:
    files = {
        "nothing": b"", "zeros": bytes(500), "text": b"layer1.weight 3 4\n" * 50, "a zip": b"PK\x03\x04" + bytes(99),
        "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(99), "a page": b"<!DOCTYPE html><html>" * 9, "GGUF": b"GGUF" + bytes(99),
        "a pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        "JSON": b'{"model": [1, 2, 3]}' * 20,
        "PNG": b"\x89PNG\r\n\x1a\n" + bytes(200), "pickle": b"\x80\x02}q\x00." * 20,
        "safetensors": b"\x10" + bytes(7) + b'{"a": {}}       ', "TFLite": b"\x1c\x00\x00\x00TFL3" + bytes(99),
        "only a version": b"\x08\x08", "no operations": b"\x08\x08\x3a\x00B\x02\x10\x14",
    }  # fmt: skip
    for name, data in files.items():
        yield BadNetwork(
            f"another file: {name}", data, ("ONNX", "empty", "web page", "Git LFS", "HDF5", "GGUF", "no oper")
        )
    rng = np.random.default_rng(0)
    for n in (7, 100, 5000):
        yield BadNetwork(f"noise: {n}", rng.bytes(n), ("damaged", "ONNX"))
        yield BadNetwork(f"noise behind a version: {n}", b"\x08\x08" + rng.bytes(n), ("damaged", "ONNX"))


def cut_files() -> Iterator[BadNetwork]:
    data = small_file()
    for n in sorted({1, 2, 3, 5, len(data) - 1, *range(10, len(data), len(data) // 30)}):
        yield BadNetwork(f"cut after {n}", data[:n], ("damaged", "no operations", "not an ONNX file", "no opset"))


def flipped_files() -> Iterator[tuple[str, bytes]]:
    """A network with other bytes here and there: most of it text, shapes and settings, few numbers."""
    data, rng = small_file(), np.random.default_rng(1)
    for n, seed in itertools.product((1, 1, 1, 3, 20), range(40)):
        changed = bytearray(data)
        for at in rng.integers(0, len(data), n):
            changed[at] = int(rng.integers(0, 256))
        yield f"{n} other bytes, {seed}", bytes(changed)


def changed(change: Callable[[onnx.ModelProto], object]) -> bytes:
    """The small network after something was done to its message."""
    model = onnx.load_model_from_string(small_file())
    change(model)
    return model.SerializeToString()


def lying_tensors() -> Iterator[BadNetwork]:
    def first(model: onnx.ModelProto) -> onnx.TensorProto:
        return next(one for one in model.graph.initializer if one.name == "conv.weight")

    changes: dict[str, Callable[[onnx.TensorProto], object]] = {
        "4 GB": lambda t: t.dims.__setitem__(0, 2**30),
        "more than is": lambda t: t.dims.__setitem__(0, 7),
        "too many for a number": lambda t: t.dims.extend([2**62, 2**62]),
        "empty with huge lengths": lambda t: (t.ClearField("dims"), t.dims.extend([0, 2**62, 2**40])),
        "negative": lambda t: t.dims.__setitem__(0, -6),
        "two negative": lambda t: (t.dims.__setitem__(0, -6), t.dims.__setitem__(1, -3)),
        "no bytes": lambda t: t.ClearField("raw_data"),
        "too few listed": lambda t: (t.ClearField("raw_data"), t.float_data.extend([1.0, 2.0])),
        "an odd number of bytes": lambda t: setattr(t, "raw_data", t.raw_data + b"x"),
        "many axes": lambda t: t.dims.extend([1] * 1000),
        "text": lambda t: setattr(t, "data_type", TensorProto.STRING),
        "complex": lambda t: setattr(t, "data_type", TensorProto.COMPLEX64),
        "8 bits": lambda t: setattr(t, "data_type", TensorProto.FLOAT8E4M3FN),
        "4 bits": lambda t: setattr(t, "data_type", TensorProto.INT4),
        "no type": lambda t: setattr(t, "data_type", 0),
        "an unknown type": lambda t: setattr(t, "data_type", 99),
        "whole numbers": lambda t: setattr(t, "data_type", TensorProto.INT32),
        "a segment": lambda t: t.segment.CopyFrom(onnx.TensorProto.Segment(begin=0, end=9)),
    }
    for name, change in changes.items():
        data = changed(lambda model, change=change: change(first(model)))
        yield BadNetwork(f"tensor: {name}", data, ("damaged", "holds", "shape", "does not fit", "belong"))
    yield BadNetwork("a sparse tensor", changed(lambda m: m.graph.sparse_initializer.add().dims.append(9)), ("sparse",))
    yield BadNetwork("two of one name", changed(lambda m: m.graph.initializer.append(first(m))), ("two tensors",))
    yield BadNetwork(
        "one that is missing", changed(lambda m: m.graph.initializer.__delitem__(0)), ("nothing in it makes",)
    )


def elsewhere() -> Iterator[BadNetwork]:
    def moved(**entries: str) -> bytes:
        def change(model: onnx.ModelProto) -> None:
            tensor = model.graph.initializer[0]
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            for key, said in entries.items():
                tensor.external_data.add(key=key, value=said)

        return changed(change)

    for path in ("../weights", "/etc/passwd", "", ".", "..", "a/b", "C:\\weights", "a\\..\\b", "./../b", "\0", "a:b"):
        yield BadNetwork(
            f"weights in {path!r}", moved(location=path), ("only files right beside it",), {path: bytes(999)}
        )
    yield BadNetwork("weights that are not there", moved(location="net.onnx.data"), ("'net.onnx.data'. Give both",))
    wrong: dict[str, dict[str, str]] = {
        "before the start": {"offset": "-4"}, "behind the end": {"offset": "999"}, "far behind": {"offset": str(2**70)},
        "longer": {"length": "5000"}, "shorter": {"length": "4"}, "negative": {"length": "-1"},
        "no number": {"offset": "x"},
        "a number of many digits": {"offset": "9" * 9000},
    }  # fmt: skip
    for name, entries in wrong.items():
        data = moved(location="w", **entries)
        yield BadNetwork(f"weights elsewhere, {name}", data, ("damaged",), {"w": bytes(700)})


def graphs() -> Iterator[BadNetwork]:
    nodes, tensors = small_network()
    x, y = value("x", ("N", 3, 16, 16)), value("y", ("N", 4))

    def file(nodes: list[onnx.NodeProto], inputs: Sequence[Any] = (x,), outputs: Sequence[Any] = (y,)) -> bytes:
        return graph_file(nodes, tensors, inputs, outputs)

    yield BadNetwork("two inputs", file(nodes, [x, value("x2", ("N", 9))]), ("reads 2 inputs: 'x', 'x2'",))
    yield BadNetwork("no input", file(nodes, []), ("reads 0 inputs",))
    yield BadNetwork("no output", file(nodes, outputs=[]), ("has 0 outputs",))
    yield BadNetwork("two outputs", file(nodes, outputs=[y, value("f", ("N", 6))]), ("has 2 outputs: 'y', 'f'",))
    yield BadNetwork("only maps", file(nodes, outputs=[value("d", ("N", 6, 4, 4)), value("e", None)][:1]), ("logits",))
    yield BadNetwork(
        "boxes", file(nodes, outputs=[value("c", ("N", 6, 8, 8)), value("d", ("N", 6, 4, 4))]), ("detect",)
    )
    yield BadNetwork("tokens", file(nodes, [value("x", ("N", 77), TensorProto.INT64)]), ("whole numbers",))
    yield BadNetwork("sound", file(nodes, [value("x", ("N", 1, 16000))]), ("reads a tensor with 3 axes",))
    yield BadNetwork("no shape", file(nodes, [value("x", None)]), ("axes that it does not tell",))
    yield BadNetwork("no pictures", file(nodes, [value("x", ("N", 0, 16, 16))]), ("without numbers",))
    yield BadNetwork("a negative size", file(nodes, [value("x", ("N", -3, 16, 16))]), ("without numbers",))
    yield BadNetwork(
        "a huge picture", file(nodes, [value("x", ("N", 3, 2**30, 2**30))]), ("more than can be worked with",)
    )
    yield BadNetwork("bytes", file(nodes, [value("x", ("N", 3, 16, 16), TensorProto.UINT8)]), ("whole numbers",))
    yield BadNetwork("a number made twice", file([*nodes, nodes[0]]), ("makes 'a' twice",))
    circle = [node("Add", "x b", "a"), node("Relu", "a", "b"), node("Flatten", "b", "y")]
    yield BadNetwork("a circle", file(circle), ("wait for each other",))
    yield BadNetwork("one that waits for itself", file([node("Relu", "y", "y")]), ("wait for each other",))
    yield BadNetwork("nothing of the picture", file([node("Identity", "fc.weight", "y")]), ("is a constant",))
    yield BadNetwork("the picture itself", file([node("Flatten", "x", "z")], outputs=[value("x", None)]), ("logits",))
    many = [node("Relu", "x" if not i else f"v{i - 1}", f"v{i}") for i in range(20_001)]
    yield BadNetwork("very many operations", file(many, outputs=[value("v9", None)]), ("20,001 operations",))
    yield BadNetwork("many operations", file(many[:4000], outputs=[value("v3999", None)]), ("more than 2,500",))
    yield BadNetwork("an old set of operators", small_file(opset=3), ("opset 3",))
    yield BadNetwork("one of the future", small_file(opset=99), ("opset 99",))
    yield BadNetwork("no set", changed(lambda m: m.ClearField("opset_import")), ("ONNX", "no operations"))
    yield BadNetwork(
        "another set",
        changed(lambda m: setattr(m.opset_import[0], "domain", "ai.onnx.ml")),
        ("no opset of the standard",),
    )
    function = helper.make_function(
        "own", "Twice", ["a"], ["b"], [node("Add", "a a", "b")], [helper.make_opsetid("", 20)]
    )
    yield BadNetwork("own operators", small_file(functions=[function]), ("operators of its own",))
    inner = helper.make_graph([], "inner", [], [])
    for _ in range(12):
        inner = helper.make_graph([helper.make_node("If", ["c"], ["d"], then_branch=inner)], "inner", [], [])
    deep = helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner)
    yield BadNetwork("graphs in graphs", file([deep]), ("nests", "decides"))


def kinds() -> Iterator[BadNetwork]:
    x = "x"
    said = {
        "NonMaxSuppression": "not known here: 'NonMaxSuppression'", "LSTM": "not known", "ConvTranspose": "not known",
        "QLinearConv": "quantised", "DequantizeLinear": "quantised", "If": "decides", "Loop": "decides",
        "Scan": "decides",
        "ArgMax": "not known", "": "not known", "\u202eRelu": "not known", "A" * 9999: "not known",
    }  # fmt: skip
    for kind, says in said.items():
        yield BadNetwork(f"kind {kind[:20]!r}", onnx_file([node(kind, x, "a"), node("Flatten", "a")]), (says,))
    own = [node("FusedConv", x, "a", domain="com.microsoft"), node("B", "a", "b", domain="o"), node("C", "b", "c"),
           node("D", "c", "d"), node("Flatten", "d")]  # fmt: skip
    yield BadNetwork(
        "four that are unknown", onnx_file(own), ("4 kinds of operations", "'com.microsoft.FusedConv', 'o.B'")
    )


def batches() -> Iterator[BadNetwork]:
    """Networks for one picture alone, or that mix those of a batch."""

    def one(*nodes: onnx.NodeProto, **tensors: Any) -> bytes:
        return onnx_file(list(nodes), {key: np.asarray(array) for key, array in tensors.items()}, (1, 3, 8, 8))

    yield BadNetwork("no axis for pictures", one(node("Squeeze", "x a", "s"), node("MatMul", "s w", "y"), a=[0],
                                                 w=np.ones((8, 5), np.float32)), ("one picture alone",))  # fmt: skip
    yield BadNetwork("all in one row", one(node("Reshape", "x a", "y"), a=[-1]), ("logits", "one number"))
    yield BadNetwork(
        "channels as pictures", one(node("Reshape", "x a", "y"), a=[3, 64]), ("logits", "cannot be run", "mixes")
    )
    yield BadNetwork("turned", one(node("Reshape", "x a", "r"), node("Transpose", "r", "y"), a=[1, 192]), ("logits",))


def unfolding() -> Iterator[BadNetwork]:
    """Messages that take much more memory than they have bytes."""

    def field(number: int, content: bytes) -> bytes:
        return _number(number << 3 | 2) + _number(len(content)) + content

    head = b"\x08\x08"
    yield BadNetwork("many empty operations", head + field(7, b"\x0a\x00" * 2_000_000), ("unfold", "far more"))
    yield BadNetwork("many empty tensors", head + field(7, b"\x2a\x00" * 900_000), ("unfold", "far more"))
    yield BadNetwork(
        "many empty texts", head + field(7, field(1, b"\x0a\x00" * 900_000)), ("unfold", "far more", "no operations")
    )
    small = field(8, bytes(30_000_000))
    yield BadNetwork("many small numbers", head + field(7, field(1, field(5, small))), ("unfold",))
    kind = b""
    for _ in range(60):
        kind = field(4, field(1, kind))
    yield BadNetwork("a type of types", head + field(7, field(11, field(2, kind))), ("nests",))


def _number(value: int) -> bytes:
    """As protocol buffers write one: seven bits a byte."""
    found = b""
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])
