"""How often a trained network is right, class by class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..networks.network import Network
from ..pictures.image import read_image
from ..trace import run
from ..wording import percent, plural
from .recipes import Recipe, read_pictures


@dataclass(frozen=True, eq=False)
class Evaluation:
    """`confusion[i, j]` pictures of category i were taken for category j."""

    categories: tuple[str, ...]
    confusion: NDArray[np.int64]

    @property
    def n_pictures(self) -> int:
        """How many pictures were looked at."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Share of pictures whose highest score is their own class's."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    def table(self) -> str:
        """Accuracy per class and the confusion matrix, as a Markdown table; rows are the truth."""
        lines = [
            f"{percent(self.accuracy)} of {plural(self.n_pictures, 'picture')} right",
            "",
            f"| truth | right | {' | '.join(self.categories)} |",
            f"|---|---:|{'---:|' * len(self.categories)}",
        ]
        for category, row, right in zip(self.categories, self.confusion, np.diag(self.confusion), strict=True):
            share = percent(right / row.sum()) if row.sum() else "none seen"
            lines.append(f"| {category} | {share} | {' | '.join(map(str, row))} |")
        return "\n".join(lines)


def evaluate(
    network: Network, folder: Path | None, recipe: Recipe, report: Callable[[int], None] = lambda n_done: None
) -> Evaluation:
    """Show the network every validation picture of the recipe, one by one, just as the app does: decoded by
    `read_image`, prepared by the network's own preprocessing, scored by `run`. Raises BadData, BadImage."""
    confusion = np.zeros((len(network.categories),) * 2, np.int64)
    for n_done, picture in enumerate(read_pictures(folder, recipe, "val"), start=1):
        best = run(network, read_image(picture.content, picture.name)).top(1)[0]
        confusion[network.categories.index(picture.category), best.index] += 1
        report(n_done)
    return Evaluation(network.categories, confusion)
