"""Maps in rows and columns, read again pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.attribution import class_activation_map
from explorer.drawing.charts import figure
from explorer.drawing.color import Scale, palette, scale_for, scale_of
from explorer.feature_maps.channels import layer_histogram
from explorer.feature_maps.figures import change_bars, correlation_png, histogram_bars, loss_bars
from explorer.feature_maps.film import (
    MOST_LAYERS,
    LeftOut,
    beside,
    drawable,
    evidence,
    film,
    film_array,
    film_layers,
    left_out,
    photos,
    plate,
)
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.trace import Trace, as_maps
from explorer.wording import percent
from tests.arrays import numbers, pixels_of
from tests.tiny import as_network, noise_image

GAP = 4


def test_every_value_of_a_plate_is_a_square_in_its_place() -> None:
    maps = [numbers(4, 4), numbers(2, 8, seed=1), numbers(1, 1, seed=2)]
    scales = [Scale(-limit, limit, "signed") for limit in (1.0, 2.0, 3.0)]
    side, pitch = 16, 16 + GAP
    tiles = list(zip(maps, scales, strict=True))
    decoded = pixels_of(plate([[tiles[0], tiles[1]], [None, tiles[2]]], side), "RGBA")
    assert decoded.shape == (2 * pitch, 2 * pitch, 4)
    expected = np.zeros_like(decoded)
    for (row, column), (values, scale) in zip(((0, 0), (0, 1), (1, 1)), tiles, strict=True):
        times = side // max(values.shape)
        height, width = values.shape[0] * times, values.shape[1] * times
        top, left = row * pitch + (pitch - height) // 2, column * pitch + (pitch - width) // 2
        for y, x in np.ndindex(height, width):
            color = palette("signed")[scale.indices(values[y // times : y // times + 1, x // times : x // times + 1])]
            expected[top + y, left + x] = [*color[0, 0], 255]
    assert np.array_equal(decoded[..., 3], expected[..., 3])
    shown = expected[..., 3] > 0
    assert np.array_equal(decoded[shown], expected[shown])


def test_what_is_no_number_is_a_hole_in_a_plate() -> None:
    values = np.array([[np.nan, 1.0], [0.0, np.inf]], np.float32)
    decoded = pixels_of(plate([[(values, Scale(0, 1, "viridis"))]], 2), "RGBA")[2:4, 2:4]
    assert decoded[..., 3].tolist() == [[0, 255], [255, 255]]
    assert decoded[0, 1].tolist() == decoded[1, 1].tolist() == [*palette("viridis")[254], 255]


def test_large_maps_are_reduced_by_area() -> None:
    values = numbers(32, 32)
    scale = scale_of(values)
    decoded = pixels_of(plate([[(values, scale)]], 16), "RGBA")[2:18, 2:18, :3].astype(int)
    reduced = values.reshape(16, 2, 16, 2).mean(axis=(1, 3))
    assert np.abs(decoded - palette("signed")[scale.indices(reduced)]).max() <= 8  # a step of colour at most


def test_photographs_stand_where_the_maps_do() -> None:
    pixels = noise_image(120, 120).pixels
    decoded = pixels_of(photos([pixels, pixels[:, :60]], 120), "RGBA")
    pitch = 120 + GAP
    assert decoded.shape == (pitch, 2 * pitch, 4)
    assert np.array_equal(decoded[2:122, 2:122, :3], pixels)
    left = pitch + (pitch - 60) // 2
    assert np.array_equal(decoded[2:122, left : left + 60, :3], pixels[:, :60])
    assert decoded[..., 3].sum() == 255 * (120 * 120 + 120 * 60)


# Films


def test_a_film_holds_each_channel_of_each_layer_on_its_own_scale(tiny_trace: Trace) -> None:
    layers = ("relu", "pool", "cat")
    view = film(tiny_trace, layers, 4, 8)
    assert view.channels == tuple(range(4, 12))
    assert not view.is_signed
    decoded, pitch = pixels_of(view.png, "RGBA"), 112 + GAP
    blank = set()
    for row, channel in enumerate(view.channels):
        for column, layer in enumerate(layers):
            middle = decoded[row * pitch : (row + 1) * pitch, column * pitch : (column + 1) * pitch]
            maps = tiny_trace[layer]
            if channel >= len(maps):
                blank.add(row * len(layers) + column)
                assert not middle[..., 3].any()
                continue
            n = maps.shape[1]
            colors = palette("viridis")[scale_for(0, float(maps[channel].max())).indices(maps[channel])]
            for y, x in np.ndindex(n, n):  # the middle of each square
                at = tuple(2 + int((i + 0.5) * 112 / n) for i in (y, x))
                assert np.array_equal(middle[at][:3], colors[y, x])
    assert view.blank == blank
    assert blank


def test_one_negative_map_makes_the_whole_film_diverging(tiny_trace: Trace) -> None:
    view = film(tiny_trace, ("relu", "conv2"), 0, 2)
    assert view.is_signed
    assert "blue" in view.colors
    values = tiny_trace["relu"][1]
    scale = Scale(-float(values.max()), float(values.max()), "signed")
    n = len(values)
    y, x = np.unravel_index(values.argmax(), values.shape)
    at = 112 + GAP + 2 + int((y + 0.5) * 112 / n), 2 + int((x + 0.5) * 112 / n)
    assert np.array_equal(pixels_of(view.png, "RGBA")[at][:3], palette("signed")[scale.indices(values)][y, x])


def test_maps_of_one_cell_are_on_the_scale_of_their_layer(tiny_trace: Trace) -> None:
    view = film(tiny_trace, ("fc",), 0, 4)
    scale = scale_of(tiny_trace["fc"])
    assert scale.signed
    for i, value in enumerate(tiny_trace["fc"]):
        color = pixels_of(view.png, "RGBA")[i * (112 + GAP) + 58, 58, :3]
        assert np.array_equal(color, palette("signed")[scale.indices(np.array([value]))][0])


def test_the_columns_of_a_film_are_stages_or_the_way_to_one(pocket: Network) -> None:
    assert film_layers(pocket) == ("relu", "layer1", "layer2", "layer3", "layer4")  # avgpool and fc have no maps
    names = list(pocket.layers)
    way = film_layers(pocket, "layer2")
    assert names[names.index(way[0]) - 1] == pocket.resolve("layer1")
    assert way[-1] == pocket.resolve("layer2")
    assert way == tuple(names[names.index(way[0]) : names.index(way[-1]) + 1])
    assert film_layers(pocket, None, 64) == ("layer3", "layer4")  # the others have no channel 64
    assert film_layers(pocket, None, 248) == ("layer4",)
    assert left_out(pocket, None, 0) == LeftOut(("avgpool", "fc"), ())
    assert left_out(pocket, None, 64) == LeftOut(("avgpool", "fc"), ("relu", "layer1", "layer2"))
    for first in (0, 40, 248):  # every column has at least a map, and every stage is a column or said to be none
        layers, absent = film_layers(pocket, None, first), left_out(pocket, None, first)
        assert all(pocket.layer(name).n_channels > first for name in layers)
        assert {*layers, *absent.without_maps, *absent.too_few} == {*pocket.stages}
    assert film_layers(pocket, "relu") == ("conv1", "bn1", "relu")
    assert film_layers(pocket, "fc")[-1] == "fc"
    assert film_layers(explorer.load_network("mlp", "random"))[-1] == explorer.load_network("mlp", "random").stages[-1]


def test_a_film_of_very_many_operations_shows_the_last() -> None:
    layers = [nn.Conv2d(3, 3, 3, padding=1) for _ in range(MOST_LAYERS + 9)]
    network = as_network(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 4)), 8)
    (stage, *_) = network.stages
    way = film_layers(network, stage)
    assert len(way) == MOST_LAYERS
    assert way[-1] == network.resolve(stage)


def test_the_numbers_of_a_film_are_the_layers_own(pocket_trace: Trace) -> None:
    layers, channels = ("layer1", "layer2", "layer4"), range(28, 36)
    found = film_array(pocket_trace, layers, channels)
    assert found.shape == (3, 8, 40, 40)
    for i, layer in enumerate(layers):
        maps = pocket_trace[layer]
        for j, channel in enumerate(channels):
            if channel >= len(maps):
                assert np.isnan(found[i, j]).all()
            else:
                height, width = maps[channel].shape
                assert np.array_equal(found[i, j, :height, :width], maps[channel])
                assert np.isfinite(found[i, j]).sum() == height * width


# Side by side


def test_pictures_side_by_side_share_one_scale(tiny: Network, tiny_trace: Trace) -> None:
    traces = [tiny_trace, explorer.run(tiny, noise_image(seed=5))]
    view = beside(traces, "relu", 3)
    highest = max(float(trace["relu"][3].max()) for trace in traces)
    assert view.scale == Scale(0, highest, "viridis")
    decoded, pitch = pixels_of(view.maps, "RGBA"), 224 + GAP
    for i, trace in enumerate(traces):
        values = trace["relu"][3]
        assert np.array_equal(view.values[i], values)
        y, x = np.unravel_index(values.argmax(), values.shape)
        n = len(values)
        at = 2 + int((y + 0.5) * 224 / n), i * pitch + 2 + int((x + 0.5) * 224 / n)
        assert np.array_equal(decoded[at][:3], palette("viridis")[view.scale.indices(values)][y, x])
    assert pixels_of(view.photos, "RGBA").shape == decoded.shape


def test_where_the_maps_have_ended_all_numbers_are_shown(tiny_trace: Trace) -> None:
    shown = drawable(tiny_trace, "mean", 5)
    assert shown.shape == (3, 4)
    assert np.array_equal(shown.ravel(), tiny_trace["mean"])
    assert np.array_equal(drawable(tiny_trace, "relu", 5), tiny_trace["relu"][5])


def test_evidence_before_and_after_is_on_one_scale(pocket: Network, pocket_trace: Trace) -> None:
    cam = class_activation_map(pocket_trace)
    view = evidence([pocket_trace, pocket_trace], [cam, cam * 3])
    assert view.scale == Scale(0, float((cam * 3).max()), "inferno")
    decoded = pixels_of(view.photos, "RGBA")
    first, second = decoded[:, : 224 + GAP].astype(int), decoded[:, 224 + GAP :].astype(int)
    assert second.sum() > first.sum()  # brighter, for the scale is shared
    silent = evidence([pocket_trace, pocket_trace], [cam * 0, cam * 0])
    assert silent.scale == Scale(0, 0, "inferno")


# Charts


def test_a_histogram_has_its_shares_and_its_bars(pocket_trace: Trace) -> None:
    values = pocket_trace["layer2.0.bn1"]
    found = layer_histogram(pocket_trace, "layer2.0.bn1")
    chart = histogram_bars(found)
    parts = {part.name.split(" ")[0]: part for part in chart.parts}
    expected = {"negative": (values < 0).mean(), "zero": (values == 0).mean(), "positive": (values > 0).mean()}
    assert {name: part.share for name, part in parts.items()} == pytest.approx({k: v for k, v in expected.items() if v})
    for name, part in parts.items():
        assert part.name == f"{name} {percent(part.share)}"
    assert len({part.color for part in parts.values()}) == len(parts)
    assert chart.counts.sum() == np.count_nonzero(values)
    assert np.array_equal(chart.counts, found.counts)
    assert chart.x.low < values.min() < values.max() < chart.x.high
    assert chart.y.low == 0
    assert chart.y.high >= found.counts.max()


def test_charts_of_nothing_and_of_one_value() -> None:
    network = as_network(nn.Sequential(nn.Conv2d(3, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 4)), 8)
    for fill in (0.0, float("nan"), 2.0):
        with torch.no_grad():
            for parameter in network.graph.recorder.parameters():
                parameter.fill_(fill)
        trace = explorer.run(network, noise_image())
        for layer in network.layers:
            found = layer_histogram(trace, layer)
            chart = histogram_bars(found)
            assert sum(part.share for part in chart.parts) == pytest.approx(1)
            assert chart.y.high == int(chart.y.high) >= max(1, found.counts.max())
            assert len(figure(chart)["data"]) == 1 + len(chart.parts)
            assert found.n_values == trace[layer].size
            assert film(trace, (layer,), 0).blank == {2, 3, 4, 5, 6, 7} or len(as_maps(trace[layer])) > 2


def test_a_matrix_of_correlations_is_drawn_cell_by_cell() -> None:
    matrix = np.array([[1, -0.5, np.nan], [-0.5, 1, 0], [np.nan, 0, np.nan]], np.float32)
    decoded = pixels_of(correlation_png(matrix), "RGBA")
    side = decoded.shape[0] // 3
    assert decoded.shape[:2] == (3 * side, 3 * side)
    for y, x in np.ndindex(3, 3):
        tile = decoded[y * side : (y + 1) * side, x * side : (x + 1) * side]
        if np.isnan(matrix[y, x]):
            assert not tile[..., 3].any()
        else:
            expected = palette("signed")[Scale(-1, 1, "signed").indices(matrix[y : y + 1, x : x + 1])][0, 0]
            assert (tile[..., :3] == expected).all()


def test_a_change_is_told_before_and_after() -> None:
    before, after = np.array([0.5, 0.1, 0.25], np.float32), np.array([0.25, 0.1, np.nan], np.float32)
    chart = change_bars(["cat", "dog", "fox"], before, after)
    first, second = chart.series
    assert first.values.tolist() == pytest.approx([50, 10, 25])
    assert second.values.tolist() == pytest.approx([25, 10, math.nan], nan_ok=True)
    assert [one.is_hollow for one in chart.series] == [True, False]
    assert list(second.texts) == ["50.0 % → 25.0 % (-25.0)", "10.0 % → 10.0 % (+0.0)", "25.0 % → no number"]
    assert (chart.x.low, chart.x.high) == (0, 50)


def test_losses_are_the_changes_of_their_channels() -> None:
    changes = np.array([1, -2, 0.5, math.nan], np.float32)
    chart = loss_bars([1, 3, 2], changes, "cat")
    (bars,) = chart.series
    assert list(chart.names) == ["channel 1", "channel 3", "channel 2"]
    assert bars.values.tolist() == pytest.approx([-2, math.nan, 0.5], nan_ok=True)
    assert bars.colors[0] != bars.colors[2]
    assert (chart.x.low, chart.x.high) == (-2, 2)
    level = loss_bars([0], np.zeros(1, np.float32), "cat").x
    assert level.low < level.high


def test_a_sample_reads_the_same_beside_itself(pocket: Network, pocket_trace: Trace, image: ImageInput) -> None:
    again = explorer.run(pocket, load_sample("chelsea"))
    values = beside([pocket_trace, again, explorer.run(pocket, image)], "layer3", 7).values
    assert np.allclose(values[0], values[1], atol=1e-6)
    assert not np.allclose(values[0], values[2], atol=1e-3)
