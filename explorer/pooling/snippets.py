"""The code that makes the numbers of the page on pooling."""

from __future__ import annotations

from collections.abc import Sequence

from ..snippets import Setting, listed


def pooling_window(setting: Setting, layer: str, unit: tuple[int, int, int]) -> str:
    """What the window of one pooled value holds, (kH, kW)."""
    code = setting.begin("from explorer.pooling import open_pooling")
    return code + f"array = open_pooling(trace, {layer!r}, {unit!r}).values\n"


def pooling_rest(setting: Setting, layer: str, channel: int, i: int) -> str:
    """What a pooling leaves of a channel of its input, or loses, (H, W)."""
    code = setting.begin("from explorer.pooling.figures import left_over")
    return code + f"array = left_over(trace, {layer!r}, {channel})[{i}].values\n"


def pooled_ways(
    setting: Setting, source: str, channel: int, window: tuple[tuple[int, int], ...], is_ceil: bool, seed: int
) -> str:
    """A map pooled in every way, (n_kinds, h, w); `window` is kernel, stride and padding."""
    code = setting.begin("from explorer.geometry import Window", "from explorer.pooling import KINDS, maps_of, pool")
    return code + (
        f"maps, window = maps_of(trace, {source!r})[[{channel}]], Window({listed(window)})\n"
        f"array = [pool(maps, kind, window, {is_ceil}, {seed})[0] for kind in KINDS]\n"
    )


def exchanged_pooling(setting: Setting, layer: str, seed: int) -> str:
    """The probabilities with each kind of pooling in the place of a layer, (n_kinds, K)."""
    code = setting.begin("from explorer.pooling import swap")
    return code + f"array = swap(trace, {layer!r}, seed={seed}).probabilities\n"


def moving_picture(setting: Setting, layers: Sequence[str], kinds: Sequence[str], what: str) -> str:
    """How a moving picture is taken, (n_kinds + 1, 17): `what` is "probabilities" or "changes"."""
    code = setting.begin("from explorer.pooling import shift_test")
    return code + f"array = shift_test(trace, {list(layers)}, {list(kinds)}).{what}\n"
