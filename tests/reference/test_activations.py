"""Every number of every layer of every network of the catalogue is the one that plain torch computes.

The plain models keep their in-place operations: a value is copied at the moment it arises. A recorder that let a later
operation overwrite it would differ here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import explorer
from explorer.errors import UnknownLayer
from explorer.networks.network import Network
from explorer.networks.vision import torchvision
from explorer.pictures.image import ImageInput
from explorer.trace import Trace
from tests.families import SMALLEST
from tests.tiny import Overwriting, noise_image, tiny_network

from .plain import module_outputs, operation_outputs, plain_model, seeded_model

# of each family the smallest, and what everybody knows
KNOWN = ("inception_v3", "resnet152", "densenet121", "mobilenet_v3_large")
NETWORKS = sorted({*SMALLEST.values(), *KNOWN})


def as_recorded(tensor: torch.Tensor, network: Network, layer: str) -> NDArray[np.float32]:
    array: NDArray[np.float32] = tensor[0].numpy()
    return np.moveaxis(array, -1, 0) if network.layer(layer).channels_last else array


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_and_every_block_is_what_plain_torch_computes(
    name: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network(name)
    trace = explorer.run(network, image)
    model = plain_model(network)
    with torch.inference_mode():
        operations = operation_outputs(model, trace.prepared.tensor.clone())
    assert list(operations) == list(network.layers)
    for layer, tensor in operations.items():
        assert np.array_equal(trace[layer], as_recorded(tensor, network, layer)), layer
    del operations  # a large network's take 600 MB
    with torch.inference_mode():
        logits, modules = module_outputs(model, trace.prepared.tensor.clone())
    assert np.array_equal(trace.logits, logits.numpy())
    for block, tensor in modules.items():  # a container among them resolves to its last operation
        assert np.array_equal(trace[block], as_recorded(tensor, network, block)), block
    assert set(modules) & set(network.layers)
    has_containers = any(len(list(child.children())) for child in model.children())
    assert bool(set(modules) - set(network.layers)) == has_containers


@pytest.mark.parametrize("name", ["squeezenet1_1", "mobilenet_v3_large"])
def test_random_weights_are_those_that_the_authors_code_draws(
    name: str, random_network: Callable[[str], Network]
) -> None:
    ours, theirs = random_network(name).graph.recorder.state_dict(), seeded_model(name).state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    other = explorer.load_network(name, "random", seed=1)
    assert other.key != random_network(name).key
    assert not torch.equal(next(other.graph.recorder.parameters()), next(iter(theirs.values())))


@pytest.mark.parametrize("name", ["mobilenet_v3_large", "squeezenet1_1", "densenet121"])
def test_blocks_mean_what_they_mean_in_torchvision(
    name: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network(name)
    trace = explorer.run(network, image)
    blocks = [stage for stage in network.stages if stage not in network.layers]
    assert blocks
    extractor = torchvision.models.feature_extraction.create_feature_extractor(
        plain_model(network), return_nodes=blocks
    )
    with torch.inference_mode():
        for block, tensor in extractor(trace.prepared.tensor.clone()).items():
            assert np.array_equal(trace[block], tensor[0]), block


def test_convolutions_by_hand(random_network: Callable[[str], Network], image: ImageInput) -> None:
    """Without torch: a unit is the sum of its window times its kernel."""
    network = random_network("pocket_resnet")
    trace = explorer.run(network, image)
    for layer, before in (
        ("layer1.0.conv1", "maxpool"),
        ("layer2.0.conv1", "layer1"),
        ("layer2.0.downsample.0", "layer1"),
    ):
        weight, window = network.weights(layer)["weight"], network.layers[layer].window
        assert window is not None
        assert window.kernel == weight.shape[2:]
        (p, _), (s, _), (k, _) = window.padding, window.stride, window.kernel
        padded = np.pad(trace[before].astype(np.float64), ((0, 0), (p, p), (p, p)))
        for c, y, x in ((0, 0, 0), (5, 7, 3), (31, 19, 19)):
            expected = (padded[:, y * s : y * s + k, x * s : x * s + k] * weight[c]).sum()
            assert trace[layer][c, y, x] == pytest.approx(
                expected, rel=1e-4, abs=1e-5 * float(np.abs(trace[layer]).max())
            )


@pytest.fixture(scope="module")
def overwriting() -> tuple[Network, Trace, dict[str, torch.Tensor]]:
    """A network that overwrites nearly everything, its trace, and what an unedited copy computes, copied in time."""
    network = tiny_network(Overwriting())
    trace = explorer.run(network, noise_image())
    model = Overwriting()
    model.load_state_dict(network.graph.recorder.state_dict(), assign=True)
    with torch.inference_mode():
        return network, trace, operation_outputs(model.eval(), trace.prepared.tensor.clone())


def test_what_a_network_overwrites_is_recorded_as_it_was_before(
    overwriting: tuple[Network, Trace, dict[str, torch.Tensor]],
) -> None:
    network, trace, expected = overwriting
    names = "conv1", "relu", "conv2", "add", "relu_1", "conv3", "relu_2", "mul", "cat", "pool", "mean", "fc"
    assert tuple(network.layers) == tuple(expected) == names
    for layer, tensor in expected.items():
        assert np.array_equal(trace[layer], tensor[0]), layer
    assert trace["conv1"].min() < 0 == trace["relu"].min()
    assert trace["conv2"].min() < 0
    assert np.array_equal(trace["add"], trace["conv2"] + trace["relu"])
    assert np.array_equal(trace["relu_1"], np.maximum(trace["add"], 0))
    assert np.array_equal(trace["mul"], trace["relu_2"] * np.float32(0.5))
    assert trace["relu_2"].max() > 0


def test_hooks_would_have_shown_something_else() -> None:
    """The reason for it all: without copies, the same walk ends with overwritten values. If torch should ever change
    that, this file's networks would not test what they are there for."""
    network = tiny_network(Overwriting())
    prepared = network.prepare(noise_image())
    model = Overwriting()
    model.load_state_dict(network.graph.recorder.state_dict(), assign=True)
    with torch.inference_mode():
        kept = module_outputs(model.eval(), prepared.tensor.clone(), copy=False)[1]
        copied = module_outputs(model, prepared.tensor.clone())[1]
    assert [name for name in copied if not torch.equal(kept[name], copied[name])] == ["conv1", "conv2", "conv3"]


def test_a_layer_that_was_never_there_is_an_error(overwriting: tuple[Network, Trace, dict[str, torch.Tensor]]) -> None:
    with pytest.raises(UnknownLayer):
        overwriting[1]["conv4"]
