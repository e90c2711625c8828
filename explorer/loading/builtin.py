"""Architectures that the project defines and trains itself. Their module names follow torchvision's."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from ..pictures.made_sounds import KINDS


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


class LeNet5(nn.Module):
    """The network that read cheques: LeNet-5 (LeCun et al. 1998, doi:10.1109/5.726791, fig. 2), by its paper's names.

    Three things are as everybody builds it today: c3 reads all six maps of s2, not a chosen few; s2 and s4 take plain
    averages, without a weight of their own; and the ten outputs are logits, not distances to drawn prototypes.

        (1, 32, 32) -c1-> (6, 28, 28) -s2-> (6, 14, 14) -c3-> (16, 10, 10) -s4-> (16, 5, 5)
        -c5-> (120, 1, 1) -f6-> (84,) -output-> (10,)
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.tanh1 = nn.Tanh()
        self.s2 = nn.AvgPool2d(2)
        self.c3 = nn.Conv2d(6, 16, 5)
        self.tanh3 = nn.Tanh()
        self.s4 = nn.AvgPool2d(2)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.tanh5 = nn.Tanh()
        self.flatten = nn.Flatten()
        self.f6 = nn.Linear(120, 84)
        self.tanh6 = nn.Tanh()
        self.output = nn.Linear(84, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.s2(self.tanh1(self.c1(x)))
        x = self.s4(self.tanh3(self.c3(x)))
        x = self.flatten(self.tanh5(self.c5(x)))
        return self.output(self.tanh6(self.f6(x)))


class MLP(nn.Module):
    """A network of dense layers alone, on the same digits as LeNet-5: every unit reads every pixel, by a weight of its
    own, so nothing that it learns in one place holds in another.

        (1, 32, 32) -flatten-> (1024,) -hidden1-> (300,) -hidden2-> (100,) -output-> (10,)

    The sizes 300 and 100 are those of LeCun et al. 1998, section III.C.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.hidden1 = nn.Linear(32 * 32, 300)
        self.relu1 = nn.ReLU()
        self.hidden2 = nn.Linear(300, 100)
        self.relu2 = nn.ReLU()
        self.output = nn.Linear(100, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu1(self.hidden1(self.flatten(x)))
        return self.output(self.relu2(self.hidden2(x)))


class BasicCNN(nn.Module):
    """The network that every first tutorial builds, for two classes: its one output is a logit, of which the sigmoid
    is the probability of the second.

        (3, 64, 64) -conv1-> (32, 62, 62) -pool1-> (32, 31, 31) -conv2-> (64, 29, 29) -pool2-> (64, 14, 14)
        -flatten-> (12544,) -dense1-> (128,) -dense2-> (1,)

    While it is trained, a share `dropout` of what `dense1` reads is left out at random (Srivastava et al. 2014).
    """

    def __init__(self, num_classes: int = 1, dropout: float = 0.5) -> None:
        super().__init__()
        self.dropout = dropout
        self.conv1 = nn.Conv2d(3, 32, 3)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.dense1 = nn.Linear(64 * 14 * 14, 128)
        self.relu3 = nn.ReLU()
        self.dense2 = nn.Linear(128, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool1(self.relu1(self.conv1(x)))
        x = self.flatten(self.pool2(self.relu2(self.conv2(x))))
        if self.training:  # no layer of the network: in use, nothing is left out
            x = F.dropout(x, self.dropout)
        return self.dense2(self.relu3(self.dense1(x)))


class SoundCNN(nn.Module):
    """Four convolutions over the spectrogram of two seconds, small enough to be read in one sitting: 25,000 weights.

    Pictures of time and frequency are read as pictures of things are (Hershey et al. 2017, arXiv:1609.09430). The last
    maps are averaged, so Grad-CAM has a cell for each 128 ms and 250 Hz.

        (1, 128, 128) -conv1-> (8, 128, 128) -pool1-> (8, 64, 64) -conv2-> (16, 64, 64) -pool2-> (16, 32, 32)
        -conv3-> (32, 32, 32) -pool3-> (32, 16, 16) -conv4-> (64, 16, 16) -avgpool-> (64,) -fc-> (9,)
    """

    def __init__(self, num_classes: int = 9) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(16)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.conv3 = nn.Conv2d(16, 32, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(32)
        self.relu3 = nn.ReLU()
        self.pool3 = nn.MaxPool2d(2)
        self.conv4 = nn.Conv2d(32, 64, 3, padding=1, bias=False)
        self.bn4 = nn.BatchNorm2d(64)
        self.relu4 = nn.ReLU()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(64, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool1(self.relu1(self.bn1(self.conv1(x))))
        x = self.pool2(self.relu2(self.bn2(self.conv2(x))))
        x = self.pool3(self.relu3(self.bn3(self.conv3(x))))
        x = self.relu4(self.bn4(self.conv4(x)))
        return self.fc(self.flatten(self.avgpool(x)))


ARCHITECTURES: dict[str, Callable[..., nn.Module]] = {
    "lenet5": LeNet5,
    "mlp": MLP,
    "basic_cnn": BasicCNN,
    "pocket_resnet": PocketResNet,
    "sound_cnn": SoundCNN,
}

_DIGITS = tuple("0123456789")

CATEGORIES = {  # in the order of the logits
    "lenet5": _DIGITS,
    "mlp": _DIGITS,
    "basic_cnn": ("cat", "dog"),
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
    ),
    "sound_cnn": tuple(KINDS),
}


def n_logits(n_categories: int) -> int:
    """How many numbers a network of this project ends in: for two classes one is enough."""
    return 1 if n_categories == 2 else n_categories
