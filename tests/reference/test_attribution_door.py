"""attribute(), the front door: for every method alike."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import explorer
from explorer.attribution import METHODS, class_activation_map, explain
from explorer.errors import BadOption, BadTarget, NoTarget, NotFinite, NotSpatial, UnknownLayer, UnknownMethod, Unsuited
from explorer.interventions import switch
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.running.lock import LOCK
from explorer.trace import FloatArray, Trace
from tests.reference.papers import SLOW, signed_map
from tests.tiny import Overwriting, tiny_network

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
        "finer_cam", "gradient", "input_x_gradient", "smooth_grad", "integrated_gradients", "guided_backprop",
        "guided_grad_cam", "full_grad", "lrp", "occlusion", "rise",
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
        "xgrad_cam, eigen_cam, score_cam, ablation_cam, finer_cam, gradient, input_x_gradient, smooth_grad, "
        "integrated_gradients, guided_backprop, guided_grad_cam, full_grad, lrp, occlusion, rise."
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


LEVEL_OR_BIAS = ("eigen_cam", "rise", "score_cam", "full_grad")  # maps of what does not depend on the picture


@pytest.mark.parametrize("method", [name for name in METHODS if name not in LEVEL_OR_BIAS])
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

    def cancel(done: int, total: int | None) -> None:
        assert total is not None
        assert 0 < done <= total
        raise Cancelled

    before = {name: tensor.clone() for name, tensor in tiny.graph.recorder.state_dict().items()}
    options: dict[str, Any] = {"rise": {"n_masks": 70}}.get(method, {})
    with pytest.raises(Cancelled):
        explorer.attribute(tiny, image, method, progress=cancel, **options)
    assert not LOCK.is_held
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    assert all(torch.equal(tensor, before[name]) for name, tensor in tiny.graph.recorder.state_dict().items())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("signed", [False, True])
def test_progress_ends_with_the_map(method: str, signed: bool, tiny: Network, image: ImageInput) -> None:
    seen: list[tuple[int, int | None]] = []
    grown: list[FloatArray] = []
    options: dict[str, Any] = {"rise": {"n_masks": 150}}.get(method, {})
    trace = explorer.run(tiny, image, "top")
    found = explain(
        trace, method, signed=signed, progress=lambda *step: seen.append(step), growing=grown.append, **options
    )
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1][0] == seen[-1][1]
    assert all(values.shape == found.values.shape and values.dtype == np.float32 for values in grown)
    if METHODS[method].options or method == "ablation_cam":  # takes long enough to be looked at meanwhile
        assert len(grown) == len(seen)
        assert np.array_equal(grown[-1], found.values)
    else:
        assert not grown
