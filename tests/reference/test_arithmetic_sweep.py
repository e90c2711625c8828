"""Values of every convolution and every dense layer of many networks, opened and worked out again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import explorer
from explorer.convolution.opened import open_value, strongest
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample

SMALL = ("lenet5", "mlp", "basic_cnn", "pocket_resnet", "efficientnet_lite0")
NETWORKS = (
    *SMALL, "alexnet", "vgg11", "resnet18", "googlenet", "mobilenet_v2", "densenet121", "shufflenet_v2_x0_5",
    "efficientnet_b0", "convnext_tiny", "regnet_y_400mf",
)  # fmt: skip
N_UNITS = 6  # of each layer, besides the strongest


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_worked_out_is_what_was_recorded(name: str, random_network: Callable[[str], Network]) -> None:
    network = explorer.load_network(name) if name in SMALL else random_network(name)
    trace = explorer.run(network, load_sample("chelsea"))
    rng = np.random.default_rng(0)
    n_layers = n_steps = n_strict = n = 0
    for layer in network.layers.values():
        if layer.kind not in ("convolution", "dense"):
            continue
        n_layers += 1
        units = [tuple(int(rng.integers(0, size)) for size in layer.shape) for _ in range(N_UNITS)]
        for unit in [strongest(trace, layer.name), *units]:
            opened = open_value(trace, layer.name, unit)
            assert opened.recorded == trace[layer.name][unit]
            assert opened.agrees, (layer.name, unit, opened.value, opened.recorded)
            for step in opened.steps:
                assert step.recorded == trace[step.name][unit]
                assert step.agrees, (layer.name, unit, step)
            n_steps += len(opened.steps)
            n += 1
            n_strict += abs(opened.value - opened.recorded) <= 1e-4 * abs(opened.recorded)
    kinds = [layer.kind for layer in network.layers.values()]
    assert n_layers == kinds.count("convolution") + kinds.count("dense") > 2
    assert n_steps > 0
    # the allowance for sums that cancel is for a few: nearly all are within 1e-4 of the recorded value itself
    assert n_strict >= 0.97 * n
