"""What a made picture is made of: waves, colours and small movements, each worked out again more slowly."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
import torch

from explorer.synthesis.making import alikeness
from explorer.synthesis.moving import moved
from explorer.synthesis.spectrum import (
    TOGETHER,
    falling,
    frequencies,
    in_colour,
    of_phases,
    of_photographs,
    of_waves,
)


@pytest.mark.parametrize("side", [6, 7])
def test_waves_are_summed_up(side: int) -> None:
    """Against the sum over all waves, written out: those that rfft2 leaves away are the conjugates of others."""
    random = torch.Generator().manual_seed(1)
    spectrum = torch.view_as_complex(torch.randn(1, 1, side, side // 2 + 1, 2, generator=random))
    found = of_waves(spectrum, falling(side, 1.0), side)[0, 0]
    waves = (
        (spectrum - spectrum.mean())
        / (spectrum - spectrum.mean()).abs().square().sum().div(spectrum.numel() - 1).sqrt()
    )[0, 0]
    pixels = np.zeros((side, side))
    for y in range(side):
        for x in range(side):
            for v in range(side):
                for u in range(side // 2 + 1):
                    f = math.hypot(min(v, side - v) / side, u / side)
                    strength = side / max(f, 1 / side)
                    wave = complex(waves[v, u]) * strength * cmath.exp(2j * math.pi * (v * y + u * x) / side)
                    alone = u == 0 or 2 * u == side  # the others stand for their conjugates too
                    pixels[y, x] += wave.real * (1 if alone else 2)
    expected = (pixels - pixels.mean()) / (pixels.std(ddof=1) + 1e-4 * side**2)
    assert np.corrcoef(found.flatten(), pixels.flatten())[0, 1] > 1 - 1e-10
    assert np.allclose(found, expected, atol=2e-3)
    assert abs(float(found.mean())) < 1e-6
    assert abs(float(found.std()) - 1) < 1e-2


def test_phases_alone_are_free() -> None:
    """Whatever the phases, each wave keeps its strength, up to the contrast that all have together."""
    strengths, side = of_photographs(16, False), 16
    phases = torch.rand(2, 3, side, side // 2 + 1, generator=torch.Generator().manual_seed(0)) * math.tau
    magnitudes = torch.fft.rfft2(of_phases(phases, strengths, side)).abs()
    inner = (slice(None), slice(None), slice(1, side // 2), slice(1, side // 2))  # the others are their own conjugates
    ratio = magnitudes[inner] / strengths[None][inner]
    for one in ratio:
        assert float(one.std() / one.mean()) < 1e-4


def test_waves_of_photographs_fall_and_have_no_direction() -> None:
    for is_grey in (False, True):
        found = of_photographs(64, is_grey)
        assert found.shape == (1 if is_grey else 3, 64, 33)
        assert torch.equal(found[:, 5, 0], found[:, 0, 5])
        assert bool((found[:, 0, 2] > 3 * found[:, 0, 20]).all())


def test_colours_go_together_as_the_root_of_their_covariance_says() -> None:
    values = torch.randn(1, 3, 200, 200, generator=torch.Generator().manual_seed(0))
    found = in_colour(values)[0].flatten(1)
    assert torch.allclose(found[:, 7], TOGETHER @ values[0, :, 0, 7], atol=1e-6)
    assert torch.allclose(torch.cov(found), TOGETHER @ TOGETHER.T, atol=0.02)
    assert abs(float(TOGETHER.norm(dim=0).max()) - 1) < 1e-6


def test_frequencies_are_cycles_a_pixel() -> None:
    assert frequencies(8)[3, 2] == pytest.approx(math.hypot(3, 2) / 8)
    assert frequencies(8).max() == pytest.approx(math.sqrt(0.5))


# Movements, and how alike pictures are


def test_pictures_are_moved_by_as_much_as_is_said() -> None:
    ramp = torch.linspace(0, 1, 60).expand(1, 1, 60, 60).clone()
    random = torch.Generator().manual_seed(3)
    assert torch.equal(moved(ramp, 0, random), ramp)
    ways = torch.stack([moved(ramp, 1.0, random)[0, 0, 30, 30] - ramp[0, 0, 30, 30] for _ in range(200)])
    assert float(ways.abs().max()) < 1 / 12 + 0.02
    assert float(ways.abs().max()) > 0.06
    assert abs(float(ways.mean())) < 0.02
    even = torch.full((2, 3, 9, 9), 0.4)
    assert torch.allclose(moved(even, 2.0, random), even, atol=1e-6)  # mirrored beyond the edges: nothing comes in


def test_alikeness_is_the_mean_cosine_of_gram_matrices() -> None:
    maps = torch.randn(3, 4, 2, 5, generator=torch.Generator().manual_seed(0))
    cosines = []
    for i in range(3):
        for j in range(i):
            grams = [np.array([[float((a * b).sum()) for b in maps[k]] for a in maps[k]]).ravel() for k in (i, j)]
            cosines.append(grams[0] @ grams[1] / np.linalg.norm(grams[0]) / np.linalg.norm(grams[1]))
    assert float(alikeness(maps)) == pytest.approx(np.mean(cosines), abs=1e-5)
