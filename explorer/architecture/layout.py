"""Where the boxes of a drawing stand, and which way its lines take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .hierarchy import PICTURE


@dataclass(frozen=True)
class Edge:
    """A line of an `Arrangement`. It leaves its source downwards, passes the rows between in the column of its source,
    or, where that is not free, in a `lane` to the right of all columns, and meets its target from above."""

    source: int
    target: int
    lane: int | None  # None where nothing lies between


@dataclass(frozen=True)
class Arrangement:
    """Where the parts of a container stand: a (row, column) for each, and the lines. Rows are longest paths, so that
    every line goes downwards; no two parts, and no part and a line that passes it, share a cell."""

    cells: tuple[tuple[int, int], ...]
    edges: tuple[Edge, ...]

    @property
    def n_lanes(self) -> int:
        """How many lanes there are beside the columns."""
        return max((edge.lane + 1 for edge in self.edges if edge.lane is not None), default=0)


def arrange(n: int, pairs: Iterable[tuple[int, int]]) -> Arrangement:
    """A drawing of n parts from top to bottom, branches side by side; `pairs` as in `edges`, each to a later part.

    A chain stays in one column: a part takes that of the first part it reads whose column is free down to it. All long
    lines of one source share one lane.
    """
    pairs = sorted(pairs)
    rows = [0] * n
    for source, target in sorted(pairs, key=lambda pair: pair[1]):  # all that a part reads is placed by then
        if source != PICTURE and target < n:
            rows[target] = max(rows[target], rows[source] + 1)
    bottom = max(rows, default=-1) + 1
    columns = [0] * n
    taken: set[tuple[int, int]] = set()
    straight: set[tuple[int, int]] = set()

    def is_free(source: int, row: int) -> bool:
        between = {(passed, columns[source]) for passed in range(rows[source] + 1, row)}
        return not between & taken - passes.get(source, set())

    passes: dict[int, set[tuple[int, int]]] = {}
    for part in [*sorted(range(n), key=lambda part: (rows[part], part)), n]:
        row = rows[part] if part < n else bottom
        sources = [source for source, target in pairs if target == part and source != PICTURE]
        for source in sources:
            if is_free(source, row):
                straight.add((source, part))
                cells = {(passed, columns[source]) for passed in range(rows[source] + 1, row)}
                passes.setdefault(source, set()).update(cells)
                taken |= cells
        if part < n:
            wanted = [columns[source] for source in sources if (source, part) in straight]
            column = next(c for c in [*wanted, *range(n + 1)] if (row, c) not in taken)
            columns[part] = column
            taken.add((row, column))
    long = {(s, t) for s, t in pairs if (s, t) not in straight and not (s == PICTURE and t < n and rows[t] == 0)}
    lanes = _lanes(long, lambda place: PICTURE if place == PICTURE else bottom if place == n else rows[place])
    return Arrangement(
        cells=tuple(zip(rows, columns, strict=True)),
        edges=tuple(Edge(s, t, lanes[s] if (s, t) in long else None) for s, t in pairs),
    )


def _lanes(pairs: set[tuple[int, int]], row: Callable[[int], int]) -> dict[int, int]:
    """A lane for each source of a long line: the innermost that is free from there to its last target."""
    last = {source: max(row(t) for s, t in pairs if s == source) for source, _ in pairs}
    lanes: dict[int, int] = {}
    for source in sorted(last, key=lambda s: (last[s] - row(s), row(s))):  # short ones inside, long ones around them
        used = {
            lane for other, lane in lanes.items() if row(other) < last[source] and row(source) < last[other]
        }  # fmt: skip
        lanes[source] = next(lane for lane in range(len(last)) if lane not in used)
    return lanes
