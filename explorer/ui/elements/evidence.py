"""Maps of evidence over the picture, drawn in the browser: for each thing that is explained at each of several layers.
What a person moves through is there already."""

from __future__ import annotations

from ...elements.evidence import EVIDENCE, Maps, evidence_data
from .base import Element

_evidence = Element.of(EVIDENCE)


def evidence(maps: Maps, which: int, key: str) -> None:
    """One of a pair of maps large over the picture, with its legend; pointing at a cell tells its value and what it
    sees. It follows what is chosen on the page as far as the browser has the maps."""
    _evidence(key, evidence_data(maps, which))
