"""Filters worked out again, slowly: their numbers, their order, and what is said of them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.errors import NoTarget, UnknownLayer
from explorer.filters import measures
from explorer.filters.gratings import tuning
from explorer.filters.measures import (
    ALIKE,
    ORDERS,
    coherence,
    colourfulness,
    dead,
    duplicates,
    frequency,
    norm,
    order,
    orders,
    orientation,
    similarity,
)
from explorer.filters.sentences import filter_sentence, layer_sentences, tuning_sentence, twin_problem
from explorer.filters.weights import (
    batch_norm_behind,
    folded,
    form,
    inputs_of,
    kernels,
    layers_with_kernels,
    nearest_with_kernel,
)
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.trace import FloatArray, Trace, contribution
from explorer.wording import signed
from tests.arrays import numbers
from tests.filter_banks import apart, gabor, with_weights
from tests.tiny import as_network, chain, tiny_network


class Grouped(nn.Module):
    """A grouped, a depthwise and a 1x1 convolution, and dense layers behind maps that were and were not flattened."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, stride=4)
        self.grouped = nn.Conv2d(6, 4, 3, groups=2)
        self.depthwise = nn.Conv2d(4, 8, 3, groups=4, bias=False)
        self.point = nn.Conv2d(8, 5, 1)
        self.dropout = nn.Dropout()
        self.dense = nn.Linear(20, 7)
        self.last = nn.Linear(7, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.point(self.depthwise(self.grouped(self.first(x))))
        return self.last(self.dense(self.dropout(torch.flatten(x, 1))))


@pytest.fixture(scope="module")
def grouped() -> Network:
    return tiny_network(Grouped(), side=26)


@pytest.fixture(scope="module")
def grouped_trace(grouped: Network, image: ImageInput) -> Trace:
    return explorer.run(grouped, image, 1)


# The weights


def slow(weights: FloatArray, bias: FloatArray, sources: list[range], x: FloatArray, stride: int = 1) -> FloatArray:
    """A convolution without padding, one window after the other; `sources` are the inputs of each filter."""
    n_out, _, height, width = weights.shape
    rows, columns = ((n - k) // stride + 1 for n, k in zip(x.shape[1:], (height, width), strict=True))
    out = np.zeros((n_out, rows, columns))
    for c in range(n_out):
        for y in range(rows):
            for z in range(columns):
                window = x[list(sources[c]), y * stride : y * stride + height, z * stride : z * stride + width]
                out[c, y, z] = (window.astype(np.float64) * weights[c]).sum() + bias[c]
    return out.astype(np.float32)


@pytest.mark.parametrize(
    ("layer", "before", "stride"),
    [("first", None, 4), ("grouped", "first", 1), ("depthwise", "grouped", 1), ("point", "depthwise", 1),
     ("dense", "point", 1), ("last", "dense", 1)],
)  # fmt: skip
def test_every_filter_with_its_inputs_makes_its_channel(
    grouped_trace: Trace, layer: str, before: str | None, stride: int
) -> None:
    network = grouped_trace.network
    x = grouped_trace.prepared.tensor[0].numpy() if before is None else grouped_trace[before]
    x = x if x.ndim == 3 else x[:, None, None]
    weights = kernels(network, layer)
    bias = network.weights(layer).get("bias", np.zeros(len(weights), np.float32))
    made = slow(weights, bias, [inputs_of(network, layer, c) for c in range(len(weights))], x, stride)
    np.testing.assert_allclose(made.reshape(grouped_trace[layer].shape), grouped_trace[layer], rtol=1e-4, atol=1e-4)
    assert not weights.flags.writeable


def test_forms(grouped: Network) -> None:
    found = {layer: form(grouped, layer) for layer in layers_with_kernels(grouped)}
    assert found == {
        "first": "colour", "grouped": "stack", "depthwise": "depthwise", "point": "matrix", "dense": "stack",
        "last": "matrix",
    }  # fmt: skip


def test_forms_of_first_layers(random_network: Callable[[str], Network]) -> None:
    assert form(random_network("lenet5"), "c1") == "grey"
    assert form(random_network("mlp"), "hidden1") == "grey"
    assert form(random_network("mlp"), "hidden2") == "matrix"
    assert kernels(random_network("mlp"), "hidden1").shape == (300, 1, 32, 32)
    googlenet = random_network("googlenet")  # which rescales the colours before its first convolution
    assert form(googlenet, "conv1.conv") == "colour"
    assert form(googlenet, "conv3.conv") == "stack"


def test_a_layer_without_kernel_is_refused_and_the_nearest_convolution_found(pocket: Network) -> None:
    with pytest.raises(UnknownLayer, match=r"bn1.*batch norm.*no kernel.*conv1"):
        kernels(pocket, "bn1")
    assert nearest_with_kernel(pocket, "conv1") == "conv1"
    assert nearest_with_kernel(pocket, "relu") == "conv1"
    assert nearest_with_kernel(pocket, "layer1") == "layer1.1.conv2"
    assert nearest_with_kernel(pocket, "avgpool") == "layer4.1.conv2"
    assert nearest_with_kernel(pocket, "fc") == "fc"


def test_before_the_first_kernel_the_first_is_shown(random_network: Callable[[str], Network]) -> None:
    assert nearest_with_kernel(random_network("mlp"), "flatten") == "hidden1"
    assert nearest_with_kernel(random_network("mlp"), "relu2") == "hidden2"
    with pytest.raises(UnknownLayer, match="no filters"):
        nearest_with_kernel(as_network(nn.Sequential(nn.ReLU(), nn.Flatten()), 2), "0")


# Folding


def folds(trace: Trace, layer: str, before: str | None) -> None:
    """The folded convolution, run by torch on what the convolution read, gives what the batch norm gave."""
    network = trace.network
    behind = batch_norm_behind(network, layer)
    assert behind is not None
    weights, bias = folded(network, layer)
    x = trace.prepared.tensor if before is None else torch.from_numpy(trace[before].copy())[None]
    window = network.layer(layer).window
    assert window is not None
    made = F.conv2d(x, torch.from_numpy(weights), torch.from_numpy(np.asarray(bias)), window.stride, window.padding)
    expected = trace[behind]
    assert np.abs(made[0].numpy() - expected).max() <= 1e-4 * np.abs(expected).max()
    assert np.abs(expected).max() > 0


def test_folded_with_its_batch_norm_a_convolution_gives_what_both_give(pocket_trace: Trace) -> None:
    network = pocket_trace.network
    convolutions = [name for name in layers_with_kernels(network) if network.layer(name).kind == "convolution"]
    assert len(convolutions) > 15
    for name in convolutions:
        folds(pocket_trace, name, next(iter(network.layer(name).inputs), None))


def test_folding_with_a_bias_and_a_batch_norm_that_learned_nothing(image: ImageInput) -> None:
    module = chain(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, affine=False, eps=0.1))
    network = tiny_network(module)
    module[1].running_mean.copy_(torch.tensor([1.0, -2.0, 3.0, 0.5]))
    module[1].running_var.copy_(torch.tensor([4.0, 0.01, 1.0, 9.0]))
    folds(explorer.run(network, image), "0", None)
    assert dead(network, "0") == ()


def test_a_batch_norm_that_reads_more_than_the_convolution_is_not_folded(tiny: Network) -> None:
    assert batch_norm_behind(tiny, "conv1") is None
    weights, bias = folded(tiny, "conv1")
    np.testing.assert_array_equal(weights, kernels(tiny, "conv1"))
    np.testing.assert_array_equal(bias, tiny.weights("conv1")["bias"])


# What filters are like


def test_norm_is_the_root_of_the_sum_of_squares() -> None:
    weights = numbers(3, 2, 3, 3)
    for c in range(3):
        assert norm(weights)[c] == pytest.approx(math.sqrt(sum(float(w) ** 2 for w in weights[c].ravel())))


@pytest.mark.parametrize("size", [5, 7, 11])
@pytest.mark.parametrize("angle", [0, 15, 30, 45, 60, 90, 110, 135, 160])
def test_the_direction_of_stripes_is_recovered(size: int, angle: int) -> None:
    weights = np.zeros((1, 3, size, size), np.float32)
    weights[0, 1] = gabor(size, angle, 0.2, phase=0.7)
    weights[0, 2] = -2 * weights[0, 1]  # a colour with its opposite: as one of grey it would be fainter, not turned
    assert apart(float(orientation(weights)[0]), angle) < 4


def test_statistics_of_the_spectrum_are_those_of_a_fourier_transform() -> None:
    weights = numbers(4, 3, 5, 3)
    f = np.fft.fftfreq(63)
    for c in range(4):
        power = sum(np.abs(np.fft.fft2(kernel, (63, 63))) ** 2 for kernel in weights[c])
        size = np.hypot(f[:, None], f[None, :])
        assert frequency(weights)[c] == pytest.approx((power * size).sum() / power.sum(), rel=1e-4)
        tensor = np.zeros((2, 2))
        for i, fy in enumerate(f):
            for j, fx in enumerate(f):
                tensor += power[i, j] * np.outer((fx, fy), (fx, fy))
        x, y = np.linalg.eigh(tensor)[1][:, 1]  # the main axis, across the stripes; y points down
        along = math.degrees(math.atan2(x, y))  # turned by 90 degrees and flipped: (x, y) to (y, x)
        assert apart(float(orientation(weights)[c]), along) < 0.1


def test_coherence_is_that_of_the_structure_tensor() -> None:
    weights = np.concatenate([numbers(4, 3, 5, 3), np.zeros((1, 3, 5, 3), np.float32)])
    f = np.fft.fftfreq(63)
    for c in range(4):
        power = sum(np.abs(np.fft.fft2(kernel, (63, 63))) ** 2 for kernel in weights[c])
        tensor = [[(power * a * b).sum() for b in (f[None, :], f[:, None])] for a in (f[None, :], f[:, None])]
        low, high = np.linalg.eigvalsh(tensor)
        assert coherence(weights)[c] == pytest.approx((high - low) / (high + low), abs=1e-4)
    assert coherence(weights)[4] == 0
    assert coherence(gabor(15, 30, 0.2)[None, None])[0] > 0.6


def test_fine_stripes_have_a_high_frequency() -> None:
    cycles = [0.08, 0.15, 0.25, 0.4]
    weights = np.stack([gabor(21, 90, c) for c in cycles])[:, None]
    np.testing.assert_allclose(frequency(weights), cycles, atol=0.03)
    assert frequency(np.zeros((1, 2, 3, 3), np.float32)).tolist() == [0]


def test_the_direction_of_large_kernels() -> None:
    """As wide as the spectrum's own grid: no place may be taken for another."""
    for size in (32, 40):
        assert apart(float(orientation(gabor(size, 30, 0.1)[None, None])[0]), 30) < 2


def test_colourfulness() -> None:
    grey = np.repeat(numbers(1, 1, 3, 3), 3, axis=1)
    opponent = numbers(1, 1, 3, 3) * np.array([1, -1, 0], np.float32)[None, :, None, None]
    weights = np.concatenate([grey, opponent, grey + opponent, np.zeros_like(grey)])
    share = float(
        (opponent**2).sum() / ((opponent**2).sum() + (grey**2).sum())
    )  # they are orthogonal, so this is exact
    np.testing.assert_allclose(colourfulness(weights), [0, 1, share, 0], atol=1e-5)


def test_near_duplicates_have_the_same_sign() -> None:
    weights = numbers(7, 4, 3, 3)
    weights[4] = 3 * weights[1]
    weights[5] = -weights[2]
    weights[6] = 0
    weights[3] = weights[0] + 0.2 * numbers(4, 3, 3, seed=1)
    found = duplicates(weights)
    assert [(a, b) for a, b, _ in found] == [(1, 4), (0, 3)]
    assert found[0][2] == pytest.approx(1)
    a, b = (weights[i].ravel().astype(np.float64) for i in (0, 3))
    assert ALIKE < found[1][2] == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), rel=1e-5)
    assert similarity(weights)[2, 5] == pytest.approx(-1)


