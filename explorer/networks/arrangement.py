"""How the axes of an operation's values lie: where the channels are, and whether rows and columns are the picture's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from .graph import Graph
from .kinds import Kind


class Arranged(Protocol):
    """What is known of a layer that is read."""

    @property
    def name(self) -> str: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def inputs(self) -> tuple[str, ...]: ...

    @property
    def channels_last(self) -> bool: ...

    @property
    def has_places(self) -> bool: ...


_CHANNELS_FIRST, _TO_CHANNELS_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
# what gives maps wherever it reads some
_OF_MAPS = ("padding", "concatenation", "upsampling")
_REARRANGING = ("view", "reshape", "flatten", "getitem", "pixel_shuffle", "pixel_unshuffle")


def arrangement(
    graph: Graph, name: str, kind: Kind, given: Sequence[int], read: Sequence[Arranged], layers: Mapping[str, Arranged],
    picture: tuple[int, int, int],
) -> tuple[bool, bool]:  # fmt: skip
    """Whether the channels come last in what an operation gives, (B, *given), and whether it has the picture's places.

    Attention turns maps into rows of numbers, and these into tables of each place by each: such tables have rows and
    columns, too, but are no maps. Rows that are put back into maps are known by the size of the last maps before.
    """
    order = graph.permutation(name)
    was_last = order == _TO_CHANNELS_LAST if order else any(layer.channels_last for layer in read)
    if len(given) != 3:
        return was_last, True
    has_maps = all(layer.has_places and len(layer.shape) == 3 for layer in read)
    if has_maps and (order in (_CHANNELS_FIRST, _TO_CHANNELS_LAST) or _keeps_maps(kind)):
        return was_last, True
    before = [layer.shape for layer in _maps_before(read, layers)] or [picture]
    sizes = {shape[1:] for shape in before}
    first, last = tuple(given[1:]), tuple(given[:-1])
    if first in sizes or last in sizes:
        return (was_last if first in sizes and last in sizes else last in sizes), True
    if 0 in given or kind.name not in _REARRANGING:
        return was_last, False
    # channels made of places, of all colours or of one; or places made of channels
    n = math.prod(given)
    for is_last, (height, width) in ((False, first), (True, last)):
        for channels, high, wide in before:
            shrinks = not (high % height or wide % width or channels * high * wide % n)
            grows = not (height % high or width % wide) and channels * high * wide == n
            if (shrinks or grows) and high * width == wide * height:
                return is_last, True
    return was_last, False


def _keeps_maps(kind: Kind) -> bool:
    return kind.has_window or kind.name in _OF_MAPS or kind.name == "getitem"


def _maps_before(read: Sequence[Arranged], layers: Mapping[str, Arranged]) -> list[Arranged]:
    """The last layers with maps on every way to what is read."""
    found: dict[str, Arranged] = {}
    pending, seen = list(read), set[str]()
    while pending:
        layer = pending.pop()
        if layer.name in seen:
            continue
        seen.add(layer.name)
        if layer.has_places and len(layer.shape) == 3:
            found[layer.name] = layer
        else:
            pending += (layers[name] for name in layer.inputs)
    return list(found.values())
