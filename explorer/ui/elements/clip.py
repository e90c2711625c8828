"""A clip with the evidence over each of its frames, to play and to step through; all of it is in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...drawing.color import Scale, palette
from ...elements.legend import LEGEND, legend
from ...elements.probe import places_data
from ...elements.view import File, inline
from ...geometry import Places
from .base import Element

_clip = Element(
    "clip",
    f"""<div class="clip">
      <div class="stage" tabindex="0" role="application">
        <canvas class="photo"></canvas><canvas class="heat"></canvas></div>
      <div class="now" role="status"></div>
      <div class="controls"><button type="button" class="play"></button>
        <input type="range" class="scrub" min="0" step="1" aria-label="Frame">
        <label>Speed <select class="speed"><option value="own">its own</option>
          <option value="10">10 frames a second</option><option value="2">2 frames a second</option></select></label>
        <label class="mix">Picture <input type="range" class="opacity" min="0" max="100" value="50"
          aria-label="Opacity of the map over the picture"> Map</label></div>
      {LEGEND}
    </div>""",
    is_figure=True,
)


@dataclass(frozen=True)
class Sheets:
    """Frames of `size` (height, width) on JPEG sheets, in rows of `columns`, so many on each but the last."""

    files: Sequence[bytes]
    columns: int
    per_sheet: int
    size: tuple[int, int]


@dataclass(frozen=True)
class FrameMaps:
    """A map for each frame, all of a `shape`, as a packed file: the scale that they share, what they are values of, and
    where over the picture of `size` their cells lie."""

    packed: bytes
    shape: tuple[int, int]
    scale: Scale
    unit: str
    size: tuple[int, int]
    places: Places | None


def clip_player(
    frames: Sheets, maps: FrameMaps | None, seconds: Sequence[float], phrases: Sequence[str], chooses: str, alt: str,
    key: str,
) -> None:  # fmt: skip
    """The clip, frame by frame: each is shown at its time in `seconds`, with what there is to say of it. Which one is
    seen is what the page `chooses`: whoever else draws that follows."""
    _clip(
        key,
        {
            "sheets": [File(file, "image/jpeg") for file in frames.files],
            "columns": frames.columns,
            "perSheet": frames.per_sheet,
            "frame": list(frames.size),
            "maps": None if maps is None else _maps(maps, key),
            "seconds": list(seconds),
            "phrases": list(phrases),
            "chooses": chooses,
            "alt": alt,
            "figure": alt,
        },
    )


def _maps(maps: FrameMaps, key: str) -> dict[str, object]:
    return {
        "url": File(maps.packed),
        "shape": list(maps.shape),
        "high": maps.scale.high,
        "palette": inline(palette(maps.scale.palette).tobytes()),
        "size": list(maps.size),
        "places": places_data(maps.places),
        "legend": legend(maps.scale, maps.unit),
    }
