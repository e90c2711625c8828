"""A window that slides over any channel of a layer, whose maps are in the browser: choosing a channel or a place asks
the server for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..drawing.color import Scale
from ..feature_maps.files import Part
from ..geometry import Window
from .view import File, View
from .window import PLAYER, Reckoning, colors

OPERATION = View("operation", PLAYER, is_figure=True, parts=("window",))


@dataclass(frozen=True)
class Side:
    """The maps (C, H, W) on one side of the window, as far as they are sent. Their `scales`, `labels` and `units` are
    one for all channels or one for each, with {channel} for its number; without a scale each map spans its own
    values."""

    shape: tuple[int, int, int]
    parts: Sequence[Part]
    scales: Sequence[Scale]
    labels: Sequence[str]
    units: Sequence[str]


@dataclass(frozen=True)
class Filters:
    """The filters (C, n_in, kH, kW) of a convolution, as far as they are sent; `input` is the input channel that the
    player shows, None for the one that adds most, which `strongest` is for the unit that the server knows of: where not
    all inputs are sent, a browser cannot tell."""

    shape: Sequence[int]
    groups: int
    parts: Sequence[Part]
    input: int | None
    strongest: int


@dataclass(frozen=True)
class Sides:
    """What the window slides over, and what comes of it; of a convolution through which filters."""

    source: Side
    output: Side
    filters: Filters | None = None


def operation_data(
    sides: Sides, window: Window, best: Sequence[Sequence[int]], unit: tuple[int, int | None, int | None],
    reckoning: Reckoning,
) -> dict[str, object]:  # fmt: skip
    """As `window_data`, for the channel that is chosen on the page, at the place that is chosen there; where nobody
    has chosen one, at its highest value: for each channel (y, x) in `best`. `unit` is what is known of both. With
    `filters` the source is one of the inputs that the channel's filter reads, and what it adds."""
    source, output, filters = sides.source, sides.output, sides.filters
    channel, *at = unit
    return {
        "source": _side(source),
        "output": _side(output),
        "palettes": {
            name: colors(name)
            for name in {"viridis", "signed", *(scale.palette for scale in (*source.scales, *output.scales))}
        },
        "size": list(window.kernel),
        "stride": list(window.stride),
        "padding": list(window.padding),
        "dilation": list(window.dilation),
        "filters": None
        if filters is None
        else {
            "shape": list(filters.shape),
            "groups": filters.groups,
            "parts": _parts(filters.parts),
            "input": filters.input,
            "strongest": filters.strongest,
        },
        "best": [list(place) for place in best],
        "channel": channel,
        "at": at,
        "rule": reckoning.rule,
        "counts_padding": reckoning.counts_padding,
        "note": reckoning.note,
        "figure": f"{source.labels[0]}, and {output.labels[0]}".replace("{channel}", str(channel)),
    }


def _side(side: Side) -> dict[str, object]:
    return {
        "shape": list(side.shape),
        "parts": _parts(side.parts),
        "scales": [
            {"low": scale.low, "high": scale.high, "signed": scale.signed, "palette": scale.palette}
            for scale in side.scales
        ],
        "labels": list(side.labels),
        "units": list(side.units),
    }


def _parts(parts: Sequence[Part]) -> list[dict[str, object]]:
    return [{"first": part.first, "n": part.n, "url": File(part.packed)} for part in parts]
