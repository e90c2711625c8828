"""What of one layer goes into a file: its maps, and, where they are few, the window that made them and its kernels."""

from __future__ import annotations

import math

from ..convolution.opened import open_value, strongest
from ..convolution.snippets import opened_value
from ..elements.kernels import KERNELS, filters_data
from ..elements.operation import OPERATION
from ..elements.overlay import Photo
from ..elements.sliding import convolution_data, pooling_data, slides
from ..elements.viewer import VIEWER, Shown, viewer_data, whole_layer
from ..feature_maps.channels import ORDERS, SCALES
from ..feature_maps.files import MOST_EXACT, Part, What, whole_part
from ..feature_maps.snippets import layer_values
from ..filters.figures import page_with, per_page
from ..filters.files import own_sheet_file
from ..filters.weights import layers_with_kernels
from ..loading.setting import setting_of
from ..pooling.layers import first_pooling, pooling_of
from ..pooling.sentences import what_sentence
from ..trace import Trace, read_by
from . import sentences as say
from .part import Block, Code, Drawn, Said

_MOST_POOLED = 1 << 20  # numbers that a pooling reads


def layer_blocks(trace: Trace, layer: str, photo: Photo) -> list[Block]:
    """All maps of a layer; of one that adds up products also the window and the kernels of what makes it."""
    network = trace.network
    places = network.places(layer) if network.layer(layer).is_spatial else None
    now = Shown(0, ORDERS[0], SCALES[0], places)
    data = viewer_data(photo, whole_layer(trace, layer, now), now, f"Channel {{channel}} of {layer}")
    blocks: list[Block] = [Drawn(VIEWER, data), *_summed(trace, layer)]
    return [*blocks, Code(layer_values(setting_of(trace.image, network, trace.target), layer))]


def _summed(trace: Trace, layer: str) -> list[Block]:
    """The window of the layer that makes the sums, where the layer itself does or only an activation or a norm stands
    between, so that its channels are the same."""
    network, name = trace.network, _sums(trace, layer)
    if name is None or not trace.is_finite:
        return []
    blocks: list[Block] = []
    if network.layer(name).is_spatial:
        read, given, weights = read_by(trace, name), trace[name], network.weights(name)["weight"]
        n_given = 0 if name == network.resolve(layer) else given.size
        if max(read.size, weights.size, n_given) <= MOST_EXACT:
            opened = open_value(trace, name, strongest(trace, name, 0))
            data = convolution_data(trace, opened, 0, (None, None), parts=_whole)
            blocks += [Said(f"{name}. {say.WINDOW}"), Drawn(OPERATION, data)]
            blocks.append(
                Code(opened_value(setting_of(trace.image, network, trace.target), name, opened.unit, "products"))
            )
        else:
            blocks.append(Said(say.left_out(name, read.size + n_given + weights.size)))
    filters = page_with(range(network.layer(name).n_channels), 0, per_page(network, name)).shown
    if math.prod(network.weights(name)["weight"].shape[1:]) * len(filters) <= MOST_EXACT:
        file = trace.view(own_sheet_file, name, filters, False, False)
        alt = f"Filters {filters[0]} to {filters[-1]} of {name}"
        blocks += [Said(f"{alt}. {file.sheet.reading}"), Drawn(KERNELS, filters_data(file, filters, 0, alt))]
    return blocks


def _sums(trace: Trace, layer: str) -> str | None:
    network = trace.network
    known, name = layers_with_kernels(network), network.resolve(layer)
    while name not in known:
        found = network.layers[name]
        if len(found.inputs) != 1 or found.traits.is_weighted or found.pooling is not None:
            return None
        before = network.layers[found.inputs[0]]
        if before.shape != found.shape:
            return None
        name = before.name
    return name


def pooling_blocks(trace: Trace) -> list[Block]:
    """The window of the first pooling, where there is one to watch."""
    name = first_pooling(trace.network)
    if name is None:
        return []
    pooling = pooling_of(trace.network, name)
    if not slides(pooling) or read_by(trace, name).size > _MOST_POOLED or not trace.is_finite:
        return []
    data = pooling_data(trace, pooling, 0, (None, None), parts=_whole)
    return [Said(f"{name}. {what_sentence(pooling)} {say.WINDOW}"), Drawn(OPERATION, data)]


def _whole(trace: Trace, layer: str, channel: int, what: What) -> tuple[Part, ...]:
    return (whole_part(trace, layer, what),)
