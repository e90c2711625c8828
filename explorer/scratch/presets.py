"""Which network is trained: one of the project's own architectures, or a row of blocks."""

from __future__ import annotations

from torch import nn

from ..loading.builtin import ARCHITECTURES
from ..networks import blocks
from ..networks.blocks import Shape
from .data import OF_DIGITS, OF_PICTURES, find

PRESETS = ("lenet5", "mlp", "basic_cnn")


def in_shape(network: str, data: str) -> Shape:
    """What the network reads, (C, H, W): a preset what it always reads, a row of blocks what the data set offers.
    Raises BadData."""
    if network in PRESETS:
        return OF_PICTURES if network == "basic_cnn" else OF_DIGITS
    return find(data).shape


def module_of(network: str, shape: Shape, n_classes: int) -> nn.Module:
    """The network with weights drawn from torch's seed: it reads (N, C, H, W) and gives one logit for each class.
    `network` is a preset's name or a line of blocks. Raises BadData."""
    if network in PRESETS:
        return ARCHITECTURES[network](num_classes=n_classes)
    return blocks.build(blocks.parse(network), shape, n_classes)
