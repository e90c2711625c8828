#!/bin/sh
# torch loads its whole compiler to draw normal numbers for weights that have no memory.
#
# Expected: on the device "meta" nothing is drawn, so initialising weights there costs nothing: it is what one builds a
#   network on whose weights come from a checkpoint.
# Seen (torch 2.13.0): `nn.init.kaiming_normal_`, and `Tensor.normal_` under it, on a meta tensor import `torch._dynamo`
#   and sympy, some 1.3 s, once in a process, as long as `import torch` itself. `uniform_`, which `nn.Conv2d` and
#   `nn.Linear` draw with, imports nothing. Whoever builds torchvision's ResNets or EfficientNets so, which draw normal
#   numbers, waits twice as long for the first network.
# To read: https://docs.pytorch.org/docs/stable/meta.html
# In this project: `explorer/loading/skeleton.py`, where `normal_` is left out; `tests/unit/test_start.py`.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
cat > "$folder/draw.py" <<'PYTHON'
import sys
import time

import torch

weights = torch.empty(8, 3, 3, 3, device="meta")
started = time.perf_counter()
getattr(torch.nn.init, sys.argv[1])(weights)
took, compiler = time.perf_counter() - started, "torch._dynamo" in sys.modules
print(f"torch {torch.__version__}, {sys.argv[1]}: {took:.2f} s, compiler loaded: {compiler}")
assert weights.is_meta
assert compiler == (sys.argv[2] == "loads")
PYTHON
"$folder/venv/bin/python" "$folder/draw.py" kaiming_uniform_ "loads nothing"
"$folder/venv/bin/python" "$folder/draw.py" kaiming_normal_ loads
echo "as described"
