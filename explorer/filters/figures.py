"""A layer's filters in pictures: all of them in one sheet, and one of them input by input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import cv2
import numpy as np

from ..drawing.color import MISSING, Scale, palette, scale_of
from ..drawing.picture import Pixels, mosaic, png_of_pixels
from ..networks.network import Network
from ..networks.preparation import COLOURS
from ..trace import FloatArray, Trace, as_maps
from .sentences import silenced_sentence
from .weights import chosen_kernels, folding, form, inputs_of, is_silenced, kernels

_TILE = 112  # pixels of a tile's longer side
_GAP = 2  # between tiles, and between a kernel and its response
_ROW, _WIDTH = 26, 720  # of a matrix: a row's height, its length


@dataclass(frozen=True)
class Page:
    """The part of a long row of numbered things that is shown at once."""

    shown: tuple[int, ...]
    first: int  # how many come before
    n: int  # of all
    previous: int | None  # the first one of the page before, if there is one
    following: int | None

    def caption(self, what: str) -> str:
        """Which of how many these are."""
        return f"{self.first + 1} to {self.first + len(self.shown)} of {self.n} {what}"


def page_with(ranked: Sequence[int], one: int, per_page: int) -> Page:
    """The page of `ranked` that has `one` on it; the first page where it is not among them."""
    at = ranked.index(one) if one in ranked else 0
    first = at // per_page * per_page
    return Page(
        shown=tuple(ranked[first : first + per_page]),
        first=first,
        n=len(ranked),
        previous=ranked[first - per_page] if first else None,
        following=ranked[first + per_page] if first + per_page < len(ranked) else None,
    )


@dataclass(frozen=True, eq=False)
class Sheet:
    """Equal cells in rows: kernels to draw, and what is said of each. `reading` says how to read it.

    The tiles are, by form, "colour": (n, 3, kH, kW), red first; "grey" and "signed": (n, kH, kW); "matrix": a row each,
    (n, columns). With `responses` (n, H, W) each has its own beside it, on a scale of its own.
    """

    form: Literal["colour", "grey", "signed", "matrix"]
    tiles: FloatArray
    responses: FloatArray | None
    labels: tuple[str, ...]
    captions: tuple[str, ...]
    columns: int
    scale: Scale | None  # None where each cell has its own
    reading: str

    @cached_property
    def png(self) -> bytes:
        """The cells as one picture, for who takes it away: a page draws them itself."""
        if self.form == "matrix":
            assert self.scale is not None  # a matrix has one
            return _matrix_png(self.tiles, self.scale)
        if self.form == "signed":  # all scales of one sheet are signed, so that they share a palette
            scales = [self.scale or scale_around(tile) for tile in self.tiles]
            return mosaic([*self.tiles], scales, self.columns)[0]
        drawn = [rgb_tile(w) if self.form == "colour" else signed_tile(w, scale_around(w)) for w in self.tiles]
        if self.responses is None:
            return _sheet([[tile] for tile in drawn], self.columns)
        pairs = zip(drawn, self.responses, strict=True)
        return _sheet([[tile, signed_tile(one, scale_around(one))] for tile, one in pairs], self.columns)


def per_page(network: Network, layer: str) -> int:
    """How many filters of a layer one sheet shows: fewer where each has its response beside it, or a row of its own."""
    return 64 if form(network, layer) in ("stack", "depthwise") else 32


def filter_sheet(
    network: Network, layer: str, filters: Sequence[int], is_folded: bool = False, trace: Trace | None = None
) -> Sheet:
    """The given filters of a layer, in that order. With a trace, each first-layer filter has its response beside it.

    Where nothing is left of them when they are folded, they are drawn as they are, and the reading says so."""
    if not is_folded or not is_silenced(network, layer, filters):
        return _filter_sheet(network, network.resolve(layer), filters, is_folded, trace)
    drawn = _filter_sheet(network, network.resolve(layer), filters, False, trace)
    return replace(drawn, reading=f"{silenced_sentence(network)} {drawn.reading}")


def _filter_sheet(network: Network, name: str, filters: Sequence[int], is_folded: bool, trace: Trace | None) -> Sheet:
    kind = form(network, name)
    weights = chosen_kernels(network, name, filters, is_folded)
    captions = tuple(map(str, filters))
    labels = tuple(f"Filter {index}" for index in filters)
    if kind == "matrix":
        return _matrix(network, name, weights[:, :, 0, 0], captions, is_folded)
    if kind == "colour" or kind == "grey":
        order = [network.preprocessing.inputs.index(colour) for colour in COLOURS] if kind == "colour" else []
        tiles = weights[:, order] if kind == "colour" else weights[:, 0]
        reading = "Each filter as a small picture of what it looks for, from minus to plus its own largest weight: "
        reading += "mid-grey is zero." if kind == "colour" else "red is positive, blue negative, white zero."
        if trace is None or not network.layers[name].is_spatial:
            return Sheet(kind, tiles, None, labels, captions, min(8, len(tiles)), None, reading)
        reading += " Right of it, its response on the picture, red where the picture is like it, blue where it is like "
        reading += "its negative; on its own scale as well."
        responses = as_maps(trace[name])[[*filters]]
        return Sheet(kind, tiles, responses, labels, captions, min(6, len(tiles)), None, reading)
    if kind == "depthwise":
        shown, inputs = weights[:, 0], [inputs_of(network, name, index)[0] for index in filters]
        reading = "One kernel per filter, for the one channel that it reads; each on its own scale, white is zero."
    else:
        strongest = np.einsum("cnyx,cnyx->cn", weights, weights).argmax(axis=1)
        shown = weights[np.arange(len(weights)), strongest]
        inputs = [inputs_of(network, name, index)[int(i)] for index, i in zip(filters, strongest, strict=True)]
        reading = (
            "Of each filter the kernel with the largest weights, on its own scale: red is positive, blue negative, "
            "white zero. Choose a filter to see all its kernels."
        )
    labels = tuple(f"Filter {f}, its kernel for input {i}" for f, i in zip(filters, inputs, strict=True))
    return Sheet("signed", shown, None, labels, captions, min(8, len(shown)), None, reading)


def _matrix(network: Network, layer: str, rows: FloatArray, captions: tuple[str, ...], is_folded: bool) -> Sheet:
    """Filters of points as the rows of a matrix, all on the scale of the whole layer."""
    whole = kernels(network, layer)
    factor = np.abs(folding(network, layer)[0]) if is_folded else np.ones(len(whole), np.float32)
    limit = float((np.abs(whole).max(axis=(1, 2, 3)) * factor).max())
    n_inputs = rows.shape[1]
    per_pixel = -(-n_inputs // _WIDTH)
    reading = (
        f"One row per filter, one column per input (0 to {n_inputs - 1}): red is positive, blue negative, white zero."
    )
    if per_pixel > 1:
        reading += (
            f" Each column stands for {per_pixel} inputs and shows the largest of their weights, whatever its sign."
        )
    labels = tuple(f"Filter {caption}" for caption in captions)
    shown = strongest_of(rows, per_pixel)
    return Sheet("matrix", shown, None, labels, captions, 1, Scale(-limit, limit, "signed"), reading)


def _matrix_png(rows: FloatArray, scale: Scale) -> bytes:
    factor_x = max(1, _WIDTH // rows.shape[1])
    sheet = scale.indices(rows).repeat(_ROW, axis=0).repeat(factor_x, axis=1)
    sheet[_ROW - 1 :: _ROW] = MISSING  # a line between the rows
    opacity = np.where(sheet == MISSING, 0, 255).astype(np.uint8)
    return png_of_pixels(np.dstack([palette("signed")[sheet], opacity]))


def strongest_of(rows: FloatArray, n: int) -> FloatArray:
    """Of every n neighbours in a row the one farthest from zero, with its sign: (R, ceil(C / n))."""
    n_groups = -(-rows.shape[1] // n)
    padded = np.zeros((len(rows), n_groups * n), rows.dtype)
    padded[:, : rows.shape[1]] = rows
    groups = padded.reshape(len(rows), n_groups, n)
    return np.take_along_axis(groups, np.abs(groups).argmax(axis=2, keepdims=True), axis=2)[:, :, 0]


def input_sheet(network: Network, layer: str, index: int, shown: Sequence[int], is_folded: bool) -> Sheet:
    """The kernels of one filter for some of its inputs, one tile each, all on the scale of the whole filter."""
    name = network.resolve(layer)
    weights = chosen_kernels(network, name, [index], is_folded)[0]
    first = inputs_of(network, name, index)[0]
    return Sheet(
        "signed", weights[[i - first for i in shown]], None, tuple(f"Input {i}" for i in shown),
        tuple(map(str, shown)), min(8, len(shown)), scale_around(weights),
        "One tile for each input channel: where it is red, a high value there raises the filter's answer; where it is "
        "blue, lowers it. All tiles share one scale.",
    )  # fmt: skip


def scale_around(values: FloatArray) -> Scale:
    """The diverging scale from -max|v| to +max|v|, whatever the signs; what is no finite number does not count."""
    scale = scale_of(values)
    limit = max(-scale.low, scale.high)
    return Scale(-limit, limit, "signed")


def rgb_tile(weights: FloatArray) -> Pixels:
    """A filter of three colours (3, kH, kW) as a picture (H, W, 4) of at most 112 pixels: zero is mid-grey (128), and
    +-max|w| over all three colours black and full."""
    limit = scale_around(weights).high or 1.0
    level = np.nan_to_num(np.float32(127.5) + np.float32(127.5) * weights / np.float32(limit), nan=127.5)
    pixels = np.moveaxis(level, 0, -1).clip(0, 255).round().astype(np.uint8)
    return _fitted(np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]))


def signed_tile(values: FloatArray, scale: Scale) -> Pixels:
    """A map as a picture (H, W, 4) of at most 112 pixels, in its scale's colours; what is no number is transparent."""
    indices = scale.indices(values)
    opacity = np.where(indices == MISSING, 0, 255).astype(np.uint8)
    return _fitted(np.dstack([palette(scale.palette)[indices], opacity]))


def _fitted(pixels: Pixels) -> Pixels:
    """Enlarged without smoothing, or reduced by area, to a longer side of 112 pixels."""
    height, width = pixels.shape[:2]
    factor = _TILE / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    method = cv2.INTER_NEAREST if factor >= 1 else cv2.INTER_AREA
    return np.asarray(cv2.resize(pixels, size, interpolation=method), np.uint8)


def _sheet(cells: Sequence[Sequence[Pixels]], most_columns: int) -> bytes:
    """Cells of one or more tiles side by side, in rows; smaller tiles stand in the middle of their place."""
    columns = min(most_columns, len(cells))
    width = len(cells[0]) * (_TILE + _GAP) + _GAP  # a wider gap after a cell than inside it
    sheet = np.zeros((-(-len(cells) // columns) * (_TILE + 2 * _GAP), columns * width, 4), np.uint8)
    for i, cell in enumerate(cells):
        for j, tile in enumerate(cell):
            height, own_width = tile.shape[:2]
            top = i // columns * (_TILE + 2 * _GAP) + (_TILE - height) // 2
            left = i % columns * width + j * (_TILE + _GAP) + (_TILE - own_width) // 2
            sheet[top : top + height, left : left + own_width] = tile
    return png_of_pixels(sheet)
