"""What was found, as pictures to show and to take away."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..drawing.color import Scale, scale_of
from ..drawing.picture import Pixels, overlay, png_of_pixels, thumbnail, visible
from ..drawing.series import Axis, Line, Lines, Plane, Tint, percent_axis
from ..faithfulness.figures import BOX_COLORS
from ..pictures.cutting import Mask
from ..pictures.image import ImageInput
from ..pictures.sound import FLOOR, SECONDS, TOP, Excerpt
from ..trace import FloatArray, Trace
from .reading import Cut, Reading
from .segmentation import Segment
from .sound import edges, picture_edges, waveform
from .video import Watched

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


def answer_lines(watched: Watched) -> Lines:
    """The probabilities of the classes that matter most in a clip against the time in it, a line a class."""
    shares = 100 * watched.probabilities
    classes = watched.classes()
    lines = [Line(watched.network.categories[index], shares[:, index], i) for i, index in enumerate(classes)]
    start, end = float(watched.seconds[0]), float(watched.seconds[-1])
    return Lines(
        "What it sees, frame by frame", watched.seconds.tolist(), lines,
        Axis("time in the clip", start, end if end > start else start + 1, " s"),
        percent_axis("probability", max(0.01, float(watched.probabilities[:, classes].max()))),
    )  # fmt: skip


def evidence_scale(watched: Watched) -> Scale:
    """One scale for the maps of all frames, of which what speaks for the class is drawn."""
    return Scale(0.0, watched.peak, "inferno")


def sound_plane(excerpt: Excerpt, title: str, over: Sequence[Tint], has_levels: bool = True) -> Plane:
    """Two seconds of a sound over time and frequency: its waveform, below it, where it `has_levels`, its spectrogram,
    and other maps on that."""
    start = excerpt.start
    times, values = waveform(excerpt)
    loud = max(float(np.abs(values).max()), 0.01)  # of a sound that is all but silent, the line stays flat
    time = Axis("time in seconds", start, start + SECONDS, " s")
    above = Lines("", times.tolist(), [Line("samples", values, 1)], time, Axis("", -loud, loud))
    levels = Tint("level", excerpt.levels(), Scale(FLOOR, 0, "grey"), picture_edges(start), " dB")
    maps = [levels, *over] if has_levels else list(over)
    return Plane(title, maps, time, Axis("frequency in Hz", 0, TOP, " Hz"), above)


def evidence_tint(trace: Trace, values: FloatArray, start: float) -> Tint:
    """The evidence for a class, to lie over the spectrogram."""
    place = edges(trace, trace.network.cam_layer, start)
    return Tint("evidence", values, scale_of(values, "inferno"), place, fades=True)


def channel_tint(trace: Trace, layer: str, channel: int, start: float) -> Tint:
    """One map of a layer, on the scale of all its maps."""
    values = trace[layer]
    return Tint("value", values[channel], scale_of(values), edges(trace, layer, start))
