"""What a filter answers to, worked out again, slowly."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

import explorer
from explorer.filters.gratings import ANGLES, FREQUENCIES, HUES, grating, plain_picture, responses, tuning
from explorer.filters.measures import orientation
from explorer.filters.sentences import filter_sentence, tuning_sentence
from explorer.filters.weights import kernels, layers_with_kernels
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample
from explorer.trace import FloatArray
from tests.arrays import numbers
from tests.filter_banks import apart, gabor, with_weights


@pytest.mark.parametrize(("angle", "step"), [(0, (0, 1)), (90, (1, 0)), (45, (-1, 1)), (135, (1, 1))])
def test_a_grating_is_the_same_along_its_stripes_and_not_across(angle: float, step: tuple[int, int]) -> None:
    """A step to the next pixel along the stripes, as (y, x): y points down."""
    picture = grating(32, angle, 0.13, 20)
    assert picture.shape == (32, 32, 3)
    assert 0 <= picture.min() < 0.05
    assert 0.95 < picture.max() <= 1
    here = picture[8:24, 8:24]
    y, x = step
    np.testing.assert_allclose(here, picture[8 + y : 24 + y, 8 + x : 24 + x], atol=1e-5)
    assert np.abs(here - picture[8 + x : 24 + x, 8 - y : 24 - y]).max() > 0.2


def test_a_grating_has_its_frequency() -> None:
    row = grating(100, 90, 0.05, 0)[0, :, 0] - 0.5
    assert int(np.abs(np.fft.rfft(row)).argmax()) == 5  # cycles in 100 pixels


@pytest.mark.parametrize("name", ["pocket_resnet", "lenet5", "convnext_tiny"])
def test_responses_are_what_a_whole_pass_records(random_network: Callable[[str], Network], name: str) -> None:
    network = random_network(name)
    trace = explorer.run(network, load_sample("coffee"))
    picture = trace.prepared.pixels.astype(np.float32) / 255
    names = layers_with_kernels(network)
    for layer in (names[0], names[len(names) // 2], names[-2], names[-1]):
        both = responses(network, layer, np.stack([picture, 1 - picture]))
        assert len(both) == 2
        np.testing.assert_allclose(both[0], trace[layer], rtol=1e-3, atol=1e-3 * np.abs(trace[layer]).max())


def seeing(*kernels_: FloatArray) -> Network:
    """A network whose first layer has these filters, (3, k, k) each."""
    return with_weights(np.stack(kernels_))


@pytest.mark.parametrize(("angle", "fine"), [(0, 3), (30, 4), (90, 3), (135, 2)])
def test_a_gabor_filter_answers_most_to_its_own_stripes(angle: int, fine: int) -> None:
    network = seeing(np.stack([gabor(15, angle, FREQUENCIES[fine])] * 3), numbers(3, 15, 15))
    tuned = tuning(network, "0")
    assert tuned.gratings.shape == (2, 12, 6)
    best = np.unravel_index(int(tuned.gratings[0].argmax()), (12, 6))
    assert (ANGLES[best[0]], best[1]) == (angle, fine)
    expected = (
        f"stripes at {angle}° (0° lies flat, 45° rises to the right, 90° stands upright) with {FREQUENCIES[fine]} "
    )
    assert expected in tuning_sentence(tuned, "0", 0)
    # the weights say the same angle as the measurement, and as the picture of the same stripes
    trace = explorer.run(network, load_sample("coffee"), 0)
    assert apart(float(filter_sentence(trace, "0", 0).split("edges at ")[1].split("°")[0]), angle) <= 3
    shown = np.moveaxis(grating(15, angle, FREQUENCIES[fine], 0), -1, 0)[None] - 0.5
    assert apart(float(orientation(shown)[0]), angle) < 8


def test_no_direction_is_told_of_a_blob() -> None:
    """An orange disc answers to its colour, not to stripes: what its faint edges or a rounding would name is noise."""
    y, x = np.indices((7, 7)) - 3
    disc = np.exp(-(y**2 + x**2) / 8).astype(np.float32)
    blob = np.stack([disc, 0.2 * disc, -1.2 * disc])
    grey = np.repeat(disc[None], 3, axis=0)
    network = seeing(blob, grey)
    trace, tuned = explorer.run(network, load_sample("coffee"), 0), tuning(network, "0")
    for index in range(2):
        assert "no direction of its own" in filter_sentence(trace, "0", index)
        assert "°" not in filter_sentence(trace, "0", index)
        assert "°" not in tuning_sentence(tuned, "0", index)
    assert "hardly answers to grey stripes" in tuning_sentence(tuned, "0", 0)
    assert "nearly alike in every direction" in tuning_sentence(tuned, "0", 1)


def test_tuning_of_a_linear_filter_is_the_modulus_of_its_transfer_function() -> None:
    weights = numbers(2, 3, 5, 5)
    network = with_weights(weights)
    tuned = tuning(network, "0")
    std = np.array([0.229, 0.224, 0.225])  # by which the colours are divided before the filter sees them
    for c in range(2):
        grey = (weights[c] / std[:, None, None]).sum(axis=0)
        for i, angle in enumerate(ANGLES):
            for j, f in enumerate(FREQUENCIES):
                total = 0j
                for y in range(5):
                    for x in range(5):
                        across = math.sin(math.radians(angle)) * x + math.cos(math.radians(angle)) * y
                        total += grey[y, x] * np.exp(2j * math.pi * f * across)
                assert tuned.gratings[c, i, j] == pytest.approx(abs(total) / 2, rel=1e-3, abs=1e-4)


def test_hues() -> None:
    red = np.zeros((3, 3, 3), np.float32)
    red[0] = 1
    tuned = tuning(seeing(red, -red, np.zeros_like(red)), "0")
    assert tuned.hues is not None
    assert tuned.hues.shape == (3, 12)
    # its answer to a red picture less that to mid-grey: nine cells of (1 - 0.5) / std
    assert tuned.hues[0, HUES.index(0)] == pytest.approx(9 * 0.5 / 0.229, rel=1e-4)
    assert tuned.hues[0, HUES.index(180)] == pytest.approx(-9 * 0.5 / 0.229, rel=1e-4)
    np.testing.assert_allclose(tuned.hues[1], -tuned.hues[0], rtol=1e-4)
    assert not tuned.hues[2].any()
    assert "to red" in tuning_sentence(tuned, "0", 0)


def test_a_network_of_digits_is_shown_no_colours(random_network: Callable[[str], Network]) -> None:
    network = random_network("lenet5")
    for layer in layers_with_kernels(network):
        tuned = tuning(network, layer)
        assert tuned.hues is None
        assert tuned.gratings.shape == (len(kernels(network, layer)), 12, 6)
        assert (tuned.gratings >= 0).all()
        assert tuned.gratings.any()
        assert "plain colours" not in tuning_sentence(tuned, layer, 0)


def test_tuning_is_measured_once_tells_how_far_it_is_and_can_be_stopped() -> None:
    network = with_weights(numbers(2, 3, 3, 3))
    steps: list[tuple[int, int | None]] = []

    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tuning(network, "0", stop)
    tuned = tuning(network, "0", lambda *step: steps.append(step))
    assert steps == sorted(steps)
    assert len(steps) > 3
    n_pictures = 1 + 2 * len(ANGLES) * len(FREQUENCIES) + len(HUES)  # the grey one, each grating twice, the colours
    assert {total for _, total in steps} == {n_pictures}
    assert steps[-1][0] == n_pictures
    assert tuning(network, "0", stop) is tuned


def test_deep_in_a_large_network_smaller_pictures_do(random_network: Callable[[str], Network]) -> None:
    network = random_network("resnet18")
    first, *_, last = (n for n in layers_with_kernels(network) if network.layer(n).kind == "convolution")
    assert tuning(network, first).side == 224
    tuned = tuning(network, last)
    assert 80 <= tuned.side < 224
    assert f"{tuned.side} × {tuned.side} pixels" in tuning_sentence(tuned, last, 0)


def test_a_plain_picture() -> None:
    assert plain_picture(2, (1.0, 0.5, 0.0)).reshape(-1, 3).tolist() == [[1.0, 0.5, 0.0]] * 4
