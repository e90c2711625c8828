"""What every view is made of, in whatever house it is shown; and the files among its data."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..trace import FloatArray
from .modules import source

PACKED = "application/gzip"  # what no server packs again at every request


@dataclass(frozen=True)
class View:
    """Markup, and the style sheet and the script of the same name in `frontend`. What it has of other views, `parts`,
    is styled as there.

    One that `is_figure` can be shown on the whole screen; what it draws says as `figure` what it is called.
    """

    name: str
    html: str
    is_figure: bool = False
    parts: tuple[str, ...] = ()

    @property
    def css(self) -> str:
        """Its style sheets, those that all share first."""
        shared = ("shared/base.css", "shared/legend.css", *(["shared/fullscreen.css"] if self.is_figure else ()))
        return "".join(map(source, (*shared, *(f"{part}.css" for part in (*self.parts, self.name)))))

    @property
    def around(self) -> tuple[str, ...]:
        """What stands around what its script exports, as `modules.script` takes it."""
        return ("shared/fullscreen.js#presented",) if self.is_figure else ()


@dataclass(frozen=True)
class File:
    """Bytes of a media type among the data of a view. A house puts an address in its place: equal files share one, so
    a browser never loads one twice."""

    content: bytes
    kind: str = PACKED


def addressed(value: Any, address: Callable[[File, str], object], place: str) -> Any:
    """The data of a view with an address for every file; `address` gets each with where in the data it stands, so
    that what stood there before can be forgotten."""
    if isinstance(value, File):
        return address(value, place)
    if isinstance(value, Mapping):
        return {name: addressed(one, address, f"{place}-{name}") for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [addressed(one, address, f"{place}-{i}") for i, one in enumerate(value)]
    return value


def array_file(values: FloatArray) -> File:
    """An array as a file, row by row as float32."""
    return File(np.ascontiguousarray(values, dtype="<f4").tobytes(), "application/octet-stream")


def inline(content: bytes) -> str:
    """Bytes as text: for what is small, and another one at every click."""
    return base64.b64encode(content).decode()


def inline_png(png: bytes) -> str:
    """A small picture as an address that holds it."""
    return f"data:image/png;base64,{inline(png)}"
