"""A box that a person drags over a map, where the thing is, beside the box around what is bright in the map."""

from __future__ import annotations

import re
from typing import TypeGuard

import streamlit as st

from ...elements.overlay import Heat, Photo
from ...errors import BadBox
from ...faithfulness.figures import BOX_COLORS
from ...faithfulness.scores import Box
from ...wording import quoted
from ..frame.boundary import sentences
from ..frame.session import KEPT_IN_LINK, choose
from .base import Element, Report

_box = Element(
    "box",
    """<div class="boxed">
      <div class="stage" tabindex="0" role="application">
        <img class="photo"><img class="heat" alt=""><div class="found" hidden></div><div class="given" hidden></div>
        <div class="hint">Drag a box around the thing</div>
      </div>
      <div class="names"><span class="key given"></span> your box
        <span class="key found"></span> the map’s own box</div>
      <div class="tools"><span class="said" role="status"></span>
        <button type="button" class="clear">Clear</button></div>
    </div>""",
    is_figure=True,
)


def pick_box(photo: Photo, heat: Heat, found: Box | None, key: str) -> Box | None:
    """A box (top, left, bottom, right) in whole pixels of a picture, dragged over it by mouse, finger or keys, or
    typed; it is kept in the link. None while there is none; what is typed and is no box gets a sentence.

    The map lies over the picture, enlarged, and `found` is the box of its own.
    """
    height, width = photo.size
    figure = st.container()
    text = st.text_input(
        f"Your box: top, left, bottom, right, in pixels of {height} × {width}", key=key, **KEPT_IN_LINK,
        placeholder="none yet", max_chars=60,
    )  # fmt: skip
    given = None
    with sentences():
        given = parse_box(text or "", photo.size)
    with figure:
        _box(
            f"{key}-drag",
            {
                "photo": photo.file,
                "heat": heat.png(),
                "size": list(photo.size),
                "given": None if given is None else list(given),
                "found": None if found is None else list(found),
                "colors": BOX_COLORS,
                "alt": heat.alt,
                "figure": heat.alt,
            },
            box=Report(
                lambda sent: sent == [] or is_box(sent, photo.size),
                lambda sent: choose(key, ", ".join(f"{edge:g}" for edge in sent)),
            ),
        )
    return given


def is_box(value: object, size: tuple[int, int]) -> TypeGuard[list[int]]:
    """Whether a browser sent the edges of a box in a picture of `size`: anybody can send anything."""
    if not isinstance(value, list) or len(value) != 4 or any(type(edge) is not int for edge in value):
        return False  # bool is an int as well, but not its type
    top, left, bottom, right = value
    return bool(0 <= top < bottom <= size[0] and 0 <= left < right <= size[1])


def parse_box(text: str, size: tuple[int, int]) -> Box | None:
    """The box that a text means, None for an empty one. Raises BadBox."""
    words = re.split(r"[,;\s]+", text.strip())
    if words == [""]:
        return None
    edges = [int(word) for word in words if re.fullmatch(r"[0-9]{1,6}", word)]
    if len(edges) < len(words) or not is_box(edges, size):
        height, width = size
        raise BadBox(
            f"{quoted(text.strip())} is no box in a picture of {height} × {width} pixels. Type its top, left, bottom "
            f"and right edge, such as 0, 0, {height}, {width}, or drag one."
        )
    return edges[0], edges[1], edges[2], edges[3]
