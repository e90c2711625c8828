"""The way from the picture to the answer as one band: the strongest maps of each stage, joined by what they add."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .view import File, View, inline_png

JOURNEY = View(
    "journey",
    """<section class="journey">
      <svg class="lines" aria-hidden="true"></svg>
      <div class="band"></div>
      <p class="said" role="status"></p>
    </section>""",
    is_figure=True,
)


@dataclass(frozen=True)
class Node:
    """A map: a PNG, what a button that opens it is called, and what is said of it while it is pointed at."""

    png: bytes
    name: str
    said: str


@dataclass(frozen=True)
class Column:
    """Maps one below the other, with a plain name above them and what they are below it."""

    title: str
    detail: str
    nodes: Sequence[Node]


@dataclass(frozen=True)
class Bars:
    """Numbers as bars, each from -1 to 1, with a title, what they are, and what a button that opens them is called."""

    title: str
    detail: str
    values: Sequence[float]
    name: str


@dataclass(frozen=True)
class Answer:
    """One of the likeliest classes: its index, its name, its probability as a share and in words."""

    index: int
    name: str
    share: float
    value: str


@dataclass(frozen=True)
class Band:
    """All that is drawn: the picture with a map of the evidence (a PNG as large as the picture, half of it seen), the
    columns, the numbers at the end, the likeliest classes, of which `chosen` is explained.

    `adds` are the thicknesses of the lines that leave the picture for the first column, and `flows` of those between
    columns, (n, m) each, and to the end; in one unit, negative ones in another colour. Without `flows` the element asks
    for them when it is pointed at.
    """

    photo: File | str
    alt: str
    evidence: bytes | None
    columns: Sequence[Column]
    numbers: Sequence[Bars]
    answers: Sequence[Answer]
    chosen: int
    flows: Sequence[Sequence[Sequence[float]]] | None
    said: str


def band_data(band: Band) -> dict[str, object]:
    """A band as a browser gets it."""
    return {
        "photo": band.photo,
        "alt": band.alt,
        "figure": "the way from the picture to the answer",
        "evidence": None if band.evidence is None else inline_png(band.evidence),
        "columns": [
            {
                "title": column.title,
                "detail": column.detail,
                "nodes": [{"url": inline_png(n.png), "name": n.name, "said": n.said} for n in column.nodes],
            }
            for column in band.columns
        ],
        "numbers": [
            {"title": b.title, "detail": b.detail, "values": [round(v, 3) for v in b.values], "name": b.name}
            for b in band.numbers
        ],
        "answers": [{"index": a.index, "name": a.name, "share": a.share, "value": a.value} for a in band.answers],
        "chosen": band.chosen,
        "flows": None if band.flows is None else [[list(row) for row in flow] for flow in band.flows],
        "said": band.said,
    }
