"""How a network is built: what stands inside what, who reads whom, and where its weights and its time are."""

from __future__ import annotations

import csv
import io
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx

from .geometry import ReceptiveField
from .networks.layers import Layer
from .networks.network import Network
from .pictures.image import ImageInput
from .running.lock import LOCK
from .running.memory import room
from .trace import FloatArray
from .wording import by, count

MOST_STAGES = 12  # what a drawing, or a chart, of the whole network can have on a projector
N_PASSES = 3
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
class Edge:
    """A line of an `Arrangement`. It leaves its source downwards, passes the rows between in the column of its source,
    or, where that is not free, in a `lane` to the right of all columns, and meets its target from above."""

    source: int
    target: int
    lane: int | None  # None where nothing lies between


@dataclass(frozen=True)
class Arrangement:
    """Where the parts of a container stand: a (row, column) for each, and the lines. Rows are longest paths, so that
    every line goes downwards; no two parts, and no part and a line that passes it, share a cell."""

    cells: tuple[tuple[int, int], ...]
    edges: tuple[Edge, ...]

    @property
    def n_lanes(self) -> int:
        """How many lanes there are beside the columns."""
        return max((edge.lane + 1 for edge in self.edges if edge.lane is not None), default=0)


def arrange(n: int, pairs: Iterable[tuple[int, int]]) -> Arrangement:
    """A drawing of n parts from top to bottom, branches side by side; `pairs` as in `edges`, each to a later part.

    A chain stays in one column: a part takes that of the first part it reads whose column is free down to it. All long
    lines of one source share one lane.
    """
    pairs = sorted(pairs)
    rows = [0] * n
    for source, target in sorted(pairs, key=lambda pair: pair[1]):  # all that a part reads is placed by then
        if source != PICTURE and target < n:
            rows[target] = max(rows[target], rows[source] + 1)
    bottom = max(rows, default=-1) + 1
    columns = [0] * n
    taken: set[tuple[int, int]] = set()
    straight: set[tuple[int, int]] = set()

    def is_free(source: int, row: int) -> bool:
        between = {(passed, columns[source]) for passed in range(rows[source] + 1, row)}
        return not between & taken - passes.get(source, set())

    passes: dict[int, set[tuple[int, int]]] = {}
    for part in [*sorted(range(n), key=lambda part: (rows[part], part)), n]:
        row = rows[part] if part < n else bottom
        sources = [source for source, target in pairs if target == part and source != PICTURE]
        for source in sources:
            if is_free(source, row):
                straight.add((source, part))
                cells = {(passed, columns[source]) for passed in range(rows[source] + 1, row)}
                passes.setdefault(source, set()).update(cells)
                taken |= cells
        if part < n:
            wanted = [columns[source] for source in sources if (source, part) in straight]
            column = next(c for c in [*wanted, *range(n + 1)] if (row, c) not in taken)
            columns[part] = column
            taken.add((row, column))
    long = {(s, t) for s, t in pairs if (s, t) not in straight and not (s == PICTURE and t < n and rows[t] == 0)}
    lanes = _lanes(long, lambda place: PICTURE if place == PICTURE else bottom if place == n else rows[place])
    return Arrangement(
        cells=tuple(zip(rows, columns, strict=True)),
        edges=tuple(Edge(s, t, lanes[s] if (s, t) in long else None) for s, t in pairs),
    )


def _lanes(pairs: set[tuple[int, int]], row: Callable[[int], int]) -> dict[int, int]:
    """A lane for each source of a long line: the innermost that is free from there to its last target."""
    last = {source: max(row(t) for s, t in pairs if s == source) for source, _ in pairs}
    lanes: dict[int, int] = {}
    for source in sorted(last, key=lambda s: (last[s] - row(s), row(s))):  # short ones inside, long ones around them
        used = {
            lane for other, lane in lanes.items() if row(other) < last[source] and row(source) < last[other]
        }  # fmt: skip
        lanes[source] = next(lane for lane in range(len(last)) if lane not in used)
    return lanes


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


def stage_costs(network: Network) -> NDArray[np.int64]:
    """The parameters and the multiply-adds of each stage of the hierarchy, (n_stages, 2)."""
    parts = [totals(network, stage.layers) for stage in hierarchy(network).children]
    return np.array([(part.n_parameters, part.n_multiply_adds) for part in parts], np.int64)


def cost_sentence(network: Network, name: str) -> str:
    """What a layer, or a block, costs for one picture, and its share of the network's whole cost."""
    inside = [layer for layer in network.layers if layer == name or layer.startswith(f"{name}.")]
    part, whole = totals(network, inside), totals(network)
    shares = [
        f"{count(some)} {what} ({some / every:.1%} of all)" if some else f"no {what}"
        for what, some, every in (
            ("parameters", part.n_parameters, whole.n_parameters),
            ("multiply-adds", part.n_multiply_adds, whole.n_multiply_adds),
        )
    ]
    what = "one operation" if len(inside) == 1 else f"{len(inside)} operations"
    return f"{what[0].upper()}{what[1:]}: {shares[0]} and {shares[1]} for one picture."


Row = dict[str, str | int | float | None]


def table(network: Network, seconds: Mapping[str, float] | None = None) -> list[Row]:
    """A row for each layer, in the order of execution; None where a column does not apply.

    Field height, width and step are the receptive field's size and stride in pixels of the prepared picture; None
    where every unit sees the whole picture. Milliseconds are there once they were measured (`profile`).
    """
    return [_row(layer, None if seconds is None else seconds[name]) for name, layer in network.layers.items()]


