"""What the units of one channel see: less than their layer's others, where a concatenation has set branches side by
side and nothing has mixed their channels since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..geometry import ReceptiveField, union
from .graph import Graph
from .layers import Layer
from .windows import field_of

_EACH_FOR_ITSELF = (
    "batch norm",
    "dropout",
    "stochastic depth",
    "identity",
    "padding",
    "addition",
    "multiplication",
)  # beside the activations


class ChannelFields:
    """The receptive fields of single channels. Where the way of a channel cannot be followed, as through a split, its
    field is the layer's, which holds those of all its channels."""

    def __init__(self, graph: Graph, layers: Mapping[str, Layer], size: int) -> None:
        self._graph, self._layers, self._size = graph, layers, size

    def of(self, name: str, channel: int) -> ReceptiveField:
        """What the units of a channel of a layer can see."""
        layer = self._layers[name]
        reads = [self._layers.get(source) for source in self._graph.reads(name)]
        inputs = [source for source in reads if source is not None and not source.channels_last]
        if not inputs or len(inputs) < len(reads) or layer.channels_last:
            return layer.receptive_field
        found = self._read(layer, inputs, channel)
        if not found:
            return layer.receptive_field
        seen = [replace(source, receptive_field=union(self.of(source.name, c) for c in cs)) for source, cs in found]
        return field_of(layer.traits, layer.window, layer.border, layer.shape, seen, self._size)

    def _read(self, layer: Layer, inputs: Sequence[Layer], channel: int) -> list[tuple[Layer, Sequence[int]]]:
        """The channels that this one is worked out from, by layer; nothing where they are all or not known."""
        kind, first, n = layer.traits, inputs[0], layer.n_channels
        if kind.name == "concatenation" and sum(source.n_channels for source in inputs) == n:
            for source in inputs:
                if channel < source.n_channels:
                    return [(source, (channel,))]
                channel -= source.n_channels
        if layer.groups is not None and layer.groups > 1:
            into, out_of = first.n_channels // layer.groups, n // layer.groups
            begin = channel // out_of * into
            return [(first, range(begin, begin + into))]
        keeps = kind.is_activation or kind.pooling is not None or kind.name in _EACH_FOR_ITSELF
        if keeps and all(source.n_channels == n for source in inputs) and len(layer.shape) in (1, 3):
            return [(source, (channel,)) for source in inputs]
        return []
