"""Class activation maps and gradients against captum, against plain autograd, and against their papers, slowly."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam  # type: ignore[import-untyped]

import explorer
from explorer.attribution import METHODS, class_activation_map, eigen_cam, grad_cam, grad_cam_pp
from explorer.errors import BadTarget
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.trace import FloatArray, Trace
from tests.reference.papers import SLOW, relative_difference, signed_map
from tests.tiny import Overwriting, tiny_network

from .plain import module_outputs, plain_model, seeded_model, without_overwriting

# Each network with three modules that no function overwrites afterwards: captum reads them through hooks.
LAYERS = {
    "alexnet": ("features.0", "features.7", "features.11"),
    "resnet18": ("layer1.0.conv2", "layer3", "layer4.1.conv2"),
    "squeezenet1_1": ("features.3.expand3x3", "features.7.squeeze_activation", "features.12.expand1x1_activation"),
    "densenet121": ("features.conv0", "features.denseblock2.denselayer5.conv2", "features.transition3.conv"),
    "mobilenet_v3_large": ("features.3", "features.12.block.1.0", "features.16"),
    "googlenet": ("conv2.conv", "inception3b.branch2.0.bn", "inception5b.branch1.conv"),
    "convnext_tiny": ("features.1", "features.4", "features.7.2"),
}


@pytest.mark.parametrize("name", LAYERS)
def test_grad_cam_is_that_of_captum(name: str, random_network: Callable[[str], Network], image: ImageInput) -> None:
    network, target = random_network(name), 283
    trace = explorer.run(network, image, target)
    model = without_overwriting(seeded_model(name))
    # the order in memory decides in which order torch adds, which random gradients of 1e-15 would feel
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for layer in LAYERS[name]:
        x = trace.prepared.tensor.clone().requires_grad_()
        captum = LayerGradCam(model, model.get_submodule(layer))
        signed = captum.attribute(x, target)[0, 0].detach().numpy()
        positive = captum.attribute(x, target, relu_attributions=True)[0, 0].detach().numpy()
        # a random network's map may be negative all over, so its sign is looked at too
        assert relative_difference(grad_cam(*trace.spatial(layer)), signed) < 1e-5, layer
        found = class_activation_map(trace, layer=layer)
        assert np.abs(found - positive).max() <= 1e-5 * np.abs(signed).max()
        assert np.array_equal(found, np.maximum(grad_cam(*trace.spatial(layer)), 0))


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "mobilenet_v3_large"])
def test_gradients_are_those_of_autograd_at_every_module(
    name: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network(name)
    for target in (0, 7):
        trace = explorer.run(network, image, target)
        logits, outputs = module_outputs(
            without_overwriting(plain_model(network)), trace.prepared.tensor.clone().requires_grad_(), copy=False
        )
        assert np.array_equal(trace.logits, logits.detach().numpy())
        found = torch.autograd.grad(logits[target], list(outputs.values()))
        for module, gradient in zip(outputs, found, strict=True):
            assert np.array_equal(trace.gradient(module), gradient[0].numpy()), module
            assert trace.gradient(module).any(), module


def test_a_gradient_says_what_a_small_step_does(tiny: Network, tiny_trace: Trace) -> None:
    """Without autograd: change a unit of the last map a little, compute the rest by hand, and see the logit move."""
    pooled, gradient = tiny_trace["pool"].astype(np.float64), tiny_trace.gradient("pool")
    weight, bias = tiny.weights("fc")["weight"].astype(np.float64), tiny.weights("fc")["bias"]

    def logit(maps: np.ndarray) -> float:
        return float(weight[2] @ maps.mean(axis=(1, 2)) + bias[2])

    assert logit(pooled) == pytest.approx(float(tiny_trace.logits[2]), rel=1e-5)
    for unit in ((0, 0, 0), (5, 3, 1), (11, 5, 5)):
        changed = pooled.copy()
        changed[unit] += 0.5
        assert (logit(changed) - logit(pooled)) / 0.5 == pytest.approx(float(gradient[unit]), rel=1e-5)


def test_at_the_logits_the_gradient_is_one_for_the_target(tiny: Network, image: ImageInput) -> None:
    for target in range(4):
        assert explorer.run(tiny, image, target).gradient("fc").tolist() == [float(i == target) for i in range(4)]


def random_maps(seed: int, negative: bool) -> tuple[FloatArray, FloatArray]:
    """A layer's activation and gradient (5, 3, 4): the first channel is dead, the second has no gradient, and the
    gradients of the third are zero here and there."""
    rng = np.random.default_rng(seed)
    a, g = rng.normal(size=(2, 5, 3, 4)).astype(np.float32)
    a = a if negative else np.maximum(a, 0)
    a[0], g[1] = 0, 0
    g[2, ::2, 1:3] = 0
    return a, g


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("method", SLOW)
def test_maps_are_those_of_the_papers(method: str, negative: bool) -> None:
    assert SLOW.keys() == {name for name, card in METHODS.items() if card.signed_map is not None}
    for seed in range(5):
        a, g = random_maps(seed, negative)
        found = signed_map(method, a, g)
        assert found.shape == (3, 4)
        assert found.dtype == np.float32
        assert relative_difference(found, np.array(SLOW[method](a, g))) < 1e-4  # Grad-CAM++ divides by small numbers


def test_eigen_cam_is_the_same_by_either_product() -> None:
    """Few channels or many: the smaller of two matrices is taken apart, and the map is the one of numpy's own."""
    for n_channels in (3, 40):
        a = np.random.default_rng(0).normal(0.5, 1, (n_channels, 3, 4)).astype(np.float32)
        cells = a.reshape(n_channels, -1).T.astype(np.float64)
        expected = cells @ np.linalg.svd(cells)[2][0]
        expected *= np.sign(expected.sum())
        assert eigen_cam(a, np.zeros_like(a)).ravel() == pytest.approx(expected, rel=1e-5)
    a[0, 0, 0] = np.nan
    assert np.isnan(eigen_cam(a, a)).all()


