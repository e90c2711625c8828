"""Kernels as files for a browser that draws them itself: exactly, as float32."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..drawing.packing import gzipped
from ..drawing.picture import reduced
from ..networks.network import Network
from ..trace import FloatArray, Trace
from .figures import Sheet, filter_sheet, scale_around
from .weights import chosen_kernels, inputs_of

MOST_KERNELS = 1 << 18  # numbers: a mebibyte


@dataclass(frozen=True, eq=False)
class SheetFile:
    """A sheet, and its numbers packed by gzip: the tiles as float32, and behind them of each response a byte for a
    value of (h, w), as it is drawn on a scale of its own."""

    sheet: Sheet
    packed: bytes
    response: tuple[int, int] | None


def sheet_file(network: Network, layer: str, filters: Sequence[int], is_folded: bool, trace: Trace | None) -> SheetFile:
    """The given filters of a layer; with a trace, those of a first layer with their responses."""
    sheet = filter_sheet(network, layer, filters, is_folded, trace)
    if sheet.responses is None:
        return SheetFile(sheet, _packed(sheet.tiles), None)
    levels = np.stack([scale_around(one).indices(reduced(one)) for one in sheet.responses])
    height, width = levels.shape[1:]
    return SheetFile(sheet, _packed(sheet.tiles, levels.tobytes()), (height, width))


def own_sheet_file(trace: Trace, layer: str, filters: tuple[int, ...], is_folded: bool, is_beside: bool) -> SheetFile:
    """The same of the trace's own network, for `trace.view`: choosing another filter packs nothing anew."""
    return sheet_file(trace.network, layer, filters, is_folded, trace if is_beside else None)


@dataclass(frozen=True, eq=False)
class InputFile:
    """For some filters the kernels for the same part of their inputs, (filters, inputs, kH, kW) as float32 packed by
    gzip; of each filter the number of its first input of these, `start` after its very first, and how far its largest
    weight is from zero."""

    filters: tuple[int, ...]
    start: int
    firsts: tuple[int, ...]
    limits: tuple[float, ...]
    kernel: tuple[int, int]
    packed: bytes


def input_file(
    trace: Trace, layer: str, filters: tuple[int, ...], index: int, inputs: tuple[int, ...], is_folded: bool
) -> InputFile:
    """For all of the filters where that is no large file, else for `index` alone. The inputs are those of `index`: the
    others have them at the same places of their own groups."""
    network = trace.network
    n_values = chosen_kernels(network, layer, [index], False)[0, 0].size * len(inputs)
    chosen = filters if index in filters and n_values * len(filters) <= MOST_KERNELS else (index,)
    weights = chosen_kernels(network, layer, chosen, is_folded)
    start = inputs[0] - inputs_of(network, layer, index)[0]
    height, width = weights.shape[2:]
    return InputFile(
        chosen,
        start,
        tuple(inputs_of(network, layer, one)[0] + start for one in chosen),
        tuple(scale_around(one).high for one in weights),
        (height, width),
        _packed(weights[:, start : start + len(inputs)]),
    )


def _packed(values: FloatArray, more: bytes = b"") -> bytes:
    content = np.ascontiguousarray(values, "<f4").tobytes() + more
    return gzipped(content)
