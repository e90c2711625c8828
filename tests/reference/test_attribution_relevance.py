"""Layer-wise relevance propagation against its rules, written out addend by addend, and what it must add up to."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.attribution.relevance import COMPOSITES
from explorer.errors import Unsuited
from explorer.networks.merging import norms_behind, sums_of
from explorer.networks.network import Network
from explorer.networks.preparation import PhotoPreparation
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.targets import Target
from tests.tiny import as_network, noise_image, tiny_network

from .papers import relative_difference
from .plain import without_overwriting

Array = NDArray[np.float64]
EPSILON, GAMMA = 1e-3, 0.4


class Small(nn.Module):
    """Every kind of operation that has a rule of its own: (3, 12, 12) -> (5, 6, 6) -> (5, 3, 3) -> (4,)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 5, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(5)
        self.conv2 = nn.Conv2d(5, 5, 3, padding=1)
        self.alone = nn.BatchNorm2d(5)
        self.fc = nn.Linear(5, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.norm(self.conv1(x)))
        y = self.alone(F.max_pool2d(F.relu(x + self.conv2(x)), 2))
        return self.fc(F.relu(y * 2).mean(dim=(2, 3)))


def small_network() -> tuple[Network, Small]:
    module, generator = Small(), torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.4)
        for norm in (module.norm, module.alone):
            assert norm.running_mean is not None
            assert norm.running_var is not None
            norm.running_mean.copy_(torch.randn(5, generator=generator) * 0.2)
            norm.running_var.copy_(torch.rand(5, generator=generator) + 0.5)
    return as_network(module, 12), module


def matrix(function: Callable[[torch.Tensor], torch.Tensor], shape: tuple[int, ...]) -> Array:
    """A linear function as a matrix: a column for each number that it reads."""
    n = int(np.prod(shape))
    columns = function(torch.eye(n, dtype=torch.float64).reshape(n, *shape))
    return columns.reshape(n, -1).T.numpy()


def favoured(a: Array, m: Array, z: Array) -> Array:
    """The addends with those of z's own sign 1 + gamma times."""
    return a * m + GAMMA * np.where(z[:, None] > 0, np.maximum(a * m, 0), np.minimum(a * m, 0))


def shared(addends: Array, bias: Array, relevance: Array) -> Array:
    """What each number that was read gets of the relevance of those that were given, one by one."""
    found = np.zeros(addends.shape[1])
    for addend, extra, share in zip(addends, bias, relevance, strict=True):
        total = addend.sum() + extra
        found += addend / (total + EPSILON * (1 if total >= 0 else -1)) * share
    return found


def by_rule(rule: str, a: Array, m: Array, b: Array, relevance: Array, box: tuple[Array, Array]) -> Array:
    """A rule of one layer, by its paper's formula."""
    z = m @ a + b
    up, down = np.maximum(b, 0), np.minimum(b, 0)
    if rule == "epsilon":
        return shared(a * m, b, relevance)
    if rule == "plus":
        return shared(np.maximum(a * m, 0), up, relevance)
    if rule == "alpha2-beta1":
        return 2 * shared(np.maximum(a * m, 0), up, relevance) - shared(np.minimum(a * m, 0), down, relevance)
    if rule == "gamma":
        return shared(favoured(a, m, z), b + GAMMA * np.where(z > 0, up, down), relevance)
    if rule == "square":
        return shared(m**2, b**2, relevance)
    low, high = box
    return shared(a * m - low * np.maximum(m, 0) - high * np.minimum(m, 0), 0 * b, relevance)


RULES = {  # of the first convolution and of the other one
    "epsilon-gamma-box": ("box", "gamma"),
    "epsilon-gamma-square": ("square", "gamma"),
    "epsilon-plus": ("plus", "plus"),
    "epsilon-alpha2-beta1": ("alpha2-beta1", "alpha2-beta1"),
    "epsilon": ("epsilon", "epsilon"),
}


