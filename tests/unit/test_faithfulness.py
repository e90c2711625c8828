"""Scores of maps: each against a slow loop that follows its definition, and what must hold for any map."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

import explorer
from explorer.attribution import FILLS, class_activation_map
from explorer.attribution.fills import filled
from explorer.errors import BadBox, BadMap, BadOption, BadTarget, NotFinite
from explorer.faithfulness.cards import SCORE_CARDS
from explorer.faithfulness.curves import Curve, confidence, deletion, insertion, report_card
from explorer.faithfulness.scores import (
    Box,
    agreement,
    box_overlap,
    bright_box,
    centred_map,
    entropy,
    gini,
    localisation,
    pixel_ranks,
    random_map,
    resized,
    spearman,
)
from explorer.faithfulness.sentences import curves_sentence
from explorer.faithfulness.table import SCORES
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.targets import Target
from explorer.trace import FloatArray, Trace
from tests.tiny import Overwriting, as_network, noise_image, tiny_network


class Window(nn.Module):
    """Sees rows 8 to 15 and columns 4 to 11 of 24 x 24 pixels, and nothing else: their sum speaks for class 1."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(24 * 24, 2)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.zero_()
            self.conv.weight.fill_(1)
            self.fc.weight[1].reshape(24, 24)[8:16, 4:12] = 0.01

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.flatten(self.conv(x)))


def bright_picture() -> ImageInput:
    """Light grey, 24 x 24: every pixel in the window speaks for class 1."""
    file = io.BytesIO()
    Image.fromarray(np.full((24, 24, 3), 200, np.uint8)).save(file, "PNG")
    return explorer.read_image(file.getvalue(), "plain.png")


@pytest.fixture(scope="module")
def window_trace() -> Trace:
    return explorer.run(as_network(Window(), 24, ("other", "window")), bright_picture(), 1)


def window_map(inside: float = 1.0, outside: float = 0.0) -> FloatArray:
    values = np.full((24, 24), outside, np.float32)
    values[8:16, 4:12] = inside
    return values


def drawn(height: int = 6, width: int = 5, seed: int = 0) -> FloatArray:
    """A signed map without equal values."""
    return np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)


def halves() -> FloatArray:
    """A map of few values, as one has that is 0 where there is no evidence."""
    return np.random.default_rng(3).integers(0, 3, (6, 6)).astype(np.float32)


# The order of the pixels


def slow_ranks(values: FloatArray, seed: int) -> NDArray[np.int64]:
    lots = np.random.default_rng(seed).permutation(values.size)
    ranks = np.zeros(values.shape, np.int64)
    for at in np.ndindex(values.shape):
        for other in np.ndindex(values.shape):
            mine, its = (lots[np.ravel_multi_index(place, values.shape)] for place in (at, other))
            ranks[at] += values[other] > values[at] or (values[other] == values[at] and its < mine)
    return ranks


@pytest.mark.parametrize("values", [drawn(), halves(), np.zeros((4, 5), np.float32)], ids=["all differ", "ties", "0"])
@pytest.mark.parametrize("seed", [0, 7])
def test_pixels_are_ranked_from_high_to_low_and_equal_ones_by_lot(values: FloatArray, seed: int) -> None:
    assert np.array_equal(pixel_ranks(values, seed), slow_ranks(values, seed))


def test_a_map_that_ranks_nothing_stands_in_the_order_drawn_from_the_seed() -> None:
    constant = pixel_ranks(np.ones((8, 9), np.float32), seed=5)
    assert np.array_equal(np.argsort(constant, axis=None), np.argsort(np.random.default_rng(5).permutation(72)))
    assert not np.array_equal(constant, pixel_ranks(np.ones((8, 9), np.float32), seed=6))


def test_what_is_enlarged_is_not_reordered() -> None:
    values = np.array([[0, 1], [2, 3]], np.float32)
    large = resized(values, 24, 24)
    assert large.min() == 0
    assert large.max() == 3
    assert (np.diff(large, axis=0) >= 0).all()
    assert (np.diff(large, axis=1) >= 0).all()
    assert resized(large, 2, 2) == pytest.approx(large.reshape(2, 12, 2, 12).mean(axis=(1, 3)), abs=1e-5)


