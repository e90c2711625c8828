"""Sentences taken apart by patterns, and whether what stands in them is so."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., None])

CHECKS: dict[str, Callable[..., None]] = {}  # builder -> what compares its sentences
compared: list[str] = []  # all sentences that were taken apart

_PLACES = {
    "": r".+?",
    "i": r"\d[\d,]*",  # a count in full
    "n": r"[+−-]?\d[\d,]*(?:\.\d+)?(?:e[+−-]?\d+)?",  # a number
    "%": r"(?:no number|(?:<\u00a0)?\d[\d,]*(?:\.\d+)?\u00a0%)",
    "c": r"\d+(?:\.\d+)?(?: [TGMk])?",  # a count in three figures
    "t": r"(?:\([^)]*\)|[\d.e+-]+)",  # three numbers, or one for all
    "b": r"\d+(?:\.\d+)? (?:[TGMk]B|bytes?)",
}
_UNITS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "byte": 1.0,
          "bytes": 1.0}  # fmt: skip


def name_of(builder: object) -> str:
    """Module and name of a function, or of what a property calls."""
    found = getattr(builder, "fget", None) or getattr(builder, "func", None) or builder
    return f"{found.__module__}.{found.__qualname__}"  # type: ignore[attr-defined]


def checks(*builders: object) -> Callable[[F], F]:
    """Register a function as what compares the sentences of these builders."""

    def register(function: F) -> F:
        for builder in builders:
            name = name_of(builder)
            assert name not in CHECKS, name
            CHECKS[name] = function
        return function

    return register


def taken_apart(text: str, *patterns: str) -> dict[str, str]:
    """What stands in a sentence at the {name:kind} of the one pattern that fits it; [[...]] may be missing."""
    for pattern in patterns:
        parts = re.split(r"(\{\w+(?::.)?\}|\[\[|\]\])", pattern)
        regex = ""
        for part in parts:
            if part in ("[[", "]]"):
                regex += {"[[": "(?:", "]]": ")?"}[part]
            elif part.startswith("{"):
                name, _, kind = part[1:-1].partition(":")
                regex += f"(?P<{name}>{_PLACES[kind]})"
            else:
                regex += re.escape(part)
        if found := re.fullmatch(regex, text):
            compared.append(text)
            return {name: value for name, value in found.groupdict().items() if value is not None}
    raise AssertionError(f"No pattern fits: {text}")


def value_of(shown: str) -> float:
    return float(shown.replace("−", "-").replace(",", ""))


def same(shown: str, value: float, digits: int = 4, slack: float = 0.0) -> None:
    """A number in so many figures is this one; `slack` is how far apart two sums of float32 may be."""
    said = value_of(shown)
    if said == 0 or value == 0:
        assert abs(said - value) <= slack + 1e-12, (shown, value)
        return
    unit = 10.0 ** (math.floor(math.log10(abs(value)) + 1e-12) - digits + 1)
    assert abs(said - value) <= 0.5 * unit * (1 + 1e-6) + slack + 2e-6 * abs(value), (shown, value)


def counted(shown: str, n: int) -> None:
    assert int(shown.replace(",", "")) == n, (shown, n)
    assert "," in shown or n < 1000, shown


def counted_roughly(shown: str, n: float) -> None:
    """A count, or a size, in three figures with a unit."""
    number, _, unit = shown.partition(" ")
    assert value_of(number) < 1000, shown
    same(number, n / _UNITS[unit], 3)


def is_share(shown: str, share: float, slack: float = 2e-7) -> None:
    """A percentage says this share, and neither all nor nothing where it is not that."""
    if math.isnan(share):
        assert shown == "no number"
        return
    if shown == "100\u00a0%":
        assert share == 1 or abs(share - 1) < 1e-9, share
    elif shown == "0.0\u00a0%":
        assert abs(share) < 1e-12, share
    elif shown.startswith("<"):
        assert shown == "<\u00a00.01\u00a0%"
        assert 0 < share < 1e-4 + slack
    else:
        number = shown.removesuffix("\u00a0%")
        assert share > 0
        assert abs(share - 1) > 1e-9 or number == "100.0"
        step = 10.0 ** -len(number.partition(".")[2])
        said = value_of(number)
        is_near_all = said == 99.99 and 0.9998 < share < 1
        assert is_near_all or abs(said - 100 * share) <= step / 2 * (1 + 1e-6) + 100 * slack, (shown, share)


def is_chance(shown: str, probability: float, slack: float = 2e-7) -> None:
    """The same of a probability, which no score makes certain."""
    assert shown != "100\u00a0%"
    is_share(shown, min(probability, 1 - 1e-7), slack)


def agrees(n: int, one: str, many: str, text: str) -> None:
    """A word is in the number that its count asks for."""
    assert (one if n == 1 else many) == text, (n, text)


def softmax(logits: Iterable[float]) -> list[float]:
    """Of each class; of a single logit z the two that 1 / (1 + e^-z) and its rest are."""
    z = [float(one) for one in logits]
    if len(z) == 1:
        return [1 / (1 + math.exp(z[0])), 1 / (1 + math.exp(-z[0]))]
    exponentials = [math.exp(one - max(z)) for one in z]
    total = math.fsum(exponentials)
    return [one / total for one in exponentials]
