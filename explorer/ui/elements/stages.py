"""The network as a strip: a block for each stage, as high as its maps and as wide as it has channels."""

from __future__ import annotations

import math
from collections.abc import Callable

from ...architecture.hierarchy import stage_of
from ...networks.network import Network
from ...wording import by
from .base import Element, Report

_stages = Element("stages", '<div class="stages"></div>')


def stages(network: Network, layer: str, key: str, on_choose: Callable[[str], None], asked: str = "") -> None:
    """Blocks to choose from. Marked is the stage that holds `layer`. `asked` is what was chosen, "" as long as nobody
    has: what shows a layer follows another choice at once."""
    sides = [max(network.layer(stage).size, default=0) for stage in network.stages]
    _stages(
        key,
        {
            "blocks": [
                {
                    "name": f"{stage}, {by(network.layer(stage).shape)}",
                    "height": math.sqrt(side / max(1, *sides)),
                    "width": 1 + math.log2(network.layer(stage).shape[0]),
                }
                for stage, side in zip(network.stages, sides, strict=True)
            ],
            "stages": list(network.stages),
            "asked": asked,
            "selected": stage_of(network, layer),
        },
        chosen=Report(range(len(sides)), lambda i: on_choose(network.stages[i])),
    )
