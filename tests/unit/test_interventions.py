"""Channels switched off and on: what runs again equals a whole pass of a plain network, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import fx

import explorer
from explorer.attribution import class_activation_map
from explorer.errors import BadChannel, BadTarget, NoTarget
from explorer.interventions import decisive, isolate, sweep, switch
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.trace import Trace, as_maps

SMALL = ("pocket_resnet", "lenet5", "mlp", "basic_cnn", "squeezenet1_1", "shufflenet_v2_x0_5", "mobilenet_v3_small",
         "convnext_tiny", "googlenet", "densenet121", "regnet_y_400mf")  # fmt: skip


class Multiplying(fx.Interpreter):
    """A whole pass, one operation after another, in which one value is multiplied as it arises."""

    def __init__(self, module: fx.GraphModule, node: str, factors: torch.Tensor) -> None:
        super().__init__(module)
        self.node, self.factors = node, factors

    def run_node(self, n: fx.Node) -> object:
        value = super().run_node(n)
        return value * self.factors if n.name == self.node else value


def whole_pass(trace: Trace, layer: str, factors: Mapping[int, float]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    network = trace.network
    described = network.layer(layer)
    flat = np.ones(described.n_channels, np.float32)
    for channel, factor in factors.items():
        flat[channel] = factor
    maps = np.broadcast_to(flat[:, None, None], as_maps(trace[layer]).shape).reshape(described.shape)
    shaped = torch.from_numpy(np.moveaxis(maps, 0, -1).copy() if described.channels_last else maps.copy())
    recorder = network.graph.recorder
    with torch.inference_mode():
        node = network.graph.nodes[described.name].name
        output, values = Multiplying(recorder, node, shaped[None]).run(trace.prepared.tensor.clone())
    return output, dict(zip(network.graph.nodes, values, strict=True))


def close(found: NDArray[np.float32], expected: NDArray[np.float32]) -> bool:
    return np.allclose(found, expected, rtol=1e-4, atol=1e-5 * max(1e-6, float(np.abs(expected).max())))


@pytest.mark.parametrize("name", SMALL)
def test_what_runs_again_is_what_a_whole_pass_gives(
    name: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network(name)
    trace = explorer.run(network, image, 1)
    names = list(network.layers)
    for layer in (names[1], names[len(names) // 2], names[-2]):
        factors = {0: 0.0, network.layer(layer).n_channels - 1: 2.5}
        changed = switch(trace, layer, factors)
        output, values = whole_pass(trace, layer, factors)
        assert close(changed.logits, output[0].numpy())
        for other in names:
            expected = values[other][0].numpy()
            if network.layer(other).channels_last:
                expected = np.moveaxis(expected, -1, 0)
            assert close(changed[other], expected), (layer, other)
        assert changed.gradient(layer).shape == trace[layer].shape
        assert changed.has_gradient(names[-1])


def test_what_comes_before_is_shared_and_has_no_gradient_any_more(pocket_trace: Trace) -> None:
    changed = switch(pocket_trace, "layer3", {5: 0.0})
    assert np.shares_memory(changed["layer2"], pocket_trace["layer2"])
    assert not changed["layer3"][5].any()
    others = np.arange(128) != 5
    assert np.array_equal(changed["layer3"][others], pocket_trace["layer3"][others])
    with pytest.raises(NoTarget, match="no gradient at layer2: it was run again only from a later layer on"):
        changed.gradient("layer2")
    assert class_activation_map(changed).shape == (10, 10)


def test_gradients_of_a_changed_pass_are_those_of_the_changed_values(pocket_trace: Trace) -> None:
    """The head is linear: the logit is the sum of gradient times activation of what it averages, and the bias."""
    changed = switch(pocket_trace, "layer4", dict.fromkeys(range(0, 256, 2), 0.5))
    assert pocket_trace.target is not None
    bias = pocket_trace.network.weights("fc")["bias"][pocket_trace.target]
    total = float((changed.gradient("layer4") * changed["layer4"]).sum() + bias)
    assert total == pytest.approx(changed.prediction(pocket_trace.target).logit, rel=1e-4)


def test_changing_nothing_changes_nothing_and_changing_all_to_one_too(pocket_trace: Trace) -> None:
    for factors in ({}, dict.fromkeys(range(128), 1.0)):
        assert close(switch(pocket_trace, "layer3", factors).logits, pocket_trace.logits)


def test_isolating_is_switching_all_others_off(pocket_trace: Trace) -> None:
    alone = isolate(pocket_trace, "layer3", [3, 7])
    assert set(np.flatnonzero(alone["layer3"].any(axis=(1, 2)))) <= {3, 7}
    off = switch(pocket_trace, "layer3", {c: 0.0 for c in range(128) if c not in (3, 7)})
    assert np.array_equal(alone.logits, off.logits)


@pytest.mark.parametrize(("name", "layer"), [("pocket_resnet", "layer4"), ("lenet5", "s4"), ("basic_cnn", "pool2"),
                                             ("mlp", "relu2"), ("convnext_tiny", "features.7.2.block.2")])  # fmt: skip
def test_a_sweep_is_one_switch_after_another(
    name: str, layer: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    trace = explorer.run(random_network(name), image, 1)
    done: list[tuple[int, int]] = []
    changes = sweep(trace, layer, progress=lambda *step: done.append(step))
    n = trace.network.layer(layer).n_channels
    assert changes.shape == (n,)
    assert done[-1] == (n, n)
    scale = max(1e-3, float(np.abs(trace.logits).max()))
    for channel in {0, n // 3, n - 1}:
        expected = switch(trace, layer, {channel: 0.0}).prediction(1).logit - trace.prediction(1).logit
        assert changes[channel] == pytest.approx(expected, abs=1e-5 * scale)


def test_a_linear_layer_is_swept_as_the_ledger_says(pocket_trace: Trace) -> None:
    weight = pocket_trace.network.weights("fc")["weight"][3]
    changes = sweep(pocket_trace, "avgpool", target=3)
    assert close(changes, -weight * pocket_trace["avgpool"][:, 0, 0])


def test_progress_that_raises_cancels_and_nothing_is_held(pocket_trace: Trace) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int | None) -> None:
        raise Stop

    with pytest.raises(Stop):
        sweep(pocket_trace, "layer4", progress=stop)
    assert sweep(pocket_trace, "avgpool").shape == (256,)


def test_the_decisive_channels_are_the_best_at_each_step(tiny: Network, image: ImageInput) -> None:
    """Against a search that runs every candidate by itself."""
    trace = explorer.run(tiny, image, "top")
    assert trace.target is not None
    found = decisive(trace, "conv2", max_channels=3)
    chosen: list[int] = []
    for step, channel in enumerate(found.channels):
        left = [c for c in range(6) if c not in chosen]
        reached = {c: float(isolate(trace, "conv2", [*chosen, c]).probabilities[trace.target]) for c in left}
        assert reached[channel] == pytest.approx(max(reached.values()), abs=1e-6)
        assert found.probabilities[step] == pytest.approx(reached[channel], abs=1e-6)
        chosen.append(channel)
    assert found.is_top == (isolate(trace, "conv2", chosen).top(1)[0].index == trace.target)
    assert found.candidates == 6


def test_of_many_channels_the_most_promising_are_tried(pocket_trace: Trace) -> None:
    found = decisive(pocket_trace, "layer4", max_channels=4)
    assert found.candidates == 64
    assert found.n_evaluations == sum(64 - i for i in range(len(found.channels)))
    assert len(found.channels) == 4 or found.is_top


def test_what_cannot_be_switched_is_a_sentence(pocket_trace: Trace) -> None:
    with pytest.raises(BadChannel, match=r"layer3\.1\.relu_1 has no channel 128; its channels are 0 to 127\."):
        switch(pocket_trace, "layer3", {128: 0.0})
    with pytest.raises(BadChannel, match="cannot be multiplied by nan"):
        switch(pocket_trace, "layer3", {1: float("nan")})
    with pytest.raises(BadTarget, match="has no class 11"):
        sweep(pocket_trace, "layer4", target=11)
