"""Small movements of a picture, drawn at random: what is to be high must be so wherever the picture is exactly.

Without them a network is satisfied by patterns that are right for single pixels (Olah et al. 2017,
doi:10.23915/distill.00007, “Transformation robustness”).
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

_SHIFT = 1 / 12  # of the side, in either direction: what Lucid's two jitters come to at 128 pixels
_TURN = math.radians(10)
_SCALE = 0.1


def moved(pictures: torch.Tensor, strength: float, random: torch.Generator) -> torch.Tensor:
    """Each of a batch, (B, C, H, W), turned by up to 10 degrees, scaled by up to a tenth and shifted by up to a twelfth
    of its side, times `strength`; beyond its edges it is mirrored."""
    if not strength:
        return pictures
    drawn = strength * (2 * torch.rand(len(pictures), 4, generator=random) - 1)
    angle, size = _TURN * drawn[:, 0], 1 + _SCALE * drawn[:, 1]
    shift = 2 * _SHIFT * drawn[:, 2:]  # a grid is two wide
    cos, sin, right, down = (
        one[:, None, None] for one in (angle.cos() / size, angle.sin() / size, shift[:, 0], shift[:, 1])
    )
    y, x = ((2 * torch.arange(side) + 1) / side - 1 for side in pictures.shape[2:])
    y = y[:, None]  # torch's own affine_grid takes as long as the sampling
    grid = torch.stack([cos * x - sin * y + right, sin * x + cos * y + down], dim=-1)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
