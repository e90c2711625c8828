"""Files that are likely to be asked for next, fetched while nothing else is. It is not seen."""

from __future__ import annotations

from collections.abc import Sequence

from ...elements.view import File
from .base import Element

_ahead = Element("ahead", "")


def fetch_ahead(files: Sequence[File], key: str) -> None:
    """Have the browser fetch packed files when it has nothing else to do; an element that needs one finds it there."""
    _ahead(key, {"urls": list(files)})
