"""Pooling opened, pooled in other ways, exchanged and moved: against slow loops, torch, and whole passes."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

import explorer
from explorer import interventions
from explorer.errors import BadTarget, BadUnit, BadWindow, NoPooling, NotSpatial, UnknownLayer
from explorer.geometry import Window
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.pooling.exchange import AS_IT_IS, alike, shift_test, swap
from explorer.pooling.figures import left_over, lines_png, pooled_ways, ways_png, which_window, window_png
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
from explorer.pooling.layers import maps_after, pooling_layers, pooling_of
from explorer.pooling.opened import open_pooling
from explorer.pooling.sentences import (
    cost_sentence,
    kept_sentence,
    lab_sentence,
    opened_sentence,
    shift_sentence,
    size_question,
    swap_sentence,
    what_sentence,
)
from explorer.pooling.winners import kept, winners
from explorer.trace import FloatArray, Trace, probabilities_of
from tests.pooled import whole_pass
from tests.tiny import ARCHITECTURES, as_network, chain, tiny_network

POOLINGS: dict[str, Callable[[], nn.Module]] = {
    "max": lambda: nn.MaxPool2d(3, 2, 1),
    "max, not square": lambda: nn.MaxPool2d((2, 3), (3, 1), (0, 1)),
    "max, rounded up": lambda: nn.MaxPool2d(3, 2, ceil_mode=True),
    "max, rounded up and padded": lambda: nn.MaxPool2d(4, 3, 2, ceil_mode=True),
    "max with gaps": lambda: nn.MaxPool2d(3, 2, 1, dilation=2),
    "average": lambda: nn.AvgPool2d(2),
    "average, padded": lambda: nn.AvgPool2d(3, 2, 1),
    "average, padding does not count": lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=False),
    "average, rounded up": lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=True),
    "average, rounded up, far over the edge": lambda: nn.AvgPool2d(5, 4, 2, ceil_mode=True),
    "average, divided by seven": lambda: nn.AvgPool2d(3, 2, divisor_override=7),
    "adaptive": lambda: nn.AdaptiveAvgPool2d(7),
    "adaptive, not square": lambda: nn.AdaptiveAvgPool2d((3, 8)),
    "global": lambda: nn.AdaptiveAvgPool2d(1),
}


class Functions(nn.Module):
    """Poolings by function, one of them straight on the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3, padding=1)
        self.fc = nn.Linear(5, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.conv(F.max_pool2d(x, 3, 2, ceil_mode=True)))
        x = F.avg_pool2d(x, kernel_size=3, stride=1, padding=1)
        x = F.max_pool2d(x, 2)
        return self.fc(F.adaptive_avg_pool2d(x, (1, 1)).mean(dim=(2, 3)))


@pytest.fixture(scope="module")
def traced(image: ImageInput) -> Callable[[str], Trace]:
    """A small network with one of the POOLINGS behind a convolution and a ReLU, and its pass over the noise."""

    def run(name: str) -> Trace:
        network = tiny_network(chain(nn.Conv2d(3, 4, 3), nn.ReLU(), POOLINGS[name]()))
        return explorer.run(network, image, 1)

    return run


def units(trace: Trace, layer: str) -> list[tuple[int, int, int]]:
    pooling = pooling_of(trace.network, layer)
    return list(itertools.product(range(pooling.n_channels), range(pooling.after[0]), range(pooling.after[1])))


@pytest.mark.parametrize("name", POOLINGS)
def test_every_value_comes_out_of_its_window(traced: Callable[[str], Trace], name: str) -> None:
    trace = traced(name)
    source = trace["1"]
    for unit in units(trace, "2"):
        opened = open_pooling(trace, "2", unit)
        assert opened.agrees
        assert opened.value == pytest.approx(float(trace["2"][unit]), rel=1e-5, abs=1e-6)
        for (i, y), (j, x) in itertools.product(enumerate(opened.rows), enumerate(opened.columns)):
            is_inside = 0 <= y < source.shape[1] and 0 <= x < source.shape[2]
            assert opened.is_padding[i, j] == (not is_inside)
            if is_inside:
                assert opened.values[i, j] == source[unit[0], y, x]
            else:
                assert opened.values[i, j] == (0 if opened.winner is None else -np.inf)
        if opened.winner is not None:
            assert source[(unit[0], *opened.winner)] == opened.value


