"""What a notebook shows of results: cards in HTML, and pictures of Pillow. `explorer.shown` asks for them by name."""

from .cards import card
from .pictures import bars, filter_sheet, mosaic, overlay, save

__all__ = ["bars", "card", "filter_sheet", "mosaic", "overlay", "save"]
