"""Class activation maps and gradients against captum, against plain autograd, and against their papers, slowly."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam  # type: ignore[import-untyped]

import explorer
from explorer.attribution import METHODS, class_activation_map, eigen_cam, explain, grad_cam, grad_cam_pp
from explorer.errors import BadOption, BadTarget, NoTarget, NotFinite, NotSpatial, UnknownLayer, UnknownMethod, Unsuited
from explorer.interventions import switch
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.running.lock import LOCK
from explorer.trace import FloatArray, Trace
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


def relative_difference(ours: FloatArray, theirs: FloatArray) -> float:
    assert ours.shape == theirs.shape
    scale = np.abs(theirs).max()
    assert scale > 0
    return float(np.abs(ours - theirs).max() / scale)


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


# The papers' formulas, one unit at a time


def slow_grad_cam(a: FloatArray, g: FloatArray) -> list[list[float]]:
    """Selvaraju et al. 2017, eq. 1 and 2: Z is the number of cells."""
    n_channels, height, width = a.shape
    cam = [[0.0] * width for _ in range(height)]
    for k in range(n_channels):
        alpha = sum(float(g[k, i, j]) for i in range(height) for j in range(width)) / (height * width)
        for i in range(height):
            for j in range(width):
                cam[i][j] += alpha * float(a[k, i, j])
    return cam


def slow_grad_cam_pp(a: FloatArray, g: FloatArray) -> list[list[float]]:
    """Chattopadhay et al. 2018: eq. 19 for alpha, eq. 7 for the weights, with S the logit: its first, second and third
    derivatives of exp(S) are exp(S) times g, g**2, g**3; exp(S) is left out of the weight."""
    n_channels, height, width = a.shape
    cam = [[0.0] * width for _ in range(height)]
    for k in range(n_channels):
        total = sum(float(a[k, i, j]) for i in range(height) for j in range(width))
        weight = 0.0
        for i in range(height):
            for j in range(width):
                derivative = float(g[k, i, j])
                if derivative == 0:
                    continue
                alpha = derivative**2 / (2 * derivative**2 + total * derivative**3)
                weight += alpha * max(derivative, 0.0)
        for i in range(height):
            for j in range(width):
                cam[i][j] += weight * float(a[k, i, j])
    return cam


def slow_hires_cam(a: FloatArray, g: FloatArray) -> list[list[float]]:
    """Draelos and Carin 2020, eq. 3."""
    n_channels, height, width = a.shape
    return [
        [sum(float(g[k, i, j]) * float(a[k, i, j]) for k in range(n_channels)) for j in range(width)]
        for i in range(height)
    ]


def slow_layer_cam(a: FloatArray, g: FloatArray) -> list[list[float]]:
    """Jiang et al. 2021, eq. 5 and 6."""
    n_channels, height, width = a.shape
    return [
        [sum(max(float(g[k, i, j]), 0.0) * float(a[k, i, j]) for k in range(n_channels)) for j in range(width)]
        for i in range(height)
    ]


def slow_xgrad_cam(a: FloatArray, g: FloatArray) -> list[list[float]]:
    """Fu et al. 2020, eq. 8; a channel whose activations add up to nothing has no share in it."""
    n_channels, height, width = a.shape
    cam = [[0.0] * width for _ in range(height)]
    for k in range(n_channels):
        total = sum(float(a[k, i, j]) for i in range(height) for j in range(width))
        if total == 0:
            continue
        alpha = sum(float(a[k, i, j]) / total * float(g[k, i, j]) for i in range(height) for j in range(width))
        for i in range(height):
            for j in range(width):
                cam[i][j] += alpha * float(a[k, i, j])
    return cam


def slow_eigen_cam(a: FloatArray, g: FloatArray) -> list[list[float]]:
    """Muhammad and Yeasin 2020: the first right singular vector v of A, found by multiplying again and again with the
    transposed of A times A; the map is A v, its sum positive."""
    n_channels, height, width = a.shape
    rows = [[float(a[k, i, j]) for k in range(n_channels)] for i in range(height) for j in range(width)]
    v = [1.0 + 0.1 * k for k in range(n_channels)]
    for _ in range(3000):
        projected = [sum(x * y for x, y in zip(row, v, strict=True)) for row in rows]
        v = [sum(p * row[k] for p, row in zip(projected, rows, strict=True)) for k in range(n_channels)]
        length = math.sqrt(sum(x * x for x in v))
        v = [x / length for x in v]
    found = [sum(x * y for x, y in zip(row, v, strict=True)) for row in rows]
    sign = -1 if sum(found) < 0 else 1
    return [[sign * found[i * width + j] for j in range(width)] for i in range(height)]


SLOW = {
    "grad_cam": slow_grad_cam,
    "grad_cam_pp": slow_grad_cam_pp,
    "hires_cam": slow_hires_cam,
    "layer_cam": slow_layer_cam,
    "xgrad_cam": slow_xgrad_cam,
    "eigen_cam": slow_eigen_cam,
}


def signed_map(method: str, a: FloatArray, g: FloatArray) -> FloatArray:
    found = METHODS[method].signed_map
    assert found is not None
    return found(a, g)


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


# attribute(), the front door


@pytest.mark.parametrize("method", SLOW)
def test_attribute_is_the_map_of_a_pass_with_that_target(method: str, tiny: Network, image: ImageInput) -> None:
    trace = explorer.run(tiny, image, "top")
    found = explorer.attribute(tiny, image, method)
    assert (found.method, found.layer, found.target, found.evaluations) == (method, "cat", trace.target, 1)
    assert 0 < found.seconds < 60
    assert np.array_equal(found.values, class_activation_map(trace, method))
    assert found.values.shape == tiny.layer("cat").size
    assert found.values.dtype == np.float32
    assert found.values.min() >= 0
    assert not found.values.flags.writeable
    at_block = explorer.attribute(tiny, image, method, target=3, layer="conv1")
    assert (at_block.layer, at_block.target) == ("conv1", 3)
    expected = np.maximum(signed_map(method, *explorer.run(tiny, image, 3).spatial("conv1")), 0)
    assert np.array_equal(at_block.values, expected)


@pytest.mark.parametrize("method", METHODS)
def test_a_recorded_pass_is_explained_as_the_picture_is(method: str, tiny: Network, image: ImageInput) -> None:
    options = {option.name: 3 for option in METHODS[method].options if option.name in ("n_samples", "steps", "n_masks")}
    trace = explorer.run(tiny, image, 3)
    expected, found = explorer.attribute(tiny, image, method, 3, **options), explain(trace, method, **options)
    assert np.array_equal(found.values, expected.values)
    assert (found.target, found.layer, found.score) == (expected.target, expected.layer, expected.score)
    assert (found.evaluations, found.options) == (expected.evaluations, expected.options)
    assert found.seconds > trace.seconds  # the pass is a part of the work, whoever made it


def test_a_pass_without_a_target_explains_nothing(tiny: Network, image: ImageInput) -> None:
    with pytest.raises(NoTarget, match="Run it with a target"):
        explain(explorer.run(tiny, image))


def test_a_trace_with_switched_channels_is_explained_by_what_it_recorded_alone(
    tiny: Network, image: ImageInput
) -> None:
    changed = switch(explorer.run(tiny, image, 3), "conv1", {0: 0.0})
    assert np.array_equal(explain(changed, layer="cat").values, class_activation_map(changed, layer="cat"))
    for method, card in METHODS.items():
        if card.signed_map is None:
            with pytest.raises(Unsuited, match="without the channels that were switched"):
                explain(changed, method)


def test_attribute_at_a_block_names_the_layer_it_means(pocket: Network, pocket_trace: Trace) -> None:
    found = explorer.attribute(pocket, pocket_trace.image, layer="layer3")
    assert found.layer == "layer3.1.relu_1"
    assert found.values.shape == (10, 10)


@pytest.mark.parametrize("method", SLOW)
def test_signed_maps_keep_what_speaks_against_the_class(method: str, pocket: Network, pocket_trace: Trace) -> None:
    """At an early layer, whose signs are mixed before ReLU."""
    positive = class_activation_map(pocket_trace, method, "layer2.0.bn1")
    signed = class_activation_map(pocket_trace, method, "layer2.0.bn1", signed=True)
    assert signed.min() < 0 or method in ("grad_cam_pp", "layer_cam")  # whose weights are not negative
    assert np.array_equal(np.maximum(signed, 0), positive)
    found = explorer.attribute(pocket, pocket_trace.image, method, pocket_trace.target, "layer2.0.bn1", signed=True)
    assert found.signed
    assert np.array_equal(found.values, signed)


def test_methods_cannot_be_changed_and_say_where_they_come_from() -> None:
    assert explorer.METHODS is METHODS
    assert list(METHODS) == [
        "grad_cam", "grad_cam_pp", "hires_cam", "layer_cam", "xgrad_cam", "eigen_cam", "score_cam", "ablation_cam",
        "gradient", "input_x_gradient", "smooth_grad", "integrated_gradients", "guided_backprop", "guided_grad_cam",
        "occlusion", "rise",
    ]  # fmt: skip
    with pytest.raises(TypeError):
        METHODS["new"] = METHODS["grad_cam"]  # type: ignore[index]
    for method in METHODS.values():
        assert "arXiv:" in method.paper or "doi:" in method.paper
        assert all((method.title, method.formula, method.needs, method.cost, method.good_for, method.weaknesses))
        assert (method.signed_map is None) != (method.find is None)
        for option in method.options_at(160):
            assert option.checked(option.default) == option.default
            assert option.meaning


def test_refusals(tiny: Network, image: ImageInput) -> None:
    with pytest.raises(UnknownMethod) as method:
        explorer.attribute(tiny, image, "gradcam")
    assert str(method.value) == (
        "There is no method 'gradcam'. Nearest: 'grad_cam'. Pick one of grad_cam, grad_cam_pp, hires_cam, layer_cam, "
        "xgrad_cam, eigen_cam, score_cam, ablation_cam, gradient, input_x_gradient, smooth_grad, integrated_gradients, "
        "guided_backprop, guided_grad_cam, occlusion, rise."
    )
    with pytest.raises(UnknownMethod) as not_one_pass:
        class_activation_map(explorer.run(tiny, image, 0), "rise")
    assert str(not_one_pass.value) == (
        "'rise' is not read off one recorded pass: call explorer.attribute for it, or pick one of grad_cam, "
        "grad_cam_pp, hires_cam, layer_cam, xgrad_cam, eigen_cam."
    )
    with pytest.raises(UnknownLayer):
        explorer.attribute(tiny, image, layer="conv9")
    with pytest.raises(NotSpatial):
        explorer.attribute(tiny, image, layer="fc")
    with pytest.raises(BadTarget):
        explorer.attribute(tiny, image, target=4)
    with pytest.raises(NoTarget):
        class_activation_map(explorer.run(tiny, image))


SIDE_24 = [  # method, options, the sentence
    ("grad_cam", {"steps": 3}, "grad_cam has no option 'steps'. It has none."),
    (
        "integrated_gradients", {"step": 3},
        "integrated_gradients has no option 'step'. Nearest: 'steps'. Its options are steps, baseline, quadrature.",
    ),
    ("integrated_gradients", {"steps": 5000}, "steps must be a whole number from 1 to 4096, not 5000."),
    ("integrated_gradients", {"steps": 0}, "steps must be a whole number from 1 to 4096, not 0."),
    ("integrated_gradients", {"steps": 2.5}, "steps must be a whole number from 1 to 4096, not 2.5."),
    ("integrated_gradients", {"steps": "many"}, "steps must be a whole number from 1 to 4096, not 'many'."),
    ("integrated_gradients", {"steps": True}, "steps must be a whole number from 1 to 4096, not True."),
    ("integrated_gradients", {"steps": math.inf}, "steps must be a whole number from 1 to 4096, not inf."),
    (
        "integrated_gradients", {"baseline": "blak"},
        "baseline cannot be 'blak'. Nearest: 'black'. Pick one of mean, black, white, blur.",
    ),
    ("smooth_grad", {"noise": math.nan}, "noise must be a number from 0 to 1, not nan."),
    ("smooth_grad", {"n_samples": 1001}, "n_samples must be a whole number from 1 to 1000, not 1001."),
    ("smooth_grad", {"seed": -1}, "seed must be a whole number from 0 to 2147483647, not -1."),
    ("rise", {"n_masks": 10**9}, "n_masks must be a whole number from 1 to 20000, not 1000000000."),
    ("rise", {"keep": 0}, "keep must be a number from 0.01 to 0.99, not 0."),
    ("occlusion", {"patch": 25}, "patch must be a whole number from 1 to 24, not 25."),
    ("occlusion", {"stride": 0}, "stride must be a whole number from 1 to 24, not 0."),
    (
        "occlusion", {"patch": 4, "stride": 5},
        "A stride of 5 leaves pixels between patches of 4 uncovered. Choose a stride from 1 to 4.",
    ),
    ("score_cam", {"n_channels": 0}, "n_channels must be a whole number from 1 to 8192, not 0."),
]  # fmt: skip


@pytest.mark.parametrize(("method", "options", "sentence"), SIDE_24)
def test_options_that_a_method_cannot_take(
    method: str, options: dict[str, Any], sentence: str, tiny: Network, image: ImageInput
) -> None:
    with pytest.raises(BadOption) as caught:
        explorer.attribute(tiny, image, method, **options)
    assert str(caught.value) == sentence


def test_options_from_text() -> None:
    steps, baseline, _ = METHODS["integrated_gradients"].options
    assert steps.checked(steps.parse("32")) == 32
    assert baseline.checked(baseline.parse("black")) == "black"
    with pytest.raises(BadOption, match="steps must be a whole number from 1 to 4096, not 'many'"):
        steps.checked(steps.parse("many"))


# Pictures and networks with nothing to explain


def test_a_network_with_broken_weights_is_not_explained(image: ImageInput) -> None:
    module = Overwriting()
    network = tiny_network(module)
    with torch.no_grad():
        network.graph.recorder.get_parameter("conv2.weight")[0, 0, 0, 0] = math.nan
    for method in METHODS:
        with pytest.raises(NotFinite) as caught:
            explorer.attribute(network, image, method)
        assert str(caught.value) == (
            "Tiny scores this picture with values that are no numbers, so there is nothing to explain. "
            "Its weights may be damaged: choose others."
        )


@pytest.mark.parametrize("method", [name for name in METHODS if name not in ("eigen_cam", "rise", "score_cam")])
def test_a_score_that_nothing_changes_gives_an_empty_map_and_says_so(method: str, image: ImageInput) -> None:
    network = tiny_network(Overwriting())
    with torch.no_grad():
        network.graph.recorder.get_parameter("fc.weight").zero_()
        network.graph.recorder.get_parameter("fc.bias").fill_(0.5)
    found = explorer.attribute(network, image, method, 2)
    assert not found.values.any()
    assert found.score == 0.5
    assert found.remark == (
        f"{METHODS[method].title} finds nothing in {found.layer or 'the picture'} that the logit of “cow” depends on: "
        "the map is 0 everywhere."
    )
    assert found.completeness_gap == (0 if method == "integrated_gradients" else None)


def test_no_positive_evidence_is_said(sigmoid_head: Network, image: ImageInput) -> None:
    maps = [explorer.attribute(sigmoid_head, image, target=target, layer="conv1", signed=False) for target in (0, 1)]
    for found in maps:
        assert (found.remark is None) == bool(found.values.any())
    network = tiny_network(Overwriting())
    with torch.no_grad():
        network.graph.recorder.get_parameter("fc.weight").fill_(-1)
    assert explorer.attribute(network, image, target=1).remark == (
        "Grad-CAM finds no positive evidence for the logit of “bee” in cat: look at the signed map."
    )


# Cancelling


@pytest.mark.parametrize("method", METHODS)
def test_what_progress_raises_cancels_and_leaves_nothing_behind(method: str, tiny: Network, image: ImageInput) -> None:
    class Cancelled(Exception):
        pass

    def cancel(done: int, total: int, values: FloatArray | None) -> None:
        assert 0 < done <= total
        raise Cancelled

    before = {name: tensor.clone() for name, tensor in tiny.graph.recorder.state_dict().items()}
    options: dict[str, Any] = {"rise": {"n_masks": 70}}.get(method, {})
    with pytest.raises(Cancelled):
        explorer.attribute(tiny, image, method, progress=cancel, **options)
    assert LOCK.acquire(blocking=False)  # by this thread; and by another one
    LOCK.release()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: LOCK.acquire(timeout=5) and not LOCK.release()).result()  # type: ignore[func-returns-value]
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    assert all(torch.equal(tensor, before[name]) for name, tensor in tiny.graph.recorder.state_dict().items())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("signed", [False, True])
def test_progress_ends_with_the_map(method: str, signed: bool, tiny: Network, image: ImageInput) -> None:
    seen: list[tuple[int, int, FloatArray | None]] = []
    options: dict[str, Any] = {"rise": {"n_masks": 150}}.get(method, {})
    found = explorer.attribute(tiny, image, method, progress=lambda *step: seen.append(step), signed=signed, **options)
    assert [done for done, _, _ in seen] == sorted({done for done, _, _ in seen})
    assert seen[-1][0] == seen[-1][1]
    for _, _, values in seen:
        assert values is None or (values.shape == found.values.shape and values.dtype == np.float32)
    if METHODS[method].options or method == "ablation_cam":  # takes long enough to be looked at meanwhile
        assert seen[-1][2] is not None
        assert np.array_equal(seen[-1][2], found.values)


# A network with one logit


@pytest.fixture(scope="module")
def sigmoid_head() -> Network:
    return tiny_network(Overwriting(n_outputs=1), categories=("cat", "dog"))


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
