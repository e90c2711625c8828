"""Which pixels can a unit see: receptive fields, in integer arithmetic.

Along one axis a layer's units look at the picture through windows of one width, a fixed number of pixels apart. Four
numbers therefore describe them all (Araujo et al. 2019, doi:10.23915/distill.00021): unit i sees the pixels from
`start + i * jump` to `start + i * jump + size - 1`. Pixels outside the picture are padding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Window:
    """What a convolution or a pooling looks at, as (y, x) pairs."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int] = (1, 1)

    def axes(self, height: int, width: int) -> tuple[Axis, Axis]:
        """How it slides over height x width cells, down and across."""
        down, across = (
            Axis(*numbers)
            for numbers in zip((height, width), self.kernel, self.stride, self.padding, self.dilation, strict=True)
        )
        return down, across

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """At how many places it stands, along y and x."""
        down, across = self.axes(height, width)
        return down.n_out, across.n_out


@dataclass(frozen=True)
class Axis:
    """One axis of a sliding window: `n` cells, and the window's four numbers along it."""

    n: int
    kernel: int
    stride: int
    padding: int
    dilation: int

    @property
    def span(self) -> int:
        """From the window's first cell to its last."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def room(self) -> int:
        """How far the window can move: n + 2p - d(k - 1) - 1."""
        return self.n + 2 * self.padding - self.span

    @property
    def n_out(self) -> int:
        """floor((n + 2p - d(k - 1) - 1) / s) + 1; below 1 where there is no place for the window."""
        return self.room // self.stride + 1

    @property
    def dropped(self) -> int:
        """What the floor drops: rows at the end, padding included, that are too few for another step."""
        return self.room % self.stride

    @property
    def unread_end(self) -> int:
        """Cells at the end, padding aside, that no window reads."""
        return min(self.n, max(0, self.dropped - self.padding))

    @property
    def unread_between(self) -> int:
        """Cells elsewhere that no window reads: the step is wider than what is read in it."""
        starts = range(-self.padding, self.n_out * self.stride - self.padding, self.stride)
        read = {start + cell * self.dilation for start in starts for cell in range(self.kernel)}
        return self.n - len(read & set(range(self.n))) - self.unread_end

    @property
    def formula(self) -> str:
        """The output size with its numbers."""
        return (
            f"⌊({self.n} + 2 · {self.padding} − {self.dilation} · ({self.kernel} − 1) − 1) / {self.stride}⌋ + 1 = "
            f"⌊{self.room} / {self.stride}⌋ + 1 = {self.n_out}"
        )

    @property
    def slips(self) -> tuple[int, ...]:
        """What one gets for the output size by forgetting a part of the formula."""
        return (
            -(-self.room // self.stride) + 1,  # rounded up
            (self.n + 2 * self.padding - self.kernel) // self.stride + 1,  # without the dilation
            (self.n - self.span) // self.stride + 1,  # without the padding
            (self.n + self.padding - self.span) // self.stride + 1,  # with padding at one end only
            self.room // self.stride,  # without the 1
            self.n // self.stride,
            self.room + 1,  # without the stride
            self.n,
        )

    def reached(self, spans: Spans, n_out: int) -> Spans:
        """The windows, of `n_out`, that read any of these cells."""
        first = self.padding - self.span + 1
        return Spans.holding(
            [
                (-(-(start + first) // self.stride), (start + spans.size - 1 + self.padding) // self.stride + 1)
                for start in spans.starts
            ],
            n_out,
        )

    def read(self, spans: Spans) -> Spans:
        """The cells that these windows read and what lies between; those of the padding are below 0 and from n on."""
        starts = tuple(start * self.stride - self.padding for start in spans.starts)
        return Spans(starts, (spans.size - 1) * self.stride + self.span)


@dataclass(frozen=True)
class Spans:
    """Neighbouring cells along one axis, as many for each of several pictures: `size` from `starts[i]` on."""

    starts: tuple[int, ...]
    size: int

    @classmethod
    def holding(cls, ends: Sequence[tuple[int, int]], n: int) -> Spans:
        """As many of `n` cells for each picture as the one with most needs, moved to where they hold those from its
        first to before its last. One cell where none of them is among the `n`."""
        within = [(min(max(first, 0), n - 1), min(last, n)) for first, last in ends]
        size = max(1, *(last - first for first, last in within))
        return cls(tuple(min(first, n - size) for first, _ in within), size)

    @classmethod
    def joined(cls, several: Sequence[Spans], n: int) -> Spans:
        """What holds all of several spans, picture by picture."""
        if all(spans == several[0] for spans in several):
            return several[0]
        pictures = zip(*(spans.ends for spans in several), strict=True)
        return cls.holding([(min(a for a, _ in ends), max(b for _, b in ends)) for ends in pictures], n)

    @property
    def ends(self) -> list[tuple[int, int]]:
        """The first cell of each picture, and the one behind its last."""
        return [(start, start + self.size) for start in self.starts]


@dataclass(frozen=True)
class Places:
    """Where over a picture the cells of a map lie, as (y, x) pairs in pixels of a picture of `size`: the middle of cell
    i is `first + i * step`, and 0 is the middle of the first pixel. Layers without padding see less and less of the
    border, so their cells do not cover it evenly."""

    first: tuple[float, float]
    step: tuple[float, float]
    size: tuple[int, int]

    @property
    def begin(self) -> tuple[float, float]:
        """The upper and the left edge of the first cell, 0 being those of the picture; each next one is `step` on."""
        return self.first[0] + 0.5 - self.step[0] / 2, self.first[1] + 0.5 - self.step[1] / 2


@dataclass(frozen=True)
class ReceptiveField:
    """The pixels that a layer's units can see, as (y, x) pairs; `whole` where every unit sees the whole picture."""

    start: tuple[int, int] = (0, 0)  # first pixel of unit 0; negative where it lies in the padding
    jump: tuple[int, int] = (1, 1)  # pixels from one unit to the next: the cumulative stride
    size: tuple[int, int] = (1, 1)
    whole: bool = False

    def box(self, y: int, x: int, height: int, width: int) -> tuple[int, int, int, int]:
        """(top, left, bottom, right), half open, of what unit (y, x) sees of a height x width picture."""
        if self.whole:
            return 0, 0, height, width
        top, left = self.start[0] + y * self.jump[0], self.start[1] + x * self.jump[1]
        bottom, right = top + self.size[0], left + self.size[1]
        return max(0, top), max(0, left), min(height, bottom), min(width, right)

    def places(self, cells: tuple[int, int], size: tuple[int, int]) -> Places | None:
        """Where over a picture of `size` a map of so many `cells` lies: each around the middle of what it sees. None
        where as many cells as there are steps in the picture tile it, as padding makes them, or where each sees all of
        it: there the map covers the picture evenly."""
        if self.whole or all(n * jump >= side for n, jump, side in zip(cells, self.jump, size, strict=True)):
            return None
        (first_y, step_y), (first_x, step_x) = (
            (side / n / 2 - 0.5, side / n) if n * jump >= side else (start + (width - 1) / 2, float(jump))
            for n, side, start, jump, width in zip(cells, size, self.start, self.jump, self.size, strict=True)
        )
        return Places((first_y, first_x), (step_y, step_x), size)

    def through(self, window: Window) -> ReceptiveField:
        """The field of a layer that looks at this one through a window."""
        if self.whole:
            return self
        start_y, start_x = (b - p * j for b, p, j in zip(self.start, window.padding, self.jump, strict=True))
        jump_y, jump_x = (j * s for j, s in zip(self.jump, window.stride, strict=True))
        size_y, size_x = (
            r + (k - 1) * d * j for r, k, d, j in zip(self.size, window.kernel, window.dilation, self.jump, strict=True)
        )
        return ReceptiveField((start_y, start_x), (jump_y, jump_x), (size_y, size_x))

    def enlarged(self, factor: tuple[int, int]) -> ReceptiveField:
        """The field of a layer that enlarges this one by whole factors, and draws each of its values from the two
        cells nearest to it along each axis (bilinear), or from the nearest alone: of all its units' fields, which
        differ with where in a cell they lie, what is needed to hold each. Whole where a step cannot be divided.

        Unit i lies at (i + 1/2) / factor - 1/2 between cells: it reads that number rounded down, and the next one."""
        if self.whole or any(jump % by for jump, by in zip(self.jump, factor, strict=True)):
            return WHOLE
        found = []
        for start, jump, size, by in zip(self.start, self.jump, self.size, factor, strict=True):
            step = jump // by
            before, behind = ((3 * jump - step) // 2, (jump + step) // 2) if by > 1 else (0, 0)
            found.append((start - before, step, size + before + behind))
        (start_y, jump_y, size_y), (start_x, jump_x, size_x) = found
        return ReceptiveField((start_y, start_x), (jump_y, jump_x), (size_y, size_x))


WHOLE = ReceptiveField(whole=True)


def union(fields: Iterable[ReceptiveField]) -> ReceptiveField:
    """The field of a layer that joins several, unit by unit (a residual addition, a concatenation)."""
    fields = list(fields)
    if any(field.whole for field in fields):
        return WHOLE
    if len({field.jump for field in fields}) > 1:
        raise ValueError("it joins maps that step differently over the picture")
    starts = [min(field.start[axis] for field in fields) for axis in (0, 1)]
    ends = [max(field.start[axis] + field.size[axis] for field in fields) for axis in (0, 1)]
    return replace(fields[0], start=(starts[0], starts[1]), size=(ends[0] - starts[0], ends[1] - starts[1]))
