"""What is said of channels, against loops over their cells."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.errors import NoTarget
from explorer.feature_maps.channels import (
    ORDERS,
    SCALES,
    channel_order,
    channel_ranges,
    channel_statistics,
    correlations,
    counterpart,
    cut_share,
    has_mixed,
    layer_histogram,
    network_range,
    steps_at,
    strongest_pairs,
)
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.trace import Trace, as_maps, contribution
from tests.tiny import as_network, tiny_network

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


def test_the_first_of_an_order_supports_the_target_most(tiny: Network, tiny_trace: Trace, image: ImageInput) -> None:
    by = "gradient × activation"
    assert channel_order(tiny_trace, "conv2", by)[0] == int(contribution(tiny_trace, "conv2").argmax())
    assert channel_order(tiny_trace, "fc", by)[0] == int((tiny_trace.logits * (np.arange(4) == 2)).argmax())
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


# A whole layer


@pytest.mark.parametrize("layer", LAYERS)
def test_a_histogram_counts_every_value_once(tiny_trace: Trace, layer: str) -> None:
    found = layer_histogram(tiny_trace, layer, n_bins=7)
    values = [float(value) for value in tiny_trace[layer].flat]
    assert found.n_values == len(values)
    assert found.n_negative == sum(value < 0 for value in values)
    assert found.n_zero == sum(value == 0 for value in values)
    assert found.n_positive == sum(value > 0 for value in values)
    assert found.n_missing == 0
    low, high = min(values), max(values)
    assert found.edges[[0, -1]].tolist() == pytest.approx([low, high])
    counts = [0] * 7
    for value in values:
        if value != 0:
            counts[min(6, int((value - low) / (high - low) * 7))] += 1
    assert found.counts.sum() == len(values) - found.n_zero
    assert np.abs(found.counts - counts).max() <= 1  # a value on an edge may round to either side


class Broken(nn.Module):
    """Channels of zeros, of a constant, of NaN, and one that lives."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        flat = torch.zeros_like(x)
        return torch.cat([flat, flat + 2, flat + float("nan"), x, -x, x * float("inf")], dim=1)[:, :16].contiguous()


@pytest.fixture
def broken_trace(image: ImageInput) -> Trace:
    network = as_network(nn.Sequential(Broken(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 4)), 8)
    return explorer.run(network, image)


def test_what_is_no_number_is_counted_apart(broken_trace: Trace) -> None:
    layer = next(name for name in broken_trace.network.layers if broken_trace[name].shape[0] == 16)
    values = broken_trace[layer]
    found = layer_histogram(broken_trace, layer)
    assert found.n_missing == int((~np.isfinite(values)).sum()) > 0
    assert found.n_zero >= 3 * 64
    assert found.counts.sum() == found.n_negative + found.n_positive
    assert found.n_values == values.size


def test_channels_without_variance_have_no_correlation(broken_trace: Trace) -> None:
    layer = next(name for name in broken_trace.network.layers if broken_trace[name].shape[0] == 16)
    maps = broken_trace[layer]
    found = correlations(broken_trace, layer)
    assert found.channels == tuple(range(16))
    flat = [c for c in range(16) if np.isfinite(maps[c]).all() and maps[c].min() == maps[c].max()]
    missing = [c for c in range(16) if not np.isfinite(maps[c]).all()]
    assert (found.n_flat, found.n_missing) == (len(flat), len(missing))
    assert len(flat) >= 6
    for a, b in np.ndindex(16, 16):
        assert np.isnan(found.matrix[a, b]) == (a in flat + missing or b in flat + missing)
    a, b, r = strongest_pairs(found, 1)[0]  # x and -x
    assert b == a + 3
    assert r == pytest.approx(-1, abs=1e-6)


@pytest.mark.parametrize("layer", ["conv1", "relu", "cat", "pool"])
def test_correlation_is_the_mean_product_of_standard_scores(tiny_trace: Trace, layer: str) -> None:
    maps, found = tiny_trace[layer].astype(np.float64), correlations(tiny_trace, layer)
    for a, b in np.ndindex(len(maps), len(maps)):
        if maps[a].std() and maps[b].std():
            scores = [(m - m.mean()) / m.std() for m in (maps[a], maps[b])]
            assert found.matrix[a, b] == pytest.approx(float((scores[0] * scores[1]).mean()), abs=1e-5)
    strongest = strongest_pairs(found, 3)
    assert all(a < b for a, b, _ in strongest)
    sizes = sorted((abs(float(found.matrix[a, b])) for a, b in combinations(range(len(maps)), 2)), reverse=True)
    assert [abs(r) for _, _, r in strongest] == [size for size in sizes if not np.isnan(size)][:3]


