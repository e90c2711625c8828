"""Every pooling layer of the named networks: what is worked out was recorded, and exchanges equal whole passes."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np
import pytest
import torch

import explorer
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample
from explorer.pooling.exchange import shift_test, swap
from explorer.pooling.layers import pooling_layers, pooling_of
from explorer.pooling.opened import open_pooling
from explorer.pooling.winners import retention
from explorer.predictions import probabilities_of
from tests.pooled import whole_pass

NETWORKS = {  # and how many pooling layers they have
    "lenet5": 2, "mlp": 0, "basic_cnn": 2, "pocket_resnet": 2, "alexnet": 4, "vgg11": 6, "resnet18": 2,
    "googlenet": 14, "mobilenet_v2": 1, "densenet121": 5, "shufflenet_v2_x0_5": 2, "efficientnet_b0": 17,
    "convnext_tiny": 1, "regnet_y_400mf": 17,
}  # fmt: skip
N_UNITS = 8  # of each layer


@pytest.mark.parametrize("name", NETWORKS)
def test_every_pooling_layer_opens(random_network: Callable[[str], Network], name: str) -> None:
    network = random_network(name)
    trace = explorer.run(network, load_sample("digit" if name in ("lenet5", "mlp") else "coffee"))
    layers = pooling_layers(network)
    assert len(layers) == NETWORKS[name]
    assert set(layers) == {n for n, layer in network.layers.items() if layer.kind.endswith("pooling")}
    for layer in layers:
        pooling = pooling_of(network, layer)
        chance = np.random.default_rng(zlib.crc32(f"{name} {layer}".encode()))
        for _ in range(N_UNITS):
            c, y, x = (int(chance.integers(n)) for n in (pooling.n_channels, *pooling.after))
            opened = open_pooling(trace, layer, (c, y, x))
            recorded = float(trace[layer].reshape(pooling.n_channels, *pooling.after)[c, y, x])
            assert opened.recorded == recorded
            assert opened.value == pytest.approx(recorded, rel=1e-4, abs=1e-12), (layer, c, y, x)
            assert opened.agrees
        assert 0 <= retention(trace, layer).share_of_energy <= 1.0001


EXCHANGED = [
    ("googlenet", "inception3a.branch4.0"), ("googlenet", "maxpool1"), ("densenet121", "features.transition1.pool"),
    ("regnet_y_400mf", "trunk_output.block2.block2-0.f.se.avgpool"), ("shufflenet_v2_x0_5", "mean"),
]  # fmt: skip
KINDS = ("min", "max blur-pool")


@pytest.mark.parametrize(("name", "layer"), EXCHANGED)
def test_exchanges_in_branches_equal_whole_passes(
    random_network: Callable[[str], Network], name: str, layer: str
) -> None:
    network = random_network(name)
    trace = explorer.run(network, load_sample("coffee"))
    found = swap(trace, layer, KINDS)
    for i, kind in enumerate(KINDS):
        logits, _ = whole_pass(network, trace.prepared.tensor, (layer,), kind)
        assert np.allclose(found.logits[i], logits, rtol=1e-3, atol=1e-4 * np.abs(logits).max())


def test_a_picture_moves_through_every_branch(random_network: Callable[[str], Network]) -> None:
    """Squeeze-and-excitation reads a pooled map and the map itself: both are those of the moved picture."""
    network = random_network("regnet_y_400mf")
    layers = ("trunk_output.block2.block2-0.f.se.avgpool", "avgpool")
    trace = explorer.run(network, load_sample("coffee"))
    found = shift_test(trace, layers, ("max",), target=3, most=2)
    x = trace.prepared.tensor.numpy()
    moved = x[..., [max(0, column - 2) for column in range(x.shape[3])]]
    for i, kind in enumerate(("average", "max")):
        logits, _ = whole_pass(network, torch.from_numpy(moved), layers, kind)
        assert found.probabilities[i, 2] == pytest.approx(float(probabilities_of(logits)[3]), rel=1e-2, abs=1e-5)
