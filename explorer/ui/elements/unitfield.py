"""What one unit of a layer sees of the picture; its neighbours' fields are in the browser as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...architecture.figures import HEAT, FieldHeat
from ...drawing.color import palette
from ...drawing.packing import gzipped
from ...elements.overlay import Photo
from ...elements.probe import field_data
from ...elements.view import File, inline
from ...geometry import ReceptiveField
from .base import Element
from .place import place_report

_SLIDER = """<label class="{axis}">Unit {axis} <output></output>
      <input type="range" min="0" step="1" aria-label="Unit {axis}"></label>"""

_unitfield = Element(
    "unitfield",
    f"""<div class="unitfield">
      <div class="sliders">{_SLIDER.format(axis="y")}{_SLIDER.format(axis="x")}</div>
      <canvas class="all" role="img"></canvas><canvas class="near" role="img" hidden></canvas>
    </div>""",
    is_figure=True,
)


def unit_field_of(
    photo: Photo, heats: Sequence[FieldHeat], fields: Sequence[tuple[int, ReceptiveField]], size: Sequence[int],
    of: str, alt: str, key: str, on_place: Callable[[int | None, int | None], None],
) -> None:  # fmt: skip
    """The picture with the frame of what a unit can see, and in it, as heat, what it does see; where the frame is
    small, also enlarged. The first of `heats` is the chosen unit's, in maps of a `size`; the others are those that can
    be chosen without asking the server. `fields` are for so many channels in a row what their units can see. `alt` has
    {channel}, {y} and {x}. What was sent once stays good for as long as the photo and what the fields are `of` do."""
    levels = [heat.levels.tobytes() for heat in heats]
    _unitfield(
        key,
        {
            "photo": photo.file,
            "pixels": list(photo.size),
            "heats": [[list(heat.unit), list(heat.box)] for heat in heats],
            "levels": File(gzipped(b"".join(levels))),
            "of": of,
            "opacity": HEAT,
            "palette": inline(palette("inferno").tobytes()),
            "fields": [[n, field_data(field)] for n, field in fields],
            "size": list(size),
            "alt": alt,
            "figure": "What one unit sees",
        },
        place=place_report(size, on_place),
    )
