"""What is said of channels, against loops over their cells."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import explorer
from explorer.errors import NoTarget
from explorer.feature_maps import (
    ORDERS,
    SCALES,
    as_maps,
    channel_order,
    channel_ranges,
    channel_statistics,
    contribution,
    network_range,
    representative,
)
from explorer.image import ImageInput
from explorer.networks.network import Network
from explorer.trace import Trace

LAYERS = ["conv1", "relu", "add", "cat", "pool", "mean", "fc"]


@pytest.mark.parametrize("layer", LAYERS)
def test_statistics_are_those_of_a_loop(tiny_trace: Trace, layer: str) -> None:
    maps, found = as_maps(tiny_trace[layer]), channel_statistics(tiny_trace, layer)
    assert len(found.minimum) == len(found.maximum) == len(found.mean) == len(found.zeros) == len(maps)
    n_dead = 0
    for c in range(len(maps)):
        cells = [float(maps[c, y, x]) for y in range(maps.shape[1]) for x in range(maps.shape[2])]
        assert found.minimum[c] == min(cells)
        assert found.maximum[c] == max(cells)
        assert found.mean[c] == pytest.approx(sum(cells) / len(cells), rel=1e-5, abs=1e-6)
        assert found.zeros[c] == pytest.approx(sum(cell == 0 for cell in cells) / len(cells))
        n_dead += not any(cells)
    assert found.n_dead == n_dead


def test_some_channel_has_zeros_and_some_has_none(tiny_trace: Trace) -> None:
    assert 0 < channel_statistics(tiny_trace, "relu").zeros.mean() < 1
    assert not channel_statistics(tiny_trace, "conv1").zeros.any()


@pytest.mark.parametrize("layer", LAYERS)
def test_contribution_is_the_sum_of_gradient_times_activation(tiny_trace: Trace, layer: str) -> None:
    maps, gradients = as_maps(tiny_trace[layer]), as_maps(tiny_trace.gradient(layer))
    found = contribution(tiny_trace, layer)
    assert found.shape == (len(maps),)
    for c in range(len(maps)):
        expected = sum(float(a) * float(g) for a, g in zip(maps[c].flat, gradients[c].flat, strict=True))
        assert found[c] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_contributions_add_up_to_the_logit_where_the_rest_is_linear(tiny: Network, tiny_trace: Trace) -> None:
    bias = float(tiny.weights("fc")["bias"][2])
    for layer in (
        "pool",
        "mean",
        "cat",
    ):  # a pooling passes on its largest value, which is linear as far as a step goes
        assert contribution(tiny_trace, layer).sum() + bias == pytest.approx(float(tiny_trace.logits[2]), rel=1e-4)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("order", ORDERS)
def test_orders_hold_every_channel_once_from_high_to_low(tiny_trace: Trace, layer: str, order: str) -> None:
    found = channel_order(tiny_trace, layer, order)
    assert sorted(found) == list(range(len(as_maps(tiny_trace[layer]))))
    statistics = channel_statistics(tiny_trace, layer)
    values = {
        "number": -np.arange(len(found), dtype=np.float32),
        "mean": statistics.mean,
        "maximum": statistics.maximum,
        "zeros": statistics.zeros,
        "gradient × activation": contribution(tiny_trace, layer),
    }[order]
    for before, after in pairwise(found):
        assert values[before] > values[after] or (values[before] == values[after] and before < after)


def test_the_representative_supports_the_target_most(tiny: Network, tiny_trace: Trace, image: ImageInput) -> None:
    assert representative(tiny_trace, "conv2") == int(contribution(tiny_trace, "conv2").argmax())
    assert representative(tiny_trace, "fc") == int((tiny_trace.logits * (np.arange(4) == 2)).argmax())
    with pytest.raises(NoTarget):
        channel_order(explorer.run(tiny, image), "conv2", "gradient × activation")


@pytest.mark.parametrize("layer", LAYERS)
def test_ranges_span_what_shares_them(tiny: Network, tiny_trace: Trace, layer: str) -> None:
    maps = as_maps(tiny_trace[layer])
    channels = [len(maps) - 1, 0]
    own = channel_ranges(tiny_trace, layer, channels, "channel")
    assert own == [(float(maps[c].min()), float(maps[c].max())) for c in channels]
    assert channel_ranges(tiny_trace, layer, channels, "layer") == [(float(maps.min()), float(maps.max()))] * 2
    spatial = [tiny_trace[name] for name, described in tiny.layers.items() if described.is_spatial]
    expected = min(float(a.min()) for a in spatial), max(float(a.max()) for a in spatial)
    assert channel_ranges(tiny_trace, layer, channels, "network") == [expected] * 2
    assert network_range(tiny_trace) == expected
    assert set(SCALES) == {"layer", "channel", "network"}


def test_everything_becomes_maps() -> None:
    assert as_maps(np.arange(5, dtype=np.float32)).shape == (5, 1, 1)
    assert as_maps(np.arange(24, dtype=np.float32).reshape(2, 3, 4)).shape == (2, 3, 4)
    groups = np.arange(48, dtype=np.float32).reshape(2, 2, 3, 4)
    assert np.array_equal(as_maps(groups)[3], groups[1, 1])
    assert as_maps(np.zeros((3, 4), np.float32)).shape == (1, 3, 4)
