"""What of a layer goes to the browser: its numbers, or levels that stand for them, and how its channels rank."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.drawing.color import Scale, palette
from explorer.drawing.picture import reduced
from explorer.feature_maps.channels import ORDERS, SCALES, channel_order, channel_ranges
from explorer.feature_maps.figures import N_PER_PAGE, channel_scales
from explorer.feature_maps.files import MOST_EXACT, What, channel_ranks, layer_files, parts_near
from explorer.trace import Trace, as_maps, read_by
from tests.in_node import in_node
from tests.tiny import as_network


def floats(packed: bytes) -> np.ndarray:
    return np.frombuffer(gzip.decompress(packed), "<f4")


@pytest.fixture(scope="module")
def large(image: explorer.ImageInput) -> Trace:
    """More values than go at once, on tiles that are smaller than the maps, some of them negative, one no number."""
    torch.manual_seed(3)
    conv = nn.Conv2d(3, N_PER_PAGE + 6, 3, padding=1)
    trace = explorer.run(as_network(nn.Sequential(conv, nn.AdaptiveAvgPool2d(1), nn.Flatten()), 128), image)
    assert trace["0"].size > MOST_EXACT
    return trace


@pytest.mark.parametrize("layer", ["conv1", "relu", "fc"])
def test_a_small_layer_goes_as_it_is(tiny_trace: Trace, layer: str) -> None:
    files = layer_files(tiny_trace, layer, by_channel=False)
    assert files.maps is not None
    assert np.array_equal(floats(files.maps), tiny_trace[layer].ravel())
    assert files.tiles == ()


@pytest.mark.parametrize("by_channel", [False, True])
def test_a_large_layer_goes_in_levels_each_the_colour_that_the_mosaic_has(large: Trace, by_channel: bool) -> None:
    files, maps = layer_files(large, "0", by_channel), as_maps(large["0"])
    assert files.maps is None
    assert files.tile_shape == reduced(maps[0]).shape == (112, 112)
    levels = np.concatenate([np.frombuffer(gzip.decompress(tile), np.uint8) for tile in files.tiles])
    levels = levels.reshape(len(maps), 112, 112)
    assert [len(gzip.decompress(tile)) for tile in files.tiles] == [N_PER_PAGE * 112 * 112, 6 * 112 * 112]
    for channel, scale in enumerate(channel_scales(large, "0", range(len(maps)), files.scale)):
        assert np.array_equal(levels[channel], scale.indices(reduced(maps[channel])))


def test_one_large_map_goes_whole_and_as_a_tile(image: explorer.ImageInput) -> None:
    conv = nn.Conv2d(3, 2, 3, padding=1)
    trace = explorer.run(as_network(nn.Sequential(conv, nn.AdaptiveAvgPool2d(1), nn.Flatten()), 160), image)
    files = layer_files(trace, "0", by_channel=False)
    assert files.maps is not None
    assert len(files.tiles) == 1
    assert np.array_equal(floats(files.maps), trace["0"].ravel())


@pytest.mark.parametrize("layer", ["conv1", "relu", "fc"])
def test_the_ranks_are_those_of_the_orders(tiny_trace: Trace, layer: str) -> None:
    lows, highs, means, zeros, added = floats(channel_ranks(tiny_trace, layer)).reshape(5, -1)
    assert np.array_equal(np.stack([lows, highs], 1), channel_ranges(tiny_trace, layer, range(len(lows)), "channel"))
    rows = {"mean": means, "maximum": highs, "zeros": zeros, "gradient × activation": added}
    for order, row in rows.items():
        assert np.argsort(-row, kind="stable").tolist() == channel_order(tiny_trace, layer, order)


def test_without_a_target_nothing_ranks_by_it(tiny_trace: Trace) -> None:
    trace = explorer.run(tiny_trace.network, tiny_trace.image)
    assert len(floats(channel_ranks(trace, "conv1"))) == 4 * len(as_maps(trace["conv1"]))


@pytest.mark.parametrize("low", [0.0, -3.7])
def test_browser_and_server_agree_on_every_colour(low: float) -> None:
    random = np.random.default_rng(5)
    scale = Scale(low, 5.3, "viridis") if low >= 0 else Scale(-5.3, 5.3, "signed")
    spread = random.uniform(low * 1.2 - 0.1, 6, 20_000).astype(np.float32)
    between = scale.low + (np.arange(1, 255) - 0.5) * (scale.high - scale.low) / 254  # where a level ends
    values = np.concatenate([spread, between.astype(np.float32), np.float32([0, scale.low, scale.high, 1e30])])
    given = {"values": values.tolist(), "scale": {"low": scale.low, "high": scale.high, "signed": scale.signed},
             "palette": palette(scale.palette).ravel().tolist()}  # fmt: skip
    drawn = in_node(
        "shared/colors.js",
        "[...all.painted(Float32Array.from(given.values), given.scale, Uint8Array.from(given.palette))]",
        given,
    )
    assert np.array_equal(np.reshape(drawn, (-1, 4))[:, :3], palette(scale.palette)[scale.indices(values)])


@pytest.mark.parametrize("order", ORDERS)
def test_browser_and_server_agree_on_every_order(pocket_trace: Trace, order: str) -> None:
    for layer in ("layer1.0.relu1", "layer3", "fc"):
        if layer not in [*pocket_trace.network.layers, *pocket_trace.network.stages]:
            continue
        ranks = floats(channel_ranks(pocket_trace, layer))
        given = {"ranks": ranks.tolist(), "n": len(as_maps(pocket_trace[layer])), "order": order}
        found = in_node(
            "viewer/ranking.js",
            "all.ordered(all.ranksOf(Float32Array.from(given.ranks).buffer, given.n), given.order)",
            given,
        )
        assert found == channel_order(pocket_trace, layer, order)


@pytest.mark.parametrize("scale", SCALES)
def test_browser_and_server_agree_on_every_scale(pocket_trace: Trace, scale: str) -> None:
    for layer in ("conv1", "layer2", "fc"):
        n = len(as_maps(pocket_trace[layer]))
        ranges = {name: channel_ranges(pocket_trace, layer, [0], name)[0] for name in ("layer", "network")}
        given = {"ranks": floats(channel_ranks(pocket_trace, layer)).tolist(), "n": n, "ranges": ranges, "scale": scale}
        found = in_node(
            "viewer/ranking.js",
            "Array.from({ length: given.n }, (_, c) => all.scaleOf("
            "all.ranksOf(Float32Array.from(given.ranks).buffer, given.n), given.ranges, given.scale, c))",
            given,
        )
        expected = channel_scales(pocket_trace, layer, range(n), scale)
        assert found == [{"low": one.low, "high": one.high, "signed": one.signed} for one in expected]


@pytest.mark.parametrize(
    ("layer", "what"), [("conv1", "gives"), ("conv1", "reads"), ("fc", "gives"), ("conv1", "weights")]
)
def test_what_a_small_layer_has_goes_in_one_part(tiny_trace: Trace, layer: str, what: What) -> None:
    (part,) = parts_near(tiny_trace, layer, 1, what)
    maps = read_by(tiny_trace, layer) if what == "reads" else as_maps(tiny_trace[layer])
    if what == "weights":
        maps = tiny_trace.network.weights(layer)["weight"]
    assert (part.first, part.n) == (0, len(maps))
    assert np.array_equal(floats(part.packed), maps.ravel())


@pytest.mark.parametrize("channel", [0, 17, N_PER_PAGE + 5])
def test_of_a_large_layer_the_exact_maps_around_a_channel_go(large: Trace, channel: int) -> None:
    maps, parts = large["0"], parts_near(large, "0", channel)
    assert all(part.n * maps[0].size <= MOST_EXACT for part in parts)
    assert parts[0].first <= channel < parts[0].first + parts[0].n
    numbers = sorted(part.first + i for part in parts for i in range(part.n))
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    around = range(max(0, channel - parts[0].n), min(len(maps), channel + parts[0].n))
    assert {around[0], around[-1]} <= set(numbers)
    for part in parts:
        assert np.array_equal(floats(part.packed), maps[part.first : part.first + part.n].ravel())
