"""A map over the picture it belongs to, each cell of which tells its value."""

from __future__ import annotations

from ...elements.overlay import Heat, Photo
from ...elements.probe import PROBE, probe_data
from ...geometry import ReceptiveField
from .base import Element

_probe = Element.of(PROBE)


def probe(
    photo: Photo, heat: Heat, key: str, field: ReceptiveField | None = None, histogram: bool = False, linked: str = ""
) -> None:
    """A map over the picture it belongs to, with its legend. Pointing at a cell, or moving there with the arrow keys,
    tells its value and, given the receptive field, frames the pixels that it can see.

    A histogram tells how often which value occurs, exact zeros apart, and marks the one that is pointed at. All that
    are `linked` under one name show the same part of their pictures, however near somebody comes.
    """
    _probe(key, probe_data(photo, heat, field, histogram, linked))
