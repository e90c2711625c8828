"""A logit as a sum, and where in the picture it comes from, laid out in the browser: another class, channel or number
of rows asks the server for nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...elements.ledger import LEDGER, MAPS, SIDES, LedgerData, LedgerShown, ledger_data
from ...elements.overlay import Photo
from .base import Element, Report

_ledger = Element.of(LEDGER)


def ledger_view(
    photo: Photo, given: LedgerData, shown: LedgerShown, key: str, on: Mapping[str, Callable[[object], None]],
    units: tuple[str, str] | None = None,
) -> None:  # fmt: skip
    """A waterfall from the bias to the logit, each step of which tells what it adds, and the map of what adds where.
    `on` is told under "class", "channel", "ledger_map" and "ledger_rows" what has come to rest, and under "unit" which
    step's own page is asked for. `units` are the layer whose channels the steps are, and the address of their pages,
    whose numbers stand last."""
    allowed = {
        "class": [one.name for one in given.classes],
        "channel": range(0 if given.maps is None else given.maps.shape[0]),
        "ledger_map": MAPS,
        "ledger_rows": SIDES,
        "unit": range(0 if units is None else len(given.files.ledgers[0].terms)),
    }
    data = {**ledger_data(photo, given, shown), "units": units}
    _ledger(key, data, **{name: Report(allowed[name], act) for name, act in on.items()})
