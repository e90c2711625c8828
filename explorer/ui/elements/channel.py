"""The number of the chosen channel, on every page the same."""

from __future__ import annotations

from collections.abc import Callable

from .base import Element, Report

_channel = Element(
    "channel",
    """<label class="label" for="channel"></label>
      <div class="box"><input id="channel" type="number" min="0" step="1" inputmode="numeric">
        <button type="button" class="less" aria-label="Previous channel">−</button>
        <button type="button" class="more" aria-label="Next channel">+</button></div>""",
)


def channel_number(channel: int, last: int, key: str, on_choose: Callable[[int], None]) -> None:
    """A number from 0 to `last`, to type or to step through. What other elements of the page choose it shows at once;
    the server hears of what has come to rest."""
    _channel(
        key,
        {"channel": channel, "last": last, "label": f"Channel, 0 to {last}"},
        chosen=Report(range(last + 1), on_choose),
    )
