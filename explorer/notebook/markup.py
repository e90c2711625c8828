"""The HTML that cards are made of: it needs nothing from elsewhere.

Pictures are in it, styles stand at each element, and there is no script. Its ink is the notebook's own, so that it can
be read on light and on dark. Whatever comes from outside, such as the names of files and classes, is escaped in one
place, `escaped`, and cut to a bounded length.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from ..drawing.color import Scale
from ..drawing.picture import Pixels, thumbnail
from ..wording import number

_LONGEST = 240  # characters of one text
_ONE_LINE = 16  # characters that are never broken: numbers, years
MOST_ROWS = 100
_MOST_PICTURE = 90_000  # bytes of a picture; as text in HTML a third more
_SIDES = (224, 192, 160, 128, 96)  # the largest at which it is small enough is taken; noise needs the last

_LINE = "1px solid rgba(128,128,128,.4)"
_CARD = (
    f"border:{_LINE};border-radius:6px;padding:10px 14px;max-width:860px;line-height:1.4;"
    "overflow:auto;overflow-wrap:anywhere"  # on a narrow page a table is pushed sideways, and not the page
)
_CELL = f"padding:2px 10px 2px 0;text-align:left;vertical-align:top;border-bottom:{_LINE}"

Row = Sequence[str]  # cells that are HTML already


def escaped(text: str) -> str:
    """Text from anywhere as HTML: what it says, and never what it might do."""
    return html.escape(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def framed(title: str, inside: str) -> str:
    """A card: its title, and what is in it, which is HTML already."""
    return f'<div style="{_CARD}"><div style="font-weight:600">{escaped(title)}</div>{inside}</div>'


def beside(picture: str, inside: str) -> str:
    """A picture, where there is one, and what stands beside it."""
    if not picture:
        return inside
    parts = (f'<div style="flex:0 0 auto">{picture}</div>', f'<div style="flex:1 1 280px;min-width:0">{inside}</div>')
    return f'<div style="display:flex;flex-wrap:wrap;gap:16px;margin-top:6px">{"".join(parts)}</div>'


def facts(named: Sequence[tuple[str, str]]) -> str:
    """Names and what is said of each, as rows."""
    style = "opacity:.7;white-space:nowrap"
    return table([], [[f'<span style="{style}">{escaped(name)}</span>', escaped(value)] for name, value in named])


def table(heads: Row, rows: Sequence[Row]) -> str:
    """Rows of cells that are HTML already, under their heads."""
    head = "".join(f'<th style="{_CELL};font-weight:600;white-space:nowrap">{text}</th>' for text in heads)
    lines = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    top = f"<thead><tr>{head}</tr></thead>" if heads else ""
    return f'<table style="border-collapse:collapse;margin:6px 0">{top}<tbody>{lines}</tbody></table>'


def _cell(inside: str) -> str:
    style = f"{_CELL};white-space:nowrap" if len(inside) <= _ONE_LINE else _CELL
    return f'<td style="{style}">{inside}</td>'


def line(text: str) -> str:
    """A sentence below a card, as HTML."""
    return f'<div style="opacity:.7">{escaped(text)}</div>'


def rest(n: int) -> str:
    """How many rows of so many were left away."""
    return line(f"and {n - MOST_ROWS:,} more") if n > MOST_ROWS else ""


def legend(scale: Scale) -> str:
    """The colours of a map from its lowest to its highest value, with zero where it lies."""
    colors = ",".join(scale.stops())
    middle = "<span>0</span>" if scale.signed else ""
    ends = f"<span>{number(scale.low)}</span>{middle}<span>{number(scale.high)}</span>"
    return (
        f'<div style="height:10px;margin-top:4px;border:{_LINE};background:linear-gradient(to right,{colors})"></div>'
        f'<div style="display:flex;justify-content:space-between">{ends}</div>'
    )


def picture(picture: Pixels | Image.Image, alt: str) -> str:
    """A picture in the text itself, as large as is small enough."""
    pixels = np.asarray(picture, np.uint8)
    for side in _SIDES:
        small = Image.fromarray(thumbnail(pixels, side))
        file = io.BytesIO()
        small.save(file, "PNG", optimize=True)
        if len(data := file.getvalue()) <= _MOST_PICTURE:
            break
    source = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return f'<img src="{source}" width="{small.width}" height="{small.height}" alt="{escaped(alt)}">'
