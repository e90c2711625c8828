"""What a notebook shows of results: cards in HTML, live views, and pictures of Pillow. `explorer.shown` asks for them
by name."""

from .cards import card
from .pictures import bars, filter_sheet, mosaic, overlay, save
from .views import displayed, live, live_bundle, live_ledger

__all__ = [
    "bars",
    "card",
    "displayed",
    "filter_sheet",
    "live",
    "live_bundle",
    "live_ledger",
    "mosaic",
    "overlay",
    "save",
]