def test_dead_filters() -> None:
    weights = numbers(5, 3, 3, 3)
    weights[3] *= 1e-4
    gamma = np.array([1, -1, 1e-5, 1, -2], np.float32)
    assert dead(with_weights(weights), "0") == (3,)
    assert dead(with_weights(weights, gamma), "0") == (2, 3)
    assert dead(with_weights(weights, np.zeros(5, np.float32)), "0") == (0, 1, 2, 3, 4)
    assert dead(with_weights(numbers(5, 3, 3, 3)), "0") == ()


# Orders


def test_every_order_has_every_filter_once(pocket_trace: Trace) -> None:
    for layer in ("conv1", "layer2.0.conv1", "layer2.0.downsample.0", "fc"):
        for name in orders(pocket_trace.network, layer):
            ranked = order(pocket_trace, layer, name)
            assert sorted(ranked) == list(range(len(kernels(pocket_trace.network, layer)))), (layer, name)


def test_orders_that_make_no_sense_are_not_offered(grouped: Network) -> None:
    assert orders(grouped, "first") == tuple(ORDERS)
    assert set(ORDERS) - set(orders(grouped, "grouped")) == {"colour"}
    assert set(ORDERS) - set(orders(grouped, "point")) == {"colour", "orientation", "frequency"}
    flat = with_weights(numbers(2, 3, 1, 1))
    assert "colour" not in orders(flat, "0")


