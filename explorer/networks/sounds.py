"""From the picture of a sound to what a network of sounds receives: its levels, as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ..pictures.image import ImageInput
from ..pictures.sound import SIDE
from .preparation import Prepared

_NO_SOUND = (
    "The network reads spectrograms of sounds, and this picture is none, so its answer means nothing: choose a sound "
    "on Applications"
)


@dataclass(frozen=True)
class SoundPreparation:
    """A spectrogram of 128 x 128 levels as it is, scaled to about mean 0, variance 1; any other picture without its
    colours, brought to that size whatever its shape, and noted."""

    inputs: ClassVar[tuple[str, ...]] = ("level",)
    n_channels: ClassVar[int] = 1
    size: ClassVar[int] = SIDE
    mean: ClassVar[float] = 0.2  # of the made sounds
    std: ClassVar[float] = 0.2

    def scaled(self, values: torch.Tensor) -> torch.Tensor:
        """Values from 0 to 1 as the network reads them."""
        return (values - self.mean) / self.std

    def unscaled(self, x: torch.Tensor) -> torch.Tensor:
        """The way back."""
        return x * self.std + self.mean

    def __call__(self, image: ImageInput) -> Prepared:
        height, width, _ = image.pixels.shape
        grey = Image.fromarray(image.pixels).convert("L")
        if (height, width) != (SIDE, SIDE):
            grey = grey.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        levels = np.asarray(grey)
        pixels = np.repeat(levels[..., None], 3, axis=2)
        pixels.flags.writeable = False
        x = self.scaled(torch.from_numpy(levels.astype(np.float32) / 255)[None, None])
        notes = () if is_of_sound(image.pixels) else (_NO_SOUND,)
        return Prepared(pixels, (0, 0, height, width), x, notes=notes)


def is_of_sound(pixels: NDArray[np.uint8]) -> bool:
    """Whether a picture, (H, W, 3), can be one of a sound: grey, and of the size that those have."""
    return pixels.shape[:2] == (SIDE, SIDE) and bool((pixels == pixels[..., :1]).all())
