"""Parts of a network run on their own give what the whole network gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

import explorer
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.trace import Trace
from tests.replaced import whole_pass
from tests.tiny import ARCHITECTURES, HOLES, noise_image, tiny_network

# the smallest member of each family, and both of the one whose members differ most
SMALLEST = {(i.family, i.year): i.name for i in sorted(explorer.list_networks(), key=lambda i: -i.n_parameters)}


def assert_close(found: torch.Tensor, expected: torch.Tensor, what: object) -> None:
    assert found.shape == expected.shape, what
    assert float((found - expected).abs().max()) <= 1e-5 * float(expected.abs().max()), what


def assert_rest_is_the_whole(network: Network, trace: Trace, starts: list[str], batch: int) -> None:
    """Each of a batch of different values, run through the rest at once, against a whole pass of its own."""
    x, recorded = trace.prepared.tensor, trace.activations
    generator = torch.Generator().manual_seed(0)
    changed = {
        name: torch.cat([recorded[name] * (0.5 + torch.rand(recorded[name].shape, generator=generator))] * batch)
        * torch.linspace(0.5, 1.5, batch).reshape(batch, *[1] * (recorded[name].ndim - 1))
        for name in starts
    }
    rest = network.graph.rest(starts, network.layers)
    with torch.inference_mode():
        output, values = rest.run(changed, x, recorded)
        alone = rest.output(changed, x, recorded)
        assert_close(alone, output, "without recording")
        for i in range(batch):
            expected_output, expected = whole_pass(network, x, {n: v[i : i + 1] for n, v in changed.items()})
            assert_close(output[i : i + 1], expected_output, "output")
            for name in set(values) & set(network.layers):
                value = values[name]
                assert isinstance(value, torch.Tensor)
                assert_close(value[i : i + 1], expected[name], (starts, name, i))
    # what is left out are exactly the operations that do not change
    different = {
        name for name in network.layers if name not in starts and not torch.equal(expected[name], recorded[name])
    }
    assert different <= set(rest.names)


@pytest.mark.parametrize("name", SMALLEST.values())
def test_the_rest_is_what_a_whole_pass_gives(
    name: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network(name)
    trace = explorer.run(network, image)
    names = list(network.layers)
    assert_rest_is_the_whole(network, trace, [names[len(names) // 5]], 2)


@pytest.mark.parametrize("name", [*ARCHITECTURES, *HOLES])
def test_from_every_layer_on_the_rest_is_what_a_whole_pass_gives(name: str) -> None:
    network = tiny_network({**ARCHITECTURES, **HOLES}[name]())
    trace = explorer.run(network, noise_image(24, 24))
    for layer in network.layers:
        for batch in (1, 3):
            assert_rest_is_the_whole(network, trace, [layer], batch)


@pytest.mark.parametrize("layer", ["getitem", "unsqueeze_1", "add_2", "cat", "inception3a.branch2.1.conv"])
def test_googlenets_colours_are_put_together_again(
    layer: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    network = random_network("googlenet")
    assert_rest_is_the_whole(network, explorer.run(network, image), [layer], 3)


@pytest.mark.parametrize("operation", ["cat", "view", "transpose", "contiguous", "view_1", "getitem", "getitem_1"])
def test_a_size_taken_before_the_start_carries_the_new_batch(
    operation: str, random_network: Callable[[str], Network], image: ImageInput
) -> None:
    """ShuffleNet reads the size of its maps, batch included, and forms them into groups by it."""
    network = random_network("shufflenet_v2_x0_5")
    layer = next(name for name in network.layers if name.endswith(f".{operation}"))
    assert_rest_is_the_whole(network, explorer.run(network, image), [layer], 3)


def test_several_starts_and_one_behind_another(tiny: Network, tiny_trace: Trace) -> None:
    for starts in (["conv2", "relu"], ["conv1", "add"], ["relu_1"], ["fc"]):
        assert_rest_is_the_whole(tiny, tiny_trace, starts, 3)


def test_the_picture_itself_may_be_read_behind_the_start(image: ImageInput) -> None:
    class Around(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv2d(3, 3, 3, padding=1), nn.Linear(6, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.fc(torch.cat([self.conv(x), x], dim=1).mean(dim=(2, 3)))

    network = tiny_network(Around(), 8)
    assert_rest_is_the_whole(network, explorer.run(network, image), ["conv"], 3)


def test_the_rest_holds_only_what_comes_after(tiny: Network) -> None:
    assert tiny.graph.rest(["conv3"], tiny.layers).names == ("relu_2", "mul", "cat", "pool", "mean", "fc")
    assert tiny.graph.rest(["fc"], tiny.layers).names == ()
    assert tiny.graph.rest(["pool", "conv3"], tiny.layers).starts == ("conv3", "pool")


def test_the_memory_of_the_rest_is_counted_value_by_value(tiny: Network) -> None:
    """Behind conv3, by hand: its maps; with their ReLU; the ReLU with its half; and so on. Nothing else is kept, and
    relu_1, which the concatenation reads too, is the recorded one."""
    size = {"conv3": 10, "relu_2": 20, "mul": 30, "cat": 100, "pool": 3, "mean": 2, "fc": 1, "relu_1": 1000}
    rest = tiny.graph.rest(["conv3"], tiny.layers)
    assert rest.n_held(size) == 10 + max(20 + 30, 30 + 100, 100 + 3)  # whoever asks keeps conv3's


def test_parts_are_made_once_and_few_are_kept(tiny: Network) -> None:
    graph = tiny.graph
    first = graph.rest(["conv2"], tiny.layers)
    assert graph.rest(["conv2"], tiny.layers) is first
    names = list(tiny.layers)
    for a in names:
        for b in names:
            graph.rest([a, b], tiny.layers)
    assert len(graph._rests) <= 16
    assert graph.rest(["conv2"], tiny.layers) is not first


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_up_to_a_layer_is_what_the_whole_gives_there(name: str, image: ImageInput) -> None:
    network = tiny_network(ARCHITECTURES[name]())
    trace = explorer.run(network, image)
    with torch.inference_mode():
        for layer in network.layers:
            assert torch.equal(network.graph.up_to(layer, trace.prepared.tensor), trace.activations[layer]), layer


def test_up_to_a_layer_runs_nothing_behind_it(tiny: Network) -> None:
    """A picture too small for what comes behind: it is enough for the first convolution."""
    with torch.inference_mode():
        assert tiny.graph.up_to("conv1", torch.zeros(1, 3, 1, 1)).shape == (1, 6, 1, 1)
        with pytest.raises(RuntimeError):
            tiny.graph.run(torch.zeros(1, 3, 1, 1))
