"""A logit as a sum, and where in the picture it comes from, laid out in the browser: another class, channel or number
of rows asks the server for nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...elements.ledger import LEDGER, MAPS, SIDES, LedgerData, LedgerShown, ledger_data
from ...elements.overlay import Photo
from .base import Element, Report

_ledger = Element.of(LEDGER)


def ledger_view(
    photo: Photo, given: LedgerData, shown: LedgerShown, key: str, on: Mapping[str, Callable[[object], None]]
) -> None:
    """A waterfall from the bias to the logit, each step of which tells what it adds, and the map of what adds where.
    `on` is told under "class", "channel", "ledger_map" and "ledger_rows" what has come to rest."""
    allowed = {
        "class": [one.name for one in given.classes],
        "channel": range(0 if given.maps is None else given.maps.shape[0]),
        "ledger_map": MAPS,
        "ledger_rows": SIDES,
    }
    _ledger(key, ledger_data(photo, given, shown), **{name: Report(allowed[name], act) for name, act in on.items()})
