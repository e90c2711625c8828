"""The code that makes the numbers of the page on filters."""

from __future__ import annotations

from collections.abc import Sequence

from ..snippets import Setting


def filter_weights(setting: Setting, layer: str, filters: Sequence[int], is_folded: bool) -> str:
    """Kernels of a layer, (n, C_in, kH, kW), in the order of `filters`."""
    code = setting.load("from explorer.filters import chosen_kernels")
    return code + f"array = chosen_kernels(network, {layer!r}, {list(filters)}, {is_folded})\n"


def answers_to_stripes(setting: Setting, layer: str, index: int) -> str:
    """What a filter answers to stripes, (n_angles, n_frequencies)."""
    code = setting.load("from explorer.filters import tuning")
    return code + f"array = tuning(network, {layer!r}).gratings[{index}]\n"


def answers_to_colours(setting: Setting, layer: str, index: int) -> str:
    """What a filter answers to plain colours, (n_hues,)."""
    code = setting.load("from explorer.filters import tuning")
    return code + f"array = tuning(network, {layer!r}).hues[{index}]\n"
