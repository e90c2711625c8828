"""Maps of evidence in pictures, their scales, the sentences under them, and what they cost."""

from __future__ import annotations

import colorsys
import io
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

import explorer
from explorer.attribution import METHODS, Attribution, attribute, checked_options
from explorer.attribution.figures import (
    BLENDS,
    CONCEPT_COLORS,
    PHOTOGRAPHS,
    Drawing,
    clipped_share,
    concept_sheet,
    concepts_png,
    enlarged,
    in_one_color,
    in_their_colors,
    laid_over,
    laid_over_png,
    map_scale,
    one_scale,
    photograph,
    row_of_maps,
    sheet_of_maps,
)
from explorer.attribution.sentences import (
    classes_sentence,
    cost_sentence,
    depth_sentence,
    fusion_sentence,
    gap_share,
    map_sentence,
    n_forward,
    n_passes,
    name,
    rival,
    unit,
)
from explorer.drawing.color import N_COLORS, SEQUENTIAL, Scale, palette
from explorer.drawing.picture import heat_map
from explorer.networks.cost import is_quick
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample
from explorer.targets import Target
from explorer.trace import FloatArray, Trace
from tests.arrays import numbers

FEW = {"n_samples": 4, "steps": 6, "n_masks": 9, "n_channels": 20}


def pixels_of(png: bytes) -> FloatArray:
    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.mark.parametrize("colors", SEQUENTIAL)
def test_every_palette_starts_and_ends_apart_and_repeats_no_colour(colors: str) -> None:
    table = palette(colors)[:N_COLORS].astype(int)
    assert len(np.unique(table, axis=0)) > 0.9 * N_COLORS
    # a cyclic palette, such as hsv, would give the lowest and the highest value nearly the same colour
    assert np.abs(table[0] - table[-1]).sum() > 100
    luminance = table @ [0.299, 0.587, 0.114]
    assert (np.diff(luminance) > -2).all() == (colors != "textbook")


