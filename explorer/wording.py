"""How a number, or a name from outside, is written wherever one is written in a sentence."""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Iterable, Mapping

PERCENT = "\u00a0%"  # no line ends between a number and its sign
_UP = 0.9995  # of a unit: what three figures round up to one of it, and would else be a thousand of the smaller one


def megabytes(n_bytes: float) -> str:
    """A number of bytes, in steps of a thousand."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= _UP * size:
            return f"{n_bytes / size:.3g} {unit}"
    return f"{n_bytes:.0f} byte{'' if round(n_bytes) == 1 else 's'}"


def duration(seconds: float) -> str:
    """A time to wait, no more exact than it is known."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def seconds_phrase(seconds: float) -> str:
    """How long something took: two digits, and from ten seconds on in words."""
    return f"{seconds:.2g} s" if seconds < 10 else duration(seconds)


def percent(share: float) -> str:
    """A share as a percentage that never claims certainty: 99.97 % stays that, 0.004 % becomes < 0.01 %. What is more
    than the whole, as a change can be, is more than 100 %."""
    if math.isnan(share):
        return "no number"
    if 0 < share < 1e-4:
        return f"<\u00a00.01{PERCENT}"
    if 0 < share < 5e-4:
        return f"{100 * share:.2f}{PERCENT}"
    if 0.9995 <= share < 1:
        return f"{min(100 * share, 99.99):.2f}{PERCENT}"
    return f"100{PERCENT}" if 1 <= share < 1.0005 else f"{100 * share:,.1f}{PERCENT}"


def round_percent(share: float) -> str:
    """A share that is exact, as a limit or a setting is, as a percentage without needless digits: 90 %."""
    return f"{100 * share:.4g}{PERCENT}"


def count(n: float) -> str:
    """A large number in three figures: 25.6 M."""
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if n >= _UP * size:
            return f"{n / size:.3g} {unit}"
    return f"{n:.3g}"


def by(sizes: Iterable[int]) -> str:
    """Sizes as one says them: 3 × 3."""
    return " × ".join(map(str, sizes))


def plural(n: int, one: str, many: str = "") -> str:
    """So many of what one is called: 1 weight, 1,728 weights; several are called `many` where that is not an s more."""
    return f"{n:,} {one}" if n == 1 else f"{n:,} {many or f'{one}s'}"


def number(value: float) -> str:
    """Four figures of a number, with a minus sign as in print."""
    return f"{value + 0.0:.4g}".replace("-", "−")  # of which −0 becomes 0


def signed(value: float) -> str:
    """Three figures of a number, with its sign: +2.46, −0.00310."""
    return f"{value + 0.0:+#.3g}".rstrip(".").replace("-", "−")


def ratio_phrase(ratio: float) -> str:
    """How many times as many, in figures that one can say."""
    if _UP * 1e9 <= ratio < _UP * 1e12:
        return f"{ratio / 1e9:.3g} billion"
    if 1e6 <= ratio < _UP * 1e12:
        return f"{ratio / 1e6:.3g} million"
    return f"{ratio:,.0f}" if 9999.5 <= ratio < 1e6 else f"{ratio:.4g}".replace("e+", " × 10^")


def symbols_phrase(formula: str, meanings: Mapping[str, str]) -> str:
    """What the symbols that a formula has mean, in the order of `meanings`: k is the kernel's side, σ is the width."""
    there = {*re.findall(r"[α-ω]|[A-Za-z]+(?:_[a-z]+)?(?:\[\w\])?", formula)}
    return ", ".join(f"{symbol} is {meaning}" for symbol, meaning in meanings.items() if symbol in there)


def quoted(text: str) -> str:
    """A name from outside, as it can stand in a sentence: one line, not too long."""
    shown = "".join(character if character.isprintable() else "?" for character in text[:80])
    return f"'{shown}…'" if len(text) > 80 else f"'{shown}'"


def described(value: object) -> str:
    """Something of the wrong kind, as it can stand in a sentence: what it is and its type, 1.5 (float)."""
    shown = " ".join(reprlib.repr(value).split())
    return f"{shown} ({type(value).__name__})"