def test_too_many_filters_are_not_compared(monkeypatch: pytest.MonkeyPatch, pocket_trace: Trace) -> None:
    monkeypatch.setattr(measures, "_MOST_FILTERS", 31)
    assert "similarity" not in orders(pocket_trace.network, "conv1")
    assert "too many to be compared" in layer_sentences(pocket_trace, "conv1")


def test_orders_go_where_they_say(image: ImageInput) -> None:
    weights = np.stack([
        2 * np.stack([gabor(7, 100, 0.3)] * 3),
        np.stack([gabor(7, 20, 0.1), gabor(7, 20, 0.1), 0 * gabor(7, 20, 0.1)]),
        4 * np.stack([gabor(7, 60, 0.2), -gabor(7, 60, 0.2), 0 * gabor(7, 60, 0.2)]),
    ])  # fmt: skip
    trace = explorer.run(with_weights(weights), image, 1)
    assert order(trace, "0", "number") == [0, 1, 2]
    assert order(trace, "0", "norm") == [2, 0, 1]
    assert order(trace, "0", "orientation") == [1, 2, 0]
    assert order(trace, "0", "frequency") == [1, 2, 0]
    assert order(trace, "0", "colour") == [2, 1, 0]
    added = contribution(trace, "0")
    assert [added[c] for c in order(trace, "0", "contribution")] == sorted(added, reverse=True)
    with pytest.raises(NoTarget):
        order(explorer.run(trace.network, image), "0", "contribution")


