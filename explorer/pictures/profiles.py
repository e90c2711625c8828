"""Colours that are not those of sRGB: what a profile in the file says of them, and how they are converted."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_MAX_BYTES = 4_000_000  # of a profile; those of printers have two million
_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION  # and without its shortcuts for grey, which are wrong in the shadows
_LEFT_OUT = "its colour profile cannot be read and is left out"


@dataclass(frozen=True)
class Conversion:
    """A transform to sRGB. `mode` is Pillow's name of what it takes: L, RGB, CMYK."""

    transform: ImageCms.ImageCmsTransform
    mode: str

    def to_srgb(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Pixels (H, W, 3), of CMYK (H, W, 4), to RGB; grey ones have three equal channels."""
        source = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if self.mode == "L" else pixels), self.mode)
        return np.asarray(ImageCms.applyTransform(source, self.transform))


def conversion(profile: Any, mode: str) -> tuple[Conversion | None, list[str]]:
    """How the colours of a picture of Pillow's `mode` become those of sRGB, and a note; None where they already are.

    Relative colorimetric, with the black of one shown as the black of the other: white stays white. A profile that
    is broken, or for other colours than the picture has, is no reason to refuse it.
    """
    if not profile:
        return None, []
    if not isinstance(profile, bytes) or len(profile) > _MAX_BYTES:
        return None, [_LEFT_OUT]
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        colours = _MODES.get(opened.profile.xcolor_space.strip(), "")
        if colours != mode and (mode, colours) != ("L", "RGB"):
            return None, [f"its colour profile is not one for {_kind(mode)}, and is left out"]
        transform = ImageCms.buildTransform(
            opened, ImageCms.createProfile("sRGB"), colours, "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC, _FLAGS | (ImageCms.Flags.NOOPTIMIZE if colours == "L" else 0),
        )  # fmt: skip
        found = Conversion(transform, colours)
        if colours != "CMYK" and _changes_nothing(found):
            return None, []
        name = "".join(c for c in ImageCms.getProfileDescription(opened) if c.isprintable()).strip()[:40]
    except Exception:  # through many types, and any of them means the same
        return None, [_LEFT_OUT]
    return found, [f"colours converted from {name or 'those of its profile'} to sRGB"]


def _kind(mode: str) -> str:
    return {"L": "grey", "RGB": "red, green and blue"}.get(mode, mode)


def _changes_nothing(found: Conversion) -> bool:
    ramp = np.arange(0, 256, 17, dtype=np.uint8)
    cube = np.stack(np.meshgrid(ramp, ramp, ramp, indexing="ij"), axis=-1).reshape(64, 64, 3)
    if found.mode == "L":
        cube = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
    return int(np.abs(found.to_srgb(cube).astype(int) - cube).max()) <= 1
