"""From the last maps to the probabilities: every sum is added up again by hand, every picture is read back."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

import explorer
from explorer.classifier import sentences as say
from explorer.classifier.figures import AGAINST, FOR, softmax_png, waterfall, waterfall_png
from explorer.classifier.head import head, sizes
from explorer.classifier.logits import READINGS, Ledger, ledger, readings
from explorer.classifier.map_sentences import channel_map_sentence, channel_question, map_sentence, neuron_map_sentence
from explorer.classifier.shares import channel_map, class_map, first_order, neuron, share
from explorer.classifier.softmax import softmax_steps, tempered
from explorer.classifier.softmax_sentences import odds_sentence, shift_question, shift_sentence, sure_sentence
from explorer.errors import BadTarget, BadUnit, NoArithmetic
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.trace import FloatArray, Trace
from explorer.wording import number, ratio_phrase

from ..tiny import as_network, tiny_network

INPUTS, CHANNELS = READINGS


@pytest.fixture(scope="module")
def digit() -> Trace:
    return explorer.run(explorer.load_network("lenet5"), load_sample("digit"), "top")


@pytest.fixture(scope="module")
def dense() -> Trace:
    return explorer.run(explorer.load_network("mlp"), load_sample("digit"), "top")


@pytest.fixture(scope="module")
def cat_or_dog() -> Trace:
    return explorer.run(explorer.load_network("basic_cnn"), load_sample("chelsea"), "top")


@pytest.fixture(scope="module")
def squeeze(random_network: Callable[[str], Network], image: ImageInput) -> Trace:
    return explorer.run(random_network("squeezenet1_1"), image, 7)


def with_logits(trace: Trace, logits: list[float]) -> Trace:
    """A pass that ended in other logits."""
    array: FloatArray = np.array(logits, np.float32)
    return Trace(trace.network, trace.image, trace.prepared, trace.explained, 0.0, array, {}, {})


def colors(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


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
    assert say.check_sentence(found, "Sum").startswith("✓ Sum: ")
    for wrong in (replace(found, bias=found.bias + 0.01), replace(found, terms=found.terms[:-1] * 1.01)):
        assert not wrong.agrees
        assert say.check_sentence(wrong, "Sum").startswith("✗ Sum: ")
        assert f"({abs(wrong.value - wrong.recorded):.1g} apart)." in say.check_sentence(wrong, "Sum")


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
    assert say.difference_note(cat_or_dog, 0).startswith("With one logit there is nothing to subtract")
    assert say.difference_note(cat_or_dog, None) == ""


def test_classes_that_do_not_exist(pocket_trace: Trace, cat_or_dog: Trace) -> None:
    text = r"^pocket_resnet has no class 11\. See network\.categories for their names\.$"
    with pytest.raises(BadTarget, match=text):
        ledger(pocket_trace, CHANNELS, 11)
    with pytest.raises(BadTarget, match=text):
        share(pocket_trace, 1, 11)
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
        found = share(trace, trace.target)
        assert np.allclose(found.gains, trace.gradient(maps), rtol=1e-4, atol=1e-7)
        assert found.agrees
        assert float(found.by_channel.sum()) == pytest.approx(first_order(trace), rel=1e-4, abs=1e-6)
        assert found.products.sum() + found.bias == pytest.approx(trace.prediction(trace.target).logit, abs=1e-4)
    assert dense.target is not None
    through = dense.gradient("hidden1") @ dense.network.weights("hidden1")["weight"]
    assert np.allclose(share(dense, dense.target).gains.ravel(), through, rtol=1e-4, atol=1e-6)


def test_gains_of_tanh_are_what_comes_out_by_what_goes_in(digit: Trace) -> None:
    """Every matrix on the way multiplied out, in double precision."""
    weights = {name: digit.network.weights(name) for name in ("c5", "f6", "output")}
    c5, f6, output = (w["weight"].astype(np.float64).reshape(len(w["weight"]), -1) for w in weights.values())
    ratio5 = np.diag(digit["tanh5"].ravel() / digit["c5"].ravel().astype(np.float64))
    ratio6 = np.diag(digit["tanh6"] / digit["f6"].astype(np.float64))
    for target in (3, 8):
        found = share(digit, target)
        by_hand = output[target] @ ratio6 @ f6 @ ratio5 @ c5
        assert np.allclose(found.gains.ravel(), by_hand, rtol=1e-4, atol=1e-6)
        assert found.agrees
    assert digit.target is not None
    gap = abs(first_order(digit) - float(share(digit, digit.target).by_channel.sum()))
    assert gap > 0.1  # the slope is another number, and the page must say so
    sentence = map_sentence(digit, share(digit, digit.target), digit.target, None)
    assert "tanh bends every sum" in sentence
    assert f"adds up to {number(first_order(digit))}: a gap of" in sentence


def test_a_layer_norm_is_one_factor_once_its_spread_is_known(image: ImageInput) -> None:
    module = nn.Sequential(nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), Norm(5), nn.Linear(5, 4))
    trace = explorer.run(tiny_network(module), image, 1)
    network, mean = trace.network, trace["0"].astype(np.float64).mean(axis=(1, 2))
    found = share(trace, 1)
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
        share(trace, 1)


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
        assert f"its term, {say.signed(terms[7])}." in channel_map_sentence(trace, found[7], 7, "it")


def test_contributions_of_a_flattened_network_add_up_by_cell_and_by_channel(cat_or_dog: Trace) -> None:
    found = share(cat_or_dog, 1)
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
    assert "meets weight" in neuron_map_sentence(neuron(digit, unit))
    with pytest.raises(BadUnit):
        neuron(digit, 120)


# From logits to probabilities


@pytest.mark.parametrize("temperature", [0.1, 1.0, 7.5])
def test_softmax_step_by_step(pocket_trace: Trace, temperature: float) -> None:
    steps = softmax_steps(pocket_trace, temperature)
    z = [float(logit) / temperature for logit in pocket_trace.logits]
    total = math.fsum(math.exp(value) for value in z)
    assert steps.total == pytest.approx(total)
    assert steps.shifted_total == pytest.approx(math.fsum(math.exp(value - max(z)) for value in z))
    assert [row.index for row in steps.rows[:-1]] == [p.index for p in pocket_trace.top(6)]
    for row in steps.rows[:-1]:
        assert row.index is not None
        assert row.scaled == pytest.approx(z[row.index])
        assert row.exponential == pytest.approx(math.exp(z[row.index]))
        # with the shift and without it, the quotient is the same
        assert row.exponential / steps.total == pytest.approx(row.probability)
        assert row.shifted_exponential / steps.shifted_total == pytest.approx(row.probability)
    assert steps.rows[-1].category == "the other 5 together"
    assert sum(row.probability for row in steps.rows) == pytest.approx(1)
    assert sum(row.exponential for row in steps.rows) == pytest.approx(steps.total)
    p = tempered(pocket_trace, temperature)
    assert steps.bits == pytest.approx(-math.fsum(q * math.log2(q) for q in p.tolist() if q > 0))
    assert 0 <= steps.bits <= steps.most_bits == math.log2(11)


def test_at_temperature_one_the_probabilities_are_the_recorded_ones(pocket_trace: Trace, cat_or_dog: Trace) -> None:
    for trace in (pocket_trace, cat_or_dog):
        assert np.allclose(tempered(trace, 1.0), trace.probabilities, atol=1e-6)
    warm, cold = tempered(pocket_trace, 10.0), tempered(pocket_trace, 0.1)
    assert (np.argsort(warm) == np.argsort(cold)).all()
    assert warm.max() < pocket_trace.probabilities.max() < cold.max()


def test_a_sigmoid_is_a_softmax_beside_zero(cat_or_dog: Trace) -> None:
    steps = softmax_steps(cat_or_dog)
    z = float(cat_or_dog.logits[0])
    found = {row.category: row for row in steps.rows}
    assert found["cat"].logit == 0
    assert found["dog"].logit == pytest.approx(z)
    assert found["dog"].probability == pytest.approx(1 / (1 + math.exp(-z)))
    assert steps.most_bits == 1


def test_large_logits_need_the_shift(pocket_trace: Trace) -> None:
    steps = softmax_steps(with_logits(pocket_trace, [1000.0, 999.0] + [0.0] * 9))
    assert steps.rows[0].exponential == math.inf
    assert steps.rows[0].probability == pytest.approx(1 / (1 + math.exp(-1)))
    assert "more than a float32 can hold" in shift_sentence(steps)
    assert "can still be held" in shift_sentence(softmax_steps(pocket_trace))


def test_equal_logits_leave_everything_open(pocket_trace: Trace) -> None:
    steps = softmax_steps(with_logits(pocket_trace, [3.0] * 11))
    assert steps.bits == pytest.approx(math.log2(11))
    assert "as open as a fair draw among 11 of 11 classes. It is as undecided as it can be" in sure_sentence(steps)
    sure = softmax_steps(with_logits(pocket_trace, [500.0] + [0.0] * 10))
    assert sure.bits == pytest.approx(0)
    assert "It is as good as certain" in sure_sentence(sure)


# Why convolution


def test_sizes(pocket: Network, random_network: Callable[[str], Network]) -> None:
    found = sizes(pocket)
    assert found.n_head == 256 * 11 + 11
    assert found.n_pixels == 3 * 160 * 160
    assert found.n_direct == 76_800 * 11 + 11
    assert found.n_first_values == 32 * 80 * 80
    assert found.n_first_dense == 76_800 * 204_800 + 204_800
    assert "with 4,704 parameters" in say.convolution_sentence(found)
    assert "take 15,728,844,800: 3.34 million times as many" in say.convolution_sentence(found)
    dense = random_network("mlp")
    assert sizes(dense).first is None
    assert sizes(dense).n_head == sizes(dense).n_all == 338_610
    assert say.convolution_sentence(sizes(dense)).startswith("This network reads its pixels with a dense layer.")


# Pictures


@pytest.mark.parametrize("n", [1, 10, 500])
def test_a_waterfall_runs_from_nothing_to_the_logit(pocket_trace: Trace, n: int) -> None:
    found = ledger(pocket_trace, CHANNELS, 2)
    drawn = waterfall(found, n, pocket_trace["layer4"])
    *steps, last = drawn.rows
    assert steps[0].start == 0
    for one, following in itertools.pairwise(steps):
        assert one.end == following.start
        assert one.end - one.start == pytest.approx(one.amount)
    assert steps[-1].end == last.end == pytest.approx(found.value)
    assert last.start == 0
    supports, opposes = found.strongest(n)
    assert [row.input for row in steps if row.input is not None] == [*supports, *reversed(opposes)]
    others = [row for row in steps if row.input is None][1:]
    n_others = 256 - len(supports) - len(opposes)
    assert [row.name for row in others] == ([f"the other {n_others} channels"] if n_others else [])
    assert drawn.low <= 0 <= drawn.high
    assert len(drawn.maps) == len(supports) + len(opposes)
    assert np.array_equal(drawn.maps[0], pocket_trace["layer4"][supports[0]])
    assert drawn.scale.high == pytest.approx(drawn.maps.max())
    assert colors(drawn.sheet).shape == (10 * len(drawn.maps), 10, 3)


def test_the_picture_of_a_waterfall_has_its_bars_where_they_belong() -> None:
    terms = np.array([3.0, -1.0, 0.0, 0.0])
    found = Ledger("flatten", "fc", terms, None, None, 1.0, 3.0, True)
    png = colors(waterfall_png(waterfall(found, 1)))
    red, blue = ([int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in (FOR, AGAINST))
    rows = png.reshape(5, -1, png.shape[1], 3)  # bias, for, others, against, sum
    width = [[int((row == color).all(axis=2).any(axis=0).sum()) for color in (red, blue)] for row in rows]
    assert width[0][0] == pytest.approx(width[1][0] / 3, abs=2)
    assert width[3][1] == pytest.approx(width[1][0] / 3, abs=2)
    assert width[1][1] == width[3][0] == width[4][0] == 0


def test_the_picture_of_softmax_has_bars_as_long_as_the_probabilities(cat_or_dog: Trace) -> None:
    steps = softmax_steps(cat_or_dog)
    png = colors(softmax_png(steps))
    for i, row in enumerate(steps.rows):
        line = png[i * png.shape[0] // 2 + 58]
        assert (line != 255).any(axis=1).sum() == pytest.approx(row.probability * png.shape[1], abs=3)


# What is said and asked


def test_the_three_paragraphs_have_this_network_s_numbers(pocket_trace: Trace, digit: Trace, dense: Trace) -> None:
    assert say.ends_sentence(pocket_trace) == (
        "After layer4.1.relu_1, 256 maps of 10 × 10 cells are left. Global average pooling keeps one number of each, "
        "its mean: how much of it there is, but not where. One dense layer, fc, makes 11 logits of these 256 numbers."
    )
    assert "c5 has a weight of its own for each of their 400 values" in say.ends_sentence(digit)
    assert say.ends_sentence(dense).startswith("There are no maps here. The 1 × 32 × 32 picture")
    found = ledger(pocket_trace, CHANNELS, 2)
    text = say.sum_sentence(pocket_trace, 2)
    assert f"{int((found.terms > 0).sum())} of 256 channels speak for it" in text
    assert f"together {number(found.value)}." in text
    first, second = pocket_trace.top(2)
    ratio = math.exp(first.logit - second.logit)
    assert ratio == pytest.approx(first.probability / second.probability, rel=1e-3)
    assert f"{ratio:.4g} times as likely." in odds_sentence(pocket_trace)


def test_a_ledger_says_what_its_rows_are(pocket_trace: Trace, cat_or_dog: Trace) -> None:
    found = ledger(pocket_trace, CHANNELS, 2)
    text = say.ledger_sentence(pocket_trace, found, 3, 2, None)
    assert text.startswith("The 3 of 256 channels that speak most for “cat”, the 3 that speak most against it, the")
    supports, opposes = found.strongest(3)
    chosen = found.terms[[*supports, *opposes]]
    assert f"Those 6 make {100 * np.abs(chosen).sum() / np.abs(found.terms).sum():.1f} % of all" in text
    rest = np.delete(found.terms, [*supports, *opposes])
    assert f"The others add {number(rest[rest > 0].sum())} and take away {number(-rest[rest < 0].sum())}." in text
    assert "most for “dog”" in say.ledger_sentence(pocket_trace, ledger(pocket_trace, CHANNELS, 2, 1), 3, 2, 1)
    assert say.ledger_name(pocket_trace, 2, None) == "the logit of “cat”"
    assert say.ledger_name(pocket_trace, 2, 1) == "“cat” minus “dog”"
    assert say.terms_note(pocket_trace, found, None) == "Each bar is weight × mean of the map."
    assert "its bar is the sum of all its products" in say.terms_note(cat_or_dog, ledger(cat_or_dog, CHANNELS, 1), None)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(1.0023, "1.002"), (38.4, "38.4"), (66_800, "66,800"), (3.3e6, "3.3 million"), (4e9, "4 billion")],
)
def test_how_many_times(ratio: float, text: str) -> None:
    assert ratio_phrase(ratio) == text


def test_every_layer_after_the_maps_has_a_sentence(random_network: Callable[[str], Network], image: ImageInput) -> None:
    said: dict[tuple[str, str], str] = {}
    for name in ("lenet5", "basic_cnn", "mobilenet_v3_small", "squeezenet1_1", "alexnet"):
        trace = explorer.run(random_network(name), image)
        said |= {(name, la.name): say.layer_sentence(trace, la) for la in head(trace.network).layers}
    assert said["lenet5", "c5"].startswith(
        "Its 5 × 5 window covers the whole map. So it is a dense layer: 120 sums of 400"
    )
    assert said["basic_cnn", "flatten"].endswith("(c, y, x) becomes number (c × 14 + y) × 14 + x.")
    assert said["basic_cnn", "dense2"] == "One sum, which reads all 128 inputs, each times a weight of its own."
    assert said["alexnet", "avgpool"] == "Its input has 6 × 6 cells already, so it passes everything on."
    assert said["squeezenet1_1", "classifier.1"].startswith("A dense layer in each of 13 × 13 cells")
    assert said["mobilenet_v3_small", "avgpool"].endswith("the mean of its 49 cells.")
    assert said["mobilenet_v3_small", "classifier.1"] == "Each number by itself: x × min(6, max(0, x + 3)) / 6."


def test_the_answers_are_the_network_s(pocket_trace: Trace, cat_or_dog: Trace, digit: Trace, dense: Trace) -> None:
    found = shift_question(pocket_trace)
    assert found.answers[found.right] == "All stay as they are"
    found = shift_question(cat_or_dog)
    assert found.answers[found.right] == "“dog” becomes likelier"
    after = 1 / (1 + math.exp(-float(cat_or_dog.logits[0]) - 5))
    assert f"to {100 * after:.1f} %" in found.why
    for trace in (pocket_trace, cat_or_dog, digit):
        asked = channel_question(trace, 0)
        assert asked is not None
        question, channels = asked
        terms = ledger(trace, CHANNELS, 0).terms
        assert len(set(channels)) == len(set(question.answers)) == 4
        assert channels[question.right] == terms.argmax() == channels[int(np.argmax(terms[channels]))]
        assert int(terms.argmin()) in channels
    assert channel_question(dense, 0) is None


def test_nothing_to_tell_apart_is_not_asked(image: ImageInput) -> None:
    module = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4))
    with torch.no_grad():
        module[4].weight.zero_()
    trace = explorer.run(as_network(module, 24), image, 0)
    assert channel_question(trace, 0) is None
    drawn = waterfall(ledger(trace, CHANNELS, 0), 10, trace["1"])
    assert [row.name for row in drawn.rows] == ["bias", "the other 6 channels", "sum"]
    assert len(waterfall_png(drawn)) > 0
