"""From the last maps to the logits: every sum is added up again by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.classifier import map_sentences as say
from explorer.classifier.decomposition import channel_map, class_map, decompose, first_order, neuron
from explorer.classifier.head import head, sizes
from explorer.classifier.logits import READINGS, ledger, readings
from explorer.classifier.sentences import (
    check_sentence,
    convolution_sentence,
    difference_note,
    layer_sentence,
    terms_note,
)
from explorer.errors import BadTarget, BadUnit, NoArithmetic
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.trace import Trace
from explorer.wording import number, signed

from ..tiny import tiny_network

INPUTS, CHANNELS = READINGS


@pytest.fixture(scope="module")
def squeeze(random_network: Callable[[str], Network], image: ImageInput) -> Trace:
    return explorer.run(random_network("squeezenet1_1"), image, 7)


# What comes after the last maps


@pytest.mark.parametrize(
    ("name", "form", "maps", "weighted"),
    [
        ("pocket_resnet", "average", "layer4.1.relu_1", ["fc"]),
        ("lenet5", "flattened", "s4", ["c5", "f6", "output"]),
        ("basic_cnn", "flattened", "pool2", ["dense1", "dense2"]),
        ("mlp", "pixels", None, ["hidden1", "hidden2", "output"]),
        ("squeezenet1_1", "map per class", "features.12.cat", ["classifier.1"]),
        ("mobilenet_v3_small", "average, then more", "features.12.2", ["classifier.0", "classifier.3"]),
        ("shufflenet_v2_x0_5", "average", "conv5.2", ["fc"]),
        ("alexnet", "flattened", "features.12", ["classifier.1", "classifier.4", "classifier.6"]),
    ],
)
def test_how_the_maps_end(
    name: str, form: str, maps: str | None, weighted: list[str], random_network: Callable[[str], Network]
) -> None:
    network = random_network(name)
    found = head(network)
    assert (found.form, found.maps, [layer.name for layer in found.weighted]) == (form, maps, weighted)
    names = list(network.layers)
    assert [layer.name for layer in found.layers] == names[0 if maps is None else names.index(maps) + 1 :]
    assert found.shape == ((1, 32, 32) if maps is None else network.layer(maps).shape)
    assert sizes(network).n_all == network.info.n_parameters


def test_the_layers_are_a_chain_from_the_maps_to_the_logits(pocket: Network) -> None:
    found = head(pocket)
    before = found.maps
    for layer in found.layers:
        assert layer.inputs == (before,)
        before = layer.name
    assert before == "fc"


# A logit as a sum


def test_a_ledger_is_weight_times_mean_channel_by_channel(pocket: Network, pocket_trace: Trace) -> None:
    assert pocket_trace.target is not None
    assert readings(pocket) == (CHANNELS,)
    found = ledger(pocket_trace, CHANNELS, pocket_trace.target)
    maps, weights = pocket_trace["layer4"], pocket.weights("fc")
    by_hand = [
        float(weights["weight"][pocket_trace.target, c]) * math.fsum(maps[c].ravel().tolist()) / maps[c].size
        for c in range(256)
    ]
    assert np.allclose(found.terms, by_hand, rtol=1e-5, atol=1e-7)
    assert found.bias == pytest.approx(weights["bias"][pocket_trace.target])
    assert found.value == pytest.approx(pocket_trace.logits[pocket_trace.target], abs=1e-5)
    assert found.agrees
    assert found.is_by_channel


def test_a_wrong_sum_gets_no_tick(pocket_trace: Trace) -> None:
    found = ledger(pocket_trace, CHANNELS, 2)
    assert check_sentence(found, "Sum").startswith("✓ Sum: ")
    for wrong in (replace(found, bias=found.bias + 0.01), replace(found, terms=found.terms[:-1] * 1.01)):
        assert not wrong.agrees
        assert check_sentence(wrong, "Sum").startswith("✗ Sum: ")
        assert f"({abs(wrong.value - wrong.recorded):.1g} apart)." in check_sentence(wrong, "Sum")


@pytest.mark.parametrize("other", [0, 6])
def test_two_classes_differ_term_by_term(pocket_trace: Trace, digit: Trace, other: int) -> None:
    for trace in (pocket_trace, digit):
        for reading in readings(trace.network):
            both = ledger(trace, reading, 2, other)
            one, two = ledger(trace, reading, 2), ledger(trace, reading, other)
            assert np.allclose(both.terms, one.terms - two.terms, atol=1e-5)
            assert both.recorded == pytest.approx(one.recorded - two.recorded, abs=1e-6)
            assert both.agrees


def test_one_logit_speaks_for_the_second_class_and_against_the_first(cat_or_dog: Trace) -> None:
    for reading in readings(cat_or_dog.network):
        dog, cat = ledger(cat_or_dog, reading, 1), ledger(cat_or_dog, reading, 0)
        assert np.allclose(dog.terms, -cat.terms)
        assert dog.recorded == cat_or_dog.logits[0] == -cat.recorded
        assert dog.agrees
        assert cat.agrees
        assert np.array_equal(ledger(cat_or_dog, reading, 1, 0).terms, dog.terms)
    assert difference_note(cat_or_dog, 0).startswith("With one logit there is nothing to subtract")
    assert difference_note(cat_or_dog, None) == ""


def test_classes_that_do_not_exist(pocket_trace: Trace, cat_or_dog: Trace) -> None:
    text = r"^pocket_resnet has no class 11\. See network\.categories for their names\.$"
    with pytest.raises(BadTarget, match=text):
        ledger(pocket_trace, CHANNELS, 11)
    with pytest.raises(BadTarget, match=text):
        decompose(pocket_trace, 1, 11)
    with pytest.raises(BadTarget, match="basic_cnn has no class -1"):
        ledger(cat_or_dog, INPUTS, -1)


@pytest.mark.parametrize("n", [1, 3, 10, 300])
def test_the_strongest_terms_come_first(pocket_trace: Trace, n: int) -> None:
    found = ledger(pocket_trace, CHANNELS, 5)
    supports, opposes = found.strongest(n)
    assert not {*supports} & {*opposes}
    assert (np.diff(found.terms[supports]) <= 0).all()
    assert (np.diff(found.terms[opposes]) >= 0).all()
    assert len(supports) == min(n, int((found.terms > 0).sum()))
    assert len(opposes) == min(n, int((found.terms < 0).sum()))
    rest = np.delete(found.terms, [*supports, *opposes])
    assert (rest <= found.terms[supports[-1]]).all()
    assert (rest >= found.terms[opposes[-1]]).all()


# Back to the maps


def test_gains_of_relu_networks_are_gradients(dense: Trace, cat_or_dog: Trace, pocket_trace: Trace) -> None:
    for trace, maps in ((cat_or_dog, "pool2"), (pocket_trace, "layer4")):
        assert trace.target is not None
        found = decompose(trace, trace.target)
        assert np.allclose(found.gains, trace.gradient(maps), rtol=1e-4, atol=1e-7)
        assert found.agrees
        assert float(found.by_channel.sum()) == pytest.approx(first_order(trace), rel=1e-4, abs=1e-6)
        assert found.products.sum() + found.bias == pytest.approx(trace.prediction(trace.target).logit, abs=1e-4)
    assert dense.target is not None
    through = dense.gradient("hidden1") @ dense.network.weights("hidden1")["weight"]
    assert np.allclose(decompose(dense, dense.target).gains.ravel(), through, rtol=1e-4, atol=1e-6)


def test_gains_of_tanh_are_what_comes_out_by_what_goes_in(digit: Trace) -> None:
    """Every matrix on the way multiplied out, in double precision."""
    weights = {name: digit.network.weights(name) for name in ("c5", "f6", "output")}
    c5, f6, output = (w["weight"].astype(np.float64).reshape(len(w["weight"]), -1) for w in weights.values())
    ratio5 = np.diag(digit["tanh5"].ravel() / digit["c5"].ravel().astype(np.float64))
    ratio6 = np.diag(digit["tanh6"] / digit["f6"].astype(np.float64))
    for target in (3, 8):
        found = decompose(digit, target)
        by_hand = output[target] @ ratio6 @ f6 @ ratio5 @ c5
        assert np.allclose(found.gains.ravel(), by_hand, rtol=1e-4, atol=1e-6)
        assert found.agrees
    assert digit.target is not None
    gap = abs(first_order(digit) - float(decompose(digit, digit.target).by_channel.sum()))
    assert gap > 0.1  # the slope is another number, and the page must say so
    sentence = say.map_sentence(digit, decompose(digit, digit.target), digit.target, None)
    assert "tanh bends every sum" in sentence
    assert f"adds up to {number(first_order(digit))}: a gap of" in sentence


def test_a_layer_norm_is_one_factor_once_its_spread_is_known(image: ImageInput) -> None:
    module = nn.Sequential(nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), Norm(5), nn.Linear(5, 4))
    trace = explorer.run(tiny_network(module), image, 1)
    network, mean = trace.network, trace["0"].astype(np.float64).mean(axis=(1, 2))
    found = decompose(trace, 1)
    norm, last = network.weights("3.norm"), network.weights("4")
    spread = math.sqrt(mean.var() + 1e-5)
    by_hand = [
        sum(float(last["weight"][1, d]) * float(norm["weight"][d]) * ((c == d) - 1 / 5) / spread for d in range(5))
        / 484
        for c in range(5)
    ]
    assert np.allclose(found.gains[:, 0, 0], by_hand, rtol=1e-4)
    assert found.agrees
    assert head(network).has_norm
    assert readings(network) == READINGS
    assert ledger(trace, INPUTS, 1).is_by_channel
    assert all(ledger(trace, reading, 1, 2).agrees for reading in READINGS)


def test_a_sigmoid_and_a_batch_norm_in_the_head_are_products_and_a_bias(image: ImageInput) -> None:
    """Against the same written out by hand, in double precision."""
    torch.manual_seed(2)
    module = nn.Sequential(
        nn.Conv2d(3, 5, 3, stride=4), nn.Flatten(), nn.Linear(5 * 6 * 6, 6), nn.BatchNorm1d(6), nn.Sigmoid(),
        nn.Linear(6, 4),
    )  # fmt: skip
    module[3].running_mean, module[3].running_var = torch.randn(6), torch.rand(6) + 0.5
    trace = explorer.run(tiny_network(module), image, 1)
    first, norm, last = (trace.network.weights(name) for name in ("2", "3", "5"))
    scale = norm["weight"] / np.sqrt(module[3].running_var.double().numpy() + 1e-5)
    ratio = (trace["4"].astype(np.float64) - 0.5) / trace["3"]
    by_hand = (last["weight"][1].astype(np.float64) * ratio * scale) @ first["weight"]
    found = decompose(trace, 1)
    assert np.allclose(found.gains.ravel(), by_hand, rtol=1e-4, atol=1e-7)
    assert found.agrees
    assert all(ledger(trace, reading, 1, 2).agrees for reading in readings(trace.network))
    assert "what came out of it, less the 0.5 that it makes of 0, by what went in" in say.map_sentence(
        trace, found, 1, None
    )
    assert layer_sentence(trace, trace.network.layers["3"]).startswith("Each of them times a factor, plus a shift")


def test_a_batch_norm_behind_the_means_is_no_plain_average(image: ImageInput) -> None:
    module = nn.Sequential(
        nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.BatchNorm1d(5), nn.Linear(5, 4)
    )
    trace = explorer.run(tiny_network(module), image, 1)
    assert (head(trace.network).form, head(trace.network).is_direct) == ("average, then more", True)
    assert readings(trace.network) == READINGS
    assert all(ledger(trace, reading, 1).agrees for reading in READINGS)
    said = terms_note(trace, ledger(trace, CHANNELS, 1), None)
    assert "as it arrives through the batch norm on this picture" in said


class Norm(nn.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(n)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        normed: torch.Tensor = self.norm(x)
        return normed


def test_what_cannot_be_written_as_products_says_so(image: ImageInput) -> None:
    module = nn.Sequential(
        nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 6), nn.Softplus(), nn.Linear(6, 4)
    )
    trace = explorer.run(tiny_network(module), image, 1)
    assert ledger(trace, INPUTS, 1).agrees
    text = r"^4 \(Softplus\) cannot be written as products\. Choose another network\.$"
    with pytest.raises(NoArithmetic, match=text):
        decompose(trace, 1)


def test_the_class_activation_map_of_a_pooled_network(pocket: Network, pocket_trace: Trace) -> None:
    maps, weights = pocket_trace["layer4"], pocket.weights("fc")["weight"]
    for target, other in ((2, None), (6, 2)):
        found = class_map(pocket_trace, target, other)
        row = weights[target] - (0 if other is None else weights[other])
        by_hand = np.zeros((10, 10))
        for c in range(256):
            by_hand += float(row[c]) * maps[c]
        assert np.allclose(found, by_hand, rtol=1e-4, atol=1e-4)
        added = ledger(pocket_trace, CHANNELS, target, other)
        assert found.mean(dtype=np.float64) + added.bias == pytest.approx(added.recorded, abs=1e-4)


def test_a_map_per_class_has_the_logit_as_its_mean(squeeze: Trace) -> None:
    found = class_map(squeeze, 7)
    assert np.array_equal(found, squeeze["classifier.2"][7])
    assert found.mean(dtype=np.float64) == pytest.approx(squeeze.logits[7], abs=1e-5)
    terms = ledger(squeeze, CHANNELS, 7)
    on = found > 0
    maps, weights = squeeze["features.12"], squeeze.network.weights("classifier.1")["weight"][7, :, 0, 0]
    by_hand = [float(weights[c]) * float(maps[c][on].sum(dtype=np.float64)) / found.size for c in range(512)]
    assert np.allclose(terms.terms, by_hand, rtol=1e-4, atol=1e-7)
    assert terms.weights is not None
    assert terms.inputs is not None
    assert np.allclose(terms.weights, weights)
    assert np.allclose(terms.weights * terms.inputs, terms.terms, atol=1e-6)
    assert terms.agrees
    both = ledger(squeeze, CHANNELS, 7, 30)
    assert both.weights is None
    assert both.agrees


def test_channels_add_up_to_the_map_of_the_class(pocket_trace: Trace, digit: Trace) -> None:
    for trace, n_cells in ((pocket_trace, 100), (digit, 1)):
        maps = head(trace.network).maps
        assert maps is not None
        found = np.stack([channel_map(trace, c, 3, 5) for c in range(len(trace[maps]))])
        assert np.allclose(found.sum(axis=0, dtype=np.float64), class_map(trace, 3, 5), atol=1e-4)
        terms = ledger(trace, CHANNELS, 3, 5).terms
        assert np.allclose(found.sum(axis=(1, 2), dtype=np.float64) / n_cells, terms, atol=1e-5)
        assert f"its term, {signed(terms[7])}." in say.channel_map_sentence(trace, found[7], 7, "it")


def test_contributions_of_a_flattened_network_add_up_by_cell_and_by_channel(cat_or_dog: Trace) -> None:
    found = decompose(cat_or_dog, 1)
    assert found.products.shape == (64, 14, 14)
    assert np.allclose(found.by_channel, found.products.sum(axis=(1, 2), dtype=np.float64), atol=1e-5)
    assert np.allclose(found.by_position, found.products.sum(axis=0, dtype=np.float64), atol=1e-5)
    assert np.allclose(class_map(cat_or_dog, 1), found.by_position)
    assert np.allclose(ledger(cat_or_dog, CHANNELS, 1).terms, found.by_channel)


@pytest.mark.parametrize("unit", [0, 57])
def test_a_neuron_reads_every_value_by_a_weight_of_its_own(
    digit: Trace, dense: Trace, cat_or_dog: Trace, unit: int
) -> None:
    for trace, first in ((digit, "c5"), (dense, "hidden1"), (cat_or_dog, "dense1")):
        ends, found = head(trace.network), neuron(trace, unit)
        values = trace[ends.maps] if ends.maps is not None else trace.prepared.tensor[0].numpy()
        weight = trace.network.weights(first)["weight"][unit].ravel()
        height, width = values.shape[1:]
        for c, y, x in ((0, 0, 0), (len(values) - 1, 2, 3)):
            assert found.products[c, y, x] == values[c, y, x] * weight[(c * height + y) * width + x]
        assert found.value == pytest.approx(trace[first].ravel()[unit], rel=1e-4)
        assert found.agrees
    assert "meets weight" in say.neuron_map_sentence(neuron(digit, unit))
    with pytest.raises(BadUnit):
        neuron(digit, 120)


# Why convolution


def test_sizes(pocket: Network, random_network: Callable[[str], Network]) -> None:
    found = sizes(pocket)
    assert found.n_head == 256 * 11 + 11
    assert found.n_pixels == 3 * 160 * 160
    assert found.n_direct == 76_800 * 11 + 11
    assert found.n_first_values == 32 * 80 * 80
    assert found.n_first_dense == 76_800 * 204_800 + 204_800
    assert "with 4,704 parameters" in convolution_sentence(found)
    assert "take 15,728,844,800: 3.34 million times as many" in convolution_sentence(found)
    dense = random_network("mlp")
    assert sizes(dense).first is None
    assert sizes(dense).n_head == sizes(dense).n_all == 338_610
    assert convolution_sentence(sizes(dense)).startswith("This network reads its pixels with a dense layer.")
