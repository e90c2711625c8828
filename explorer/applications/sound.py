"""What a network of pictures hears: two seconds of a sound as a picture, and where over time and frequency the evidence
for a class lies."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..attribution import class_activation_map
from ..networks.network import Network
from ..pictures.image import ImageInput, read_image
from ..pictures.sound import HOP, RATE, SIDE, WINDOW, Excerpt
from ..trace import FloatArray, Trace

Edges = tuple[float, float, float, float]
_COLUMN, _ROW = HOP / RATE, RATE / WINDOW  # seconds, Hz
_MIDDLE = 0.5  # of a row below the lowest frequency, 0 Hz, which is its middle
_BARS = 4  # of the waveform for each column of the picture


@dataclass(frozen=True)
class Loudest:
    """Where a map over a sound is highest: the middle of that cell in seconds of the sound and in Hz, and how wide (s)
    and high (Hz) a cell is."""

    seconds: float
    hertz: float
    wide: float
    high: float


def sound_picture(excerpt: Excerpt) -> ImageInput:
    """Two seconds of a sound as a picture that every network, page and command takes: (128, 128), grey."""
    image = read_image(np.ascontiguousarray(excerpt.pixels()), excerpt.sound.name)
    return replace(image, notes=excerpt.sound.notes)


def reads_sounds(network: Network) -> bool:
    """Whether the picture of a sound can be given to it as it is: it reads one channel."""
    return network.preprocessing.n_channels == 1


def heard_evidence(trace: Trace) -> FloatArray | None:
    """Grad-CAM for the trace's class at the network's own layer for it, (H, W), high frequencies on top; None where
    nothing speaks for the class. Raises NotSpatial for a network without maps, NoTarget for a trace without
    gradients."""
    values = class_activation_map(trace, layer=trace.network.cam_layer)
    return values if np.isfinite(values).all() and values.any() else None


def edges(trace: Trace, layer: str, start: float) -> Edges:
    """Where the outer edges of a layer's maps lie over the sound: (left, right) in seconds, (bottom, top) in Hz.
    `start` is the second at which the picture begins."""
    network, (height, width) = trace.network, trace.prepared.size
    down, across = network.layer(layer).size
    places = network.places(layer)
    y0, x0, y1, x1 = 0.0, 0.0, float(height), float(width)
    if places is not None:
        (y0, x0), (step_y, step_x) = places.begin, places.step
        y1, x1 = y0 + down * step_y, x0 + across * step_x
    top, left, bottom, right = trace.prepared.box
    tall, wide = (bottom - top) / height, (right - left) / width
    return (
        start + (left + x0 * wide) * _COLUMN,
        start + (left + x1 * wide) * _COLUMN,
        (SIDE - _MIDDLE - top - y1 * tall) * _ROW,
        (SIDE - _MIDDLE - top - y0 * tall) * _ROW,
    )


def picture_edges(start: float) -> Edges:
    """The same of the picture itself."""
    return start, start + SIDE * _COLUMN, -_MIDDLE * _ROW, (SIDE - _MIDDLE) * _ROW


def loudest(values: FloatArray, within: Edges) -> Loudest:
    """The highest cell of a map, (H, W), that lies within these edges."""
    left, right, bottom, top = within
    height, width = values.shape
    y, x = np.unravel_index(int(values.argmax()), values.shape)
    wide, high = (right - left) / width, (top - bottom) / height
    return Loudest(left + (float(x) + 0.5) * wide, top - (float(y) + 0.5) * high, wide, high)


def waveform(excerpt: Excerpt) -> tuple[FloatArray, FloatArray]:
    """The two seconds as they are drawn where there is no room for each sample: seconds and values, (1024,), in turn
    the lowest and the highest of 32 samples."""
    pieces = excerpt.heard.reshape(SIDE * _BARS, -1)
    times = excerpt.start + (np.arange(2 * len(pieces)) + 0.5) / 2 * pieces.shape[1] / RATE
    return times.astype(np.float32), np.stack([pieces.min(axis=1), pieces.max(axis=1)], axis=1).ravel()
