"""A row of blocks, each as large as what it gives."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...wording import by
from .base import Element

_row = Element("row", '<ol></ol><p class="reading">As high as the maps, as wide as they are many, by doublings.</p>')
_HIGH, _WIDE = 44, 40  # pixels of maps of 64 cells, of 256 maps
_LEAST = 5


def block_row(steps: Sequence[tuple[str, tuple[int, ...]]], mistaken: str | None, alt: str, key: str) -> None:
    """Names of blocks with the shape of what each gives, (C, H, W) or (n,); behind them the one that does not work, if
    there is one."""
    shown = [{"name": name, "size": by(shape), **_box(shape), "works": True} for name, shape in steps]
    if mistaken is not None:
        shown.append({"name": mistaken, "size": "does not work here", "high": _HIGH, "wide": _WIDE, "works": False})
    _row(key, {"steps": shown, "alt": alt})


def _box(shape: tuple[int, ...]) -> dict[str, int]:
    """How large it is drawn: numbers without places are one upright line."""
    many, side = (shape[0], shape[1]) if len(shape) == 3 else (1, shape[0] / 4)
    return {"high": _pixels(side, 64, _HIGH), "wide": _pixels(many, 256, _WIDE)}


def _pixels(n: float, most: int, pixels: int) -> int:
    return round(_LEAST + (pixels - _LEAST) * min(1.0, math.log2(max(1.0, n)) / math.log2(most)))
