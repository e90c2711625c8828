"""Ablation, masks and patches: against captum, and against whole passes of changed pictures, one at a time."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from captum.attr import Occlusion  # type: ignore[import-untyped]
from PIL import Image
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.attribution import fuse
from explorer.attribution.fills import filled
from explorer.attribution.perturbation import _masks
from explorer.errors import BadOption, Unsuited
from explorer.interventions import ablate, sweep, switch
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.running import budget
from explorer.targets import Target
from explorer.trace import FloatArray, Trace
from tests.tiny import Overwriting, tiny_network

from .papers import relative_difference
from .test_attribution_gradients import Ordinary, picture_for

pytestmark = pytest.mark.slow  # together


def score(network: Network, x: torch.Tensor, target: int) -> float:
    with torch.inference_mode():
        output = network.graph.run(x)[0][0]
    return float(output[target]) if len(output) > 1 else float(output[0]) * (1 if target else -1)


# Ablation-CAM


@pytest.mark.parametrize(
    ("name", "layer"),
    [("lenet5", "s2"), ("basic_cnn", "pool2"), ("squeezenet1_1", "features.11.squeeze"), ("pocket_resnet", "layer4")],
)
def test_ablation_cam_is_a_whole_pass_for_each_channel(
    name: str, layer: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network(name)
    trace = explorer.run(network, image, 1)
    before = trace.prediction(1).logit
    weights = [
        (before - switch(trace, layer, {c: 0.0}).prediction(1).logit) / abs(before) for c in range(len(trace[layer]))
    ]
    expected = sum(weight * channel for weight, channel in zip(weights, trace[layer], strict=True))
    found = explorer.attribute(network, image, "ablation_cam", 1, layer, signed=True)
    assert relative_difference(found.values, np.array(expected, np.float32)) < 1e-4
    assert found.evaluations == len(weights) + 1
    assert found.score == pytest.approx(before, rel=1e-6)


def test_scores_without_a_channel_are_those_of_whole_passes(
    random_network: Callable[[str], Network], image: ImageInput
) -> None:
    """The network as its authors wrote it, run from the pixels, with one channel of one module wiped out on the way."""
    network = random_network("pocket_resnet")
    plain = Ordinary(network, image)
    trace = explorer.run(network, image, 5)
    changes = sweep(trace, "layer3", 5)
    for channel in (0, 100, 127):

        def wipe(module: nn.Module, inputs: object, output: torch.Tensor, channel: int = channel) -> torch.Tensor:
            return output.index_fill(1, torch.tensor([channel]), 0.0)

        handle = plain.model.layer3.register_forward_hook(wipe)
        with torch.inference_mode():
            logit = float(plain.model(plain.x)[0, 5])
        handle.remove()
        assert trace.logits[5] + changes[channel] == pytest.approx(logit, rel=1e-5, abs=1e-6)


def test_ablation_of_other_targets(tiny: Network, image: ImageInput) -> None:
    for target in (Target(1, against=3), Target(4, layer="cat"), Target(4, layer="cat", place=(2, 3))):
        trace = explorer.run(tiny, image, target)

        def value(trace: Trace, target: Target = target) -> float:
            if target.layer is None:
                return float(trace.logits[1] - trace.logits[3])
            channel = trace["cat"][4]
            return float(channel.mean() if target.place is None else channel[target.place])

        before = value(trace)
        expected = [value(switch(trace, "relu", {c: 0.0})) - before for c in range(6)]
        found = np.concatenate(list(ablate(trace, "relu", target)))
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-6)
        assert np.abs(found).max() > 0
        cam = explorer.attribute(tiny, image, "ablation_cam", target, "relu", signed=True)
        assert cam.score == pytest.approx(before, rel=1e-5)
        total = sum(-change / abs(before) * channel for change, channel in zip(expected, trace["relu"], strict=True))
        assert relative_difference(cam.values, np.array(total, np.float32)) < 1e-4


def test_ablation_cam_cannot_divide_by_nothing(image: ImageInput) -> None:
    network = tiny_network(Overwriting())
    with torch.no_grad():
        network.graph.recorder.get_parameter("fc.weight").zero_()
        network.graph.recorder.get_parameter("fc.bias").zero_()
    with pytest.raises(Unsuited) as caught:
        explorer.attribute(network, image, "ablation_cam", 0)
    assert str(caught.value) == (
        "Ablation-CAM divides by the score, and the logit of “ant” is exactly 0 here. Choose another method."
    )


# Score-CAM


def slow_score_cam(network: Network, trace: Trace, layer: str, target: int, channels: list[int]) -> FloatArray:
    """Wang et al. 2020, algorithm 1, one channel after another, with the baseline left in."""
    x, side = trace.prepared.tensor, trace.prepared.tensor.shape[-1]
    empty = score(network, torch.zeros_like(x), target)
    increase = []
    for c in channels:
        mask = F.interpolate(torch.tensor(trace[layer][c])[None, None], (side, side), mode="bilinear")
        spread = mask.max() - mask.min()
        mask = (mask - mask.min()) / spread if spread > 0 else torch.zeros_like(mask)
        increase.append(score(network, x * mask, target) - empty)
    total = sum(math.exp(value) for value in increase)
    maps = [math.exp(value) / total * trace[layer][c] for value, c in zip(increase, channels, strict=True)]
    return np.sum(maps, axis=0).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "layer"), [("basic_cnn", "pool2"), ("squeezenet1_1", "features.9.squeeze"), ("lenet5", "s4")]
)
def test_score_cam_is_the_algorithm_of_the_paper(
    name: str, layer: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network, image = random_network(name), picture_for(name, image)
    trace = explorer.run(network, image)
    n = len(trace[layer])
    found = explorer.attribute(network, image, "score_cam", 1, layer, signed=True)
    assert relative_difference(found.values, slow_score_cam(network, trace, layer, 1, list(range(n)))) < 1e-4
    strongest = sorted(np.argsort(-trace[layer].reshape(n, -1).var(axis=1, dtype=np.float64))[:5].tolist())
    found = explorer.attribute(network, image, "score_cam", 1, layer, signed=True, n_channels=5)
    assert relative_difference(found.values, slow_score_cam(network, trace, layer, 1, strongest)) < 1e-4
    assert found.evaluations == 6


def test_score_cam_runs_flat_channels_once(image: ImageInput) -> None:
    network = tiny_network(Overwriting())
    with torch.no_grad():
        weight, bias = (network.graph.recorder.get_parameter(f"conv1.{key}") for key in ("weight", "bias"))
        weight[1:4] = 0
        bias[1:4] = torch.tensor([-1.0, 0.5, 2.0])  # dead, and two that are the same everywhere
    trace = explorer.run(network, image)
    found = explorer.attribute(network, image, "score_cam", 1, "relu", signed=True)
    assert relative_difference(found.values, slow_score_cam(network, trace, "relu", 1, list(range(6)))) < 1e-4
    assert found.evaluations == 1 + 3 + 1
    with torch.no_grad():
        weight.zero_()
    assert explorer.attribute(network, image, "score_cam", 1, "relu").evaluations == 2


# Occlusion


@pytest.mark.parametrize(
    ("name", "patch", "stride"),
    [("lenet5", 5, 3), ("basic_cnn", 20, 12), ("squeezenet1_1", 100, 70), ("pocket_resnet", 40, 40)],
)
@pytest.mark.parametrize("fill", ["mean", "blur"])
def test_occlusion_is_that_of_captum(
    name: str, patch: int, stride: int, fill: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network, image = random_network(name), picture_for(name, image)
    plain = Ordinary(network, image)
    n_colours = plain.x.shape[1]
    expected = Occlusion(plain.model).attribute(
        plain.x, (n_colours, patch, patch), (n_colours, stride, stride),
        filled(explorer.run(network, image), fill), plain.captum_target,
    )[0, 0].numpy()  # fmt: skip
    target = plain.target
    found = explorer.attribute(network, image, "occlusion", target, signed=True, patch=patch, stride=stride, fill=fill)
    difference = np.abs(found.values - expected).max()
    assert difference < 1e-5 * max(np.abs(expected).max(), abs(found.score))  # each is a difference of two scores
    assert expected.any()
    assert found.evaluations == 1 + (math.ceil((network.preprocessing.size - patch) / stride) + 1) ** 2


@pytest.mark.parametrize(
    "target",
    [Target(1, against=3), Target(4, layer="cat"), Target(4, layer="cat", place=(2, 3)), Target(2, layer="conv1")],
)
def test_occlusion_of_other_targets(target: Target, tiny: Network, image: ImageInput) -> None:
    """Zeiler and Fergus 2014, one covered picture after another, each in a pass of its own."""
    x, name = tiny.prepare(image).tensor, target.read_from(tiny)

    def value(x: torch.Tensor) -> float:
        with torch.inference_mode():
            return float(target.score(tiny, tiny.graph.run(x)[1][name])[0])  # type: ignore[arg-type]

    total, n_covered = np.zeros((24, 24)), np.zeros((24, 24))
    for top, left in itertools.product(range(0, 22, 3), repeat=2):
        covered = x.clone()
        covered[..., top : top + 4, left : left + 4] = 0
        total[top : top + 4, left : left + 4] += value(x) - value(covered)
        n_covered[top : top + 4, left : left + 4] += 1
    found = explorer.attribute(tiny, image, "occlusion", target, patch=4, stride=3, signed=True)
    assert relative_difference(found.values, (total / n_covered).astype(np.float32)) < 1e-4
    assert found.score == pytest.approx(value(x), rel=1e-5)


def test_covering_what_is_already_so_changes_nothing(tiny: Network) -> None:
    grey = explorer.read_image(_png(np.full((24, 24, 3), 0, np.uint8)))
    found = explorer.attribute(tiny, grey, "occlusion", 1, fill="black", patch=7, stride=4, signed=True)
    assert np.abs(found.values).max() < 1e-5
    found = explorer.attribute(tiny, grey, "occlusion", 1, fill="white", patch=7, stride=4, signed=True)
    assert np.abs(found.values).max() > 1e-3


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_a_patch_as_large_as_the_picture_is_one_pass(tiny: Network, image: ImageInput) -> None:
    found = explorer.attribute(tiny, image, "occlusion", 1, patch=24, stride=24, signed=True)
    trace = explorer.run(tiny, image)
    drop = trace.prediction(1).logit - score(tiny, torch.zeros_like(trace.prepared.tensor), 1)
    assert found.values == pytest.approx(np.full((24, 24), drop), rel=1e-4)
    assert found.evaluations == 2


# RISE


def test_rise_is_the_mean_over_masks(tiny: Network, image: ImageInput) -> None:
    x, total = tiny.prepare(image).tensor, np.zeros((24, 24))
    drawn = _masks(seed=3, grid=4, keep=0.4, side=24)
    for _ in range(70):
        mask = next(drawn)
        with torch.inference_mode():
            probability = float(torch.softmax(tiny.graph.run(x * mask)[0][0], 0)[2])
        total += probability * mask.numpy()
    found = explorer.attribute(tiny, image, "rise", 2, n_masks=70, grid=4, keep=0.4, seed=3)
    assert relative_difference(found.values, (total / (70 * 0.4)).astype(np.float32)) < 1e-4
    assert found.evaluations == 71


def test_masks_of_rise_are_grids_enlarged_and_shifted() -> None:
    drawn = _masks(seed=0, grid=7, keep=0.3, side=160)
    masks = np.stack([next(drawn).numpy() for _ in range(600)])
    assert masks.shape == (600, 160, 160)
    assert 0 <= masks.min() <= masks.max() <= 1
    assert np.abs(masks.mean(axis=0) - 0.3).max() < 0.1  # everywhere alike, at the border too
    assert masks.mean() == pytest.approx(0.3, abs=0.01)
    cell = math.ceil(160 / 7)
    assert np.abs(np.diff(masks, axis=1)).max() <= 1.2 / cell  # bilinear: it takes a cell from open to shut


def test_rise_of_another_target_weighs_by_the_number_itself(tiny: Network, image: ImageInput) -> None:
    first, second, both = (
        explorer.attribute(tiny, image, "rise", target, n_masks=30, signed=True).values
        for target in (Target(1, against=2), Target(0, against=2), Target(1, against=0))
    )
    assert relative_difference(both, first - second) < 1e-4


# In general


@pytest.mark.parametrize(
    "method", ["score_cam", "ablation_cam", "occlusion", "rise", "smooth_grad", "integrated_gradients"]
)
def test_the_size_of_the_batches_makes_no_difference(
    method: str, tiny: Network, image: ImageInput, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"rise": {"n_masks": 30}}.get(method, {})
    whole = explorer.attribute(tiny, image, method, 1, signed=True, **options)  # type: ignore[arg-type]
    monkeypatch.setattr(budget, "_MOST_AT_ONCE", 3)
    steps: list[int] = []
    parts = explorer.attribute(
        tiny,
        image,
        method,
        1,
        signed=True,
        progress=lambda done, total: steps.append(done),
        **options,  # type: ignore[arg-type]
    )
    assert steps[0] == 3
    assert len(steps) >= 3
    assert relative_difference(parts.values, whole.values) < 1e-4


# Fusion


def test_fusion_is_the_paper_s_cell_by_cell() -> None:
    first = np.array([[0, 1], [2, 4]], np.float32)
    second = np.array([[3, 0], [0, 6]], np.float32)
    a, b = (np.vectorize(lambda v, top=top: math.tanh(2 * v / top))(cam) for cam, top in ((first, 4), (second, 6)))
    assert fuse([first, second], (2, 2)) == pytest.approx(np.maximum(a, b), rel=1e-5)
    assert fuse([first, second], (2, 2), "mean") == pytest.approx((a + b) / 2, rel=1e-5)
    assert fuse([first, second], (2, 2), "product") == pytest.approx(a * b, rel=1e-5)
    assert fuse([first], (2, 2)) == pytest.approx(a, rel=1e-5)
    assert not fuse([np.zeros((3, 3), np.float32)], (2, 2)).any()


def test_fusion_enlarges_as_torch_does(pocket_trace: Trace) -> None:
    cam = explorer.attribution.class_activation_map(pocket_trace, "layer_cam", "layer3")
    enlarged = F.interpolate(torch.tensor(cam)[None, None], (40, 40), mode="bilinear")[0, 0].numpy()
    assert fuse([cam], (40, 40)) == pytest.approx(np.tanh(2 * enlarged / cam.max()), rel=1e-4, abs=1e-5)


def test_fusion_refuses_what_it_does_not_know() -> None:
    with pytest.raises(BadOption) as caught:
        fuse([np.ones((2, 2), np.float32)], (2, 2), "maxmum")
    assert str(caught.value) == "There is no fusion 'maxmum'. Nearest: 'maximum'. Pick one of maximum, mean, product."
    with pytest.raises(BadOption, match="There is no map to fuse"):
        fuse([], (2, 2))
