"""A layer's maps, all of them and one up close, drawn in the browser: what is looked at asks the server for nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...drawing.color import palette
from ...feature_maps.channels import ORDERS, SCALES, channel_ranges
from ...feature_maps.figures import N_PER_PAGE
from ...feature_maps.files import LayerFiles, channel_ranks, layer_files
from ...feature_maps.sentences import mosaic_texts
from ...geometry import Places, ReceptiveField
from ...trace import FloatArray, Trace, as_maps
from .base import Element, Report
from .legend import LEGEND
from .media import file_url, inline
from .overlay import Photo
from .probe import CLOSEUP, field_data, places_data

_viewer = Element(
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

PACKED = "application/gzip"  # what Streamlit's server does not pack again at every request


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
    urls: Mapping[str, object]
    exact: FloatArray | None
    ranges: Mapping[str, tuple[float, float]]
    units: tuple[str, str]
    texts: Mapping[str, str]  # of feature_maps.sentences.mosaic_texts
    fields: Sequence[tuple[int, ReceptiveField]]


def layer_data(trace: Trace, layer: str, now: Shown, units: tuple[str, str], place: str = "viewer") -> LayerData:
    """What a browser needs of a layer to draw any of its channels."""
    maps, described = as_maps(trace[layer]), trace.network.layer(layer)
    files = trace.view(layer_files, layer, now.scale == "channel")
    return LayerData(
        layer,
        maps.shape,
        described.is_spatial,
        layer_urls(files, trace.view(channel_ranks, layer), place),
        None if files.maps is not None else maps[now.channel],
        {name: channel_ranges(trace, layer, [now.channel], name)[0] for name in {"layer", now.scale} - {"channel"}},
        units,
        mosaic_texts(trace, layer),
        trace.network.fields(layer) if described.is_spatial else (),
    )


def layer_urls(files: LayerFiles, ranks: bytes, place: str) -> dict[str, Any]:
    """Addresses for the files of a layer. They last until the part of the page that asked for them is drawn anew."""
    tiles = [file_url(tile, PACKED, f"{place}-tiles-{i}") for i, tile in enumerate(files.tiles)]
    return {
        "maps": None if files.maps is None else file_url(files.maps, PACKED, f"{place}-maps"),
        "tiles": tiles,
        "tile_shape": list(files.tile_shape),
        "level_scale": files.scale,
        "ranks": file_url(ranks, PACKED, f"{place}-ranks"),
    }


def first_files(trace: Trace, layer: str, scale: str, place: str) -> list[str]:
    """The addresses of the files that a viewer needs for its first page of a layer."""
    urls = layer_urls(trace.view(layer_files, layer, scale == "channel"), trace.view(channel_ranks, layer), place)
    return [str(url) for url in (urls["maps"], urls["ranks"], *urls["tiles"][:1]) if url is not None]


def viewer(
    photo: Photo, layer: LayerData, shown: Shown, key: str, on_channel: Callable[[int], None],
    on_order: Callable[[str], None], on_scale: Callable[[str], None],
) -> None:  # fmt: skip
    """All channels of a layer in pages of a mosaic, and the chosen one over the picture with its histogram. Whoever
    chooses a channel, an order or a scale sees it at once; what was chosen is told when it has come to rest."""
    _viewer(
        key,
        {**_data(photo, layer, shown, key), "is_alone": False, "alt": "Channel {channel} of " + layer.name},
        channel=Report(range(layer.shape[0]), on_channel),
        order=Report(ORDERS, on_order),
        scale=Report(SCALES, on_scale),
    )


def channel_up_close(photo: Photo, layer: LayerData, shown: Shown, alt: str, key: str) -> None:
    """One channel over the picture, whichever is chosen on the page, in its own range. `alt` has {channel} for its
    number."""
    _viewer(key, {**_data(photo, layer, shown, key), "is_alone": True, "alt": alt})


def _data(photo: Photo, layer: LayerData, shown: Shown, key: str) -> dict[str, object]:
    return {
        "layer": layer.name,
        "shape": list(layer.shape),
        "is_spatial": layer.is_spatial,
        **layer.urls,
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
        "photo": photo.url(key),
        "size": list(photo.size),
        "fields": [[n, field_data(field)] for n, field in layer.fields],
        "places": places_data(shown.places),
        "figure": f"Channels of {layer.name}",
    }
