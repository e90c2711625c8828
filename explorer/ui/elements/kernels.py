"""Sheets of kernels, drawn in the browser: which is chosen is seen at once, and the server hears of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...elements.kernels import KERNELS, filters_data, inputs_data
from ...filters.figures import Sheet
from ...filters.files import InputFile, SheetFile
from .base import Element, Report

_kernels = Element.of(KERNELS)


def filter_kernels(
    file: SheetFile, filters: Sequence[int], chosen: int, alt: str, key: str, on_choose: Callable[[int], None]
) -> None:
    """A tile for each of these filters; one chosen in it is the page's channel."""
    _kernels(key, filters_data(file, filters, chosen, alt), chosen=Report(list(filters), on_choose))


def input_kernels(
    file: InputFile, sheet: Sheet, shown: tuple[int, int], alt: str, key: str, on_choose: Callable[[int], None]
) -> None:
    """A tile for each of some inputs of the page's channel; see `inputs_data`."""
    allowed = sorted({first + i for first in file.firsts for i in range(len(sheet.tiles))})
    _kernels(key, inputs_data(file, sheet, shown, alt), chosen=Report(allowed, on_choose))
