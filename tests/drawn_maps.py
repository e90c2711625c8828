"""Maps drawn at random, and a network that looks through a window."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image
from torch import nn

import explorer
from explorer.faithfulness.curves import Curve
from explorer.faithfulness.scores import Box
from explorer.pictures.image import ImageInput
from explorer.trace import FloatArray


class Window(nn.Module):
    """Sees rows 8 to 15 and columns 4 to 11 of 24 x 24 pixels, and nothing else: their sum speaks for class 1."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(24 * 24, 2)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.zero_()
            self.conv.weight.fill_(1)
            self.fc.weight[1].reshape(24, 24)[8:16, 4:12] = 0.01

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.flatten(self.conv(x)))


def bright_picture() -> ImageInput:
    """Light grey, 24 x 24: every pixel in the window speaks for class 1."""
    file = io.BytesIO()
    Image.fromarray(np.full((24, 24, 3), 200, np.uint8)).save(file, "PNG")
    return explorer.read_image(file.getvalue(), "plain.png")


def window_map(inside: float = 1.0, outside: float = 0.0) -> FloatArray:
    values = np.full((24, 24), outside, np.float32)
    values[8:16, 4:12] = inside
    return values


def drawn(height: int = 6, width: int = 5, seed: int = 0) -> FloatArray:
    """A signed map without equal values."""
    return np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)


def halves() -> FloatArray:
    """A map of few values, as one has that is 0 where there is no evidence."""
    return np.random.default_rng(3).integers(0, 3, (6, 6)).astype(np.float32)


BOX: Box = (1.5, 2, 4.5, 7)


def curve(*probabilities: float) -> Curve:
    n = len(probabilities)
    ranks, nothing = np.zeros((1, 1), np.int64), np.zeros((1, 1, 3), np.uint8)
    return Curve(np.linspace(0, 1, n, dtype=np.float32), np.array(probabilities, np.float32), ranks, nothing, nothing)
