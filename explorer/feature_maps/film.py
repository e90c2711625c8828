"""Maps in rows and columns: a few channels through the depth of a network, one channel of several pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ..drawing.color import MISSING, N_COLORS, Scale, scale_of
from ..drawing.picture import Pixels, fold, heat_map, overlay, png_of_pixels, visible
from ..geometry import Places
from ..networks.network import Network
from ..trace import FloatArray, Trace, as_maps

MOST_LAYERS = 40  # in one film: beyond that it takes longer to draw than anybody would wait for a click
_SIDE = 112  # pixels of a film's tile
_LARGE = 224  # of a tile where there are few
_GAP = 4


def drawable(trace: Trace, layer: str, channel: int) -> FloatArray:
    """What can be looked at of a channel: its map (H, W). Where the maps have ended, all numbers of the layer, row by
    row in a near-square whose rest is NaN."""
    maps = as_maps(trace[layer])
    return maps[channel] if maps[0].size > 1 else fold(maps[:, 0, 0])


def plate(rows: Sequence[Sequence[tuple[FloatArray, Scale] | None]], side: int = _LARGE) -> bytes:
    """Maps in rows of equal length, each as large as fits into a square of `side` pixels, as a PNG with a palette. Two
    pixels around each square are holes, and None leaves a hole. The scales must share one palette.

    Small maps keep their countable squares (one a value), large ones are reduced by area.
    """
    pitch = side + _GAP
    sheet = np.full((len(rows) * pitch, len(rows[0]) * pitch), np.nan, np.float32)
    shared = Scale(0, 1, "viridis")
    for i, row in enumerate(rows):
        for j, tile in enumerate(row):
            if tile is None:
                continue
            values, shared = tile
            indices = shared.indices(_fitted(values, side)).astype(np.float32)
            indices[indices == MISSING] = np.nan
            top = i * pitch + (pitch - len(indices)) // 2
            left = j * pitch + (pitch - len(indices[0])) // 2
            sheet[top : top + len(indices), left : left + len(indices[0])] = indices
    return heat_map(sheet, Scale(0, N_COLORS - 1, shared.palette))  # what is on it are colours by number already


def photos(pictures: Sequence[Pixels], side: int = _LARGE) -> bytes:
    """Pictures in a row, placed as the maps of a `plate` are, on nothing."""
    pitch = side + _GAP
    sheet = np.zeros((pitch, len(pictures) * pitch, 4), np.uint8)
    for i, pixels in enumerate(pictures):
        small = _fitted(visible(pixels), side)
        top, left = (pitch - small.shape[0]) // 2, i * pitch + (pitch - small.shape[1]) // 2
        sheet[top : top + small.shape[0], left : left + small.shape[1], :3] = small
        sheet[top : top + small.shape[0], left : left + small.shape[1], 3] = 255
    return png_of_pixels(sheet)


def _fitted(picture: Any, side: int) -> Any:
    """A map or a picture of which the longer side is `side` pixels."""
    height, width = picture.shape[:2]
    size = max(1, side * width // max(height, width)), max(1, side * height // max(height, width))
    # INTER_NEAREST_EXACT: OpenCV's plain one is off by a pixel at some sizes
    how = cv2.INTER_AREA if max(height, width) > side else cv2.INTER_NEAREST_EXACT
    return cv2.resize(np.ascontiguousarray(picture), size, interpolation=how)


@dataclass(frozen=True, eq=False)
class Film:
    """A range of channel indices, the rows, through layers, the columns. `blank` are the cells, counted row by row,
    whose layer has no such channel."""

    png: bytes
    channels: tuple[int, ...]
    layers: tuple[str, ...]
    blank: frozenset[int]
    is_signed: bool

    @property
    def colors(self) -> str:
        """What the colours mean, in words."""
        if self.is_signed:
            return "blue below zero, white zero, red above"
        return "dark is zero, bright each map's highest value"


def film_layers(network: Network, stage: str | None = None, first: int = 0) -> tuple[str, ...]:
    """The columns of a film whose rows begin at channel `first`: all stages, or the operations that lead from the
    stage before to this one.

    Layers whose maps have ended are left out where any has maps, those without such a channel always, and of more than
    MOST_LAYERS the first ones.
    """
    names = _way(network, stage)
    with_maps = [name for name in names if _has_maps(network, name)]
    found = [name for name in with_maps or names if network.layer(name).n_channels > first]
    return tuple(found)[-MOST_LAYERS:]


@dataclass(frozen=True)
class LeftOut:
    """The layers on a film's way that are no columns of it: maps have ended, or there are too few channels."""

    without_maps: tuple[str, ...]
    too_few: tuple[str, ...]


