"""Pooling opened: every value out of its window, who wins, and what is kept."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.errors import BadUnit, NoPooling, UnknownLayer
from explorer.geometry import Window
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.pooling.figures import which_window
from explorer.pooling.layers import pooling_layers, pooling_of
from explorer.pooling.opened import open_pooling
from explorer.pooling.sentences import opened_sentence, retention_sentence
from explorer.pooling.winners import retention, winners
from explorer.trace import Trace
from tests.pooled import POOLINGS, units
from tests.tiny import as_network, chain, tiny_network


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
    found = retention(trace, "2")
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
    found = retention(pocket_trace, "maxpool")
    n_weights = pocket_trace.network.weights("layer1.0.conv1")["weight"].size
    assert found.follower == "layer1.0.conv1"
    assert found.multiply_adds == (n_weights * 40 * 40, n_weights * 80 * 80)
    assert found.n_bytes == (4 * 32 * 80 * 80, 4 * 32 * 40 * 40)
    last = retention(pocket_trace, "avgpool")
    assert (last.follower, last.multiply_adds) == ("fc", (256 * 11, 256 * 100 * 11))
    basic = explorer.run(random_network("basic_cnn"), load_sample("chelsea"))
    n_weights = basic.network.weights("conv2")["weight"].size  # without padding: 31 -> 29 cells, and 62 -> 60
    assert retention(basic, "pool1").multiply_adds == (n_weights * 29 * 29, n_weights * 60 * 60)
    alexnet = explorer.run(random_network("alexnet"), load_sample("chelsea"))
    through = retention(alexnet, "features.12")  # an average that changes nothing, dropout and flattening lie between
    assert through.follower == "classifier.1"
    assert through.multiply_adds == (256 * 36 * 4096, 256 * 169 * 4096)


def test_a_map_of_zeros_keeps_nothing_to_speak_of(image: ImageInput) -> None:
    silent = chain(nn.Conv2d(3, 2, 1), nn.ReLU(), nn.MaxPool2d(2))
    with torch.no_grad():
        for parameter in silent.parameters():
            parameter.fill_(-1.0 if parameter.ndim == 1 else 0.0)  # a bias below zero alone
    trace = explorer.run(as_network(silent, 24), image)
    found = retention(trace, "2")
    assert math.isnan(found.share_of_energy)
    assert found.share_flat == 1
    assert "nothing but zeros" in retention_sentence(pooling_of(trace.network, "2"), found)
    assert which_window(trace, "2", 0) is None
