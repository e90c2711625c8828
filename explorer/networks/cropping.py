"""Maps without their outer rows and columns."""

from __future__ import annotations

from torch import nn


class Cropping(nn.ZeroPad2d):
    """Takes off so many columns at the left and right, so many rows at the top and bottom: a padding of less than
    nothing."""

    def __init__(self, left: int, right: int, top: int, bottom: int) -> None:
        super().__init__((-left, -right, -top, -bottom))
