"""From a picture to what a network receives that reads other channels than red, green and blue: one, two, or more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ..pictures.image import ImageInput
from ..wording import plural
from .preparation import COLOURS, PhotoPreparation, Prepared, normalised, unnormalised

GREY, INVERTED, NOTHING = "grey", "inverted", "nothing"
NAMED = (GREY, INVERTED, *COLOURS, NOTHING)  # the sources that are no numbers


@dataclass(frozen=True)
class BandPreparation:
    """Resized and cropped as `cut` does it, then for each input one of `sources`, less its mean, divided by its std.

    A source is "grey" (the brightness of the colours, ITU-R BT.601), "inverted" (dark for bright, as networks of digits
    are given ink on paper), "red", "green", "blue", "nothing", or a number
    from 1 on: that channel of the file, or, of a picture that has but its colours, 1 for red, 2 for green, 3 for blue.
    Values of a file are divided by the largest that its whole numbers can hold; numbers with a point, or with a sign,
    stay as they are. What a picture lacks is given as its mean, which is 0 for the network, and noted.
    """

    cut: PhotoPreparation
    sources: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """What each channel is; a source that is there twice is told apart by its place."""
        names = [f"channel {source}" if source.isdecimal() else source for source in self.sources]
        return tuple(name if names.count(name) == 1 else f"{name} (input {i})" for i, name in enumerate(names, start=1))

    @property
    def n_channels(self) -> int:
        """How many the network reads."""
        return len(self.sources)

    @property
    def size(self) -> int:
        """Side of what the network receives."""
        return self.cut.size

    def scaled(self, values: torch.Tensor) -> torch.Tensor:
        """Values in the order of `inputs` as the network reads them."""
        return normalised(values, self.mean, self.std)

    def unscaled(self, x: torch.Tensor) -> torch.Tensor:
        """The way back."""
        return unnormalised(x, self.mean, self.std)

    def __call__(self, image: ImageInput) -> Prepared:
        picture = Image.fromarray(image.pixels)
        if self.sources in ((GREY,), (INVERTED,)):
            picture = _grey(image, self.sources[0]).convert("RGB")
        pixels = np.asarray(self.cut.cut(picture))
        pixels.flags.writeable = False
        planes = [self._plane(image, source) for source in self.sources]
        filled = [
            np.full((self.size, self.size), mean, np.float32) if plane is None else plane
            for plane, mean in zip(planes, self.mean, strict=True)
        ]
        x = self.scaled(torch.from_numpy(np.stack(filled))[None])
        box = self.cut.crop_box(*image.pixels.shape[:2])
        lacking = [name for name, source, plane in zip(self.inputs, self.sources, planes, strict=True)
                   if plane is None and source != NOTHING]  # fmt: skip
        return Prepared(
            pixels, box, x.contiguous(memory_format=torch.channels_last), notes=_notes(image, len(planes), lacking)
        )

    def _plane(self, image: ImageInput, source: str) -> NDArray[np.float32] | None:
        """One source of a picture at the network's size, (H, W); None where the picture does not have it."""
        if source in (GREY, INVERTED):
            return self._levels(_grey(image, source))
        number = int(source) if source.isdecimal() else 0
        if source in COLOURS or (image.channels is None and 1 <= number <= len(COLOURS)):
            at = COLOURS.index(source) if source in COLOURS else number - 1
            return self._levels(Image.fromarray(np.ascontiguousarray(image.pixels[..., at])))
        if image.channels is not None and 1 <= number <= image.channels.shape[2]:
            values = np.ascontiguousarray(image.channels[..., number - 1])
            return np.asarray(self.cut.cut(Image.fromarray(values)))
        return None

    def _levels(self, picture: Image.Image) -> NDArray[np.float32]:
        """Levels from 0 to 255 as values from 0 to 1, at the network's size."""
        return np.asarray(self.cut.cut(picture)).astype(np.float32) / np.float32(255)


def _grey(image: ImageInput, source: str) -> Image.Image:
    grey = Image.fromarray(image.pixels).convert("L")
    return grey if source == GREY else ImageOps.invert(grey)


def _notes(image: ImageInput, n: int, lacking: list[str]) -> tuple[str, ...]:
    if not lacking:
        return ()
    has = len(COLOURS) if image.channels is None else image.channels.shape[2]
    there = "its colours alone" if image.channels is None else plural(has, "channel")
    verb = "is" if len(lacking) == 1 else "are"
    return (
        f"The network reads {plural(n, 'channel')}, and the picture has {there}: {', '.join(lacking)} {verb} given "
        "as the mean everywhere, which tells nothing",
    )
