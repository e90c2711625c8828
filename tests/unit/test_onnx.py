"""Networks in ONNX files: what is read, what they are called, and what is said of them."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto
from torch import nn

import explorer
from explorer.errors import BadModelFile
from explorer.loading.model_file import ModelFile
from explorer.loading.module import network_of
from explorer.loading.onnx import read_onnx
from explorer.networks.graph import trace_module
from tests.onnx_files import Array, computed, graph_file, node, onnx_file, small_network, value

NODES, TENSORS = small_network()


def read(nodes: Sequence[onnx.NodeProto] = NODES, tensors: dict[str, Array] = TENSORS, **model: Any) -> ModelFile:
    model = {"shape": ("N", 3, 16, 16), "n_classes": 4} | model
    return read_onnx(onnx_file(nodes, tensors, **model), "net.onnx")


def refusal(data: bytes, external: dict[str, bytes] | None = None) -> str:
    with pytest.raises(BadModelFile) as caught:
        read_onnx(data, "net.onnx", external)
    return str(caught.value)


def logits(found: ModelFile, x: Array) -> Array:
    with torch.no_grad():
        return found.module(torch.from_numpy(x)).numpy()


def pictures(*shape: int) -> Array:
    return np.random.default_rng(3).normal(size=shape).astype(np.float32)


def changed_file(change: Any) -> bytes:
    model = onnx.load_model_from_string(onnx_file(NODES, TENSORS, ("N", 3, 16, 16), n_classes=4))
    change(model)
    return model.SerializeToString()


def test_it_becomes_modules_of_torch_under_the_names_of_the_file() -> None:
    found = read()
    kinds = {name: type(part).__name__ for name, part in found.module.named_modules() if not list(part.children())}
    assert kinds == {
        "conv": "Conv2d", "bn": "BatchNorm2d", "relu": "ReLU", "pool": "MaxPool2d", "gap": "AdaptiveAvgPool2d",
        "fc": "Linear",
    }  # fmt: skip
    assert list(trace_module(found.module).nodes) == ["conv", "bn", "relu", "pool", "gap", "flatten", "fc"]
    assert found.module.get_submodule("bn").eps == pytest.approx(1e-3)
    assert np.array_equal(found.module.get_parameter("fc.weight"), TENSORS["fc.weight"])
    assert (found.input_size, found.categories, found.preparation, found.notes) == ((3, 16, 16), None, None, ())
    assert not any(parameter.requires_grad for parameter in found.module.parameters())
    assert not found.module.training


def test_what_it_computes_is_recorded_and_opened() -> None:
    found = read()
    network = network_of(found.module, input_size=found.input_size, name="net")
    data = onnx_file(NODES, TENSORS, ("N", 3, 16, 16), n_classes=4)
    x = pictures(1, 3, 16, 16)
    values = network.graph.run(torch.from_numpy(x))[1]
    assert np.allclose(values["fc"], computed(data, x)[0], atol=1e-5)
    assert (network.stages, network.cam_layer) == (("relu", "pool", "gap", "fc"), "relu")
    assert network.layer("pool").pooling.before == (8, 8)


def test_two_files_of_the_same_parts_are_two_networks() -> None:
    one = read([*NODES[:-1], node("Gemm", "f fc.weight fc.bias", "g", "/fc/Gemm", transB=1), node("Add", "g g")])
    other = read([*NODES[:-1], node("Gemm", "f fc.weight fc.bias", "g", "/fc/Gemm", transB=1), node("Mul", "g g")])
    keys = {network_of(found.module, input_size=found.input_size, name="net").key for found in (one, other)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["/layer1/layer1.0/conv1/Conv", "/layer1/layer1.0/Add", "/relu/Relu"],
         ["layer1.0.conv1", "layer1.0.add", "relu"]),
        (["m/a/Conv2D", "m/b/Add", "m/b/Relu"], ["a", "b.add", "b.relu"]),
        (["Conv_0", "Add_1", "Relu_2"], ["Conv_0", "add", "Relu_2"]),
        (["", "", ""], ["conv2d", "add", "relu"]),
        (["/a/Conv", "/a/Add", "/a/Relu"], ["a.conv2d", "a.add", "a.relu"]),
        (["/class/Conv", "/forward/Add", "/1x-ü/Relu"], ["class_", "forward_.add", "1x__"]),
        (["/a/Conv", "/a/b/Add", "/a/b/c/Relu"], ["a.conv2d", "a.b.add", "a.b.c"]),
    ],
)  # fmt: skip
def test_names(names: list[str], expected: list[str]) -> None:
    one, other, last = names
    nodes = [
        node("Conv", "x w", "a", one), node("Add", "a a", "b", other), node("Relu", "b", "c", last),
        node("Flatten", "c"),
    ]  # fmt: skip
    found = read(nodes, {"w": pictures(3, 3, 1, 1)})
    assert list(trace_module(found.module).nodes)[:3] == expected


def test_names_by_the_weights_where_there_are_no_others() -> None:
    tensors = {"a.0.conv.weight": pictures(3, 3, 1, 1), "a.1.conv.weight": pictures(3, 3, 1, 1)}
    nodes = [
        node("Conv", "x a.0.conv.weight", "p", "n1"), node("Relu", "p", "q", "n2"),
        node("Conv", "q a.1.conv.weight", "r", "n3"), node("Add", "r q", "s", "n4"), node("Flatten", "s"),
    ]  # fmt: skip
    found = read(nodes, tensors)
    assert list(trace_module(found.module).nodes)[:4] == ["a.0.conv", "a.0.relu", "a.1.conv", "a.1.add"]


def test_one_weight_may_be_used_twice() -> None:
    nodes = [node("Conv", "x w", "p", "/c/Conv"), node("Conv", "p w", "q", "/c_1/Conv"), node("Flatten", "q")]
    found = read(nodes, {"w": pictures(3, 3, 1, 1)})
    assert list(dict(found.module.named_parameters(remove_duplicate=False))) == ["c.weight", "c_1.weight"]


@pytest.mark.parametrize(
    ("kinds", "words", "n"),
    [
        (["Softmax"], "last softmax is left out: what", 4), (["LogSoftmax"], "last log-softmax is left out", 4),
        (["Softmax", "Identity"], "last softmax is left out", 4),
        (["Sigmoid"], "last sigmoid, which let several classes be there at once, is left out", 4),
        (["Sigmoid"], "last sigmoid is left out", 1), (["Relu"], "", 4),
    ],
)  # fmt: skip
def test_a_last_softmax_is_left_out(kinds: list[str], words: str, n: int) -> None:
    nodes, tensors = small_network(n)
    values = ["g", *(f"g{i}" for i in range(1, len(kinds))), "y"]
    ends = [node(kind, values[i], values[i + 1]) for i, kind in enumerate(kinds)]
    nodes = [*nodes[:-1], node("Gemm", "f fc.weight fc.bias", "g", transB=1), *ends]
    found = read(nodes, tensors, n_classes=n)
    assert [words in note for note in found.notes] == ([True] if words else [])
    x = pictures(2, 3, 16, 16)
    expected = computed(onnx_file(nodes, tensors, ("N", 3, 16, 16), n_classes=n), x)[0]
    own = torch.from_numpy(logits(found, x))
    functions = {
        "Softmax": nn.Softmax(1),
        "LogSoftmax": nn.LogSoftmax(1),
        "Sigmoid": nn.Sigmoid(),
        "Relu": nn.Identity(),
    }
    assert np.allclose(functions[kinds[0]](own), expected, atol=1e-5)
    assert network_of(found.module, input_size=found.input_size).categories[1:2] == ("class 1",)


def test_a_softmax_over_maps_of_one_cell_is_a_last_one() -> None:
    nodes = [
        node("Conv", "x w", "a"), node("GlobalAveragePool", "a", "b"), node("Softmax", "b", "c", axis=1),
        node("Reshape", "c to"),
    ]  # fmt: skip
    found = read(nodes, {"w": pictures(4, 3, 1, 1), "to": np.array([0, -1])})
    assert list(trace_module(found.module).nodes) == ["conv2d", "adaptive_avg_pool2d", "flatten"]
    found = read(nodes[:2], {"w": pictures(4, 3, 1, 1)}, result="b")  # (N, K, 1, 1)
    assert logits(found, pictures(2, 3, 16, 16)).shape == (2, 4)


def test_pictures_with_the_channels_last() -> None:
    nodes = [node("Transpose", "x", "t", perm=[0, 3, 1, 2]), node("Conv", "t conv.weight conv.bias", "a"), *NODES[1:]]
    found = read(nodes, shape=("N", 16, 16, 3))
    assert found.input_size == (3, 16, 16)
    assert next(iter(trace_module(found.module).nodes)) == "conv"  # no turning, and no turning back
    assert "with the channels last" in found.notes[0]
    x = pictures(2, 16, 16, 3)
    expected = computed(onnx_file(nodes, TENSORS, ("N", 16, 16, 3), n_classes=4), x)[0]
    assert np.allclose(logits(found, np.ascontiguousarray(x.transpose(0, 3, 1, 2))), expected, atol=1e-5)
    scaled = [node("Mul", "x by", "s"), node("Transpose", "s", "t", perm=[0, 3, 1, 2]), *nodes[1:]]
    tensors = TENSORS | {"by": np.float32([1, 2, 3])}
    expected = computed(onnx_file(scaled, tensors, ("N", 16, 16, 3), n_classes=4), x)[0]
    found = read(scaled, tensors, shape=("N", 16, 16, 3))
    assert np.allclose(logits(found, np.ascontiguousarray(x.transpose(0, 3, 1, 2))), expected, atol=1e-5)


def test_the_size_of_pictures() -> None:
    free = onnx_file(NODES, TENSORS, ("N", 3, "h", "w"), n_classes=4)
    found = read_onnx(free, "net.onnx")
    assert found.input_size == (3, 224, 224)
    assert found.notes == ("It takes pictures of any size; here they are 224 × 224",)
    found = read_onnx(free, "net.onnx", input_size=(3, 32, 32))
    assert (found.input_size, found.notes) == ((3, 32, 32), ())
    assert read(shape=("N", "c", 20, "w")).input_size == (3, 20, 20)
    with pytest.raises(
        BadModelFile, match=r"^'net.onnx' reads pictures of 3 × 16 × 16 \(C × H × W\), not of 3 × 32 × 32\."
    ):
        read_onnx(onnx_file(NODES, TENSORS, (1, 3, 16, 16), n_classes=4), "net.onnx", input_size=(3, 32, 32))
    rows = [node("Flatten", "x", "f"), node("Gemm", "f w")]
    data = onnx_file(rows, {"w": pictures(300, 4)}, ("N", 3, "h", "h"))
    assert "reads rows of 300 numbers, and is given 150528" in refusal(data)
    assert read_onnx(data, "net.onnx", input_size=(3, 10, 10)).input_size == (3, 10, 10)


@pytest.mark.parametrize(
    "metadata",
    [
        {"names": "{0: 'ant', 1: \"bee\", 2: 'cow', 3: 'do\\'g'}"}, {"labels": '["ant", "bee", "cow", "do\'g"]'},
        {"classes": "ant, bee, cow, do'g"},
        {"id2label": json.dumps({str(i): n for i, n in enumerate(("ant", "bee", "cow", "do'g"))})},
        {"class_to_idx": '{"cow": 2, "ant": 0, "do\'g": 3, "bee": 1}'}, {"class_names": "ant\nbee\ncow\ndo'g\n"},
    ],
)  # fmt: skip
def test_names_of_classes_in_the_metadata(metadata: dict[str, str]) -> None:
    def change(model: onnx.ModelProto) -> None:
        for key, text in (metadata | {"author": "me", "stride": "32"}).items():
            model.metadata_props.add(key=key, value=text)

    found = read_onnx(changed_file(change), "net.onnx")
    assert found.categories == ("ant", "bee", "cow", "do'g")
    assert found.notes == (
        f"The names of its classes are those in the metadata of the file under '{next(iter(metadata))}'",
    )


@pytest.mark.parametrize(
    "text",
    [
        "{0: 'ant', 1: 'bee'}", "__import__('os').system('touch harm')", "{0: __import__('os').system('touch harm')}",
        "[" * 100_000, "{" * 100_000, "-" * 100_000 + "1", "(" * 100_000, "{0: 'a', 0: 'b', 1: 'c', 2: 'd'}", "",
        "{0: 'ant', 1: 'bee', 2: 'cow', 3: ['dog']}", "'" * 100_000, "9" * 100_000, "{0:'" + "\\" * 100_001,
        "{" + "0:'a'," * 100_000 + "x}", "{" + "0 : 'a' , " * 100_000 + "}",
    ],
    ids=range(15),
)  # fmt: skip
def test_what_names_no_classes(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = changed_file(lambda model: model.metadata_props.add(key="names", value=text))
    assert read_onnx(data, "net.onnx").categories is None
    assert not list(tmp_path.iterdir())


def moved_out(location: str, offset: int = 0) -> tuple[bytes, bytes]:
    """The small network with its weights in another file, and that file."""
    parts = [bytes(offset)]

    def change(model: onnx.ModelProto) -> None:
        for tensor in model.graph.initializer:
            tensor.data_location = TensorProto.EXTERNAL
            at = sum(map(len, parts))
            for key, said in {"location": location, "offset": str(at), "length": str(len(tensor.raw_data))}.items():
                tensor.external_data.add(key=key, value=said)
            parts.append(tensor.raw_data)
            tensor.ClearField("raw_data")

    return changed_file(change), b"".join(parts)


def test_weights_in_another_file(tmp_path: Path) -> None:
    data, weights = moved_out("net.onnx.data", 64)
    x, whole = pictures(1, 3, 16, 16), read()
    found = read_onnx(data, "net.onnx", {"net.onnx.data": weights, "other": b""})
    assert np.array_equal(logits(found, x), logits(whole, x))
    (tmp_path / "a.onnx").write_bytes(data)
    expected = (
        "'net.onnx' keeps its weights in another file, 'net.onnx.data'. Give both together, or export it again with "
        "torch.onnx.export(..., external_data=False). What can be read is a convolutional network of standard ONNX "
        "operators that makes logits, (N, K), of pictures, (N, C, H, W)."
    )
    with pytest.raises(BadModelFile) as caught:
        read_onnx(tmp_path / "a.onnx", "net.onnx")
    assert str(caught.value) == refusal(data) == expected
    (tmp_path / "net.onnx.data").write_bytes(weights)
    assert np.array_equal(logits(read_onnx(tmp_path / "a.onnx", "net.onnx"), x), logits(whole, x))
    (tmp_path / "net.onnx.data").write_bytes(weights + bytes(2 << 20))
    with pytest.raises(BadModelFile, match=r"keeps its weights in 'net\.onnx\.data', which has 2 MB; 1 MB may be read"):
        read_onnx(tmp_path / "a.onnx", "net.onnx", max_bytes=1 << 20)
    (tmp_path / "net.onnx.data").write_bytes(weights[:-1])
    with pytest.raises(BadModelFile, match=r"'net\.onnx\.data' ends before the weights that should be in it"):
        read_onnx(tmp_path / "a.onnx", "net.onnx")


def test_weights_are_read_from_no_other_folder(tmp_path: Path) -> None:
    for location in ("../net.onnx.data", str(tmp_path / "net.onnx.data"), "b/net.onnx.data"):
        data, weights = moved_out(location)
        (tmp_path / "b").mkdir(exist_ok=True)
        for folder in (tmp_path, tmp_path / "b"):
            (folder / "net.onnx.data").write_bytes(weights)
        (tmp_path / "b" / "a.onnx").write_bytes(data)
        with pytest.raises(BadModelFile, match="only files right beside it are read"):
            read_onnx(tmp_path / "b" / "a.onnx", "net.onnx")


def test_a_path_that_is_no_file_and_a_file_that_is_too_large(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.onnx"):
        with pytest.raises(BadModelFile, match=r"^'net' cannot be opened: there is no such file\."):
            read_onnx(path, "net")
    with pytest.raises(BadModelFile, match=r"^'net' has 2 MB; 1 MB may be read\."):
        read_onnx(bytes(2 << 20), "net", max_bytes=1 << 20)


@pytest.mark.parametrize("dtype", [np.float16, np.float64, "bfloat16"])
def test_weights_of_other_precision(dtype: Any) -> None:
    def change(model: onnx.ModelProto) -> None:
        for tensor in model.graph.initializer:
            array = onnx.numpy_helper.to_array(tensor)
            if dtype == "bfloat16":
                tensor.raw_data = (array.view(np.uint32) >> 16).astype(np.uint16).tobytes()
                tensor.data_type = TensorProto.BFLOAT16
            else:
                tensor.CopyFrom(onnx.numpy_helper.from_array(array.astype(dtype), tensor.name))
        kind = {np.float16: TensorProto.FLOAT16, np.float64: TensorProto.DOUBLE}.get(dtype, TensorProto.BFLOAT16)
        model.graph.input[0].type.tensor_type.elem_type = kind

    found = read_onnx(changed_file(change), "net.onnx")
    name = {np.float16: "float16", np.float64: "double"}.get(dtype, "bfloat16")
    assert found.notes == (f"Its weights are {name}; here they are worked with as float32",)
    assert all(parameter.dtype == torch.float32 for parameter in found.module.parameters())
    x = pictures(1, 3, 16, 16)
    assert np.allclose(logits(found, x), logits(read(), x), rtol=0.05, atol=0.05)


def test_numbers_that_are_listed_one_by_one() -> None:
    def change(model: onnx.ModelProto) -> None:
        for tensor in model.graph.initializer:
            tensor.float_data.extend(onnx.numpy_helper.to_array(tensor).reshape(-1))
            tensor.ClearField("raw_data")

    x = pictures(1, 3, 16, 16)
    assert np.array_equal(logits(read_onnx(changed_file(change), "net.onnx"), x), logits(read(), x))


def test_one_table_of_logits_among_other_outputs() -> None:
    outputs = [value("d", ("N", 6, 4, 4)), value("y", ("N", 4))]
    found = read_onnx(graph_file(NODES, TENSORS, [value("x", ("N", 3, 16, 16))], outputs), "net.onnx")
    assert found.notes == ("Of its 2 outputs, 'y' is shown: no other is a table of logits",)


def test_operations_that_the_logits_do_not_need_are_not_asked_for() -> None:
    found = read([*NODES, node("NonMaxSuppression", "a", "boxes"), node("Relu", "nowhere", "n")])
    assert logits(found, pictures(2, 3, 16, 16)).shape == (2, 4)


def test_tensors_that_are_inputs_as_well_are_no_pictures() -> None:
    inputs = [value("x", ("N", 3, 16, 16)), value("conv.weight", (6, 3, 3, 3))]
    data = graph_file(NODES[::-1], TENSORS, inputs, [value("y", ("N", 4))])  # and in any order
    assert np.allclose(logits(read_onnx(data, "net.onnx"), x := pictures(1, 3, 16, 16)), logits(read(), x))


def test_it_is_made_for_any_number_of_pictures() -> None:
    """A file for four at a time, whose shapes say so."""
    nodes = [
        node("Reshape", "x apart", "a"), node("Transpose", "a", "b", perm=[0, 2, 1, 3, 4]),
        node("Reshape", "b whole", "c"),
        node("Reshape", "c rows", "d"), node("MatMul", "d w"),
    ]  # fmt: skip
    tensors = {
        "apart": np.array([4, 2, 2, 4, 4]), "whole": np.array([4, -1, 4, 4]), "rows": np.array([4, 64]),
        "w": pictures(64, 5),
    }  # fmt: skip
    data = onnx_file(nodes, tensors, (4, 4, 4, 4))
    x = pictures(4, 4, 4, 4)
    found = read_onnx(data, "net.onnx")
    expected = computed(data, x)[0]
    for n in range(1, 5):
        assert np.allclose(logits(found, x[:n]), expected[:n], atol=1e-5)


def test_nothing_is_imported_before_a_file_is_read() -> None:
    code = "import sys, explorer.loading.onnx; print(sorted({'onnx', 'google.protobuf'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_trace_of_it_is_a_trace_like_any_other(image: explorer.ImageInput) -> None:
    found = read()
    network = network_of(found.module, input_size=found.input_size, name="net")
    trace = explorer.run(network, image, "top")
    assert np.allclose(trace.logits, logits(found, trace.prepared.tensor.numpy())[0], atol=1e-5)
    assert explorer.attribute(network, image, target=1).values.shape == network.layer(network.cam_layer).size
    again = pickle.loads(pickle.dumps(found.module.state_dict()))
    assert again.keys() == found.module.state_dict().keys()
