"""A box that a person drags over a map, where the thing is, beside the box around what is bright in the map."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeGuard

import streamlit as st

from ..drawing.color import Scale
from ..drawing.picture import heat_map
from ..errors import BadBox
from ..faithfulness.figures import BOX_COLORS
from ..faithfulness.scores import Box
from ..trace import FloatArray
from .boundary import sentences
from .components import file_url
from .session import choose

_FRONTEND = Path(__file__).parent / "frontend"

_box = st.components.v2.component(
    "explorer.box",
    html="""<div class="boxed">
      <div class="stage" tabindex="0" role="application">
        <img class="photo"><img class="heat" alt=""><div class="found" hidden></div><div class="given" hidden></div>
        <div class="hint">Drag a box around the thing</div>
      </div>
      <div class="names"><span class="key given"></span> your box
        <span class="key found"></span> the map’s own box</div>
      <div class="tools"><span class="said" role="status"></span>
        <button type="button" class="clear">Clear</button></div>
    </div>""",
    css=(_FRONTEND / "box.css").read_text(encoding="utf-8"),
    js=(_FRONTEND / "box.js").read_text(encoding="utf-8"),
)


def pick_box(
    photo: bytes, size: tuple[int, int], values: FloatArray, scale: Scale, found: Box | None, alt: str, key: str
) -> Box | None:
    """A box (top, left, bottom, right) in whole pixels of a picture of `size` (H, W), dragged over it by mouse, finger
    or keys, or typed; it is kept in the link. None while there is none; what is typed and is no box gets a sentence.

    `photo` is a PNG; the map lies over it, enlarged, and `found` is the box of its own.
    """
    height, width = size
    figure = st.container()
    text = st.text_input(
        f"Your box: top, left, bottom, right, in pixels of {height} × {width}", key=key, bind="query-params",
        persist_state="session", placeholder="none yet", max_chars=60,
    )  # fmt: skip
    given = None
    with sentences():
        given = parse_box(text or "", size)

    def take(box: Box | None) -> None:
        choose(key, "" if box is None else ", ".join(f"{edge:g}" for edge in box))

    with figure:
        _draw(photo, size, values, scale, given, found, alt, f"{key}-drag", take)
    return given


def _draw(
    photo: bytes, size: tuple[int, int], values: FloatArray, scale: Scale, given: Box | None, found: Box | None,
    alt: str, key: str, on_drag: Callable[[Box | None], None],
) -> None:  # fmt: skip
    def report() -> None:
        sent = st.session_state[key].get("box")
        if sent == []:
            on_drag(None)
        elif is_box(sent, size):  # whatever else a browser may send
            on_drag((sent[0], sent[1], sent[2], sent[3]))

    _box(
        key=key,
        data=[{
            "photo": file_url(photo, "image/png", f"{key}-photo"),
            "heat": "data:image/png;base64," + base64.b64encode(heat_map(values, scale)).decode(),
            "size": list(size),
            "given": None if given is None else list(given),
            "found": None if found is None else list(found),
            "colors": BOX_COLORS,
            "alt": alt,
        }],
        on_box_change=report,
    )  # fmt: skip


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
        raise BadBox(
            f"'{text.strip()}' is no box in a picture of {size[0]} × {size[1]} pixels. Type its top, left, bottom and "
            f"right edge, such as 0, 0, {size[0]}, {size[1]}, or drag one."
        )
    return edges[0], edges[1], edges[2], edges[3]
