"""The way from the picture to the answer: which maps are shown, and what flows between them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.drawing.color import palette, scale_of
from explorer.drawing.picture import countable
from explorer.errors import NoTarget
from explorer.networks.network import Network
from explorer.overview.flow import flow
from explorer.overview.journey import N_MAPS, columns, journey, shown_stages
from explorer.overview.sentences import child_sentence, headline, stage_phrase
from explorer.pictures.image import ImageInput
from explorer.trace import Trace, as_maps, contribution
from tests.arrays import pixels_of
from tests.tiny import chain, tiny_network

Load = Callable[[str], Network]


def test_the_maps_are_those_that_add_most_to_the_score(pocket_trace: Trace) -> None:
    found = journey(pocket_trace)
    assert [stage.layer for stage in found.stages] == ["relu", "layer1", "layer2", "layer3", "layer4"]
    for stage in found.stages:
        products = as_maps(pocket_trace[stage.layer] * pocket_trace.gradient(stage.layer))
        adds = [float(one.sum()) for one in products]
        strongest = sorted(range(len(adds)), key=lambda c: -adds[c])[:N_MAPS]
        assert [shown.channel for shown in stage.maps] == strongest
        for shown in stage.maps:
            values = pocket_trace[stage.layer][shown.channel]
            assert shown.adds == pytest.approx(adds[shown.channel], rel=1e-4)
            assert (shown.low, shown.high) == (values.min(), values.max())
            scale = scale_of(values)
            drawn = countable(values, 160) if max(values.shape) > 160 else values
            assert np.array_equal(pixels_of(shown.png), palette(scale.palette)[scale.indices(drawn)])


def test_numbers_at_the_end_are_bars_and_none_that_stands_out_is_lost(pocket_trace: Trace) -> None:
    (numbers,) = journey(pocket_trace).numbers
    values = pocket_trace["avgpool"].ravel()
    assert (numbers.layer, numbers.n, len(numbers.bars)) == ("avgpool", 256, 64)
    largest = np.abs(values).max()
    for i, bar in enumerate(numbers.bars):
        group = values[4 * i : 4 * i + 4]
        assert bar * largest == pytest.approx(group[np.abs(group).argmax()], rel=1e-5)


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "vgg16", "densenet121", "googlenet", "convnext_tiny"])
def test_a_few_stages_from_the_first_to_the_last(name: str, random_network: Load) -> None:
    network = random_network(name)
    shown, spatial = shown_stages(network), [s for s in network.stages if network.layer(s).is_spatial]
    assert 2 <= len(shown) <= 5
    assert set(shown) <= set(spatial)
    sizes = [network.layer(stage).size for stage in shown]
    assert sizes == sorted(sizes, reverse=True)
    assert network.cam_layer in shown
    assert shown[0] == spatial[0]


def test_what_flows_through_all_maps_of_the_next_stage_is_what_a_map_adds(pocket_trace: Trace) -> None:
    layers = ["layer2", "layer3", "layer4"]
    every = [(layer, range(len(pocket_trace[layer]))) for layer in layers]
    for layer, part in zip(layers, flow(pocket_trace, every[:2]) + flow(pocket_trace, every[1:]), strict=False):
        adds = contribution(pocket_trace, layer)
        assert np.allclose(part.sum(axis=1), adds, atol=1e-4 * np.abs(adds).max())


@pytest.mark.parametrize("category", ["cat", "dog"])
def test_of_one_logit_each_class_has_its_own_sign(category: str, cat_or_dog: Trace) -> None:
    """The score of the first class is the logit turned round: what raises the one lowers the other."""
    trace = explorer.run(cat_or_dog.network, cat_or_dog.image, category)
    layers = ["relu1", "pool1", "relu2"]
    parts = flow(trace, [(layer, range(len(trace[layer]))) for layer in layers])
    for layer, part in zip(layers, parts, strict=False):
        adds = contribution(trace, layer)
        assert np.allclose(part.sum(axis=1), adds, atol=1e-4 * np.abs(adds).max())
    other = explorer.run(cat_or_dog.network, cat_or_dog.image, "dog" if category == "cat" else "cat")
    turned = flow(other, [(layer, range(len(trace[layer]))) for layer in layers])
    assert all(np.allclose(a, -b, atol=1e-5) for a, b in zip(parts, turned, strict=True))
    assert np.abs(parts[0]).max() > 0


def test_a_class_with_a_negative_score_has_flows_that_lead_to_it(pocket_trace: Trace) -> None:
    least = int(np.argmin(pocket_trace.logits))
    assert pocket_trace.logits[least] < 0
    trace = explorer.run(pocket_trace.network, pocket_trace.image, least)
    (part,) = flow(trace, [("layer3", range(128)), ("layer4", range(256))])
    adds = contribution(trace, "layer3")
    assert np.allclose(part.sum(axis=1), adds, atol=1e-4 * np.abs(adds).max())
    assert [stage.maps[0].adds for stage in journey(trace).stages] != [
        stage.maps[0].adds for stage in journey(pocket_trace).stages
    ]


def test_a_flow_is_what_the_chain_rule_says(image: ImageInput) -> None:
    network = tiny_network(chain(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Conv2d(4, 5, 3), nn.Tanh()))
    trace = explorer.run(network, image, 1)
    ((part,),) = [flow(trace, [("1", (0, 3)), ("3", (1, 2, 4))])]
    convolution = network.graph.recorder.get_submodule("2")
    a, g = torch.tensor(trace["1"]).double(), torch.tensor(trace.gradient("3")).double()
    weight, bias = convolution.weight.double(), convolution.bias.double()
    step = 1e-5
    for row, i in enumerate((0, 3)):
        moved = []
        for sign in (1, -1):
            changed = a.clone()
            changed[i] *= 1 + sign * step
            moved.append(torch.tanh(nn.functional.conv2d(changed[None], weight, bias))[0])
        derivative = (moved[0] - moved[1]) / (2 * step)  # along the map itself
        for column, j in enumerate((1, 2, 4)):
            assert part[row, column] == pytest.approx(float((g[j] * derivative[j]).sum()), rel=1e-3, abs=1e-7)


def test_without_a_target_the_loudest_maps_are_shown_and_nothing_flows(pocket: Network, image: ImageInput) -> None:
    trace = explorer.run(pocket, image)
    found = journey(trace)
    for stage in found.stages:
        means = as_maps(trace[stage.layer]).mean(axis=(1, 2))
        assert [shown.channel for shown in stage.maps] == np.argsort(-means, kind="stable")[:N_MAPS].tolist()
        assert {shown.adds for shown in stage.maps} == {None}
    assert found.cam_png is None
    with pytest.raises(NoTarget):
        flow(trace, columns(found))


def test_names_follow_how_far_the_maps_have_shrunk_and_an_untrained_network_has_none(
    pocket: Network, random_network: Load
) -> None:
    assert [stage_phrase(pocket, stage) for stage in shown_stages(pocket)] == [
        "edges", "textures", "patterns", "parts", "parts",
    ]  # fmt: skip
    untrained = random_network("pocket_resnet")
    assert {stage_phrase(untrained, stage) for stage in shown_stages(untrained)} == {""}


def test_a_child_is_told_the_answer_and_not_what_random_weights_say(
    pocket_trace: Trace, image: ImageInput, random_network: Load
) -> None:
    assert "“cat”" in child_sentence(pocket_trace)
    untrained = explorer.run(random_network("pocket_resnet"), image, "top")
    category = untrained.top(1)[0].category
    assert category in headline(untrained)
    assert category not in child_sentence(untrained)
