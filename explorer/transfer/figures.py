"""How a head learns as a chart, and pictures with the evidence that it found in them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..attribution import class_activation_map
from ..drawing.color import Scale, scale_of
from ..drawing.picture import Pixels, overlay, png_of_pixels, thumbnail, visible
from ..drawing.series import Axis, Line, Lines
from ..errors import BadImage
from ..networks.network import Network
from ..trace import run
from .examples import Source
from .head import Curve
from .shortcut import Box
from .sweeping import Swept, Witness

_SIDE = 112  # pixels of a picture in a sheet


def accuracy_lines(curve: Curve, n_epochs: int | None = None) -> Lines:
    """The share of right answers after each epoch, of as many as there are to be."""
    return Lines(
        "Right answers by epoch",
        range(len(curve.accuracy)),
        [
            Line("held out", 100 * np.array(curve.held_out_accuracy, np.float32), None),
            Line("trained on", 100 * np.array(curve.accuracy, np.float32), 0),
        ],
        Axis("epoch", 0, n_epochs or len(curve.accuracy) - 1, is_whole=True),
        Axis("right answers", 0, 100, " %"),
    )


def loss_lines(curve: Curve, n_epochs: int | None = None) -> Lines:
    """The mean cross entropy after each epoch, of as many as there are to be."""
    both = np.array([curve.held_out_loss, curve.loss], np.float32)
    return Lines(
        "Cross entropy by epoch",
        range(len(curve.loss)),
        [Line("held out", both[0], None), Line("trained on", both[1], 0)],
        Axis("epoch", 0, n_epochs or len(curve.loss) - 1, is_whole=True),
        Axis("cross entropy, in nats", 0, float(both.max())),
    )


def photo_sheet(sources: Sequence[Source], network: Network) -> bytes:
    """Pictures as a network receives them, in a row of equal cells, as PNG."""
    pixels = [thumbnail(visible(network.prepare(source.read()).pixels), _SIDE) for source in sources]
    return png_of_pixels(np.concatenate(pixels, axis=1))


def readable_sheet(sources: Sequence[Source], network: Network) -> tuple[bytes, tuple[str, ...]]:
    """The same of those that can be read, and what these are called; no bytes where none can."""
    found = []
    for source in sources:
        try:
            found.append((thumbnail(visible(network.prepare(source.read()).pixels), _SIDE), source.name))
        except BadImage:  # which is said when all are gathered
            continue
    if not found:
        return b"", ()
    return png_of_pixels(np.concatenate([pixels for pixels, _ in found], axis=1)), tuple(name for _, name in found)


def cell_sheets(
    sources: Sequence[Source], network: Network, categories: Sequence[int]
) -> tuple[bytes, tuple[bytes, Scale] | None]:
    """The pictures, and the same with Grad-CAM for a class of its own over each, on one scale, and that scale; None for
    a network without maps."""
    return photo_sheet(sources, network), _evidence_sheet(sources, network, categories) if network.has_maps else None


def witness_sheets(found: Sequence[Witness]) -> tuple[bytes, tuple[bytes, Scale] | None]:
    """What the network received, and the same with the evidence over it, on one scale, the mark's cells outlined; None
    for a network without maps."""
    photos = [thumbnail(visible(one.trace.prepared.pixels), _SIDE) for one in found]
    sheet = png_of_pixels(np.concatenate(photos, axis=1))
    maps = [one.values for one in found if one.values is not None]
    if not maps:
        return sheet, None
    scale = scale_of(np.stack(maps), "inferno")
    over = [
        _outlined(overlay(photo, values, scale), one.cells, values.shape)
        for photo, values, one in zip(photos, maps, found, strict=True)
    ]
    return sheet, (png_of_pixels(np.concatenate(over, axis=1)), scale)


def _outlined(pixels: Pixels, cells: Box | None, shape: tuple[int, ...]) -> Pixels:
    """With a line around some cells of a map that lies evenly over it."""
    if cells is None:
        return pixels
    drawn = pixels.copy()
    (height, width, _), (rows, columns) = pixels.shape, shape
    top, left, bottom, right = cells
    first = round(left / columns * width), round(top / rows * height)
    last = round(right / columns * width) - 1, round(bottom / rows * height) - 1
    for thickness, colour in ((3, (0, 0, 0)), (1, (255, 255, 255))):  # seen on dark and on light
        cv2.rectangle(drawn, first, last, colour, thickness)
    return drawn


def swept_lines(found: Swept) -> Lines:
    """What a mark does by its size: three shares of held-out pictures."""
    most = [np.mean([share >= 0.5 for share in one.on_mark]) if one.on_mark else np.nan for one in found.exposed]
    rows = {
        "right, marks and all": ([one.accuracy for one in found.exposed], None),
        "of other classes, follow the mark": ([one.followed for one in found.exposed], 0),
        "marked, with half of the evidence on it": (most, 1),
    }
    return Lines(
        f"A mark at the {found.place}, by its size",
        [100 * size for size in found.sizes],
        [Line(name, 100 * np.array(values, np.float32), look) for name, (values, look) in rows.items()],
        Axis("side of the mark, of the picture’s shorter side", 0, 100 * max(found.sizes), " %"),
        Axis("held-out pictures", 0, 100, " %"),
    )


def _evidence_sheet(sources: Sequence[Source], network: Network, categories: Sequence[int]) -> tuple[bytes, Scale]:
    traces = [run(network, source.read(), category) for source, category in zip(sources, categories, strict=True)]
    maps = [class_activation_map(trace) for trace in traces]
    scale = scale_of(np.stack(maps), "inferno")
    over = [
        overlay(thumbnail(visible(trace.prepared.pixels), _SIDE), values, scale)
        for trace, values in zip(traces, maps, strict=True)
    ]
    return png_of_pixels(np.concatenate(over, axis=1)), scale
