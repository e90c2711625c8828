"""Changes inside boxes, followed box by box, give what whole passes give: for every kind of operation, at corners and
edges, and from any layer on."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.geometry import Axis, Spans
from explorer.networks import regions as module
from explorer.networks.graph import PICTURE
from explorer.networks.network import Network
from explorer.networks.regions import Box, Regions, regions
from explorer.networks.same import SamePadding
from explorer.pictures.samples import load_sample
from explorer.trace import Trace
from tests.families import SMALLEST
from tests.pooled import POOLINGS
from tests.replaced import whole_pass
from tests.tiny import ARCHITECTURES, HOLES, chain, noise_image, tiny_network

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")

SIDE = 24
BOXES: list[Box] = [
    (0, 0, 5, 5), (0, 19, 5, 24), (0, 6, 1, 7), (0, 9, 24, 11),  # those with one top run together
    (10, 8, 15, 13), (10, 0, 11, 24), (19, 0, 24, 5), (19, 19, 24, 24), (23, 11, 24, 12), (3, 4, 4, 5), (0, 0, 24, 24),
]  # fmt: skip


class Gated(nn.Module):
    """Squeeze and excitation: each channel times a number made of all its places."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.down, self.up = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.first(x))
        return x * torch.sigmoid(self.up(F.relu(self.down(F.adaptive_avg_pool2d(x, 1)))))


class Shuffled(nn.Module):
    """ShuffleNet's unit: half of the channels pass, then all are dealt out anew."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3, stride=2), nn.Conv2d(4, 4, 3, padding=1, groups=4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        left, right = self.first(x).chunk(2, dim=1)
        x = torch.cat([left, self.second(right)], dim=1)
        n, c, h, w = x.size()
        return x.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, c, h, w)


class Recoloured(nn.Module):
    """GoogLeNet's way to scale each colour, and a part of the channels by their numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        colours = [torch.unsqueeze(x[:, i], 1) * (i + 0.5) - 0.1 for i in range(3)]
        return self.conv(torch.cat(colours, 1))[:, 1:3]


class ChannelsLast(nn.Module):
    """ConvNeXt's block: norm and dense layers over the channels of each place, which come last."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.across = nn.Conv2d(3, 4, 2, stride=2), nn.Conv2d(4, 4, 5, padding=2, groups=4)
        self.norm, self.up, self.down = nn.LayerNorm(4), nn.Linear(4, 8), nn.Linear(8, 4)
        self.scale = nn.Parameter(torch.ones(4, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        y = self.down(F.gelu(self.up(self.norm(self.across(x).permute(0, 2, 3, 1)))))
        return x + self.scale * y.permute(0, 3, 1, 2)


class Standardised(nn.Module):
    """A convolution with weights that are worked out of others, between borders of several kinds."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4, 3, 3, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
        return F.pad(F.conv2d(F.pad(x, (1, 2, 0, 1)), weight, stride=2), (1, 0, 2, 1), value=0.5)


class OverPlaces(nn.Module):
    """What looks local and is not: a batch norm that takes the mean of this picture, a weight for each place."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=False)
        self.places = nn.Parameter(torch.ones(22, 22))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.conv(x)) * self.places


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    **ARCHITECTURES,
    **HOLES,
    **{name: lambda pooling=pooling: chain(nn.Conv2d(3, 4, 3), pooling()) for name, pooling in POOLINGS.items()},
    "groups": lambda: chain(
        nn.Conv2d(3, 6, 3, groups=3), nn.Conv2d(6, 6, 3, stride=2, padding=1, groups=6), nn.Conv2d(6, 4, 1)
    ),
    "as large as before": lambda: chain(
        nn.Conv2d(3, 4, 4, padding="same"), nn.Conv2d(4, 4, (2, 3), padding="same", dilation=2), nn.PReLU(4)
    ),
    "edges repeated": lambda: chain(
        nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"), nn.ReplicationPad2d(1), nn.Conv2d(4, 4, 3)
    ),
    "TensorFlow's borders": lambda: chain(SamePadding(3, 2), nn.Conv2d(3, 4, 3, 2), nn.ZeroPad2d((0, 1, 2, 0))),
    "passed on": lambda: chain(nn.Conv2d(3, 4, 3, padding=2), nn.Identity(), nn.Dropout(), nn.Hardswish()),
    "gate": lambda: chain(Gated(), nn.Conv2d(4, 4, 3)),
    "shuffle": lambda: chain(Shuffled(), nn.MaxPool2d(2)),
    "recoloured": lambda: chain(Recoloured(), nn.ReLU()),
    "channels last": lambda: chain(ChannelsLast(), nn.ReLU()),
    "weights of weights": lambda: chain(Standardised(), nn.Sigmoid()),
    "over places": lambda: chain(OverPlaces(), nn.ReLU()),
    "enlarged": lambda: chain(nn.Conv2d(3, 4, 3, 2), nn.Upsample(scale_factor=2), nn.Conv2d(4, 4, 3)),
}


def traced(name: str) -> Trace:
    return explorer.run(tiny_network(NETWORKS[name](), SIDE), noise_image(SIDE, SIDE))


def recorded(trace: Trace) -> dict[str, torch.Tensor]:
    return {**trace.activations, PICTURE: trace.prepared.tensor}


def other(value: torch.Tensor) -> torch.Tensor:
    return torch.randn(value.shape, generator=torch.Generator().manual_seed(1)) + 0.5


def whole_values(trace: Trace, start: str, box: Box, cover: torch.Tensor) -> dict[str, torch.Tensor]:
    """Every operation's value in a pass of its own."""
    layers, changed = trace.network.layers, recorded(trace)[start].clone()
    maps, covering = (value if start == PICTURE else layers[start].channels_first(value) for value in (changed, cover))
    top, left, bottom, right = box
    maps[..., top:bottom, left:right] = covering[..., top:bottom, left:right]
    if start == PICTURE:
        return whole_pass(trace.network, changed, {})[1]
    return {**whole_pass(trace.network, trace.prepared.tensor, {start: changed})[1], start: changed}


