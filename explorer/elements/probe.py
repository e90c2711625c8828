"""A map over the picture it belongs to, each cell of which tells its value."""

from __future__ import annotations

import numpy as np

from ..geometry import Places, ReceptiveField
from ..wording import number
from .legend import LEGEND, legend
from .overlay import Heat, Photo
from .view import View, inline

CLOSEUP = f"""<div class="probe">
      <div class="stage" tabindex="0" role="application">
        <div class="sheet">
          <img class="photo">{{heat}}<div class="field" hidden></div><div class="cell" hidden></div>
        </div>
      </div>
      <div class="readout" role="status"></div>
      {LEGEND}
      <svg class="histogram" viewBox="0 0 100 40" preserveAspectRatio="none" role="img" hidden></svg>
      <div class="bounds" hidden><span></span><span></span></div>
      <label>Picture <input type="range" min="0" max="100" aria-label="Opacity of the map over the picture"> Map</label>
    </div>"""

PROBE = View("probe", CLOSEUP.format(heat='<img class="heat" alt="">'), is_figure=True)


def probe_data(
    photo: Photo, heat: Heat, field: ReceptiveField | None, histogram: bool, linked: str
) -> dict[str, object]:
    """What a browser is sent; see `probe` of the app."""
    values = heat.values
    low, high = float(values.min()), float(values.max())
    peak = np.unravel_index(int(np.nan_to_num(values, nan=-np.inf).argmax()), values.shape)
    return {
        "photo": photo.file,
        "heat": heat.png(),
        "pixelated": heat.shown is None,
        "values": inline(np.ascontiguousarray(values).tobytes()),
        "shape": list(values.shape),
        "size": list(photo.size),
        "start": [int(index) for index in peak],
        "field": field_data(field),
        "places": places_data(heat.places),
        "opacity": heat.opacity,
        "histogram": histogram,
        "linked": linked,
        "alt": heat.alt,
        "figure": heat.alt,
        "legend": legend(heat.scale, f"{heat.unit}; here from {number(low)} to {number(high)}"),
    }


def field_data(field: ReceptiveField | None) -> dict[str, object] | None:
    """What the cells of a map see, for a browser that frames it."""
    if field is None:
        return None
    return {"start": list(field.start), "jump": list(field.jump), "size": list(field.size), "whole": field.whole}


def places_data(places: Places | None) -> dict[str, object] | None:
    """Where over a picture the cells of a map lie, for a browser that draws them there."""
    return None if places is None else {"begin": list(places.begin), "step": list(places.step)}
