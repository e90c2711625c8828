"""Sizes and receptive fields against brute force: light one pixel, and see which units notice."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from explorer.geometry import WHOLE, ReceptiveField, Window, union
from explorer.loading.builtin import PocketResNet
from explorer.networks.network import Network
from tests.tiny import ARCHITECTURES, HOLES, as_network, chain

SIDE = 24
Box = tuple[int, int, int, int]


def transparent(module: nn.Module, side: int = SIDE) -> Network:
    """The module as a network with positive weights and no biases: dark stays 0, and light always gets through."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(0.5 + torch.rand(parameter.shape, generator=generator))
            if name.endswith("bias"):
                parameter.zero_()
    return as_network(module, side)


def seen(network: Network, side: int, layers: list[str]) -> dict[str, NDArray[np.bool_]]:
    """For each layer (H, W, side, side): which pixels a unit depends on, by lighting every one of them alone."""
    pictures = torch.eye(side * side).reshape(-1, 1, side, side).expand(-1, 3, -1, -1)  # (side * side, 3, side, side)
    with torch.inference_mode():
        values = network.graph.run(pictures)[1]
    found = {}
    for name in layers:
        value = values[name]
        assert isinstance(value, torch.Tensor)
        lit = (value > 0).any(dim=1)  # (side * side, H, W)
        found[name] = lit.permute(1, 2, 0).reshape(*lit.shape[1:], side, side).numpy()
    return found


def bounding_box(pixels: NDArray[np.bool_]) -> Box:
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def is_inside(field: ReceptiveField, y: int, x: int, side: int) -> bool:
    """Whether nothing of what the unit looks at is padding."""
    starts = [start + i * jump for start, i, jump in zip(field.start, (y, x), field.jump, strict=True)]
    return all(start >= 0 and start + size <= side for start, size in zip(starts, field.size, strict=True))


@lru_cache(maxsize=1)
def case(name: str) -> tuple[Network, dict[str, NDArray[np.bool_]]]:
    network = transparent({**ARCHITECTURES, **HOLES}[name]())
    return network, seen(network, SIDE, [name for name, layer in network.layers.items() if layer.is_spatial])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_unit_sees_exactly_the_pixels_of_its_box(name: str) -> None:
    network, found = case(name)
    assert len(found) >= 2
    for layer, pixels in found.items():
        field = network.layers[layer].receptive_field
        assert network.layers[layer].shape[1:] == pixels.shape[:2]
        for y, x in np.ndindex(pixels.shape[:2]):
            expected = np.zeros((SIDE, SIDE), bool)
            top, left, bottom, right = field.box(y, x, SIDE, SIDE)
            expected[top:bottom, left:right] = True
            if name == "branches":  # a flat window and a high one leave the corners of their box free
                assert bounding_box(pixels[y, x]) == (top, left, bottom, right), (layer, y, x)
            else:
                assert np.array_equal(pixels[y, x], expected), (layer, y, x)


@pytest.mark.parametrize("name", HOLES)
def test_a_box_with_holes_ends_at_the_outermost_pixels_that_its_unit_sees(name: str) -> None:
    network, found = case(name)
    n_inside = 0
    for layer, pixels in found.items():
        field = network.layers[layer].receptive_field
        for y, x in np.ndindex(pixels.shape[:2]):
            box, actual = field.box(y, x, SIDE, SIDE), bounding_box(pixels[y, x])
            if is_inside(field, y, x, SIDE):
                n_inside += 1
                assert box == actual, (layer, y, x)
            # at the border a hole may be all that is left of a window in the picture
            assert box[0] <= actual[0] < actual[2] <= box[2]
            assert box[1] <= actual[1] < actual[3] <= box[3]
    assert n_inside > 50


def test_the_pocket_network_up_to_where_its_units_see_more_than_a_small_picture() -> None:
    side = 48
    network = transparent(PocketResNet(), side)
    layers = ["maxpool", "layer1.0", "layer2.0.downsample", "layer2.0.conv1", "layer2.0", "layer2"]
    found = seen_one_by_one(network, side, layers)
    for name, units in found.items():
        field = network.layer(name).receptive_field
        for (y, x), pixels in units.items():
            assert field.box(y, x, side, side) == bounding_box(pixels), (name, y, x)
    assert network.layer("layer2").receptive_field.size == (99, 99)
    assert not network.layer("layer4").receptive_field.whole
    assert network.layer("avgpool").receptive_field == WHOLE
    assert network.layer("fc").receptive_field == WHOLE


