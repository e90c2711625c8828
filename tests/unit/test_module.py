"""Modules of one's own: what their code computes is what is recorded, and they stay as they were."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.errors import BadCategories, BadModule, BadPreparation, TooLarge
from explorer.networks.preparation import PhotoPreparation
from explorer.networks.vision import torchvision
from explorer.running import memory
from tests.tiny import noise_image

SIZE = (3, 24, 24)


class Small(nn.Module):
    """A convolution, a batch norm, a dropout, a head; what it returns is a matter of `given`."""

    def __init__(self, n: int = 3, given: Any = None) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.bn = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(4, n)
        self.given = given

    def forward(self, x: torch.Tensor) -> Any:
        y = self.head(self.drop(torch.relu(self.bn(self.conv(x))).mean((2, 3))))
        return y if self.given is None else self.given(y)


def small(n: int = 3, given: Any = None) -> Small:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Small(n, given)


def test_what_is_recorded_is_what_its_own_code_computes() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = torchvision.models.resnet18(num_classes=4).eval()
    network = explorer.network_of(module, categories=("ant", "bee", "cow", "dog"), name="mine")
    trace = explorer.run(network, noise_image(), "top")
    with torch.inference_mode():
        assert np.allclose(trace.logits, module(trace.prepared.tensor)[0], atol=1e-5)
    assert (network.name, network.categories[1], network.stages[-1]) == ("mine", "bee", "fc")
    assert explorer.attribute(network, noise_image(), target=2).values.shape == (7, 7)


def test_the_module_stays_as_it_was_and_goes_its_own_way() -> None:
    module = small().train()
    module.bn.eval()
    module.conv.weight.requires_grad_(False)
    before, flags = copy.deepcopy(module.state_dict()), [part.training for part in module.modules()]
    network = explorer.network_of(module, input_size=SIZE)
    logits = explorer.run(network, noise_image()).logits.copy()
    assert [part.training for part in module.modules()] == flags
    assert [p.requires_grad for p in module.parameters()] == [False, *[True] * 5]
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert "The module was in training mode; here it is in evaluation mode" in network.notes
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(1)
    assert np.array_equal(explorer.run(network, noise_image()).logits, logits)
    assert explorer.network_of(module, input_size=SIZE).key != network.key
    assert explorer.network_of(small(), input_size=SIZE).key == network.key


def test_hooks_are_left_out_and_not_called() -> None:
    module, called = small().eval(), []
    module.conv.register_forward_hook(lambda *_: called.append(1))
    module.register_forward_pre_hook(lambda *_: called.append(2))
    network = explorer.network_of(module, input_size=SIZE)
    explorer.run(network, noise_image())
    assert not called
    assert "Its 2 hooks are left out" in network.notes
    module(torch.zeros(1, *SIZE))
    assert called == [2, 1]  # they are still there


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_other_precision_are_worked_with_as_float32(dtype: torch.dtype) -> None:
    module = small().eval().to(dtype)
    network = explorer.network_of(module, input_size=SIZE)
    name = str(dtype).removeprefix("torch.")
    assert f"Its weights are {name}; here they are worked with as float32" in network.notes
    assert module.conv.weight.dtype == dtype
    assert np.array_equal(network.weights("conv")["weight"], module.conv.weight.detach().float())


def test_tied_weights_stay_tied_and_one_logit_is_two_classes() -> None:
    module = nn.Sequential(
        nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 1)
    )
    first, second = module[0], module[1]
    assert isinstance(first, nn.Conv2d)
    second.weight = first.weight
    network = explorer.network_of(module.eval(), input_size=SIZE)
    assert network.categories == ("class 0", "class 1")
    assert np.array_equal(network.weights("0")["weight"], network.weights("1")["weight"])


def test_how_pictures_are_prepared_is_said_or_assumed_with_a_note() -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
    assumed = explorer.network_of(module, input_size=SIZE)
    assert any("which is assumed" in note for note in assumed.notes)
    assert assumed.preprocessing == PhotoPreparation(27, 24)
    said = PhotoPreparation(30, 24, mean=(0.5,) * 3, std=(0.5,) * 3)
    network = explorer.network_of(module, said)
    assert network.preprocessing == said
    assert not network.notes


class Shifted(nn.Module):
    """Works out numbers that no picture reaches, as an embedding of places is."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.tensor([-1.0, 2.0, 3.0]))
        self.net = small()

    def forward(self, x: torch.Tensor) -> Any:
        return self.net(x) + torch.relu(self.shift)


def test_what_no_picture_reaches_is_no_layer_and_in_nobody_s_way() -> None:
    module = Shifted().eval()
    network = explorer.network_of(module, input_size=SIZE)
    trace = explorer.run(network, noise_image(), 1)
    x = trace.prepared.tensor.clone().requires_grad_()
    values = module.net.conv(x)
    (expected,) = torch.autograd.grad(
        (module.net.head(torch.relu(module.net.bn(values)).mean((2, 3))) + module.shift.relu())[0, 1], values
    )
    assert np.allclose(trace.gradient("net.conv"), expected[0], atol=1e-6)
    assert "relu" not in network.layers  # it is no map of any picture
    assert network.layer("add").inputs == ("net.head",)
    assert explorer.attribute(network, noise_image(), target=1, layer="net.conv").values.shape == (22, 22)