def test_a_wrong_recorded_value_does_not_agree(traced: Callable[[str], Trace]) -> None:
    from dataclasses import replace

    for name in ("max", "average"):
        opened = open_pooling(traced(name), "2", (1, 3, 2))
        assert opened.agrees
        wrong = replace(opened, recorded=opened.recorded + 0.01)
        assert not wrong.agrees
        assert opened_sentence(wrong).count("✗") == 1
        assert "✗" not in opened_sentence(opened)


def test_poolings_by_function_and_of_the_picture(image: ImageInput) -> None:
    trace = explorer.run(tiny_network(Functions()), image)
    layers = pooling_layers(trace.network)
    assert layers == ("max_pool2d", "avg_pool2d", "max_pool2d_1", "adaptive_avg_pool2d", "mean")
    for layer in layers:
        assert all(open_pooling(trace, layer, unit).agrees for unit in units(trace, layer))
    assert pooling_of(trace.network, "max_pool2d").source is None
    assert pooling_of(trace.network, "max_pool2d").is_ceil
    assert pooling_of(trace.network, "mean").regular == Window((1, 1), (1, 1), (0, 0))
    assert pooling_of(trace.network, "adaptive_avg_pool2d").is_global
    assert which_window(trace, "max_pool2d", 0) is not None


def test_layers_that_leave_maps_come_first(random_network: Callable[[str], Network]) -> None:
    assert pooling_layers(random_network("googlenet"))[-1] == "avgpool"
    squeezing = pooling_layers(random_network("mobilenet_v3_small"))
    assert len(squeezing) == 10  # all of them end maps
    assert pooling_layers(random_network("mlp")) == ()


def test_only_poolings_are_opened(pocket_trace: Trace, random_network: Callable[[str], Network]) -> None:
    with pytest.raises(NoPooling) as error:
        open_pooling(pocket_trace, "conv1", (0, 0, 0))
    assert str(error.value) == (
        "'conv1' of pocket_resnet is convolution, which pools nothing. It pools in 'maxpool', 'avgpool'."
    )
    with pytest.raises(NoPooling, match=r"It has no pooling layer\.$"):
        pooling_of(random_network("mlp"), list(random_network("mlp").layers)[-1])
    with pytest.raises(UnknownLayer):
        open_pooling(pocket_trace, "pool9", (0, 0, 0))
    with pytest.raises(BadUnit) as other:
        open_pooling(pocket_trace, "maxpool", (0, 40, 0))
    assert str(other.value) == "maxpool has no y 40; allowed are 0 to 39. Choose one of these."
    with pytest.raises(BadUnit, match="has no channel -1; allowed are 0 to 31"):
        open_pooling(pocket_trace, "maxpool", (-1, 0, 0))
    with pytest.raises(NoPooling, match="takes an average, in which every value counts alike and none wins"):
        winners(pocket_trace, "avgpool", 0)


# Who wins, and what is kept


@pytest.mark.parametrize("name", [name for name in POOLINGS if name.startswith("max")])
def test_winners_are_those_of_the_opened_windows(traced: Callable[[str], Trace], name: str) -> None:
    trace = traced(name)
    width = trace["1"].shape[2]
    for channel in range(4):
        found = winners(trace, "2", channel)
        used = np.zeros(trace["1"].shape[1:], int)
        for unit in (unit for unit in units(trace, "2") if unit[0] == channel):
            opened = open_pooling(trace, "2", unit)
            assert opened.winner is not None
            used[opened.winner] += 1
            assert divmod(int(found.index[unit[1:]]), width) == opened.winner
            assert found.place[unit[1:]] == int(opened.values.argmax())
        assert np.array_equal(used, found.used)