def seen_one_by_one(
    network: Network, side: int, layers: list[str]
) -> dict[str, dict[tuple[int, int], NDArray[np.bool_]]]:
    """For some units of each layer, the pixels with a gradient: in a picture of light, every weight counts. The
    poolings pass gradients to one pixel only, so what they may choose is made equal by smoothing them away."""
    found = dict[str, dict[tuple[int, int], NDArray[np.bool_]]]()
    smooth = network.graph.with_parts({"maxpool": nn.AvgPool2d(3, stride=2, padding=1)})
    x = torch.ones(1, 3, side, side, requires_grad=True)
    _, values = smooth.run(x)
    for layer in layers:
        value = values[network.resolve(layer)]
        assert isinstance(value, torch.Tensor)
        last = value.shape[2] - 1
        units = [(0, last), (1, 0), (last // 2, 1), (last, last // 2)]
        found[layer] = {
            (y, x_): (torch.autograd.grad(value[0, :, y, x_].sum(), x, retain_graph=True)[0][0] != 0).any(0).numpy()
            for y, x_ in units
        }
    return found


def test_a_global_or_an_uneven_pooling_sees_the_whole_picture() -> None:
    for pooling in (nn.AdaptiveAvgPool2d(1), nn.AdaptiveAvgPool2d(5)):
        field = transparent(chain(nn.Conv2d(3, 2, 3), pooling)).layers["1"].receptive_field
        assert field.whole
        assert field.box(0, 0, SIDE, SIDE) == (0, 0, SIDE, SIDE)
        assert field.through(Window((3, 3), (1, 1), (0, 0))).whole


class _Functional(nn.Module):
    """A convolution, and a pooling that is a function with the size of what comes out, or with axes, in its place of a
    kernel."""

    def __init__(self, pool: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)
        self.pool = pool

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pool(self.conv(x)).flatten(1)


@pytest.mark.parametrize(
    "pool", [lambda x: F.adaptive_avg_pool2d(x, (1, 1)), lambda x: x.mean([2, 3]), lambda x: x.mean(dim=(2, 3))]
)
def test_a_pooling_by_output_size_or_by_axes_has_no_window(pool: Callable[[torch.Tensor], torch.Tensor]) -> None:
    (layer,) = (la for la in transparent(_Functional(pool)).layers.values() if la.kind == "average pooling")
    assert layer.window is None
    assert layer.receptive_field.whole


def test_where_branches_meet_the_field_is_that_of_the_widest() -> None:
    narrow = ReceptiveField(start=(2, 2), jump=(2, 2), size=(3, 3))
    wide = ReceptiveField(start=(-1, 3), jump=(2, 2), size=(5, 1))
    assert union([narrow, wide]) == ReceptiveField(start=(-1, 2), jump=(2, 2), size=(6, 3))
    assert union([narrow]) == narrow
    assert union([narrow, WHOLE]) == WHOLE
    with pytest.raises(ValueError, match=r"^it joins maps that step differently over the picture$"):
        union([narrow, ReceptiveField()])


def test_y_and_x_are_not_mixed_up() -> None:
    field = ReceptiveField().through(Window(kernel=(1, 7), stride=(1, 4), padding=(0, 3)))
    assert field == ReceptiveField(start=(0, -3), jump=(1, 4), size=(1, 7))
    assert field.box(2, 1, height=10, width=20) == (2, 1, 3, 8)
    assert field.box(2, 0, height=10, width=20) == (2, 0, 3, 4)
    assert field.box(9, 4, height=10, width=18) == (9, 13, 10, 18)


def torch_convolution(x: torch.Tensor, k: int, s: int, p: int, d: int) -> torch.Tensor:
    return F.conv2d(x, torch.ones(1, 1, k, 3), stride=(s, 1), padding=(p, 1), dilation=(d, 1))


def torch_pooling(x: torch.Tensor, k: int, s: int, p: int, d: int) -> torch.Tensor:
    return F.max_pool2d(x, (k, 3), (s, 1), (p, 1), (d, 1))


@pytest.mark.parametrize("operation", [torch_convolution, torch_pooling])
def test_output_size_is_that_of_torch(operation: Callable[..., torch.Tensor]) -> None:
    n_checked = 0
    for n, k, s, p, d in itertools.product((2, 8, 13), (1, 2, 3, 7), (1, 2, 5), (0, 1, 3), (1, 2, 3)):
        if d * (k - 1) + 1 > n + 2 * p or 2 * p > k:  # torch refuses; and a pooling more padding than half its kernel
            continue
        window = Window(kernel=(k, 3), stride=(s, 1), padding=(p, 1), dilation=(d, 1))
        expected = operation(torch.zeros(1, 1, n, 9), k, s, p, d).shape[2:]
        assert window.output_size(n, 9) == tuple(expected), (n, k, s, p, d)
        assert window.output_size(n, 9) == window_of_x(k, s, p, d).output_size(9, n)[::-1]
        n_checked += 1
    assert n_checked > 80


def window_of_x(k: int, s: int, p: int, d: int) -> Window:
    """The same along x."""
    return Window(kernel=(3, k), stride=(1, s), padding=(1, p), dilation=(1, d))


class _SideBySide(nn.Module):
    """Branches of three widths in one concatenation, what keeps their channels apart, and what mixes them again."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow, self.wide = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 4, 5, padding=2)
        self.middle = nn.Conv2d(3, 3, 3, padding=1)
        self.norm, self.relu, self.pool = nn.BatchNorm2d(9), nn.ReLU(), nn.MaxPool2d(2)
        self.depthwise = nn.Conv2d(9, 9, 3, padding=1, groups=9)
        self.grouped = nn.Conv2d(9, 6, 1, groups=3)
        self.mixed = nn.Conv2d(6, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.cat([self.narrow(x), self.middle(x), self.wide(x)], dim=1)
        x = self.pool(self.relu(self.norm(x)))
        x = self.grouped(x + self.depthwise(x))
        return self.mixed(x).mean(dim=(2, 3))


class _Split(nn.Module):
    """Halves of a concatenation change sides, as in ShuffleNet."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow, self.wide = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 2, 5, padding=2)
        self.last = nn.Conv2d(4, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, second = torch.cat([self.narrow(x), self.wide(x)], dim=1).chunk(2, dim=1)
        return self.last(torch.cat([second, first], dim=1)).mean(dim=(2, 3))


@pytest.mark.parametrize("module", [_SideBySide, _Split])
def test_a_channel_behind_a_concatenation_sees_what_its_branch_does(module: type[nn.Module]) -> None:
    network = transparent(module())
    pictures = torch.eye(SIDE * SIDE).reshape(-1, 1, SIDE, SIDE).expand(-1, 3, -1, -1)
    with torch.inference_mode():
        values = network.graph.run(pictures)[1]
    n_narrower = 0
    for layer in network.layers.values():
        if not layer.is_spatial:
            continue
        value = values[layer.name]
        assert isinstance(value, torch.Tensor)
        whole = layer.receptive_field
        for c in range(layer.n_channels):
            field = network.field(layer.name, c)
            n_narrower += field != whole
            for y, x in ((0, 0), (3, 5), (layer.size[0] - 1, layer.size[1] // 2)):
                lit = (value[:, c, y, x] > 0).reshape(SIDE, SIDE).numpy()
                box, actual = field.box(y, x, SIDE, SIDE), bounding_box(lit)
                if module is _SideBySide:
                    assert box == actual, (layer.name, c, y, x)
                else:  # which cannot be followed: never less than there is
                    assert box[0] <= actual[0] < actual[2] <= box[2]
                    assert box[1] <= actual[1] < actual[3] <= box[3]
        assert union(network.field(layer.name, c) for c in range(layer.n_channels)) == whole
    assert n_narrower > 0


def test_the_concatenations_of_densenet_have_channels_of_many_fields(random_network: Callable[[str], Network]) -> None:
    network = random_network("densenet121")
    name = "features.denseblock2.cat"
    fields = [network.field(name, c) for c in range(network.layer(name).n_channels)]
    sizes = [field.size[0] for field in fields]
    assert sorted(set(sizes)) == [63 + 16 * i for i in range(13)]
    assert sizes == sorted(sizes)  # 128 of the block before, then 32 of each layer
    assert [sizes.count(size) for size in sorted(set(sizes))] == [128] + [32] * 12
    assert union(fields) == network.layer(name).receptive_field
