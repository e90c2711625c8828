"""From a picture to what a network receives: resize, crop, scale to 0-1, normalise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ..pictures.image import ImageInput

INTERPOLATIONS = {method.name.lower(): method for method in Image.Resampling}  # how a picture is resized

_MAX_ASPECT = 16  # a picture of 1x2048 pixels would become 256x524288


@dataclass(frozen=True)
class Step:
    """One thing that was done to a picture, as a phrase, and what came of it, (H, W, 3) uint8."""

    phrase: str
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A picture as a network received it."""

    pixels: NDArray[np.uint8]  # (size, size, 3), before normalisation: what to show
    # (top, left, bottom, right) of what is received, in pixels of the picture, beyond whose edges a digit's can reach
    box: tuple[float, float, float, float]
    tensor: torch.Tensor  # (1, n_channels, size, size) float32, normalised
    steps: tuple[Step, ...] = ()  # what was done, where it is more than resizing and cropping

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width, _ = self.pixels.shape
        return height, width


class Preparation(Protocol):
    """What a network does to a picture before it looks: the outcome has `n_channels` of `size` x `size`, their
    values from 0 to 1 less `mean`, divided by `std`."""

    @property
    def n_channels(self) -> int: ...

    @property
    def size(self) -> int: ...

    @property
    def mean(self) -> float | tuple[float, float, float]: ...

    @property
    def std(self) -> float | tuple[float, float, float]: ...

    def __call__(self, image: ImageInput) -> Prepared: ...


@dataclass(frozen=True)
class PhotoPreparation:
    """Shorter side to `resize` (or, with `squash`, both sides), centre crop of `crop`, values from 0 to 1 less `mean`,
    divided by `std`: torchvision's `ImageClassification` preset, and what timm's transforms for evaluation do.

    `mean` and `std` are those of red, green and blue; with the channels "BGR" blue comes first in what the network
    receives. The colour transform is that of the Inception project, done inside the network, which is built so.
    """

    n_channels: ClassVar[int] = 3
    resize: int
    crop: int
    interpolation: str = "bilinear"  # one of INTERPOLATIONS
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    channels: str = "RGB"  # or "BGR"
    colour_transform: bool = False
    squash: bool = False  # resized to `resize` on both sides, whatever its shape was

    @property
    def size(self) -> int:
        """Side of what the network receives."""
        return self.crop

    def __call__(self, image: ImageInput) -> Prepared:
        height, width = image.pixels.shape[:2]
        box = self.crop_box(height, width)
        picture = Image.fromarray(image.pixels)
        method = INTERPOLATIONS[self.interpolation]
        # Pillow's filter is widened when it shrinks, which is torchvision's antialias=True.
        if self.squash or max(height, width) <= _MAX_ASPECT * min(height, width):
            (new_height, new_width), (top, left) = self._resized(height, width)
            resized = picture.resize((new_width, new_height), method)
            cropped = resized.crop((left, top, left + self.crop, top + self.crop))
        else:  # resize only what the crop keeps: the same but for a rounding here and there
            cropped = picture.resize((self.crop, self.crop), method, box=(box[1], box[0], box[3], box[2]))
        pixels = np.asarray(cropped)
        pixels.flags.writeable = False
        x = torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)  # (3, size, size)
        x = (x - torch.tensor(self.mean)[:, None, None]) / torch.tensor(self.std)[:, None, None]
        if self.channels == "BGR":
            x = x.flip(0)
        return Prepared(pixels, box, x[None].contiguous(memory_format=torch.channels_last))

    def crop_box(self, height: int, width: int) -> tuple[float, float, float, float]:
        """(top, left, bottom, right) of what the network sees of a height x width picture, in its pixels."""
        (new_height, new_width), (top, left) = self._resized(height, width)
        scale_y, scale_x = height / new_height, width / new_width
        return (
            top * scale_y,
            left * scale_x,
            min(height, (top + self.crop) * scale_y),  # never a rounding error outside the picture
            min(width, (left + self.crop) * scale_x),
        )

    def _resized(self, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """(height, width) of the resized picture, and (top, left) of the crop in it."""
        short, long = min(height, width), max(height, width)
        resized_long = int(self.resize * long / short)  # torchvision truncates
        new_height, new_width = (self.resize, resized_long) if height <= width else (resized_long, self.resize)
        if self.squash:
            new_height, new_width = self.resize, self.resize
        return (new_height, new_width), (round((new_height - self.crop) / 2), round((new_width - self.crop) / 2))
