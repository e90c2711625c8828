"""Passes beside each other: layers, classes and maps of one found again in another, and where they agree."""

from .agreement import Regions, cam_agreement, matching_regions
from .matching import counterpart, same_class
from .moving import moved
from .presets import Pane, Preset, presets
from .table import Row, rows

__all__ = [
    "Pane",
    "Preset",
    "Regions",
    "Row",
    "cam_agreement",
    "counterpart",
    "matching_regions",
    "moved",
    "presets",
    "rows",
    "same_class",
]
