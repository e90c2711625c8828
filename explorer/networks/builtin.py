"""Architectures that the project defines and trains itself. Their module names follow torchvision's."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut: relu(x + F(x)) (He et al. 2016, arXiv:1512.03385, fig. 2)."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(n_out, n_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.downsample = (
            None
            if stride == 1 and n_in == n_out
            else nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class PocketResNet(nn.Module):
    """A residual network small enough to ship: 2.8 million weights, eleven classes, 160 px.

    Its last stage keeps the stride of the one before, so a 160 px picture ends in 10x10 maps and a class activation
    map has a hundred cells to say something with, where the usual stride would leave twenty-five.

        (3, 160, 160) -conv1-> (32, 80, 80) -maxpool-> (32, 40, 40) -layer1-> (32, 40, 40)
        -layer2-> (64, 20, 20) -layer3-> (128, 10, 10) -layer4-> (256, 10, 10) -avgpool-> (256,) -fc-> (11,)
    """

    def __init__(self, num_classes: int = 11) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = nn.Sequential(ResidualBlock(32, 32, 1), ResidualBlock(32, 32, 1))
        self.layer2 = nn.Sequential(ResidualBlock(32, 64, 2), ResidualBlock(64, 64, 1))
        self.layer3 = nn.Sequential(ResidualBlock(64, 128, 2), ResidualBlock(128, 128, 1))
        self.layer4 = nn.Sequential(ResidualBlock(128, 256, 1), ResidualBlock(256, 256, 1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(256, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if isinstance(module, ResidualBlock):
                nn.init.zeros_(module.bn2.weight)  # each block starts as its shortcut, which steadies the first epochs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


ARCHITECTURES: dict[str, Callable[..., nn.Module]] = {"pocket_resnet": PocketResNet}

CATEGORIES = {  # in the order of the logits
    "pocket_resnet": (
        "tench",
        "dog",
        "cat",
        "cassette player",
        "chain saw",
        "church",
        "French horn",
        "garbage truck",
        "gas pump",
        "golf ball",
        "parachute",
    )
}
