"""ROAD: guessed pixels against the equations that they must fulfil, and scores whose true answer is known."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

import explorer
from explorer.errors import BadMap, BadOption
from explorer.faithfulness.imputation import SHARES, imputed, road
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.trace import FloatArray, Trace
from tests.drawn_maps import Window, bright_picture, drawn, window_map
from tests.tiny import as_network, noise_image


def slow_imputed(picture: FloatArray, removed: np.ndarray) -> np.ndarray:
    """One equation for each removed pixel: it is the mean of those around it, which may be unknown too."""
    at = [tuple(place) for place in np.argwhere(removed)]
    found = picture.astype(np.float64)
    for values in found:
        matrix, right = np.zeros((len(at), len(at))), np.zeros(len(at))
        for row, (y, x) in enumerate(at):
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    place = (y + dy, x + dx)
                    if (dy, dx) == (0, 0) or not (0 <= place[0] < len(values) and 0 <= place[1] < len(values[0])):
                        continue
                    weight = 1 / 12 if dy and dx else 1 / 6
                    matrix[row, row] += weight
                    if place in at:
                        matrix[row, at.index(place)] -= weight
                    else:
                        right[row] += weight * values[place]
        for place, value in zip(at, np.linalg.solve(matrix, right), strict=True):
            values[place] = value
    return found


@pytest.mark.parametrize("share", [0.05, 0.5, 0.97])
def test_guessed_pixels_are_the_means_of_those_around_them(share: float) -> None:
    random = np.random.default_rng(4)
    picture = random.normal(size=(3, 11, 9)).astype(np.float32)
    removed = random.random((11, 9)) < share
    assert 0 < removed.sum() < removed.size
    found = imputed(picture, removed)
    assert found == pytest.approx(slow_imputed(picture, removed), abs=1e-4)
    assert np.array_equal(found[:, ~removed], picture[:, ~removed])


def test_a_slope_goes_on_through_a_hole() -> None:
    """Weights that are alike on all sides give back what rises evenly."""
    y, x = np.mgrid[:20, :30].astype(np.float32)
    picture = np.stack([2 * x - y, 0 * x + 3, y])
    removed = np.zeros((20, 30), bool)
    removed[4:15, 6:22] = True
    assert imputed(picture, removed) == pytest.approx(picture, abs=1e-3)


def test_noise_falls_on_guessed_pixels_alone() -> None:
    removed = np.random.default_rng(1).random((60, 60)) < 0.6
    flat = np.full((1, 60, 60), 0.5, np.float32)
    found = imputed(flat, removed, noise=0.2, seed=3)
    assert np.array_equal(found[0][~removed], flat[0][~removed])
    assert (found[0][removed] - 0.5).std() == pytest.approx(0.2, rel=0.1)
    assert np.array_equal(found, imputed(flat, removed, noise=0.2, seed=3))
    assert not np.array_equal(found, imputed(flat, removed, noise=0.2, seed=4))


# Scores whose answer is known


def lit_window() -> ImageInput:
    """Dark, but for what the network of the window sees."""
    pixels = np.full((24, 24, 3), 20, np.uint8)
    pixels[8:16, 4:12] = 220
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return explorer.read_image(file.getvalue(), "window.png")


@pytest.fixture(scope="module")
def window() -> Network:
    return as_network(Window(), 24, ("other", "window"))


def probability(network: Network, x: torch.Tensor) -> float:
    z = network.graph.run(x)[0][0]
    return 1 / (1 + math.exp(float(z[0] - z[1])))


def test_what_was_removed_is_guessed_from_what_is_around_it(window: Network) -> None:
    trace = explorer.run(window, lit_window(), 1)
    dark = trace.prepared.tensor[..., :1, :1].expand(1, 3, 24, 24)
    before, without = probability(window, trace.prepared.tensor), probability(window, dark)
    assert before > without + 0.2
    found = road(trace, window_map(), shares=[1 / 9], noise=0)  # 64 of 576 pixels: the window, all of it
    assert found.highest_first == pytest.approx([without], abs=1e-4)
    assert found.lowest_first == pytest.approx([before], abs=1e-4)
    assert found.score == pytest.approx(before - without, abs=1e-4)
    assert road(trace, -window_map(), shares=[1 / 9], noise=0).score == pytest.approx(without - before, abs=1e-4)
    assert np.abs(found.pixels[0].astype(int) - 20).max() <= 1


def test_what_can_be_guessed_is_not_missed(window: Network) -> None:
    trace = explorer.run(window, bright_picture(), 1)
    found = road(trace, window_map(), noise=0)
    assert found.highest_first == pytest.approx([probability(window, trace.prepared.tensor)] * len(SHARES), abs=1e-4)
    assert found.score == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("n_positive", [1, 5, 300])
def test_of_a_map_of_zeros_no_more_is_erased_than_was_asked_for(n_positive: int, window: Network) -> None:
    """A threshold at a percentile would take all that are as high as it: here every zero, and so the whole picture."""
    trace = explorer.run(window, noise_image(24, 24), 1)
    values = np.zeros(576, np.float32)
    values[np.random.default_rng(0).permutation(576)[:n_positive]] = 1 + np.arange(n_positive)
    sparse = values.reshape(24, 24)
    found = road(trace, sparse, shares=SHARES, noise=50)  # so loud that no guessed pixel keeps its colour
    for share, pixels in zip(SHARES, found.pixels, strict=True):
        gone = (pixels != trace.prepared.pixels).any(axis=2)
        assert gone.sum() == round(share * 576)
        assert gone[sparse > 0].sum() == min(n_positive, round(share * 576))
    assert found.shares == pytest.approx([round(share * 576) / 576 for share in SHARES])
    again = road(trace, sparse, noise=50)
    assert np.array_equal(again.highest_first, found.highest_first)


def test_progress_and_its_end(window: Network) -> None:
    trace, seen = explorer.run(window, bright_picture(), 1), list[tuple[int, int | None]]()
    road(trace, drawn(24, 24), shares=[0.2, 0.4], progress=lambda *step: seen.append(step))
    assert seen[-1] == (4, 4)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"shares": [0.5, 1]},
            "The shares are 0.5, 1; each must lie between 0 and 1, since pixels are guessed from those that are left.",
        ),
        (
            {"shares": []},
            "The shares are none; each must lie between 0 and 1, since pixels are guessed from those that are left.",
        ),
        ({"noise": -1.0}, "noise is a standard deviation, 0 or more, not -1.0."),
        ({"noise": math.nan}, "noise is a standard deviation, 0 or more, not nan."),
    ],
)
def test_refusals(options: dict[str, object], sentence: str, window: Network) -> None:
    trace: Trace = explorer.run(window, bright_picture(), 1)
    with pytest.raises(BadOption) as caught:
        road(trace, window_map(), **options)  # type: ignore[arg-type]
    assert str(caught.value) == sentence
    with pytest.raises(BadMap):
        road(trace, np.zeros((24, 24), np.float32))
