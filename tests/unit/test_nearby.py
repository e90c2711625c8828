"""What several units see, worked out on a part of the picture, against the gradient of the whole pass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import explorer
from explorer.architecture.field import effective_field
from explorer.architecture.nearby import fields_of, part_seen, units_near
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample
from explorer.trace import Trace


def corners(network: Network, layer: str) -> list[tuple[int, int, int]]:
    n, (height, width) = network.layer(layer).n_channels, network.layer(layer).size
    return [(0, 0, 0), (n - 1, height - 1, width - 1), (n // 2, height // 2, 0), (1, height // 3, width // 2)]


@pytest.mark.parametrize("name", ["pocket_resnet", "squeezenet1_1", "alexnet", "lenet5"])
def test_each_is_the_gradient_of_the_whole(name: str, random_network: Callable[[str], Network]) -> None:
    network = random_network(name)
    trace = explorer.run(network, load_sample("digit" if name == "lenet5" else "chelsea"))
    spatial = [layer for layer in network.layers if network.layer(layer).is_spatial]
    n_parts = 0
    for layer in spatial[:: max(1, len(spatial) // 5)]:
        units = corners(network, layer)
        for one in [units, units[:1], units[1:2]]:
            n_parts += part_seen(network, layer, one) is not None
            for unit, found in zip(one, fields_of(trace, layer, one), strict=True):
                right = effective_field(network, trace.image, layer, *unit)
                assert np.allclose(found, right, rtol=1e-3, atol=1e-5 * right.max()), (layer, unit)
    assert n_parts > 3  # or nothing was compared


def test_where_all_of_the_picture_matters_there_is_no_part(pocket_trace: Trace) -> None:
    network = pocket_trace.network
    for layer in ("avgpool", "fc"):
        assert part_seen(network, layer, [(1, 0, 0)]) is None
        assert units_near(network, layer, (1, 0, 0)) == [(1, 0, 0)]
        (found,) = fields_of(pocket_trace, layer, [(1, 0, 0)])
        assert np.array_equal(found, effective_field(network, pocket_trace.image, layer, 1, 0, 0))


def test_a_part_is_what_the_units_see(pocket: Network) -> None:
    """7 x 7, two pixels apart, from 3 before the picture on."""
    assert part_seen(pocket, "conv1", [(0, 10, 20)]) == (16, 36, 24, 44)  # 17..24 and 37..44, in steps of two
    assert part_seen(pocket, "conv1", [(0, 0, 0), (3, 1, 79)]) == (0, 0, 6, 160)


def test_neighbours_are_those_that_there_are(pocket: Network) -> None:
    first = units_near(pocket, "conv1", (0, 0, 79))
    assert first[0] == (0, 0, 79)
    assert len(set(first)) == len(first)
    assert {(0, 1, 79), (0, 0, 78), (1, 0, 79)} <= set(first)
    assert all(0 <= c < 32 and 0 <= y < 80 and 0 <= x < 80 for c, y, x in first)