def left_out(network: Network, stage: str | None, first: int) -> LeftOut:
    """Which layers `film_layers` leaves out, and why."""
    names = _way(network, stage)
    ended = tuple(name for name in names if not _has_maps(network, name))
    ended = ended if len(ended) < len(names) else ()
    return LeftOut(
        ended, tuple(name for name in names if name not in ended and network.layer(name).n_channels <= first)
    )


def _way(network: Network, stage: str | None) -> list[str]:
    """All stages, or the operations from the stage before to this one."""
    names = list(network.stages)
    if stage is None:
        return names
    operations = list(network.layers)
    ends = [operations.index(network.resolve(name)) for name in names]
    at = names.index(stage)
    return operations[ends[at - 1] + 1 if at else 0 : ends[at] + 1]


def _has_maps(network: Network, name: str) -> bool:
    shape = network.layer(name).shape
    return len(shape) > 1 and math.prod(shape[-2:]) > 1


def film(trace: Trace, layers: Sequence[str], first: int, n_channels: int = 8) -> Film:
    """Channels `first` and on through these layers. Each map is on its own scale; a map of one cell, which would fill
    any scale of its own, on its layer's. One palette for all: the diverging one as soon as any is negative."""
    channels = tuple(range(first, first + n_channels))
    # copied first: in memory the channels lie side by side, and every pass over one of them would touch them all
    stacks = [np.ascontiguousarray(as_maps(trace[layer])[first : first + n_channels]) for layer in layers]
    of_numbers = {
        layer: scale_of(trace[layer]) for layer, maps in zip(layers, stacks, strict=True) if maps[:1].size == 1
    }
    scales = [
        [
            None if row >= len(maps) else of_numbers.get(layer) or scale_of(maps[row])
            for layer, maps in zip(layers, stacks, strict=True)
        ]
        for row in range(n_channels)
    ]
    known = [scale for row in scales for scale in row if scale is not None]
    is_signed = any(scale.signed for scale in known)
    rows: list[list[tuple[FloatArray, Scale] | None]] = [
        [
            None if scale is None else (maps[i], Scale(-scale.high, scale.high, "signed") if is_signed else scale)
            for scale, maps in zip(row, stacks, strict=True)
        ]
        for i, row in enumerate(scales)
    ]
    blank = frozenset(i for i, tile in enumerate(tile for row in rows for tile in row) if tile is None)
    return Film(plate(rows, _SIDE), channels, tuple(layers), blank, is_signed)


def film_array(trace: Trace, layers: Sequence[str], channels: Sequence[int]) -> FloatArray:
    """The maps of a film as one array (n_layers, n_channels, H, W) of the largest map's size: each map is in the
    upper left corner, the rest is NaN."""
    stacks = [as_maps(trace[layer])[channels[0] : channels[-1] + 1] for layer in layers]
    height, width = (max(maps.shape[axis] for maps in stacks) for axis in (1, 2))
    array = np.full((len(layers), len(channels), height, width), np.nan, np.float32)
    for of_layer, maps in zip(array, stacks, strict=True):
        of_layer[: len(maps), : maps.shape[1], : maps.shape[2]] = maps
    return array


@dataclass(frozen=True, eq=False)
class Beside:
    """The same of several traces on one shared scale: the pictures as received, and below them the maps."""

    photos: bytes
    maps: bytes
    values: tuple[FloatArray, ...]
    scale: Scale


def beside(traces: Sequence[Trace], layer: str, channel: int) -> Beside:
    """One channel of a layer in several traces of one network; all numbers of the layer where the maps have ended."""
    values = tuple(drawable(trace, layer, channel) for trace in traces)
    scale = common_scale(values)
    pictures = photos([trace.prepared.pixels for trace in traces])
    return Beside(pictures, plate([[(map_, scale) for map_ in values]]), values, scale)


def evidence(traces: Sequence[Trace], cams: Sequence[FloatArray], places: Places | None = None) -> Beside:
    """Class activation maps over their pictures, on one shared scale, their cells at their `places` or stretched;
    `maps` are the cells themselves."""
    scale = Scale(0, max(common_scale(cams).high, 0.0), "inferno")
    over = [overlay(visible(t.prepared.pixels), cam, scale, places=places) for t, cam in zip(traces, cams, strict=True)]
    return Beside(photos(over), plate([[(cam, scale) for cam in cams]]), tuple(cams), scale)


def common_scale(maps: Sequence[FloatArray]) -> Scale:
    """The scale that spans all of several maps, whatever their sizes."""
    return scale_of(np.concatenate([values.ravel() for values in maps]))
