"""FullGrad against a network whose biases are written out, and against what it must add up to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.attribution.full_gradient import spread
from explorer.errors import Unsuited
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.targets import Target
from tests.tiny import Overwriting, as_network, noise_image, tiny_network

from .papers import relative_difference


class Biased(nn.Module):
    """A convolution with a bias, a batch norm, a function that is no ReLU, and a dense layer: 12 x 12 to 6 x 6."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(5)
        self.fc = nn.Linear(5, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(F.silu(self.norm(self.conv(x))).mean(dim=(2, 3)))


def biased() -> tuple[Network, Biased]:
    module, generator = Biased(), torch.Generator().manual_seed(2)
    with torch.no_grad():
        for tensor in [*module.parameters(), *module.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, generator=generator) - (0.3 if tensor.ndim == 4 else 0))
    return as_network(module, 12), module


def written_out(module: Biased, x: torch.Tensor, target: int) -> torch.Tensor:
    """(12, 12): every bias is a number of its own at its place, and the gradient is taken there; the implicit one of
    SiLU is what the tangent at z leaves at 0, silu(z) - z silu'(z)."""
    norm = module.norm
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert module.conv.bias is not None
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    per_place = (1, 5, 6, 6)
    first = module.conv.bias.reshape(1, 5, 1, 1).expand(per_place).detach().clone().requires_grad_()
    second = (norm.bias - norm.running_mean * scale).reshape(1, 5, 1, 1).expand(per_place).detach().clone()
    second.requires_grad_()
    x = x.clone().requires_grad_()
    z = (F.conv2d(x, module.conv.weight, None, 2, 1) + first) * scale[:, None, None] + second
    slope = torch.sigmoid(z) * (1 + z * (1 - torch.sigmoid(z)))
    third = (F.silu(z) - slope * z).detach().clone().requires_grad_()
    last = module.fc.bias.detach().clone().requires_grad_()
    # the network's own value and slopes, with the bias of SiLU as an addend
    score = F.linear((slope.detach() * z + third).mean(dim=(2, 3)), module.fc.weight, last)[0, target]
    grads = torch.autograd.grad(score, (x, first, second, third, last))
    terms = [(value * grad).detach() for value, grad in zip((x, first, second, third, last), grads, strict=True)]
    found = terms[0].sum(dim=(0, 1)) + terms[4].sum() / 144
    for term in terms[1:4]:
        maps = term.sum(dim=1, keepdim=True)
        found += F.interpolate(maps, (12, 12), mode="bilinear", align_corners=False)[0, 0] / 4  # of four pixels a cell
    return found


def test_every_bias_counts_where_it_is_added(image: ImageInput) -> None:
    network, module = biased()
    for target in (0, 3):
        found = explorer.attribute(network, image, "full_grad", target, signed=True)
        expected = written_out(module, network.prepare(image).tensor, target)
        assert relative_difference(found.values, expected.numpy()) < 1e-5
        assert np.array_equal(
            explorer.attribute(network, image, "full_grad", target).values, np.maximum(found.values, 0)
        )
        assert found.evaluations == 2
        assert found.note == (
            f"The pixels add up to {found.values.sum(dtype=np.float64):.4g}, and the score is {found.score:.4g}."
        )


NAMES = ("pocket_resnet", "lenet5", "mobilenet_v3_small", "shufflenet_v2_x0_5", "densenet121", "googlenet")


@pytest.mark.parametrize("name", NAMES)
def test_pixels_and_biases_add_up_to_the_score(name: str, random_network: Callable[[str], Network]) -> None:
    """Whatever the network: squeeze and excitation, channels that are shuffled, batch norms that stand alone."""
    network, image = random_network(name), load_sample("digit" if name == "lenet5" else "chelsea")
    found = explorer.attribute(network, image, "full_grad", signed=True)
    largest = np.abs(explorer.run(network, image).logits).max()
    assert abs(found.values.sum(dtype=np.float64) - found.score) <= 1e-3 * largest


@pytest.mark.parametrize(
    "target",
    [
        Target(1),
        Target(1, against=3),
        Target(4, layer="cat"),
        Target(4, layer="cat", place=(2, 3)),
        Target(2, layer="fc"),
    ],
)
def test_any_number_of_the_network_has_all_its_parts(target: Target, tiny: Network, image: ImageInput) -> None:
    found = explorer.attribute(tiny, image, "full_grad", target, signed=True)
    assert found.values.sum(dtype=np.float64) == pytest.approx(found.score, rel=1e-4)


def test_a_score_of_a_bias_alone_lies_over_all_pixels_evenly() -> None:
    network = tiny_network(Overwriting())
    with torch.no_grad():
        network.graph.recorder.get_parameter("fc.weight").zero_()
        network.graph.recorder.get_parameter("fc.bias").fill_(0.5)
    found = explorer.attribute(network, noise_image(), "full_grad", 2)
    assert found.values == pytest.approx(np.full((24, 24), 0.5 / 24**2), rel=1e-5)


@pytest.mark.parametrize(("cells", "size"), [((1, 1), (4, 5)), ((3, 5), (7, 13)), ((2, 4), (4, 8)), ((9, 6), (4, 6))])
def test_a_map_keeps_its_sum_at_any_size(cells: tuple[int, int], size: tuple[int, int]) -> None:
    drawn = np.random.default_rng(1).normal(size=cells).astype(np.float32)
    found = spread(drawn, size)
    assert found.shape == size
    assert found.sum() == pytest.approx(drawn.sum(dtype=np.float64), rel=1e-6)
    one = np.zeros(cells, np.float32)
    one[-1, 0] = 1
    y, x = np.unravel_index(spread(one, size).argmax(), size)
    assert (y + 0.5) / size[0] == pytest.approx((cells[0] - 0.5) / cells[0], abs=0.5 / min(cells[0], size[0]))
    assert (x + 0.5) / size[1] == pytest.approx(0.5 / cells[1], abs=0.5 / min(cells[1], size[1]))


class Attending(nn.Module):
    """Places that look at each other."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 4, stride=4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x).flatten(2).transpose(1, 2).unsqueeze(1)
        return F.scaled_dot_product_attention(x, x, x).mean(dim=(1, 2))


def test_an_operation_without_a_second_slope_is_named(image: ImageInput) -> None:
    with pytest.raises(Unsuited) as caught:
        explorer.attribute(tiny_network(Attending()), image, "full_grad")
    assert str(caught.value) == (
        "FullGrad follows the slopes of each operation twice, and torch cannot follow those of "
        "scaled_dot_product_attention of Tiny (attention). Choose another method, such as 'integrated_gradients'."
    )
