"""The picture that is made: what is free in it, and what the network receives of it."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from ..networks.preparation import COLOURS, Preparation, as_pixels
from .settings import FIXED, Settings
from .spectrum import falling, has_colours, in_colour, of_phases, of_photographs, of_waves

_FALL = 1.0  # of a wave's strength with its frequency, as in photographs (Field 1987, J. Opt. Soc. Am. A 4(12), 2379)
_EVEN = 0.3  # standard deviation of a sum whose contrast is free, at first
_STEP = 0.2  # of Adam: against numbers of variance 1, and phases in radians
_STEP_OF_CONTRAST = 0.01  # of its logarithm


class Canvas:
    """Pictures of values from 0 to 1, in the order of what a network reads, that follow from free numbers.

    A sigmoid brings the sum of waves between 0 and 1. Where the sum is 0 the value is the mean of what the network was
    trained on, which its preparation makes 0. The sum begins with variance 1, as in Horama, where it stays so; here its
    contrast is one more free number: many early filters answer most to full black and white. For an inversion each wave
    has a contrast of its own from the beginning, and the picture begins nearly even.
    """

    def __init__(
        self, preparation: Preparation, settings: Settings, random: torch.Generator, is_contrast_free: bool = False,
    ) -> None:  # fmt: skip
        assert settings.side is not None  # settled by then
        self._preparation, self._side = preparation, settings.side
        self._colours = [COLOURS.index(name) for name in preparation.inputs] if has_colours(preparation) else None
        n, height, width = settings.pictures, self._side, self._side // 2 + 1
        shape = (n, preparation.n_channels, height, width)
        self._is_contrast_free = is_contrast_free
        self._is_fixed = settings.spectrum == FIXED
        if self._is_fixed:
            self.free = math.tau * torch.rand(shape, generator=random)
            self._strengths = of_photographs(self._side, self._colours is None)
        else:
            self.free = torch.randn(*shape, 2, generator=random)
            self._strengths = falling(self._side, _FALL)
            if is_contrast_free:
                self._strengths = (
                    self._strengths
                    * _EVEN
                    / torch.fft.irfft2(
                        torch.view_as_complex(self.free) * self._strengths, s=(self._side, self._side)
                    ).std()
                )
        self.free.requires_grad_(True)
        self._contrast = torch.zeros(n, 1, 1, 1, requires_grad=not is_contrast_free)  # its logarithm
        mean = preparation.unscaled(torch.zeros(1, preparation.n_channels, 1, 1)).clamp(0.02, 0.98)
        self._middle = torch.logit(mean)

    def adam(self) -> torch.optim.Adam:
        """What takes the steps (Kingma and Ba 2015, arXiv:1412.6980)."""
        groups = [{"params": [self.free], "lr": _STEP}]
        if not self._is_contrast_free:
            groups.append({"params": [self._contrast], "lr": _STEP_OF_CONTRAST})
        return torch.optim.Adam(groups, fused=True)  # in one pass over the numbers: a fiftieth of a step is saved

    def values(self) -> torch.Tensor:
        """(B, C, H, W) from 0 to 1, from which gradients lead back to what is free."""
        sums = self._contrast.exp() * self._sums()
        if self._colours is not None:
            sums = in_colour(sums)
            if self._colours != sorted(self._colours):
                sums = sums[:, self._colours]
        return torch.sigmoid(sums + self._middle)

    def _sums(self) -> torch.Tensor:
        if self._is_fixed:
            return of_phases(self.free, self._strengths, self._side)
        waves = torch.view_as_complex(self.free)
        if self._is_contrast_free:
            return torch.fft.irfft2(waves * self._strengths, s=(self._side, self._side))
        return of_waves(waves, self._strengths, self._side)

    def levels(self) -> NDArray[np.float32]:
        """The same as a picture holds them, in whole levels of 255, read-only."""
        with torch.no_grad():
            found: NDArray[np.float32] = (self.values() * 255).round().div(255).numpy()
        found.flags.writeable = False
        return found


def pixels_of(preparation: Preparation, values: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
    """Values (B, C, H, W) from 0 to 1 as pictures (H, W, 3): in their colours, or grey where there are others."""
    return [as_pixels(preparation, preparation.scaled(torch.tensor(one[None]))) for one in values]
