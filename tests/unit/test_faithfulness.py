"""Deletion, insertion and what a weighted picture keeps: each against a slow loop that follows its definition."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import explorer
from explorer.attribution import FILLS, class_activation_map
from explorer.attribution.fills import filled
from explorer.faithfulness.curves import confidence, deletion, insertion
from explorer.faithfulness.report import report_card
from explorer.faithfulness.scores import centred_map, pixel_ranks, resized
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample
from explorer.trace import FloatArray, Trace
from tests.drawn_maps import Window, bright_picture, drawn, halves, window_map
from tests.tiny import Overwriting, as_network, noise_image, tiny_network


@pytest.fixture(scope="module")
def window_trace() -> Trace:
    return explorer.run(as_network(Window(), 24, ("other", "window")), bright_picture(), 1)


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
