"""What a change inside a box leads to: from operation to operation only the box that can differ is worked out, with
what a window reads around it taken from the recorded pass, until the box is most of a map.

The values are those of whole passes, up to the rounding of sums; what this saves is the work outside of the boxes
(Nakandala et al. 2019, doi:10.1145/3299869.3319874, there with approximations).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from math import prod

import torch

from ..geometry import Spans
from .graph import PICTURE
from .network import Network
from .reach import Boxes, Step, sources_of, step_of

Box = tuple[int, int, int, int]  # top, left, bottom, right, half open: cells of the value that is changed
Values = Mapping[str, torch.Tensor]

_MOST_OF_A_MAP = 0.85  # from here on cutting and pasting costs more than the rest of the map


@dataclass(frozen=True, eq=False)
class Regions:
    """A network's operation `wanted` behind changes inside boxes of `start`, an operation before it or PICTURE.

    `groups` are the boxes that are run together, one to a picture of a batch. `steps` are worked out box by box, and
    `boxes` are where, group by group; their values at `ends` are put together whole for what lies behind.
    """

    network: Network
    start: str
    wanted: str
    groups: tuple[tuple[Box, ...], ...]
    steps: tuple[Step, ...]
    boxes: tuple[Mapping[str, Boxes], ...]
    ends: tuple[str, ...]

    @property
    def saves_nothing(self) -> bool:
        """Whether the whole picture is needed from the first operation on."""
        return PICTURE in self.ends

    @property
    def n_held(self) -> int:
        """How many numbers are held at once for one picture, at the most."""
        layers = self.network.layers
        sizes = {name: prod(layer.shape) for name, layer in layers.items()}
        for step in self.steps:
            places = max(boxes[step.name][0].size * boxes[step.name][1].size for boxes in self.boxes)
            # beside each box a copy of it with what lies around it, for the window that reads it
            sizes[step.name] = 2 * layers[step.name].n_channels * places + (step.name in self.ends) * sizes[step.name]
        first = next(iter(layers)) if self.start == PICTURE else self.start
        return self.network.graph.rest([first], layers, self.wanted).n_held(sizes)

    def value(self, group: int, cover: torch.Tensor, recorded: Values) -> torch.Tensor:
        """What the wanted operation gives, (B, ...), for the boxes of a group: in each, `start` has the values of
        `cover`, (1, ...), and elsewhere its own. `recorded` are the values without any change, that of PICTURE among
        them. Call within `work`."""
        boxes = self.boxes[group]
        own = self._crop(recorded, self.start, boxes[self.start], 0.0)
        for picture, corner, (top, left, bottom, right) in zip(
            self._maps(self.start, own), _corners(boxes[self.start]), self.groups[group], strict=True
        ):
            _paste(picture, corner, self._maps(self.start, cover)[0, ..., top:bottom, left:right], (top, left))
        found = {self.start: own}
        for step, read_last in zip(self.steps, self._read_last, strict=True):
            around = step.read(boxes[step.name])
            crops = {
                source: found[source]
                if source in found and around == boxes[source]
                else self._crop(recorded, source, around, step.fill, found.get(source), boxes.get(source))
                for source in step.sources
            }
            found[step.name] = step.work(crops, boxes[step.name])
            for name in read_last:
                del found[name]
        starts = {name: self._whole(recorded, name, found.pop(name), boxes[name]) for name in self.ends}
        if self.saves_nothing:
            return self.network.graph.up_to(self.wanted, starts[PICTURE])
        if self.wanted in starts:
            return starts[self.wanted]
        rest = self.network.graph.rest(self.ends, self.network.layers, self.wanted)
        return rest.output(starts, recorded[PICTURE], recorded)

    @cached_property
    def _read_last(self) -> list[list[str]]:
        """By step, the values that no later one reads and that are not needed whole."""
        last = {source: i for i, step in enumerate(self.steps) for source in (*step.sources, step.name)}
        known = {self.start, *(step.name for step in self.steps)} - {*self.ends}
        return [[name for name in known if last.get(name) == i] for i in range(len(self.steps))]

    def _maps(self, name: str, value: torch.Tensor) -> torch.Tensor:
        """A view with rows and columns last."""
        return value if name == PICTURE else self.network.layers[name].channels_first(value)

    def _crop(
        self, recorded: Values, name: str, around: Boxes, fill: float,
        changed: torch.Tensor | None = None, boxes: Boxes | None = None,
    ) -> torch.Tensor:  # fmt: skip
        """The recorded value around boxes, one to a picture, with what has changed put in, and `fill` beyond edges."""
        value = self._maps(name, recorded[name])
        *_, height, width = value.shape
        if (height, width) == (1, 1):
            return recorded[name]  # one number for all places
        rows, columns = around
        found = self._empty(name, recorded[name], len(rows.starts), (rows.size, columns.size))
        if not (_lies_within(rows, height) and _lies_within(columns, width)):
            found.fill_(fill)
        maps = self._maps(name, found)
        for i, corner in enumerate(_corners(around)):
            _paste(maps[i], corner, value[0], (0, 0))
        if changed is not None and boxes is not None:
            for picture, corner, box, at in zip(
                maps, _corners(around), self._maps(name, changed), _corners(boxes), strict=True
            ):
                _paste(picture, corner, box, at)
        return found

    def _whole(self, recorded: Values, name: str, changed: torch.Tensor, boxes: Boxes) -> torch.Tensor:
        *_, height, width = self._maps(name, recorded[name]).shape
        n = len(changed)
        return self._crop(recorded, name, (Spans((0,) * n, height), Spans((0,) * n, width)), 0.0, changed, boxes)

    def _empty(self, name: str, like: torch.Tensor, n: int, size: tuple[int, int]) -> torch.Tensor:
        if name != PICTURE and self.network.layers[name].channels_last:
            return like.new_empty(n, *size, like.shape[-1])
        layout = torch.channels_last if like.ndim == 4 else torch.contiguous_format
        shape = (n, *like.shape[1:-2], *size)
        return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=layout)


def regions(network: Network, start: str, wanted: str, boxes: Sequence[Box], most: int) -> Regions:
    """How to work out an operation behind changes inside boxes, in their order, at most so many at once, those of a row
    together. Call within `work`."""
    groups: list[tuple[Box, ...]] = []
    for _, alike in groupby(boxes, key=lambda box: box[0]):  # in a row all are as high, also at the upper edge
        row = tuple(alike)
        n = -(-len(row) // most)
        groups += (row[i * len(row) // n : (i + 1) * len(row) // n] for i in range(n))
    sources, steps = _steps(network, start, wanted)
    side = network.preprocessing.size
    height, width = (side, side) if start == PICTURE else network.layers[start].shape[-2:]
    reached: list[dict[str, Boxes]] = []
    for group in groups:
        tops, lefts, bottoms, rights = zip(*group, strict=True)
        rows = Spans.holding([*zip(tops, bottoms, strict=True)], height)
        found = {start: (rows, Spans.holding([*zip(lefts, rights, strict=True)], width))}
        for name, step in steps.items():
            found[name] = step.reached([found[source] for source in sources[name]])
        reached.append(found)
    kept = {start}
    for name, step in steps.items():
        n_places = sum(rows.size * columns.size for rows, columns in (found[name] for found in reached))
        if n_places < _MOST_OF_A_MAP * len(groups) * prod(step.size) and kept.issuperset(sources[name]):
            kept.add(name)
    needed_whole = {source for name, read in sources.items() if name not in kept for source in read}
    if PICTURE in needed_whole:
        kept = {PICTURE}
    ends = tuple(name for name in (start, *steps) if name in kept and (name in needed_whole or name == wanted))
    return Regions(
        network,
        start,
        wanted,
        tuple(groups),
        tuple(steps[name] for name in steps if name in kept),
        tuple(reached),
        ends,
    )


def _steps(network: Network, start: str, wanted: str) -> tuple[dict[str, list[str]], dict[str, Step]]:
    """By operation that leads from the start to what is wanted, the changed ones that it reads; and those that can be
    worked out box by box from the start on."""
    sources, steps = dict[str, list[str]](), dict[str, Step]()
    leading = {*network.graph.leading_to(wanted)} - {start}
    for name in network.layers:
        read = [source for source in sources_of(network, name) if source == start or source in sources]
        if not read or name not in leading:
            continue
        sources[name] = read
        if all(source == start or source in steps for source in read) and (step := step_of(network, name)) is not None:
            steps[name] = step
    return sources, steps


def _lies_within(spans: Spans, n: int) -> bool:
    return min(spans.starts) >= 0 and max(spans.starts) + spans.size <= n


def _corners(boxes: Boxes) -> Iterator[tuple[int, int]]:
    """Where each picture's box begins."""
    return zip(boxes[0].starts, boxes[1].starts, strict=True)


def _paste(onto: torch.Tensor, corner: tuple[int, int], values: torch.Tensor, at: tuple[int, int]) -> None:
    """Put maps whose first place is `at` onto maps whose first place is `corner`, where they overlap."""
    (top, left), (y, x) = corner, at
    first, last = max(top, y), min(top + onto.shape[-2], y + values.shape[-2])
    begin, end = max(left, x), min(left + onto.shape[-1], x + values.shape[-1])
    if first < last and begin < end:
        onto[..., first - top : last - top, begin - left : end - left] = values[
            ..., first - y : last - y, begin - x : end - x
        ]