def test_of_many_channels_the_most_varied_are_compared(tiny_trace: Trace) -> None:
    variances = [float(m.astype(np.float64).var()) for m in tiny_trace["conv1"]]
    found = correlations(tiny_trace, "conv1", most=3)
    assert found.n_channels == 6
    assert found.matrix.shape == (3, 3)
    assert found.channels == tuple(sorted(sorted(range(6), key=lambda c: -variances[c])[:3]))
    whole = correlations(tiny_trace, "conv1").matrix
    assert np.allclose(found.matrix, whole[np.ix_(found.channels, found.channels)], atol=1e-6)


def test_numbers_without_maps_have_no_correlation(tiny_trace: Trace) -> None:
    found = correlations(tiny_trace, "fc")
    assert found.n_flat == 4
    assert np.isnan(found.matrix).all()
    assert strongest_pairs(found) == []


# From layer to layer


def test_steps_lead_into_a_layer_and_through_the_activation_behind_it(tiny: Network, pocket: Network) -> None:
    assert steps_at(tiny, "conv1") == [("conv1", "relu")]
    assert steps_at(tiny, "cat") == [("relu_1", "cat"), ("mul", "cat")]
    assert steps_at(pocket, "layer2.0.bn1") == [
        ("layer2.0.conv1", "layer2.0.bn1"),
        ("layer2.0.bn1", "layer2.0.relu"),
    ]
    for layer in pocket.layers:
        for before, after in steps_at(pocket, layer):
            assert before in pocket.layers[after].inputs
            assert layer in (before, after)


def test_a_channel_and_the_one_it_is_made_from(tiny: Network, tiny_trace: Trace) -> None:
    assert [counterpart(tiny, "conv1", "relu", c) for c in range(6)] == list(range(6))
    assert [counterpart(tiny, "relu_1", "cat", c) for c in range(12)] == [*range(6), *[None] * 6]
    assert [counterpart(tiny, "mul", "cat", c) for c in range(12)] == [*[None] * 6, *range(6)]
    for c in range(12):  # what they say can be seen in the numbers
        before = "relu_1" if c < 6 else "mul"
        source = counterpart(tiny, before, "cat", c)
        assert source is not None
        assert np.array_equal(tiny_trace["cat"][c], tiny_trace[before][source])
    weight = tiny.weights("conv2")["weight"]
    for c in range(6):
        assert has_mixed(tiny, "conv2")
        sums = [float(sum(abs(w) for w in weight[c, i].flat)) for i in range(6)]
        assert counterpart(tiny, "relu", "conv2", c) == sums.index(max(sums))


def test_a_depthwise_kernel_has_one_channel_before_it(image: ImageInput) -> None:
    module = nn.Sequential(nn.Conv2d(3, 6, 1), nn.Conv2d(6, 12, 3, groups=6), nn.Flatten(), nn.Linear(12 * 36, 4))
    network = tiny_network(module, side=8)
    assert not has_mixed(network, "1")
    assert [counterpart(network, "0", "1", c) for c in range(12)] == [c // 2 for c in range(12)]
    trace = explorer.run(network, image)
    flat, maps = trace["2"], trace["1"]
    for unit in (0, 35, 36, 431):
        source = counterpart(network, "1", "2", unit)
        assert source is not None
        assert flat[unit] == maps[source].ravel()[unit % 36]


def test_the_share_that_is_cut(tiny_trace: Trace) -> None:
    before, after = tiny_trace["conv1"], tiny_trace["relu"]
    for c in range(6):
        negative = sum(float(value) < 0 for value in before[c].flat)
        assert cut_share(before[c], after[c]) == pytest.approx(negative / before[c].size)
    assert cut_share(np.zeros(4, np.float32), np.zeros(4, np.float32)) == 0


def test_dead_channels_are_named(tiny_trace: Trace) -> None:
    statistics = channel_statistics(tiny_trace, "relu")
    assert statistics.dead == [c for c in range(6) if not tiny_trace["relu"][c].any()]
    assert statistics.n_dead == len(statistics.dead)
