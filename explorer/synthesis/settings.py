"""How a picture is made: few settings, with defaults that suit the size that a network reads."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch

from ..errors import BadOption
from ..networks.digits import DigitPreparation
from ..networks.network import Network
from ..networks.preparation import Preparation
from ..networks.sounds import SoundPreparation
from ..running.lock import work
from ..wording import described

FREE, FIXED = "free", "of photographs"
SPECTRA = (FREE, FIXED)
MOST_STEPS, MOST_PICTURES, MOST_SIDE = 2048, 6, 512
_SMALL = 96  # networks that read no more are given pictures of their own size
_USUAL = 128  # the side at which Lucid makes them (Olah et al. 2017)
_LEAST = 8


@dataclass(frozen=True)
class Settings:
    """The settings of a picture that is made for a network; the same ones make the same picture.

    `side` is in pixels, None for what suits the network. With the spectrum "free" each wave finds its own strength,
    with that "of photographs" (MACO) their phases alone are changed. `robustness` is how far the picture is moved,
    turned and scaled before each step, 1 as is usual; `diversity` how much several pictures must differ, against what
    is to be high.
    """

    steps: int = 192
    side: int | None = None
    pictures: int = 1
    spectrum: str = FREE
    robustness: float = 1.0
    diversity: float = 1.0
    seed: int = 0

    def checked(self) -> Settings:
        """Itself. Raises BadOption for what is out of its range."""
        for name, least, most in (("steps", 1, MOST_STEPS), ("side", _LEAST, MOST_SIDE),
                                  ("pictures", 1, MOST_PICTURES), ("seed", 0, 2**31 - 1)):  # fmt: skip
            value = getattr(self, name)
            if name == "side" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise BadOption(f"{name} is a whole number from {least} to {most}, not {described(value)}.")
        for name, highest in (("robustness", 2), ("diversity", 10)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= highest:
                raise BadOption(f"{name} is a number from 0 to {highest}, not {described(value)}.")
        if self.spectrum not in SPECTRA:
            raise BadOption(f"spectrum is one of {', '.join(SPECTRA)}, not {described(self.spectrum)}.")
        return self

    def at_side(self, network: Network, name: str) -> Settings:
        """The same with a side at which the network can be run up to an operation: the one that was asked for, else
        128 pixels of a network that reads more than 96, and where it cannot be run at that, its own.

        Raises BadOption where the side that was asked for is none of these, and for waves of photographs of a network
        that reads none.
        """
        if self.spectrum == FIXED and not reads_photographs(network.preprocessing):
            raise BadOption(f"{network.title} reads no photographs, so their waves say nothing to it. Choose '{FREE}'.")
        own = network.preprocessing.size
        wanted = self.side or (own if own <= _SMALL else min(own, _USUAL))
        if wanted == own or runs_at(network, name, wanted):
            return replace(self, side=wanted)
        if self.side is not None:
            raise BadOption(
                f"{network.title} cannot be run on pictures of {wanted} × {wanted} pixels up to {name}: it is built "
                f"for {own} × {own}. Choose {own}, or leave the side out."
            )
        return replace(self, side=own)


def reads_photographs(preparation: Preparation) -> bool:
    """Whether what a network reads are photographs: not the strokes of digits, nor the levels of sounds."""
    return not isinstance(preparation, DigitPreparation | SoundPreparation)


def runs_at(network: Network, name: str, side: int) -> bool:
    """Whether the network can be run up to an operation on pictures of another size than its own, and gives as many
    channels for each as it does for its own."""
    layer = network.layers[name]
    x = torch.zeros(2, network.preprocessing.n_channels, side, side, device=network.device)
    try:
        with work(f"Trying {network.title} at {side} pixels"), torch.inference_mode():
            given = network.graph.up_to(name, x)
            maps = layer.as_maps(given)
    except (RuntimeError, ValueError, IndexError, AssertionError):  # whatever a network does about a size of its own
        return False
    axis = given.ndim - 1 if layer.channels_last else 1
    same = given.ndim == len(layer.shape) + 1 and given.shape[axis] == layer.shape[0]
    return same and len(maps) == 2 and math.prod(maps.shape[2:]) > 0 and bool(torch.isfinite(maps).all())
