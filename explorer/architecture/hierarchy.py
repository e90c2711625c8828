"""How a network is built: what stands inside what, who reads whom, and what each part costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ..networks.network import Network

MOST_STAGES = 12  # what a drawing, or a chart, of the whole network can have on a projector
PICTURE = -1  # in an edge, where a box reads what comes into its container from above


@dataclass(frozen=True)
class Box:
    """A part of a network: one operation, or a container of parts.

    `name` is the dotted name, "" for the whole network; several items of the top level that are shown as one box are
    named by the first and the last ("features.4 … 8"). `layers` are the operations inside, in order.
    """

    name: str
    layers: tuple[str, ...]
    children: tuple[Box, ...] = ()


def hierarchy(network: Network) -> Box:
    """The network -> its stages -> blocks -> operations, by the dotted names; each operation is inside exactly once.

    Containers around the stages (`features`) are left out, and so are those with only one part. Where the top level
    still has more than MOST_STAGES items, those whose maps have one size stand in one box.
    """
    opened = {stage[:end] for stage in network.stages for end, letter in enumerate(stage) if letter == "."}
    paths = []
    for name in network.layers:
        head = max((len(part) + 1 for part in opened if name.startswith(f"{part}.")), default=0)
        ends = [end for end, letter in enumerate(name) if letter == "." and end > head]
        paths.append((*(name[:end] for end in ends), name))
    items = _children(paths, 0)
    if len(items) > MOST_STAGES:
        items = _gathered(network, items)
    return Box("", tuple(network.layers), tuple(items))


def _children(paths: Sequence[tuple[str, ...]], depth: int) -> list[Box]:
    """Runs of operations that share a part of their names. What runs together in time cannot read what comes after it,
    so edges between such boxes always go forwards."""
    return [_box(name, list(inside), depth) for name, inside in groupby(paths, key=lambda path: path[depth])]


def _box(name: str, paths: Sequence[tuple[str, ...]], depth: int) -> Box:
    if len(paths) == 1:
        return Box(paths[0][-1], (paths[0][-1],))
    children = tuple(_children(paths, depth + 1))
    return Box(name, tuple(path[-1] for path in paths), children[0].children if len(children) == 1 else children)


def _gathered(network: Network, items: Sequence[Box]) -> list[Box]:
    weighty = next(place for place, box in enumerate(items) if totals(network, box.layers).n_parameters)

    def kind(placed: tuple[int, Box]) -> tuple[bool, tuple[int, ...]]:
        layer = network.layers[placed[1].layers[-1]]
        if placed[0] < weighty:  # what only prepares the picture (GoogLeNet rescales the colours) is one box
            return True, ()
        return False, layer.size if layer.is_spatial else ()

    gathered = []
    for _, placed in groupby(enumerate(items), key=kind):
        run = [box for _, box in placed]
        layers = tuple(name for box in run for name in box.layers)
        head, _, last = run[-1].name.rpartition(".")
        name = f"{run[0].name} … {last if run[0].name.startswith(f'{head}.') else run[-1].name}"
        gathered.append(run[0] if len(run) == 1 else Box(name, layers, tuple(run)))
    return gathered


def edges(root: Box, network: Network) -> dict[tuple[int, ...], set[tuple[int, int]]]:
    """Who reads whom inside each container: pairs (source, target) of places among its children.

    A container is named by its path, the places of its ancestors and itself, () for the network. PICTURE as source is
    what comes into the container; the number of its children, as target, is what leaves it.
    """
    paths = dict(_paths(root, ()))
    found: dict[tuple[int, ...], set[tuple[int, int]]] = {
        path[:end]: set() for path in paths.values() for end in range(len(path))
    }
    read = {source for layer in network.layers.values() for source in layer.inputs}
    for name, layer in network.layers.items():
        path = paths[name]
        for source in layer.inputs:
            other = paths[source]
            common = next(k for k, (a, b) in enumerate(zip(other, path, strict=False)) if a != b)
            found[path[:common]].add((other[common], path[common]))
            _enter(found, path, common + 1)
            _leave(root, found, other, common + 1)
        if not layer.inputs:
            _enter(found, path, 0)
        if name not in read:
            _leave(root, found, path, 0)
    return found


def _paths(box: Box, path: tuple[int, ...]) -> Iterable[tuple[str, tuple[int, ...]]]:
    if not box.children:
        yield box.name, path
    for place, child in enumerate(box.children):
        yield from _paths(child, (*path, place))


def _enter(found: dict[tuple[int, ...], set[tuple[int, int]]], path: tuple[int, ...], start: int) -> None:
    for end in range(start, len(path)):
        found[path[:end]].add((PICTURE, path[end]))


def _leave(root: Box, found: dict[tuple[int, ...], set[tuple[int, int]]], path: tuple[int, ...], start: int) -> None:
    container = root
    for end, place in enumerate(path):
        if end >= start:
            found[path[:end]].add((place, len(container.children)))
        container = container.children[place]


@dataclass(frozen=True)
class Totals:
    """What the whole network, or a part of it, costs for one picture. `n_bytes` are those of all that its operations
    give, as float32; `depth` is the number of convolutions and dense layers on its longest path."""

    n_layers: int
    n_parameters: int
    n_multiply_adds: int
    n_bytes: int
    depth: int


def totals(network: Network, names: Iterable[str] | None = None) -> Totals:
    """The sums over some layers, all of them unless told."""
    layers = [network.layers[name] for name in (network.layers if names is None else names)]
    depth: dict[str, int] = {}
    for layer in layers:
        depth[layer.name] = max((depth.get(i, 0) for i in layer.inputs), default=0) + (layer.n_multiply_adds > 0)
    return Totals(
        n_layers=len(layers),
        n_parameters=sum(layer.n_parameters for layer in layers),
        n_multiply_adds=sum(layer.n_multiply_adds for layer in layers),
        n_bytes=sum(layer.n_bytes for layer in layers),
        depth=max(depth.values(), default=0),
    )


def links(network: Network) -> NDArray[np.int64]:
    """Who reads whom, (n_links, 2): positions of two layers in `network.layers`, the one read and its reader."""
    place = {name: i for i, name in enumerate(network.layers)}
    found = [(place[source], place[layer.name]) for layer in network.layers.values() for source in layer.inputs]
    return np.array(found, np.int64).reshape(-1, 2)


def stage_of(network: Network, layer: str) -> int:
    """Which of the network's stages holds a layer: the first that ends with it or after it."""
    order = list(network.layers)
    ends, at = [order.index(network.resolve(stage)) for stage in network.stages], order.index(network.resolve(layer))
    return next((i for i, end in enumerate(ends) if end >= at), len(ends) - 1)


def stage_costs(network: Network) -> NDArray[np.int64]:
    """The parameters and the multiply-adds of each stage of the hierarchy, (n_stages, 2)."""
    parts = [totals(network, stage.layers) for stage in hierarchy(network).children]
    return np.array([(part.n_parameters, part.n_multiply_adds) for part in parts], np.int64)