def _row(layer: Layer, seconds: float | None) -> Row:
    window, field = layer.window, layer.receptive_field
    return {
        "layer": layer.name,
        "kind": layer.kind,
        "kernel": by(window.kernel) if window else None,
        "stride": by(window.stride) if window else None,
        "padding": by(window.padding) if window else None,
        "dilation": by(window.dilation) if window else None,
        "groups": layer.groups,
        "output": by(layer.shape),
        "parameters": layer.n_parameters,
        "multiply-adds": layer.n_multiply_adds,
        "output bytes": layer.n_bytes,
        "field height": None if field.whole else field.size[0],
        "field width": None if field.whole else field.size[1],
        "field step": None if field.whole else field.jump[0],
        "milliseconds": None if seconds is None else 1000 * seconds,
    }


def csv_of(rows: Sequence[Row]) -> bytes:
    """A table as CSV in UTF-8, with its columns' names; empty where there is no value."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def profile(
    network: Network, image: ImageInput, progress: Callable[[float], object] | None = None
) -> Mapping[str, float]:
    """How many seconds each layer takes on this machine, now: the median of N_PASSES passes after one to warm up.

    The graph is executed operation by operation, and what no operation needs any more is let go, as in a pass that
    nobody records. Nothing else runs meanwhile. `progress` is called with the share that is done; whatever it raises
    ends the measurement.
    """
    plain, copies = fx.Graph(), dict[fx.Node, fx.Node]()
    result: Any = plain.graph_copy(network.graph.recorder.graph, copies)
    plain.output(result[0])  # without the list of all values
    names = {copies[node].name: name for name, node in network.graph.nodes.items()}
    x = network.prepare(image).tensor.to(network.device)
    clock = _Clock(fx.GraphModule(network.graph.recorder, plain), len(plain.nodes) * (N_PASSES + 1), progress)
    passes = []
    with room(f"A pass of {network.info.title}"), torch.inference_mode():
        for _ in range(N_PASSES + 1):
            clock.seconds = {}
            with LOCK:
                clock.run(x)
            passes.append(clock.seconds)
    taken = {name: statistics.median(one[node] for one in passes[1:]) for node, name in names.items()}
    return MappingProxyType({name: taken[name] for name in network.layers})


class _Clock(fx.Interpreter):
    """Steps through a graph and keeps the seconds of each node by its name."""

    def __init__(self, module: fx.GraphModule, n_steps: int, progress: Callable[[float], object] | None) -> None:
        super().__init__(module)
        self.seconds: dict[str, float] = {}
        self._n_steps, self._progress = n_steps, progress
        self._done, self._told = 0, 0.0

    def run_node(self, n: fx.Node) -> Any:
        started = time.perf_counter()
        value = super().run_node(n)
        if isinstance(value, torch.Tensor) and value.device.type != "cpu":
            torch.accelerator.synchronize(value.device)  # a GPU returns before it has finished
        self.seconds[n.name] = time.perf_counter() - started
        self._done += 1
        share = self._done / self._n_steps
        if self._progress is not None and (share >= self._told + 0.02 or share == 1):  # seldom: telling takes time too
            self._told = share
            self._progress(share)
        return value


def field_sentence(network: Network, name: str, y: int, x: int, effective: FloatArray) -> str:
    """How far unit (y, x) of a layer can see, how far the next one is, and how much of what it does see, its effective
    field (H, W), lies in the middle."""
    layer = network.layer(name)
    field, (height, width) = layer.receptive_field, effective.shape
    if field.whole:
        text = f"Every number of {name} can see the whole picture"
        where = "the middle of the picture, half as high and half as wide"
    else:
        pixels = "pixel" if field.size == (1, 1) else "pixels"
        text = f"Unit ({y}, {x}) of {name} can see {by(field.size)} {pixels}"
        text += f"; the next one lies {field.jump[1]} further" if layer.is_spatial else ""
        where = "the middle of the frame, half as high and half as wide"
    if not np.isfinite(effective).all():
        return f"{text}. What it does see cannot be told: some of its gradients are no finite numbers."
    whole = float(effective.sum(dtype=np.float64))
    if whole == 0:
        return f"{text}. On this picture none of it matters: no pixel changes this unit, nudged a little."
    top, left, bottom, right = middle(field, y, x, height, width)
    if min(bottom - top, right - left) < 1 or (not field.whole and min(field.size) < 4):
        return f"{text}: too few to tell a middle from a rim."
    share = float(effective[top:bottom, left:right].sum(dtype=np.float64)) / whole
    return f"{text}. {share:.0%} of its effective field lies in {where}."


def middle(field: ReceptiveField, y: int, x: int, height: int, width: int) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of the middle of what unit (y, x) can see, half as high and half as wide, as far as it
    lies in the picture."""
    size = (height, width) if field.whole else field.size
    inset_y, inset_x = ((n + 2) // 4 for n in size)  # a quarter, to the nearest pixel
    start = (0, 0) if field.whole else tuple(s + u * j for s, u, j in zip(field.start, (y, x), field.jump, strict=True))
    top, left = start
    bottom, right = top + size[0] - inset_y, left + size[1] - inset_x
    return max(0, top + inset_y), max(0, left + inset_x), min(height, bottom), min(width, right)