# Deletion and insertion


def slow_probability(network: Network, x: torch.Tensor, target: int) -> float:
    """Of one picture (1, C, H, W), through every operation on its own."""
    with torch.inference_mode():
        logits = [float(z) for z in network.graph.run(x)[0][0]]
    if len(logits) == 1:
        logits = [0.0, logits[0]]
    return math.exp(logits[target]) / sum(math.exp(z) for z in logits)


def slow_curve(
    trace: Trace, values: FloatArray, target: int, n_steps: int, start: torch.Tensor, end: torch.Tensor, seed: int
) -> list[float]:
    ranks = slow_ranks(values, seed) if values.size < 50 else pixel_ranks(values, seed)
    height, width = trace.prepared.size
    found = []
    for step in range(n_steps + 1):
        x = start.clone()
        for y in range(height):
            for column in range(width):
                if ranks[y, column] < round(height * width * step / n_steps):
                    x[0, :, y, column] = end[0, :, y, column]
        found.append(slow_probability(trace.network, x, target))
    return found


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("size", [(24, 24), (6, 5)])
def test_deletion_is_the_definition_pixel_by_pixel(tiny_trace: Trace, fill: str, size: tuple[int, int]) -> None:
    values = drawn(*size)
    found = deletion(tiny_trace, values, n_steps=7, fill=fill, seed=3)
    x = tiny_trace.prepared.tensor
    slow = slow_curve(tiny_trace, resized(values, 24, 24), 2, 7, x, filled(tiny_trace, fill).clone(), 3)
    assert found.probabilities == pytest.approx(slow, abs=1e-6)
    assert found.n_steps == 7
    area = sum((slow[i] + slow[i + 1]) / 2 * float(found.shares[i + 1] - found.shares[i]) for i in range(7))
    assert found.area == pytest.approx(area, abs=1e-6)


def test_insertion_is_the_definition_pixel_by_pixel(tiny_trace: Trace) -> None:
    values = halves()
    found = insertion(tiny_trace, values, target=1, n_steps=5, seed=2)
    x = tiny_trace.prepared.tensor
    slow = slow_curve(tiny_trace, resized(values, 24, 24), 1, 5, filled(tiny_trace, "blur"), x, 2)
    assert found.probabilities == pytest.approx(slow, abs=1e-6)


def test_the_steps_are_even_and_go_all_the_way(tiny_trace: Trace) -> None:
    for n_steps in (1, 5, 32, 576):
        shares = deletion(tiny_trace, drawn(), n_steps=n_steps).shares
        assert len(shares) == n_steps + 1
        assert shares[0] == 0
        assert shares[-1] == 1
        assert np.diff(shares) * 576 == pytest.approx(576 / n_steps, abs=1)


def test_the_curves_begin_and_end_with_the_untouched_picture(tiny_trace: Trace) -> None:
    out, back = deletion(tiny_trace, drawn(), n_steps=4), insertion(tiny_trace, drawn(), n_steps=4)
    assert out.probabilities[0] == tiny_trace.probabilities[2]
    assert back.probabilities[-1] == tiny_trace.probabilities[2]


def test_every_step_can_be_looked_at(pocket_trace: Trace) -> None:
    cam = class_activation_map(pocket_trace)
    pixels, ranks = pocket_trace.prepared.pixels, pixel_ranks(resized(cam, 160, 160))
    out, back = deletion(pocket_trace, cam, n_steps=4, fill="black"), insertion(pocket_trace, cam, n_steps=4)
    assert np.array_equal(out.at_step(0), pixels)
    assert not out.at_step(4).any()
    assert np.array_equal(back.at_step(4), pixels)
    blurred = back.at_step(0)
    assert blurred.std() < pixels.std()
    for i in range(5):
        changed = ranks < 6400 * i
        for curve, before, after in ((out, pixels, np.zeros_like(pixels)), (back, blurred, pixels)):
            picture = curve.at_step(i)
            assert picture.dtype == np.uint8
            assert np.array_equal(picture[changed], after[changed])
            assert np.array_equal(picture[~changed], before[~changed])
    with pytest.raises(IndexError):
        out.at_step(5)


