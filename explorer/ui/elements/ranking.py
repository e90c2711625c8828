"""Bars to choose from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .base import Element, Report

_ranking = Element("ranking", '<div class="ranking"></div>')


def ranking(
    rows: Sequence[tuple[int, str, float, str]], chosen: int, label: str, key: str, on_choose: Callable[[int], None]
) -> None:
    """Bars to choose a class from: rows of (index, name, share of the full width, value as text). What shows the class
    follows at once; calls `on_choose(index)` when the choice has come to rest."""
    _ranking(
        key,
        {
            "label": label,
            "chosen": chosen,
            "rows": [
                {
                    "index": index,
                    "name": name,
                    "share": share if math.isfinite(share) else 0.0,
                    "value": value,
                }
                for index, name, share, value in rows
            ],
        },
        chosen=Report([index for index, *_ in rows], on_choose),
    )
