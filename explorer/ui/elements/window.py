"""A window that slides over a map, what it holds, and the map that comes of it, painted as it goes."""

from __future__ import annotations

from collections.abc import Callable

from ...elements.window import PLAIN, WINDOW, LabelledMap, Reckoning, window_data
from ...geometry import Window
from .base import Element, Report

_player = Element.of(WINDOW)


def window_player(
    source: LabelledMap, output: LabelledMap, window: Window, at: tuple[int, int], key: str,
    on_move: Callable[[int, int], None], reckoning: Reckoning = PLAIN,
) -> None:  # fmt: skip
    """Left the map that is read, (H, W), with the window's frame; in the middle the numbers in it; right the output
    map, (H', W'), with the cell that the window at `at`, (y, x), gives. Calls `on_move(y, x)` where the window came to
    rest after a click, a key, the slider or a pause; while it plays, nothing is sent."""
    height, width = output.values.shape
    _player(
        key,
        window_data(source, output, window, at, reckoning),
        moved=Report(lambda value: _is_place(value, height, width), lambda place: on_move(*place)),
    )


def _is_place(value: object, height: int, width: int) -> bool:
    """Whether a browser sent a place in the output."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(type(index) is int for index in value)  # bool is an int as well
        and 0 <= value[0] < height
        and 0 <= value[1] < width
    )
