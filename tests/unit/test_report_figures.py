"""The figures of the report card, and the box that a browser sends for it."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import explorer
from explorer.drawing.charts import figure
from explorer.drawing.color import scale_of
from explorer.drawing.series import numbers
from explorer.errors import BadBox
from explorer.faithfulness.figures import (
    BOX_COLORS,
    agreement_matrix,
    boxes_png,
    correlation_lines,
    correlations,
    curve_lines,
    forgotten_maps,
    forgotten_png,
    guessed_png,
    road_lines,
    steps_png,
    two_decimals,
)
from explorer.faithfulness.randomisation import Sanity, SanityStep, sanity
from explorer.faithfulness.report import ReportCard, report_card
from explorer.faithfulness.scores import agreement
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample
from explorer.trace import Trace
from explorer.ui.elements.box import is_box, parse_box


def pixels(png: bytes) -> NDArray[np.int64]:
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    return np.asarray(image.convert("RGB")).astype(np.int64)


def where(shown: NDArray[np.int64], color: tuple[int, ...]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (np.abs(shown - np.array(color)) <= 2).all(axis=2)
    return found


@pytest.fixture(scope="module")
def card(pocket_trace: Trace) -> ReportCard:
    found = explorer.attribute(pocket_trace.network, load_sample("chelsea"))
    return report_card(pocket_trace, found, n_steps=8)


@pytest.fixture(scope="module")
def forgetting(pocket: Network) -> Sanity:
    return sanity(pocket, load_sample("chelsea"), signed=True)


def test_curves_are_the_probabilities_in_percent(card: ReportCard) -> None:
    chart = curve_lines(card, "cat")
    for line, curve, name in zip(chart.lines, (card.deletion, card.insertion), ("deletion", "insertion"), strict=True):
        assert line.values.tolist() == pytest.approx([100 * p for p in curve.probabilities])
        mean = (curve.probabilities[1:] + curve.probabilities[:-1]).mean() / 2  # the area, by trapezoids
        assert line.name == f"{name}, area {mean:.3f}"
    assert list(chart.steps) == pytest.approx([100 * share for share in card.deletion.shares])
    assert (chart.x.low, chart.x.high) == (0, 100)
    most = 100 * max(card.deletion.probabilities.max(), card.insertion.probabilities.max())
    assert chart.y.low == 0
    assert most <= chart.y.high < 2 * most
    assert chart.title == "Probability of “cat”"


def test_curves_of_a_class_without_any_probability(card: ReportCard) -> None:
    zero = np.zeros_like(card.deletion.probabilities)
    parts = {
        name: type(curve)(curve.shares, zero, curve._ranks, curve._before, curve._after)
        for name, curve in (("deletion", card.deletion), ("insertion", card.insertion))
    }
    rest = {"confidence": None, "found": None, "entropy": 1, "gini": 0, "seconds": 1, "n_evaluations": 16}
    flat = replace(card, **parts, **rest)  # type: ignore[arg-type]
    chart = curve_lines(flat, "a name that is far longer than the chart has room for in its title")
    assert chart.title == "Probability of “a name that is far long…”"
    assert [line.values.tolist() for line in chart.lines] == [[0.0] * 9] * 2
    assert chart.y.high == pytest.approx(0.001)  # percent
    assert len(figure(chart)["data"]) == 2


def test_lines_of_guessed_pixels_begin_with_none_of_them(card: ReportCard) -> None:
    chart = road_lines(card, "cat")
    for line, found in zip(chart.lines, (card.road.highest_first, card.road.lowest_first), strict=True):
        assert line.values[0] == pytest.approx(100 * card.deletion.probabilities[0])
        assert line.values[1:].tolist() == pytest.approx([100 * p for p in found])
    assert list(chart.steps) == pytest.approx([0, 10, 30, 50, 70, 90])
    assert max(float(line.values.max()) for line in chart.lines) <= chart.y.high
    assert len(numbers(chart).rows) == 6


def test_guessed_pixels_are_seen_and_the_others_left(card: ReportCard, pocket_trace: Trace) -> None:
    received = pocket_trace.prepared.pixels
    assert np.array_equal(pixels(guessed_png(card, 0)), received)
    for at, share in enumerate((0.1, 0.3, 0.5, 0.7, 0.9), start=1):
        shown = pixels(guessed_png(card, at))
        kept = card.deletion._ranks >= round(share * 160 * 160)
        assert np.abs(shown - received)[kept].max() <= 1
        assert (shown != received).any(axis=2)[~kept].mean() > 0.5


def test_pictures_at_a_step_are_those_of_the_curves(card: ReportCard) -> None:
    shown = pixels(steps_png(card, 3))
    width = card.deletion.at_step(3).shape[1]
    assert np.array_equal(shown[:, :width], card.deletion.at_step(3))
    assert np.array_equal(shown[:, -width:], card.insertion.at_step(3))
    with pytest.raises(IndexError):
        steps_png(card, 9)


def test_a_matrix_of_agreement_has_its_numbers_and_names() -> None:
    maps = [np.random.default_rng(i).random((6, 6), np.float32) for i in range(3)]
    maps.append(-maps[0])
    matrix, names = agreement(maps), ["one", "another ×", "a third", "the first, turned"]
    (drawn,) = figure(chart := agreement_matrix(matrix, names))["data"]
    assert np.array_equal(drawn["z"], matrix)
    assert np.array_equal(matrix, matrix.T)
    assert (drawn["zmin"], drawn["zmax"]) == (-1, 1)
    assert drawn["customdata"][1][3] == "another × and the first, turned"
    blue, white, red = (tuple(bytes.fromhex(drawn["colorscale"][i][1][1:])) for i in (0, 8, 16))
    assert blue[2] > blue[0]
    assert red[0] > red[2]
    assert white == (255, 255, 255)
    assert numbers(chart).columns == ("map", *names)
    assert len(figure(agreement_matrix(agreement(maps[:1]), ["alone"]))["data"]) == 1


def test_two_decimals() -> None:
    assert [two_decimals(value) for value in (1.0, -0.004, 0.005001, -0.5)] == ["1.00", "0.00", "0.01", "-0.50"]


def test_boxes_are_drawn_where_they_are(pocket_trace: Trace) -> None:
    shown = pocket_trace.prepared.pixels
    values = np.zeros((4, 4), np.float32)
    values[1, 2] = 1
    box = (20.0, 30.0, 100.0, 140.0)
    drawn = pixels(boxes_png(shown, values, scale_of(values, "inferno"), {"given": box, "found": None}))
    factor = drawn.shape[0] / shown.shape[0]
    blue = where(drawn, tuple(bytes.fromhex(BOX_COLORS["found"][1:])))
    assert not blue.any()
    both = pixels(boxes_png(shown, values, scale_of(values, "inferno"), {"given": None, "found": box}))
    y, x = np.nonzero(where(both, tuple(bytes.fromhex(BOX_COLORS["found"][1:]))))
    edges = y.min(), x.min(), y.max() + 1, x.max() + 1
    assert np.allclose(np.array(edges) / factor, box, atol=1)


def test_correlations_begin_at_one_and_keep_their_holes(forgetting: Sanity) -> None:
    steps = (*forgetting.steps[:2], SanityStep("gone", None, None, None, "No map."))
    found = Sanity(forgetting.original, steps, 1.0)
    for kind in ("signed", "absolute"):
        values = correlations(found, kind)
        assert values[0] == 1
        assert values[1:3].tolist() == pytest.approx([getattr(step, kind) for step in steps[:2]])
        assert math.isnan(values[3])
        chart = correlation_lines({"Grad-CAM": forgetting, "again": found}, kind)
        assert [line.name for line in chart.lines] == ["Grad-CAM", "again"]
        assert len({line.look for line in chart.lines}) == 2
        for line, one in zip(chart.lines, (forgetting, found), strict=True):
            assert np.array_equal(line.values, correlations(one, kind), equal_nan=True)
        assert len(chart.steps) == len(forgetting.steps) + 1
        assert (chart.y.low, chart.y.high) == (-1, 1)
        assert chart.x.high == len(forgetting.steps)
    maps = forgotten_maps(found)
    assert np.array_equal(maps[0], forgetting.original.values)
    assert np.isnan(maps[3]).all()
    assert maps[1] is steps[0].values


def test_maps_that_are_forgotten_stand_side_by_side(forgetting: Sanity) -> None:
    n = len(forgetting.steps) + 1
    sheet = pixels(forgotten_png(forgetting, range(n)))
    assert sheet.shape[1] == n * sheet.shape[0]
    pair = pixels(forgotten_png(forgetting, (0, 2)))
    side = sheet.shape[0]
    assert np.array_equal(pair[:, :side], sheet[:, :side])
    assert np.array_equal(pair[:, side:], sheet[:, 2 * side : 3 * side])


SIZE = (100, 160)


@pytest.mark.parametrize("box", [[0, 0, 100, 160], [0, 0, 1, 1], [99, 159, 100, 160], [10, 20, 30, 40]])
def test_boxes_in_the_picture_are_taken(box: list[int]) -> None:
    assert is_box(box, SIZE)
    assert parse_box(", ".join(map(str, box)), SIZE) == tuple(box)
    assert parse_box(f"  {' '.join(map(str, box))} ", SIZE) == tuple(box)


@pytest.mark.parametrize(
    "value",
    [
        None, 0, "", "10, 20, 30, 40", {}, {"0": 1}, (10, 20, 30, 40), [], [10, 20, 30], [10, 20, 30, 40, 50],
        [[10, 20, 30, 40]], [10.0, 20, 30, 40], [10, 20, 30, float("nan")], [True, 20, 30, 40], [None, 20, 30, 40],
        ["10", 20, 30, 40], [-1, 20, 30, 40], [10, -1, 30, 40], [10, 20, 101, 40], [10, 20, 30, 161],
        [30, 20, 10, 40], [10, 40, 30, 20], [10, 20, 10, 40], [10, 20, 30, 20], [10, 20, 10**400, 40],
    ],
)  # fmt: skip
def test_what_is_no_box_is_refused(value: object) -> None:
    assert not is_box(value, SIZE)


@pytest.mark.parametrize(
    "text", ["1", "10, 20, 30", "a, b, c, d", "10.5, 20, 30, 40", "-1, 2, 30, 40", "10, 20, 30, 400", "1 2 3 4 5",
             "9" * 5000, "1, 2, ³, 4", "nan nan nan nan"],
)  # fmt: skip
def test_what_is_typed_and_is_no_box_gets_a_sentence(text: str) -> None:
    with pytest.raises(BadBox) as caught:
        parse_box(text, SIZE)
    shown = text if len(text) <= 80 else f"{text[:80]}…"
    assert str(caught.value) == (
        f"'{shown}' is no box in a picture of 100 × 160 pixels. Type its top, left, bottom and right edge, such as "
        "0, 0, 100, 160, or drag one."
    )


def test_nothing_typed_is_no_box() -> None:
    assert parse_box("", SIZE) is None
    assert parse_box("  ", SIZE) is None