def control_flow(y: torch.Tensor) -> torch.Tensor:
    return y if y.sum() > 0 else -y


def quantised() -> nn.Module:
    """By its name alone: torch warns of whatever makes one."""
    layer = type("Linear", (nn.Identity,), {"__module__": "torch.ao.nn.quantized.dynamic.modules.linear"})
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), layer())


class Attending(nn.Module):
    """A transformer: patches that do not overlap, and attention between them."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.head = nn.Conv2d(3, 8, 4, 4), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = self.patches(x).flatten(2).transpose(1, 2)
        return self.head(nn.functional.scaled_dot_product_attention(rows, rows, rows).mean(1))


class Two(nn.Module):
    def forward(self, x: torch.Tensor, depth: torch.Tensor) -> torch.Tensor:
        return x + depth


class Scaling(nn.Module):
    """Takes what a data set's mean and deviation are from pictures itself."""

    mean: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.full((1, 3, 1, 1), 0.5))
        self.net = small()

    def forward(self, x: torch.Tensor) -> Any:
        return self.net((x - self.mean) / 0.25)


def test_numbers_that_are_no_weights_may_flow_in() -> None:
    module = Scaling().eval()
    network = explorer.network_of(module, input_size=SIZE)
    trace = explorer.run(network, noise_image())
    with torch.inference_mode():
        assert np.allclose(trace.logits, module(trace.prepared.tensor)[0], atol=1e-5)
    assert not network.weights("sub")


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (small(given=lambda y: (y, y)), "Small returns a tuple for one picture. One tensor of logits"),
        (small(given=lambda y: {"out": y, "aux": y}), "Small returns a dict with 'out', 'aux' for one picture."),
        (small(given=lambda y: print(end="")), "Small returns nothing for one picture."),
        (small(given=lambda y: y[..., None, None]), r"Small returns a tensor \(1, 3, 1, 1\) for one picture."),
        (small(given=control_flow), "Small cannot be followed operation by operation: "),
        (small(given=lambda y: y + torch.rand(3)), "Small gives other numbers each time, or decides by values"),
        (Attending(), "Attending mixes all places of the picture by 'scaled_dot_product_attention' in "),
        (quantised(), "Sequential has quantised layers"),
        (Two(), "The forward of Two takes 'x', 'depth'. Wrap it in a module that takes a batch of pictures alone."),
        (nn.Sequential(nn.LazyConv2d(3, 3)), "Sequential has lazy layers without weights."),
        (nn.Sequential(nn.Conv2d(4, 3, 3)), r"Sequential cannot read a batch of pictures \(1, 3, 24, 24\): "),
        ({"conv.weight": torch.zeros(3)}, "network_of takes a torch.nn.Module, not dict."),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_a_sentence(module: Any, says: str) -> None:
    with pytest.raises(BadModule, match=f"^{says}"):
        explorer.network_of(module, input_size=SIZE)


def test_what_does_not_go_together_is_a_sentence() -> None:
    module = small()
    with pytest.raises(BadModule, match=r"^input_size is \(3, 24, 32\)\. It is \(C, H, H\)"):
        explorer.network_of(module, input_size=(3, 24, 32))
    with pytest.raises(
        BadPreparation, match=r"^The preparation makes 3 × 28 × 28 of a picture, and input_size says 3 × 24"
    ):
        explorer.network_of(module, PhotoPreparation(28, 28), input_size=SIZE)
    half: Any = "half"
    with pytest.raises(
        BadPreparation, match=r"^The preparation of a module is a PhotoPreparation or a BandPreparation, not str\."
    ):
        explorer.network_of(module, half)
    with pytest.raises(BadPreparation, match=r"^Std must be above 0\."):
        explorer.network_of(module, PhotoPreparation(24, 24, std=(0.0, 1.0, 1.0)))
    with pytest.raises(BadCategories, match=r"^There are 2 class names, but Small has 3 classes\."):
        explorer.network_of(module, categories=("ant", "bee"), input_size=SIZE)


