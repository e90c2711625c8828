"""Paper to draw on, in the browser."""

from __future__ import annotations

from .view import View

PAD = View(
    "pad",
    """<div class="pad">
      <div class="paper">
        <canvas tabindex="0" role="application" aria-label="Paper to draw on. Draw with the pointer, or with the keys:
          the arrows move the pen, Space or Enter puts it down and lifts it again."></canvas>
        <div class="pen"></div><div class="hint">Draw a digit here</div>
      </div>
      <div class="tools"><button type="button" class="undo">Undo</button>
        <button type="button" class="clear">Clear</button>
        <button type="button" class="thin">Thin brush</button></div>
      <div class="said" role="status"></div>
    </div>""",
)
MOST_NUMBERS = 40_000  # in all strokes together: 200 kB on the wire; a digit has some hundred
