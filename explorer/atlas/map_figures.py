"""The map of an atlas's pictures as a chart, and sheets of their thumbnails."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..drawing.picture import Pixels, contact_sheet, png_of_pixels
from ..drawing.series import Axis, Dots, Line, Lines, Scatter
from ..wording import percent
from .answered import RIGHT, UNKNOWN, WRONG
from .projection import Depth
from .reading import Atlas
from .rows import Integers

MOST_CLASSES = 24  # that colour and shape tell apart in a legend
SIDE = 72  # pixels of a thumbnail in a gallery
_OTHERS = "other classes"
_OUTCOMES = {RIGHT: ("right", 1), WRONG: ("wrong", 0), UNKNOWN: ("no class of the network", None)}


Group = tuple[str, int | None, Integers]  # a name, a colour and shape, places


def by_class(atlas: Atlas, rows: Integers, shown: Sequence[int]) -> list[Group]:
    """Groups of places among `rows`: one for each shown class, the others behind them."""
    labels = atlas.pictures.label[rows]
    rest = np.flatnonzero(~np.isin(labels, shown))
    groups: list[Group] = [(_OTHERS, None, rest)] if len(rest) else []
    return groups + [(atlas.classes[k], i, np.flatnonzero(labels == k)) for i, k in enumerate(shown)]


def by_outcome(outcomes: Integers) -> list[Group]:
    """The same for what was answered rightly, wrongly, and what nothing can be said of."""
    found = [(name, look, np.flatnonzero(outcomes == value)) for value, (name, look) in _OUTCOMES.items()]
    return [group for group in reversed(found) if len(group[2])]


def map_chart(
    depth: Depth, at: int, groups: Sequence[Group], keep: Integers, note: Callable[[int], str], axis: str = "component"
) -> Scatter:  # fmt: skip
    """The pictures at one layer, those of `keep` (places among the map's rows) alone, each with what is said of it."""
    places, kept = depth.places[at], np.zeros(len(depth.rows), bool)
    kept[keep] = True
    limit = 1.05 * float(np.abs(places).max(initial=1e-9))
    dots = []
    for name, look, group in groups:
        some = group[kept[group]]
        rows = depth.rows[some].tolist()
        dots.append(Dots(f"{name} ({len(some):,})", places[some], look, some.tolist(), [note(row) for row in rows]))
    return Scatter(
        depth.layers[at], "group", dots,
        Axis(f"first {axis}", -limit, limit), Axis(f"second {axis}", -limit, limit),
    )  # fmt: skip


def statistics_lines(atlas: Atlas) -> Lines:
    """Through the layers, the means over their channels of two statistics, which both go from 0 to 1."""
    table, n = atlas.table(), len(atlas.layers)
    rows = {"class selectivity": "selectivity", "share of places at 0 or below": "sparsity"}
    return Lines(
        "The channels of each layer, on average",
        range(1, n + 1),
        [
            Line(title, np.array([_mean(table[of][table["layer"] == one]) for one in atlas.layers], np.float32), look)
            for look, (title, of) in enumerate(rows.items())
        ],
        Axis("layer, in the order of the network", 1, max(2, n), is_whole=True),
        Axis("mean over the channels", 0, 1),
    )


def _mean(values: NDArray[np.float64]) -> float:
    """Of those that are numbers: a channel that is never positive has no selectivity."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


def gallery(thumbnails: Sequence[bytes], columns: int, side: int = SIDE) -> bytes:
    """Thumbnails cut to squares, in rows, as PNG."""
    return png_of_pixels(contact_sheet([_pixels(one) for one in thumbnails], columns, side))


def _pixels(thumbnail: bytes) -> Pixels:
    found = cv2.imdecode(np.frombuffer(thumbnail, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None  # an atlas writes none that cannot be read
    return np.asarray(found[:, :, ::-1], np.uint8)


def picture_note(atlas: Atlas, row: int, categories: Sequence[str]) -> str:
    """A picture in a line: its name, its class, and what the network answered."""
    pictures = atlas.pictures
    label = int(pictures.label[row])
    of = f" of {atlas.classes[label]}" if label >= 0 else ""
    answer = (
        f"{categories[int(pictures.answer[row])]}, {percent(float(pictures.probability[row]))}" if categories else ""
    )
    return f"{str(pictures.name[row]).rpartition('/')[2]}{of}" + (f": {answer}" if answer else "")
