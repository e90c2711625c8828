"""A layer's maps, all of them and one up close, drawn in the browser: what is looked at asks the server for nothing."""

from __future__ import annotations

from collections.abc import Callable

from ...elements.overlay import Photo
from ...elements.viewer import VIEWER, LayerData, Shown, viewer_data
from ...feature_maps.channels import ORDERS, SCALES
from .base import Element, Report

_viewer = Element.of(VIEWER)


def viewer(
    photo: Photo, layer: LayerData, shown: Shown, key: str, on_channel: Callable[[int], None],
    on_order: Callable[[str], None], on_scale: Callable[[str], None],
) -> None:  # fmt: skip
    """All channels of a layer in pages of a mosaic, and the chosen one over the picture with its histogram. Whoever
    chooses a channel, an order or a scale sees it at once; what was chosen is told when it has come to rest."""
    _viewer(
        key,
        viewer_data(photo, layer, shown, f"Channel {{channel}} of {layer.name}"),
        channel=Report(range(layer.shape[0]), on_channel),
        order=Report(ORDERS, on_order),
        scale=Report(SCALES, on_scale),
    )


def channel_up_close(photo: Photo, layer: LayerData, shown: Shown, alt: str, key: str) -> None:
    """One channel over the picture, whichever is chosen on the page, in its own range. `alt` has {channel} for its
    number."""
    _viewer(key, viewer_data(photo, layer, shown, alt, is_alone=True))
