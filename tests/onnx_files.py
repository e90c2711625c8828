"""Small ONNX files, and what another runtime makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[Any]
Axes = Sequence[int | str]

_NEWEST_OF_ORT = 11  # of the format; onnx itself writes a newer one


def node(
    kind: str, inputs: str, outputs: str = "y", name: str = "", domain: str = "", **settings: Any
) -> onnx.NodeProto:
    """An operation; the names of what it reads and makes are separated by spaces, "_" for one that is left out."""
    read = [one.replace("_", "") if one == "_" else one for one in inputs.split()]
    return helper.make_node(kind, read, outputs.split(), name=name, domain=domain, **settings)


def onnx_file(
    nodes: Sequence[onnx.NodeProto], tensors: Mapping[str, Array] | None = None, shape: Axes = ("N", 3, 8, 8),
    result: str = "y", n_classes: int | str = "K", opset: int = 20, **model: Any,
) -> bytes:  # fmt: skip
    """A file that reads "x" of such a shape and gives `result`, (N, K)."""
    return graph_file(nodes, tensors or {}, [value("x", shape)], [value(result, (shape[0], n_classes))], opset, **model)


def graph_file(
    nodes: Sequence[onnx.NodeProto], tensors: Mapping[str, Array], inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto], opset: int = 20, **model: Any,
) -> bytes:  # fmt: skip
    """A file of any graph."""
    graph = helper.make_graph(
        list(nodes), "graph", list(inputs), list(outputs),
        [numpy_helper.from_array(np.asarray(array), name) for name, array in tensors.items()],
    )  # fmt: skip
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=_NEWEST_OF_ORT, **model)
    return made.SerializeToString()


def value(name: str, shape: Axes | None, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def computed(data: bytes, x: Array) -> list[Array]:
    """What onnxruntime makes of a picture, or of a batch."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})


def small_network(n_classes: int = 4, side: int | str = 16) -> tuple[list[onnx.NodeProto], dict[str, Array]]:
    """A convolution, a batch norm, a pooling and a dense layer, and their numbers."""
    rng = np.random.default_rng(0)

    def drawn(*shape: int) -> Array:
        return rng.normal(size=shape).astype(np.float32)

    tensors = {
        "conv.weight": drawn(6, 3, 3, 3), "conv.bias": drawn(6), "bn.weight": drawn(6), "bn.bias": drawn(6),
        "bn.mean": drawn(6), "bn.var": np.abs(drawn(6)) + 0.5, "fc.weight": drawn(n_classes, 6),
        "fc.bias": drawn(n_classes),
    }  # fmt: skip
    nodes = [
        node("Conv", "x conv.weight conv.bias", "a", "/conv/Conv", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("BatchNormalization", "a bn.weight bn.bias bn.mean bn.var", "b", "/bn/BatchNormalization", epsilon=1e-3),
        node("Relu", "b", "c", "/relu/Relu"),
        node("MaxPool", "c", "d", "/pool/MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
        node("GlobalAveragePool", "d", "e", "/gap/GlobalAveragePool"),
        node("Flatten", "e", "f", "/Flatten"),
        node("Gemm", "f fc.weight fc.bias", "y", "/fc/Gemm", transB=1),
    ]
    return nodes, tensors