def slow_relevance(network: Network, module: Small, x: torch.Tensor, target: int, composite: str) -> Array:
    """The relevance of each number of the picture, back through the five sums of `Small`."""
    module = copy.deepcopy(module).double()
    first, other = RULES[composite]
    assert isinstance(network.preprocessing, PhotoPreparation)
    mean, std = (np.array(one) for one in (network.preprocessing.mean, network.preprocessing.std))
    box = tuple(np.repeat((end - mean) / std, 144) for end in (0, 1))
    scales, shifts = [], []
    for norm in (module.norm, module.alone):
        scales.append(norm.weight / torch.sqrt(norm.running_var + norm.eps))  # type: ignore[operator]
        shifts.append(norm.bias - norm.running_mean * scales[-1])
    scale, shift = ([one.detach().numpy() for one in both] for both in (scales, shifts))
    # forward, as matrices
    a0 = x.double().numpy().ravel()
    m1 = matrix(lambda e: F.conv2d(e, module.conv1.weight, None, 2, 1), (3, 12, 12)) * np.repeat(scale[0], 36)[:, None]
    b1 = np.repeat(shift[0], 36)
    a1 = np.maximum(m1 @ a0 + b1, 0)
    assert module.conv2.bias is not None
    m2 = matrix(lambda e: F.conv2d(e, module.conv2.weight, None, 1, 1), (5, 6, 6))
    b2 = np.repeat(module.conv2.bias.detach().numpy(), 36)
    z2 = m2 @ a1 + b2
    a2 = np.maximum(a1 + z2, 0).reshape(5, 6, 6)
    windows = a2.reshape(5, 3, 2, 3, 2).transpose(0, 1, 3, 2, 4).reshape(45, 4)
    a3 = windows.max(axis=1)
    m4, b4 = np.diag(np.repeat(scale[1], 9)), np.repeat(shift[1], 9)
    a4 = np.maximum(2 * (m4 @ a3 + b4), 0)
    m5 = np.kron(np.eye(5), np.full((1, 9), 1 / 9))
    a5 = m5 @ a4
    m6, b6 = module.fc.weight.detach().numpy(), module.fc.bias.detach().numpy()
    # back
    r = np.zeros(4)
    r[target] = (m6 @ a5 + b6)[target]
    r = by_rule("epsilon", a5, m6, b6, r, (a5, a5))
    r = shared(a4 * m5, np.zeros(5), r)
    r *= (y := 2 * (m4 @ a3 + b4)) / (y + EPSILON * np.where(y >= 0, 1, -1))  # of the doubling, one addend each
    r = by_rule("epsilon", a3, m4, b4, r, (a3, a3))
    winners = np.zeros((45, 4))
    winners[np.arange(45), windows.argmax(axis=1)] = r
    r = winners.reshape(5, 3, 3, 2, 2).transpose(0, 1, 3, 2, 4).ravel()
    whole = a1 + z2
    r /= whole + EPSILON * np.where(whole >= 0, 1, -1)
    r = a1 * r + by_rule(other, a1, m2, b2, z2 * r, (a1, a1))
    return by_rule(first, a0, m1, b1, r, (box[0], box[1])).reshape(3, 12, 12)


@pytest.mark.parametrize("composite", COMPOSITES)
def test_relevance_is_shared_out_as_the_papers_say(composite: str, image: ImageInput) -> None:
    network, module = small_network()
    options: dict[str, Any] = {"composite": composite, "epsilon": EPSILON, "gamma": GAMMA}
    for target in (0, 2):
        found = explorer.attribute(network, image, "lrp", target, **options)
        assert found.pixels is not None
        expected = slow_relevance(network, module, network.prepare(image).tensor, target, composite)
        assert relative_difference(found.pixels.astype(np.float64), expected) < 1e-4
        total = float(found.pixels.sum(dtype=np.float64))
        assert found.note == f"The pixels add up to {total:.4g}, and the score is {found.score:.4g}."


def test_composites_that_are_tested_are_those_that_there_are() -> None:
    assert RULES.keys() == COMPOSITES.keys()


# What is shared out is neither more nor less than the score


def without_biases(network: Network) -> None:
    with torch.no_grad():
        for name, tensor in [*network.graph.recorder.named_parameters(), *network.graph.recorder.named_buffers()]:
            if name.endswith(("bias", "running_mean")):
                tensor.zero_()


