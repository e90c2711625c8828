"""EfficientNet-Lite: what is left of EfficientNet for phones without its gates and its smooth activation.

Tan and Le 2019 (arXiv:1905.11946), in the form that its makers published as EfficientNet-Lite (TensorFlow's TPU
repository, efficientnet/lite, 2020): blocks without squeeze-and-excitation, ReLU6 for SiLU, and a stem, a head and a
first and last stage that do not grow with the rest. Module names are timm's, whose files of weights therefore fit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from ..networks.same import SamePadding

_norm = partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)  # TensorFlow's, in the terms of PyTorch
# of the smallest: how many blocks, by how much they expand, the side of the kernel, the stride of the first, channels
_STAGES = (
    (1, 1, 3, 1, 16), (2, 6, 3, 2, 24), (2, 6, 5, 2, 40), (3, 6, 3, 2, 80), (3, 6, 5, 1, 112), (4, 6, 5, 2, 192),
    (1, 6, 3, 1, 320),
)  # fmt: skip
_STEM, _HEAD = 32, 1280


@dataclass(frozen=True)
class Scale:
    """By how much a member is wider and deeper than the smallest."""

    width: float
    depth: float


SCALES: Mapping[str, Scale] = {
    "efficientnet_lite0": Scale(1.0, 1.0),
    "efficientnet_lite1": Scale(1.0, 1.1),
    "efficientnet_lite2": Scale(1.1, 1.2),
}


class Block(nn.Module):
    """An inverted residual block (Sandler et al. 2018, arXiv:1801.04381, fig. 3d): 1x1 kernels widen, one kernel for
    each channel looks around, 1x1 kernels narrow; beside it a shortcut where nothing changes its shape."""

    def __init__(self, n_in: int, n_out: int, expand: int, kernel: int, stride: int) -> None:
        super().__init__()
        n_wide = n_in * expand
        self.has_skip = stride == 1 and n_in == n_out
        self.conv_pw = nn.Conv2d(n_in, n_wide, 1, bias=False)
        self.bn1 = _norm(n_wide)
        self.act1 = nn.ReLU6()
        self.pad = SamePadding(kernel, stride) if stride > 1 else None
        padding = 0 if stride > 1 else kernel // 2
        self.conv_dw = nn.Conv2d(n_wide, n_wide, kernel, stride, padding, groups=n_wide, bias=False)
        self.bn2 = _norm(n_wide)
        self.act2 = nn.ReLU6()
        self.conv_pwl = nn.Conv2d(n_wide, n_out, 1, bias=False)
        self.bn3 = _norm(n_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.act1(self.bn1(self.conv_pw(x)))
        y = self.act2(self.bn2(self.conv_dw(y if self.pad is None else self.pad(y))))
        y = self.bn3(self.conv_pwl(y))
        return y + x if self.has_skip else y


class FirstBlock(nn.Module):
    """The same without widening: one kernel for each channel, then 1x1 kernels."""

    def __init__(self, n_in: int, n_out: int, kernel: int) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(n_in, n_in, kernel, padding=kernel // 2, groups=n_in, bias=False)
        self.bn1 = _norm(n_in)
        self.act1 = nn.ReLU6()
        self.conv_pw = nn.Conv2d(n_in, n_out, 1, bias=False)
        self.bn2 = _norm(n_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn2(self.conv_pw(self.act1(self.bn1(self.conv_dw(x)))))


class EfficientNetLite(nn.Module):
    """The smallest, for a picture of 224 pixels:

    (3, 224, 224) -conv_stem-> (32, 112, 112) -blocks.0-> (16, 112, 112) -blocks.1-> (24, 56, 56)
    -blocks.2-> (40, 28, 28) -blocks.3-> (80, 14, 14) -blocks.4-> (112, 14, 14) -blocks.5-> (192, 7, 7)
    -blocks.6-> (320, 7, 7) -conv_head-> (1280, 7, 7) -global_pool-> (1280,) -classifier-> (1000,)
    """

    def __init__(self, scale: Scale, num_classes: int = 1000) -> None:
        super().__init__()
        self.pad = SamePadding(3, 2)
        self.conv_stem = nn.Conv2d(3, _STEM, 3, 2, bias=False)
        self.bn1 = _norm(_STEM)
        self.act1 = nn.ReLU6()
        stages, n_in = [], _STEM
        for repeats, (_, expand, kernel, stride, channels) in zip(depths(scale), _STAGES, strict=True):
            n_out = _round(channels * scale.width)
            blocks: list[nn.Module] = []
            for j in range(repeats):
                if expand == 1:
                    blocks.append(FirstBlock(n_in, n_out, kernel))
                else:
                    blocks.append(Block(n_in, n_out, expand, kernel, stride if j == 0 else 1))
                n_in = n_out
            stages.append(nn.Sequential(*blocks))
        self.blocks = nn.Sequential(*stages)
        self.conv_head = nn.Conv2d(n_in, _HEAD, 1, bias=False)
        self.bn2 = _norm(_HEAD)
        self.act2 = nn.ReLU6()
        self.global_pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(_HEAD, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.act1(self.bn1(self.conv_stem(self.pad(x))))
        x = self.act2(self.bn2(self.conv_head(self.blocks(x))))
        return self.classifier(self.flatten(self.global_pool(x)))


def depths(scale: Scale) -> list[int]:
    """How many blocks each stage has; the first and the last do not grow."""
    inner = [math.ceil(repeats * scale.depth) for repeats, *_ in _STAGES[1:-1]]
    return [_STAGES[0][0], *inner, _STAGES[-1][0]]


def _round(channels: float) -> int:
    """To the nearest multiple of 8, but not below nine tenths."""
    near = max(8, int(channels + 4) // 8 * 8)
    return near if near >= 0.9 * channels else near + 8
