"""A window that slides over any channel of a layer, whose maps are in the browser: choosing a channel or a place asks
the server for nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...elements.operation import OPERATION
from .base import Element
from .place import choose_place, place_report

_operation = Element.of(OPERATION)


def operation_player(
    data: Mapping[str, object], size: Sequence[int], key: str,
    on_place: Callable[[int | None, int | None], None] = choose_place,
) -> None:  # fmt: skip
    """What `elements.sliding` made, whose output maps are of a `size`: for the channel that is chosen on the page, at
    the place that is chosen there."""
    _operation(key, data, place=place_report(size, on_place))
