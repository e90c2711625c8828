"""Paper to draw a digit on."""

from __future__ import annotations

import io

import streamlit as st
from PIL import Image, ImageDraw

from ...elements.pad import MOST_NUMBERS, PAD
from .base import Element, Report

_pad = Element.of(PAD)

Strokes = list[list[int]]  # each [width, x, y, x, y, ...], in thousandths of the paper's side
_UNITS, _WIDEST = 1000, 200
_SIDE, _FINE = 140, 4  # of the picture that is made of them, and points per pixel and axis
_INK, _PAPER = 30, 255


def drawing_pad(key: str) -> bytes | None:
    """Paper to draw a digit on; the drawing as a PNG, dark on white, or None while the paper is blank.

    It outlives page changes, and times when the pad is not shown.

    The browser hands over lines, and the picture is made of them here: browsers that guard against being recognised
    put noise into every picture read from a canvas, and a single grey pixel would count as ink.
    """
    kept = f"{key}-strokes"

    def keep(strokes: Strokes) -> None:
        st.session_state[kept] = strokes

    strokes: Strokes = st.session_state.get(kept, [])
    _pad(key, {"strokes": strokes, "limit": MOST_NUMBERS}, strokes=Report(_are_strokes, keep))
    return _drawn(strokes)


def _are_strokes(value: object) -> bool:
    """Whether a browser sent what the pad sends."""
    if not isinstance(value, list) or not all(isinstance(stroke, list) for stroke in value):
        return False
    if sum(map(len, value)) > MOST_NUMBERS or len(value) > MOST_NUMBERS:
        return False
    return all(
        len(stroke) >= 3
        and len(stroke) % 2 == 1
        and all(type(number) is int and 0 <= number <= _UNITS for number in stroke)  # bool is an int as well
        and 1 <= stroke[0] <= _WIDEST
        for stroke in value
    )


def _drawn(strokes: Strokes) -> bytes | None:
    """The lines as the browser draws them, with round ends and corners."""
    if not strokes:
        return None
    image = Image.new("L", (_SIDE * _FINE, _SIDE * _FINE), _PAPER)
    draw = ImageDraw.Draw(image)
    scale = _SIDE * _FINE / _UNITS
    for width, *flat in strokes:
        points = [(x * scale, y * scale) for x, y in zip(flat[::2], flat[1::2], strict=True)]
        draw.line(points, _INK, round(width * scale))
        for x, y in points:
            draw.circle((x, y), width * scale / 2, _INK)
    file = io.BytesIO()
    image.reduce(_FINE).save(file, "PNG")
    return file.getvalue()