class _Padded(nn.Module):
    """Zeros on one side, as Keras and TensorFlow set them, in each of the ways in which torch writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.before = nn.ZeroPad2d((2, 0, 1, 0))  # left, right, top, bottom
        self.conv = nn.Conv2d(3, 4, 3, stride=2)
        self.head = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.pad(self.before(x), (0, 3, 2, 0))
        return self.head(nn.functional.relu(self.conv(x)).mean((2, 3)))


def test_a_border_moves_what_a_unit_sees() -> None:
    network = explorer.network_of(_Padded(), input_size=(3, 32, 32))
    assert [network.layer(name).border for name in ("before", "pad", "conv")] == [(1, 2), (2, 0), None]
    assert network.layer("conv").receptive_field.box(4, 5, 32, 32) == (5, 8, 8, 11)  # 2 * 4 - 3 and 2 * 5 - 2


class _Segmenting(nn.Module):
    """Answers with a map for each class, as large as the picture, in a dict."""

    def __init__(self, mode: str = "bilinear", align_corners: bool | None = False, factor: float = 4) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.down = nn.Sequential(nn.Conv2d(3, 6, 3, 2, 1), nn.ReLU(), nn.MaxPool2d(2))
        self.classes = nn.Conv2d(6, 4, 1)
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.mode, self.align_corners, self.factor = mode, align_corners, factor

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        y = self.classes(self.down(x))
        larger = nn.functional.interpolate(
            y, scale_factor=self.factor, mode=self.mode, align_corners=self.align_corners
        )
        return {"out": larger, "half": self.up(y)}


def test_a_target_makes_logits_of_what_a_module_returns() -> None:
    module = _Segmenting()
    says = r"^_Segmenting returns a dict with 'out', 'half' for one picture\. .* target=lambda output: (.*)\.$"
    with pytest.raises(BadModule, match=says) as caught:
        explorer.network_of(module, input_size=(3, 32, 32))
    offered = str(caught.value).partition("target=")[2].rstrip(".")
    assert offered == "lambda output: output['out'].mean((2, 3))"
    network = explorer.network_of(
        module, input_size=(3, 32, 32), target=lambda output: output["out"].mean((2, 3)) + output["half"].amax((2, 3))
    )
    trace = explorer.run(network, noise_image(), "top")
    with torch.no_grad():
        output = module.eval()(trace.prepared.tensor)
    expected = output["out"].mean((2, 3)) + output["half"].amax((2, 3))
    assert np.allclose(trace.logits, expected[0], atol=1e-5)
    larger = network.layer("module.interpolate")
    assert (larger.kind, larger.shape) == ("upsampling", (4, 32, 32))


@pytest.mark.parametrize("name", ["module.interpolate", "module.up"])
def test_a_unit_of_enlarged_maps_sees_no_more_than_is_said(name: str) -> None:
    network = explorer.network_of(
        _Segmenting(), input_size=(3, 32, 32), target=lambda output: output["out"].mean((2, 3)) + output["half"].sum()
    )
    layer = network.layer(name)
    for unit in ((0, 0), (5, 6), (7, 13), (layer.shape[1] - 1, layer.shape[2] - 1)):
        picture = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)).requires_grad_()
        values = network.graph.run(picture)[1][name]
        assert isinstance(values, torch.Tensor)
        values[0, :, unit[0], unit[1]].sum().backward()
        assert picture.grad is not None
        seen = picture.grad.abs().sum((0, 1)).numpy() > 0
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        top, left, bottom, right = layer.receptive_field.box(*unit, 32, 32)
        assert top <= rows[0]
        assert left <= columns[0]
        assert rows[-1] < bottom
        assert columns[-1] < right
        assert bottom - top < 32  # it is no more than needed to hold them all


@pytest.mark.parametrize(
    "module", [_Segmenting(align_corners=True), _Segmenting("bicubic", False), _Segmenting(factor=2.5)]
)
def test_what_units_of_maps_that_are_enlarged_otherwise_see_is_said_to_be_all(module: nn.Module) -> None:
    network = explorer.network_of(module, input_size=(3, 32, 32), target=lambda output: output["out"].mean((2, 3)))
    assert network.layer("module.interpolate").receptive_field.whole


def test_what_runs_a_module_is_looked_through() -> None:
    module, compiled = small(), nn.Identity()
    compiled._orig_mod = module  # as torch.compile does it
    for wrapped in (nn.DataParallel(module), compiled):
        assert explorer.network_of(wrapped, input_size=SIZE).key == explorer.network_of(module, input_size=SIZE).key


def test_weights_that_are_no_numbers_are_shown_as_they_are() -> None:
    module = small()
    with torch.no_grad():
        next(module.parameters()).fill_(torch.nan)
    assert not explorer.run(explorer.network_of(module, input_size=SIZE), noise_image()).is_finite


def test_two_layers_may_read_the_picture() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.other = nn.Conv2d(3, 2, 3, padding=1), nn.Conv2d(3, 2, 5, padding=2)

        def forward(self, x: torch.Tensor) -> Any:
            return torch.cat([self.one(x), self.other(x)], 1).amax((2, 3))

    network = explorer.network_of(Both(), input_size=SIZE)
    assert network.layer("one").inputs == network.layer("other").inputs == ()
    assert network.layer("cat").receptive_field.size == (5, 5)


def test_a_pass_that_needs_more_memory_than_there_is_is_refused_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small module may widen a picture a thousandfold. Twice what every operation gives, as gradients come on top."""
    module = nn.Sequential(nn.Conv2d(3, 1000, 1), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(1000, 2))
    given = 4 * (2 * 1000 * 24 * 24 + 2 * 1000 + 2)
    for free in (given, 4 * given):
        monkeypatch.setattr(memory, "available_bytes", lambda _, free=free: free)
        if free < 2 * given:
            with pytest.raises(TooLarge, match=r"^One pass of Sequential needs 0\.0 GiB; on this machine"):
                explorer.network_of(module, input_size=SIZE)
        else:
            explorer.network_of(module, input_size=SIZE)
