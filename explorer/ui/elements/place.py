"""Where in a channel's map the unit is that is looked at, on every page the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..frame.link import standing_index
from ..frame.session import choose
from .base import Element, Report

_KEY = "unit_{axis}"

Place = tuple[int | None, int | None]  # (y, x), None where it is left to where the value is highest

_AXIS = """<div class="axis {axis}"><label class="label" for="unit-{axis}"></label>
      <div class="box"><input id="unit-{axis}" type="number" min="0" step="1" inputmode="numeric">
        <button type="button" class="less" aria-label="Smaller {axis}">−</button>
        <button type="button" class="more" aria-label="Larger {axis}">+</button></div></div>"""

_place = Element(
    "place",
    f"""<div class="place">{_AXIS.format(axis="y")}{_AXIS.format(axis="x")}
      <button type="button" class="strongest"
        title="The highest value of this channel on this picture">Strongest</button></div>""",
    parts=("channel",),
)


def standing_place(size: Sequence[int], key: str = _KEY) -> Place:
    """The place that is chosen in maps of a size, (height, width), or that the link asks for. It has a `key` for each
    axis, which may name the {axis} and how many cells, {n}, it has."""
    y, x = (standing_index(key.format(axis=axis, n=n), n) for axis, n in zip("yx", size, strict=True))
    return y, x


def choose_place(y: int | None, x: int | None, size: Sequence[int] = (0, 0), key: str = _KEY) -> None:
    """Have every page look there; only in a callback, as `choose`. A key that names how many cells there are needs the
    `size` of the maps."""
    for axis, n, at in zip("yx", size, (y, x), strict=True):
        choose(key.format(axis=axis, n=n), at)


def place_report(size: Sequence[int], on_choose: Callable[[int | None, int | None], None]) -> Report[list[int | None]]:
    """What an element may report of maps of a size, (height, width): y and x, each None for the highest value's."""

    def is_place(value: object) -> bool:
        return (
            isinstance(value, list)
            and len(value) == 2
            and all(at is None or (type(at) is int and 0 <= at < n) for at, n in zip(value, size, strict=True))
        )

    return Report(is_place, lambda place: on_choose(*place))


def place_boxes(
    best: Sequence[Sequence[int]], size: Sequence[int], at: Place, channel: int, key: str,
    on_choose: Callable[[int | None, int | None], None] = choose_place,
) -> None:  # fmt: skip
    """Boxes for y and x, to type or to step through, in maps of a size, (height, width); empty ones show where the
    channel's highest value is: for each channel (y, x) in `best`."""
    _place(
        key,
        {"size": list(size), "best": [list(place) for place in best], "channel": channel, "at": list(at)},
        place=place_report(size, on_choose),
    )
