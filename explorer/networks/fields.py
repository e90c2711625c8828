"""What the units of one channel see: less than their layer's others, where a concatenation has set branches side by
side and nothing has mixed their channels since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, groupby, pairwise

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


# so many channels in a row, and what the units of each of them can see
Parts = tuple[tuple[int, ReceptiveField], ...]


class ChannelFields:
    """The receptive fields of single channels. Where the way of a channel cannot be followed, as through a split, its
    field is the layer's, which holds those of all its channels."""

    def __init__(self, graph: Graph, layers: Mapping[str, Layer], size: int) -> None:
        self._graph, self._layers, self._size = graph, layers, size

    def of(self, name: str) -> Parts:
        """What the units of all channels of a layer can see, by number: neighbours that see the same are one part."""
        known: dict[str, Parts] = {}
        wanted = [name]
        # not a function that calls itself: shortcuts lead through more layers than Python's calls go deep
        while wanted:
            layer = self._layers[wanted[-1]]
            sources = self._read(layer)
            if missing := [source.name for source in sources if source.name not in known]:
                wanted += missing
                continue
            wanted.pop()
            known[layer.name] = self._made(layer, sources, [known[source.name] for source in sources])
        return known[name]

    def _read(self, layer: Layer) -> list[Layer]:
        """The layers whose channels this one's are worked out from, each from some of them; nothing where each comes
        of all, or where that is not known."""
        reads = [self._layers.get(source) for source in self._graph.reads(layer.name)]
        inputs = [source for source in reads if source is not None and not source.channels_last]
        if not inputs or len(inputs) < len(reads) or layer.channels_last:
            return []
        if self._is_side_by_side(layer, inputs):
            return inputs
        if layer.groups is not None and layer.groups > 1:
            return inputs[:1]
        kind = layer.traits
        keeps = kind.is_activation or kind.pooling is not None or kind.name in _EACH_FOR_ITSELF
        is_one_to_one = all(source.n_channels == layer.n_channels for source in inputs)
        return inputs if keeps and is_one_to_one and len(layer.shape) in (1, 3) else []

    @staticmethod
    def _is_side_by_side(layer: Layer, inputs: Sequence[Layer]) -> bool:
        return layer.traits.name == "concatenation" and sum(one.n_channels for one in inputs) == layer.n_channels

    def _made(self, layer: Layer, sources: Sequence[Layer], parts: Sequence[Parts]) -> Parts:
        if not sources:
            return ((layer.n_channels, layer.receptive_field),)
        if self._is_side_by_side(layer, sources):
            seen = [(n, [(source, field)]) for source, of in zip(sources, parts, strict=True) for n, field in of]
        elif layer.groups is not None and layer.groups > 1:
            into, out_of = sources[0].n_channels // layer.groups, layer.n_channels // layer.groups
            groups = [_within(parts[0], i * into, into) for i in range(layer.groups)]
            seen = [(out_of, [(sources[0], field)]) for field in groups]
        else:
            seen = [(n, list(zip(sources, fields, strict=True))) for n, fields in _aligned(parts)]
        return _joined((n, self._through(layer, found)) for n, found in seen)

    def _through(self, layer: Layer, found: Sequence[tuple[Layer, ReceptiveField]]) -> ReceptiveField:
        sources = [replace(source, receptive_field=field) for source, field in found]
        return field_of(layer.traits, layer.window, layer.border, layer.shape, sources, self._size)


def field_at(parts: Parts, channel: int) -> ReceptiveField:
    """What the units of one channel can see."""
    return _within(parts, channel, 1)


def _within(parts: Parts, first: int, n: int) -> ReceptiveField:
    """What `n` channels from the `first` on can see together."""
    ends = list(accumulate(count for count, _ in parts))
    return union(
        field for (count, field), end in zip(parts, ends, strict=True) if end - count < first + n and end > first
    )


def _aligned(parts: Sequence[Parts]) -> Iterator[tuple[int, list[ReceptiveField]]]:
    """Channels in a row for which none of several layers changes what is seen, and what is seen in each."""
    ends = sorted({end for one in parts for end in accumulate(count for count, _ in one)})
    for first, end in pairwise([0, *ends]):
        yield end - first, [field_at(one, first) for one in parts]


def _joined(parts: Iterable[tuple[int, ReceptiveField]]) -> Parts:
    """Neighbours that see the same as one part."""
    return tuple((sum(count for count, _ in run), field) for field, run in groupby(parts, key=lambda part: part[1]))
