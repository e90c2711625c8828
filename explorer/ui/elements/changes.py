"""Rows of bars that tell a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from ...feature_maps.figures import Change
from .base import Element

_changes = Element("changes", '<div class="changes" role="list"></div>')


def changes(rows: Sequence[Change], key: str) -> None:
    """A bar for what was before, where something was, and one for what is now."""
    _changes(key, {"rows": [asdict(row) for row in rows]})