@pytest.mark.parametrize("name", POOLINGS)
def test_what_is_kept(traced: Callable[[str], Trace], name: str) -> None:
    trace = traced(name)
    source, after = trace["1"].astype(np.float64), trace["2"]
    found = kept(trace, "2")
    assert (found.n_before, found.n_after) == (source.size, after.size)
    opened = {unit: open_pooling(trace, "2", unit) for unit in units(trace, "2")}
    if name.startswith("max"):
        won = {(unit[0], *one.winner) for unit, one in opened.items() if one.winner is not None}
        assert found.share_of_values == pytest.approx(len(won) / source.size)
        assert found.share_of_energy == pytest.approx(sum(source[c] ** 2 for c in won) / (source**2).sum())
    else:
        assert found.share_of_values is None
        assert found.share_of_energy == pytest.approx((after.astype(np.float64) ** 2).mean() / (source**2).mean())
    if "divided" in name or not math.isnan(found.share_flat):
        flat = [np.ptp(one.values[~one.is_padding]) == 0 for one in opened.values()]
        assert found.share_flat == pytest.approx(np.mean(flat))
    else:
        assert name.startswith("adaptive")  # whose windows differ


def test_the_next_layer_would_have_more_to_do(pocket_trace: Trace, random_network: Callable[[str], Network]) -> None:
    found = kept(pocket_trace, "maxpool")
    n_weights = pocket_trace.network.weights("layer1.0.conv1")["weight"].size
    assert found.follower == "layer1.0.conv1"
    assert found.multiply_adds == (n_weights * 40 * 40, n_weights * 80 * 80)
    assert found.n_bytes == (4 * 32 * 80 * 80, 4 * 32 * 40 * 40)
    last = kept(pocket_trace, "avgpool")
    assert (last.follower, last.multiply_adds) == ("fc", (256 * 11, 256 * 100 * 11))
    basic = explorer.run(random_network("basic_cnn"), load_sample("chelsea"))
    n_weights = basic.network.weights("conv2")["weight"].size  # without padding: 31 -> 29 cells, and 62 -> 60
    assert kept(basic, "pool1").multiply_adds == (n_weights * 29 * 29, n_weights * 60 * 60)
    alexnet = explorer.run(random_network("alexnet"), load_sample("chelsea"))
    through = kept(alexnet, "features.12")  # an average that changes nothing, dropout and flattening lie between
    assert through.follower == "classifier.1"
    assert through.multiply_adds == (256 * 36 * 4096, 256 * 169 * 4096)


def test_a_map_of_zeros_keeps_nothing_to_speak_of(image: ImageInput) -> None:
    silent = chain(nn.Conv2d(3, 2, 1), nn.ReLU(), nn.MaxPool2d(2))
    with torch.no_grad():
        for parameter in silent.parameters():
            parameter.fill_(-1.0 if parameter.ndim == 1 else 0.0)  # a bias below zero alone
    trace = explorer.run(as_network(silent, 24), image)
    found = kept(trace, "2")
    assert math.isnan(found.share_of_energy)
    assert found.share_flat == 1
    assert "nothing but zeros" in kept_sentence(pooling_of(trace.network, "2"), found)
    assert which_window(trace, "2", 0) is None


# The lab

