"""How a number, or a name from outside, is written wherever one is written in a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable


def megabytes(n_bytes: float) -> str:
    """A number of bytes, in steps of a thousand."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if n_bytes >= size:
            return f"{n_bytes / size:.3g} {unit}"
    return f"{n_bytes / 1e3:.0f} kB"


def duration(seconds: float) -> str:
    """A time to wait, no more exact than it is known."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def seconds_phrase(seconds: float) -> str:
    """How long something took: two digits, and from ten seconds on in words."""
    return f"{seconds:.2g} s" if seconds < 10 else duration(seconds)


def percent(share: float) -> str:
    """A share as a percentage that never claims certainty: 99.97 % stays that, 0.004 % becomes < 0.01 %."""
    if math.isnan(share):
        return "no number"
    if 0 < share < 1e-4:
        return "< 0.01 %"
    if 0 < share < 5e-4:
        return f"{100 * share:.2f} %"
    if 0.9995 <= share < 1:
        return f"{min(100 * share, 99.99):.2f} %"
    return f"{100 * share:.1f} %" if share < 0.9995 else "100 %"


def count(n: float) -> str:
    """A large number in three figures: 25.6 M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if n >= size:
            return f"{n / size:.3g} {unit}"
    return f"{n:.3g}"


def by(sizes: Iterable[int]) -> str:
    """Sizes as one says them: 3 × 3."""
    return " × ".join(map(str, sizes))


def plural(n: int, one: str) -> str:
    """So many of what one is called: 1 weight, 1,728 weights."""
    return f"{n:,} {one}" if n == 1 else f"{n:,} {one}s"


def number(value: float) -> str:
    """Four figures of a number, with a minus sign as in print."""
    return f"{value:.4g}".replace("-", "−")


def signed(value: float) -> str:
    """Three figures of a number, with its sign: +2.46, −0.00310."""
    return f"{value:+#.3g}".replace("-", "−")


def ratio_phrase(ratio: float) -> str:
    """How many times as many, in figures that one can say."""
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if size <= ratio < 1e12:
            return f"{ratio / size:.3g} {name}"
    return f"{ratio:,.0f}" if 1e4 <= ratio < 1e6 else f"{ratio:.4g}".replace("e+", " × 10^")


def quoted(text: str) -> str:
    """A name from outside, as it can stand in a sentence: one line, not too long."""
    shown = "".join(character if character.isprintable() else "?" for character in text[:80])
    return f"'{shown}…'" if len(text) > 80 else f"'{shown}'"