def test_similar_filters_stand_side_by_side(image: ImageInput) -> None:
    directions = np.radians([0, 40, 10, 90, 25, 60])  # of filters in a plane; the first is the largest
    a, b = (side / np.linalg.norm(side) for side in (numbers(3, 3, 3), numbers(3, 3, 3, seed=1)))
    b = b - (a * b).sum() * a
    weights = np.stack([np.cos(t) * a + np.sin(t) * b / np.linalg.norm(b) for t in directions]).astype(np.float32)
    weights[0] *= 2
    trace = explorer.run(with_weights(weights), image)
    assert order(trace, "0", "similarity") == [0, 2, 4, 1, 5, 3]


# In sentences


def test_sentences_tell_what_is_there(image: ImageInput) -> None:
    weights = numbers(12, 3, 3, 3)
    weights[4] = 2 * weights[1]
    weights[7] = 0
    trace = explorer.run(with_weights(weights), image, 1)
    text = layer_sentences(trace, "0")
    assert "12 filters, each with 3 × 3 × 3 = 27 weights" in text
    assert "1 pair is near-duplicates (cosine similarity above 0.95): 1 and 4 (1.000)." in text
    assert "1 filter is dead (norm below a thousandth of the median): 7." in text
    weights[:10] = weights[0]
    text = layer_sentences(explorer.run(with_weights(weights), image, 1), "1")
    assert text.startswith("1 is average pooling and has no kernel, so the nearest layer that has one is shown. 0 is")
    assert "45 pairs are near-duplicates" in text
    assert "and 39 more." in text
    described = filter_sentence(trace, "0", 4)
    assert f"norm {norm(weights)[11]:.4g}" not in described
    assert f"{signed(float(contribution(trace, '0')[4]))} to the score of “bee”" in described


def test_sentences_on_groups(grouped_trace: Trace) -> None:
    assert "2 groups: filters 0 to 1 read inputs 0 to 2" in layer_sentences(grouped_trace, "grouped")
    assert "depthwise: every filter reads one channel alone (2 for each), so" in layer_sentences(
        grouped_trace, "depthwise"
    )
    assert "flattened maps, 2 × 2" in layer_sentences(grouped_trace, "dense")
    assert "It reads inputs 3 to 5, those of its group." in filter_sentence(grouped_trace, "grouped", 2)
    assert "It reads input 3 alone." in filter_sentence(grouped_trace, "depthwise", 6)


def test_weights_that_are_no_numbers_are_said_to_be_broken(image: ImageInput) -> None:
    weights = numbers(3, 3, 3, 3)
    weights[1, 0, 0, 0] = np.nan
    network = with_weights(weights)
    trace = explorer.run(network, image, 1)
    for name in orders(network, "0"):
        assert sorted(order(trace, "0", name)) == [0, 1, 2]
    assert "no finite numbers" in tuning_sentence(tuning(network, "0"), "0", 1)
    assert "no finite numbers" not in tuning_sentence(tuning(network, "0"), "0", 0)
    assert filter_sentence(trace, "0", 1)
    assert layer_sentences(trace, "0")


def test_a_twin_with_other_classes_cannot_be_compared(pocket: Network) -> None:
    assert twin_problem(pocket, pocket, "fc") is None
    other = as_network(nn.Sequential(nn.Flatten(), nn.Linear(12, 4)), 2)
    third = as_network(nn.Sequential(nn.Flatten(), nn.Linear(12, 5)), 2)
    assert twin_problem(other, third, "1") == (
        "1 has 4 filters here, and 5 in the untrained network, whose classes are others."
    )
