#!/bin/sh
# Keras's average pooling with padding "same" gives other numbers with PyTorch than with JAX.
#
# Expected: one network of one file computes the same whatever library Keras works with. A window that reaches over the
#   edge is divided by the number of cells that lie in the map, as in TensorFlow, from which "same" comes.
# Seen (keras 3.15.1, torch 2.13.0, jax 0.10.0): where more cells are missing behind the map than before it, Keras pads
#   the map itself for PyTorch, with copies of its edge, and divides by all cells. A map of two rows of 0 and 1 under a
#   window of 3 rows and steps of 2 becomes 0.667 instead of 0.5. With JAX it is 0.5.
# To read: keras/src/backend/torch/nn.py, average_pool and _apply_same_padding.
# In this project: `explorer/loading/keras/windows.py` pools as TensorFlow does; `tests/unit/test_keras_files.py`.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 torch==2.13.0 jax==0.10.0
for backend in jax torch; do
    KERAS_BACKEND=$backend "$folder/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np

x = np.float32([0, 1]).reshape(1, 2, 1, 1)
pooled = keras.ops.average_pool(x, (3, 1), strides=2, padding="same", data_format="channels_last")
found = float(keras.ops.convert_to_numpy(pooled).ravel()[0])
print(f"{keras.backend.backend()}: {found:.3f}")
assert abs(found - {"jax": 0.5, "torch": 2 / 3}[keras.backend.backend()]) < 1e-6
PYTHON
done
echo "as described"
