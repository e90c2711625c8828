"""Files that a browser has before anybody asks for what is in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...elements.view import File
from .base import Element, Report

_further = Element("further", "")


def further_classes(group: str, files: Mapping[int, File] | None, key: str, on_want: Callable[[], None]) -> None:
    """Files of further classes for the maps whose first file is `group`; where they are not worked out yet, they are
    asked for when everything else on the page is drawn."""
    _further(
        key,
        {"group": group, "urls": None if files is None else {str(index): file for index, file in files.items()}},
        wanted=Report([group], lambda _: on_want()),
    )
