"""Networks small enough to work out by hand, or pixel by pixel, and pictures to show them."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

from explorer.loading.builtin import ResidualBlock
from explorer.networks.network import Network, Weights
from explorer.networks.preparation import PhotoPreparation
from explorer.pictures.image import ImageInput, read_image


def noise_image(height: int = 48, width: int = 64, seed: int = 0) -> ImageInput:
    """A picture of coloured squares of noise that came in as a PNG, like any other."""
    coarse = np.random.default_rng(seed).integers(0, 256, (-(-height // 4), -(-width // 4), 3), dtype=np.uint8)
    pixels = coarse.repeat(4, axis=0).repeat(4, axis=1)[:height, :width]
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return read_image(file.getvalue(), f"noise-{seed}.png")


def tiny_network(
    module: nn.Module, side: int = 24, categories: tuple[str, ...] = ("ant", "bee", "cow", "dog"), seed: int = 0
) -> Network:
    """A Network around any module that reads (N, 3, side, side); its weights are drawn anew from `seed`."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return as_network(module, side, categories)


def as_network(module: nn.Module, side: int, categories: tuple[str, ...] = ("ant", "bee", "cow", "dog")) -> Network:
    """A Network around a module with the weights it has."""
    weights = Weights("random (seed 0)", "tiny-random-0")
    return Network(module, categories, PhotoPreparation(side, side), name="tiny", title="Tiny", weights=weights)


class Overwriting(nn.Module):
    """Every trap for a reader of activations: in-place ReLUs (one module twice, one function), in-place arithmetic, a
    residual addition, a concatenation.

    (3, n, n) -conv1-> (6, n/2, n/2) -block-> (12, n/2, n/2) -pool-> (12, n/4, n/4) -fc-> (n_outputs,)
    """

    def __init__(self, n_outputs: int = 4) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, stride=2, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.conv3 = nn.Conv2d(6, 6, 1)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(12, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.conv1(x))
        y = self.conv2(x)
        y += x
        y = self.relu(y)
        z = F.relu(self.conv3(y), inplace=True)
        z *= 0.5
        y = self.pool(torch.cat([y, z], dim=1))
        return self.fc(y.mean(dim=(2, 3)))


def chain(*layers: nn.Module) -> nn.Sequential:
    """Layers in a row, then the shortest of heads."""
    with torch.no_grad():
        n_channels = nn.Sequential(*layers).eval()(torch.zeros(1, 3, 24, 24)).shape[1]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(n_channels, 4))


class Branches(nn.Module):
    """Kernels of several sizes side by side, as in an Inception block."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(3, 2, 1)
        self.middle = nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU(), nn.Conv2d(2, 2, 3, padding=1))
        self.flat = nn.Sequential(nn.Conv2d(3, 2, (1, 5), padding=(0, 2)), nn.Conv2d(2, 2, (3, 1), padding=(1, 0)))
        self.pooled = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), nn.Conv2d(3, 2, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.narrow(x), self.middle(x), self.flat(x), self.pooled(x)], dim=1)


ARCHITECTURES: dict[str, Callable[[], nn.Module]] = {  # for receptive fields; all read 24 x 24 pixels
    "strides and paddings": lambda: chain(
        nn.Conv2d(3, 2, 3, padding=1), nn.Conv2d(2, 2, 5, stride=2, padding=1), nn.Conv2d(2, 2, 2, stride=2)
    ),
    "kernels that are not square": lambda: chain(
        nn.Conv2d(3, 2, (1, 5), stride=(1, 2), padding=(0, 2)), nn.Conv2d(2, 2, (4, 3), stride=(3, 1), padding=(1, 0))
    ),
    "even kernels, padded on both sides": lambda: chain(nn.Conv2d(3, 2, 4, padding=2), nn.Conv2d(2, 2, 4, stride=2)),
    "poolings": lambda: chain(
        nn.MaxPool2d(3, stride=2, padding=1), nn.Conv2d(3, 2, 3, padding=1), nn.ReLU(inplace=True), nn.AvgPool2d(2)
    ),
    "pooling that may overhang": lambda: chain(nn.Conv2d(3, 2, 3), nn.MaxPool2d(3, stride=2, ceil_mode=True)),
    "adaptive pooling": lambda: chain(nn.Conv2d(3, 2, 3, padding=1), nn.AdaptiveAvgPool2d(6), nn.Conv2d(2, 2, 2)),
    "residual blocks": lambda: chain(
        ResidualBlock(3, 2, stride=1), ResidualBlock(2, 4, stride=2), ResidualBlock(4, 4, stride=1)
    ),
    "branches": lambda: chain(nn.Conv2d(3, 3, 3, stride=2, padding=1), Branches()),
    "batch norm": lambda: chain(nn.Conv2d(3, 2, 3, stride=2, padding=1), nn.BatchNorm2d(2), nn.ReLU6()),
    "overwriting": Overwriting,
}
HOLES: dict[str, Callable[[], nn.Module]] = {  # the same where a unit does not see every pixel of its window
    "dilation": lambda: chain(nn.Conv2d(3, 2, 3, dilation=2, padding=2), nn.Conv2d(2, 2, 3, dilation=(1, 3))),
    "strides wider than kernels": lambda: chain(nn.Conv2d(3, 2, 1, stride=3), nn.Conv2d(2, 2, 3, padding=1)),
}
