"""One value taken apart, against loops that follow the definitions word by word."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.convolution.opened import Opened, open_value, strongest
from explorer.convolution.products import n_for_share, rank
from explorer.convolution.steps import what_it_does
from explorer.errors import BadUnit, NoArithmetic, UnknownLayer
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.recording import is_close
from explorer.trace import Trace, read_by
from explorer.wording import number

from ..tiny import as_network, chain, tiny_network

CONVOLUTIONS = {
    "plain": nn.Conv2d(3, 4, 3),
    "padded": nn.Conv2d(3, 4, 5, padding=2),
    "stride": nn.Conv2d(3, 4, 3, stride=(2, 3), padding=(1, 0)),
    "dilation": nn.Conv2d(3, 4, 3, dilation=(2, 3), padding=(2, 3)),
    "groups": nn.Conv2d(3, 6, 3, groups=3, padding=1),
    "point": nn.Conv2d(3, 4, 1, bias=False),
    "not square": nn.Conv2d(3, 4, (1, 6), padding=(0, 5)),
    "wider padding than kernel": nn.Conv2d(3, 4, 2, padding=2, dilation=3),
}


def trace_of(module: nn.Module, image: ImageInput, side: int = 24) -> Trace:
    return explorer.run(tiny_network(module, side), image)


def by_loops(trace: Trace, layer: nn.Conv2d, unit: tuple[int, int, int]) -> float:
    """The definition of a convolution's value, with the layer's own settings and the network's own input."""
    source = trace.prepared.tensor[0].numpy().astype(np.float64)
    weight = layer.weight.detach().numpy().astype(np.float64)
    (sy, sx), (py, px), (dy, dx) = layer.stride, layer.padding, layer.dilation  # type: ignore[str-unpack]
    c, y, x = unit
    n_in = weight.shape[1]
    first = (c // (layer.out_channels // layer.groups)) * n_in
    total = 0.0 if layer.bias is None else float(layer.bias[c])
    for n in range(n_in):
        for i in range(weight.shape[2]):
            for j in range(weight.shape[3]):
                row, column = y * sy - py + i * dy, x * sx - px + j * dx
                if 0 <= row < source.shape[1] and 0 <= column < source.shape[2]:
                    total += source[first + n, row, column] * weight[c, n, i, j]
    return total


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_every_value_of_a_convolution(name: str, image: ImageInput) -> None:
    layer = CONVOLUTIONS[name]
    trace = trace_of(chain(layer), image)
    recorded = trace["0"]
    for index, unit in enumerate(np.ndindex(recorded.shape)):
        if index % 7 and 0 not in unit[1:]:  # all along two edges, and some of the others
            continue
        c, y, x = unit
        opened = open_value(trace, "0", (c, y, x))
        assert opened.recorded == recorded[unit]
        assert opened.value == pytest.approx(by_loops(trace, layer, (c, y, x)), rel=1e-9, abs=1e-9)
        assert opened.agrees
        assert opened.subtotals.sum() + opened.bias == pytest.approx(opened.value)
        assert opened.has_bias == (layer.bias is not None)


def test_what_the_window_holds(image: ImageInput) -> None:
    """Every cell of the window is the input at the place that is told, or padding and 0."""
    trace = trace_of(chain(nn.Conv2d(3, 6, 3, stride=2, dilation=2, padding=3, groups=3)), image)
    source = read_by(trace, "0")
    n_outside = 0
    for y, x in np.ndindex(trace["0"].shape[1:]):
        opened = open_value(trace, "0", (5, y, x))
        assert opened.channels == range(2, 3)
        for i, j in np.ndindex(3, 3):
            row, column = opened.place(i, j)
            assert (row, column) == (2 * y - 3 + 2 * i, 2 * x - 3 + 2 * j)
            inside = 0 <= row < 24 and 0 <= column < 24
            assert opened.is_padding[i, j] == (not inside)
            assert opened.inputs[0, i, j] == (source[2, row, column] if inside else 0)
            n_outside += not inside
    assert n_outside


def test_the_groups_of_a_filter(image: ImageInput) -> None:
    first = nn.Conv2d(3, 8, 1)
    trace = trace_of(chain(first, nn.Conv2d(8, 4, 3, groups=2), nn.Conv2d(4, 4, 3, groups=4)), image)
    assert [open_value(trace, "1", (c, 0, 0)).channels for c in range(4)] == [
        range(4), range(4), range(4, 8), range(4, 8),
    ]  # fmt: skip
    assert [open_value(trace, "2", (c, 0, 0)).channels for c in range(4)] == [range(c, c + 1) for c in range(4)]
    assert all(open_value(trace, name, (c, 2, 3)).agrees for name in "12" for c in range(4))


def test_dense_layers(image: ImageInput) -> None:
    trace = trace_of(nn.Sequential(nn.Flatten(), nn.Linear(48, 5), nn.ReLU(), nn.Linear(5, 4, bias=False)), image, 4)
    for k in range(5):
        opened = open_value(trace, "1", (k,))
        assert opened.inputs.shape == opened.weights.shape == (48, 1, 1)
        assert opened.channels == range(48)
        assert opened.agrees
        assert opened.steps[0].name == "2"
        assert opened.place(0, 0) == (0, 0)
    last = open_value(trace, "3", (1,))
    assert last.agrees
    assert not last.has_bias
    assert last.bias == 0
    assert last.end == "Nothing reads 3 any more: it is what the network answers."


def test_a_dense_layer_on_maps_that_the_network_keeps_channels_last(image: ImageInput) -> None:
    class LastFirst(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wide = nn.Linear(3, 5)
            self.scale = nn.Parameter(torch.ones(5, 1, 1))
            self.head = nn.Linear(5, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.wide(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
            return self.head((y * self.scale).mean((2, 3)))

    trace = trace_of(LastFirst(), image, 6)
    source = trace.prepared.tensor[0].numpy()
    for unit in [(0, 0, 0), (4, 5, 2), (2, 1, 5)]:
        opened = open_value(trace, "wide", unit)
        assert np.array_equal(opened.inputs[:, 0, 0], source[:, unit[1], unit[2]])
        assert opened.agrees
        assert [step.kind for step in opened.steps] == ["permutation", "multiplication"]
        assert all(step.agrees for step in opened.steps)
        assert opened.steps[1].value != opened.value


def test_nothing_whole_is_copied(pocket_trace: Trace) -> None:
    opened = open_value(pocket_trace, "layer1.0.conv1", (3, 5, 7))
    assert np.shares_memory(opened.weights, pocket_trace.network.weights("layer1.0.conv1")["weight"])
    assert opened.inputs.size == opened.weights.size == opened.products.size
    for array in (opened.inputs, opened.weights):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0, 0] = 1


# What comes next


def test_batch_norm_with_its_numbers(image: ImageInput) -> None:
    norm = nn.BatchNorm2d(2, eps=0.25)
    module = chain(nn.Conv2d(3, 2, 3), norm, nn.ReLU())
    with torch.no_grad():
        norm.running_mean.copy_(torch.tensor([-1.5, 0.25]))  # type: ignore[union-attr]
        norm.running_var.copy_(torch.tensor([2.0, 0.5]))  # type: ignore[union-attr]
    trace = trace_of(module, image)
    for unit in [(0, 3, 4), (1, 21, 0)]:
        opened = open_value(trace, "0", unit)
        normed, cut = opened.steps
        n = normed.numbers
        assert (n["mean"], n["variance"], n["eps"]) == [(-1.5, 2.0, 0.25), (0.25, 0.5, 0.25)][unit[0]]
        assert normed.value == pytest.approx(
            (opened.value - n["mean"]) / math.sqrt(n["variance"] + n["eps"]) * n["gamma"] + n["beta"]
        )
        assert normed.recorded == trace["1"][unit]
        assert normed.agrees
        assert cut.value == max(0.0, normed.value)
        assert cut.recorded == trace["2"][unit]
        assert cut.agrees
        assert cut.formula == f"max(0, {number(normed.value)})"
    assert (
        open_value(trace, "0", (0, 0, 0))
        .steps[0]
        .formula.startswith(f"({number(open_value(trace, '0', (0, 0, 0)).value)} − (−1.5)) / √(2 + 0.25) · ")
    )


@pytest.mark.parametrize(
    "activation",
    [
        nn.ReLU(), nn.ReLU6(), nn.Tanh(), nn.Sigmoid(), nn.SiLU(), nn.GELU(), nn.Hardsigmoid(), nn.Hardswish(),
        nn.Dropout(),
    ],
    ids=lambda module: type(module).__name__,
)  # fmt: skip
def test_every_function_is_the_one_of_torch(activation: nn.Module, image: ImageInput) -> None:
    first = nn.Conv2d(3, 2, 3)
    module = chain(first, activation)
    network = tiny_network(module)
    with torch.no_grad():
        network.graph.recorder.get_parameter("0.weight").mul_(6)  # so that every piece of the function is met
    trace = explorer.run(network, image)
    for unit in list(np.ndindex(2, 22, 22))[::5]:
        opened = open_value(trace, "0", unit)
        (step,) = opened.steps
        expected = activation.double()(torch.tensor(opened.value, dtype=torch.float64))
        assert step.value == pytest.approx(float(expected), rel=1e-9, abs=1e-12)
        assert step.agrees
    reached = trace["0"]
    assert reached.min() < -6
    assert reached.max() > 6


def test_a_step_reads_nothing_else(tiny_trace: Trace) -> None:
    assert [step.name for step in open_value(tiny_trace, "conv1", (0, 1, 2)).steps] == ["relu"]
    assert (
        open_value(tiny_trace, "conv1", (0, 1, 2)).end
        == "2 operations read relu, so no single one comes next: conv2, add."
    )
    added = open_value(tiny_trace, "conv2", (0, 1, 2))
    assert not added.steps
    assert added.end == "Next, add (addition) adds the values of conv2 and relu at the same place."
    halved = open_value(tiny_trace, "conv3", (0, 1, 2)).steps
    assert [step.kind for step in halved] == ["ReLU", "multiplication"]
    assert halved[1].numbers == {"factor": 0.5}


def test_a_product_of_two_layers_is_no_step(image: ImageInput) -> None:
    class Squared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 1)
            self.head = nn.Linear(2, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.conv(x)
            return self.head((y * y).mean((2, 3)))

    opened = open_value(trace_of(Squared(), image, 6), "conv", (0, 1, 1))
    assert not opened.steps


# Which products make it


def opened_with(inputs: list[float], weights: list[float]) -> Opened:
    """A dense unit with these numbers, as a network computes it."""
    module = nn.Sequential(nn.Flatten(), nn.Linear(3, 4))
    with torch.no_grad():
        module[1].weight.zero_()
        module[1].bias.zero_()
        module[1].weight[2] = torch.tensor(weights)
    network = as_network(module, 1)
    trace = explorer.run(network, explorer.read_image(_pixel(), "pixel.png"))
    opened = open_value(trace, "1", (2,))
    return Opened(**{**vars_of(opened), "inputs": np.array(inputs, np.float32)[:, None, None]})


def vars_of(opened: Opened) -> dict[str, object]:
    return {name: getattr(opened, name) for name in opened.__dataclass_fields__}


def _pixel() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (90, 120, 200)).save(file, "PNG")
    return file.getvalue()


def test_the_strongest_products_by_hand() -> None:
    opened = opened_with([1, 2, 3], [5, -4, 1])  # products 5, -8, 3
    found = rank(opened, 2)
    assert [(p.channel, p.product, p.input, p.weight) for p in found.products] == [(1, -8, 2, -4), (0, 5, 1, 5)]
    assert found.share == pytest.approx(13 / 16)
    assert found.rest == 3
    assert found.n_products == 3
    assert [n_for_share(opened, share) for share in (0.01, 0.5, 0.51, 13 / 16, 0.82, 1)] == [1, 1, 2, 2, 3, 3]


def test_where_all_products_are_zero() -> None:
    opened = opened_with([1, 2, 3], [0, 0, 0])
    assert n_for_share(opened, 0.5) == 0
    assert rank(opened, 2).share == 1
    assert [p.channel for p in rank(opened, 2).products] == [0, 1]


def test_ranks_are_in_order_and_add_up(pocket_trace: Trace) -> None:
    opened = open_value(pocket_trace, "layer2.0.conv1", (5, 0, 4))
    found = rank(opened, 20)
    sizes = [abs(p.product) for p in found.products]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(p.product for p in found.products) + found.rest + opened.bias == pytest.approx(opened.value)
    assert found.share == pytest.approx(sum(sizes) / np.abs(opened.products).sum())
    source = read_by(pocket_trace, "layer2.0.conv1")
    assert any(p.is_padding for p in rank(opened, opened.products.size).products)
    for p in found.products:
        assert p.product == pytest.approx(p.input * p.weight)
        assert p.input == source[(p.channel, *p.place)]
        assert p.weight == pocket_trace.network.weights("layer2.0.conv1")["weight"][(5, p.channel, *p.cell)]
    n = n_for_share(opened, found.share)
    assert n == 20
    assert rank(opened, n - 1).share < found.share


def test_the_strongest_unit(pocket_trace: Trace) -> None:
    maps = pocket_trace["layer2.0.conv1"]
    unit = strongest(pocket_trace, "layer2.0.conv1")
    assert maps[unit] == maps.max()
    c, y, x = strongest(pocket_trace, "layer2.0.conv1", 4)
    assert c == 4
    assert maps[4, y, x] == maps[4].max()
    assert strongest(pocket_trace, "fc") == (int(pocket_trace.logits.argmax()),)
    assert strongest(pocket_trace, "fc", 3) == (3,)
    with pytest.raises(BadUnit, match="has no unit"):
        strongest(pocket_trace, "layer2.0.conv1", 64_000)


# Agreement


def test_what_counts_as_the_same() -> None:
    assert is_close(1.00009, 1.0, 1.0)
    assert not is_close(1.0002, 1.0, 1.0)
    assert not is_close(1e-5, 0.0, 1.0)
    assert is_close(1e-7, 0.0, 1.0)
    assert is_close(5e-5, 1e-6, 100.0)  # what is left where products of 100 in all cancel
    assert is_close(math.nan, math.nan, 1.0)
    assert not is_close(math.nan, 1.0, 1.0)
    assert not is_close(1.0, math.nan, 1.0)
    assert is_close(math.inf, math.inf, 1.0)
    assert not is_close(1.0, math.inf, 1.0)


def test_a_wrong_value_is_noticed(pocket_trace: Trace) -> None:
    opened = open_value(pocket_trace, "layer1.0.conv1", strongest(pocket_trace, "layer1.0.conv1"))
    wrong = Opened(**{**vars_of(opened), "recorded": opened.recorded * 1.001})
    assert opened.agrees
    assert not wrong.agrees


def test_weights_that_are_no_numbers(image: ImageInput) -> None:
    network = tiny_network(chain(nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2), nn.ReLU6()))
    with torch.no_grad():
        network.graph.recorder.get_parameter("0.weight")[0, 0, 0, 0] = math.nan
    trace = explorer.run(network, image)
    opened = open_value(trace, "0", (0, 2, 2))
    assert math.isnan(opened.value)
    assert opened.agrees
    assert all(math.isnan(step.value) and step.agrees for step in opened.steps)
    assert strongest(trace, "0")[0] == 1


# What cannot be opened

RANGES = "Choose channel from 0 to 5, y from 0 to 11, x from 0 to 11."


@pytest.mark.parametrize(
    ("layer", "unit", "text"),
    [
        ("conv1", (6, 0, 0), f"conv1 has no unit (6, 0, 0). {RANGES}"),
        ("conv1", (0, -1, 0), f"conv1 has no unit (0, -1, 0). {RANGES}"),
        ("conv1", (0, 0, 12), f"conv1 has no unit (0, 0, 12). {RANGES}"),
        ("conv1", (0,), "conv1 has no unit (0): it gives 6 x 12 x 12 numbers. Name one by channel, y and x."),
        ("fc", (4,), "fc has no unit (4). Choose number from 0 to 3."),
        ("fc", (1, 0, 0), "fc has no unit (1, 0, 0): it gives 4 numbers. Name one by its number alone."),
    ],
)  # fmt: skip
def test_units_that_are_not_there(tiny_trace: Trace, layer: str, unit: tuple[int, ...], text: str) -> None:
    with pytest.raises(BadUnit) as error:
        open_value(tiny_trace, layer, unit)
    assert str(error.value) == text


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        ("add", "add (addition) adds the values of conv2 and relu at the same place."),
        ("pool", "pool (max pooling) passes on the highest value in each window of cat."),
        ("relu", "relu (ReLU) applies one function to each value of conv1."),
        ("cat", "cat (concatenation) sets the channels of relu_1 and mul one behind the other, and changes no value."),
    ],
)
def test_layers_that_add_up_no_products(tiny_trace: Trace, layer: str, sentence: str) -> None:
    with pytest.raises(NoArithmetic) as error:
        open_value(tiny_trace, layer, (0, 0, 0))
    advice = "It adds up no products with weights: choose a convolution or a dense layer."
    assert str(error.value) == f"{sentence} {advice}"
    assert what_it_does(tiny_trace.network, layer) == sentence


def test_every_operation_has_its_sentence(pocket: Network, tiny: Network) -> None:
    for network in (pocket, tiny):
        for name, layer in network.layers.items():
            assert what_it_does(network, name).startswith(f"{name} ({layer.kind}) ")
            assert "rearranges" not in what_it_does(network, name)
            assert all(source in what_it_does(network, name) for source in layer.inputs)


def test_unknown_layers(tiny_trace: Trace) -> None:
    with pytest.raises(UnknownLayer):
        open_value(tiny_trace, "conv9", (0, 0, 0))


def test_it_is_cross_correlation(image: ImageInput) -> None:
    """Nothing is flipped: the first weight meets the window's upper left cell."""
    trace = trace_of(chain(nn.Conv2d(3, 1, 2)), image)
    opened = open_value(trace, "0", (0, 3, 4))
    source = trace.prepared.tensor[0]
    assert np.array_equal(opened.inputs, source[:, 3:5, 4:6].numpy())
    expected = F.conv2d(source[None], torch.from_numpy(opened.weights.copy())[None])[0, 0, 3, 4] + opened.bias
    assert opened.value == pytest.approx(float(expected), rel=1e-5)
