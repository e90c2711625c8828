"""Gradients at the pixels against captum, against the papers' formulas worked out slowly, and against themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import (  # type: ignore[import-untyped]
    GuidedBackprop,
    GuidedGradCam,
    InputXGradient,
    IntegratedGradients,
    Saliency,
)
from torch import nn

import explorer
from explorer.attribution import Attribution
from explorer.attribution.fills import filled
from explorer.attribution.gradients import QUADRATURES, nodes
from explorer.attribution.guided import guided
from explorer.errors import BadTarget, Unsuited
from explorer.networks.network import Network
from explorer.networks.preparation import PhotoPreparation
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.targets import Target
from explorer.trace import FloatArray
from tests.tiny import Overwriting, noise_image, tiny_network

from .papers import relative_difference
from .plain import plain_model, without_overwriting

NAMES = ("resnet18", "alexnet", "basic_cnn", "lenet5")  # all ReLUs are modules, or there is none
LAYERS = {"resnet18": "layer4", "alexnet": "features.11", "basic_cnn": "relu2"}


class Ordinary:
    """A network as captum takes it: an ordinary module in which nothing is overwritten, and its input."""

    def __init__(self, network: Network, image: ImageInput) -> None:
        model = without_overwriting(plain_model(network))
        self.model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.x = network.prepare(image).tensor.clone()
        # captum names the one output of a network with a single logit by 0; its sign is that of our class 1
        self.target = min(283, len(network.categories) - 1)
        self.captum_target = self.target if len(network.categories) > 2 else 0

    def pixels(self, method: Any, **options: Any) -> FloatArray:
        found: FloatArray = method.attribute(self.x.clone().requires_grad_(), self.captum_target, **options)[0]
        return found.detach().numpy() if isinstance(found, torch.Tensor) else found


def picture_for(name: str, image: ImageInput) -> ImageInput:
    """The noise, or a digit for a network that reads digits: on its paper, noise leaves nothing."""
    return load_sample("digit") if name == "lenet5" else image


def pixels(found: Attribution) -> FloatArray:
    assert found.pixels is not None
    return found.pixels


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_those_of_captum(name: str, random_network: Callable[[str], Network], image: ImageInput) -> None:
    network = random_network(name)
    plain = Ordinary(network, image)
    found = explorer.attribute(network, image, "gradient", plain.target)
    expected = plain.pixels(Saliency(plain.model), abs=False)
    assert relative_difference(pixels(found), expected) < 1e-5
    assert np.array_equal(found.values, np.abs(pixels(found)).max(axis=0))
    signed = explorer.attribute(network, image, "gradient", plain.target, signed=True).values
    assert np.array_equal(signed, pixels(found).sum(axis=0))
    found = explorer.attribute(network, image, "input_x_gradient", plain.target)
    assert relative_difference(pixels(found), plain.pixels(InputXGradient(plain.model))) < 1e-5
    assert np.array_equal(found.values, np.maximum(pixels(found).sum(axis=0), 0))


@pytest.mark.parametrize(
    ("name", "quadrature", "theirs"),
    [
        ("resnet18", "midpoint", "riemann_middle"),
        ("basic_cnn", "midpoint", "riemann_middle"),
        ("basic_cnn", "gauss-legendre", "gausslegendre"),
        ("lenet5", "gauss-legendre", "gausslegendre"),
    ],
)
def test_integrated_gradients_are_those_of_captum(
    name: str, quadrature: str, theirs: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network(name)
    image = picture_for(name, image)
    plain = Ordinary(network, image)
    for fill in ("mean", "black"):
        options = {"steps": 7, "baseline": fill, "quadrature": quadrature}
        found = explorer.attribute(network, image, "integrated_gradients", plain.target, **options)  # type: ignore[arg-type]
        baseline = filled(explorer.run(network, image), fill)
        expected, delta = IntegratedGradients(plain.model).attribute(
            plain.x, baseline, plain.captum_target, n_steps=7, method=theirs, return_convergence_delta=True
        )
        assert relative_difference(pixels(found), expected[0].numpy()) < 1e-5
        difference = float(pixels(found).sum(dtype=np.float64)) - float(delta)
        assert found.completeness_gap == pytest.approx(abs(float(delta) / difference), rel=0.02, abs=1e-4)


@pytest.mark.parametrize("name", LAYERS)
def test_guided_backpropagation_is_that_of_captum(
    name: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network(name)
    plain = Ordinary(network, image)
    found = explorer.attribute(network, image, "guided_backprop", plain.target)
    expected = plain.pixels(GuidedBackprop(plain.model))
    assert relative_difference(pixels(found), expected) < 1e-5
    assert relative_difference(pixels(explorer.attribute(network, image, "gradient", plain.target)), expected) > 0.1
    layer = LAYERS[name]
    found = explorer.attribute(network, image, "guided_grad_cam", plain.target, layer)
    method = GuidedGradCam(plain.model, plain.model.get_submodule(layer))
    theirs = plain.pixels(method, interpolate_mode="bilinear")
    if not theirs.any():  # a random network's map can be negative all over
        assert not pixels(found).any()
    else:
        assert relative_difference(pixels(found), theirs) < 1e-5
    assert found.layer == network.resolve(layer)
    assert found.evaluations == 2


def test_guided_grad_cam_has_something_to_show(pocket: Network) -> None:
    """Where Grad-CAM is positive: with trained weights, for the class that the network sees."""
    image = load_sample("chelsea")
    plain = without_overwriting(plain_model(pocket)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    found = explorer.attribute(pocket, image, "guided_grad_cam")
    method = GuidedGradCam(plain, plain.layer4)
    x = pocket.prepare(image).tensor.clone().requires_grad_()
    expected = method.attribute(x, found.target, interpolate_mode="bilinear")[0].detach().numpy()
    assert relative_difference(pixels(found), expected) < 1e-5


# The papers' formulas, slowly


def slow_gradient(network: Network, x: torch.Tensor, target: int) -> torch.Tensor:
    x = x.clone().requires_grad_()
    (found,) = torch.autograd.grad(network.graph.run(x)[0][0, target], x)
    return found[0]


def test_smooth_grad_is_the_mean_over_noisy_pictures(tiny: Network, image: ImageInput) -> None:
    x = tiny.prepare(image).tensor
    random, total = torch.Generator().manual_seed(5), torch.zeros_like(x[0])
    sigma = 0.2 * float(x.max() - x.min())
    for _ in range(9):
        total += slow_gradient(tiny, x + sigma * torch.randn(x.shape[1:], generator=random), 1)
    found = explorer.attribute(tiny, image, "smooth_grad", 1, n_samples=9, noise=0.2, seed=5)
    assert relative_difference(pixels(found), (total / 9).numpy()) < 1e-5
    assert found.evaluations == 10
    without = explorer.attribute(tiny, image, "smooth_grad", 1, n_samples=3, noise=0)
    assert relative_difference(pixels(without), pixels(explorer.attribute(tiny, image, "gradient", 1))) < 1e-6


def test_integrated_gradients_are_a_sum_along_a_line(tiny: Network, image: ImageInput) -> None:
    x = tiny.prepare(image).tensor
    for quadrature in QUADRATURES:
        for fill in ("mean", "black", "white", "blur"):
            start = filled(explorer.run(tiny, image), fill)
            places, weights = nodes(5, quadrature)
            total = sum(
                weight * slow_gradient(tiny, start + place * (x - start), 1)
                for place, weight in zip(places.tolist(), weights.tolist(), strict=True)
            )
            expected = (x - start)[0] * total
            found = explorer.attribute(
                tiny, image, "integrated_gradients", 1, steps=5, quadrature=quadrature, baseline=fill
            )
            assert relative_difference(pixels(found), expected.numpy()) < 1e-5
            assert found.options == {"steps": 5, "quadrature": quadrature, "baseline": fill}


def test_baselines_are_what_the_network_would_receive_of_such_pictures(pocket: Network) -> None:
    image = load_sample("chelsea")
    trace = explorer.run(pocket, image)
    assert isinstance(pocket.preprocessing, PhotoPreparation)
    mean, std = (np.array(v, np.float32)[:, None, None] for v in (pocket.preprocessing.mean, pocket.preprocessing.std))
    colours = {fill: filled(trace, fill)[0].numpy() * std + mean for fill in ("mean", "black", "white", "blur")}
    assert np.abs(colours["black"]).max() < 1e-6
    assert np.abs(colours["white"] - 1).max() < 1e-6
    assert np.abs(colours["mean"] - mean).max() < 1e-6
    sharp = trace.prepared.tensor[0].numpy() * std + mean
    assert 0 <= colours["blur"].min() <= colours["blur"].max() <= 1
    assert colours["blur"].mean() == pytest.approx(sharp.mean(), abs=0.02)
    assert colours["blur"].std() < 0.8 * sharp.std()
    assert np.abs(np.diff(colours["blur"], axis=2)).max() < 0.05 < np.abs(np.diff(sharp, axis=2)).max()


def test_weights_of_every_quadrature_integrate_straight_lines() -> None:
    for quadrature in QUADRATURES:
        for n in (1, 2, 64):
            places, weights = nodes(n, quadrature)
            assert float(weights.sum()) == pytest.approx(1, rel=1e-5)
            assert float((weights * places).sum()) == pytest.approx(0.5, rel=1e-5)
            assert 0 < places.min() <= places.max() < 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mobilenet_v2"])
def test_integrated_gradients_of_random_networks_add_up(
    name: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    gap = explorer.attribute(random_network(name), image, "integrated_gradients").completeness_gap
    assert gap is not None
    assert gap <= 0.01


@pytest.mark.slow
def test_integrated_gradients_of_a_trained_network_add_up(pocket: Network) -> None:
    for fill in ("mean", "black"):
        found = explorer.attribute(pocket, load_sample("chelsea"), "integrated_gradients", baseline=fill)
        assert found.completeness_gap is not None
        assert found.completeness_gap <= 0.01
        assert found.options["steps"] == 64
        assert found.options["quadrature"] == "graded"
    few = explorer.attribute(pocket, load_sample("chelsea"), "integrated_gradients", baseline="black", steps=2)
    assert few.completeness_gap is not None
    assert few.completeness_gap > found.completeness_gap


@pytest.mark.slow
def test_photographs_add_up_to_within_one_percent_in_the_median(pocket: Network) -> None:
    gaps = [
        explorer.attribute(pocket, load_sample(name), "integrated_gradients", baseline=fill).completeness_gap
        for name in ("coffee", "astronaut", "rocket")
        for fill in ("mean", "black")
    ]
    assert np.median([gap for gap in gaps if gap is not None]) <= 0.01


# Guided backpropagation, by hand


def test_a_guided_relu_sends_back_only_what_is_positive(image: ImageInput) -> None:
    class Steps(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu = nn.ReLU(inplace=True)
            self.relu6 = nn.ReLU6()
            self.fc = nn.Linear(12, 4, bias=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = torch.nn.functional.adaptive_avg_pool2d(x, 2).flatten(1)
            return self.fc(self.relu6(self.relu(x) * 4))

    network = tiny_network(Steps())
    pooled = torch.nn.functional.adaptive_avg_pool2d(network.prepare(image).tensor, 2).flatten(1)[0]
    weight = torch.from_numpy(network.weights("fc")["weight"].copy())[1]
    expected = torch.where((pooled > 0) & (4 * pooled < 6) & (weight > 0), 4 * weight, 0.0) / 144  # of 12 x 12 pixels
    found = pixels(explorer.attribute(network, image, "guided_backprop", 1))
    assert found[:, ::12, ::12].ravel() == pytest.approx(expected.numpy(), rel=1e-5)
    assert expected.any()


def test_the_guided_network_gives_the_same_answer_and_is_kept(tiny: Network, image: ImageInput) -> None:
    trace = explorer.run(tiny, image)
    run = guided(tiny, "fc")
    assert run.value(trace.prepared.tensor.clone()).detach()[0].numpy() == pytest.approx(trace.logits, rel=1e-5)
    assert guided(tiny, "fc") is run
    for name in ("conv1", "relu", "relu_1", "cat", "pool"):
        if name != "conv1":  # which no ReLU precedes
            guided(tiny, name)
    with pytest.raises(Unsuited):
        guided(tiny, "conv1")
    own = {id(parameter) for parameter in tiny.graph.recorder.parameters()}
    assert {id(parameter) for parameter in guided(tiny, "fc").module.parameters()} <= own
    before = explorer.attribute(tiny, image, "gradient", 1)
    explorer.attribute(tiny, image, "guided_backprop", 1)
    assert np.array_equal(pixels(explorer.attribute(tiny, image, "gradient", 1)), pixels(before))


def test_guided_backpropagation_of_a_network_without_relu(random_network: Callable[[str], Network]) -> None:
    network = random_network("lenet5")
    for method in ("guided_backprop", "guided_grad_cam"):
        with pytest.raises(Unsuited) as caught:
            explorer.attribute(network, noise_image(), method)
        assert str(caught.value) == (
            "Guided backpropagation changes what ReLUs send back, and LeNet-5 has none before output: it would be the "
            "plain gradient. Choose 'gradient'."
        )


# Other targets, and the same in general


@pytest.mark.parametrize(
    "target",
    [Target(1, against=3), Target(4, layer="cat"), Target(4, layer="cat", place=(2, 3)), Target(2, layer="fc")],
)
def test_gradients_of_any_number_of_the_network(target: Target, tiny: Network, image: ImageInput) -> None:
    x = tiny.prepare(image).tensor.clone().requires_grad_()
    output, values = tiny.graph.run(x)
    if target.layer is None:
        score = output[0, 1] - output[0, 3]
    elif target.layer == "fc":
        score = output[0, 2]
    else:
        maps = values["cat"]
        assert isinstance(maps, torch.Tensor)
        score = maps[0, 4].mean() if target.place is None else maps[0, 4, 2, 3]
    (expected,) = torch.autograd.grad(score, x)
    found = explorer.attribute(tiny, image, "gradient", target)
    assert relative_difference(pixels(found), expected[0].numpy()) < 1e-5
    assert found.score == pytest.approx(float(score.detach()), rel=1e-5)
    assert found.target == target
    for method in ("smooth_grad", "integrated_gradients", "input_x_gradient", "guided_backprop"):
        assert explorer.attribute(tiny, image, method, target).values.shape == (24, 24)
    if target.layer != "fc":
        assert explorer.attribute(tiny, image, "grad_cam", target, "conv1").layer == "conv1"


def test_gradients_are_linear_in_the_target(tiny: Network, image: ImageInput) -> None:
    for method in ("gradient", "input_x_gradient", "smooth_grad", "integrated_gradients"):
        first, second, both = (
            pixels(explorer.attribute(tiny, image, method, target))
            for target in (Target(0), Target(2), Target(0, against=2))
        )
        assert relative_difference(both, first - second) < 1e-4


def test_a_layer_behind_the_target_explains_nothing_of_it(tiny: Network, image: ImageInput) -> None:
    with pytest.raises(BadTarget) as caught:
        explorer.attribute(tiny, image, "grad_cam", Target(0, layer="conv1"), "cat")
    assert str(caught.value) == (
        "The mean of channel 0 of conv1 does not depend on cat. Choose a layer that leads there."
    )


def test_the_same_seed_gives_the_same_map(tiny: Network, image: ImageInput) -> None:
    def found(method: str, seed: int) -> FloatArray:
        options: dict[str, Any] = {"n_masks": 40} if method == "rise" else {"n_samples": 3}
        return explorer.attribute(tiny, image, method, 1, seed=seed, **options).values

    torch.manual_seed(11)
    expected = torch.rand(2)
    torch.manual_seed(11)
    for method in ("rise", "smooth_grad"):
        assert np.array_equal(found(method, 1), found(method, 1))
        assert not np.array_equal(found(method, 1), found(method, 2))
    assert torch.equal(torch.rand(2), expected)  # the process's own random numbers go on as if nothing had been drawn


def test_one_logit_is_explained_for_either_class(image: ImageInput) -> None:
    network = tiny_network(Overwriting(n_outputs=1), categories=("cat", "dog"))
    for method in ("gradient", "integrated_gradients", "smooth_grad"):
        cat, dog = (explorer.attribute(network, image, method, target) for target in (0, 1))
        assert relative_difference(pixels(cat), -pixels(dog)) < 1e-6
        assert cat.score == -dog.score
    probabilities = [
        explorer.attribute(network, image, "rise", target, n_masks=20, keep=0.5).values for target in (0, 1)
    ]
    assert relative_difference(sum(probabilities), how_often_seen(image)) < 1e-5


def how_often_seen(image: ImageInput) -> FloatArray:
    """What RISE gives where every probability is 1: how often each pixel was seen."""
    certain = tiny_network(Overwriting(n_outputs=1), categories=("cat", "dog"))
    with torch.no_grad():
        certain.graph.recorder.get_parameter("fc.weight").zero_()
        certain.graph.recorder.get_parameter("fc.bias").fill_(50.0)
    return explorer.attribute(certain, image, "rise", 1, n_masks=20, keep=0.5).values