def test_a_map_of_the_evidence_beats_its_negative(window_trace: Trace) -> None:
    right, wrong = window_map(), window_map(0, 1)
    assert window_trace.probabilities[1] > 0.9
    assert deletion(window_trace, right).area < deletion(window_trace, wrong).area - 0.2
    assert insertion(window_trace, right).area >= insertion(window_trace, wrong).area
    kept, lost = confidence(window_trace, right), confidence(window_trace, wrong)
    assert kept.drop == pytest.approx(0, abs=0.01)
    assert lost.drop is not None
    assert lost.drop > 30
    # the window is a ninth of the picture: after it, nothing changes any more, and before it, nothing else matters
    first = deletion(window_trace, right, n_steps=9, fill="black").probabilities
    last = deletion(window_trace, wrong, n_steps=9, fill="black").probabilities
    assert first[1:] == pytest.approx(float(first[-1]), abs=1e-6)
    assert last[:-1] == pytest.approx(float(last[0]), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_areas_are_shares(seed: int) -> None:
    network = tiny_network(Overwriting(), seed=seed)
    trace = explorer.run(network, noise_image(seed=seed))
    for values in (drawn(seed=seed), centred_map(5, 7), -centred_map(5, 7)):
        for curve in (deletion(trace, values, n_steps=6), insertion(trace, values, n_steps=6)):
            assert 0 <= curve.area <= 1
            assert curve.probabilities.min() <= curve.area <= curve.probabilities.max()


def test_only_the_order_counts(tiny_trace: Trace) -> None:
    values = drawn(24, 24)
    first = deletion(tiny_trace, values, n_steps=8)
    second = deletion(tiny_trace, np.exp(values), n_steps=8)
    assert np.array_equal(first.probabilities, second.probabilities)


def test_two_classes_of_one_logit_share_the_probability(random_network: Callable[[str], Network]) -> None:
    trace = explorer.run(random_network("basic_cnn"), load_sample("chelsea"))
    first, second = (deletion(trace, drawn(), target, n_steps=4).probabilities for target in (0, 1))
    assert first + second == pytest.approx(1, abs=1e-6)
    assert first[2] == pytest.approx(
        slow_curve(trace, resized(drawn(), 64, 64), 0, 4, trace.prepared.tensor, filled(trace, "mean"), 0)[2], abs=1e-6
    )


def test_a_network_of_digits_has_grey_pictures(random_network: Callable[[str], Network]) -> None:
    trace = explorer.run(random_network("lenet5"), load_sample("chelsea"), 3)
    card = report_card(trace, drawn(), n_steps=4)
    assert np.array_equal(card.deletion.at_step(0), trace.prepared.pixels)
    assert card.insertion.at_step(1).shape == (32, 32, 3)


# Drop and increase


def test_confidence_is_what_the_weighted_picture_keeps(tiny_trace: Trace) -> None:
    values = drawn(24, 24)
    x = tiny_trace.prepared.tensor.clone()
    for y in range(24):
        for column in range(24):
            x[0, :, y, column] *= max(float(values[y, column]), 0) / float(values.max())
    found = confidence(tiny_trace, values)
    slow = slow_probability(tiny_trace.network, x, 2)
    before = float(tiny_trace.probabilities[2])
    assert found.kept == pytest.approx(slow, abs=1e-6)
    assert found.probability == before
    assert found.rose == (slow > before)
    assert found.drop == pytest.approx(100 * max(0, before - slow) / before, abs=1e-3)


def test_a_rise_is_no_drop(tiny_trace: Trace) -> None:
    """Of the four classes, some gain by what another loses."""
    found = [confidence(tiny_trace, centred_map(24, 24), target) for target in range(4)]
    assert {kept.rose for kept in found} == {True, False}
    for kept in found:
        assert kept.drop is not None
        assert (kept.drop == 0) == (kept.kept >= kept.probability)


# Where


BOX: Box = (1.5, 2, 4.5, 7)


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


# The card


def test_the_card_has_all_scores(pocket_trace: Trace) -> None:
    cam = class_activation_map(pocket_trace)
    seen: list[tuple[int, int]] = []
    box = (20.0, 20.0, 100.0, 140.0)
    card = report_card(pocket_trace, cam, n_steps=4, box=box, progress=lambda *step: seen.append(step))
    assert card.target == pocket_trace.target
    assert card.n_evaluations == 9
    assert np.array_equal(card.deletion.probabilities, deletion(pocket_trace, cam, n_steps=4).probabilities)
    assert np.array_equal(card.insertion.probabilities, insertion(pocket_trace, cam, n_steps=4).probabilities)
    assert card.confidence is not None
    assert card.confidence.kept == confidence(pocket_trace, cam).kept
    assert card.found == localisation(cam, box, (160, 160))
    assert card.entropy == entropy(resized(cam, 160, 160))
    assert card.gini == gini(resized(cam, 160, 160))
    assert card.seconds > 0
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == {9}
    assert seen[-1] == (9, 9)


def test_an_attribution_is_a_map(pocket_trace: Trace) -> None:
    found = explorer.attribute(pocket_trace.network, pocket_trace.image)
    one, other = report_card(pocket_trace, found, n_steps=2), report_card(pocket_trace, found.values, n_steps=2)
    assert one.deletion.area == other.deletion.area
    assert spearman(found, found.values) == 1


def test_without_a_target_the_top_class_is_followed(pocket_trace: Trace) -> None:
    trace = explorer.run(pocket_trace.network, pocket_trace.image)
    assert report_card(trace, drawn(), n_steps=1).target == trace.top(1)[0].index
    assert report_card(trace, drawn(), target=4, n_steps=1).target == 4


def test_a_map_without_a_positive_cell_keeps_nothing(tiny_trace: Trace) -> None:
    card = report_card(tiny_trace, -centred_map(6, 6), n_steps=2)
    assert card.confidence is None
    assert card.n_evaluations == 4
    assert card.deletion.area > 0


class Cancelled(Exception):
    pass


@pytest.mark.parametrize("n_before", [0, 1, 2])
def test_what_progress_raises_cancels(tiny_trace: Trace, n_before: int) -> None:
    calls = 0

    def progress(done: int, total: int) -> None:
        nonlocal calls
        calls += 1
        if calls > n_before:
            raise Cancelled

    with pytest.raises(Cancelled):
        report_card(tiny_trace, drawn(), n_steps=2, progress=progress)
    assert calls == n_before + 1


def curve(*probabilities: float) -> Curve:
    n = len(probabilities)
    ranks, nothing = np.zeros((1, 1), np.int64), np.zeros((1, 1, 3), np.uint8)
    return Curve(np.linspace(0, 1, n, dtype=np.float32), np.array(probabilities, np.float32), ranks, nothing, nothing)


@pytest.mark.parametrize(
    ("deleted", "inserted", "text"),
    [
        (
            (0.8, 0.6, 0.35, 0.1, 0.1), (0.1, 0.5, 0.6, 0.7, 0.8),
            "Deleting the 50.0 % of the pixels that the map ranks highest halves the probability, from 80.0 % to "
            "35.0 %. Inserting 25.0 % into the blurred picture brings half of it back.",
        ),
        (
            (0.8, 0.7, 0.6), (0.5, 0.7, 0.8),
            "Whatever is deleted, the probability stays above half of its 80.0 %. The blurred picture alone already "
            "has half of it.",
        ),
        (
            (0.0, 0.0), (0.1, 0.0),
            "The network gives this class no probability at all, so the curves say nothing about the map.",
        ),
    ],
)  # fmt: skip
def test_what_the_curves_say(
    tiny_trace: Trace, deleted: tuple[float, ...], inserted: tuple[float, ...], text: str
) -> None:
    card = report_card(tiny_trace, drawn(), n_steps=1)
    assert curves_sentence(replace(card, deletion=curve(*deleted), insertion=curve(*inserted))) == text


def test_every_score_says_what_it_proves_and_what_not() -> None:
    assert set(SCORES) < set(SCORE_CARDS)
    for card in SCORE_CARDS.values():
        assert card.better in ("high", "low", "")
        assert card.proves.endswith(".")
        assert card.proves_not.endswith(".")
    for name in ("deletion", "insertion"):
        assert "unlike all that the network was trained on" in SCORE_CARDS[name].proves_not


# What is refused


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            np.zeros((3, 4, 5)),
            "A map has height and width; this array has the shape 3 x 4 x 5. Give one map (H, W).",
        ),
        (np.float32(3), "A map has height and width; this array has the shape no. Give one map (H, W)."),
        (np.zeros((0, 4)), "A map has height and width; this array has the shape 0 x 4. Give one map (H, W)."),
        (
            np.array([[1, np.nan], [np.inf, 2]]),
            "2 of the map's 4 values are no finite numbers, so it has no score.",
        ),
        (
            np.array([["a"]]),
            "A map holds numbers, and this does not. Give an array (H, W) or what attribute() returned.",
        ),
        (
            np.full((3, 3), 0.25),
            "Every cell of the map holds 0.25, so it ranks no pixel before another and has no score. Choose another "
            "layer, class or method.",
        ),
        (
            np.zeros((1, 1)),
            "Every cell of the map holds 0, so it ranks no pixel before another and has no score. Choose another "
            "layer, class or method.",
        ),
    ],
)
def test_what_is_no_map_has_no_score(tiny_trace: Trace, values: Any, text: str) -> None:
    for score in (
        lambda: report_card(tiny_trace, values),
        lambda: deletion(tiny_trace, values),
        lambda: insertion(tiny_trace, values),
        lambda: confidence(tiny_trace, values),
        lambda: spearman(values, drawn()),
        lambda: agreement([drawn(), values]),
    ):
        with pytest.raises(BadMap) as caught:
            score()
        assert str(caught.value) == text


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


