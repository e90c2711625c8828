"""TensorFlow's "same" padding: as many places as there are steps, whatever the size of the picture."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

Sides = int | tuple[int, int]  # of rows and of columns; one number is both


class SamePadding(nn.Module):
    """Zeros around maps, so that a window of `kernel` that moves by `stride` finds ceil(n / stride) places.

    Of an odd number of rows or columns the extra one is at the bottom or the right, where PyTorch's convolutions would
    have it on both sides: TensorFlow, `tf.nn.convolution`, padding "SAME".
    """

    def __init__(self, kernel: Sides, stride: Sides, dilation: Sides = 1) -> None:
        super().__init__()
        self.kernel, self.stride, self.dilation = kernel, stride, dilation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        (top, bottom), (left, right) = (self.zeros(n, axis) for axis, n in enumerate(x.shape[-2:]))
        return F.pad(x, (left, right, top, bottom))

    def zeros(self, n: int, axis: int = 0) -> tuple[int, int]:
        """How many before and behind n rows (axis 0) or columns (axis 1)."""
        kernel, stride, dilation = (_of(sides, axis) for sides in (self.kernel, self.stride, self.dilation))
        places = -(-n // stride)
        total = max(0, (places - 1) * stride + (kernel - 1) * dilation + 1 - n)
        return total // 2, total - total // 2


def _of(sides: Sides, axis: int) -> int:
    return sides if isinstance(sides, int) else sides[axis]
