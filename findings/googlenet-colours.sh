#!/bin/sh
# A file of GoogLeNet's weights does not say whether the network transforms its colours.
#
# Expected: torchvision's state dict holds all that its network computes with, so a strict load gives its answers again.
# Seen (torchvision 0.28.0): `transform_input` is an attribute, not a buffer. googlenet(weights=None) is built without
#   it, googlenet(weights=...) with it; one state dict loads strictly into both, and their answers differ. Inception v3
#   is the same.
# To read: torchvision/models/googlenet.py, the arguments of GoogLeNet and what the builder sets for weights.
# In this project: `explorer/loading/preparations.py` asks the first batch norm; `tests/unit/test_preparations.py`.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 torchvision==0.28.0
"$folder/venv/bin/python" - <<'PYTHON'
import torch

library = torch.library.Library("torchvision", "FRAGMENT")
if not hasattr(torch.ops.torchvision, "nms"):  # beside a CPU build of torch, whose torchvision comes without operators
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import torchvision
from torchvision.models import googlenet

print("torch", torch.__version__, "torchvision", torchvision.__version__)
torch.manual_seed(0)
plain = googlenet(weights=None, aux_logits=False, init_weights=True).train()
for part in plain.modules():
    if isinstance(part, torch.nn.BatchNorm2d):
        part.momentum = None  # a plain mean
with torch.no_grad():
    plain(torch.rand(8, 3, 224, 224))  # so that its batch norms keep what they meet
plain.eval()
changed = googlenet(weights=None, aux_logits=False, init_weights=False, transform_input=True).eval()
print("transform_input without weights:", plain.transform_input)
print("entries that are missing or too many:", list(changed.load_state_dict(plain.state_dict(), strict=True)))
picture = torch.rand(8, 3, 224, 224)
with torch.inference_mode():
    one, other = plain(picture), changed(picture)
difference = float((one - other).abs().max() / one.abs().max())
print(f"largest difference of a logit, by the largest logit: {difference:.3f}")
assert plain.transform_input is False
assert not [name for name in plain.state_dict() if "transform" in name]
assert difference > 0.001
print("as described")
PYTHON