def test_the_textbook_colours_run_from_blue_through_green_to_red() -> None:
    hues = [colorsys.rgb_to_hsv(*palette("textbook")[i] / 255)[0] for i in (20, N_COLORS // 2, N_COLORS - 20)]
    assert hues[0] == pytest.approx(2 / 3, abs=0.05)
    assert hues[1] == pytest.approx(1 / 3, abs=0.1)
    assert min(hues[2], 1 - hues[2]) < 0.05


def test_the_scale_of_a_layer_s_map_ends_at_its_maximum() -> None:
    values = np.abs(numbers(7, 9, seed=3))
    assert map_scale(values, "cividis", False, False) == Scale(0.0, float(values.max()), "cividis")
    signed = map_scale(numbers(7, 9, seed=3), "cividis", True, False)
    assert signed.palette == "signed"
    assert signed.high == -signed.low == np.abs(numbers(7, 9, seed=3)).max()


def test_the_scale_of_pixels_leaves_one_in_a_hundred_beyond() -> None:
    values = np.abs(numbers(100, 100, seed=3))
    values[0, 0] = 1000
    scale = map_scale(values, "inferno", False, True)
    assert scale.high == pytest.approx(np.sort(values, axis=None)[-101], rel=0.01)
    assert clipped_share(values, scale) == pytest.approx(0.01, abs=1e-4)
    assert clipped_share(values, map_scale(values, "inferno", False, False)) == 0
    both = map_scale(numbers(100, 100, seed=3), "inferno", True, True)
    assert clipped_share(numbers(100, 100, seed=3), both) == pytest.approx(0.01, abs=1e-4)


def test_a_map_with_a_single_bright_pixel_still_shows_it() -> None:
    values = np.zeros((50, 50), np.float32)
    values[3, 4] = 2
    assert map_scale(values, "inferno", False, True).high == 2


@pytest.mark.parametrize("values", [np.zeros((1, 1)), np.full((3, 3), np.nan), np.zeros((4, 4))])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("of_pixels", [False, True])
def test_maps_without_a_range_have_a_scale_and_a_picture(values: FloatArray, signed: bool, of_pixels: bool) -> None:
    values = values.astype(np.float32)
    scale = map_scale(values, "viridis", signed, of_pixels)
    assert (scale.low, scale.high) == (0, 0)
    picture = laid_over(np.full((20, 20, 3), 100, np.uint8), values, scale, Drawing())
    assert picture.shape == (20, 20, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) == 1


def test_a_level_is_drawn_from_its_lowest_value() -> None:
    values = 0.6 + 0.1 * np.abs(numbers(5, 5, seed=3))
    lowest, highest = float(values.min()), float(values.max())
    assert map_scale(values, "inferno", False, False, is_level=True) == Scale(lowest, highest, "inferno")
    assert map_scale(values, "inferno", True, False, is_level=True) == Scale(-highest, highest, "signed")
    assert [method for method, card in METHODS.items() if card.is_level] == ["rise"]
    both = one_scale([Scale(lowest, highest, "inferno"), Scale(0.1, 0.2, "inferno")])
    assert both == Scale(0.1, highest, "inferno")


def test_one_scale_for_several_maps_is_the_widest() -> None:
    scales = [map_scale(np.full((2, 2), high, np.float32), "inferno", False, False) for high in (0.5, 3, 1)]
    assert one_scale(scales) == scales[1]


def test_cells_are_rectangles_and_else_no_value_is_beyond_the_map_s() -> None:
    values = numbers(5, 3, seed=3)
    cells = enlarged(values, (50, 30), True)
    assert np.array_equal(cells, values.repeat(10, axis=0).repeat(10, axis=1))
    smooth = enlarged(values, (50, 30), False)
    assert smooth.shape == (50, 30)
    assert values.min() <= smooth.min() < smooth.max() <= values.max()
    assert len(np.unique(smooth)) > values.size


def test_photographs_are_as_received_and_grey_ones_have_no_colour(pocket_trace: Trace) -> None:
    assert np.array_equal(photograph(pocket_trace, "in colour"), pocket_trace.prepared.pixels)
    grey = photograph(pocket_trace, "grey").astype(float)
    assert (np.ptp(grey, axis=2) == 0).all()
    assert grey[:, :, 0] == pytest.approx(pocket_trace.prepared.pixels @ [0.299, 0.587, 0.114], abs=1)
    assert PHOTOGRAPHS == ("in colour", "grey")


def test_half_of_each_pixel_is_the_photograph_s_and_half_the_map_s() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    values = np.abs(numbers(4, 4, seed=3))
    scale = map_scale(values, "viridis", False, False)
    heat = palette("viridis")[scale.indices(values.repeat(10, axis=0).repeat(10, axis=1))]
    found = laid_over(photo, values, scale, Drawing(cells=True))
    assert np.abs(found - (photo / 2 + heat / 2)).max() <= 1
    assert np.array_equal(pixels_of(laid_over_png(photo, values, scale, Drawing(cells=True))), found)


@pytest.mark.parametrize("signed", [False, True])
def test_by_strength_the_photograph_shows_through_where_the_map_is_weak(signed: bool) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    values = np.array([[0, 1], [0.5, np.nan]], np.float32) * (-1 if signed else 1)
    scale = map_scale(values, "inferno", signed, False)
    drawing = Drawing(cells=True, blend="by strength")
    assert drawing.blend in BLENDS
    found = laid_over(photo, values, scale, drawing).astype(float)
    heat = palette(scale.palette)[scale.indices(values)].astype(float)
    for (row, column), share in {(0, 0): 0, (0, 1): drawing.opacity, (1, 0): drawing.opacity / 2, (1, 1): 0}.items():
        place = np.s_[20 * row : 20 * row + 20, 20 * column : 20 * column + 20]
        expected = (1 - share) * photo[place] + share * heat[row, column]
        step = 255 / 127 * drawing.opacity  # of a signed palette: so fine is the strength of a colour
        assert np.abs(found[place] - expected).max() <= step, (row, column)


@pytest.mark.parametrize("signed", [False, True])
def test_a_fading_heat_map_has_the_same_colours_and_is_clear_at_zero(signed: bool) -> None:
    values = np.array([[0, 1, 2, np.nan]], np.float32) * (-1 if signed else 1)
    scale = map_scale(values, "inferno", signed, False)
    plain, fading = (Image.open(io.BytesIO(heat_map(values, scale, fades))).convert("RGBA") for fades in (False, True))
    assert np.array_equal(np.asarray(plain)[0, :3, :3], np.asarray(fading)[0, :3, :3])
    assert np.asarray(plain)[0, :, 3].tolist() == [255, 255, 255, 0]
    assert np.asarray(fading)[0, :, 3] == pytest.approx([0, 127.5, 255, 0], abs=255 / 127)


def test_maps_in_a_row_and_on_a_sheet_are_those_of_each() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    maps = [np.abs(numbers(k, k, seed=3)) for k in (2, 4, 8)]
    scales = [map_scale(values, "inferno", False, False) for values in maps]
    each = [laid_over(photo, *pair, Drawing(cells=True)) for pair in zip(maps, scales, strict=True)]
    sheet = pixels_of(sheet_of_maps(photo, maps, scales, Drawing(cells=True), columns=2, side=32))
    assert sheet.shape == (64, 64, 4)
    for i, expected in enumerate(each):
        top, left = i // 2 * 32, i % 2 * 32
        assert np.array_equal(sheet[top : top + 32, left : left + 32, :3], expected)
    assert not sheet[32:, 32:, 3].any()
    row = pixels_of(row_of_maps(photo, maps, scales, Drawing(cells=True), side=32))
    assert (row[:, :, 3] == 255).sum() == 3 * 32 * 32
    columns = row[row[:, :, 3].any(axis=1)][:, row[:, :, 3].any(axis=0)]
    assert columns.shape == (32, 96, 4)  # a larger picture would be reduced


def test_a_digit_is_enlarged_to_countable_squares() -> None:
    trace = explorer.run(explorer.load_network("lenet5"), load_sample("digit"), "top")
    photo = photograph(trace, "in colour")
    assert len(photo) % len(trace.prepared.pixels) == 0
    small = cv2.resize(photo, trace.prepared.pixels.shape[1::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    assert np.array_equal(small, trace.prepared.pixels)


@pytest.fixture(scope="module")
def attributions(pocket: Network) -> dict[str, Attribution]:
    """Every method on the first sample, with few passes."""
    found = {}
    for method, card in METHODS.items():
        options = {option.name: FEW[option.name] for option in card.options if option.name in FEW}
        found[method] = attribute(pocket, load_sample("chelsea"), method, **options)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_passes_are_counted_before_they_are_made(
    pocket: Network, attributions: dict[str, Attribution], method: str
) -> None:
    found = attributions[method]
    assert abs(found.evaluations - n_passes(pocket, method, found.layer, found.options)) <= 2


def test_what_takes_long_is_a_matter_of_passes_and_of_the_network(
    pocket: Network, random_network: Callable[[str], Network]
) -> None:
    lenet = explorer.load_network("lenet5")
    assert [method for method in METHODS if long_by_default(pocket, method)] == [
        "score_cam", "ablation_cam", "smooth_grad", "integrated_gradients", "occlusion", "rise",
    ]  # fmt: skip
    assert not any(long_by_default(lenet, method) for method in METHODS)
    assert n_forward(lenet, "rise", None, {"n_masks": 100_000}) == 100_000
    assert not is_quick(lenet, 100_000)
    assert n_forward(pocket, "integrated_gradients", None, {"steps": 64}) == 3 * 64, "there and back"
    assert is_quick(pocket, 65), "a report card"
    assert not is_quick(pocket, 100)
    assert is_quick(random_network("vgg11"), 1), "a single pass, however long it takes"


def long_by_default(network: Network, method: str) -> bool:
    layer = network.cam_layer if METHODS[method].uses_layer else None
    options = checked_options(method, {}, network.preprocessing.size)
    return not is_quick(network, n_forward(network, method, layer, options))


@pytest.mark.slow
def test_units_are_those_of_what_is_explained(attributions: dict[str, Attribution]) -> None:
    assert unit(attributions["grad_cam"]) == "in units of the logit"
    assert unit(replace(attributions["grad_cam"], target=Target(3, layer="layer4"))) == "in units of the channel"
    assert unit(replace(attributions["hires_cam"], target=Target(3, against=4))) == "in units of the difference"
    assert unit(attributions["eigen_cam"]) == "channels, weighted and added up, no unit"
    assert unit(attributions["gradient"]) == "change of the logit for each unit of the normalised picture"
    assert unit(attributions["occlusion"]) == "how far the logit falls when this is covered"
    assert unit(attributions["rise"]) == "mean probability of pictures that show this, an estimate"
    assert unit(replace(attributions["rise"], target=Target(3, layer="layer4"))) == (
        "mean target of pictures that show this, an estimate"
    )


def test_names_of_targets(pocket: Network) -> None:
    first, second = pocket.categories[2], pocket.categories[5]
    assert name(pocket, Target(2)) == f"“{first}”"
    assert name(pocket, Target(2, against=5)) == f"“{first}” and not “{second}”"
    assert name(pocket, Target(2, layer="layer4")) == "the mean of channel 2 of layer4"


def test_a_class_is_compared_with_the_likeliest_other_one(pocket_trace: Trace) -> None:
    first, second = (p.index for p in pocket_trace.top(2))
    assert rival(pocket_trace, Target(first)) == Target(second)
    assert rival(pocket_trace, Target(second)) == Target(first)
    assert rival(pocket_trace, Target(pocket_trace.top(5)[4].index)) == Target(first)
    assert rival(pocket_trace, Target(first, against=second)) == Target(second, against=first)
    assert rival(pocket_trace, Target(0, layer="layer4")) is None


@pytest.mark.slow
def test_where_the_evidence_is_in_words(pocket: Network, attributions: dict[str, Attribution]) -> None:
    found = attributions["grad_cam"]
    values = np.zeros((10, 10), np.float32)
    values[:2, :2] = 0.5
    assert map_sentence(pocket, replace(found, values=values)) == (
        "Up to 0.5, above and left of the centre. Half of it lies in 2.0\u00a0% of the cells."
    )
    assert map_sentence(pocket, replace(attributions["gradient"], values=values)).endswith("of the pixels.")
    flat = np.full((10, 10), 0.25, np.float32)
    assert map_sentence(pocket, replace(found, values=flat)) == "Every cell holds 0.25: the map prefers no place."
    assert map_sentence(pocket, replace(found, remark="Nothing here.")) == "Nothing here."
    values[9, 9] = -1
    signed = map_sentence(pocket, replace(found, values=values, signed=True))
    assert signed == "From -1 to 0.5. 66.7\u00a0% of it supports “cat”, mostly above and left of the centre."
    against = map_sentence(pocket, replace(found, values=-flat, signed=True))
    assert against == "From -0.25 to -0.25. 0.0\u00a0% of it supports “cat”: nothing here speaks for it."


def test_costs_and_warnings(attributions: dict[str, Attribution]) -> None:
    assert cost_sentence(replace(attributions["grad_cam"], seconds=0.123)) == "1 pass of the network, 0.12 s."
    slow = cost_sentence(replace(attributions["rise"], seconds=12.3, evaluations=1001))
    assert slow == "1,001 passes of the network, 12 s."
    assert "Patch 23 × 23 pixels, stride 11, fill mean." in cost_sentence(attributions["occlusion"])
    gap = cost_sentence(replace(attributions["integrated_gradients"], completeness_gap=0.031))
    assert gap.endswith(
        "The pixels add up to the score less that of the baseline but for 3.1\u00a0%: the completeness gap."
    )
    assert gap_share(1.234) == "123.4\u00a0%"
    assert gap_share(float("inf")) == "more than any share, since both score the same"
    for method, found in attributions.items():
        assert ("fails the weight-randomisation test" in cost_sentence(found)) == method.startswith("guided")
    clipped = cost_sentence(attributions["gradient"], 0.01)
    assert clipped.endswith("1.0\u00a0% of the pixels lie beyond the end of the colours.")


def test_a_method_that_the_strip_cannot_show_is_named() -> None:
    assert depth_sentence("layer_cam", "layer_cam").startswith("LayerCAM at every stage.")
    assert depth_sentence("rise", "grad_cam").startswith(
        "RISE takes more than the recorded pass; this is Grad-CAM at every stage."
    )
    assert classes_sentence("grad_cam", "grad_cam", "layer4").startswith("Grad-CAM at layer4 for the likeliest")
    assert " at 1 layer," in fusion_sentence("grad_cam", "grad_cam", 1)
    assert " at 3 layers," in fusion_sentence("grad_cam", "grad_cam", 3)


# Concepts in colours of their own


def rgb(color: str) -> FloatArray:
    return np.array([*bytes.fromhex(color[1:])], np.float32)


def test_a_concept_is_clear_at_0_and_in_its_colour_at_its_own_maximum() -> None:
    grey = np.full((4, 6, 3), 100, np.uint8)
    values = np.zeros((4, 6), np.float32)
    values[1, 2], values[3, 5] = 8, 4
    drawn = in_one_color(grey, values, "#e69f00", cells=True).astype(float)
    ink = rgb("#e69f00")
    assert drawn[0, 0] == pytest.approx([100] * 3)
    assert drawn[1, 2] == pytest.approx(0.85 * ink + 15, abs=0.51)
    assert drawn[3, 5] == pytest.approx(0.425 * ink + 57.5, abs=0.51)
    assert np.array_equal(in_one_color(grey, 1000 * values, "#e69f00", cells=True), drawn)
    assert np.array_equal(in_one_color(grey, 0 * values, "#e69f00", cells=True), grey)


def test_where_several_concepts_lie_their_colours_mix_by_strength() -> None:
    grey, maps = np.full((1, 3, 3), 60, np.uint8), np.array([[[2, 1, 0]], [[0, 3, 1]]], np.float32)
    drawn = in_their_colors(grey, maps, CONCEPT_COLORS[:2], cells=True).astype(float)
    one, other = map(rgb, CONCEPT_COLORS[:2])
    assert drawn[0, 0] == pytest.approx(0.85 * one + 9, abs=0.51)
    assert drawn[0, 1] == pytest.approx(0.85 * (0.5 * one + other) / 1.5 + 9, abs=0.51)
    assert drawn[0, 2] == pytest.approx(0.85 / 3 * other + (1 - 0.85 / 3) * 60, abs=0.51)


def test_eight_concepts_stand_in_two_rows_and_in_one_picture(pocket_trace: Trace) -> None:
    maps = np.random.default_rng(0).random((8, 5, 5), np.float32)
    grey = photograph(pocket_trace, "grey")
    sheet, together = pixels_of(concept_sheet(grey, maps, 4, side=160)), pixels_of(concepts_png(grey, maps))
    assert sheet.shape[:2] == (2 * 160, 4 * 160)
    assert together.shape[:2] == grey.shape[:2]
    assert len(set(CONCEPT_COLORS)) == 8
    for k in range(8):
        cell = sheet[160 * (k // 4) : 160 * (k // 4) + 160, 160 * (k % 4) : 160 * (k % 4) + 160, :3]
        assert np.array_equal(cell, in_one_color(grey, maps[k], CONCEPT_COLORS[k]))
