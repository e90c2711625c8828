"""Pictures as they might as well have been: what a network sees of a batch where it is not to learn pixels by heart."""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

TURN_DEGREES, SIZE = 10, 0.1  # of digits: at most, to either side
SHIFT = {1: 1 / 16, 3: 1 / 8}  # of the side: digits, pictures


def augmented(batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """A batch (N, C, H, W), each picture changed by itself: digits (one channel) are moved by up to a sixteenth of the
    side, turned by up to 10 degrees and scaled by up to a tenth; pictures are moved by up to an eighth, and half of
    them mirrored. What comes in at the border is what lies there."""
    n, channels, height, width = batch.shape
    turn, size, right, down = torch.rand(4, n, generator=generator) * 2 - 1
    mirrored = torch.rand(n, generator=generator) < 0.5
    shift = 2 * SHIFT[channels]  # a picture is two units wide there
    if channels == 1:
        turn = turn * math.radians(TURN_DEGREES)
        cos, sin, scale = torch.cos(turn), torch.sin(turn), 1 + SIZE * size
    else:
        cos, sin, scale = 1 - 2 * mirrored.float(), torch.zeros(n), torch.ones(n)
    across = torch.stack([scale * cos, -scale * sin, shift * right], dim=1)
    along = torch.stack([scale * sin, scale * cos if channels == 1 else scale, shift * down], dim=1)
    grid = F.affine_grid(torch.stack([across, along], dim=1), [n, channels, height, width], align_corners=False)
    return F.grid_sample(batch, grid, padding_mode="border", align_corners=False)
