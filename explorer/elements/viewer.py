"""A layer's maps, all of them and one up close, drawn in the browser: what is looked at asks the server for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..drawing.color import palette
from ..drawing.placing import note
from ..drawing.units import activation_unit
from ..feature_maps.channels import ORDERS, SCALES, channel_ranges
from ..feature_maps.figures import N_PER_PAGE
from ..feature_maps.files import LayerFiles, channel_ranks, layer_files, whole_part
from ..feature_maps.sentences import mosaic_texts
from ..geometry import Places, ReceptiveField
from ..networks.network import Network
from ..trace import FloatArray, Trace, as_maps
from .legend import LEGEND
from .overlay import Photo
from .probe import CLOSEUP, field_data, places_data
from .view import File, View, inline

VIEWER = View(
    "viewer",
    f"""<div class="viewer">
      <div class="everything">
        <div class="controls">
          <label>Order by <select class="order"></select></label>
          <label>One colour scale per <select class="scale"></select></label>
          <label title="Numbers stay as they are; the legend says what the colours mean">Boost
            <select class="boost"><option value="1">none</option><option value="2">× 2</option>
              <option value="4">× 4</option><option value="10">× 10</option><option value="50">× 50</option></select>
          </label>
          <label title="Below 1 what is weak is seen better">Gamma
            <select class="gamma"><option>1</option><option>0.7</option><option>0.5</option>
              <option>0.3</option></select>
          </label>
        </div>
        <div class="cells" role="grid"></div>
        {LEGEND}
        <div class="pages"><button type="button" class="back">◀ Back</button><span class="where" role="status"></span>
          <button type="button" class="on">More ▶</button></div>
      </div>
      <div class="closeup">{CLOSEUP.format(heat='<canvas class="heat"></canvas>')}</div>
    </div>""",
    is_figure=True,
    parts=("grid", "probe"),
)


@dataclass(frozen=True)
class Shown:
    """What of a layer (C, H, W) is to be seen: the channel, the order and the scale, and where over the picture its
    cells lie."""

    channel: int
    order: str
    scale: str
    places: Places | None


@dataclass(frozen=True)
class LayerData:
    """A layer as a browser gets it. `exact` is the shown channel where the files hold levels alone; `ranges` are the
    range of the whole layer and, where the scale asks for it, that of the whole network. Of its `units` the first is
    that of all maps, the second that of one, with {channel} for its number. `fields` are for so many channels in a row
    what their cells see."""

    name: str
    shape: tuple[int, ...]
    is_spatial: bool
    files: Mapping[str, object]
    exact: FloatArray | None
    ranges: Mapping[str, tuple[float, float]]
    units: tuple[str, str]
    texts: Mapping[str, str]  # of feature_maps.sentences.mosaic_texts
    fields: Sequence[tuple[int, ReceptiveField]]


def layer_units(network: Network, layer: str, now: Shown) -> tuple[str, str]:
    """What all maps are values of, and what one is, of any channel."""
    truly = network.places(layer) if network.layer(layer).is_spatial else None
    one = activation_unit(network, layer, now.channel).replace(f"channel {now.channel} of", "channel {channel} of")
    return activation_unit(network, layer), f"{one}{note(truly, now.places)}"


def layer_data(trace: Trace, layer: str, now: Shown, units: tuple[str, str]) -> LayerData:
    """What a browser needs of a layer to draw any of its channels, which it can ask for more."""
    trace.view(channel_ranks, layer)  # first: their pass has the maps as well
    return _data_of(trace, layer, now, units, trace.view(layer_files, layer, now.scale == "channel"))


def whole_layer(trace: Trace, layer: str, now: Shown) -> LayerData:
    """The same for a browser that can ask nobody: all maps exactly, however many they are."""
    files = LayerFiles(whole_part(trace, layer, "gives").packed, (), (1, 1), "layer")
    found = _data_of(trace, layer, now, layer_units(trace.network, layer, now), files)
    return replace(found, texts={**found.texts, "reduced": ""})


def _data_of(trace: Trace, layer: str, now: Shown, units: tuple[str, str], files: LayerFiles) -> LayerData:
    maps, described = as_maps(trace[layer]), trace.network.layer(layer)
    return LayerData(
        layer,
        maps.shape,
        described.is_spatial,
        layer_files_data(files, trace.view(channel_ranks, layer)),
        None if files.maps is not None else maps[now.channel],
        {name: channel_ranges(trace, layer, [now.channel], name)[0] for name in {"layer", now.scale} - {"channel"}},
        units,
        mosaic_texts(trace, layer),
        trace.network.fields(layer) if described.is_spatial else (),
    )


def layer_files_data(files: LayerFiles, ranks: bytes) -> dict[str, Any]:
    """The files of a layer, as a browser gets them."""
    return {
        "maps": None if files.maps is None else File(files.maps),
        "tiles": [File(tile) for tile in files.tiles],
        "tile_shape": list(files.tile_shape),
        "level_scale": files.scale,
        "ranks": File(ranks),
    }


def first_files(trace: Trace, layer: str, scale: str) -> list[File]:
    """The files that a viewer needs for its first page of a layer."""
    ranks = trace.view(channel_ranks, layer)  # first: their pass has the maps as well
    found = layer_files_data(trace.view(layer_files, layer, scale == "channel"), ranks)
    return [file for file in (found["maps"], found["ranks"], *found["tiles"][:1]) if file is not None]


def viewer_data(photo: Photo, layer: LayerData, shown: Shown, alt: str, is_alone: bool = False) -> dict[str, object]:
    """What a browser is sent: all channels of a layer, or, where it `is_alone`, the chosen one. `alt` has {channel} for
    its number."""
    return {
        "layer": layer.name,
        "shape": list(layer.shape),
        "is_spatial": layer.is_spatial,
        **layer.files,
        "exact": None if layer.exact is None else inline(layer.exact.tobytes()),
        "ranges": {name: list(both) for name, both in layer.ranges.items()},
        "units": list(layer.units),
        **layer.texts,
        "palettes": {name: inline(palette(name).tobytes()) for name in ("viridis", "signed")},
        "per_page": N_PER_PAGE,
        "orders": list(ORDERS),
        "scales": list(SCALES),
        "channel": shown.channel,
        "order": shown.order,
        "scale": shown.scale,
        "photo": photo.file,
        "size": list(photo.size),
        "fields": [[n, field_data(field)] for n, field in layer.fields],
        "places": places_data(shown.places),
        "figure": f"Channels of {layer.name}",
        "is_alone": is_alone,
        "alt": alt,
    }
