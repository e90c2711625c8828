"""Effective receptive fields: zero where a unit cannot see, and the slope where it can."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import explorer
from explorer.architecture.field import effective_field
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample
from tests.tiny import ARCHITECTURES, noise_image, tiny_network


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_nothing_outside_the_theoretical_field_counts(name: str) -> None:
    network = tiny_network(ARCHITECTURES[name]())
    image = noise_image(24, 24)
    for layer in network.layers.values():
        if not layer.is_spatial:
            continue
        y, x = layer.shape[1] // 2, layer.shape[2] - 1
        field = effective_field(network, image, layer.name, 0, y, x)
        assert field.shape == (24, 24)
        top, left, bottom, right = layer.receptive_field.box(y, x, 24, 24)
        outside = np.ones((24, 24), bool)
        outside[top:bottom, left:right] = False
        assert not field[outside].any(), layer.name


def test_it_is_the_slope_of_the_unit() -> None:
    """A change of one pixel moves the unit by the gradient, as long as no ReLU flips."""
    network = tiny_network(ARCHITECTURES["residual blocks"]())
    image, layer = noise_image(24, 24), next(name for name in network.layers if name.endswith("add"))
    field = effective_field(network, image, layer, 1, 5, 6)
    x = network.prepare(image).tensor.double()
    graph = network.graph.recorder.double()
    index = list(network.graph.nodes).index(layer)
    with torch.inference_mode():
        for py, px in ((5, 6), (4, 7), (7, 5)):
            slope = 0.0
            for c in range(3):
                ends = []
                for step in (1e-4, -1e-4):
                    moved = x.clone()
                    moved[0, c, py, px] += step
                    ends.append(float(graph(moved)[1][index][0, 1, 5, 6]))
                slope += abs(ends[0] - ends[1]) / 2e-4
            assert field[py, px] == pytest.approx(slope, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(("layer", "channel"), [("layer1", 3), ("fc", 2), ("avgpool", 0)])
def test_blocks_and_numbers_without_a_place_have_one_too(pocket: Network, layer: str, channel: int) -> None:
    """Their field is the slope of their own value: of the last operation of a block, of the one number of a channel."""
    image = load_sample("chelsea")
    field = effective_field(pocket, image, layer, channel, 0, 0)
    x = pocket.prepare(image).tensor.clone().requires_grad_(True)
    _, values = pocket.graph.run(x)
    (gradient,) = torch.autograd.grad(values[pocket.resolve(layer)][0, channel].reshape(-1)[0], x)
    assert field.any()
    assert np.allclose(field, gradient[0].abs().sum(0).numpy(), atol=1e-6)


def test_of_the_logit_it_is_the_plain_gradient(pocket: Network) -> None:
    image = load_sample("coffee")
    x = pocket.prepare(image).tensor.clone().requires_grad_(True)
    output, _ = pocket.graph.run(x)
    (gradient,) = torch.autograd.grad(output[0, 4], x)
    assert np.allclose(effective_field(pocket, image, "fc", 4, 0, 0), gradient[0].abs().sum(0).numpy(), atol=1e-6)
    assert explorer.run(pocket, image).target is None
