"""What of one layer goes into a file: its maps, and, where they are few, the window that made them and its kernels."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..convolution.opened import Opened, open_value, strongest
from ..convolution.snippets import opened_value
from ..elements.kernels import KERNELS, filters_data
from ..elements.operation import OPERATION
from ..elements.overlay import Photo
from ..elements.sliding import Place, convolution_data, pooling_data
from ..elements.viewer import VIEWER, Shown, viewer_data, whole_layer
from ..feature_maps.channels import ORDERS, SCALES
from ..feature_maps.files import MOST_EXACT, Part, What, whole_part
from ..feature_maps.snippets import layer_values
from ..filters.figures import page_with, per_page
from ..filters.files import SheetFile, own_sheet_file
from ..loading.setting import setting_of
from ..networks.pooling import Pooling
from ..pooling.sentences import what_sentence
from ..trace import Trace
from . import sentences as say
from .part import Block, Code, Drawn, Said
from .sizes import has_window, summed, watched_pooling


def layer_blocks(trace: Trace, layer: str, photo: Photo) -> list[Block]:
    """All maps of a layer; of one that adds up products also the window and the kernels of what makes it."""
    setting = setting_of(trace.image, trace.network, trace.target)
    return [maps_drawn(trace, layer, photo), *_summed(trace, layer), Code(layer_values(setting, layer))]


def maps_drawn(trace: Trace, layer: str, photo: Photo) -> Drawn:
    """All maps of a layer, exactly."""
    places = trace.network.places(layer) if trace.network.layer(layer).is_spatial else None
    now = Shown(0, ORDERS[0], SCALES[0], places)
    data = viewer_data(photo, whole_layer(trace, layer, now), now, f"Channel {{channel}} of {layer}")
    return Drawn(VIEWER, data)


def window_drawn(trace: Trace, opened: Opened, at: Place = (None, None)) -> Drawn:
    """The window of what a layer adds up, over all that it reads."""
    return Drawn(OPERATION, convolution_data(trace, opened, 0, at, parts=_whole))


def pooled_drawn(trace: Trace, pooling: Pooling, channel: int = 0, at: Place = (None, None)) -> Drawn:
    """The window of a pooling that slides, over all that it reads."""
    return Drawn(OPERATION, pooling_data(trace, pooling, channel, at, parts=_whole))


def kernels_drawn(file: SheetFile, layer: str, filters: Sequence[int]) -> Drawn:
    """Some of the kernels of a layer."""
    return Drawn(KERNELS, filters_data(file, filters, 0, f"Filters {filters[0]} to {filters[-1]} of {layer}"))


def _summed(trace: Trace, layer: str) -> list[Block]:
    network, name = trace.network, summed(trace.network, layer)
    if name is None or not trace.is_finite:
        return []
    blocks: list[Block] = []
    if has_window(network, layer):
        opened = open_value(trace, name, strongest(trace, name, 0))
        code = opened_value(setting_of(trace.image, network, trace.target), name, opened.unit, "products")
        blocks += [Said(f"What {name} adds up. {say.WINDOW}"), window_drawn(trace, opened), Code(code)]
    elif network.layer(name).is_spatial:
        blocks.append(Said(say.left_out(network, layer, name)))
    filters = page_with(range(network.layer(name).n_channels), 0, per_page(network, name)).shown
    if math.prod(network.weights(name)["weight"].shape[1:]) * len(filters) <= MOST_EXACT:
        file = trace.view(own_sheet_file, name, filters, False, False)
        drawn = kernels_drawn(file, name, filters)
        blocks += [Said(f"{drawn.data['alt']}. {file.sheet.reading}"), drawn]
    return blocks


def pooling_blocks(trace: Trace) -> list[Block]:
    """The window of the first pooling, where there is one to watch."""
    pooling = watched_pooling(trace.network)
    if pooling is None or not trace.is_finite:
        return []
    return [Said(f"{what_sentence(pooling)} {say.WINDOW}"), pooled_drawn(trace, pooling)]


def _whole(trace: Trace, layer: str, channel: int, what: What) -> tuple[Part, ...]:
    return (whole_part(trace, layer, what),)
