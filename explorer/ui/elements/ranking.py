"""Bars to choose from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .base import Element, Report

_ranking = Element("ranking", '<div class="ranking"></div>')


def ranking(
    rows: Sequence[tuple[int, str, float, str]], chosen: int, label: str, key: str, on_choose: Callable[[int], None]
) -> None:
    """Bars to choose from: rows of (index, name, share of the full width, value as text); calls `on_choose(index)`."""
    _ranking(
        key,
        {
            "label": label,
            "rows": [
                {
                    "index": index,
                    "name": name,
                    "share": share if math.isfinite(share) else 0.0,
                    "value": value,
                    "chosen": index == chosen,
                }
                for index, name, share, value in rows
            ],
        },
        chosen=Report([index for index, *_ in rows], on_choose),
    )
