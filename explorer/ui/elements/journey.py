"""The way from the picture to the answer as one band: the strongest maps of each stage, joined by what they add."""

from __future__ import annotations

from collections.abc import Callable

from ...elements.journey import JOURNEY, Band, band_data
from .base import Element, Report

_journey = Element.of(JOURNEY)


def journey_band(
    band: Band,
    key: str,
    on_open: Callable[[int, int], None],
    on_open_numbers: Callable[[int], None],
    on_choose: Callable[[int], None],
    on_want_flows: Callable[[], None],
) -> None:
    """The band; a map opens with a click, so do the numbers, and a class is explained."""
    nodes = [(i, j) for i, column in enumerate(band.columns) for j in range(len(column.nodes))]
    _journey(
        key,
        band_data(band),
        opened=Report(range(len(nodes)), lambda node: on_open(*nodes[node])),
        numbers=Report(range(len(band.numbers)), on_open_numbers),
        chosen=Report([answer.index for answer in band.answers], on_choose),
        wanted=Report([True], lambda _: on_want_flows()),
    )
