#!/bin/sh
# Horama makes no picture with an odd number of pixels on a side.
#
# Expected: a side of 63 pixels is as good as one of 64; torch.fft.rfft2 gives n // 2 + 1 columns for either.
# Seen (horama 0.3.0, torch 2.13.0): at 64 a step is taken; at 63 and at 129 a RuntimeError about sizes that do not fit,
#   since the scale of the waves has one column more than the waves have.
# To read: horama/fourier_fv.py, fft_2d_freq (the column that it adds for an odd width) and init_lucid_buffer.
# In this project: `explorer/synthesis/spectrum.py` has n // 2 + 1 columns for every n and tells irfft2 the side;
#   `tests/benchmarks/synthesis.py` compares with Horama at even sides alone.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 torchvision==0.28.0 horama==0.3.0 \
    einops==0.8.2 tqdm==4.70.1  # which it imports without asking for them
"$folder/venv/bin/python" - <<'PYTHON'
import torch

library = torch.library.Library("torchvision", "FRAGMENT")
if not hasattr(torch.ops.torchvision, "nms"):  # beside a CPU build of torch, whose torchvision comes without operators
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from horama import fourier


def brightness(pictures):
    return pictures.mean()


seen = {}
for side in (64, 63, 129):
    torch.manual_seed(0)
    try:
        picture, _ = fourier(
            brightness, total_steps=1, image_size=side, model_input_size=32, crops_per_iteration=2, device="cpu"
        )
        seen[side] = tuple(picture.shape)
    except RuntimeError as error:
        seen[side] = str(error)
    print(f"side {side}: {seen[side]}")
assert seen[64] == (3, 64, 64), "an even side no longer works"
for side in (63, 129):
    assert isinstance(seen[side], str) and "must match" in seen[side], "odd sides have changed"
print("seen as described")
PYTHON