@pytest.mark.parametrize("composite", [name for name in COMPOSITES if name != "epsilon-alpha2-beta1"])
def test_without_biases_the_pixels_add_up_to_the_score(composite: str, image: ImageInput) -> None:
    """With alpha 2 and beta 1 they need not: where all addends have one sign, twice as much is shared out."""
    network, _ = small_network()
    without_biases(network)
    for target in (Target(1), Target(0, against=3), Target(2, layer="relu_1"), Target(2, layer="conv2", place=(1, 4))):
        found = explorer.attribute(network, image, "lrp", target, composite=composite, epsilon=0)
        assert found.pixels is not None
        assert found.score != 0
        assert found.pixels.sum(dtype=np.float64) == pytest.approx(found.score, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("composite", ["epsilon-gamma-box", "epsilon-plus"])
def test_a_large_network_without_biases_adds_up_too(composite: str) -> None:
    network = explorer.load_network("vgg11", "random", seed=5)
    without_biases(network)
    found = explorer.attribute(network, load_sample("chelsea"), "lrp", 281, composite=composite, epsilon=0)
    assert found.pixels is not None
    assert found.score != 0
    assert abs(found.pixels.sum(dtype=np.float64) - found.score) <= 1e-4 * abs(found.score)


def test_a_first_layer_behind_a_border_has_the_bounds_that_it_reads(image: ImageInput) -> None:
    """Zeros around the picture are no colour: their relevance is dropped, and that of a picture with none is all of
    it."""
    conv = nn.Conv2d(3, 4, 3, bias=False)
    outer = tiny_network(nn.Sequential(nn.ZeroPad2d(1), conv, nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    inner = as_network(nn.Sequential(Bordered(conv), nn.AdaptiveAvgPool2d(1), nn.Flatten()), 24)
    one, other = (explorer.attribute(network, image, "lrp", 1).pixels for network in (outer, inner))
    assert one is not None
    assert other is not None
    assert relative_difference(one, other) < 1e-5


class Bordered(nn.Conv2d):
    """The same convolution with its border inside."""

    def __new__(cls, conv: nn.Conv2d) -> Any:
        bordered = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        bordered.weight = conv.weight
        return bordered


# Batch norms


def test_a_merged_batch_norm_gives_what_both_gave(pocket: Network) -> None:
    graph, image = pocket.graph, load_sample("chelsea")
    merged = norms_behind(graph, list(graph.nodes))
    assert len(merged) == sum(graph.operation(name) == "BatchNorm2d" for name in graph.nodes)
    trace = explorer.run(pocket, image)
    for name, norm in merged.items():
        sums = sums_of(graph, name, norm)
        inputs = pocket.layers[name].inputs
        read = trace.activations[inputs[0]] if inputs else trace.prepared.tensor
        with torch.inference_mode():
            assert relative_difference(sums.total(read)[0].numpy(), trace[norm]) < 1e-5


def test_a_convolution_that_others_read_keeps_its_numbers() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.conv(x)
            return (x + self.norm(x)).mean(dim=(2, 3))

    network = tiny_network(Twice())
    assert norms_behind(network.graph, list(network.graph.nodes)) == {}
    without_biases(network)
    found = explorer.attribute(network, noise_image(), "lrp", 1, composite="epsilon", epsilon=0)
    assert found.pixels is not None
    assert found.pixels.sum(dtype=np.float64) == pytest.approx(found.score, rel=1e-4)


class Written(nn.Module):
    """The same as `Small`, with functions in the place of modules: their weights are read one by one."""

    def __init__(self, small: Small) -> None:
        super().__init__()
        self.small = small

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        own = self.small
        x = F.relu(self.normed(own.norm, F.conv2d(x, own.conv1.weight, None, stride=2, padding=1)))
        y = self.normed(
            own.alone, F.max_pool2d(F.relu(x + F.conv2d(x, own.conv2.weight, own.conv2.bias, padding=1)), 2)
        )
        return F.linear(F.relu(y * 2).mean(dim=(2, 3)), own.fc.weight, own.fc.bias)

    @staticmethod
    def normed(norm: nn.BatchNorm2d, x: torch.Tensor) -> torch.Tensor:
        return F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias, False, 0.1, norm.eps)


@pytest.mark.parametrize("method", ["lrp", "full_grad"])
def test_functions_share_out_as_modules_do(method: str, image: ImageInput) -> None:
    modules, module = small_network()
    functions = as_network(Written(module), 12)
    one, other = (explorer.attribute(network, image, method, 2, signed=True) for network in (modules, functions))
    assert relative_difference(other.values, one.values) < 1e-5
    assert one.score == pytest.approx(other.score)


# Networks with something that has no rule


class Gated(nn.Module):
    """One value times another."""

    def __init__(self, gate: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.conv, self.gate = nn.Conv2d(3, 4, 3), gate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.gate(self.conv(x)).mean(dim=(2, 3))


@pytest.mark.parametrize(
    ("gate", "operation"),
    [
        (lambda x: x * torch.sigmoid(x), "mul of Tiny (multiplication)"),
        (lambda x: x * x, "mul of Tiny (multiplication)"),
        (lambda x: F.softmax(x, 1), "softmax of Tiny (softmax)"),
        (lambda x: F.layer_norm(x, x.shape[1:]), "layer_norm of Tiny (layer norm)"),
        (torch.exp, "exp of Tiny (exp)"),
    ],
)
def test_an_operation_without_a_rule_is_named(gate: Callable[[torch.Tensor], torch.Tensor], operation: str) -> None:
    network = tiny_network(without_overwriting(Gated(gate)))
    with pytest.raises(Unsuited) as caught:
        explorer.attribute(network, noise_image(), "lrp")
    assert str(caught.value) == (
        f"Layer-wise relevance propagation has no rule for {operation}. Choose a method that takes any network, such "
        "as 'integrated_gradients'."
    )
    before = explorer.attribute(network, noise_image(), "lrp", Target(1, layer="conv"))  # before it, all have one
    assert before.values.any()
