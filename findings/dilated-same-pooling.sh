#!/bin/sh
# onnxruntime makes maps of another size than ONNX says, of a dilated max pooling with "same" padding.
#
# Expected: with auto_pad SAME_UPPER or SAME_LOWER there are ceil(size / stride) places, whatever the dilation: so the
#   standard says, and so onnx's shape inference and its reference implementation have it.
# Seen (onnxruntime 1.32.0, onnx 1.23.2): a pooling of 3 x 3, dilation 2, stride 1, over 9 x 9 cells gives 7 x 7 instead
#   of 9 x 9: the padding is worked out for a window without dilation. It warns that the shape is not the expected one,
#   and goes on; a flattening behind it reads other numbers. Convolutions of this kind it refuses.
# To read: https://onnx.ai/onnx/operators/onnx__MaxPool.html, auto_pad.
# In this project: `explorer/loading/onnx/operators/windows.py`; `tests/unit/test_onnx_operators.py`, which leaves these
#   out where it compares with onnxruntime.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

print("onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__)
x = np.random.default_rng(0).random((1, 1, 9, 9), np.float32)
for auto_pad in ("SAME_UPPER", "SAME_LOWER"):
    pooling = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[3, 3], dilations=[2, 2], auto_pad=auto_pad)
    graph = helper.make_graph(
        [pooling], "graph", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    (reference,) = ReferenceEvaluator(model).run(None, {"x": x})
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": x})
    print(f"{auto_pad}: {reference.shape[2:]} by the standard's reference, {found.shape[2:]} by onnxruntime")
    assert reference.shape == (1, 1, 9, 9)
    assert found.shape == (1, 1, 7, 7)
print("as described")
PYTHON
