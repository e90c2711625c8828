"""Each operator of ONNX, with all its settings: what comes out is what onnxruntime computes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from explorer.loading.onnx import read_onnx
from explorer.networks.graph import trace_module
from tests.onnx_files import Array, computed, node, onnx_file

RNG = np.random.default_rng(7)


def drawn(*shape: int) -> Array:
    return RNG.normal(size=shape).astype(np.float32)


def whole(*numbers: int) -> Array:
    return np.array(numbers, np.int64)


def check(nodes: list[onnx.NodeProto], tensors: dict[str, Array], shape: tuple[int, ...], opset: int = 20) -> None:
    """From a picture "x" to "y", any numbers for each picture: of a file for any batch, and of one for one picture."""
    for n in ("N", 1):
        data = onnx_file([*nodes, node("Flatten", "y", "z")], tensors, (n, *shape), "z", opset=opset)
        module = read_onnx(data, "net.onnx").module
        x = drawn(3, *shape)
        with torch.no_grad():
            found = module(torch.from_numpy(x)).numpy()
            recorded = trace_module(module).run(torch.from_numpy(x))[0]
        assert np.array_equal(found, recorded)
        expected = computed(data, x)[0] if n == "N" else np.concatenate([computed(data, one[None])[0] for one in x])
        assert found.shape == expected.shape
        assert np.isfinite(expected).all()
        assert np.abs(found - expected).max() <= 1e-5 * max(1.0, np.abs(expected).max())


PADS = ([0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 0, 0], [0, 2, 1, 0])
AUTO = ("SAME_UPPER", "SAME_LOWER", "VALID")


def windows(kernels: list[list[int]], dilations: list[list[int]], *, pools: bool = False) -> Iterator[dict[str, Any]]:
    """The settings of windows that slide, as far as onnxruntime takes them."""
    borders: list[dict[str, Any]] = [*({"pads": pads} for pads in PADS), *({"auto_pad": auto} for auto in AUTO)]
    for kernel, stride, dilation, border in itertools.product(kernels, ([1, 1], [2, 2], [3, 1]), dilations, borders):
        is_same = border.get("auto_pad", "").startswith("SAME")
        if is_same and (dilation != [1, 1] or (pools and stride[0] > kernel[0])):
            continue  # it refuses them for convolutions, and for poolings leaves out the dilation
        if pools and any(p >= k for p, k in zip(border.get("pads", ()), kernel * 2, strict=False)):
            continue
        yield {"kernel_shape": kernel, "strides": stride, "dilations": dilation, **border}


@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("bias", ["", " b"])
def test_convolutions(groups: int, bias: str) -> None:
    for settings in windows([[3, 3], [1, 1], [2, 3]], [[1, 1], [2, 1]]):
        tensors = {"w": drawn(8, 4 // groups, *settings["kernel_shape"]), "b": drawn(8)}
        check([node("Conv", f"x w{bias}", group=groups, **settings)], tensors, (4, 9, 8))


@pytest.mark.parametrize("ceil_mode", [0, 1])
def test_max_poolings(ceil_mode: int) -> None:
    for settings in windows([[3, 3], [2, 2], [2, 3]], [[1, 1], [2, 1]], pools=True):
        pool = node("MaxPool", "r", ceil_mode=ceil_mode, **settings)
        for before in ("Relu", "Neg"):  # behind a ReLU a border of zeros is as good as one of the lowest values
            check([node(before, "x", "r"), pool], {}, (2, 9, 8))


@pytest.mark.parametrize("ceil_mode", [0, 1])
@pytest.mark.parametrize("counts", [0, 1])
def test_average_poolings(ceil_mode: int, counts: int) -> None:
    for settings in windows([[3, 3], [2, 2], [2, 3]], [[1, 1]], pools=True):
        del settings["dilations"]
        check([node("AveragePool", "x", ceil_mode=ceil_mode, count_include_pad=counts, **settings)], {}, (2, 9, 8))


ONE_EACH: dict[str, list[onnx.NodeProto]] = {
    **{kind: [node(kind, "x")] for kind in (
        "Relu", "Tanh", "HardSwish", "Softplus", "Softsign", "LeakyRelu", "Elu", "Celu", "Selu",
        "HardSigmoid", "Gelu", "GlobalAveragePool", "GlobalMaxPool", "Exp", "Erf", "Abs", "Neg", "Ceil", "Floor",
        "Sign", "Identity", "Dropout", "Mish",
    )},
    "leaky": [node("LeakyRelu", "x", alpha=0.3)],
    "elu": [node("Elu", "x", alpha=0.3)],
    "celu": [node("Celu", "x", alpha=0.3)],
    "selu": [node("Selu", "x", alpha=1.1, gamma=0.9)],
    "hard sigmoid as torch's": [node("HardSigmoid", "x", alpha=1 / 6, beta=0.5)],
    "hard sigmoid": [node("HardSigmoid", "x", alpha=0.3, beta=0.4)],
    "gelu by tanh": [node("Gelu", "x", approximate="tanh")],
    "relu6": [node("Clip", "x zero six")],
    "clip": [node("Clip", "x low high")],
    "clip above": [node("Clip", "x _ high")],
    "clip below": [node("Clip", "x low")],
    "prelu": [node("PRelu", "x slopes")],
    "prelu of one": [node("PRelu", "x low")],
    "sigmoid": [node("Sigmoid", "x", "s"), node("Mul", "s two")],
    "silu": [node("Sigmoid", "x", "s"), node("Mul", "s x")],
    "hard swish by parts": [node("HardSigmoid", "x", "s", alpha=1 / 6, beta=0.5), node("Mul", "x s")],
    "hard sigmoid by parts": [node("Add", "x three", "p"), node("Clip", "p zero six", "q"), node("Div", "q six")],
    "hard swish by more parts": [
        node("Add", "x three", "p"), node("Clip", "p zero six", "q"), node("Mul", "x q", "r"), node("Div", "r six"),
    ],
    "mish by parts": [node("Softplus", "x", "s"), node("Tanh", "s", "t"), node("Mul", "x t")],
    "gelu by erf": [
        node("Div", "x root", "p"), node("Erf", "p", "q"), node("Add", "q one", "r"), node("Mul", "x r", "s"),
        node("Mul", "s half"),
    ],
    "gelu by erf, otherwise": [
        node("Div", "x root", "p"), node("Erf", "p", "q"), node("Add", "one q", "r"), node("Mul", "half x", "s"),
        node("Mul", "s r"),
    ],
    "x times the sigmoid of another": [node("Sigmoid", "x", "s"), node("Abs", "x", "a"), node("Mul", "a s")],
    "batch norm": [node("BatchNormalization", "x w b m v", epsilon=0.01)],
    "layer norm": [node("LayerNormalization", "x rows rows2", axis=-1, epsilon=1e-3)],
    "layer norm of maps": [node("LayerNormalization", "x maps", axis=2)],
    "layer norm by parts": [
        node("ReduceMean", "x axis3", "p"), node("Sub", "x p", "q"), node("Pow", "q two", "r"),
        node("ReduceMean", "r axis3", "s"), node("Add", "s small", "t"), node("Sqrt", "t", "u"),
        node("Div", "q u", "n"), node("Mul", "n rows", "o"), node("Add", "o rows2"),
    ],
    "layer norm by other parts": [
        node("ReduceMean", "x axes", "p"), node("Sub", "x p", "q"), node("Mul", "q q", "r"),
        node("ReduceMean", "r axes", "s"), node("Add", "small s", "t"), node("Sqrt", "t", "u"), node("Div", "q u"),
    ],
    "almost a layer norm": [
        node("ReduceMean", "x axis3", "p"), node("Sub", "x p", "q"), node("Mul", "q q", "r"),
        node("ReduceMean", "r axes", "s"), node("Add", "small s", "t"), node("Sqrt", "t", "u"), node("Div", "q u"),
    ],
    "instance norm": [node("InstanceNormalization", "x w b", epsilon=1e-3)],
    "lrn": [node("LRN", "x", size=3, alpha=0.2, beta=0.6, bias=1.5)],
    "lp norm": [node("LpNormalization", "x", axis=1, p=2)],
    "add a constant": [node("Add", "x c")], "add to a constant": [node("Add", "c x")],
    "from a constant": [node("Sub", "c x")], "subtract": [node("Sub", "x c")], "from one": [node("Sub", "one x")],
    "multiply maps": [node("Mul", "x c")], "divide": [node("Div", "x c")],
    "divide one": [node("Abs", "x", "a"), node("Add", "a one", "d"), node("Div", "one d")],
    "square": [node("Pow", "x two")], "root": [node("Abs", "x", "a"), node("Sqrt", "a")],
    "log": [node("Abs", "x", "a"), node("Add", "a one", "d"), node("Log", "d")],
    "reciprocal": [node("Abs", "x", "a"), node("Add", "a one", "d"), node("Reciprocal", "d")],
    "sum": [node("Sum", "x c x")], "max": [node("Max", "x low c")], "min": [node("Min", "x high c")],
    "max of zero": [node("Max", "zero x")],
    "mean of maps": [node("ReduceMean", "x axes", keepdims=1)],
    "mean of maps, flat": [node("ReduceMean", "x axes", keepdims=0)],
    "mean of channels": [node("ReduceMean", "x axis1", keepdims=1)],
    "highest": [node("ReduceMax", "x axes", keepdims=0)], "lowest": [node("ReduceMin", "x axes")],
    "total": [node("ReduceSum", "x axis1", keepdims=0)], "no axes": [node("ReduceSum", "x", noop_with_empty_axes=1)],
    "concat": [node("Concat", "x x", axis=1)],
    "concat rows": [node("Neg", "x", "n"), node("Concat", "x n x", axis=-1)],
    "split": [node("Split", "x sizes", "a b2", axis=1), node("Concat", "b2 a", axis=1)],
    "split evenly": [node("Split", "x", "a b2", axis=2, num_outputs=2), node("Sub", "a b2")],
    "split unevenly": [node("Split", "x", "a b2 c2", axis=2, num_outputs=3), node("Concat", "c2 a b2", axis=2)],
    "slice": [node("Slice", "x starts ends sliced steps")],
    "slice backwards": [node("Slice", "x last first axis3 back")],
    "slice from the end": [node("Slice", "x minus ends2 axis3")],
    "flatten twice": [node("Flatten", "x", "f"), node("Reshape", "f shape")],
    "shuffle": [node("Reshape", "x shuffled", "r"), node("Transpose", "r", "t", perm=[0, 2, 1, 3, 4]),
                node("Reshape", "t back4")],
    "reshape by zeros": [node("Reshape", "x zeros")],
    "squeeze": [node("GlobalAveragePool", "x", "g"), node("Squeeze", "g axes", "s"), node("Unsqueeze", "s axes")],
    "transpose": [node("Transpose", "x", perm=[0, 2, 3, 1])],
    "there and back": [node("Transpose", "x", "t", perm=[0, 2, 3, 1]), node("Relu", "t", "r"),
                       node("Transpose", "r", perm=[0, 3, 1, 2])],
    "pad": [node("Pad", "x pads")], "pad by a value": [node("Pad", "x pads low")],
    "pad channels": [node("Pad", "x deep")], "reflect": [node("Pad", "x pads", mode="reflect")],
    "edge": [node("Pad", "x pads", mode="edge")], "pad some axes": [node("Pad", "x few _ axes")],
    "pad and cut": [node("Pad", "x shift")],
    "length of a vector": [node("ReduceL2", "x axes")],
    "sum of squares": [node("ReduceSumSquare", "x axis1", keepdims=0)],
    "gather": [node("Gather", "x order", axis=1)], "gather one": [node("Gather", "x one_index", axis=2)],
    "gather a table": [node("Gather", "x table", axis=1)],
    "expand": [node("GlobalAveragePool", "x", "g"), node("Shape", "x", "s"), node("Expand", "g s")],
    "tile": [node("Tile", "x twice")],
    "depth to space": [node("DepthToSpace", "x", blocksize=2)],
    "depth to space, CRD": [node("DepthToSpace", "x", blocksize=2, mode="CRD")],
    "space to depth": [node("SpaceToDepth", "x", blocksize=2)],
    "enlarge": [node("Resize", "x _ larger", coordinate_transformation_mode="asymmetric", nearest_mode="floor")],
    "enlarge by the nearest centre": [node("Resize", "x _ larger")],
    "enlarge linearly": [node("Resize", "x _ larger", mode="linear")],
    "enlarge to a size": [
        node("Shape", "x", "s", end=2), node("Concat", "s wanted", "t", axis=0),
        node("Resize", "x _ _ t", mode="linear"),
    ],
    "enlarge to the same size": [node("Shape", "x", "s"), node("Resize", "x _ _ s")],
    "where": [node("Where", "chosen x c")],
    "softmax": [node("Softmax", "x", "s", axis=1), node("Mul", "s two")],
    "log softmax": [node("LogSoftmax", "x", "s", axis=-1), node("Mul", "s two")],
    "matmul of rows": [node("MatMul", "x square")],
    "matmul and bias": [node("MatMul", "x square", "p"), node("Add", "bias p")],
    "convolution and bias": [node("Conv", "x w11", "k"), node("Add", "k c")],
    "shape arithmetic": [
        node("Shape", "x", "s"), node("Gather", "s first_axis", "n", axis=0), node("Gather", "s axis1", "ch", axis=0),
        node("Mul", "ch two_whole", "double"), node("Div", "double two_whole", "again"),
        node("Concat", "n again rest", "to", axis=0), node("Reshape", "x to"),
    ],
    "zeros for each picture": [
        node("Shape", "x", "s"), node("ConstantOfShape", "s", "zeros_like"), node("Add", "x zeros_like"),
    ],
    "a range of numbers": [
        node("Range", "r0 r8 r1", "numbers"), node("Cast", "numbers", "fractions", to=1), node("Mul", "x fractions"),
    ],
    "identity of a weight": [node("Identity", "w11", "w2"), node("Conv", "x w2")],
    "casts": [node("Cast", "x", "d", to=11), node("Cast", "d", to=1)],
    "size": [node("Size", "c", "n"), node("Cast", "n", "f", to=1), node("Div", "x f")],
}  # fmt: skip

TENSORS: dict[str, Any] = {
    "zero": np.float32(0), "one": np.float32(1), "two": np.float32(2), "three": np.float32(3), "six": np.float32(6),
    "half": np.float32(0.5), "root": np.float32(np.sqrt(2)), "low": np.float32(-0.3), "high": np.float32(0.7),
    "slopes": drawn(4, 1, 1), "w": drawn(4), "b": drawn(4), "m": drawn(4), "v": np.abs(drawn(4)) + 0.5,
    "rows": drawn(8), "rows2": drawn(8), "maps": drawn(8, 8), "c": np.abs(drawn(4, 1, 1)) + 0.5, "axes": whole(2, 3),
    "axis1": whole(1), "axis3": whole(3), "sizes": whole(1, 3), "starts": whole(1, 0), "ends": whole(4, 7),
    "sliced": whole(1, 3), "steps": whole(1, 2), "last": whole(-1), "first": whole(-100), "back": whole(-2),
    "minus": whole(-3), "ends2": whole(2**62), "shape": whole(-1, 8, 4, 8), "shuffled": whole(0, 2, 2, 8, 8),
    "back4": whole(0, 4, 8, 8), "zeros": whole(0, -1, 0), "pads": whole(0, 0, 1, 0, 0, 0, 2, 1),
    "deep": whole(0, 1, 0, 0, 0, 2, 0, 0), "few": whole(1, 0, 0, 2), "order": whole(3, 0, -2, 1),
    "one_index": np.int64(5), "table": np.array([[0, 1], [3, 2]]), "shift": whole(0, 0, -1, 0, 0, 0, 1, -2),
    "small": np.float32(1e-3), "twice": whole(1, 2, 1, 1),
    "chosen": np.array([True, False] * 4), "square": drawn(8, 8), "bias": drawn(8), "w11": drawn(4, 4, 1, 1),
    "first_axis": whole(0), "two_whole": whole(2), "rest": whole(-1), "r0": np.int64(0), "r8": np.int64(8),
    "r1": np.int64(1), "larger": np.float32([1, 1, 2, 3]), "wanted": whole(16, 24),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_EACH)
def test_operators(name: str) -> None:
    nodes = ONE_EACH[name]
    read = {one for made in nodes for one in made.input}
    check(nodes, {key: array for key, array in TENSORS.items() if key in read}, (4, 8, 8))


# As older sets of operators have it, where settings were what is read today, or meant something else.
OLDER: dict[str, tuple[int, list[onnx.NodeProto]]] = {
    "clip, 7": (7, [node("Clip", "x", min=0.0, max=6.0)]),
    "clip from below, 10": (10, [node("Clip", "x", min=-0.25)]),
    "clip without bounds, 7": (7, [node("Neg", "x", "n"), node("Clip", "n")]),
    "pad, 10": (10, [node("Pad", "x", pads=[0, 0, 1, 0, 0, 0, 2, 1], value=0.5)]),
    "slice, 9": (9, [node("Slice", "x", starts=[1, 0], ends=[4, -1], axes=[1, 3])]),
    "split, 11": (11, [node("Split", "x", "p q", axis=1, split=[1, 3]), node("Concat", "q p", axis=1)]),
    "squeeze, 11": (11, [
        node("GlobalAveragePool", "x", "g"), node("Squeeze", "g", "s", axes=[2, 3]),
        node("Unsqueeze", "s", axes=[2, 3]),
    ]),
    "sum, 11": (11, [node("ReduceSum", "x", axes=[2, 3], keepdims=0)]),
    "mean, 9": (9, [node("ReduceMean", "x", axes=[2, 3])]),
    "highest, 13": (13, [node("ReduceMax", "x", axes=[1])]),
    "dropout, 7": (7, [node("Dropout", "x", ratio=0.5)]),
    "softmax over all that follows, 11": (11, [node("Softmax", "x", "s", axis=2), node("Mul", "s two")]),
    "log softmax over all that follows, 9": (9, [node("LogSoftmax", "x", "s"), node("Mul", "s two")]),
    "average pooling, 7": (7, [node("AveragePool", "x", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)]),
    "max pooling, 8": (8, [node("MaxPool", "x", kernel_shape=[3, 3], strides=[2, 2])]),
    "resize, 10": (10, [node("Resize", "x larger")]),
    "upsample, 9": (9, [node("Upsample", "x larger")]),
    "upsample by a setting, 7": (7, [node("Upsample", "x", scales=[1.0, 1.0, 2.0, 2.0])]),
    "upsample to the same size, 9": (9, [node("Upsample", "x scales")]),
    "batch norm, 9": (9, [node("BatchNormalization", "x w b m v")]),
    "group norm, 18": (18, [node("GroupNormalization", "x halves halves2", num_groups=2)]),
    "group norm, 21": (21, [node("GroupNormalization", "x w b", num_groups=2)]),
    "prelu, 7": (7, [node("PRelu", "x slopes")]),
    "flatten, 9": (9, [node("Flatten", "x")]),
    "gemm, 9": (9, [node("Flatten", "x", "f"), node("Gemm", "f tall bias", alpha=0.5, beta=2.0)]),
    "gemm without bias, 11": (11, [node("Flatten", "x", "f"), node("Gemm", "f wide", transB=1)]),
}  # fmt: skip
TENSORS |= {
    "scales": np.ones(4, np.float32), "halves": drawn(2), "halves2": drawn(2), "tall": drawn(256, 8),
    "wide": drawn(8, 256),
}  # fmt: skip


@pytest.mark.parametrize("name", OLDER)
def test_operators_of_older_sets(name: str) -> None:
    opset, nodes = OLDER[name]
    read = {one for made in nodes for one in made.input}
    check(nodes, {key: array for key, array in TENSORS.items() if key in read}, (4, 8, 8), opset)


# What exporters write as several operations, and what is shown of each.
AS_ONE = {
    "silu": "SiLU", "hard swish by parts": "Hardswish", "hard sigmoid by parts": "Hardsigmoid",
    "hard swish by more parts": "Hardswish", "mish by parts": "Mish", "gelu by erf": "GELU",
    "gelu by erf, otherwise": "GELU", "relu6": "ReLU6", "max of zero": "ReLU", "hard sigmoid as torch's": "Hardsigmoid",
    "mean of maps": "AdaptiveAvgPool2d", "mean of maps, flat": "mean", "matmul of rows": "Linear",
    "matmul and bias": "Linear", "convolution and bias": "Conv2d", "there and back": "permute ReLU permute",
    "identity of a weight": "Conv2d", "pad": "ZeroPad2d", "layer norm by parts": "LayerNorm", "add a constant": "add",
    "concat": "cat", "multiply maps": "mul", "shape arithmetic": "reshape", "enlarge": "Upsample",
    "expand": "AdaptiveAvgPool2d broadcast_to", "x times the sigmoid of another": "abs Sigmoid mul",
}  # fmt: skip


@pytest.mark.parametrize(("name", "operations"), AS_ONE.items())
def test_several_operations_that_are_one(name: str, operations: str) -> None:
    nodes = [*ONE_EACH[name], node("Flatten", "y", "z")]
    read = {one for made in nodes for one in made.input}
    tensors = {key: array for key, array in TENSORS.items() if key in read}
    graph = trace_module(read_onnx(onnx_file(nodes, tensors, ("N", 4, 8, 8), "z"), "net.onnx").module)
    found = [graph.operation(one) for one in graph.nodes]
    assert found == [*operations.split(), *(["flatten"] if name != "mean of maps, flat" else [])]
