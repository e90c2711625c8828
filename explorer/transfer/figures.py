"""How a head learns as a chart, and pictures with the evidence that it found in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..attribution import class_activation_map
from ..drawing.color import Scale, scale_of
from ..drawing.picture import overlay, png_of_pixels, thumbnail, visible
from ..drawing.series import Axis, Line, Lines
from ..networks.network import Network
from ..trace import run
from .examples import Source
from .head import Curve

_SIDE = 112  # pixels of a picture in a sheet


def accuracy_lines(curve: Curve) -> Lines:
    """The share of right answers after each epoch."""
    return Lines(
        "Right answers by epoch",
        range(len(curve.accuracy)),
        [
            Line("held out", 100 * np.array(curve.held_out_accuracy, np.float32), None),
            Line("trained on", 100 * np.array(curve.accuracy, np.float32), 0),
        ],
        Axis("epoch", 0, len(curve.accuracy) - 1, is_whole=True),
        Axis("right answers", 0, 100, " %"),
    )


def loss_lines(curve: Curve) -> Lines:
    """The mean cross entropy after each epoch."""
    both = np.array([curve.held_out_loss, curve.loss], np.float32)
    return Lines(
        "Cross entropy by epoch",
        range(len(curve.loss)),
        [Line("held out", both[0], None), Line("trained on", both[1], 0)],
        Axis("epoch", 0, len(curve.loss) - 1, is_whole=True),
        Axis("cross entropy, in nats", 0, float(both.max())),
    )


def photo_sheet(sources: Sequence[Source], network: Network) -> bytes:
    """Pictures as a network receives them, in a row of equal cells, as PNG."""
    pixels = [thumbnail(visible(network.prepare(source.read()).pixels), _SIDE) for source in sources]
    return png_of_pixels(np.concatenate(pixels, axis=1))


def cell_sheets(sources: Sequence[Source], network: Network, category: int) -> tuple[bytes, tuple[bytes, Scale] | None]:
    """The pictures, and the same with Grad-CAM for a class over each, on one scale, and that scale; None for a network
    without maps."""
    return photo_sheet(sources, network), _evidence_sheet(sources, network, category) if network.has_maps else None


def _evidence_sheet(sources: Sequence[Source], network: Network, category: int) -> tuple[bytes, Scale]:
    traces = [run(network, source.read(), category) for source in sources]
    maps = [class_activation_map(trace) for trace in traces]
    scale = scale_of(np.stack(maps), "inferno")
    over = [
        overlay(thumbnail(visible(trace.prepared.pixels), _SIDE), values, scale)
        for trace, values in zip(traces, maps, strict=True)
    ]
    return png_of_pixels(np.concatenate(over, axis=1)), scale
