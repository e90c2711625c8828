"""The drawing of a network: who reads whom at every level, and where the boxes stand."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from explorer.architecture import hierarchy
from explorer.architecture.hierarchy import MOST_STAGES, PICTURE, Box, edges
from explorer.architecture.layout import Arrangement, arrange
from explorer.networks.network import Network
from tests.families import NETWORKS


def containers(box: Box, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Box]]:
    if box.children:
        yield path, box
        for place, child in enumerate(box.children):
            yield from containers(child, (*path, place))


def operations(box: Box) -> list[str]:
    return [name for child in box.children for name in operations(child)] if box.children else [box.name]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_operation_stands_in_one_box(name: str, random_network: Callable[[str], Network]) -> None:
    network = random_network(name)
    root = hierarchy(network)
    assert operations(root) == list(network.layers)
    assert 1 < len(root.children) <= MOST_STAGES
    for _, box in containers(root):
        assert len(box.children) > 1
        assert list(box.layers) == operations(box)
        inside = [child.name for child in box.children]
        assert len(set(inside)) == len(inside)


def test_blocks_are_found_by_their_names(random_network: Callable[[str], Network]) -> None:
    root = hierarchy(random_network("resnet18"))
    layer3 = next(box for box in root.children if box.name == "layer3")
    assert [box.name for box in layer3.children] == ["layer3.0", "layer3.1"]
    assert [box.name for box in layer3.children[0].children][:2] == ["layer3.0.conv1", "layer3.0.bn1"]
    # the same in a network whose stages are all inside `features`: those of one size of map stand together
    first = hierarchy(random_network("squeezenet1_1")).children[0]
    assert first.name == "features.0 … 1"
    assert [box.name for box in first.children] == ["features.0", "features.1"]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_lines_are_what_the_layers_read(name: str, random_network: Callable[[str], Network]) -> None:
    """Derived anew: for each container, each pair of its parts, and each pair of layers in them."""
    network = random_network(name)
    root = hierarchy(network)
    found = edges(root, network)
    everywhere = dict(containers(root))
    assert set(found) == set(everywhere)
    read = {source for layer in network.layers.values() for source in layer.inputs}
    for path, box in everywhere.items():
        place = {layer: i for i, child in enumerate(box.children) for layer in child.layers}
        expected = set()
        for layer in network.layers.values():
            sources = layer.inputs or ("the picture",)
            for source in sources:
                if layer.name in place and place.get(source) != place[layer.name]:
                    expected.add((place.get(source, PICTURE), place[layer.name]))
                if source in place and layer.name not in place:
                    expected.add((place[source], len(box.children)))
            if layer.name in place and layer.name not in read:
                expected.add((place[layer.name], len(box.children)))
        assert found[path] == expected
        if all(not child.children for child in box.children):  # unfolded to the end, it is the graph itself
            names = [child.name for child in box.children]
            for target, layer_name in enumerate(names):
                drawn = {names[s] for s, t in found[path] if t == target and s != PICTURE}
                assert drawn == set(network.layers[layer_name].inputs) & set(names)


def check(arrangement: Arrangement, n: int, pairs: set[tuple[int, int]]) -> None:
    """No two things share a place, and every line goes downwards past nothing but empty cells."""
    cells = arrangement.cells
    assert len(set(cells)) == len(cells) == n
    bottom = max(row for row, _ in cells) + 1
    assert {row for row, _ in cells} == set(range(bottom))
    rows = [row for row, _ in cells] + [bottom]
    boxes = set(cells)
    assert {(edge.source, edge.target) for edge in arrangement.edges} == pairs
    passing: dict[tuple[int, int], int] = {}
    in_lane: dict[tuple[int, int], int] = {}
    for edge in arrangement.edges:
        start = -1 if edge.source == PICTURE else rows[edge.source]
        between = range(start + 1, rows[edge.target])
        assert start < rows[edge.target]
        for row in between:
            if edge.lane is None:
                assert edge.source != PICTURE
                cell = row, cells[edge.source][1]
                assert cell not in boxes
                assert passing.setdefault(cell, edge.source) == edge.source
            else:
                assert in_lane.setdefault((row, edge.lane), edge.source) == edge.source
        if edge.lane is not None:
            assert between
            assert edge.lane < arrangement.n_lanes


@pytest.mark.parametrize("name", NETWORKS)
def test_no_box_stands_on_another(name: str, random_network: Callable[[str], Network]) -> None:
    network = random_network(name)
    root = hierarchy(network)
    found = edges(root, network)
    for path, box in containers(root):
        check(arrange(len(box.children), found[path]), len(box.children), found[path])


@pytest.mark.parametrize("seed", range(40))
def test_any_graph_can_be_arranged(seed: int) -> None:
    generator = random.Random(seed)
    n = generator.randint(1, 14)
    pairs = {(s, t) for t in range(n) for s in range(t) if generator.random() < 0.3}
    pairs |= {(PICTURE, t) for t in range(n) if generator.random() < 0.3}
    pairs |= {(s, n) for s in range(n) if generator.random() < 0.3}
    arrangement = arrange(n, pairs)
    check(arrangement, n, pairs)
    longest = [0] * n
    for t in range(n):  # slowly: over all that it reads
        longest[t] = max((longest[s] + 1 for s in range(t) if (s, t) in pairs), default=0)
    assert [row for row, _ in arrangement.cells] == longest


def test_a_chain_is_a_column_and_branches_stand_side_by_side() -> None:
    chain = arrange(3, {(PICTURE, 0), (0, 1), (1, 2), (2, 3)})
    assert chain.cells == ((0, 0), (1, 0), (2, 0))
    assert chain.n_lanes == 0
    # a short branch (0) and a long one (1, 2), joined in 3: the short one's line runs down its own column
    branches = arrange(4, {(PICTURE, 0), (PICTURE, 1), (1, 2), (0, 3), (2, 3), (3, 4)})
    assert branches.cells == ((0, 0), (0, 1), (1, 1), (2, 0))
    assert branches.n_lanes == 0


def test_a_shortcut_passes_its_block_in_a_lane() -> None:
    block = arrange(3, {(PICTURE, 0), (0, 1), (1, 2), (PICTURE, 2), (2, 3)})
    assert {(edge.source, edge.target): edge.lane for edge in block.edges}[PICTURE, 2] == 0
    assert block.n_lanes == 1
