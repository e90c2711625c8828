#!/bin/sh
# Hugging Face's EfficientNet processor divides by image_std twice.
#
# Expected: a preprocessor configuration with image_mean m and image_std s turns a value x from 0 to 1 into (x - m) / s,
#   as for every other network of the library.
# Seen (transformers 4.57.1): EfficientNetImageProcessor, whose include_top is true unless one says otherwise, gives
#   (x - m) / s / s. The published configurations carry 0.4785, 0.4733 and 0.4743, the square roots of ImageNet's
#   0.229, 0.224 and 0.225: who takes these numbers at their word scales the network's pictures by less than half of
#   what it was trained on. The second division is done even where do_normalize is false; rescale_offset takes 1 off
#   after the factor, whatever the factor is.
# To read: the class's documentation, where include_top is described as rescaling the image again.
# In this project: `explorer/loading/configurations.py` squares the number where include_top is said;
#   `tests/unit/test_preparations.py`.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check transformers==4.57.1 numpy==2.3.5 pillow==12.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
from transformers import EfficientNetImageProcessor, ViTImageProcessor

mean, std = [0.25, 0.25, 0.25], [0.5, 0.5, 0.5]
grey = np.full((8, 8, 3), 204, np.uint8)  # 0.8 of white
said = {"do_resize": False, "image_mean": mean, "image_std": std}


def value(processor):
    return float(processor(grey, return_tensors="np")["pixel_values"][0, 0, 0, 0])


usual = value(ViTImageProcessor(**said))
told = value(EfficientNetImageProcessor(**said))
without = value(EfficientNetImageProcessor(**said, include_top=False))
not_normalised = value(EfficientNetImageProcessor(**said, do_normalize=False))
offset = value(EfficientNetImageProcessor(**said, include_top=False, rescale_factor=0.01, rescale_offset=True))
print(f"ViT {usual:.3f}, EfficientNet {told:.3f}, without include_top {without:.3f}, not normalised "
      f"{not_normalised:.3f}; offset {offset:.3f}")
assert abs(usual - (0.8 - 0.25) / 0.5) < 1e-6
assert abs(told - (0.8 - 0.25) / 0.5 / 0.5) < 1e-6
assert abs(without - usual) < 1e-6
assert abs(not_normalised - 0.8 / 0.5) < 1e-6
assert abs(offset - (204 * 0.01 - 1 - 0.25) / 0.5) < 1e-6
print("as described")
PYTHON
