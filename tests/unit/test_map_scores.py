"""Scores of a map alone: each against a slow loop that follows its definition, and what must hold for any map."""

from __future__ import annotations

import math

import numpy as np
import pytest

from explorer.errors import BadBox, BadMap, BadOption
from explorer.faithfulness.scores import (
    Box,
    agreement,
    box_overlap,
    bright_box,
    centred_map,
    entropy,
    gini,
    localisation,
    random_map,
    resized,
    spearman,
)
from explorer.trace import FloatArray
from tests.drawn_maps import BOX, drawn, halves, window_map


def covered(box: Box, y: int, x: int) -> bool:
    return box[0] <= y + 0.5 < box[2] and box[1] <= x + 0.5 < box[3]


@pytest.mark.parametrize("seed", range(5))
def test_localisation_is_the_definition_pixel_by_pixel(seed: int) -> None:
    values = drawn(8, 10, seed)
    found = localisation(values, BOX, (8, 10), threshold=0.3, tolerance=1.2)
    inside = total = 0.0
    for y, x in np.ndindex(8, 10):
        mass = max(float(values[y, x]), 0)
        total += mass
        inside += mass * covered(BOX, y, x)
    assert found.energy == pytest.approx(inside / total, rel=1e-5)
    y, x = max(np.ndindex(8, 10), key=lambda place: values[place])
    assert found.peak == (y, x)
    # the nearest of many points of the box
    points = [(py, px) for py in np.linspace(BOX[0], BOX[2], 61) for px in np.linspace(BOX[1], BOX[3], 101)]
    nearest = min(math.hypot(py - y - 0.5, px - x - 0.5) for py, px in points)
    assert found.hit == (nearest <= 1.2)
    assert found.found == slow_bright_box(values, 0.3)
    assert found.iou == pytest.approx(box_overlap(found.found, BOX))


