"""A small network that runs in the browser, on a reader's own picture or drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..drawing.color import palette
from ..drawing.traces import BARS as INK
from .bars import BARS
from .pad import MOST_NUMBERS, PAD
from .view import File, View, inline

LIVE = View(
    "live",
    f"""<div class="live">
      <div class="given">{PAD.html}
        <button type="button" class="drop">Choose a picture, or drop one here</button>
        <input type="file" accept="image/*" hidden>
        <p class="told" role="status"></p></div>
      <figure class="received" hidden><canvas></canvas><figcaption></figcaption></figure>
      <div class="answer" hidden>{BARS.html}</div>
      <div class="layers"></div></div>""",
    parts=("pad", "bars"),
)


def live_data(
    network: Mapping[str, object], weights: File, shown: Sequence[str], is_drawn_on: bool
) -> dict[str, object]:
    """What the view draws: the network as `exporting.live.packed` has it, the layers whose maps are `shown`, and
    whether there is paper to draw on."""
    return {
        "network": network, "weights": weights, "shown": list(shown), "isDrawnOn": is_drawn_on, "ink": INK,
        "limit": MOST_NUMBERS, "palettes": {name: inline(palette(name).tobytes()) for name in ("viridis", "signed")},
    }  # fmt: skip
