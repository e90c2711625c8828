"""From numbers to colours and back: what is drawn is read again, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.drawing.color import MISSING, N_COLORS, SEQUENTIAL, Scale, palette, scale_for, scales_for
from explorer.drawing.picture import (
    contact_sheet,
    countable,
    enlarge,
    fold,
    heat_map,
    mosaic,
    overlay,
    png_of_pixels,
    thumbnail,
)
from explorer.feature_maps.channels import ORDERS, SCALES, channel_order
from explorer.feature_maps.figures import N_PER_PAGE, channel_view, layer_view, page_of
from explorer.pictures.image import ImageInput
from explorer.trace import Trace, as_maps
from tests.arrays import numbers, pixels_of
from tests.tiny import as_network, noise_image

MIDDLE = (N_COLORS - 1) // 2
GAP = 2


# Scales


def test_values_that_are_never_negative_begin_at_zero() -> None:
    assert scale_for(2, 5) == Scale(0, 5, "viridis")
    assert scale_for(0, 5, "inferno") == Scale(0, 5, "inferno")
    assert scale_for(0, 0) == Scale(0, 0, "viridis")
    assert not scale_for(0, 5).signed


@pytest.mark.parametrize(("low", "high"), [(-1, 3), (-3, 1), (-2, -1), (-1e-30, 1e30), (-5, 0)])
def test_values_of_both_signs_are_symmetric_about_white(low: float, high: float) -> None:
    scale = scale_for(low, high, "inferno")
    assert scale.signed
    assert scale.high == -scale.low == max(-low, high)
    zero = scale.indices(np.zeros((1, 1), np.float32))
    assert zero.item() == MIDDLE
    assert palette("signed")[MIDDLE].tolist() == [255, 255, 255]
    ends = scale.indices(np.array([scale.low, scale.high], np.float32))
    assert ends.tolist() == [0, N_COLORS - 1]


def test_signed_colours_are_blue_below_and_red_above_and_paler_towards_zero() -> None:
    colors = palette("signed")[:N_COLORS].astype(int)
    assert (colors[:MIDDLE, 2] > colors[:MIDDLE, 0]).all()
    assert (colors[MIDDLE + 1 :, 0] > colors[MIDDLE + 1 :, 2]).all()
    lightness = colors.sum(axis=1)
    assert (np.diff(lightness[: MIDDLE + 1]) >= 0).all()
    assert (np.diff(lightness[MIDDLE:]) <= 0).all()
    assert (lightness == 765).sum() == 1


@pytest.mark.parametrize("name", ["inferno", "viridis", "cividis"])
def test_sequential_colours_run_from_dark_to_light(name: str) -> None:
    red, green, blue = palette(name)[:N_COLORS].astype(float).T
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    assert (np.diff(luminance) > -1.5).all()  # rounding to 8 bits
    assert luminance[-1] - luminance[0] > 100


def test_palettes_are_rgb_and_read_only() -> None:
    assert palette("viridis")[N_COLORS - 1] == pytest.approx([253, 231, 37], abs=3)  # yellow, not blue-green
    for name in (*SEQUENTIAL, "signed"):
        assert palette(name).shape == (256, 3)
        with pytest.raises(ValueError, match="read-only"):
            palette(name)[0] = 0


def test_scales_of_one_picture_share_a_palette() -> None:
    assert scales_for([(0, 2), (1, 5)]) == [Scale(0, 2, "viridis"), Scale(0, 5, "viridis")]
    mixed = scales_for([(0, 2), (-3, 1), (-1, -0.5)])
    assert mixed == [Scale(-2, 2, "signed"), Scale(-3, 3, "signed"), Scale(-1, 1, "signed")]
    assert scales_for([]) == []


@pytest.mark.parametrize("scale", [Scale(0, 3, "viridis"), Scale(-2, 2, "signed"), Scale(0, 1e-20, "inferno")])
def test_higher_values_have_higher_colours(scale: Scale) -> None:
    span = scale.high - scale.low
    values = np.linspace(scale.low - span, scale.high + span, 5001, dtype=np.float32)
    indices = scale.indices(values).astype(int)
    assert (np.diff(indices) >= 0).all()
    assert set(indices) == set(range(N_COLORS))
    inside = (values >= scale.low) & (values <= scale.high)
    expected = (values[inside].astype(np.float64) - scale.low) / span * (N_COLORS - 1)
    assert np.abs(indices[inside] - expected).max() <= 0.51


def test_what_is_no_number_is_a_hole_and_infinity_an_end() -> None:
    values = np.array([np.nan, -np.inf, 0, np.inf, np.nan], np.float32)
    assert Scale(-1, 1, "signed").indices(values).tolist() == [MISSING, 0, MIDDLE, N_COLORS - 1, MISSING]
    assert Scale(0, 0, "viridis").indices(values[[0, 2]]).tolist() == [MISSING, 0]
    assert pixels_of(heat_map(values[None], Scale(-1, 1, "signed")), "RGBA")[0, :, 3].tolist() == [0, 255, 255, 255, 0]


def test_a_map_of_one_value_is_dark_or_white() -> None:
    flat = np.zeros((2, 2), np.float32)
    assert (scale_for(0, 0).indices(flat) == 0).all()
    assert (Scale(0, 0, "signed").indices(flat) == MIDDLE).all()


@pytest.mark.parametrize("name", [*SEQUENTIAL, "signed"])
def test_a_legend_runs_from_end_to_end_of_its_palette(name: str) -> None:
    stops = Scale(-1, 1, name).stops(5)
    wanted = [0, round(MIDDLE / 2), MIDDLE, round(3 * MIDDLE / 2), N_COLORS - 1]
    expected = [palette(name)[i] for i in wanted]
    assert stops == ["#{:02x}{:02x}{:02x}".format(*color) for color in expected]
    assert len(Scale(0, 1, name).stops()) == 17


# Pictures


@pytest.mark.parametrize("scale", [Scale(0, 2, "viridis"), Scale(-2, 2, "signed"), Scale(0, 1, "textbook")])
def test_a_heat_map_has_one_pixel_a_value_in_its_colour(scale: Scale) -> None:
    values = numbers(5, 7)
    decoded = pixels_of(heat_map(values, scale), "RGBA")
    assert decoded.shape == (5, 7, 4)
    assert np.array_equal(decoded[..., :3], palette(scale.palette)[scale.indices(values)])
    assert (decoded[..., 3] == 255).all()


def test_pixels_survive_as_png() -> None:
    pixels = noise_image(9, 6).pixels
    assert np.array_equal(pixels_of(png_of_pixels(pixels)), pixels)


@pytest.mark.parametrize(("n", "columns", "shape"), [(7, 3, (4, 6)), (1, 1, (1, 1)), (64, 8, (30, 30)), (9, 8, (7, 2))])
def test_tiles_of_a_mosaic_are_where_and_what_they_should_be(n: int, columns: int, shape: tuple[int, int]) -> None:
    maps = numbers(n, *shape)
    scales = [scale_for(float(values.min()) - 1, float(values.max())) for values in maps]
    png, factor = mosaic(list(maps), scales, columns)
    times = 112 // max(shape)
    assert factor == times
    height, width = shape[0] * times, shape[1] * times
    decoded = pixels_of(png, "RGBA")
    rows = -(-n // columns)
    assert decoded.shape == (rows * (height + GAP), columns * (width + GAP), 4)
    expected = np.zeros_like(decoded)
    for i in range(n):
        for y in range(height):
            row = i // columns * (height + GAP) + y
            left = i % columns * (width + GAP)
            line = palette("signed")[scales[i].indices(maps[i, y // times].repeat(times))]
            expected[row, left : left + width, :3] = line
            expected[row, left : left + width, 3] = 255
    assert np.array_equal(decoded[..., 3], expected[..., 3])
    shown = expected[..., 3] > 0
    assert np.array_equal(decoded[shown], expected[shown])


def test_large_maps_are_reduced_by_area() -> None:
    maps = numbers(2, 224, 224)
    scale = scale_for(float(maps.min()), float(maps.max()))
    png, factor = mosaic(list(maps), [scale, scale], 2)
    assert factor == 0.5
    reduced = maps.reshape(2, 112, 2, 112, 2).mean(axis=(2, 4))
    decoded = pixels_of(png)
    for i, left in ((0, 0), (1, 112 + GAP)):
        found = decoded[:112, left : left + 112].astype(int)
        assert np.abs(found - palette("signed")[scale.indices(reduced[i])]).max() <= 8  # a step of colour at most


def test_countable_repeats_each_value_or_reduces() -> None:
    values = numbers(3, 5)
    enlarged = countable(values, 17)
    assert enlarged.shape == (9, 15)
    assert all(enlarged[y, x] == values[y // 3, x // 3] for y, x in np.ndindex(enlarged.shape))
    assert np.array_equal(countable(values, 5), values)
    flat = np.full((40, 10), 3.5, np.float32)
    assert countable(flat, 20).shape == (20, 5)
    assert (countable(flat, 20) == 3.5).all()
    assert countable(np.zeros((1000, 1), np.float32), 10).shape == (10, 1)


def test_enlarging_stays_in_the_range_and_keeps_places() -> None:
    for seed in range(5):
        values = numbers(4, 6, seed=seed)
        enlarged = enlarge(values, 50, 90)
        assert enlarged.shape == (50, 90)
        assert values.min() <= enlarged.min() < enlarged.max() <= values.max()
    peak = np.zeros((4, 6), np.float32)
    peak[3, 1] = 1
    y, x = np.unravel_index(enlarge(peak, 40, 60).argmax(), (40, 60))
    assert (y // 10, x // 10) == (3, 1)
    assert (enlarge(np.full((2, 3), 7, np.float32), 11, 5) == 7).all()
    assert enlarge(numbers(6, 4)[:, ::-1].T, 8, 12).shape == (8, 12)  # a view that is not contiguous


def test_an_overlay_is_the_mean_of_picture_and_map() -> None:
    pixels, values, scale = noise_image(40, 60).pixels, np.abs(numbers(4, 6)), Scale(0, 2, "inferno")
    heat = palette("inferno")[scale.indices(enlarge(values, 40, 60))].astype(float)
    for opacity in (0.5, 0.2):
        expected = pixels * (1 - opacity) + heat * opacity
        found = overlay(pixels, values, scale, opacity)
        assert found.shape == (40, 60, 3)
        assert np.abs(found - expected).max() <= 0.51
    assert np.array_equal(overlay(pixels, values, scale, 0), pixels)


def test_numbers_are_folded_row_by_row() -> None:
    assert fold(np.arange(4, dtype=np.float32)).tolist() == [[0, 1], [2, 3]]
    folded = fold(np.arange(11, dtype=np.float32))
    assert folded.shape == (3, 4)
    assert folded.ravel()[:11].tolist() == list(range(11))
    assert np.isnan(folded[2, 3])
    assert fold(np.ones(1, np.float32)).tolist() == [[1]]
    for n in range(1, 60):
        height, width = fold(np.zeros(n, np.float32)).shape
        assert height * width - n < width
        assert 0 <= width - height <= 1


def test_a_thumbnail_is_the_picture_made_small() -> None:
    pixels = np.full((100, 200, 3), 90, np.uint8)
    assert thumbnail(pixels, 50).shape == (25, 50, 3)
    assert (thumbnail(pixels, 50) == 90).all()
    assert np.array_equal(thumbnail(noise_image(20, 30).pixels, 160), noise_image(20, 30).pixels)  # never enlarged
    assert thumbnail(np.zeros((1, 2048, 3), np.uint8), 100).shape == (1, 100, 3)


def test_a_frame_is_white_and_what_is_outside_dark() -> None:
    pixels = np.full((100, 200, 3), 90, np.uint8)
    framed = thumbnail(pixels, 100, frame=(20, 40, 80, 160))[..., 0]
    assert framed.shape == (50, 100)
    expected = np.full((50, 100), 30)
    expected[10:40, 20:80] = 255
    expected[11:39, 21:79] = 90
    assert np.array_equal(framed, expected)
    assert (pixels == 90).all()
    whole = thumbnail(pixels, 200, frame=(0, 0, 100, 200))[..., 0]
    assert (whole[0] == 255).all()
    assert (whole[:, -1] == 255).all()
    assert (whole[1:-1, 1:-1] == 90).all()


def test_a_contact_sheet_cuts_to_squares_row_by_row() -> None:
    pictures = [np.full((10 + 5 * i, 20, 3), 40 * i, np.uint8) for i in range(5)]
    pictures[1][:, [0, -1]] = 255  # cut away: 15 of 20 columns stay
    sheet = contact_sheet(pictures, columns=3, side=10)
    assert sheet.shape == (20, 30, 4)
    for i in range(5):
        tile = sheet[i // 3 * 10 : i // 3 * 10 + 10, i % 3 * 10 : i % 3 * 10 + 10]
        assert (tile[:, :, :3] == 40 * i).all()
        assert (tile[:, :, 3] == 255).all()
    assert (sheet[10:, 20:] == 0).all()


# A layer's channels


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("order", ORDERS)
def test_the_pages_of_a_layer_hold_every_channel_once(pocket_trace: Trace, order: str, scale: str) -> None:
    ranked = channel_order(pocket_trace, "layer3", order)
    found: list[int] = []
    while len(found) < 128:
        page = page_of(pocket_trace, "layer3", order, ranked[len(found)])
        view = layer_view(pocket_trace, "layer3", order, scale, page)
        assert page == len(found) // N_PER_PAGE
        found += view.channels
    assert found == ranked
    assert sorted(found) == list(range(128))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("layer", ["conv1", "relu", "fc"])
def test_a_tile_shows_its_channel_on_its_scale(tiny_trace: Trace, layer: str, scale: str) -> None:
    maps = as_maps(tiny_trace[layer])
    view = layer_view(tiny_trace, layer, "mean", scale, page=0)
    decoded, times = pixels_of(view.png), int(view.factor)
    height, width = maps.shape[1] * times, maps.shape[2] * times
    assert view.columns == len(maps)
    assert (view.shared_scale is None) == (scale == "channel")
    for i, channel in enumerate(view.channels):
        single = channel_view(tiny_trace, layer, scale, channel)
        assert np.array_equal(single.values, maps[channel])
        expected = palette(single.scale.palette)[single.scale.indices(maps[channel])]
        left = i * (width + GAP)
        assert np.array_equal(decoded[:height:times, left : left + width : times], expected)
        if view.shared_scale is not None:
            assert single.scale == view.shared_scale


@pytest.mark.parametrize("scale", SCALES)
def test_every_page_of_a_layer_has_the_same_palette(image: ImageInput, scale: str) -> None:
    """Only the last channel, on the second page, is ever negative."""
    conv = nn.Conv2d(3, N_PER_PAGE + 1, 3)
    conv.weight = nn.Parameter(torch.zeros(N_PER_PAGE + 1, 3, 3, 3))
    conv.bias = nn.Parameter(torch.tensor([*range(N_PER_PAGE), -1.0]))
    trace = explorer.run(as_network(nn.Sequential(conv, nn.AdaptiveAvgPool2d(1), nn.Flatten()), 8), image)
    for page, channel in ((0, 5), (1, N_PER_PAGE)):
        view = layer_view(trace, "0", "number", scale, page)
        single = channel_view(trace, "0", scale, channel)
        assert single.scale.signed
        index = view.channels.index(channel)
        tile = pixels_of(view.png)[index // view.columns * (108 + GAP), index % view.columns * (108 + GAP)]
        assert np.array_equal(tile, palette("signed")[single.scale.indices(single.values)[0, 0]])
