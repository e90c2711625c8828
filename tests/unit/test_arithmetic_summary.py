"""What is said and asked about a value, held against the network."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from torch import nn

import explorer
from explorer.convolution.figures import products_png, subtotals, which_window, window_png
from explorer.convolution.opened import open_value
from explorer.convolution.products import n_for_share, rank
from explorer.convolution.sentences import (
    SIZE_FORMULA,
    filter_sentence,
    layer_size_sentences,
    rank_sentence,
    size_question,
    work_sentence,
)
from explorer.drawing.units import input_scale
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.trace import Trace

from ..tiny import chain, tiny_network

LAYERS = {
    "stride 2 of an even size": nn.Conv2d(3, 4, 3, stride=2, padding=1),
    "nothing over": nn.Conv2d(3, 4, 2, stride=2),
    "much over": nn.Conv2d(3, 4, 2, stride=7),
    "more over than padding": nn.Conv2d(3, 4, 3, stride=9, padding=1),
    "dilated": nn.Conv2d(3, 4, 3, stride=3, dilation=2, padding=2),
    "unlike axes": nn.Conv2d(3, 4, (3, 5), stride=(2, 5), padding=(0, 2)),
}


def network_of(*layers: nn.Module) -> Network:
    return tiny_network(chain(*layers))


@pytest.mark.parametrize("name", LAYERS)
def test_the_size_and_what_the_floor_drops(name: str) -> None:
    """Which rows and columns no window reaches, found by looking at all windows."""
    layer = LAYERS[name]
    network = network_of(layer)
    window = network.layer("0").window
    assert window is not None
    text = " ".join(layer_size_sentences(network, "0"))
    sizes = [int(n) for n in re.findall(r"⌋ \+ 1 = (\d+)", text)]
    assert sizes == [*dict.fromkeys(network.layer("0").size)] or sizes == [*network.layer("0").size]
    dropped = []
    for axis, n_out in enumerate(network.layer("0").size):
        p, s, d, k = window.padding[axis], window.stride[axis], window.dilation[axis], window.kernel[axis]
        last = (n_out - 1) * s + (k - 1) * d  # in the padded input
        dropped.append((24 + 2 * p - 1 - last, p))
    for n, _ in dropped:
        if n == 0:
            assert "drops nothing" in text
        else:
            assert f"The floor drops {n}" in text
            assert ("padding only" in text) == any(0 < m <= q for m, q in dropped)
            assert ("which no window reads" in text) == any(m > q for m, q in dropped)


def test_sizes_in_words() -> None:
    assert layer_size_sentences(network_of(LAYERS["stride 2 of an even size"]), "0") == (
        SIZE_FORMULA,
        "Height and width: ⌊(24 + 2 · 1 − 1 · (3 − 1) − 1) / 2⌋ + 1 = ⌊23 / 2⌋ + 1 = 12. The floor drops 1 row and "
        "column at the bottom and at the right, too few for another step: padding only, so all of the input is within "
        "reach.",
    )
    _, text = layer_size_sentences(network_of(LAYERS["more over than padding"]), "0")
    assert "The floor drops 5 rows and columns" in text
    assert "1 of padding and 4 of the input, which no window reads." in text
    assert layer_size_sentences(network_of(LAYERS["nothing over"]), "3") == (
        "The output has as many places as the input: every place is worked out on its own.",
    )


@pytest.mark.parametrize("layer", ["conv1", "layer2.0.conv1", "layer3.0.downsample.0", "fc"])
def test_the_work_is_that_of_the_network(pocket: Network, layer: str) -> None:
    text = work_sentence(pocket, layer)
    assert f"{pocket.layer(layer).n_multiply_adds:,} multiplications (" in text
    assert f"One value takes {math.prod(pocket.weights(layer)['weight'].shape[1:]):,} multiplications." in text


def test_what_a_filter_reads() -> None:
    network = network_of(
        nn.Conv2d(3, 8, 1, bias=False), nn.Conv2d(8, 8, 3, groups=8), nn.Conv2d(8, 6, 3, groups=2, dilation=2)
    )
    assert filter_sentence(network, "0", 0).startswith(
        "Each value of 0 is the sum of 3 products, 3 input channels × 1 × 1 cell, without a bias."
    )
    assert "each value is a weighted mix of the channels at its own place" in filter_sentence(network, "0", 0)
    assert "It is depthwise: filter 5 reads channel 5 alone, so" in filter_sentence(network, "1", 5)
    assert "9 products, 1 input channel × 3 × 3 cells, and a bias." in filter_sentence(network, "1", 5)
    assert "into 2 groups: filter 2 reads channels 0 to 3." in filter_sentence(network, "2", 2)
    assert "into 2 groups: filter 3 reads channels 4 to 7." in filter_sentence(network, "2", 3)
    assert "2 × 2 apart" in filter_sentence(network, "2", 3)
    assert filter_sentence(network, "5", 1).startswith(
        "Number 1 of 5 is the sum of 6 products, one for each input, and"
    )


def test_how_much_the_strongest_make(pocket_trace: Trace) -> None:
    opened = open_value(pocket_trace, "layer3.0.conv2", (1, 3, 3))
    ranking = rank(opened, 20)
    text = rank_sentence(opened, ranking)
    assert text.startswith("20 of 1,152 products make ")
    assert f"make {100 * ranking.share:.1f}\u00a0% of all that is added up; the other 1,132 together" in text
    assert f"For 90\u00a0% it takes {n_for_share(opened, 0.9)}." in text
    first = open_value(pocket_trace, "conv1", (1, 3, 3))
    assert rank_sentence(first, rank(first, 500)).startswith("These are all 147 products. For 90\u00a0%")


def test_sums_of_zeros(image: ImageInput) -> None:
    network = network_of(nn.Conv2d(3, 2, 3))
    network.graph.recorder.get_parameter("0.weight").zero_()
    opened = open_value(explorer.run(network, image), "0", (0, 1, 1))
    assert rank_sentence(opened, rank(opened, 5)).startswith("All 27 products are zero")
    network.graph.recorder.get_parameter("0.weight").fill_(math.nan)
    opened = open_value(explorer.run(network, image), "0", (0, 1, 1))
    assert rank_sentence(opened, rank(opened, 5)).startswith("Some of the products are no finite numbers")


# Questions


@pytest.mark.parametrize("name", LAYERS)
def test_the_right_size_is_the_right_answer(name: str) -> None:
    network = network_of(LAYERS[name])
    question = size_question(network, "0")
    assert question is not None
    assert len(set(question.answers)) == len(question.answers) >= 3
    assert question.answers[question.right] == str(network.layer("0").shape[1])
    assert question.why.endswith(f"= {network.layer('0').shape[1]}.")


def test_where_there_is_no_size_to_guess(pocket: Network) -> None:
    assert size_question(pocket, "fc") is None
    assert size_question(network_of(nn.Conv2d(3, 2, 1)), "0") is None


@pytest.mark.parametrize(
    "layer",
    [*LAYERS.values(), nn.Conv2d(3, 6, 3, groups=3, padding=1), nn.Conv2d(3, 4, 3, dilation=(2, 3), padding=(1, 4))],
)
def test_the_subtotals_of_a_whole_map(layer: nn.Conv2d, image: ImageInput) -> None:
    trace = explorer.run(network_of(layer), image)
    for index in range(layer.out_channels):
        for channel in open_value(trace, "0", (index, 0, 0)).channels:
            found = subtotals(trace, "0", index, channel)
            for y, x in list(np.ndindex(found.shape))[::5]:
                opened = open_value(trace, "0", (index, y, x))
                assert found[y, x] == pytest.approx(opened.subtotals[channel - opened.channels[0]], rel=1e-4, abs=1e-5)


def test_which_window_gave_a_value(pocket_trace: Trace) -> None:
    n_asked = 0
    for layer, index, channel in [("conv1", 0, 1), ("layer2.0.conv1", 5, 7), ("layer3.1.conv2", 3, 100)]:
        question = which_window(pocket_trace, layer, index, channel)
        if question is None:
            continue
        n_asked += 1
        sums = subtotals(pocket_trace, layer, index, channel)
        told = dict(re.findall(r"([A-D]) (−?[\d.]*\d(?:e[−+]?\d+)?)", question.why))
        values = {name: float(text.replace("−", "-")) for name, text in told.items()}
        assert list(values) == list(question.answers)
        asked = values[question.answers[question.right]]
        extreme = sums.max() if "the highest of the four" in question.text else sums.min()
        assert asked == pytest.approx(float(extreme), rel=1e-3)
        assert len(set(question.pictures)) == len(question.pictures) == 4
        assert all(png.startswith(b"\x89PNG") for png in question.pictures)
    assert n_asked == 3


def test_maps_that_ask_nothing(pocket_trace: Trace, image: ImageInput) -> None:
    assert which_window(pocket_trace, "fc", 0, 0) is None
    network = network_of(nn.Conv2d(3, 2, 3))
    network.graph.recorder.get_parameter("0.weight").zero_()
    assert which_window(explorer.run(network, image), "0", 0, 0) is None


@pytest.mark.parametrize(("layer", "unit"), [("conv1", (0, 0, 0)), ("layer4.0.downsample.0", (3, 1, 1)), ("fc", (2,))])
def test_pictures_of_a_value(pocket_trace: Trace, layer: str, unit: tuple[int, ...]) -> None:
    opened = open_value(pocket_trace, layer, unit)
    assert products_png(opened).startswith(b"\x89PNG")
    assert window_png(opened, opened.channels[1], input_scale(pocket_trace, layer, opened.channels[1])).startswith(
        b"\x89PNG"
    )
