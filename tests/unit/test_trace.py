"""A recorded pass: its arrays, its classes, its refusals, and that it changes nothing."""

from __future__ import annotations

import hashlib
import re
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.attribution import METHODS
from explorer.errors import BadTarget, NoTarget, NotSpatial, UnknownLayer
from explorer.networks.network import Network
from explorer.overview.sentences import headline
from explorer.pictures.image import ImageInput
from explorer.trace import Trace
from tests.tiny import Overwriting, as_network, noise_image, tiny_network


def checksum(network: Network) -> str:
    digest = hashlib.sha256()
    for name, tensor in network.graph.recorder.state_dict().items():
        digest.update(name.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()


def constant_logits(*logits: float) -> Network:
    """A network that always answers the same; with one logit it still has two classes."""
    fc = nn.Linear(2, len(logits))
    module = nn.Sequential(nn.Conv2d(3, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), fc)
    with torch.no_grad():
        fc.weight.zero_()
        fc.bias.copy_(torch.tensor(logits))
    return as_network(module, 8, tuple(f"class {i}" for i in range(max(2, len(logits)))))


# Arrays


def test_arrays_have_no_batch_axis_and_are_float32(tiny: Network, tiny_trace: Trace) -> None:
    for name, layer in tiny.layers.items():
        for array in (tiny_trace[name], tiny_trace.gradient(name)):
            assert array.shape == layer.shape
            assert array.dtype == np.float32
    assert tiny.layers["conv1"].shape == (6, 12, 12)
    assert tiny.layers["fc"].shape == (4,)
    assert np.array_equal(tiny_trace["fc"], tiny_trace.logits)


def test_arrays_refuse_writes(tiny: Network, tiny_trace: Trace) -> None:
    arrays: list[Any] = [
        tiny_trace.logits,
        tiny_trace.probabilities,
        tiny_trace.prepared.pixels,
        tiny_trace.image.pixels,
    ]
    arrays += [array for name in tiny.layers for array in (tiny_trace[name], tiny_trace.gradient(name))]
    for array in arrays:
        before = array.flat[0]
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
        with pytest.raises(ValueError, match="read-only"):
            array += 1
        assert array.flat[0] == before


def test_n_bytes_counts_every_array(tiny: Network, image: ImageInput) -> None:
    n_values = sum(int(np.prod(layer.shape)) for layer in tiny.layers.values())
    assert explorer.run(tiny, image, 2).n_bytes == 2 * 4 * n_values  # not yet looked at
    assert explorer.run(tiny, image).n_bytes == 4 * n_values


def test_n_bytes_counts_what_views_add_but_nothing_twice(tiny: Network, image: ImageInput) -> None:
    trace = explorer.run(tiny, image)
    before = trace.n_bytes

    def squared(of: Trace, layer: str) -> dict[str, object]:
        return {"maps": of[layer], "squares": of[layer] ** 2, "picture": of.image}

    found = trace.view(squared, "conv1")
    n = trace["conv1"].nbytes
    assert trace.n_bytes == before + n  # the maps and the picture were there already
    assert trace.view(squared, "conv1") is found
    assert trace.n_bytes == before + n
    trace.view(lambda of: found)  # another view of the same
    assert trace.n_bytes == before + n


# Classes


def test_probabilities_are_the_softmax_of_the_logits(pocket_trace: Trace) -> None:
    z = pocket_trace.logits.astype(np.float64)
    assert pocket_trace.probabilities == pytest.approx(np.exp(z) / np.exp(z).sum(), rel=1e-6)
    assert pocket_trace.probabilities.sum() == pytest.approx(1, abs=1e-6)
    assert pocket_trace.probabilities.dtype == np.float32


def test_probabilities_of_enormous_logits_stay_finite_and_below_one(image: ImageInput) -> None:
    trace = explorer.run(constant_logits(1e30, -1e30, 0), image)
    assert trace.probabilities.tolist() == [1 - 2**-24, 0, 0]
    assert explorer.run(constant_logits(-1e30), image).probabilities.tolist() == [1 - 2**-24, 0]
    assert explorer.run(constant_logits(1e30), image).probabilities.tolist() == [0, 1 - 2**-24]
    assert headline(explorer.run(constant_logits(20, 0), image)).endswith(" 99.99\u00a0%")


def test_classes_are_ordered_by_more_than_their_probabilities_tell(image: ImageInput) -> None:
    """Some billionths between two logits leave two probabilities that are one float32."""
    trace = explorer.run(constant_logits(0, 3e-9, 1e-9, -3), image, "top")
    assert trace.probabilities[0] == trace.probabilities[1] == trace.probabilities[2]
    assert [p.index for p in trace.top(4)] == [1, 2, 0, 3]
    assert trace.target == 1


def test_top_is_best_first_and_agrees_with_the_arrays(pocket_trace: Trace) -> None:
    top = pocket_trace.top(11)
    assert sorted(prediction.index for prediction in top) == list(range(11))
    assert [p.probability for p in top] == sorted((p.probability for p in top), reverse=True)
    for p in top:
        assert p.logit == pocket_trace.logits[p.index]
        assert p.probability == pocket_trace.probabilities[p.index]
        assert p.category == pocket_trace.network.categories[p.index]
        assert p == pocket_trace.prediction(p.index)
    assert pocket_trace.top() == top[:5]
    assert pocket_trace.top(3) == top[:3]
    assert pocket_trace.top(100) == top
    with pytest.raises(FrozenInstanceError):
        top[0].index = 0  # type: ignore[misc]


def test_equal_classes_keep_their_order(image: ImageInput) -> None:
    assert [p.index for p in explorer.run(constant_logits(1, 2, 1, 2), image).top(4)] == [1, 3, 0, 2]


def test_the_shipped_network_knows_a_cat(pocket_trace: Trace) -> None:
    assert pocket_trace.top(1)[0].category == "cat"


# Targets


def test_run_for_the_top_class_is_run_for_its_index(tiny: Network, image: ImageInput) -> None:
    by_name = explorer.run(tiny, image, "top")
    assert by_name.target == by_name.top(1)[0].index
    by_index = explorer.run(tiny, image, by_name.target)
    for layer in tiny.layers:
        assert np.array_equal(by_name[layer], by_index[layer])
        assert np.array_equal(by_name.gradient(layer), by_index.gradient(layer))


def test_a_target_changes_no_activation(tiny: Network, tiny_trace: Trace, image: ImageInput) -> None:
    plain = explorer.run(tiny, image)
    assert plain.target is None
    assert all(np.array_equal(plain[layer], tiny_trace[layer]) for layer in tiny.layers)


def test_a_layer_that_the_logit_does_not_depend_on_has_a_gradient_of_zeros(image: ImageInput) -> None:
    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.unused = nn.Conv2d(3, 2, 3), nn.Conv2d(3, 5, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.unused(x)
            return self.used(x).mean(dim=(2, 3))

    trace = explorer.run(tiny_network(Idle(), 8, ("a", "b")), image, 0)
    assert trace["unused"].any()
    assert trace.gradient("unused").shape == (5, 6, 6)
    assert not trace.gradient("unused").any()
    assert trace.gradient("used")[0] == pytest.approx(np.full((6, 6), 1 / 36))


def test_no_target_no_gradients(tiny: Network, image: ImageInput) -> None:
    trace = explorer.run(tiny, image)
    text = "This trace has no gradients. Run it with a target: run(network, image, target=class_index)."
    for ask in (trace.gradient, trace.spatial):
        with pytest.raises(NoTarget) as caught:
            ask("conv1")
        assert str(caught.value) == text


@pytest.mark.parametrize("target", [-1, 4, 10**9])
def test_a_class_that_is_not_there(tiny: Network, image: ImageInput, target: int) -> None:
    with pytest.raises(BadTarget) as caught:
        explorer.run(tiny, image, target)
    assert str(caught.value) == (
        f"tiny has no class {target}; its classes are 0 to 3. See network.categories for their names."
    )


def test_a_layer_that_is_not_there(tiny: Network, tiny_trace: Trace) -> None:
    for ask in (tiny_trace.__getitem__, tiny_trace.gradient, tiny_trace.spatial, tiny.layer, tiny.weights):
        with pytest.raises(UnknownLayer) as caught:
            ask("conv4")
        assert re.fullmatch(
            r"tiny has no layer 'conv4'\. Nearest: 'conv[123]'\. Pick one from network\.layers\.", str(caught.value)
        )
    with pytest.raises(UnknownLayer) as caught:
        tiny_trace["qqqqqqqqqqqq"]
    assert str(caught.value) == "tiny has no layer 'qqqqqqqqqqqq'. Pick one from network.layers."


def test_a_layer_without_maps_has_none_to_draw(tiny_trace: Trace, pocket_trace: Trace) -> None:
    with pytest.raises(NotSpatial) as caught:
        tiny_trace.spatial("fc")
    assert str(caught.value) == (
        "'fc' of tiny outputs 4 numbers without height and width, so it has no map to draw. Choose a layer up to 'cat'."
    )
    with pytest.raises(NotSpatial) as caught:
        pocket_trace.spatial("avgpool")
    assert str(caught.value) == (
        "'avgpool' of pocket_resnet outputs 256 x 1 x 1 numbers without height and width, so it has no map to draw. "
        "Choose a layer up to 'layer4'."
    )


# What a run leaves behind


def test_nothing_changes_the_weights(image: ImageInput) -> None:
    network = tiny_network(Overwriting())
    before = checksum(network)
    explorer.run(network, image)
    explorer.run(network, image, "top")
    for method in METHODS:
        explorer.attribute(network, image, method)
    assert checksum(network) == before
    assert not network.graph.recorder.training
    for parameter in network.graph.recorder.parameters():
        assert parameter.grad is None
        assert not parameter.requires_grad
    for module in network.graph.recorder.modules():
        assert not module._forward_hooks
        assert not module._backward_hooks


def test_batch_norm_keeps_its_statistics(pocket: Network) -> None:
    before = checksum(pocket)
    explorer.run(pocket, noise_image(seed=3), 1)
    assert checksum(pocket) == before


def test_a_picture_gives_the_same_numbers_whatever_was_run_before(tiny: Network, image: ImageInput) -> None:
    first = explorer.run(tiny, image, 0)
    explorer.run(tiny, noise_image(seed=9), 1)
    again = explorer.run(tiny, image, 0)
    for layer in tiny.layers:
        assert np.array_equal(first[layer], again[layer])
        assert np.array_equal(first.gradient(layer), again.gradient(layer))
    assert not np.array_equal(first.logits, explorer.run(tiny, noise_image(seed=9)).logits)


def test_traces_do_not_share_memory(tiny: Network, image: ImageInput) -> None:
    first, second = explorer.run(tiny, image, 0), explorer.run(tiny, image, 0)
    assert not np.shares_memory(first["conv1"], second["conv1"])
    assert not np.shares_memory(first["conv1"], first["relu"])


# Views


def test_a_view_is_worked_out_once_for_each_question(tiny: Network, image: ImageInput) -> None:
    trace, asked = explorer.run(tiny, image), list[tuple[str, int]]()

    def largest(trace: Trace, layer: str, power: int = 1) -> float:
        asked.append((layer, power))
        return float(trace[layer].max()) ** power

    assert trace.view(largest, "conv1") == trace.view(largest, "conv1") == trace["conv1"].max()
    assert trace.view(largest, "conv2") == trace["conv2"].max()
    assert trace.view(largest, "conv1", power=2) == trace.view(largest, "conv1", power=2)
    assert asked == [("conv1", 1), ("conv2", 1), ("conv1", 2)]
    assert explorer.run(tiny, image).view(largest, "conv1") == trace["conv1"].max()
    assert len(asked) == 4


def test_a_trace_says_what_it_is_of(tiny_trace: Trace) -> None:
    assert repr(tiny_trace).startswith("Trace('tiny', 'noise-0.png', target=2, top=Prediction(index=")
    assert 0 < tiny_trace.seconds < 60
