"""What a chart shows, before anybody draws it: lines, bars, how often values occur; and its numbers as a table."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..wording import PERCENT, number
from .color import FloatArray, Scale


@dataclass(frozen=True)
class Axis:
    """What lies along one side of a chart: its title with the unit in words, its ends, the unit behind a number, and
    whether only whole numbers lie there."""

    title: str
    low: float
    high: float
    unit: str = ""
    is_whole: bool = False


@dataclass(frozen=True, eq=False)
class Line:
    """A line of a chart: its name in the legend, a value for each step, NaN where there is none, and which of the
    charts' colours and shapes it has; None is for the line that the others are compared with: in the colour of text,
    and thicker. Of one that is `sparse` the values are joined over steps at which there is none."""

    name: str
    values: FloatArray
    look: int | None
    sparse: bool = False


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines against what they have in common: `steps` are where their values lie along x. `marks` are places there at
    which something happened, with a sentence for each.

    `grows` names what the chart is of where there will be more steps of it: whoever looks closer, or switches a line
    off, does so for all that is still to come.
    """

    title: str
    steps: Sequence[float]
    lines: Sequence[Line]
    x: Axis
    y: Axis
    marks: Sequence[tuple[float, str]] = ()
    grows: str = ""


@dataclass(frozen=True, eq=False)
class Series:
    """One bar for each of a chart's names: its own name in the legend, the values, NaN where there is none, one colour
    for all or one for each, and what is written at each bar; hollow is for what was before."""

    name: str
    values: FloatArray
    colors: tuple[str, ...]
    texts: Sequence[str] = ()
    is_hollow: bool = False
    spread: FloatArray | None = None  # a standard deviation to both sides of each value


@dataclass(frozen=True, eq=False)
class Bars:
    """Horizontal bars, the first name on top, those of several series one below the other. `what` is what the names
    are names of."""

    title: str
    what: str
    names: Sequence[str]
    series: Sequence[Series]
    x: Axis


@dataclass(frozen=True)
class Step:
    """Part of a running sum: its name, from where to where it leads, its colour, what there is to say of it, and a
    small picture of it as PNG, if it has one."""

    name: str
    start: float
    end: float
    color: str
    note: str = ""
    picture: bytes = b""


@dataclass(frozen=True, eq=False)
class Sum:
    """A sum from left to right: each step begins where the one before ended. `key` says what its colours mean."""

    title: str
    what: str
    steps: Sequence[Step]
    y: Axis
    key: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Part:
    """Part of a whole, from 0 to 1, with its name and colour."""

    name: str
    share: float
    color: str


@dataclass(frozen=True, eq=False)
class Bins:
    """How often what occurs, (n,) counts between (n + 1,) edges; over them a band of the parts that all makes."""

    title: str
    counts: NDArray[np.int64]
    edges: FloatArray
    parts: Sequence[Part]
    x: Axis
    y: Axis


@dataclass(frozen=True, eq=False)
class Matrix:
    """How alike each two of several things are, (n, n), from the scale's low end to its high one, in its colours."""

    title: str
    what: str
    names: Sequence[str]
    values: NDArray[np.float64]
    scale: Scale


@dataclass(frozen=True, eq=False)
class Tint:
    """A map in the colours of its scale, (H, W) with its first row on top: what its values are, and where its outer
    edges lie, (left, right, bottom, top) on both axes. Where it `fades`, the weaker a value is, the more of what lies
    below is seen, and between the middles of cells it goes from the one to the other; else each cell is a square."""

    what: str
    values: FloatArray
    scale: Scale
    edges: tuple[float, float, float, float]
    unit: str = ""
    fades: bool = False

    def middles(self, axis: int) -> NDArray[np.float64]:
        """Where the middles of its columns (axis 0) or rows (1) lie, the lowest first."""
        low, high = self.edges[2 * axis : 2 * axis + 2]
        n = self.values.shape[1 - axis]
        return low + (np.arange(n) + 0.5) * (high - low) / n


@dataclass(frozen=True, eq=False)
class Plane:
    """Maps over two quantities, such as time and frequency, the last on top; `above` them, where there is one, a chart
    of lines along the same x."""

    title: str
    maps: Sequence[Tint]
    x: Axis
    y: Axis
    above: Lines | None = None


@dataclass(frozen=True, eq=False)
class Dots:
    """Points of one colour and shape, (n, 2): their name in the legend, the number of each and what there is to say of
    it; `look` None is for those that the others are seen against."""

    name: str
    places: NDArray[np.float64]
    look: int | None
    rows: Sequence[int]
    notes: Sequence[str]


@dataclass(frozen=True, eq=False)
class Scatter:
    """Points in a plane in which both axes have the same measure; some can be chosen by drawing around them."""

    title: str
    what: str
    groups: Sequence[Dots]
    x: Axis
    y: Axis


Chart = Lines | Bars | Bins | Sum | Matrix | Plane | Scatter
Cell = str | float | int


