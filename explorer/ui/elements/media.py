"""How pictures and numbers reach a browser: under an address of their own, or inside an element's data."""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import NDArray
from streamlit.runtime import get_instance


def file_url(content: bytes, kind: str, place: str) -> str:
    """An address under this server for a file of a media type; equal files share one, so a browser never loads one
    twice.

    `place` names where on the page it stands: what stood there before is forgotten.
    """
    url: str = get_instance().media_file_mgr.add(content, kind, place)
    return url


def array_url(values: NDArray[np.float32], place: str) -> str:
    """An address for an array, row by row as float32."""
    return file_url(np.ascontiguousarray(values, dtype="<f4").tobytes(), "application/octet-stream", place)


def inline(content: bytes) -> str:
    """Bytes as text: for what is small, and another one at every click."""
    return base64.b64encode(content).decode()


def inline_png(png: bytes) -> str:
    """A small picture as an address that holds it."""
    return f"data:image/png;base64,{inline(png)}"
