"""What was found, as pictures to show and to take away."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..drawing.color import Scale, scale_of
from ..drawing.picture import Pixels, overlay, png_of_pixels, thumbnail, visible
from ..faithfulness.figures import BOX_COLORS
from ..pictures.cutting import Mask
from ..pictures.image import ImageInput
from ..trace import FloatArray, Trace
from .reading import Cut, Reading
from .segmentation import Segment

_WIDTH = 900  # pixels of a picture with frames
_DIGIT = 128  # pixels of a digit in a strip: four times what is received
_SIDE = 160  # pixels of a picture in a strip
_GREYS = np.array([0, 255, 85, 170], np.uint8)  # surely not, surely, hardly, likely the thing


def mask_png(mask: Mask) -> bytes:
    """White where the thing is, black elsewhere, a pixel a pixel."""
    return png_of_pixels(np.repeat(np.where(mask, 255, 0).astype(np.uint8)[..., None], 3, axis=2))


def cut_out_png(pixels: Pixels, mask: Mask) -> bytes:
    """The thing alone, on nothing."""
    return png_of_pixels(np.dstack([pixels, np.where(mask, 255, 0).astype(np.uint8)]))


def dimmed_png(pixels: Pixels, mask: Mask) -> bytes:
    """The picture with all but the thing in the dark."""
    return png_of_pixels(visible(np.where(mask[..., None], pixels, pixels // 5)))


def given_png(found: Segment) -> bytes:
    """What GrabCut was given: the whiter, the surer it is the thing."""
    return png_of_pixels(visible(np.repeat(_GREYS[found.given][..., None], 3, axis=2)))


def alike_scale(maps: Sequence[FloatArray]) -> Scale:
    """One scale for what the cells of several pictures add to their cosines."""
    return scale_of(np.concatenate([values.ravel() for values in maps]), "inferno")


def received_png(traces: Sequence[Trace]) -> bytes:
    """Pictures in a row, each as the network received it."""
    return png_of_pixels(np.concatenate([_small(trace) for trace in traces], axis=1))


def alike_png(traces: Sequence[Trace], maps: Sequence[FloatArray], scale: Scale, layer: str) -> bytes:
    """The same with what their cells add to the cosine over them."""
    places = traces[0].network.places(layer)
    shown = [overlay(_small(trace), values, scale, places=places) for trace, values in zip(traces, maps, strict=True)]
    return png_of_pixels(np.concatenate(shown, axis=1))


def _small(trace: Trace) -> Pixels:
    return thumbnail(visible(trace.prepared.pixels), _SIDE)


def framed_png(image: ImageInput, found: Cut) -> bytes:
    """The picture with a frame around each digit."""
    pixels = thumbnail(image.pixels, _WIDTH).copy()
    factor = pixels.shape[1] / image.pixels.shape[1]
    color = tuple(bytes.fromhex(BOX_COLORS["found"][1:]))
    for digit in found.digits:
        top, left, bottom, right = (round(edge * factor) for edge in digit.box)
        for width, ink in ((4, (0, 0, 0)), (2, color)):
            cv2.rectangle(pixels, (left - 3, top - 3), (right + 2, bottom + 2), ink, width)
    return png_of_pixels(pixels)


def digits_png(found: Reading) -> bytes:
    """The digits in a row, each as the network received it."""
    shown = [trace.prepared.pixels for trace in found.traces]
    factor = max(1, _DIGIT // shown[0].shape[0])
    return png_of_pixels(np.concatenate([part.repeat(factor, 0).repeat(factor, 1) for part in shown], axis=1))
