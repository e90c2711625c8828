"""From a picture to what a network receives: resize, crop, scale to 0-1, normalise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ..pictures.image import ImageInput

T = TypeVar("T")

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
    notes: tuple[str, ...] = ()  # what the picture lacks of what the network reads, as sentences

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width, _ = self.pixels.shape
        return height, width


class Preparation(Protocol):
    """What a network does to a picture before it looks: the outcome has one channel of `size` x `size` for each of
    `inputs`, which say what it is. Values (N, C, H, W) from 0 to 1 are `scaled` to what the network reads, and back."""

    @property
    def inputs(self) -> tuple[str, ...]: ...

    @property
    def n_channels(self) -> int: ...

    @property
    def size(self) -> int: ...

    def scaled(self, values: torch.Tensor) -> torch.Tensor: ...

    def unscaled(self, x: torch.Tensor) -> torch.Tensor: ...

    def __call__(self, image: ImageInput) -> Prepared: ...


@dataclass(frozen=True)
class Changed:
    """A preparation that gives something else for a picture than the `usual` one, in the same form."""

    usual: Preparation

    @property
    def inputs(self) -> tuple[str, ...]:
        """What each channel is."""
        return self.usual.inputs

    @property
    def n_channels(self) -> int:
        """How many there are."""
        return self.usual.n_channels

    @property
    def size(self) -> int:
        """Side of what the network receives."""
        return self.usual.size

    def scaled(self, values: torch.Tensor) -> torch.Tensor:
        """Values from 0 to 1 as the network reads them."""
        return self.usual.scaled(values)

    def unscaled(self, x: torch.Tensor) -> torch.Tensor:
        """The way back."""
        return self.usual.unscaled(x)


COLOURS = ("red", "green", "blue")


def normalised(values: torch.Tensor, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    """Values (N, C, H, W) less `mean`, divided by `std`, a number of each for every channel."""
    return (values - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]


def unnormalised(x: torch.Tensor, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    """The way back."""
    return x * torch.tensor(std)[:, None, None] + torch.tensor(mean)[:, None, None]


def in_colours(preparation: Preparation, of_colours: Sequence[T]) -> list[T]:
    """What belongs to red, green and blue, for each channel that the network reads; for one that is no colour, what
    belongs to red."""
    return [of_colours[COLOURS.index(name) if name in COLOURS else 0] for name in preparation.inputs]


def as_pixels(preparation: Preparation, x: torch.Tensor) -> NDArray[np.uint8]:
    """What a network receives, (1, C, H, W), as a picture (H, W, 3): in its colours, or grey where it has others."""
    values = preparation.unscaled(x.cpu())[0].numpy()
    names = preparation.inputs
    if set(COLOURS) <= set(names):
        shown = values[[names.index(colour) for colour in COLOURS]]
    else:
        shown = np.repeat(values.mean(axis=0, keepdims=True), 3, axis=0)
    pixels = np.rint(np.moveaxis(shown, 0, -1) * 255).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(pixels)


@dataclass(frozen=True)
class PhotoPreparation:
    """Shorter side to `resize` (or, with `squash`, both sides), centre crop of `crop`, values from 0 to 1 less `mean`,
    divided by `std`: torchvision's `ImageClassification` preset, and what timm's transforms for evaluation do.

    `mean` and `std` are those of red, green and blue; with the channels "BGR" blue comes first in what the network
    receives. The colour transform is that of the Inception project, done inside the network, which is built so.
    """

    resize: int
    crop: int
    interpolation: str = "bilinear"  # one of INTERPOLATIONS
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    channels: str = "RGB"  # or "BGR"
    colour_transform: bool = False
    squash: bool = False  # resized to `resize` on both sides, whatever its shape was

    @property
    def inputs(self) -> tuple[str, ...]:
        """What each channel is."""
        return COLOURS if self.channels == "RGB" else COLOURS[::-1]

    @property
    def n_channels(self) -> int:
        """Three colours."""
        return len(COLOURS)

    @property
    def size(self) -> int:
        """Side of what the network receives."""
        return self.crop

    def scaled(self, values: torch.Tensor) -> torch.Tensor:
        """Values from 0 to 1, in the order of `inputs`, as the network reads them."""
        return normalised(values, in_colours(self, self.mean), in_colours(self, self.std))

    def unscaled(self, x: torch.Tensor) -> torch.Tensor:
        """The way back."""
        return unnormalised(x, in_colours(self, self.mean), in_colours(self, self.std))

    def __call__(self, image: ImageInput) -> Prepared:
        pixels = np.asarray(self.cut(Image.fromarray(image.pixels)))
        pixels.flags.writeable = False
        x = torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[in_colours(self, (0, 1, 2))]
        x = self.scaled(x[None])
        box = self.crop_box(*image.pixels.shape[:2])
        return Prepared(pixels, box, x.contiguous(memory_format=torch.channels_last))

    def cut(self, picture: Image.Image) -> Image.Image:
        """What the network sees of a picture of any mode, at its size."""
        height, width = picture.height, picture.width
        method = INTERPOLATIONS[self.interpolation]
        # Pillow's filter is widened when it shrinks, which is torchvision's antialias=True.
        if self.squash or max(height, width) <= _MAX_ASPECT * min(height, width):
            (new_height, new_width), (top, left) = self._resized(height, width)
            resized = picture.resize((new_width, new_height), method)
            return resized.crop((left, top, left + self.crop, top + self.crop))
        # resize only what the crop keeps: the same but for a rounding here and there
        top_left_bottom_right = self.crop_box(height, width)
        box = (*top_left_bottom_right[1::-1], *top_left_bottom_right[:1:-1])
        return picture.resize((self.crop, self.crop), method, box=box)

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
