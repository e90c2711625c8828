"""The scores of many maps as a table: one row for each picture and method, their means, and who beats whom."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from statistics import fmean, stdev

from .cards import SCORE_CARDS

BASELINES: Mapping[str, str] = {
    "random": "a random number for each cell, as coarse as a class activation map",
    "random_pixels": "a random number for each pixel",
    "centred": "a bell over the middle of the picture",
}
SCORES = ("deletion", "insertion", "road", "drop", "rose", "entropy", "gini")
_DECIDING = ("deletion", "insertion", "road")


@dataclass(frozen=True)
class Row:
    """The scores of one method's map on one picture. A score is None where there is none, and `problem` says why.

    `target` is the class explained, `truth` the one that the picture's folder is called after, if it is.
    `seconds` and `evaluations` are what the map took; its scores come on top. `drop` is in percent.
    """

    picture: str
    method: str
    target: int
    category: str
    truth: str | None
    probability: float | None
    layer: str | None = None
    deletion: float | None = None
    insertion: float | None = None
    road: float | None = None
    drop: float | None = None
    rose: bool | None = None
    entropy: float | None = None
    gini: float | None = None
    seconds: float | None = None
    evaluations: int | None = None
    problem: str = ""


COLUMNS = tuple(field.name for field in fields(Row))


@dataclass(frozen=True)
class AttributionTable:
    """Rows by picture, and the pictures that could not be used, each with a sentence that says why."""

    network: str
    methods: tuple[str, ...]
    rows: tuple[Row, ...]
    skipped: Mapping[str, str]
    settings: Mapping[str, object]

    @property
    def n_pictures(self) -> int:
        """How many pictures have rows."""
        return len({row.picture for row in self.rows})

    def scores(self, method: str, score: str) -> dict[str, float]:
        """One score of one method, by picture; those without it are left out."""
        of_method = (row for row in self.rows if row.method == method)
        return {row.picture: float(value) for row in of_method if (value := getattr(row, score)) is not None}

    def mean(self, method: str, score: str) -> float | None:
        """The mean over the pictures that have the score, or None where none has; of `rose`, the share."""
        values = self.scores(method, score).values()
        return fmean(values) if values else None

    def verdicts(self) -> tuple[str, ...]:
        """Whether each method's deletion, insertion and ROAD are better than those of the maps that know nothing,
        picture by picture: a sentence for each. A mean difference of less than two standard errors decides nothing."""
        baselines = [name for name in self.methods if name in BASELINES]
        own = [name for name in self.methods if name not in BASELINES]
        return tuple(
            self._verdict(method, baseline, score) for method in own for score in _DECIDING for baseline in baselines
        )

    def _verdict(self, method: str, baseline: str, score: str) -> str:
        first, second = self.scores(method, score), self.scores(baseline, score)
        both = [picture for picture in first if picture in second]
        if len(both) < 2:
            return f"{method} and {baseline} share too few pictures to compare their {score}: {len(both)}."
        sign = 1 if SCORE_CARDS[score].better == "high" else -1
        gains = [sign * (first[picture] - second[picture]) for picture in both]
        margin = 2 * stdev(gains) / len(gains) ** 0.5
        gain = fmean(gains)
        verb = "beats" if gain > margin else "loses to" if gain < -margin else "cannot be told from"
        return (
            f"{method} {verb} {baseline} in {score}: {fmean(first[p] for p in both):.3f} against "
            f"{fmean(second[p] for p in both):.3f}, better on {sum(g > 0 for g in gains)} of {len(both)} pictures."
        )

    def markdown(self) -> str:
        """The means, method by method, and what they come to."""
        arrows = {"high": " ↑", "low": " ↓", "": ""}
        heads = [f"{score}{arrows[SCORE_CARDS[score].better]}" for score in SCORES]
        lines = [
            f"{self.network}: means over {self.n_pictures} pictures",
            "",
            f"| method | n | {' | '.join(heads)} | seconds | evaluations |",
            f"|:--|--:|{'--:|' * (len(heads) + 2)}",
        ]
        for method in self.methods:
            cells = [_number(self.mean(method, score)) for score in (*SCORES, "seconds", "evaluations")]
            lines.append(f"| {method} | {len(self.scores(method, 'deletion'))} | {' | '.join(cells)} |")
        lines += ["", *self.verdicts()]
        if missing := [row for row in self.rows if row.problem]:
            lines.append(f"Maps without a score: {len(missing)} of {len(self.rows)}. The first: {missing[0].problem}")
        if self.skipped:
            name, why = next(iter(self.skipped.items()))
            lines.append(f"Pictures left out: {len(self.skipped)}. The first, {name}: {why}")
        return "\n".join(lines)

    def csv(self) -> str:
        """All rows, with a line of column names."""
        file = io.StringIO(newline="")
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in self.rows)
        return file.getvalue()

    def json(self) -> str:
        """Settings, means, verdicts, all rows and what was left out."""
        means = {
            method: {"n": len(self.scores(method, "deletion"))}
            | {score: self.mean(method, score) for score in (*SCORES, "seconds", "evaluations")}
            for method in self.methods
        }
        found = {
            "network": self.network,
            "settings": dict(self.settings),
            "means": means,
            "verdicts": self.verdicts(),
            "skipped": dict(self.skipped),
            "rows": [asdict(row) for row in self.rows],
        }
        return json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def rows_of(lines: Sequence[str]) -> list[Row]:
    """The rows that were written as one JSON object a line."""
    return [Row(**json.loads(line)) for line in lines]