def slow_bright_box(values: FloatArray, threshold: float) -> Box:
    """Regions grown cell by cell."""
    left = {place for place in np.ndindex(values.shape) if values[place] >= threshold * values.max()}
    regions = []
    while left:
        region, edge = set(), [min(left)]
        while edge:
            y, x = edge.pop()
            if (y, x) in left:
                left.remove((y, x))
                region.add((y, x))
                edge += [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
        regions.append(region)
    ys, xs = zip(*max(regions, key=len), strict=True)
    return (min(ys), min(xs), max(ys) + 1, max(xs) + 1)


@pytest.mark.parametrize("other", [(0, 0, 4, 4), (2, 3, 9, 6), (5, 5, 6, 6), (3, 3, 7, 8), (8, 8, 10, 10)])
def test_the_overlap_of_boxes_is_counted_pixel_by_pixel(other: Box) -> None:
    box = (3, 3, 7, 8)
    both = sum(covered(box, *place) and covered(other, *place) for place in np.ndindex(10, 10))
    either = sum(covered(box, *place) or covered(other, *place) for place in np.ndindex(10, 10))
    assert box_overlap(box, other) == pytest.approx(both / either)
    assert box_overlap(other, box) == box_overlap(box, other)


def test_a_map_of_the_box_finds_it() -> None:
    found = localisation(window_map(), (8, 4, 16, 12), (24, 24))
    assert found.energy == 1
    assert found.hit
    assert found.found == (8, 4, 16, 12)
    assert found.iou == 1
    elsewhere = localisation(window_map(), (18, 14, 24, 24), (24, 24), tolerance=0)
    assert elsewhere.energy == 0
    assert not elsewhere.hit
    assert elsewhere.iou == 0


def test_the_tolerance_is_measured_from_the_middle_of_the_pixel() -> None:
    values = np.zeros((40, 40), np.float32)
    values[0, 0] = 1
    box = (15.5, 0, 40, 40)
    assert localisation(values, box, (40, 40)).hit
    assert not localisation(values, box, (40, 40), tolerance=14.9).hit
    assert not localisation(values, (16, 0, 40, 40), (40, 40)).hit


def test_regions_that_touch_at_a_corner_are_one() -> None:
    values = np.zeros((5, 5), np.float32)
    values[[0, 1, 4], [0, 1, 4]] = 1
    assert bright_box(values) == (0, 0, 2, 2)


# How concentrated


@pytest.mark.parametrize("values", [drawn(), halves(), -centred_map(4, 7)], ids=["signed", "ties", "negative"])
def test_entropy_and_gini_are_their_definitions(values: FloatArray) -> None:
    sizes = [abs(float(v)) for v in values.ravel()]
    n, total = len(sizes), sum(sizes)
    assert entropy(values) == pytest.approx(-sum(v / total * math.log(v / total) for v in sizes if v), rel=1e-9)
    # half of the mean difference of two cells, in means
    difference = sum(abs(a - b) for a in sizes for b in sizes) / n**2
    assert gini(values) == pytest.approx(difference / (2 * total / n), rel=1e-9)


def test_the_limits_of_entropy_and_gini() -> None:
    one = np.zeros((6, 7), np.float32)
    one[2, 3] = -4
    assert entropy(one) == 0
    assert gini(one) == pytest.approx(1 - 1 / 42)
    assert entropy(np.full((6, 7), 3, np.float32)) == pytest.approx(math.log(42))
    assert gini(np.full((6, 7), 3, np.float32)) == pytest.approx(0)
    for seed in range(3):
        assert 0 < entropy(drawn(seed=seed)) < math.log(30)
        assert 0 < gini(drawn(seed=seed)) < 1 - 1 / 30


def test_large_numbers_do_not_overflow() -> None:
    huge = np.array([[3e38, 1e38], [3e38, 3e38]], np.float32)
    assert entropy(huge) == pytest.approx(entropy(huge / np.float32(1e38)), rel=1e-6)


# How alike


def slow_spearman(one: FloatArray, other: FloatArray) -> float:
    def ranks(values: FloatArray) -> list[float]:
        cells = values.ravel().tolist()
        return [sum(b < a for b in cells) + (sum(b == a for b in cells) + 1) / 2 for a in cells]

    first, second = ranks(one), ranks(other)
    mean = (len(first) + 1) / 2
    joint = sum((a - mean) * (b - mean) for a, b in zip(first, second, strict=True))
    return joint / math.sqrt(sum((a - mean) ** 2 for a in first) * sum((b - mean) ** 2 for b in second))


@pytest.mark.parametrize("seed", range(3))
def test_spearman_is_the_correlation_of_ranks_with_ties(seed: int) -> None:
    generator = np.random.default_rng(seed)
    one, other = (generator.integers(0, 6, (7, 8)).astype(np.float32) for _ in range(2))
    other += one
    assert spearman(one, other) == pytest.approx(slow_spearman(one, other), abs=1e-12)
    assert spearman(one, np.exp(one)) == pytest.approx(1)
    assert spearman(one, -one) == pytest.approx(-1)


def test_spearman_of_a_textbook() -> None:
    """Without ties 1 - 6 sum d^2 / (n (n^2 - 1)): ranks 1 2 3 4 5 and 2 1 4 3 5 have sum d^2 = 4."""
    one, other = np.array([[1, 2, 3, 4, 5]], np.float32), np.array([[20, 10, 40, 30, 50]], np.float32)
    assert spearman(one, other) == pytest.approx(1 - 6 * 4 / (5 * 24))


def test_agreement_is_every_pair_at_one_size() -> None:
    maps = [drawn(4, 6), drawn(8, 3, seed=1), drawn(2, 2, seed=2)]
    matrix = agreement(maps)
    assert np.array_equal(matrix, matrix.T)
    assert (np.diag(matrix) == 1).all()
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert matrix[i, j] == pytest.approx(slow_spearman(resized(maps[i], 8, 6), resized(maps[j], 8, 6)), abs=1e-9)
    coarse, fine = drawn(3, 3), resized(drawn(3, 3), 12, 12)
    assert spearman(coarse, fine) == pytest.approx(1)


# Maps that know nothing


def test_baselines() -> None:
    assert np.array_equal(random_map(4, 5, 1), random_map(4, 5, 1))
    assert not np.array_equal(random_map(4, 5, 1), random_map(4, 5, 2))
    bell = centred_map(9, 13)
    assert bell.dtype == np.float32
    assert np.unravel_index(bell.argmax(), bell.shape) == (4, 6)
    assert bell.max() == 1
    assert np.array_equal(bell, bell[::-1, ::-1])
    # a standard deviation is a quarter of the side
    assert centred_map(41, 4)[20 + 10, 0] / centred_map(41, 4)[20, 0] == pytest.approx(
        math.exp(-0.5 * (10 / 41 * 4) ** 2)
    )


def test_nothing_positive_lies_nowhere() -> None:
    text = "No cell of the map is positive, so it shows no evidence. Choose another layer, class or method."
    for score in (lambda: localisation(-centred_map(4, 4), BOX, (8, 10)), lambda: bright_box(np.zeros((3, 3)))):
        with pytest.raises(BadMap) as caught:
            score()
        assert str(caught.value) == text
    for spread in (entropy, gini):
        with pytest.raises(BadMap) as caught:
            spread(np.zeros((3, 3), np.float32))
        assert str(caught.value) == (
            "Every cell of the map holds 0, so it has no mass to share out. Choose another layer or class."
        )


@pytest.mark.parametrize("box", [(0, 0, 9, 5), (-1, 0, 3, 5), (3, 0, 3, 5), (0, 5, 4, 2), (math.nan, 0, 3, 5)])
def test_a_box_lies_in_the_picture(box: Box) -> None:
    with pytest.raises(BadBox) as caught:
        localisation(drawn(), box, (8, 10))
    assert str(caught.value) == (
        f"The box from ({box[0]:g}, {box[1]:g}) to ({box[2]:g}, {box[3]:g}) does not lie in the picture of 8 x 10 "
        "pixels. Give (top, left, bottom, right) in these pixels, the first two less than the others."
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"threshold": 0.0}, "The threshold is 0; a share of the maximum above 0, up to 1, is needed."),
        ({"threshold": math.nan}, "The threshold is nan; a share of the maximum above 0, up to 1, is needed."),
        ({"tolerance": -1.0}, "The tolerance is -1 pixels; 0 or more are needed."),
    ],
)
def test_thresholds_and_tolerances(options: dict[str, float], text: str) -> None:
    with pytest.raises(BadOption) as caught:
        localisation(drawn(), BOX, (8, 10), **options)
    assert str(caught.value) == text
