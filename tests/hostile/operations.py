"""ONNX files whose operations do not fit, or ask for more memory or time than there is."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from onnx import helper

from tests.hostile.networks import BadNetwork
from tests.onnx_files import Array, node, onnx_file

HUGE = 2**40


def doubled(first: str, axis: int) -> list[onnx.NodeProto]:
    """Forty times as much again, along an axis: v, vv, vvv ..."""
    values = [first, *("v" * n for n in range(1, 41))]
    return [node("Concat", f"{one} {one}", other, axis=axis) for one, other in itertools.pairwise(values)]


def bombs() -> Iterator[BadNetwork]:
    """Files that unfold: each asks for more memory, or time, than there is."""

    def made(nodes: list[onnx.NodeProto], **tensors: Any) -> bytes:
        ends = [node("Add", "x big", "s"), node("Flatten", "s")]
        return onnx_file([*nodes, *ends], {key: np.asarray(one) for key, one in tensors.items()}, ("N", 3, 8, 8))

    shape = np.array([10**6, 10**6])
    constants = {
        "filled": (made([node("ConstantOfShape", "n", "big")], n=shape)),
        "expanded": made([node("Expand", "one n", "big")], one=np.float32([1]), n=shape),
        "tiled": made([node("Tile", "one n", "big")], one=np.float32([[1]]), n=shape),
        "a range": made([node("Range", "a b c", "big")], a=np.int64(0), b=np.int64(10**12), c=np.int64(1)),
        "a range of tiny steps": made(
            [node("Range", "a b c", "big")], a=np.float32(0), b=np.float32(1), c=np.float32(1e-12)
        ),
        "a range without steps": made([node("Range", "a b c", "big")], a=np.int64(0), b=np.int64(9), c=np.int64(0)),
        "rows by columns": made(
            [node("Mul", "a b", "big")], a=np.ones((30_000, 1), np.float32), b=np.ones((1, 30_000), np.float32)
        ),
        "a product": made(
            [node("MatMul", "a b", "big")], a=np.ones((30_000, 1), np.float32), b=np.ones((1, 30_000), np.float32)
        ),
        "doubled": made([*doubled("a", 0), node("Relu", "v" * 40, "big")], a=np.ones(9, np.float32)),
        "looked up": made([node("Gather", "a i", "b"), node("Gather", "b i", "c"), node("Gather", "c i", "big")],
                          a=np.ones(1000, np.float32), i=np.zeros((100, 1000), np.int64)),
        "many times": made([
            *(node("ConstantOfShape", "n", f"z{i}") for i in range(60)),
            *(node("Add", f"z{i} z{i}", f"t{i}") for i in range(60)),
            node("Sum", " ".join(f"t{i}" for i in range(60)), "big"),
        ], n=np.array([2000, 2000])),
        "a filled shape of shapes": made([node("ConstantOfShape", "n", "big")], n=np.full(5000, 1)),
        "negative lengths": made([node("ConstantOfShape", "n", "big")], n=np.array([-5, -5])),
    }  # fmt: skip
    for name, data in constants.items():
        yield BadNetwork(f"constants: {name}", data, ("more of its constants", "asks", "cannot be run", "repeats"))

    def maps(*nodes: onnx.NodeProto, **tensors: Any) -> bytes:
        return onnx_file([*nodes, node("Flatten", "m")], {key: np.asarray(one) for key, one in tensors.items()})

    weight = np.ones((1, 3, 1, 1), np.float32)
    large = {
        "expanded": maps(node("Expand", "x n", "m"), n=np.array([1, 3, 8, 8]) * 10**6),
        "expanded again": maps(node("GlobalAveragePool", "x", "g"), node("Expand", "g n", "m"), n=[1, 3, 10**5, 10**5]),
        "tiled": maps(node("Tile", "x n", "m"), n=[1, 1, 10**6, 10**6]),
        "a border": maps(node("Pad", "x n", "m"), n=[0, 0, HUGE, 0, 0, 0, 0, 0]),
        "a large border": maps(node("Pad", "x n", "m"), n=[0, 0, 10**6, 10**6, 0, 0, 0, 0]),
        "a border of a convolution": maps(node("Conv", "x w", "m", pads=[10**6] * 4), w=weight),
        "doubled": onnx_file([*doubled("x", 1), node("Flatten", "v" * 40)]),
        "a large window": maps(node("MaxPool", "x", "m", kernel_shape=[10**6, 10**6], pads=[10**6] * 4)),
        "a mean of a large window": maps(node("AveragePool", "x", "m", kernel_shape=[10**5] * 2, pads=[99_999] * 4)),
        "one weight many times": onnx_file(
            [*(node("Gemm", "f w", f"g{i}") for i in range(900)), node("Flatten", "x", "f"),
             node("Sum", " ".join(f"g{i}" for i in range(900)))], {"w": np.ones((192, 6000), np.float32)}),
    }  # fmt: skip
    for name, data in large.items():
        yield BadNetwork(
            f"maps: {name}", data, ("make ", "cannot be run", "border", "kernel", "window", "repeats", "constants")
        )


def misfits() -> Iterator[BadNetwork]:
    """Settings and shapes that do not fit."""

    def file(*nodes: onnx.NodeProto, opset: int = 20, **tensors: Any) -> bytes:
        arrays: dict[str, Array] = {key: np.asarray(one) for key, one in tensors.items()}
        return onnx_file([*nodes, node("Flatten", "m")], arrays, ("N", 4, 8, 8), opset=opset)

    w = np.ones((4, 4, 3, 3), np.float32)
    convolutions: dict[str, dict[str, Any]] = {
        "strides 0": {"strides": [0, 1]}, "strides below 0": {"strides": [-1, -1]},
        "huge strides": {"strides": [HUGE] * 2},
        "dilations 0": {"dilations": [0, 0]}, "dilations below 0": {"dilations": [-2, 1]},
        "borders below 0": {"pads": [-1] * 4},
        "three borders": {"pads": [1, 1, 1]}, "another kernel": {"kernel_shape": [5, 5]},
        "one stride": {"strides": [2]},
        "groups 0": {"group": 0}, "groups below 0": {"group": -4}, "groups that do not divide": {"group": 3},
        "groups of other channels": {"group": 2}, "a border of another name": {"auto_pad": "SOME"},
        "huge dilations": {"dilations": [10**5] * 2}, "strides that are fractions": {"strides": [1.5, 1.5]},
        "strides that are text": {"strides": "12"}, "borders that are a number": {"pads": 1},
    }  # fmt: skip
    for name, settings in convolutions.items():
        yield BadNetwork(f"convolution: {name}", file(node("Conv", "x w", "m", **settings), w=w), (
            "gives", "does not fit", "cannot be run",
        ))  # fmt: skip
    for shape in (
        (4,),
        (4, 4, 3),
        (4, 4, 3, 3, 3),
        (0, 4, 3, 3),
        (4, 0, 3, 3),
        (4, 4, 0, 3),
        (4, 3, 3, 3),
        (4, 4, 9, 9),
    ):
        data = file(node("Conv", "x w", "m"), w=np.ones(shape, np.float32))
        yield BadNetwork(f"convolution: weight {shape}", data, ("axes", "does not fit", "kernel", "cannot be run"))
    one = np.ones(4, np.float32)
    others: dict[str, bytes] = {
        "weights made of the picture": file(node("Conv", "x x", "m")),
        "a constant to convolve": file(node("Conv", "w w", "m"), w=w),
        "a bias of 5": file(node("Conv", "x w b", "m"), w=w, b=np.ones(5, np.float32)),
        "a convolution of rows": file(node("Flatten", "x", "f"), node("Conv", "f w", "m"), w=w),
        "batch norm of 3": file(node("BatchNormalization", "x o o o p", "m"), o=one[:3], p=one[:3]),
        "batch norm of 4 and 3": file(node("BatchNormalization", "x o o o p", "m"), o=one, p=one[:3]),
        "batch norm in training": file(node("BatchNormalization", "x o o o o", "m", training_mode=1), o=one),
        "no input": file(node("Relu", "", "m")), "one input for two": file(node("Add", "x", "m")),
        "softmax of axis 9": file(node("Softmax", "x", "s", axis=9), node("Relu", "s", "m")),
        "concat of axis 9": file(node("Concat", "x x", "m", axis=9)),
        "concat of pictures": file(node("Concat", "x x", "m", axis=0)),
        "concat of other sizes": file(node("GlobalAveragePool", "x", "g"), node("Concat", "x g", "m", axis=1)),
        "flatten of axis 9": file(node("Flatten", "x", "f", axis=9), node("Relu", "f", "m")),
        "mean of axis 9": file(node("ReduceMean", "x a", "m"), a=[9]),
        "mean of the pictures": file(node("ReduceMean", "x a", "m"), a=[0]),
        "mean of all": file(node("ReduceMean", "x", "m")),
        "unsqueezed twice": file(node("Unsqueeze", "x a", "m"), a=[2, 2]),
        "squeezed 8": file(node("Squeeze", "x a", "m"), a=[2]),
        "an order of axes": file(node("Transpose", "x", "m", perm=[0, 1, 1, 2])),
        "an order of huge axes": file(node("Transpose", "x", "m", perm=[0, HUGE, 1, 2])),
        "reshaped": file(node("Reshape", "x a", "m"), a=[-1, 7]),
        "reshaped by two unknowns": file(node("Reshape", "x a", "m"), a=[-1, -1]),
        "reshaped by -2": file(node("Reshape", "x a", "m"), a=[-2, 4]),
        "reshaped to nothing": file(node("Reshape", "x a", "m", allowzero=1), a=[0, -1]),
        "reshaped by the picture": file(node("Reshape", "x x", "m")),
        "reshaped to many axes": file(node("Reshape", "x a", "m"), a=[-1] + [1] * 999),
        "split unevenly": file(node("Split", "x a", "m n", axis=1), a=[1, 1]),
        "split below 0": file(node("Split", "x a", "m n", axis=1), a=[5, -1]),
        "split in many": file(node("Split", "x", "m " + " ".join(f"n{i}" for i in range(50)), axis=1)),
        "sliced by 0": file(node("Slice", "x a b a s", "m"), a=[0], b=[9], s=[0]),
        "sliced to nothing": file(node("Slice", "x b a c", "m"), a=[1], b=[5], c=[1]),
        "sliced by few": file(node("Slice", "x a b", "m"), a=[0], b=[9, 9]),
        "one picture of many": file(node("Slice", "x a b c", "m"), a=[1], b=[2], c=[0]),
        "looked up far away": file(node("Gather", "x a", "m", axis=1), a=[9]),
        "looked up by fractions": file(node("Gather", "x a", "m", axis=1), a=[0.5]),
        "the first picture": file(node("Gather", "x a", "m", axis=0), a=np.int64(0)),
        "a border that leaves nothing": file(node("Pad", "x a", "m"), a=[0, 0, -5, 0, 0, 0, -5, 0]),
        "a mirror below 0": file(node("Pad", "x a", "m", mode="reflect"), a=[0, 0, -1, -1, 0, 0, 0, 0]),
        "few borders": file(node("Pad", "x a", "m"), a=[1, 1]),
        "a border around pictures": file(node("Pad", "x a", "m"), a=[1, 0, 0, 0, 0, 0, 0, 0]),
        "a mirror wider than the map": file(node("Pad", "x a", "m", mode="reflect"), a=[0, 0, 9, 9, 0, 0, 9, 9]),
        "a border of another kind": file(node("Pad", "x a", "m", mode="wrap"), a=[0, 0, 1, 1, 0, 0, 0, 0]),
        "two pads of text": file(node("Pad", "x a", "m"), a=[0.5] * 8),
        "blocks of 3": file(node("DepthToSpace", "x", "m", blocksize=3)),
        "blocks of 0": file(node("SpaceToDepth", "x", "m", blocksize=0)),
        "half as large again": file(node("Resize", "x _ s", "m"), s=np.float32([1, 1, 1.5, 1.5])),
        "made smaller": file(node("Resize", "x _ s", "m"), s=np.float32([1, 1, 0.5, 0.5])),
        "more channels": file(node("Resize", "x _ s", "m"), s=np.float32([1, 2, 1, 1])),
        "enlarged by cubes": file(node("Resize", "x _ s", "m", mode="cubic"), s=np.float32([1, 1, 2, 2])),
        "enlarged by corners": file(
            node("Resize", "x _ s", "m", mode="linear", coordinate_transformation_mode="align_corners"),
            s=np.float32([1, 1, 2, 2]),
        ),
        "enlarged between corners, as it was at first": file(
            node("Upsample", "x s", "m", mode="linear"), s=np.float32([1, 1, 2, 2]), opset=9
        ),
        "enlarged far": file(node("Resize", "x _ s", "m"), s=np.float32([1, 1, 1e9, 1e9])),
        "enlarged by no number": file(node("Resize", "x _ s", "m"), s=np.float32([1, 1, np.nan, np.inf])),
        "enlarged to nothing": file(node("Resize", "x _ _ s", "m"), s=[1, 4, 0, 0]),
        "other sizes": file(node("Add", "x o", "m"), o=np.ones((4, 7, 8), np.float32)),
        "slopes of 3": file(node("PRelu", "x o", "m"), o=np.ones((3, 1, 1), np.float32)),
        "groups of 3": file(node("GroupNormalization", "x o o", "m", num_groups=3), o=one),
        "a norm over 4": file(node("LRN", "x", "m", size=4)), "a norm over many": file(node("LRN", "x", "m", size=99)),
        "a norm of pictures": file(node("LayerNormalization", "x o", "m", axis=0), o=one),
        "a norm of 4": file(node("LayerNormalization", "x o", "m"), o=one),
        "to whole numbers": file(node("Cast", "x", "m", to=7)), "to text": file(node("Cast", "x", "m", to=8)),
        "as one picture has": file(node("Shape", "x", "s"), node("Cast", "s", "t", to=1), node("Gather", "t a", "u"),
                                   node("Mul", "x u", "m"), a=np.int64(0)),
        "text as a constant": file(helper.make_node("Constant", [], ["t"], value_string="t"), node("Add", "x t", "m")),
        "no constant": file(helper.make_node("Constant", [], ["t"]), node("Add", "x t", "m")),
        "places of a pooling": file(node("MaxPool", "x", "m i", kernel_shape=[2, 2])),
        "no kernel": file(node("MaxPool", "x", "m")), "kernel 0": file(node("MaxPool", "x", "m", kernel_shape=[0, 0])),
        "a kernel below 0": file(node("AveragePool", "x", "m", kernel_shape=[-3, 3])),
        "a kernel that is too wide": file(node("AveragePool", "x", "m", kernel_shape=[9, 9])),
        "a spread mean": file(node("AveragePool", "x", "m", kernel_shape=[2, 2], dilations=[2, 2])),
        "rows of 100": file(node("MatMul", "x w", "m"), w=np.ones((100, 3), np.float32)),
        "rows of none": file(node("MatMul", "x w", "m"), w=np.ones((8, 0), np.float32)),
        "turned rows": file(node("Flatten", "x", "f"), node("Gemm", "f w", "m", transA=1),
                            w=np.ones((256, 3), np.float32)),
        "a bias of rows": file(node("Flatten", "x", "f"), node("Gemm", "f w b", "m"), w=np.ones((256, 3), np.float32),
                               b=np.ones((7, 3), np.float32)),
        "no numbers": file(node("Clip", "x o", "m"), o=one),
        "axis as text": file(node("Softmax", "x", "s", axis="one"), node("Relu", "s", "m")),
        "alpha as text": file(node("LeakyRelu", "x", "m", alpha="a")),
        "axes as a number": file(node("ReduceMean", "x", "m", axes=2), opset=11),
    }  # fmt: skip
    for name, data in others.items():
        yield BadNetwork(f"misfit: {name}", data, ("",))
