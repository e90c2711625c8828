"""Boxes to choose from, each of a few names: what shows the choice follows at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .base import Element, Report

_boxes = Element("boxes", '<div class="boxes"></div>')


@dataclass(frozen=True)
class Box:
    """One of `options` under a label; `name` is what other elements of the page know the choice by."""

    name: str
    label: str
    options: Sequence[str]
    chosen: str
    is_disabled: bool = False


def boxes(shown: Sequence[Box], key: str, on_choose: Callable[[str, str], None]) -> None:
    """Boxes one below the other; calls `on_choose(name, option)` when a choice has come to rest."""

    def report(box: Box) -> Report[str]:
        return Report(box.options, lambda chosen: on_choose(box.name, chosen))

    _boxes(
        key,
        {
            "boxes": [
                {
                    "name": box.name,
                    "label": box.label,
                    "options": list(box.options),
                    "chosen": box.chosen,
                    "disabled": box.is_disabled,
                }
                for box in shown
            ]
        },
        **{box.name: report(box) for box in shown},
    )
