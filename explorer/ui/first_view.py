"""The first page as it was when this copy was made, for a browser to show until the app has something to say.

Torch takes seconds to come, and a browser one to read Streamlit's scripts. What the first network says of the first
picture does not change meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import streamlit as st

from ..elements.journey import JOURNEY
from ..elements.modules import FRONTEND, script
from ..places import assets
from .frame.pages import FIRST, GROUPS

FILE = "first_view.json"


@cache
def kept() -> Mapping[str, Any]:
    """What the repository keeps of the page: its title and sentence, the band as `band_data` gives it, and what the
    sidebar says. A test holds it to the page."""
    found: dict[str, Any] = json.loads((assets() / FILE).read_text(encoding="utf-8"))
    return found


@cache
def module() -> tuple[str, bytes]:
    """The script that draws the band and gives way to the live page, and an address for it that lasts: a browser has
    it once."""
    given = json.dumps({"data": kept()["band"], "small": kept()["small"]})
    text = f"{script('first_view.js')}export const given = {given};\n".encode()
    return f"/first-view/{sha256(text).hexdigest()[:16]}.js", text


def head(address: str) -> str:
    """What the document's head needs for it."""
    font = next(Path(st.__file__).with_name("static").glob("static/media/SourceSansVF-Upright.*"))
    face = f'@font-face {{ font-family: "Source Sans"; font-weight: 200 900; src: url("./static/media/{font.name}"); }}'
    style = (FRONTEND / "first_view.css").read_text(encoding="utf-8")
    return f'<link rel="modulepreload" href=".{address}"><style>{face}\n{style}</style>'


def body(address: str) -> str:
    """The page itself. What is pressed in it is pressed on the live page, when that is there."""
    view = kept()
    groups = "".join(
        f"<b>{escape(group)}</b>"
        + "".join(f"<span{' class=here' if file == FIRST else ''}>{escape(title)}</span>" for file, title in it.items())
        for group, it in GROUPS.items()
    )
    page = Template((FRONTEND / "first_view.html").read_text(encoding="utf-8"))
    return page.substitute(
        {name: escape(view[name]) for name in ("answer", "probability", "title", "sentence")},
        cards="".join(f'<p class="card">{escape(card)}</p>' for card in view["cards"]),
        groups=groups,
        style=JOURNEY.css,
        band=JOURNEY.html,
        address=address,
    )
