"""What is said, asked and drawn about pooling."""

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

import explorer
from explorer.drawing.charts import figure
from explorer.geometry import Window
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.pooling.exchange import AS_IT_IS, shift_test, swap
from explorer.pooling.figures import left_over, moving_lines, pooled_ways, ways_png, which_window, window_png
from explorer.pooling.kinds import KINDS
from explorer.pooling.layers import maps_after, pooling_layers, pooling_of
from explorer.pooling.opened import open_pooling
from explorer.pooling.sentences import (
    cost_sentence,
    opened_sentence,
    retention_sentence,
    shift_sentence,
    size_question,
    swap_sentence,
    what_sentence,
)
from explorer.pooling.winners import retention, winners
from explorer.trace import Trace
from tests.pooled import POOLINGS, units
from tests.tiny import ARCHITECTURES, chain, tiny_network


def test_paragraphs(pocket_trace: Trace, random_network: Callable[[str], Network]) -> None:
    pooling = pooling_of(pocket_trace.network, "maxpool")
    assert what_sentence(pooling) == (
        "maxpool takes the largest value of each 3 × 3 window of relu, 2 cells further each time: from 80 × 80 cells "
        "to 40 × 40. Neighbouring windows overlap by 1 cell, so that one strong value can win several of them. At the "
        "edges, a padding of 1 × 1 never wins."
    )
    found = retention(pocket_trace, "maxpool")
    assert found.share_of_values is not None
    assert retention_sentence(pooling, found).startswith(
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
    assert retention_sentence(idle, retention(alexnet, "avgpool")) == "Nothing is thrown away."
    assert "neither memory nor work" in cost_sentence(retention(alexnet, "avgpool"))


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
    chart = moving_lines(moved, "probabilities", "t")
    assert (chart.y.low, chart.y.high) == (0, 1)  # percent: nothing finite to make room for
    assert [line["y"] for line in figure(chart)["data"]] == [[None] * 3] * 2
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


def test_lines_of_a_moving_picture(pocket_trace: Trace) -> None:
    moved = shift_test(pocket_trace, ["maxpool"], ["max blur-pool", "average"], most=3)
    few = shift_test(pocket_trace, ["maxpool"], ["average"], most=2)
    for what in ("probabilities", "changes"):
        chart = moving_lines(moved, what, "t")
        assert [line.name for line in chart.lines] == [AS_IT_IS, "max blur-pool", "average"]
        assert chart.lines[0].look is None
        for line, row in zip(chart.lines, getattr(moved, what), strict=True):
            assert line.values.tolist() == pytest.approx([100 * value for value in row], nan_ok=True)
        assert list(chart.steps) == [0, 1, 2, 3]
        assert (chart.x.low, chart.x.high) == (0, 3)
        assert chart.y.low == 0
        assert chart.y.high >= max(float(line.values.max()) for line in chart.lines)
        looks = {line.name: line.look for line in chart.lines}
        # whichever others are chosen, a kind looks the same
        assert looks["average"] == moving_lines(few, what, "t").lines[1].look != looks["max blur-pool"]
    assert moved.probabilities.max() > 0.5
    assert moving_lines(moved, "probabilities", "t").y.high == 100


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
