"""Entries of files that bear other names than the same layers do here."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch

from .efficientnet_lite import SCALES, depths

_BLOCK = re.compile(r"_blocks\.(\d+)\.")
# the package efficientnet-lite-pytorch: what stands in a block that widens, and in the first, which does not
_IN_BLOCK = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2",
             "_project_conv": "conv_pwl", "_bn2": "bn3"}  # fmt: skip
_IN_FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_AROUND = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}


def renamed(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The entries by the names that they have here: those of EfficientNet-Lite where that package wrote them, whose
    blocks are numbered through."""
    numbers = {int(match[1]) for key in state if (match := _BLOCK.match(key))}
    stages = next((found for found in map(depths, SCALES.values()) if sum(found) == len(numbers)), None)
    if stages is None or "_conv_stem.weight" not in state or any("._se_" in key for key in state):
        return dict(state)
    places = [f"blocks.{stage}.{i}" for stage, n in enumerate(stages) for i in range(n)]
    return {_renamed(key, places): value for key, value in state.items()}


def _renamed(key: str, places: list[str]) -> str:
    match = _BLOCK.match(key)
    names = _AROUND if match is None else _IN_FIRST if match[1] == "0" else _IN_BLOCK
    start = "" if match is None else f"{places[int(match[1])]}."
    part, _, rest = key[0 if match is None else match.end() :].partition(".")
    return f"{start}{names[part]}.{rest}" if part in names else key
