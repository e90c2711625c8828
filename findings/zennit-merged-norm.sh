#!/bin/sh
# A batch norm that zennit has merged into the convolution before it still divides.
#
# Expected: merged, the convolution gives what both gave, and the norm passes it on as it is.
# Seen (zennit 0.5.1): the norm gets mean 0, variance 1, weight 1 and bias 0, and keeps its epsilon, so it divides by
#   sqrt(1 + epsilon): by 1 + 5e-6 at each norm with the usual epsilon, and visibly with a large one. The scores of the
#   merged network are not those of the network; the maps of resnet18 differ by 0.3 % of their largest value.
# To read: zennit/canonizers.py, MergeBatchNorm.merge_batch_norm.
# In this project: `explorer/networks/merging.py` merges without a rest, `tests/reference/test_attribution_relevance.py`
#   compares; `tests/benchmarks/relevance.py` puts the epsilon into the variance before zennit sees it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 torchvision==0.28.0 zennit==0.5.1
"$folder/venv/bin/python" - <<'PYTHON'
import torch
from torch import nn

library = torch.library.Library("torchvision", "FRAGMENT")
if not hasattr(torch.ops.torchvision, "nms"):  # beside a CPU build of torch, whose torchvision comes without operators
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from zennit.canonizers import SequentialMergeBatchNorm

torch.manual_seed(0)
for epsilon in (1e-5, 0.5):
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, eps=epsilon)).double().eval()
    x = torch.rand(1, 3, 8, 8, dtype=torch.float64)
    with torch.inference_mode():
        before = network(x)
    merged = SequentialMergeBatchNorm().apply(network)
    with torch.inference_mode():
        after = network(x)
    for one in merged:
        one.remove()
    ratio = float((before / after).median())
    print(f"epsilon {epsilon}: before / after merging {ratio:.8f}, sqrt(1 + epsilon) {(1 + epsilon) ** 0.5:.8f}")
    assert abs(ratio - (1 + epsilon) ** 0.5) < 1e-9
print("as described")
PYTHON
