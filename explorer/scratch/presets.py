"""Which network is trained: one of the project's own architectures, or a row of blocks."""

from __future__ import annotations

from torch import nn

from ..loading.builtin import ARCHITECTURES
from ..networks import blocks
from ..networks.blocks import Shape
from .data import OF_DIGITS, OF_PICTURES, find

LINES = {  # the same as blocks
    "lenet5": "conv 6 5, tanh, average 2, conv 16 5, tanh, average 2, conv 120 5, tanh, flatten, dense 84, tanh, dense",
    "mlp": "flatten, dense 300, relu, dense 100, relu, dense",
    "basic_cnn": "conv 32 3, relu, max 2, conv 64 3, relu, max 2, flatten, dropout 0.5, dense 128, relu, dense",
}
PRESETS = tuple(LINES)


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