def test_the_methods_are_not_the_same() -> None:
    a, g = random_maps(0, negative=True)
    maps = [signed_map(method, a, g) for method in SLOW]
    assert all(relative_difference(maps[i], maps[j]) > 0.01 for i in range(len(maps)) for j in range(i))


def test_grad_cam_pp_where_alpha_is_nothing_over_nothing() -> None:
    a, g = np.ones((1, 2, 2), np.float32), np.zeros((1, 2, 2), np.float32)
    assert not grad_cam_pp(a, g).any()
    g[0, 0, 0] = -0.5  # 2 + sum(A) g = 0: the paper's denominator vanishes where the gradient does not
    assert np.isfinite(grad_cam_pp(a, g)).all()
    g[0, 0, 0] = 0.5  # alpha = 0.25 / (0.5 + 4 * 0.125) = 0.25, weight = 0.125
    assert np.array_equal(grad_cam_pp(a, g), np.full((2, 2), 0.125, np.float32))


@pytest.mark.parametrize("method", SLOW)
def test_properties_of_maps(method: str) -> None:
    a, g = random_maps(1, negative=False)
    found = signed_map(method, a, g)
    assert not signed_map(method, np.zeros_like(a), g).any()
    order = np.random.default_rng(0).permutation(5)
    assert signed_map(method, a[order], g[order]) == pytest.approx(found, rel=1e-4, abs=1e-6)
    # a picture in a mirror is explained by a map in a mirror
    mirrored = signed_map(method, a[:, :, ::-1].copy(), g[:, :, ::-1].copy())
    assert mirrored == pytest.approx(found[:, ::-1], rel=1e-4, abs=1e-6)
    if method == "eigen_cam":  # knows no class
        assert np.array_equal(signed_map(method, a, -g), found)
        assert signed_map(method, 2 * a, g) == pytest.approx(2 * found, rel=1e-5)
        return
    assert not signed_map(method, a, np.zeros_like(g)).any()
    if method != "grad_cam_pp":  # linear in the gradient, hence in units of the logit
        assert signed_map(method, a, 2 * g) == pytest.approx(2 * found, rel=1e-5)


def test_hires_cam_adds_up_to_the_logit_where_one_dense_layer_follows(tiny: Network, tiny_trace: Trace) -> None:
    maps = signed_map("hires_cam", *tiny_trace.spatial("pool"))
    bias = tiny.weights("fc")["bias"][2]
    assert maps.sum() + bias == pytest.approx(tiny_trace.logits[2], rel=1e-4)
    assert signed_map("grad_cam", *tiny_trace.spatial("pool")) == pytest.approx(maps, rel=1e-4, abs=1e-6)


# A network with one logit


def test_one_logit_means_two_classes(sigmoid_head: Network, image: ImageInput) -> None:
    trace = explorer.run(sigmoid_head, image)
    z = float(trace.logits[0])
    assert trace.logits.shape == (1,)
    assert trace.probabilities == pytest.approx([1 / (1 + math.exp(z)), 1 / (1 + math.exp(-z))], rel=1e-6)
    assert [p.index for p in trace.top(5)] == ([1, 0] if z > 0 else [0, 1])
    assert [trace.prediction(i).logit for i in (0, 1)] == [-z, z]
    assert [trace.prediction(i).category for i in (0, 1)] == ["cat", "dog"]


def test_one_logit_explains_either_class(sigmoid_head: Network, image: ImageInput) -> None:
    first, second = explorer.run(sigmoid_head, image, 0), explorer.run(sigmoid_head, image, 1)
    for layer in sigmoid_head.layers:
        assert np.array_equal(first[layer], second[layer])
        assert np.array_equal(first.gradient(layer), -second.gradient(layer))
    assert second.gradient("fc").tolist() == [1]
    assert np.array_equal(grad_cam(*first.spatial("cat")), -grad_cam(*second.spatial("cat")))
    assert class_activation_map(first).any() or class_activation_map(second).any()
    top = explorer.run(sigmoid_head, image, "top")
    assert top.target == top.top(1)[0].index == explorer.attribute(sigmoid_head, image).target
    with pytest.raises(BadTarget, match=r"^tiny has no class 2; its classes are 0 to 1"):
        explorer.run(sigmoid_head, image, 2)


def test_one_logit_of_either_sign_has_the_likelier_class_on_top(image: ImageInput) -> None:
    tops = set()
    for seed in range(8):
        network = tiny_network(Overwriting(n_outputs=1), categories=("cat", "dog"), seed=seed)
        trace = explorer.run(network, image, "top")
        assert trace.target == int(trace.logits[0] > 0) == int(trace.probabilities.argmax())
        tops.add(trace.target)
    assert tops == {0, 1}