def most_of(name: str) -> int:
    """How many at once: a batch norm that remembers nothing mixes the pictures of a batch."""
    return 1 if name == "over places" else 4


def assert_whole(trace: Trace, start: str, boxes: Sequence[Box], wanted: Sequence[str], most: int) -> Regions:
    """Each of the wanted values, for each box, against a pass of its own."""
    values = recorded(trace)
    cover = other(values[start])
    with torch.inference_mode():
        expected = [whole_values(trace, start, box, cover) for box in boxes]
        for name in wanted:
            behind = regions(trace.network, start, name, boxes, most)
            found = torch.cat([behind.value(i, cover, values) for i in range(len(behind.groups))])
            for i, box in enumerate(boxes):
                size = max(1e-6, float(expected[i][name].abs().max()))
                assert float((found[i] - expected[i][name][0]).abs().max()) <= 1e-5 * size, (name, box)
    return behind


@pytest.mark.parametrize("name", NETWORKS)
def test_every_operation_box_by_box_is_what_a_whole_pass_gives(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_OF_A_MAP", math.inf)
    trace = traced(name)
    assert_whole(trace, PICTURE, BOXES, list(trace.network.layers), most_of(name))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("most_of_a_map", [0.5, 0.85])
def test_whole_layers_take_over_from_boxes(name: str, most_of_a_map: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_OF_A_MAP", most_of_a_map)
    trace = traced(name)
    for boxes in (BOXES[:4], BOXES[4:9], BOXES[9:10]):
        assert_whole(trace, PICTURE, boxes, list(trace.network.layers)[-1:], most_of(name))


@pytest.mark.parametrize("name", NETWORKS)
def test_from_every_layer_with_maps_on(name: str) -> None:
    trace = traced(name)
    layers = trace.network.layers
    for start, layer in layers.items():
        height, width = layer.shape[-2:] if layer.is_spatial else (1, 1)
        if min(height, width) >= 3:
            boxes = [(0, 0, 2, 2), (height - 1, width - 2, height, width), (1, 0, 2, width)]
            assert_whole(trace, start, boxes, [list(layers)[-1]], most_of(name))


@pytest.mark.parametrize(
    ("name", "n_whole", "first"),
    [
        ("overwriting", 2, "mean"), ("residual blocks", 3, "3"), ("branches", 3, "2"), ("groups", 3, "3"),
        ("shuffle", 3, "2"), ("recoloured", 3, "2"), ("channels last", 3, "2"), ("weights of weights", 3, "2"),
        ("TensorFlow's borders", 3, "3"), ("passed on", 3, "4"), ("as large as before", 3, "3"),
        ("max, rounded up and padded", 3, "2"), ("average, padding does not count", 3, "2"),
        # behind what reads all places, everything is whole
        ("gate", 10, "0.adaptive_avg_pool2d"), ("edges repeated", 6, "0"), ("over places", 6, "0.norm"),
        ("enlarged", 5, "1"),
    ],
)  # fmt: skip
def test_what_is_worked_out_box_by_box(name: str, n_whole: int, first: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_OF_A_MAP", math.inf)
    network = traced(name).network
    last = list(network.layers)[-1]
    with torch.inference_mode():
        found = regions(network, PICTURE, last, BOXES, 4)
    steps = {step.name for step in found.steps}
    whole = [layer for layer in network.layers if layer not in steps]
    assert (len(whole), whole[0]) == (n_whole, first)


def test_boxes_are_followed_until_they_are_most_of_a_map() -> None:
    network = tiny_network(chain(*(nn.Conv2d(3, 3, 3, padding=1) for _ in range(8))), SIDE)
    with torch.inference_mode():
        found = regions(network, PICTURE, "10", [(10, 10, 14, 14)], 16)
        assert [step.name for step in found.steps] == [str(i) for i in range(8)]  # 4 + 2 * 8 = 20 of 24 rows: 0.69
        found = regions(network, PICTURE, "10", [(8, 8, 16, 16)], 16)
        assert [step.name for step in found.steps] == [str(i) for i in range(7)]  # 8 + 2 * 7 = 22 of 24 rows: 0.84
        assert found.ends == ("6",)
        assert not found.saves_nothing
        assert regions(network, PICTURE, "10", [(0, 0, 24, 24)], 16).saves_nothing
        # 3 channels in the larger box, beside each a copy with its surroundings, and one whole map; what begins stays
        found = regions(network, PICTURE, "10", [(0, 0, 2, 2), (10, 10, 12, 12)], 1)
        assert found.n_held == 2 * 3 * (4**2 + 16**2 + 18**2) + 3 * 24**2


@pytest.mark.parametrize("name", sorted(SMALLEST.values()))
def test_patches_on_a_network_of_every_family(name: str, random_network: Callable[[str], Network]) -> None:
    network = random_network(name)
    side = network.preprocessing.size
    trace = explorer.run(network, load_sample("digit" if network.preprocessing.n_channels == 1 else "coffee"))
    patch = side // 7
    boxes = [(0, 0, patch, patch), (0, side - patch, patch, side), (patch, side // 2, 2 * patch, side // 2 + patch)]
    behind = assert_whole(trace, PICTURE, boxes, [list(network.layers)[-1]], 2)
    has_saved = not behind.saves_nothing
    assert has_saved == any(layer.kind == "convolution" for layer in network.layers.values())


@pytest.mark.parametrize("seed", range(12))
def test_networks_by_chance(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of any shape one behind the other, boxes anywhere."""
    monkeypatch.setattr(module, "_MOST_OF_A_MAP", math.inf)
    random = np.random.default_rng(seed)
    layers: list[nn.Module] = []
    for i in range(4):
        kernel = tuple(map(int, random.integers(1, 5, 2)))
        stride, dilation = (tuple(map(int, random.integers(1, 3, 2))) for _ in range(2))
        padding = tuple(int(random.integers(0, k // 2 + 1)) for k in kernel)
        is_ceil = bool(random.integers(2))
        layers.append(
            [
                nn.Conv2d(4 if i else 3, 4, kernel, stride, padding, dilation),
                nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=is_ceil),
                nn.AvgPool2d(kernel, stride, padding, is_ceil, count_include_pad=bool(random.integers(2))),
            ][int(random.integers(3)) if i else 0]
        )
        if min(nn.Sequential(*layers)(torch.zeros(1, 3, SIDE, SIDE)).shape[-2:]) < 6:
            break
    trace = explorer.run(tiny_network(chain(*layers), SIDE), noise_image(SIDE, SIDE))
    boxes = []
    for top in map(int, random.integers(0, SIDE - 1, 3)):
        sizes = zip(random.integers(0, SIDE - 1, 3), random.integers(1, 9, 3), random.integers(1, 9, 3), strict=True)
        boxes += [(top, int(left), min(SIDE, top + int(h)), min(SIDE, int(left + w))) for left, h, w in sizes]
    assert_whole(trace, PICTURE, boxes, list(trace.network.layers), 4)


def test_windows_reach_and_read_what_they_do_one_by_one() -> None:
    for n, kernel, stride, dilation in itertools.product((7, 8), (1, 2, 3, 5), (1, 2, 3), (1, 2)):
        for padding in range(kernel // 2 + 1):
            axis = Axis(n, kernel, stride, padding, dilation)
            cells = {
                i: [i * stride - padding + cell * dilation for cell in range(kernel)] for i in range(max(0, axis.n_out))
            }
            for first, last in itertools.combinations(range(n + 1), 2):
                if not cells:
                    continue
                reached = axis.reached(Spans((first,), last - first), len(cells))
                ((begin, end),) = reached.ends
                expected = [i for i, read in cells.items() if any(first <= cell < last for cell in read)]
                assert {*expected} <= {*range(begin, end)} <= {*cells}
                if dilation == 1 and expected:
                    assert [*range(begin, end)] == expected
                ((top, bottom),) = axis.read(reached).ends
                assert (top, bottom) == (cells[begin][0], cells[end - 1][-1] + 1)


def test_spans_are_alike_and_stay_inside() -> None:
    spans = Spans.holding([(-3, 2), (4, 9), (8, 12)], 10)
    assert (spans.size, spans.starts) == (5, (0, 4, 5))
    assert Spans.holding([(12, 15), (-4, -1)], 10) == Spans((9, 0), 1)  # one cell, where nothing is meant
    assert Spans.joined([Spans((0, 6), 2), Spans((1, 3), 3)], 10) == Spans((0, 3), 5)
    assert Spans.joined([spans, spans], 10) is spans
