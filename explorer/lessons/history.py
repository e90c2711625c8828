"""What the winners of a contest got wrong, year by year: ILSVRC, classification, top-5 error on the test pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ..drawing.series import Bars, Series, percent_axis
from ..wording import plural, round_percent


@dataclass(frozen=True)
class Entry:
    """The error of one year's best entry, as a share, and where it is written."""

    year: int
    who: str
    error: float
    source: str


_REVIEW = "Russakovsky et al. 2015, arXiv:1409.0575"
_RESULTS = "image-net.org, results of the year"
WINNERS = (
    Entry(2010, "NEC-UIUC", 0.282, _REVIEW),
    Entry(2011, "XRCE", 0.258, _REVIEW),
    Entry(2012, "AlexNet", 0.164, _REVIEW),  # 15.3 % with pictures from elsewhere, as the paper itself says
    Entry(2013, "Clarifai", 0.117, _REVIEW),  # 11.2 % with pictures from elsewhere
    Entry(2014, "GoogLeNet", 0.067, "Szegedy et al. 2014, arXiv:1409.4842"),
    Entry(2015, "ResNet", 0.0357, "He et al. 2015, arXiv:1512.03385"),
    Entry(2016, "Trimps-Soushen", 0.0299, _RESULTS),
    Entry(2017, "SENet", 0.0225, "Hu et al. 2017, arXiv:1709.01507"),
)
HUMAN = Entry(2014, "one trained person", 0.051, _REVIEW)  # section 6.4
SECOND = Entry(2014, "VGG, second", 0.073, "Simonyan and Zisserman 2014, arXiv:1409.1556")
BESIDES = "AlexNet and Clarifai had 15.3 % and 11.2 % with further training pictures"

_NETWORK, _PERSON = "#4477aa", "#b4692a"


def errors_chart() -> Bars:
    """The winners in the order of years, and the one person who took the same test."""
    shown = sorted((*WINNERS, SECOND, HUMAN), key=lambda one: (one.year, -one.error))
    shares = np.array([100 * one.error for one in shown], np.float32)
    colors = tuple(_PERSON if one is HUMAN else _NETWORK for one in shown)
    return Bars(
        title="Top-5 error on ILSVRC, in percent",
        what="year and who",
        names=[f"{one.year} {one.who}" for one in shown],
        series=[Series("error", shares, colors, [round_percent(one.error) for one in shown])],
        x=percent_axis("top-5 error", 0.3),
    )


def errors_sentence() -> str:
    """How to read the chart, and what it does not say."""
    first = next(one for one in WINNERS if one.error < HUMAN.error)
    n = sum(one.error < HUMAN.error for one in WINNERS)
    low, high = round_percent(WINNERS[-1].error), round_percent(WINNERS[0].error)
    return (
        "An answer counts as right if the class is among the network’s five likeliest of a thousand. "
        f"{WINNERS[0].year} to {WINNERS[-1].year}: from {high} to {low}; the first two were no deep networks. The "
        f"person had {round_percent(HUMAN.error)}, and {plural(n, 'winner')}, from {first.who} in {first.year} on, had "
        f"less. {BESIDES}. One person on 1,500 pictures is no law of what people can do."
    )


def sources() -> tuple[str, ...]:
    """Where each figure is written, once."""
    return tuple(dict.fromkeys(one.source for one in (*WINNERS, SECOND, HUMAN)))


CHARTS: Mapping[str, Callable[[], Bars]] = MappingProxyType({"ilsvrc": errors_chart})
