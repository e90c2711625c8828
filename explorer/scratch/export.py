"""A trained network as a file, which opens again as a person's own on every page and in every command."""

from __future__ import annotations

from torch import nn

from ..loading import blocks
from ..loading.saving import said_of, saved
from .data import find, preparation_of
from .presets import PRESETS, in_shape


def weights_file(module: nn.Module, network: str, data: str) -> bytes:
    """The file of what `module_of(network, ...)` has become, trained on the data set `data`: safetensors, which name
    its classes and how its pictures are prepared, and the blocks of one that is no preset."""
    shape, categories = in_shape(network, data), find(data).categories
    if network in PRESETS:
        return saved(module.state_dict(), said_of(categories, preparation_of(shape)))
    return blocks.written(module, network, shape, categories, preparation_of(shape))
