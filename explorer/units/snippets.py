"""The code that makes the numbers of the page on units."""

from __future__ import annotations

from ..snippets import Setting


def class_uses(setting: Setting, layer: str, channel: int) -> str:
    """What a channel adds to each logit, (K,)."""
    return setting.begin("from explorer.units.uses import class_uses") + (
        f"array = class_uses(trace, {layer!r}, {channel})\n"
    )


def class_weights(setting: Setting, layer: str, channel: int) -> str:
    """The weight of a channel in each logit, (K,)."""
    return setting.load("from explorer.units.uses import class_weights") + (
        f"array = class_weights(network, {layer!r}, {channel})\n"
    )
