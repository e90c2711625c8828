"""A few bars with what each of them is, drawn in the browser."""

from __future__ import annotations

from .view import View

BARS = View(
    "bars",
    """<div class="chart"><svg aria-hidden="true"></svg><div class="rows" role="group"></div></div>
      <div class="below"><span class="said" role="status"></span>
        <button type="button" class="save">Save as PNG</button></div>""",
    is_figure=True,
)