@pytest.mark.parametrize("n_steps", [0, -3, 577, 2.5])
def test_a_number_of_steps_that_no_curve_has(tiny_trace: Trace, n_steps: Any) -> None:
    for score in (report_card, deletion, insertion):
        with pytest.raises(BadOption) as caught:
            score(tiny_trace, drawn(), n_steps=n_steps)  # type: ignore[operator]
        assert str(caught.value) == f"n_steps is {n_steps}; 1 to 576 steps are possible on 576 pixels."


def test_a_fill_that_does_not_exist(tiny_trace: Trace) -> None:
    with pytest.raises(BadOption) as caught:
        deletion(tiny_trace, drawn(), fill="blurr")
    assert str(caught.value) == "There is no fill 'blurr'. Nearest: 'blur'. Pick one of mean, black, white, blur."


def test_what_has_no_probability(tiny_trace: Trace) -> None:
    with pytest.raises(BadTarget, match="tiny has no class 4; its classes are 0 to 3"):
        report_card(tiny_trace, drawn(), target=4)
    contrast = explorer.run(tiny_trace.network, tiny_trace.image, Target(1, against=2))
    with pytest.raises(BadTarget) as caught:
        report_card(contrast, drawn())
    assert str(caught.value) == (
        "The trace explains the logit of “bee” less that of “cow”, which has no probability. Give the class whose "
        "probability is to be followed."
    )
    assert report_card(contrast, drawn(), target=1, n_steps=1).target == 1


def test_broken_weights_have_no_probability() -> None:
    module = Overwriting()
    with torch.no_grad():
        module.fc.weight.fill_(math.nan)
    trace = explorer.run(as_network(module, 24), noise_image())
    with pytest.raises(NotFinite) as caught:
        report_card(trace, drawn(), n_steps=2)
    assert str(caught.value) == (
        "The network's scores are no finite numbers, so no map of it can be judged by them: its weights may be "
        "damaged. Choose others."
    )
