"""What can be explained: every number of a network, by a text, in words, and with gradients as autograd has them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

import explorer
from explorer.classifier.logits import ledger, readings
from explorer.classifier.softmax import softmax_steps
from explorer.errors import BadChannel, BadTarget, ExplorerError, NoTarget, UnknownLayer
from explorer.interventions import switch
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.targets import Target, as_target, default_layer, depends_on, parse_target
from explorer.trace import as_maps
from tests.tiny import Overwriting, tiny_network

TEXTS = [
    ("2", Target(2)),
    (" 2 ", Target(2)),
    ("cat", Target(2)),
    ("French horn", Target(6)),
    ("2-1", Target(2, against=1)),
    ("cat - dog", Target(2, against=1)),
    ("cat-1", Target(2, against=1)),
    ("layer4:17", Target(17, layer="layer4.1.relu_1")),
    ("layer4:17:3:4", Target(17, layer="layer4.1.relu_1", place=(3, 4))),
    ("fc:5", Target(5, layer="fc")),
]


@pytest.mark.parametrize(("text", "target"), TEXTS)
def test_texts_and_back(text: str, target: Target, pocket: Network) -> None:
    assert parse_target(pocket, text) == target
    assert parse_target(pocket, str(target)) == target


def test_a_name_with_a_hyphen_is_a_name_first() -> None:
    network = tiny_network(Overwriting(), categories=("black", "tan", "black-tan", "tan-black"))
    assert parse_target(network, "black-tan") == Target(2)
    assert parse_target(network, "black - tan") == Target(0, against=1)
    assert parse_target(network, "black-tan-tan") == Target(2, against=1)
    assert parse_target(network, "black-tan-black") == Target(0, against=3)  # the first way to read it


REFUSED = [
    (
        "99", BadTarget,
        "pocket_resnet has no class 99; its classes are 0 to 10. See network.categories for their names.",
    ),
    ("parashute", BadTarget, "pocket_resnet has no class 'parashute'. Nearest: 'parachute'."),
    ("3-3", BadTarget, "Class 3 less itself is 0 for every picture. Choose two different classes."),
    (
        "2-99", BadTarget,
        "pocket_resnet has no class 99; its classes are 0 to 10. See network.categories for their names.",
    ),
    ("layer9:1", UnknownLayer, None),
    ("layer4:256", BadChannel, "layer4.1.relu_1 has no channel 256; its channels are 0 to 255."),
    (
        "layer4:1:10:0", BadTarget,
        "layer4.1.relu_1 has no place (10, 0); its rows are 0 to 9, its columns 0 to 9.",
    ),
    ("fc:1:0:1", BadTarget, "fc has no place (0, 1); its rows are 0 to 0, its columns 0 to 0."),
    (
        "layer4:x", BadTarget,
        "'layer4:x' is no target. Write a class (281), two (281-282), a channel (layer4:17) or one value of it, with "
        "row and column (layer4:17:3:4).",
    ),
    ("layer4:1:2", BadTarget, None),
    ("layer4:" + "9" * 5000, BadTarget, None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "sentence"), REFUSED)
def test_texts_that_mean_nothing(text: str, kind: type[ExplorerError], sentence: str | None, pocket: Network) -> None:
    with pytest.raises(kind) as caught:
        parse_target(pocket, text)
    if sentence is not None:
        assert str(caught.value) == sentence


def test_numbers_below_zero_and_of_numpy(pocket: Network) -> None:
    assert as_target(pocket, np.int64(3)) == Target(3)  # type: ignore[arg-type]
    for bad in (Target(-1), Target(0, against=-1), Target(0, layer="conv1", place=(-1, 0))):
        with pytest.raises(BadTarget):
            as_target(pocket, bad)
    with pytest.raises(BadChannel):
        as_target(pocket, Target(-1, layer="conv1"))


def test_what_they_are_in_words(pocket: Network) -> None:
    assert [Target(i, **rest).phrase(pocket) for i, rest in PHRASES] == [  # type: ignore[arg-type]
        "the logit of “cat”",
        "the logit of “cat” less that of “dog”",
        "the mean of channel 17 of layer4",
        "channel 17 of layer4 in row 3, column 4",
        "number 5 of fc",
    ]


PHRASES: list[tuple[int, dict[str, object]]] = [
    (2, {}),
    (2, {"against": 1}),
    (17, {"layer": "layer4"}),
    (17, {"layer": "layer4", "place": (3, 4)}),
    (5, {"layer": "fc"}),
]


# Gradients


NETWORKS = ("pocket_resnet", "lenet5", "basic_cnn", "squeezenet1_1", "convnext_tiny", "shufflenet_v2_x0_5")


@pytest.mark.parametrize("name", NETWORKS)
def test_a_trace_of_any_unit_has_the_gradients_of_autograd(
    name: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network(name)
    names = list(network.layers)
    for layer in (names[1], names[len(names) // 2], names[-1]):
        shape = as_maps(explorer.run(network, image)[layer]).shape
        place = (shape[1] // 2, shape[2] - 1)
        for target in (Target(shape[0] - 1, layer=layer), Target(0, layer=layer, place=place)):
            trace = explorer.run(network, image, target)
            assert trace.explained == target
            assert trace.target is None
            # slowly: a pass whose value is read as the pages read it
            _, values = network.graph.run(trace.prepared.tensor.clone().requires_grad_())
            value = values[layer]
            assert isinstance(value, torch.Tensor)
            one = value[0].movedim(-1, 0) if network.layers[layer].channels_last else value[0]
            maps = one[:, None, None] if one.ndim == 1 else one.reshape(-1, *one.shape[-2:])
            score = maps[target.index].mean() if target.place is None else maps[target.index][target.place]
            reached = [key for key in names if depends_on(network, target, key)]
            assert {key for key in names if trace.has_gradient(key)} == set(reached)
            found = torch.autograd.grad(score, [values[key] for key in reached])  # type: ignore[misc]
            for key, gradient in zip(reached, found, strict=True):
                expected = gradient[0].numpy()
                if network.layers[key].channels_last:
                    expected = np.moveaxis(expected, -1, 0)
                assert np.array_equal(trace.gradient(key), expected), key


def test_a_contrast_is_the_difference_of_two_gradients(pocket: Network, image: ImageInput) -> None:
    both = explorer.run(pocket, image, Target(2, against=1))
    first, second = (explorer.run(pocket, image, index) for index in (2, 1))
    assert both.explained == Target(2, against=1)
    assert both.target is None
    for layer in ("conv1", "layer2", "layer4", "avgpool"):
        expected = first.gradient(layer) - second.gradient(layer)
        assert np.abs(both.gradient(layer) - expected).max() <= 1e-5 * np.abs(expected).max()
    assert both.gradient("fc").tolist() == [float(i == 2) - float(i == 1) for i in range(11)]


def test_of_one_logit_every_number_of_a_class_is_its_log_odds(image: ImageInput) -> None:
    network = tiny_network(Overwriting(n_outputs=1), categories=("cat", "dog"))
    trace = explorer.run(network, image)
    first, second = (float(p) for p in trace.probabilities.astype(np.float64))
    rows = {row.index: row.logit for row in softmax_steps(trace).rows}
    for index, odds in ((1, second / first), (0, first / second)):
        contrast = Target(index, against=1 - index)
        sign = 1 if index else -1
        for target in (Target(index), contrast):
            assert explorer.run(network, image, target).gradient("fc").tolist() == [sign]
            assert explorer.attribute(network, image, target=target).score == pytest.approx(math.log(odds), rel=1e-4)
        expected = pytest.approx(math.log(odds), rel=1e-4)
        assert rows[index] == trace.prediction(index).logit == expected
        for reading in readings(network):
            assert ledger(trace, reading, index).value == expected
            assert ledger(trace, reading, index, 1 - index).value == expected
    assert contrast.phrase(network) == "the log odds of “cat” against “dog”"


def test_behind_a_unit_there_is_no_gradient_and_it_says_why(pocket: Network, image: ImageInput) -> None:
    trace = explorer.run(pocket, image, Target(3, layer="layer2"))
    assert trace.gradient("layer2").any()
    assert not trace.has_gradient("layer3")
    with pytest.raises(NoTarget) as caught:
        trace.gradient("layer3")
    assert str(caught.value) == (
        "This trace has no gradient at layer3, since the mean of channel 3 of layer2.1.relu_1 does not depend on it. "
        "Choose a layer that leads there."
    )


def test_a_changed_pass_goes_on_with_the_same_target(pocket: Network, image: ImageInput) -> None:
    strongest = int(explorer.run(pocket, image)["layer4"].mean(axis=(1, 2)).argmax())
    trace = explorer.run(pocket, image, Target(strongest, layer="layer4"))
    changed = switch(trace, "layer3", {5: 0.0})
    assert changed.explained == trace.explained
    assert changed.gradient("layer3").any()
    assert switch(trace, "layer3", {}).gradient("layer3") == pytest.approx(trace.gradient("layer3"), rel=1e-4, abs=1e-8)
    assert not switch(trace, "avgpool", {5: 0.0}).has_gradient("avgpool")  # it lies before what was changed
    contrast = switch(explorer.run(pocket, image, Target(2, against=1)), "layer3", {})
    expected = explorer.run(pocket, image, Target(2, against=1)).gradient("layer4")
    assert contrast.gradient("layer4") == pytest.approx(expected, rel=1e-4, abs=1e-8)


# Where a map is drawn


def test_where_a_target_is_explained(pocket: Network) -> None:
    assert default_layer(pocket, Target(2)) == pocket.cam_layer == "layer4"
    assert default_layer(pocket, Target(2, against=1)) == "layer4"
    assert default_layer(pocket, Target(2, layer="fc")) == "layer4"
    assert default_layer(pocket, Target(2, layer="layer4")) == "layer3"
    assert default_layer(pocket, Target(2, layer="conv1")) == "conv1"


def test_what_depends_on_what() -> None:
    network = tiny_network(Overwriting())
    on_branch = Target(0, layer="conv3")
    assert depends_on(network, on_branch, "conv3")
    assert depends_on(network, on_branch, "conv1")
    assert not depends_on(network, on_branch, "cat")
    assert not depends_on(network, on_branch, "fc")
    assert all(depends_on(network, Target(0), layer) for layer in network.layers)
