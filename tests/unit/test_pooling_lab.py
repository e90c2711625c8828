"""Maps pooled in other ways: against slow loops and torch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from explorer.errors import BadWindow, NotSpatial
from explorer.geometry import Window
from explorer.networks.network import Network
from explorer.pooling.kinds import (
    KINDS,
    PICTURE,
    check_window,
    enlarged,
    maps_of,
    output_size,
    pool,
    pool_batch,
    relative_error,
    sources,
)
from explorer.pooling.sentences import lab_sentence
from explorer.trace import FloatArray, Trace
from tests.arrays import numbers

MAPS = 2, 11, 14
WINDOWS = [
    (Window((k, m), (s, t), (p, min(p, m // 2))), is_ceil)
    for k, m, s, t, p in (
        (2, 2, 2, 2, 0), (3, 3, 2, 2, 1), (3, 2, 1, 3, 1), (4, 4, 3, 3, 2), (1, 1, 1, 1, 0), (5, 3, 4, 2, 0)
    )
    for is_ceil in (False, True)
]  # fmt: skip


@pytest.mark.parametrize(("window", "is_ceil"), WINDOWS)
def test_every_kind_gives_the_size_that_torch_gives(window: Window, is_ceil: bool) -> None:
    maps = numbers(*MAPS)
    x = torch.from_numpy(maps)[None]
    expected = F.max_pool2d(x, window.kernel, window.stride, window.padding, ceil_mode=is_ceil).shape[2:]
    assert output_size((11, 14), window, is_ceil) == tuple(expected)
    for kind in KINDS:
        assert pool(maps, kind, window, is_ceil).shape == (2, *expected)


@pytest.mark.parametrize(("window", "is_ceil"), WINDOWS)
def test_kinds_that_torch_has_are_torchs(window: Window, is_ceil: bool) -> None:
    maps = numbers(*MAPS)
    x, arguments = torch.from_numpy(maps), (window.kernel, window.stride, window.padding)
    largest = F.max_pool2d(x, *arguments, ceil_mode=is_ceil).numpy()
    assert np.array_equal(pool(maps, "max", window, is_ceil), largest)
    assert np.array_equal(-pool(-maps, "min", window, is_ceil), largest)
    mean = F.avg_pool2d(x, *arguments, ceil_mode=is_ceil).numpy()
    assert np.array_equal(pool(maps, "average", window, is_ceil), mean)
    if not is_ceil:  # where torch takes a window over the edge for a whole one
        padded = np.pad(maps, ((0, 0), *((p, p) for p in window.padding)))
        norm = F.lp_pool2d(torch.from_numpy(padded), 2, window.kernel, window.stride).numpy()
        assert np.array_equal(pool(maps, "L2", window), norm)


@pytest.mark.parametrize(("window", "is_ceil"), WINDOWS)
def test_the_l2_norm_is_of_what_is_there(window: Window, is_ceil: bool) -> None:
    maps = numbers(*MAPS, seed=2)
    found = pool(maps, "L2", window, is_ceil)
    for c, i, j in np.ndindex(found.shape):
        rows, columns = cell(maps, window, i, j)
        expected = math.sqrt(math.fsum(float(maps[c, y, x]) ** 2 for y in rows for x in columns))
        assert found[c, i, j] == pytest.approx(expected, rel=1e-5)


def cell(maps: FloatArray, window: Window, i: int, j: int) -> tuple[list[int], list[int]]:
    """Rows and columns of window (i, j) that exist."""
    found = []
    for at, axis in ((i, 0), (j, 1)):
        first = at * window.stride[axis] - window.padding[axis]
        found.append([n for n in range(first, first + window.kernel[axis]) if 0 <= n < maps.shape[axis + 1]])
    return found[0], found[1]


@pytest.mark.parametrize(("window", "is_ceil"), WINDOWS)
def test_the_other_kinds_against_slow_loops(window: Window, is_ceil: bool) -> None:
    maps = numbers(*MAPS, seed=1)
    height, width = output_size((11, 14), window, is_ceil)
    drawn, middle = pool(maps, "stochastic", window, is_ceil), pool(maps, "stride only", window, is_ceil)
    blurred, both = pool(maps, "blur-pool", window, is_ceil), pool(maps, "max blur-pool", window, is_ceil)
    smooth = slow_blur(maps)
    # all maxima at stride 1, as far as the last window needs them
    n_y, n_x = (height - 1) * window.stride[0] + 1, (width - 1) * window.stride[1] + 1
    one = Window(window.kernel, (1, 1), window.padding)
    dense = np.array([[[largest(m, *cell(maps, one, i, j)) for j in range(n_x)] for i in range(n_y)] for m in maps])
    expected = slow_blur(dense)[:, :: window.stride[0], :: window.stride[1]]
    assert np.allclose(both, expected, atol=1e-5)
    for c, i, j in itertools.product(range(2), range(height), range(width)):
        rows, columns = cell(maps, window, i, j)
        y, x = (
            min(max(at * s - p + (k - 1) // 2, 0), n - 1)
            for at, s, p, k, n in zip((i, j), window.stride, window.padding, window.kernel, (11, 14), strict=True)
        )
        assert middle[c, i, j] == maps[c, y, x]
        assert blurred[c, i, j] == pytest.approx(smooth[c, y, x], abs=1e-5)
        positive = [v for v in maps[c][np.ix_(rows, columns)].ravel() if v > 0]
        assert drawn[c, i, j] in (positive or [0.0])


def largest(values: FloatArray, rows: list[int], columns: list[int]) -> float:
    return float(values[np.ix_(rows, columns)].max())


def slow_blur(maps: FloatArray) -> FloatArray:
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1)), mode="edge")
    out = np.zeros_like(maps)
    for (dy, dx), weight in np.ndenumerate(np.outer((1, 2, 1), (1, 2, 1)) / 16):
        out += weight * padded[:, dy : dy + maps.shape[1], dx : dx + maps.shape[2]]
    return out


def test_chance_draws_in_proportion_and_as_the_seed_says() -> None:
    maps = np.tile(np.array([[1, 2], [5, -3]], np.float32), (1, 60, 60))
    window = Window((2, 2), (2, 2), (0, 0))
    drawn = pool(maps, "stochastic", window, seed=3)
    shares = [float((drawn == value).mean()) for value in (1, 2, 5)]
    assert np.allclose(shares, [1 / 8, 2 / 8, 5 / 8], atol=0.03)
    assert sum(shares) == 1
    assert np.array_equal(drawn, pool(maps, "stochastic", window, seed=3))
    assert not np.array_equal(drawn, pool(maps, "stochastic", window, seed=4))
    assert not pool(-np.abs(maps), "stochastic", window).any()
    batch = torch.from_numpy(np.stack([maps, maps]))
    first, second = pool_batch(batch, "stochastic", window, seed=3)
    assert torch.equal(first, second)
    assert np.array_equal(first.numpy(), drawn)


def test_a_shift_by_the_stride_shifts_what_is_pooled() -> None:
    maps = numbers(1, 16, 20, seed=2)
    window = Window((3, 3), (2, 2), (1, 1))
    moved = np.pad(maps, ((0, 0), (0, 0), (2, 0)), mode="edge")[:, :, :20]
    for kind in set(KINDS) - {"stochastic"}:
        before, after = pool(maps, kind, window), pool(moved, kind, window)
        assert np.allclose(after[:, :, 3:-1], before[:, :, 2:-2], atol=1e-6), kind  # away from the edges


def test_what_is_no_number_stays_none() -> None:
    maps = numbers(1, 6, 6, seed=3)
    maps[0, 2, 2] = np.nan
    for kind in set(KINDS) - {"stride only"}:
        assert np.isnan(pool(maps, kind, Window((3, 3), (3, 3), (0, 0)))).any(), kind


def test_windows_that_cannot_be() -> None:
    def message(kernel: int, stride: int, padding: int) -> str:
        with pytest.raises(BadWindow) as error:
            pool(numbers(*MAPS), "max", Window((kernel, kernel), (stride, stride), (padding, padding)))
        return str(error.value)

    assert message(0, 1, 0) == "A window 0 cells high holds nothing. Choose a kernel of 1 or more."
    assert message(2, 0, 0) == "With a stride of 0 the window would never move on. Choose a stride of 1 or more."
    assert message(3, 1, 2) == (
        "A padding of 2 does not go with a window 3 cells high: at most half of the window, 1, may lie outside the "
        "map. Choose a smaller padding, or a larger kernel."
    )
    assert message(12, 1, 0) == (
        "A window 12 cells high does not fit into a map 11 cells high with a padding of 0: the output would have 0 "
        "cells. Choose a kernel of at most 11."
    )
    with pytest.raises(BadWindow, match=r"lie apart \(dilation\)"):
        check_window((9, 9), Window((3, 3), (1, 1), (0, 0), (2, 2)))


def test_the_error_of_a_pooled_map() -> None:
    before = numbers(6, 9, seed=4)
    assert relative_error(before, before) == 0
    assert relative_error(before, np.zeros((2, 3), np.float32)) == pytest.approx(1)
    assert math.isnan(relative_error(np.zeros((4, 4), np.float32), np.zeros((2, 2), np.float32)))
    assert enlarged(np.array([[1, 2, 3]], np.float32), (2, 6)).tolist() == [[1, 1, 2, 2, 3, 3]] * 2
    window = Window((3, 3), (3, 3), (0, 0))
    errors = {kind: relative_error(before, pool(before[None], kind, window)[0]) for kind in KINDS}
    assert min(errors, key=errors.__getitem__) == "average"  # of all numbers the mean is nearest to its window
    assert lab_sentence(errors).startswith("Closest to the map before is average.")
    assert "zero everywhere" in lab_sentence(dict.fromkeys(KINDS, math.nan))


def test_what_can_be_pooled(pocket_trace: Trace, random_network: Callable[[str], Network]) -> None:
    found = sources(pocket_trace.network)
    assert found[0] == PICTURE
    assert "relu" in found
    assert "avgpool" not in found
    assert maps_of(pocket_trace, PICTURE).shape == (3, 160, 160)
    assert np.array_equal(maps_of(pocket_trace, "relu"), pocket_trace["relu"])
    with pytest.raises(NotSpatial):
        maps_of(pocket_trace, "avgpool")
    assert sources(random_network("mlp")) == (PICTURE,)
