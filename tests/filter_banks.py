"""Filters made for one purpose."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn

from explorer.networks.network import Network
from explorer.trace import FloatArray
from tests.tiny import as_network, chain


def gabor(size: int, angle: float, cycles: float, phase: float = 0.0) -> FloatArray:
    """Stripes in a soft window, (size, size): their direction counter-clockwise from horizontal, as seen."""
    middle, sigma = (size - 1) / 2, size / 5
    out = np.zeros((size, size), np.float32)
    for row in range(size):
        for column in range(size):
            right, up = column - middle, middle - row
            # how far the place is from the line through the middle that has this direction
            off = -math.sin(math.radians(angle)) * right + math.cos(math.radians(angle)) * up
            window = math.exp(-(right**2 + up**2) / (2 * sigma**2))
            out[row, column] = window * math.cos(2 * math.pi * cycles * off + phase)
    return out


def apart(a: float, b: float) -> float:
    """The difference of two directions, 0 to 90 degrees."""
    return abs((a - b + 90) % 180 - 90)


def with_weights(weights: FloatArray, gamma: FloatArray | None = None) -> Network:
    n_out, n_in, size, _ = weights.shape
    convolution = nn.Conv2d(n_in, n_out, size, bias=False)
    layers = [convolution] if gamma is None else [convolution, nn.BatchNorm2d(n_out)]
    network = as_network(chain(*layers), 24)
    convolution.weight.copy_(torch.from_numpy(weights))
    if gamma is not None:
        network.graph.parameters("1")["weight"].copy_(torch.from_numpy(gamma))
    return network
