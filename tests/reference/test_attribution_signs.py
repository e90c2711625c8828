"""What speaks for a target and what against it: that no method turns the two round, or claims what it does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import GuidedBackprop
from torch import nn

import explorer
from explorer.attribution import METHODS, attribute
from explorer.attribution.cam import exploding
from explorer.attribution.sentences import cost_sentence, map_sentence
from explorer.interventions import sweep
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.targets import Target
from explorer.trace import FloatArray, Trace
from tests.arrays import numbers
from tests.tiny import tiny_network

from .papers import relative_difference, slow_grad_cam_pp
from .plain import plain_model, without_overwriting


@pytest.fixture(scope="module")
def digit() -> Trace:
    """LeNet-5 on a digit."""
    return explorer.run(explorer.load_network("lenet5"), load_sample("digit"), "top")


# Ablation-CAM


@pytest.mark.parametrize("method", ["ablation_cam", "grad_cam"])
def test_of_one_logit_the_two_classes_have_opposite_maps(method: str) -> None:
    network, image = explorer.load_network("basic_cnn"), load_sample("chelsea")
    one, other = (attribute(network, image, method, target, signed=True).values for target in (0, 1))
    assert relative_difference(one, -other) < 1e-5
    assert one.min() < 0 < one.max()


def test_a_negative_score_does_not_turn_the_signs_of_ablation(tiny: Network, image: ImageInput) -> None:
    scores = explorer.run(tiny, image).logits
    lowest = int(scores.argmin())
    assert scores[lowest] < 0
    trace, layer = explorer.run(tiny, image, lowest), "relu"
    falls = -sweep(trace, layer, lowest)  # how far the score falls without the channel
    expected = np.tensordot(falls, trace[layer], axes=1) / abs(scores[lowest])
    found = attribute(tiny, image, "ablation_cam", lowest, layer, signed=True)
    assert relative_difference(found.values, expected.astype(np.float32)) < 1e-4


# Guided backpropagation


class MapPerClass(nn.Module):
    """A ReLU makes the classes' maps, as in SqueezeNet: their means are the logits."""

    def __init__(self, n_outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3)
        self.hidden = nn.ReLU()
        self.last = nn.Conv2d(6, n_outputs, 1)
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.last(self.hidden(self.conv(x)))).mean(dim=(2, 3))


class UpToTheLastWeights(nn.Module):
    """The target's slope at the sums of the last convolution is taken as it is; what is before them, as captum does."""

    def __init__(self, module: MapPerClass, signs: torch.Tensor) -> None:
        super().__init__()
        self.module, self.signs = module, signs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        sums = self.module.last(self.module.hidden(self.module.conv(x)))
        slope = self.signs[:, None, None] * (sums > 0) / sums[0, 0].numel()
        return (sums * slope.detach()).sum(dim=(1, 2, 3))


@pytest.mark.parametrize("target", [Target(1), Target(1, against=2), Target(3, against=0)], ids=str)
def test_guided_backpropagation_begins_with_the_target_s_own_slope(target: Target, image: ImageInput) -> None:
    module = MapPerClass(4)
    network = tiny_network(module)
    signs = torch.zeros(4)
    signs[target.index] = 1
    if target.against is not None:
        signs[target.against] = -1
    x = network.prepare(image).tensor.clone().requires_grad_()
    expected = GuidedBackprop(UpToTheLastWeights(without_overwriting(module), signs)).attribute(x)[0].detach().numpy()
    found = attribute(network, image, "guided_backprop", target)
    assert found.pixels is not None
    assert relative_difference(found.pixels, expected) < 1e-5
    assert found.note == "1 of 2 activation functions are guided."
    assert found.note in cost_sentence(found)


