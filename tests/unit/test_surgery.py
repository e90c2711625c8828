"""A network with other functions or other weights in it, in two halves, and by the clock: against the module itself."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.networks.network import Network
from tests.tiny import ARCHITECTURES, HOLES, Overwriting, noise_image, tiny_network


@pytest.fixture
def module() -> Overwriting:
    return Overwriting()


@pytest.fixture
def network(module: Overwriting) -> Network:
    return tiny_network(module)


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(2, 3, 24, 24, generator=torch.Generator().manual_seed(1))


def by_hand(module: Overwriting, x: torch.Tensor, pool: nn.Module | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """The network's output and what its pooling gives, written out; with another pooling where one is given."""
    first = F.relu(module.conv1(x))
    second = F.relu(module.conv2(first) + first)
    third = 0.5 * F.relu(module.conv3(second))
    pooled = (pool or nn.MaxPool2d(2))(torch.cat([second, third], dim=1))
    return module.fc(pooled.mean(dim=(2, 3))), pooled


def test_functions_in_the_place_of_operations(module: Overwriting, network: Network, x: torch.Tensor) -> None:
    last = list(network.layers)[-1]
    with torch.inference_mode():
        found = network.graph.replaced(last, {"pool": lambda maps: F.avg_pool2d(maps, 2)}).value(x)
        assert torch.equal(found, by_hand(module, x, nn.AvgPool2d(2))[0])
        assert not torch.equal(found, by_hand(module, x)[0])
        assert torch.equal(network.graph.replaced(last, {}).value(x), by_hand(module, x)[0])
        assert torch.equal(network.graph.run(x)[0], by_hand(module, x)[0])  # the graph itself stays as it is


def test_what_leads_to_an_operation(network: Network) -> None:
    assert network.graph.leading_to("relu") == ["conv1", "relu"]
    assert network.graph.leading_to(list(network.layers)[-1])[-1] == "fc"
    assert "pool" not in network.graph.leading_to("cat")


def test_halves_run_the_first_once_and_each_variant_from_there(
    module: Overwriting, network: Network, x: torch.Tensor
) -> None:
    calls: list[int] = []

    def strided(maps: torch.Tensor) -> torch.Tensor:
        calls.append(len(maps))
        return maps[:, :, ::2, ::2]

    halves = network.graph.halves("pool", [{}, {"pool": strided}, {"pool": lambda maps: F.avg_pool2d(maps, 2)}])
    kinds = nn.MaxPool2d(2), nn.MaxPool2d(1, 2), nn.AvgPool2d(2)
    with torch.inference_mode():
        begun = halves.begin(x)
        assert not calls
        for i, pool in [*enumerate(kinds), (0, kinds[0])]:  # in any order, as often as wanted
            output, pooled = halves.finish(i, begun)
            expected, expected_pooled = by_hand(module, x, pool)
            torch.testing.assert_close(output, expected)
            torch.testing.assert_close(pooled, expected_pooled)
    assert calls == [2]


def test_halves_hold_what_is_still_to_be_read() -> None:
    # (3, 24, 24) -> a (2 x 576) -> b (4 x 576) -> pool (4 x 144) -> c (144): a and b at once, then b and the pooled
    network = tiny_network(
        nn.Sequential(
            nn.Conv2d(3, 2, 1), nn.Conv2d(2, 4, 1), nn.MaxPool2d(2), nn.Conv2d(4, 1, 1), nn.Flatten(), nn.Linear(144, 4)
        )
    )
    sizes = {name: layer.n_bytes // 4 for name, layer in network.layers.items()}
    assert network.graph.halves("2", [{}]).n_held(sizes) == 2 * 576 + 4 * 576


def test_each_operation_is_timed_once_a_pass(network: Network, x: torch.Tensor) -> None:
    steps: list[tuple[int, int | None]] = []
    seconds = network.graph.timed(x, lambda *step: steps.append(step))
    assert list(seconds) == list(network.graph.nodes)
    assert all(taken > 0 for taken in seconds.values())
    n_steps = len(network.graph.nodes) + 2  # the picture comes in, the output goes out
    assert steps == [(i, n_steps) for i in range(1, n_steps + 1)]


def test_other_weights_in_the_same_network(module: Overwriting, network: Network, x: torch.Tensor) -> None:
    other = copy.deepcopy(module)
    with torch.no_grad():
        other.conv2.weight.mul_(-1)
    assert set(network.graph.parts(["conv2", "relu"])) == {"conv2", "relu"}
    graph = network.graph.with_parts({"conv2": other.conv2})
    changed = network.with_graph(graph, "changed", "tiny-changed")
    with torch.inference_mode():
        assert torch.equal(changed.graph.run(x)[0], by_hand(other, x)[0])
        assert torch.equal(network.graph.run(x)[0], by_hand(module, x)[0])
    assert (changed.weights_name, changed.key, changed.name) == ("changed", "tiny-changed", network.name)
    assert network.key != changed.key
    assert changed.layers is network.layers
    assert changed.graph.parameters("conv1")["weight"] is network.graph.parameters("conv1")["weight"]  # shared
    trace = explorer.run(changed, noise_image(), "top")
    assert trace.has_gradient("conv1")


@pytest.mark.parametrize("name", [*ARCHITECTURES, *HOLES])
def test_a_recorded_pass_gives_what_modules_looked_up_by_their_paths_give(name: str) -> None:
    network = tiny_network({**ARCHITECTURES, **HOLES}[name]())
    picture = network.prepare(noise_image()).tensor
    for mode in (torch.inference_mode(), torch.enable_grad()):
        with mode:
            expected_output, expected = network.graph.recorder(picture.clone().requires_grad_(torch.is_grad_enabled()))
            output, values = network.graph.run(picture.clone().requires_grad_(torch.is_grad_enabled()))
        assert torch.equal(output, expected_output)
        for (operation, value), found in zip(values.items(), expected, strict=True):
            same = torch.equal(value, found) if isinstance(value, torch.Tensor) else value == found
            assert same, (operation, mode)


def test_weights_changed_where_they_are_are_those_of_the_next_pass(
    module: Overwriting, network: Network, x: torch.Tensor
) -> None:
    with torch.inference_mode():
        before = network.graph.run(x)[0]
    with torch.no_grad():
        network.graph.recorder.get_parameter("fc.weight").mul_(2)
        network.graph.recorder.get_parameter("fc.bias").mul_(2)
    with torch.inference_mode():
        assert torch.equal(network.graph.run(x)[0], 2 * before)


def test_weights_that_no_module_holds_are_parts_too(x: torch.Tensor) -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 1)
            self.scale = nn.Parameter(torch.ones(4, 1, 1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (self.conv(x) * self.scale).mean(dim=(2, 3))

    network = tiny_network(Scaled())
    assert set(network.graph.parts(["mul"])) == {"scale"}
    assert set(network.graph.parts(network.graph.nodes)) == {"conv", "scale"}
    with torch.inference_mode():
        before = network.graph.run(x)[0]
        tripled = network.graph.with_parts({"scale": 3 * network.graph.parts(["mul"])["scale"]}).run(x)[0]
    torch.testing.assert_close(tripled, 3 * before)