WINDOWS = [
    (Window((k, m), (s, t), (p, min(p, m // 2))), is_ceil)
    for k, m, s, t, p in (
        (2, 2, 2, 2, 0), (3, 3, 2, 2, 1), (3, 2, 1, 3, 1), (4, 4, 3, 3, 2), (1, 1, 1, 1, 0), (5, 3, 4, 2, 0)
    )
    for is_ceil in (False, True)
]  # fmt: skip


def noise(seed: int = 0, shape: tuple[int, ...] = (2, 11, 14)) -> FloatArray:
    values: FloatArray = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    return values


@pytest.mark.parametrize(("window", "is_ceil"), WINDOWS)
def test_every_kind_gives_the_size_that_torch_gives(window: Window, is_ceil: bool) -> None:
    maps = noise()
    x = torch.from_numpy(maps)[None]
    expected = F.max_pool2d(x, window.kernel, window.stride, window.padding, ceil_mode=is_ceil).shape[2:]
    assert output_size((11, 14), window, is_ceil) == tuple(expected)
    for kind in KINDS:
        assert pool(maps, kind, window, is_ceil).shape == (2, *expected)


@pytest.mark.parametrize(("window", "is_ceil"), WINDOWS)
def test_kinds_that_torch_has_are_torchs(window: Window, is_ceil: bool) -> None:
    maps = noise()
    x, arguments = torch.from_numpy(maps), (window.kernel, window.stride, window.padding)
    largest = F.max_pool2d(x, *arguments, ceil_mode=is_ceil).numpy()
    assert np.array_equal(pool(maps, "max", window, is_ceil), largest)
    assert np.array_equal(-pool(-maps, "min", window, is_ceil), largest)
    mean = F.avg_pool2d(x, *arguments, ceil_mode=is_ceil).numpy()
    assert np.array_equal(pool(maps, "average", window, is_ceil), mean)
    if not any(window.padding):  # which torch's has not
        norm = F.lp_pool2d(x, 2, window.kernel, window.stride, is_ceil).numpy()
        assert np.array_equal(pool(maps, "L2", window, is_ceil), norm)
    elif not is_ceil:
        padded = np.pad(maps, ((0, 0), *((p, p) for p in window.padding)))
        norm = F.lp_pool2d(torch.from_numpy(padded), 2, window.kernel, window.stride).numpy()
        assert np.array_equal(pool(maps, "L2", window), norm)


def cell(maps: FloatArray, window: Window, i: int, j: int) -> tuple[list[int], list[int]]:
    """Rows and columns of window (i, j) that exist."""
    found = []
    for at, axis in ((i, 0), (j, 1)):
        first = at * window.stride[axis] - window.padding[axis]
        found.append([n for n in range(first, first + window.kernel[axis]) if 0 <= n < maps.shape[axis + 1]])
    return found[0], found[1]


@pytest.mark.parametrize(("window", "is_ceil"), WINDOWS)
def test_the_other_kinds_against_slow_loops(window: Window, is_ceil: bool) -> None:
    maps = noise(1)
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
    maps = noise(2, (1, 16, 20))
    window = Window((3, 3), (2, 2), (1, 1))
    moved = np.pad(maps, ((0, 0), (0, 0), (2, 0)), mode="edge")[:, :, :20]
    for kind in set(KINDS) - {"stochastic"}:
        before, after = pool(maps, kind, window), pool(moved, kind, window)
        assert np.allclose(after[:, :, 3:-1], before[:, :, 2:-2], atol=1e-6), kind  # away from the edges


def test_what_is_no_number_stays_none() -> None:
    maps = noise(3, (1, 6, 6))
    maps[0, 2, 2] = np.nan
    for kind in set(KINDS) - {"stride only"}:
        assert np.isnan(pool(maps, kind, Window((3, 3), (3, 3), (0, 0)))).any(), kind


def test_windows_that_cannot_be() -> None:
    def message(kernel: int, stride: int, padding: int) -> str:
        with pytest.raises(BadWindow) as error:
            pool(noise(), "max", Window((kernel, kernel), (stride, stride), (padding, padding)))
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
    before = noise(4, (6, 9))
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


# Exchanged, and moved


EXCHANGED = [("pocket_resnet", "maxpool"), ("pocket_resnet", "avgpool"), ("lenet5", "s2"), ("basic_cnn", "pool2")]


@pytest.mark.parametrize(("name", "layer"), EXCHANGED)
def test_an_exchange_equals_a_whole_pass(random_network: Callable[[str], Network], name: str, layer: str) -> None:
    network = random_network(name)
    trace = explorer.run(network, load_sample("coffee"))
    found = swap(trace, layer)
    assert found.kinds == tuple(KINDS)
    for i, kind in enumerate(found.kinds):
        logits, _ = whole_pass(network, trace.prepared.tensor, (layer,), kind)
        assert np.allclose(found.logits[i], logits, rtol=1e-3, atol=1e-4 * np.abs(logits).max())
        assert np.array_equal(found.probabilities[i], probabilities_of(found.logits[i]))
        assert found.top(i) == int(found.probabilities[i].argmax())
    own = pooling_of(network, layer).rule
    assert np.allclose(found.probabilities[found.kinds.index(own)], trace.probabilities, atol=1e-5)


def test_an_exchange_changes_no_recorded_value(pocket_trace: Trace) -> None:
    before = {name: tensor.clone() for name, tensor in pocket_trace.activations.items()}
    found = swap(pocket_trace, "maxpool")
    assert len(np.unique(found.probabilities, axis=0)) > 5
    assert all(torch.equal(before[name], tensor) for name, tensor in pocket_trace.activations.items())


def test_only_windows_that_are_alike_can_be_exchanged(traced: Callable[[str], Trace]) -> None:
    with pytest.raises(BadWindow, match="cuts 22 x 22 cells into windows of several sizes"):
        swap(traced("adaptive"), "2")
    with pytest.raises(BadWindow, match="dilation"):
        swap(traced("max with gaps"), "2")
    with pytest.raises(BadWindow):
        shift_test(traced("adaptive"), ["2"])


MOVED = [("pocket_resnet", ("maxpool",)), ("basic_cnn", ("pool1", "pool2")), ("lenet5", ("s4",))]


@pytest.mark.parametrize(("name", "layers"), MOVED)
def test_a_moving_picture_equals_whole_passes(
    random_network: Callable[[str], Network], name: str, layers: tuple[str, ...]
) -> None:
    network = random_network(name)
    trace = explorer.run(network, load_sample("coffee"))
    found = shift_test(trace, layers, ("stride only", "max blur-pool"), target=1, most=4)
    assert found.kinds == (AS_IT_IS, "stride only", "max blur-pool")
    assert (found.target, found.layers) == (1, layers)
    assert found.probabilities.shape == found.changes.shape == (3, 5)
    x = trace.prepared.tensor.numpy()
    own = pooling_of(network, layers[0]).rule
    for i, kind in enumerate((own, *found.kinds[1:])):
        still: FloatArray | None = None
        for n in range(5):
            moved = x[..., [max(0, column - n) for column in range(x.shape[3])]]
            logits, pooled = whole_pass(network, torch.from_numpy(moved), layers, kind)
            still = pooled if still is None else still
            assert found.probabilities[i, n] == pytest.approx(float(probabilities_of(logits)[1]), rel=1e-2, abs=1e-4)
            cells = found.cells[n]
            if pooled.ndim == 3 and cells:
                change = np.linalg.norm(pooled[:, :, cells:] - still[:, :, :-cells]) / np.linalg.norm(
                    still[:, :, :-cells]
                )
            else:
                change = np.linalg.norm(pooled - still) / np.linalg.norm(still)
            assert found.changes[i, n] == pytest.approx(float(change), rel=1e-2, abs=1e-4)


def test_how_far_a_shift_moves_the_pooled_map(pocket_trace: Trace) -> None:
    found = shift_test(pocket_trace, ["maxpool"], (), most=8)  # its cells are four pixels apart
    assert found.cells == (0, 0, 1, 1, 1, 1, 2, 2, 2)
    assert found.changes[0, 0] == 0
    assert found.changes[0, [4, 8]].max() < found.changes[0, [2, 6]].min()
    assert found.probabilities[0, 0] == pytest.approx(pocket_trace.top(1)[0].probability, rel=1e-3)
    assert shift_test(pocket_trace, ["avgpool"], (), most=3).cells == (0, 0, 0, 0)


def test_batches_and_progress_change_nothing(pocket_trace: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shift_test(pocket_trace, ["maxpool"], ["average"], most=4)
    monkeypatch.setattr("explorer.running.budget._EXTRA_BYTES", 1)
    told: list[tuple[int, int]] = []
    single = shift_test(pocket_trace, ["maxpool"], ["average"], most=4, progress=lambda *done: told.append(done))
    assert told == [(n, 10) for n in range(1, 11)]
    assert np.allclose(whole.probabilities, single.probabilities, atol=1e-5)
    assert np.allclose(whole.changes, single.changes, atol=1e-5)


def test_a_moving_picture_can_be_stopped(pocket_trace: Trace) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        shift_test(pocket_trace, ["maxpool"], [], progress=stop)
    assert interventions.sweep(pocket_trace, "fc").shape == (11,)  # the lock is free again
    with pytest.raises(BadTarget):
        shift_test(pocket_trace, ["maxpool"], [], target=11)
    with pytest.raises(NoPooling):
        shift_test(pocket_trace, ["conv1"], [])


def test_which_poolings_are_exchanged_together(random_network: Callable[[str], Network]) -> None:
    alexnet = random_network("alexnet")
    assert alike(alexnet, "features.5") == ("features.2", "features.5", "features.12")
    assert alike(alexnet, "avgpool") == ()  # its windows hold one cell each
    densenet = alike(random_network("densenet121"), "adaptive_avg_pool2d")
    assert densenet == (*(f"features.transition{i}.pool" for i in (1, 2, 3)), "adaptive_avg_pool2d")


# What is said, asked and drawn


def test_paragraphs(pocket_trace: Trace, random_network: Callable[[str], Network]) -> None:
    pooling = pooling_of(pocket_trace.network, "maxpool")
    assert what_sentence(pooling) == (
        "maxpool takes the largest value of each 3 × 3 window of relu, 2 cells further each time: from 80 × 80 cells "
        "to 40 × 40. Neighbouring windows overlap by 1 cell, so that one strong value can win several of them. At the "
        "edges, a padding of 1 × 1 never wins."
    )
    found = kept(pocket_trace, "maxpool")
    assert found.share_of_values is not None
    assert kept_sentence(pooling, found).startswith(
        f"On this picture {round(found.share_of_values * 204800):,} of 204,800 values ("
    )
    assert "layer1.0.conv1 sums up 14.7 M products" in cost_sentence(found)
    shown = {
        "googlenet": ("maxpool1", "inception3a.branch4.0"), "basic_cnn": ("pool1", "pool2"), "alexnet": ("avgpool",),
        "shufflenet_v2_x0_5": ("mean",),
    }  # fmt: skip
    said = {
        name: {layer: what_sentence(pooling_of(random_network(name), layer)) for layer in layers}
        for name, layers in shown.items()
    }
    assert "reach over the edge" in said["googlenet"]["maxpool1"]
    assert "reach over the edge" not in said["googlenet"]["inception3a.branch4.0"]
    assert said["basic_cnn"]["pool2"].endswith("The last 1 row and 1 column fit into no window and are never read.")
    assert "never read" not in said["basic_cnn"]["pool1"]
    assert "gives what it was given" in said["alexnet"]["avgpool"]
    assert "turns each of the 1024 maps" in said["shufflenet_v2_x0_5"]["mean"]
    alexnet = explorer.run(random_network("alexnet"), load_sample("chelsea"))
    idle = pooling_of(alexnet.network, "avgpool")
    assert kept_sentence(idle, kept(alexnet, "avgpool")) == "Nothing is thrown away."
    assert "neither memory nor work" in cost_sentence(kept(alexnet, "avgpool"))


def test_what_padding_counts(traced: Callable[[str], Trace]) -> None:
    said = {name: what_sentence(pooling_of(traced(name).network, "2")) for name in POOLINGS}
    assert "a padding of 1 × 1 counts as 0" in said["average, padded"]
    assert "a padding of 1 × 1 does not count" in said["average, padding does not count"]
    assert "into 7 × 7 windows of several sizes, and takes the mean" in said["adaptive"]
    assert "into one number: the mean" in said["global"]


def test_how_a_value_came_about(pocket_trace: Trace) -> None:
    opened = open_pooling(pocket_trace, "maxpool", (2, 0, 0))
    assert opened_sentence(opened).startswith("Of 4 values of relu (5 more lie in the padding), the largest is ")
    assert "✓ The pass recorded " in opened_sentence(opened)
    assert opened_sentence(open_pooling(pocket_trace, "avgpool", (2, 0, 0))).startswith(
        "100 values of layer4.1.relu_1: "
    )
    flat = next(u for u in units(pocket_trace, "maxpool") if not open_pooling(pocket_trace, "maxpool", u).values.any())
    assert "the first of 9 that are equal" in opened_sentence(open_pooling(pocket_trace, "maxpool", flat))


def test_what_an_exchange_and_a_shift_say(pocket_trace: Trace) -> None:
    found = swap(pocket_trace, "maxpool", ("max", "average"))
    assert swap_sentence(pocket_trace, found).startswith(
        "“cat” stays the likeliest class with 1 of 2 kinds of pooling at maxpool: max."
    )
    moved = shift_test(pocket_trace, ["maxpool"], ["stride only", "max blur-pool"], most=4)
    said = shift_sentence(pocket_trace, moved)
    assert said.startswith("As it is, the probability of “cat” lies between ")
    assert "It changes least with max blur-pool: up to " in said


def test_broken_weights_make_sentences(image: ImageInput) -> None:
    made = chain(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2))
    network = tiny_network(made)
    with torch.no_grad():
        network.graph.recorder.get_parameter("0.weight")[1] = math.nan
    trace = explorer.run(network, image, 1)
    assert all(open_pooling(trace, "2", (c, 3, 3)).agrees for c in range(4))
    assert swap_sentence(trace, swap(trace, "2")).startswith("The scores of this network are no finite numbers")
    moved = shift_test(trace, ["2"], ["average"], most=2)
    assert shift_sentence(trace, moved).startswith("The scores of this network are no finite numbers")
    assert lines_png(dict(zip(moved.kinds, moved.probabilities, strict=True)), "t")
    assert np.isnan(left_over(trace, "2", 1)[0].values).all()
    assert which_window(trace, "2", 1) is None


@pytest.mark.parametrize("name", [*POOLINGS, *(name for name in ARCHITECTURES if "pool" in name)])
def test_the_size_that_is_asked_for(name: str) -> None:
    made = ARCHITECTURES[name]() if name in ARCHITECTURES else chain(nn.Conv2d(3, 4, 3), POOLINGS[name]())
    network = tiny_network(made)
    for layer in pooling_layers(network):
        pooling = pooling_of(network, layer)
        question = size_question(network, pooling)
        if question is None:
            assert pooling.window is None
            continue
        assert question.answers[question.right] == str(network.layer(layer).shape[1])
        assert len(set(question.answers)) == len(question.answers) == 4
        assert question.why.count(str(pooling.after[0])) >= 1
        last = pooling.cells(0, pooling.after[0] - 1)[-1] - (pooling.before[0] - 1 + pooling.window.padding[0])
        assert ("reach over the edge" in question.why) == (last > 0)
        assert ("is not read" in question.why or "begin behind the edge" in question.why) == (last < 0)


@pytest.mark.parametrize("layer", ["maxpool", "avgpool"])
def test_the_window_that_is_asked_for(pocket_trace: Trace, layer: str) -> None:
    question = which_window(pocket_trace, layer, 3)
    assert question is not None
    assert len(question.pictures) == len(question.answers) == 4
    assert len(set(question.pictures)) == 4
    asked = question.text.split("Of which is ")[1].split(" the ")[0]
    told = dict(part.split(" ", 1) for part in question.why.split(" gives ")[1].removesuffix(".").split("), "))
    assert [letter for letter, value in told.items() if value.startswith(f"{asked} (")] == [
        question.answers[question.right]
    ]


def opened_png(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def test_what_is_left_of_a_map(pocket_trace: Trace) -> None:
    won, used, place = left_over(pocket_trace, "maxpool", 5)
    counts = winners(pocket_trace, "maxpool", 5).used
    assert place.values[7, 9] == open_pooling(pocket_trace, "maxpool", (5, 7, 9)).values.argmax()
    assert np.array_equal(used.values, counts)
    assert np.array_equal(np.isnan(won.values), counts == 0)
    assert np.array_equal(won.values[counts > 0], pocket_trace["relu"][5][counts > 0])
    (lost,) = left_over(pocket_trace, "avgpool", 5)
    assert np.allclose(lost.values, pocket_trace["layer4"][5] - pocket_trace["avgpool"][5], atol=1e-6)
    assert (lost.scale.signed, -lost.scale.low) == (True, lost.scale.high)
    idle = explorer.run(tiny_network(chain(nn.AvgPool2d(1))), load_sample("coffee"))
    assert left_over(idle, "0", 1) == ()
    for view in (won, used, place, lost):
        assert opened_png(view.png).width >= 400


def test_pooled_in_every_way(pocket_trace: Trace) -> None:
    before = pocket_trace["bn1"][3]
    ways = pooled_ways(before, Window((4, 4), (4, 4), (0, 0)), False, 0)
    assert [way.kind for way in ways] == list(KINDS)
    assert {way.scale for way in ways if way.kind != "L2"} == {ways[0].scale}
    assert all(way.scale.signed for way in ways)
    assert ways[3].scale.high == pytest.approx(float(ways[3].values.max()))
    assert opened_png(ways_png(before, ways)).width > 8 * 200
    single = pooled_ways(np.zeros((1, 1), np.float32), Window((1, 1), (1, 1), (0, 0)), False, 0)
    assert all(way.values.tolist() == [[0.0]] for way in single)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_have_their_values_heights(theme: str) -> None:
    flat = {AS_IT_IS: np.full(17, 0.5, np.float32), "average": np.full(17, np.nan, np.float32)}
    low, high = (
        np.asarray(opened_png(lines_png({**flat, AS_IT_IS: flat[AS_IT_IS] * f}, "t", theme, 1.0)), int)
        for f in (0.2, 2)
    )
    middle = low.shape[1] // 3
    ink = low[:, middle] if theme == "light" else 255 - low[:, middle]
    other = high[:, middle] if theme == "light" else 255 - high[:, middle]
    darkest = [int(column.sum(axis=1)[60:-160].argmin()) for column in (ink, other)]
    assert darkest[0] > darkest[1] + 300  # a tenth lies far below a whole
    every = {kind: np.linspace(0, i, 17, dtype=np.float32) for i, kind in enumerate(KINDS)}
    assert opened_png(lines_png(every, "t", theme)).size == low.shape[1::-1]


def test_numbers_in_a_window_are_on_their_colours(pocket_trace: Trace) -> None:
    from explorer.drawing.color import palette, scale_of

    opened = open_pooling(pocket_trace, "maxpool", (0, 0, 0))
    scale = scale_of(opened.values[~opened.is_padding])
    pixels = np.asarray(opened_png(window_png(opened, scale)))
    side = pixels.shape[0] // 3
    for row, column in itertools.product(range(3), repeat=2):
        color = pixels[row * side + 4, column * side + 4]
        if opened.is_padding[row, column]:
            assert color.tolist() == [128, 128, 128]
        else:
            assert np.array_equal(color, palette(scale.palette)[scale.indices(opened.values)[row, column]])


def test_maps_after_a_layer_that_ends_them(random_network: Callable[[str], Network]) -> None:
    trace = explorer.run(random_network("shufflenet_v2_x0_5"), load_sample("coffee"))
    maps = maps_after(trace, pooling_of(trace.network, "mean"))
    assert maps.shape == (1024, 1, 1)
    assert np.array_equal(maps.ravel(), trace["mean"])
