"""TensorFlow's "same" padding: as many places as there are steps, whatever the size of the picture."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F


class SamePadding(nn.Module):
    """Zeros around maps, so that a window of `kernel` that moves by `stride` finds ceil(n / stride) places.

    Of an odd number of rows or columns the extra one is at the bottom or the right, where PyTorch's convolutions would
    have it on both sides: TensorFlow, `tf.nn.convolution`, padding "SAME".
    """

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        (top, bottom), (left, right) = (self.zeros(n) for n in x.shape[-2:])
        return F.pad(x, (left, right, top, bottom))

    def zeros(self, n: int) -> tuple[int, int]:
        """How many before and behind n rows or columns."""
        places = -(-n // self.stride)
        total = max(0, (places - 1) * self.stride + self.kernel - n)
        return total // 2, total - total // 2
