"""Sheets and tables of filters, read again cell by cell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from torch import nn

import explorer
from explorer.drawing.color import N_COLORS, Scale, palette
from explorer.filters.curves import hue_bars, tuning_lines
from explorer.filters.figures import (
    filter_sheet,
    input_sheet,
    page_with,
    per_page,
    rgb_tile,
    scale_around,
    signed_tile,
    strongest_of,
)
from explorer.filters.gratings import ANGLES, FREQUENCIES, HUES, Tuning, tuning
from explorer.filters.measures import order, orders
from explorer.filters.tables import grating_table, tables_png, weight_tables
from explorer.filters.weights import folded, form, inputs_of, kernels, layers_with_kernels
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample
from explorer.trace import Trace
from tests.arrays import numbers, pixels_of
from tests.families import SMALLEST
from tests.tiny import chain, tiny_network


def cell(png: bytes, columns: int, n: int, i: int) -> NDArray[np.uint8]:
    """The i-th of n cells of a sheet, cut as the grid in the browser cuts it: in equal parts."""
    sheet = pixels_of(png, "RGBA")
    rows = -(-n // columns)
    height, width = sheet.shape[0] / rows, sheet.shape[1] / columns
    top, left = round(i // columns * height), round(i % columns * width)
    return sheet[top : top + round(height), left : left + round(width)]


def color(value: float, scale: Scale) -> list[int]:
    """The colour of a value, worked out from the ends of its scale."""
    at = (value - scale.low) / (scale.high - scale.low) * (N_COLORS - 1)
    return palette(scale.palette)[int(at + 0.5)].tolist()


# Pages


@pytest.mark.parametrize("n", [1, 63, 64, 65, 200])
def test_paging_reaches_everything_once_and_leads_back(n: int) -> None:
    ranked = list(np.random.default_rng(0).permutation(n))
    page = page_with(ranked, ranked[0], 64)
    assert page.previous is None
    seen, captions = [*page.shown], [page.caption("filters")]
    while page.following is not None:
        before, page = page, page_with(ranked, page.following, 64)
        assert page.previous == before.shown[0]
        seen += page.shown
        captions.append(page.caption("filters"))
    assert seen == ranked
    assert captions[0] == f"1 to {min(n, 64)} of {n} filters"
    assert captions[-1].endswith(f"to {n} of {n} filters")


def test_a_number_that_is_not_there_shows_the_first_page() -> None:
    assert page_with(range(100, 200), 5, 64).shown[0] == 100
    assert page_with(range(100, 200), 170, 64).shown == tuple(range(164, 200))


# Tiles


def test_zero_is_mid_grey_and_the_colours_of_a_filter_share_one_scale() -> None:
    weights = np.zeros((3, 7, 7), np.float32)
    weights[0, 0, 0], weights[1, 0, 0], weights[2, 6, 6] = 4, 2, -4
    tile = rgb_tile(weights)
    assert tile.shape == (112, 112, 4)
    assert tile[56, 56].tolist() == [128, 128, 128, 255]
    assert tile[0, 0].tolist() == [255, 191, 128, 255]  # full red, half green, no blue
    assert tile[-1, -1].tolist() == [128, 128, 0, 255]
    for y in range(7):
        for x in range(7):  # one square for each weight
            assert len(np.unique(tile[16 * y : 16 * y + 16, 16 * x : 16 * x + 16].reshape(-1, 4), axis=0)) == 1


def test_tiles_of_nothing_and_of_no_numbers() -> None:
    assert rgb_tile(np.zeros((3, 2, 2), np.float32))[..., :3].tolist() == np.full((112, 112, 3), 128).tolist()
    broken = np.full((3, 2, 2), np.nan, np.float32)
    assert (rgb_tile(broken)[..., :3] == 128).all()
    assert (signed_tile(broken[0], scale_around(broken[0]))[..., 3] == 0).all()


def test_scales_are_symmetric_whatever_the_signs() -> None:
    for values in ([1, 3], [-3, -1], [-3, 2], [np.nan, 3], [-np.inf, -3]):
        assert scale_around(np.array(values, np.float32)) == Scale(-3, 3, "signed")
    assert scale_around(np.zeros(2, np.float32)) == Scale(0, 0, "signed")


def test_signed_tiles() -> None:
    values = np.array([[-2.0, 0.0], [1.0, 2.0]], np.float32)
    tile = signed_tile(values, scale_around(values))
    assert tile[84, 28, :3].tolist() == color(1, Scale(-2, 2, "signed"))
    assert tile[28, 84].tolist() == [255, 255, 255, 255]
    assert signed_tile(numbers(5, 300), scale_around(numbers(5, 300))).shape == (2, 112, 4)


# Sheets


def test_first_layer_filters_stand_beside_their_responses(pocket_trace: Trace) -> None:
    ranked = order(pocket_trace, "conv1", "colour")
    sheet = filter_sheet(pocket_trace.network, "conv1", ranked, trace=pocket_trace)
    assert sheet.captions == tuple(map(str, ranked))
    weights = kernels(pocket_trace.network, "conv1")
    for i, index in enumerate(ranked):
        drawn = cell(sheet.png, sheet.columns, len(ranked), i)
        tile = rgb_tile(weights[index])
        np.testing.assert_array_equal(drawn[:112, :112], tile)
        values = pocket_trace["conv1"][index]
        response = signed_tile(values, scale_around(values))
        np.testing.assert_array_equal(drawn[:112, 114 : 114 + 112], response)


def test_beside_a_twin_the_filters_stand_alone(pocket: Network) -> None:
    sheet = filter_sheet(pocket, "conv1", range(32))
    assert sheet.columns == 8
    drawn = cell(sheet.png, 8, 32, 9)
    np.testing.assert_array_equal(drawn[:112, :112], rgb_tile(kernels(pocket, "conv1")[9]))


def test_folding_scales_and_turns_what_is_drawn(pocket: Network) -> None:
    weights, _ = folded(pocket, "layer1.0.conv1")
    tables = weight_tables(pocket, "layer1.0.conv1", 5, range(32), 7, is_folded=True)
    np.testing.assert_allclose(tables[0].values, weights[5, 7], rtol=1e-6)
    assert tables[0].scale.high == pytest.approx(np.abs(weights[5]).max())
    assert "folded" in tables[0].unit


def test_tables_side_by_side_make_one_picture(pocket: Network) -> None:
    tables = weight_tables(pocket, "conv1", 5, range(3), 0, is_folded=False)
    height, width = tables[0].values.shape
    pixels = pixels_of(tables_png(tables))
    factor = pixels.shape[0] // height
    assert pixels.shape == (height * factor, (3 * width + 2) * factor, 3)
    cells = pixels[factor // 2 :: factor, factor // 2 :: factor]
    for i, table in enumerate(tables):
        own = cells[:, i * (width + 1) : i * (width + 1) + width]
        assert np.array_equal(own, palette(table.scale.palette)[table.scale.indices(table.values)])


def test_where_the_batch_norm_takes_everything_away_the_sheet_says_so(
    pocket: Network, random_network: Callable[[str], Network]
) -> None:
    untrained = random_network("pocket_resnet")  # whose blocks start as their shortcuts
    silenced = filter_sheet(untrained, "layer1.0.conv2", range(32), is_folded=True)
    assert "nothing is left, so they are drawn unfolded. Training begins so" in silenced.reading
    unfolded = filter_sheet(untrained, "layer1.0.conv2", range(32))
    assert silenced.png == unfolded.png
    assert len(np.unique(pixels_of(silenced.png, "RGB").reshape(-1, 3), axis=0)) > 50  # not blank
    assert "nothing is left" not in filter_sheet(untrained, "layer1.0.conv2", range(32)).reading
    assert "nothing is left" not in filter_sheet(pocket, "layer1.0.conv2", range(32), is_folded=True).reading


def test_of_a_deeper_filter_the_strongest_kernel_is_shown_and_every_input_has_a_tile(pocket: Network) -> None:
    weights = kernels(pocket, "layer2.0.conv1")
    sheet = filter_sheet(pocket, "layer2.0.conv1", [9, 3])
    for i, index in enumerate((9, 3)):
        energy = [float((kernel.astype(np.float64) ** 2).sum()) for kernel in weights[index]]
        strongest = energy.index(max(energy))
        assert sheet.labels[i] == f"Filter {index}, its kernel for input {strongest}"
        drawn = cell(sheet.png, 2, 2, i)
        assert drawn[20, 20, :3].tolist() == color(
            float(weights[index, strongest, 0, 0]), scale_around(weights[index, strongest])
        )
    inputs = input_sheet(pocket, "layer2.0.conv1", 9, range(8, 32), False)
    assert inputs.labels == tuple(f"Input {i}" for i in range(8, 32))
    assert inputs.scale == scale_around(weights[9])
    for i in range(24):
        drawn = cell(inputs.png, 8, 24, i)
        for y in range(3):
            for x in range(3):
                expected = color(float(weights[9, 8 + i, y, x]), scale_around(weights[9]))
                assert drawn[37 * y + 18, 37 * x + 18, :3].tolist() == expected


def test_a_matrix_has_a_row_for_each_filter(pocket: Network) -> None:
    weights = kernels(pocket, "layer2.0.downsample.0")[:, :, 0, 0]
    sheet = filter_sheet(pocket, "layer2.0.downsample.0", [40, 2])
    assert sheet.columns == 1
    assert sheet.scale == scale_around(weights)
    drawn = pixels_of(sheet.png, "RGBA")
    assert drawn.shape == (52, 22 * 32, 4)
    for i, index in enumerate((40, 2)):
        for c in range(32):
            assert drawn[26 * i + 8, 22 * c + 11, :3].tolist() == color(float(weights[index, c]), scale_around(weights))
    assert "stands for" not in sheet.reading


def test_a_matrix_too_wide_to_show_keeps_the_largest_weight_of_neighbours() -> None:
    rows = numbers(3, 10)
    shown = strongest_of(rows, 4)
    assert shown.shape == (3, 3)
    for r in range(3):
        for i in range(3):
            group = [float(w) for w in rows[r, 4 * i : 4 * i + 4]]
            assert shown[r, i] == max(group, key=abs)
    np.testing.assert_array_equal(strongest_of(rows, 1), rows)
    network = tiny_network(chain(nn.Conv2d(3, 1500, 1), nn.Conv2d(1500, 4, 1)))
    sheet = filter_sheet(network, "1", range(4))
    assert "Each column stands for 3 inputs" in sheet.reading
    assert pixels_of(sheet.png, "RGBA").shape == (104, 500, 4)


# Numbers


def test_tables_of_a_colour_filter_hold_its_weights(pocket: Network) -> None:
    tables = weight_tables(pocket, "conv1", 3, range(3), 0, is_folded=False)
    assert [table.title for table in tables] == ["Red", "Green", "Blue"]
    for table, plane in zip(tables, kernels(pocket, "conv1")[3], strict=True):
        np.testing.assert_array_equal(table.values, plane)
        assert table.is_printed
        assert table.scale == scale_around(kernels(pocket, "conv1")[3])


def test_large_kernels_are_printed_on_demand_only() -> None:
    network = tiny_network(chain(nn.Conv2d(3, 2, 8), nn.Conv2d(2, 2, 7)))
    assert not weight_tables(network, "0", 0, range(3), 0, False)[0].is_printed
    assert weight_tables(network, "1", 0, range(2), 1, False)[0].is_printed


def test_the_weights_of_points_are_listed_input_by_input() -> None:
    network = tiny_network(chain(nn.Conv2d(3, 20, 3), nn.Conv2d(20, 4, 1, groups=2)))
    shown = list(inputs_of(network, "1", 3))
    assert shown == list(range(10, 20))
    (table,) = weight_tables(network, "1", 3, shown, 10, False)
    assert table.values.shape == (2, 8)
    np.testing.assert_array_equal(table.values.ravel()[:10], kernels(network, "1")[3, :, 0, 0])
    assert np.isnan(table.values.ravel()[10:]).all()
    assert table.labels is not None
    assert [*table.labels[0], *table.labels[1]] == [f"input {i}" for i in shown] + [""] * 6
    assert table.rows == ("10", "18")
    (later,) = weight_tables(network, "1", 3, shown[4:7], 10, False)
    np.testing.assert_array_equal(later.values[0, :3], kernels(network, "1")[3, 4:7, 0, 0])


def test_a_grouped_filter_s_kernel_is_found_by_the_number_of_its_input() -> None:
    network = tiny_network(chain(nn.Conv2d(3, 6, 3), nn.Conv2d(6, 4, 3, groups=2)))
    (table,) = weight_tables(network, "1", 3, [3, 4, 5], 4, False)
    np.testing.assert_array_equal(table.values, kernels(network, "1")[3, 1])
    assert table.title == "Its kernel for input 4"
    assert input_sheet(network, "1", 3, [3, 4, 5], False).labels == ("Input 3", "Input 4", "Input 5")


def test_answers_in_a_table_in_curves_and_in_bars() -> None:
    network = tiny_network(chain(nn.Conv2d(3, 2, 5)))
    tuned = tuning(network, "0")
    table = grating_table(tuned, "0", 1)
    for i in range(len(ANGLES)):
        for j in range(len(FREQUENCIES)):
            assert table.values[j, i] == tuned.gratings[1, i, j]
    assert (len(table.rows), len(table.columns)) == (6, 12)
    assert table.scale.high == tuned.gratings[1].max()
    curves = tuning_lines(tuned, 1)
    assert list(curves.steps) == list(ANGLES)
    for j, line in enumerate(curves.lines):
        assert line.name == f"{1 / FREQUENCIES[j]:.0f} pixels"
        assert np.array_equal(line.values, table.values[j])
    assert len({line.look for line in curves.lines}) == len(FREQUENCIES)
    assert curves.y.low == 0
    assert table.scale.high <= curves.y.high < 2 * table.scale.high
    bars = hue_bars(tuned, 1)
    assert bars is not None
    assert tuned.hues is not None
    (answers,) = bars.series
    assert np.array_equal(answers.values, tuned.hues[1])
    assert [answers.colors[HUES.index(hue)] for hue in (0, 120, 240)] == ["#ff0000", "#00ff00", "#0000ff"]
    assert [bars.names[HUES.index(hue)] for hue in (0, 120, 240)] == ["red 0°", "green 120°", "blue 240°"]
    assert bars.x.low <= answers.values.min()
    assert answers.values.max() <= bars.x.high


@pytest.mark.parametrize("value", [0.0, -1.0, 2.0, np.nan])
def test_answers_that_are_all_alike_have_axes(value: float) -> None:
    same = np.full((1, 12), value, np.float32)
    tuned = Tuning(np.full((1, 12, 6), abs(value), np.float32), same, 32)
    for axis in (tuning_lines(tuned, 0).y, hue_bars(tuned, 0).x):  # type: ignore[union-attr]
        assert axis.low < axis.high
    assert hue_bars(Tuning(tuned.gratings, None, 32), 0) is None


# Every network


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALLEST.values())
def test_every_family_has_sheets_tables_and_orders(random_network: Callable[[str], Network], name: str) -> None:
    network = random_network(name)
    trace = explorer.run(network, load_sample("coffee"), "top")
    names = layers_with_kernels(network)
    convolutions = [layer for layer in names if network.layer(layer).kind == "convolution"] or names
    for layer in dict.fromkeys([convolutions[0], convolutions[len(convolutions) // 2], convolutions[-1], names[-1]]):
        weights = kernels(network, layer)
        assert len(weights) == network.layer(layer).n_channels
        for chosen in orders(network, layer):
            ranked = order(trace, layer, chosen)
            assert sorted(ranked) == list(range(len(weights)))
        page = page_with(ranked, ranked[-1], per_page(network, layer))
        for is_folded in (False, True):
            sheet = filter_sheet(network, layer, page.shown, is_folded, trace)
            assert sheet.captions == tuple(map(str, page.shown))
            assert pixels_of(sheet.png, "RGBA")[..., 3].any()
            index = page.shown[-1]
            inputs = inputs_of(network, layer, index)
            shown = page_with(inputs, inputs[-1], 64).shown
            tables = weight_tables(network, layer, index, shown, inputs[-1], is_folded)
            printed = np.concatenate([table.values.ravel() for table in tables])
            assert np.isfinite(printed).any()
            if form(network, layer) == "stack":
                assert len(input_sheet(network, layer, index, shown, is_folded).captions) == len(shown)
