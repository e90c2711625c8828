"""The strongest inputs of a channel, and its strongest readers: the weights between features (Olah et al. 2020, "Zoom
In: An Introduction to Circuits", doi:10.23915/distill.00024.001), by the size of the kernels between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..filters.weights import folding, inputs_of, kernels
from ..networks.layers import Layer
from ..networks.network import Network
from .routes import Unit, maps_read, sources, targets

_LINEAR = ("batch norm",)  # through which a summand of a residual sum stays one


@dataclass(frozen=True)
class Link:
    """A channel beside another one in the network: its layer, its number, the size of the kernel between them, and the
    sum of that kernel's weights, whose sign says whether it mostly raises or lowers. `through` is the layer whose
    kernel it is, `maker` the filter of that and `source` the input; "" where the value is carried on as it is, as by a
    shortcut: its strength is 1."""

    layer: str
    channel: int
    strength: float
    total: float
    through: str = ""
    maker: int = 0
    source: int = 0


@dataclass(frozen=True)
class Links:
    """Links, the strongest first, and of how many they are; the filters that make the channel; and the layers at which
    it could not be followed."""

    shown: tuple[Link, ...]
    n: int
    at_end: bool  # before: it reads the picture; behind: it is among the network's own answers
    lost: tuple[str, ...]
    makers: tuple[Unit, ...] = ()


def inputs_before(network: Network, layer: str, channel: int, most: int = 8) -> Links:
    """The strongest inputs of a channel: those of the convolution or dense layer that makes it, by

        strength[i] = |factor| sqrt(sum over (y, x) of w[channel, i, y, x]^2)

    with the factor of the batch norm behind it folded in. Of a residual sum the inputs of each summand's layer, and the
    shortcut itself where it is carried on; of a product likewise, the gate's too. Raises UnknownLayer.
    """
    found: list[Link] = []
    at_end, lost, makers = False, list[str](), list[Unit]()
    pending, seen = [((network.resolve(layer), channel), True)], set[Unit]()
    while pending:
        unit, may_join = pending.pop()
        described = network.layers[unit[0]]
        if unit in seen:
            continue
        seen.add(unit)
        if described.traits.is_weighted:
            source = maps_read(network, unit[0])
            makers.append(unit)
            found += [] if source is None else _read_by(network, unit, source)
            at_end |= source is None
            continue
        before = sources(network, unit)
        if before is None:
            lost.append(unit[0])
        elif not before:
            at_end = True
        elif described.kind in ("addition", "multiplication") and len(before) > 1:
            if may_join:
                is_sum = described.kind == "addition"
                found += [Link(*one, 1.0, 1.0) for one in before if is_sum and not _is_summand(network, one)]
                pending += [(one, False) for one in before if not is_sum or _is_summand(network, one)]
            else:
                found.append(Link(*unit, 1.0, 1.0))
        else:
            pending += [(before[0], may_join)]
    return replace(_strongest(found, most, at_end, lost), makers=tuple(makers))


def filter_of(network: Network, layer: str, channel: int) -> Unit | None:
    """The filter that alone makes a channel, up to norms, activations and poolings; None where several are added up, or
    none is known."""
    made = inputs_before(network, layer, channel, 0)
    return made.makers[0] if len(made.makers) == 1 and not made.lost else None


def readers_behind(network: Network, layer: str, channel: int, most: int = 8) -> Links:
    """The strongest readers of a channel, likewise: the channels that convolutions and dense layers behind it make of
    it. A residual sum that it is a summand of is gone through; one that carries it on behind its activation is a reader
    itself. Raises UnknownLayer."""
    found: list[Link] = []
    at_end, lost = False, list[str]()
    start = (network.resolve(layer), channel)
    pending, seen = [(start, _is_summand(network, start))], set[Unit]()
    while pending:
        unit, is_linear = pending.pop()
        if unit in seen:
            continue
        seen.add(unit)
        behind = readers(network)[unit[0]]
        at_end |= not behind
        for name in behind:
            described = network.layers[name]
            if described.traits.is_weighted:
                known, links = _makes(network, unit, name)
                found += links
                lost += [] if known else [name]
                continue
            made = targets(network, unit, name)
            if made is None:
                lost.append(name)
            elif described.kind == "addition" and len(described.inputs) > 1 and not is_linear:
                found += [Link(name, one, 1.0, 1.0) for one in made]
            else:
                # behind a flattening, a dense layer's kernels still count the maps
                flat = described.kind == "flatten" and len(made) > 1
                ends = [(name, made[0])] if flat else [(name, one) for one in made]
                pending += [(one, is_linear and _keeps_linear(described)) for one in ends]
    return _strongest(found, most, at_end, lost)


@lru_cache(maxsize=8)
def readers(network: Network) -> dict[str, tuple[str, ...]]:
    """Which layers read each layer, in the order of execution."""
    found: dict[str, list[str]] = {name: [] for name in network.layers}
    for name, layer in network.layers.items():
        for source in layer.inputs:
            found[source].append(name)
    return {name: tuple(those) for name, those in found.items()}


def _is_summand(network: Network, unit: Unit) -> bool:
    """Whether a channel comes straight from a kernel, so that nothing but a sum has been made of it."""
    name = unit[0]
    while not network.layers[name].traits.is_weighted:
        described = network.layers[name]
        if not (_keeps_linear(described) and len(described.inputs) == 1):
            return False
        name = described.inputs[0]
    return True


def _keeps_linear(layer: Layer) -> bool:
    return layer.kind in _LINEAR or layer.is_idle or layer.kind == "addition"


def _read_by(network: Network, unit: Unit, source: str) -> list[Link]:
    name, channel = unit
    factor = float(folding(network, name)[0][channel])
    weights = kernels(network, name)[channel].astype(np.float64) * factor
    sizes, totals = np.sqrt((weights**2).sum(axis=(1, 2))), weights.sum(axis=(1, 2))
    numbers = inputs_of(network, name, channel)
    return [
        Link(source, i, float(size), float(total), name, channel, i)
        for i, size, total in zip(numbers, sizes, totals, strict=True)
    ]


def _makes(network: Network, unit: Unit, reader: str) -> tuple[bool, list[Link]]:
    """Whether the channel is known among the inputs of a layer with kernels, and what the layer makes of it."""
    source = maps_read(network, reader)
    if source is None:
        return False, []
    channel, at = unit[1], unit[0]
    while at != source:  # only flattenings and idle layers lie between
        back = sources(network, (at, channel))
        if not back:
            return False, []
        at, channel = back[0]
    whole, factor = kernels(network, reader), folding(network, reader)[0].astype(np.float64)
    n_in, n_out = whole.shape[1], len(whole)
    n_groups = network.layers[reader].groups or 1
    per_group = n_out // n_groups
    first = channel // n_in * per_group
    weights = whole[first : first + per_group, channel % n_in].astype(np.float64)
    weights = weights * factor[first : first + per_group, None, None]
    sizes, totals = np.sqrt((weights**2).sum(axis=(1, 2))), weights.sum(axis=(1, 2))
    return True, [
        Link(reader, first + o, float(size), float(total), reader, first + o, channel)
        for o, (size, total) in enumerate(zip(sizes, totals, strict=True))
    ]


def _strongest(found: Iterable[Link], most: int, at_end: bool, lost: Iterable[str]) -> Links:
    """What is carried on as it is comes first: it has no kernel that could be compared."""
    ranked = sorted(found, key=lambda link: (link.through != "", -np.nan_to_num(link.strength)))
    return Links(tuple(ranked[:most]), len(ranked), at_end, tuple(dict.fromkeys(lost)))