def test_what_a_class_is_less_changes_the_guided_map(
    random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network("squeezenet1_1")
    one, both = (
        attribute(network, image, "guided_backprop", target).pixels
        for target in (Target(281), Target(281, against=282))
    )
    assert one is not None
    assert both is not None
    assert relative_difference(both, one) > 0.1


def test_of_one_logit_neither_class_s_guided_map_is_empty(image: ImageInput) -> None:
    network = tiny_network(MapPerClass(1), categories=("cat", "dog"))
    assert float(explorer.run(network, image).logits[0]) > 0  # the last ReLU lets something pass
    for target in (0, 1):
        found = attribute(network, image, "guided_backprop", target)
        assert found.remark is None
        assert found.values.any()


@pytest.mark.parametrize(
    ("name", "guided", "every"), [("resnet18", 17, 17), ("mobilenet_v3_large", 19, 48), ("squeezenet1_1", 25, 26)]
)
def test_guided_activations_are_counted(
    name: str, guided: int, every: int, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network(name)
    # the library shares no activation of these networks between two places
    own = [module for module in plain_model(network).modules() if type(module).__module__.endswith("activation")]
    found = attribute(network, image, "guided_backprop")
    assert found.note == f"{guided} of {every} activation functions are guided."
    if name != "resnet18":  # whose blocks run one ReLU twice
        assert len(own) == every


# Grad-CAM++


def test_a_denominator_near_nothing_is_said() -> None:
    activation, gradient = np.abs(numbers(5, 4, 4, seed=3)), np.abs(numbers(5, 4, 4, seed=4))
    assert exploding(activation, gradient) == ""
    activation[2] *= -1
    gradient[2, 1, 1] = (0.001 - 2) / activation[2].sum()  # its denominator: 2 + G sum A = 0.001
    text = exploding(activation, gradient)
    weights = np.array([_slow_weight(activation[c], gradient[c]) for c in range(5)])
    assert text == (
        f"The weight of channel 2 is {abs(weights[2]) / np.median(np.abs(weights)):,.0f} times the median: one of its "
        "denominators is 0.001."
    )
    expected = np.array(slow_grad_cam_pp(activation, gradient))
    assert relative_difference(METHODS["grad_cam_pp"].signed_map(activation, gradient), expected) < 1e-2  # type: ignore[misc]


def _slow_weight(activation: FloatArray, gradient: FloatArray) -> float:
    total = float(activation.astype(np.float64).sum())
    return sum(float(g) / (2 + float(g) * total) for g in gradient.ravel() if g > 0)


def test_an_explosion_is_said_under_the_map(digit: Trace) -> None:
    notes = [attribute(digit.network, digit.image, "grad_cam_pp", target, "c3").note for target in range(10)]
    assert any(notes)
    assert not all(notes)
    found = attribute(digit.network, digit.image, "grad_cam_pp", notes.index(next(filter(None, notes))), "c3")
    assert found.note in cost_sentence(found)


# Sentences


ONE_SIDED = ("grad_cam_pp", "layer_cam", "eigen_cam", "score_cam", "rise")


@pytest.mark.parametrize("method", METHODS)
def test_only_methods_whose_signs_tell_have_a_share_that_supports(method: str, pocket_trace: Trace) -> None:
    network = pocket_trace.network
    few = {"n_samples": 2, "steps": 2, "n_masks": 4, "n_channels": 4, "patch": 80, "stride": 80}
    options = {option.name: few[option.name] for option in METHODS[method].options if option.name in few}
    one, other = (
        attribute(network, pocket_trace.image, method, target, signed=True, **options)  # type: ignore[arg-type]
        for target in (0, 4)
    )
    says = [map_sentence(network, found) for found in (one, other)]
    card = METHODS[method]
    assert bool(card.one_sided) == (method in ONE_SIDED)
    assert ("of it supports" in says[0]) == (not card.one_sided and not card.is_slope)
    if card.one_sided:
        assert card.one_sided in says[0]
        assert not (one.values < 0).any()  # after a ReLU, so "100 % of it" would have been said of any class
    if card.is_slope:
        share = np.maximum(one.values, 0).sum() / np.abs(one.values).sum()
        assert f"{100 * share:.1f} % of it is positive: a higher value there raises “" in says[0]
    if method == "eigen_cam":
        assert says[0] == says[1]
        flipped = replace(one, values=-one.values)
        assert "supports" not in map_sentence(network, flipped)