@dataclass(frozen=True)
class Numbers:
    """The numbers of a chart, row by row, each column under its name; NaN where there is none."""

    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def csv(self) -> str:
        """As comma-separated values, each number as exactly as it is drawn, its unit in the heading; nothing where
        there is none."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        titles = zip(self.columns, (unit.strip() for unit in self.units), strict=True)
        writer.writerow([f"{column} [{unit}]" if unit else column for column, unit in titles])
        writer.writerows([["" if is_missing(cell) else cell for cell in row] for row in self.rows])
        return file.getvalue()

    def texts(self) -> list[list[str]]:
        """As they are read: four figures of each, and the unit."""
        return [[_text(*both) for both in zip(row, self.units, strict=True)] for row in self.rows]


def numbers(chart: Chart) -> Numbers:
    """All that a chart draws, in numbers."""
    columns: list[tuple[str, str, Sequence[Any]]]  # title, unit, values
    if isinstance(chart, Lines):
        columns = [(chart.x.title, chart.x.unit, list(map(float, chart.steps)))]
        columns += [(line.name, chart.y.unit, line.values.tolist()) for line in chart.lines]
    elif isinstance(chart, Bars):
        columns = [(chart.what, "", chart.names)]
        for one in chart.series:
            columns += [(f"{one.name}, {chart.x.title}", chart.x.unit, one.values.tolist())]
            if one.spread is not None:
                columns += [(f"{one.name}, standard deviation", chart.x.unit, one.spread.tolist())]
    elif isinstance(chart, Scatter):  # of each group how many and where its middle is: all would be thousands
        some = [group for group in chart.groups if len(group.places)]
        middles = [group.places.mean(axis=0).tolist() for group in some]
        columns = [(chart.what, "", [group.name for group in some])]
        columns += [("pictures", "", [len(group.places) for group in some])]
        columns += [(f"{axis.title}, mean", "", [at[i] for at in middles]) for i, axis in enumerate((chart.x, chart.y))]
    elif isinstance(chart, Matrix):
        columns = [(chart.what, "", chart.names)]
        columns += [(name, "", column.tolist()) for name, column in zip(chart.names, chart.values.T, strict=True)]
    elif isinstance(chart, Plane):  # of the map on top where each column is highest: all of it would be thousands
        shown, x, y = chart.maps[-1], chart.x, chart.y
        values = np.where(np.isfinite(shown.values), shown.values, -np.inf)
        highest = shown.middles(1)[::-1][values.argmax(axis=0)]
        columns = [(x.title, x.unit, shown.middles(0).tolist()), (f"highest at, {y.title}", y.unit, highest.tolist())]
        columns += [(shown.what, shown.unit, values.max(axis=0).tolist())]
    elif isinstance(chart, Sum):
        ends = [step.end for step in chart.steps]
        added = [step.end - step.start for step in chart.steps]
        names = [step.name for step in chart.steps]
        columns = [(chart.what, "", names), ("adds", "", added), (chart.y.title, "", ends)]
    else:
        low, high = chart.edges[:-1].tolist(), chart.edges[1:].tolist()
        columns = [(f"{chart.x.title}, from", "", low), ("to", "", high), (chart.y.title, "", chart.counts.tolist())]
    titles, units, values = zip(*columns, strict=True)
    return Numbers(titles, units, tuple(zip(*values, strict=True)))


def is_missing(cell: Cell) -> bool:
    """Whether there is no number to write."""
    return isinstance(cell, float) and not math.isfinite(cell)


def _text(cell: Cell, unit: str) -> str:
    if isinstance(cell, str):
        return cell
    return "none" if is_missing(cell) else f"{f'{cell:,}' if isinstance(cell, int) else number(cell)}{unit}"


def round_high(high: float) -> float:
    """The first multiple of a round step that is not below `high` > 0: two to five such steps."""
    power = 10.0 ** math.floor(math.log10(high))
    step = next(step * power for step in (0.2, 0.25, 0.5, 1, 2, 5) if high / (step * power) <= 5 + 1e-6)
    return math.ceil(high / step - 1e-6) * step


def percent_axis(title: str, highest: float) -> Axis:
    """For shares that are drawn in percent: from 0 to a round number that is not below `highest`, a share."""
    return Axis(title, 0, round_high(100 * highest), PERCENT)


def signed_axis(title: str, values: FloatArray) -> Axis:
    """For values of which some may be negative: from zero to as far as the farthest reaches, to each side that has
    any."""
    finite = np.nan_to_num(values)
    limit = max(1e-30, float(np.abs(finite).max(initial=0)))
    has_negative = bool((finite < 0).any())
    return Axis(title, -limit if has_negative else 0, limit if (finite > 0).any() or not has_negative else 0)


def shortened(text: str, most: int = 24) -> str:
    """A name that fits beside a chart."""
    return text if len(text) <= most else text[: most - 1] + "…"
