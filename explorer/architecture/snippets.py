"""The code that makes the numbers of the page on a network's architecture."""

from __future__ import annotations

from ..snippets import Setting


def unit_field(setting: Setting, layer: str, unit: tuple[int, int, int]) -> str:
    """What one unit, (channel, y, x), listens to, (H, W)."""
    code = setting.load("from explorer.architecture import effective_field")
    return code + f"array = effective_field(network, image, {layer!r}, {', '.join(map(str, unit))})\n"


def layer_links(setting: Setting) -> str:
    """Which layer reads which, (n_links, 2)."""
    return setting.load("from explorer.architecture import links") + "array = links(network)\n"


def costs_of_stages(setting: Setting, column: int) -> str:
    """The parameters (0) or the multiply-adds (1) of each stage, (n_stages,)."""
    code = setting.load("from explorer.architecture import stage_costs")
    return code + f"array = stage_costs(network)[:, {column}]\n"
