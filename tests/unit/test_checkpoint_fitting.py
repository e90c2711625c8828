"""Weights that were read, put into a network: notes on them, and what does not fit."""

from __future__ import annotations

import re

import pytest
import torch
from torch import nn

from explorer.errors import BadCheckpoint
from explorer.loading.checkpoints import Checkpoint, load_state, read_checkpoint
from explorer.networks.vision import torchvision
from tests.weight_files import saved


@pytest.mark.parametrize(
    ("state", "notes"),
    [
        (
            {"a": torch.tensor([1.0, torch.nan, torch.nan]), "b": torch.tensor([torch.nan])},
            ("3 of its values are NaN",),
        ),
        (
            {"a": torch.tensor([torch.inf, -torch.inf, torch.nan])},
            ("1 of its values is NaN", "2 of its values are infinite"),
        ),
        ({"a": torch.tensor([1e300], dtype=torch.float64)}, ("1 of its values is infinite",)),
        ({"a": torch.tensor([3e38, 3e38])}, ()),  # their sum is not finite, they are
        ({"a": torch.zeros(3), "n": torch.tensor(5)}, ("all its weights are zero",)),
        ({"a": torch.zeros(3), "b": torch.tensor([0.0, 1e-30])}, ()),
    ],
)
def test_notes_on_the_values(state: dict[str, torch.Tensor], notes: tuple[str, ...]) -> None:
    assert read_checkpoint(saved(state)).notes == notes


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.bn, self.fc = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.bn(self.conv(x)).mean((2, 3)))  # type: ignore[no-any-return]


def test_a_model_without_memory_becomes_real() -> None:
    source = Small().eval()
    state = {key: value for key, value in source.state_dict().items() if not key.endswith("num_batches_tracked")}
    with torch.device("meta"):
        model = Small().eval()
    load_state(model, read_checkpoint(saved(state)), "small", "small.pth")
    assert {value.device.type for value in model.state_dict().values()} == {"cpu"}
    assert model.bn.num_batches_tracked is not None
    assert model.bn.num_batches_tracked.dtype == torch.int64
    x = torch.rand(2, 3, 8, 8)
    assert torch.equal(model(x), source(x))


def test_what_does_not_fit_is_said_and_nothing_is_copied() -> None:
    model = Small()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    state = {key: value + 1 for key, value in before.items() if key != "conv.weight"}
    state["fc.weight"], state["bn.bias"] = torch.ones(2, 5), torch.ones(9)

    def told(name: str = "net.pth") -> str:
        with pytest.raises(BadCheckpoint) as caught:
            load_state(model, Checkpoint(state, ""), "small", name)
        return str(caught.value)

    assert told() == (
        "'net.pth' does not fit small: it has no 'conv.weight', its 'bn.bias' is (9,) instead of (4,), "
        "its 'fc.weight' is (2, 5) instead of (2, 4). Choose the network it was saved from, or a checkpoint of small."
    )
    state["extra.weight"] = torch.ones(1)
    assert ", and 1 more entry does not fit. Choose" in told()
    state["fc.bias"] = torch.ones(2, dtype=torch.int64)
    assert ", and 2 more entries do not fit. Choose" in told()
    state.clear()
    state.update(before, extra=torch.ones(1))
    assert told().startswith("'net.pth' does not fit small: small has no 'extra'. Choose")
    state.clear()
    state.update(before, **{"fc.bias": torch.ones(2, dtype=torch.int64)})
    assert told().startswith("'net.pth' does not fit small: its 'fc.bias' holds whole numbers instead of fractions. ")
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_weights_of_another_architecture() -> None:
    state = torchvision.models.squeezenet1_1(num_classes=2).state_dict()
    with torch.device("meta"):
        others = {"resnet18": torchvision.models.resnet18(num_classes=2), "vit_b_16": torchvision.models.vit_b_16()}
    for name, model in others.items():
        with pytest.raises(
            BadCheckpoint,
            match=rf"^'net\.pth' does not fit {name}: (it has no '\S+', ){{3}}and \d+ more entries do not fit\. Choose",
        ):
            load_state(model, read_checkpoint(saved(state)), name, "net.pth")
        assert all(value.is_meta for value in model.state_dict().values())


def test_a_network_with_nan_in_it_still_loads() -> None:
    state = Small().state_dict()
    state["fc.weight"][0] = torch.nan
    checkpoint = read_checkpoint(saved(state))
    assert checkpoint.notes == ("4 of its values are NaN",)
    model = Small().eval()
    load_state(model, checkpoint, "small", "net.pth")
    assert model(torch.rand(1, 3, 8, 8)).isnan().tolist() == [[True, False]]


def test_the_names_of_densenets_published_files() -> None:
    new = torchvision.models.densenet121().state_dict()
    old = {re.sub(r"(denselayer.*)(norm|conv)([12])", r"\1\2.\3", key): value for key, value in new.items()}
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    with torch.device("meta"):
        model = torchvision.models.densenet121()
    load_state(model, Checkpoint(old, ""), "densenet121", "densenet121.pth")
    assert all(torch.equal(value, new[key]) for key, value in model.state_dict().items())


def test_the_version_of_mnasnet_is_kept() -> None:
    """It looks up a version that only torch's own state dict carries."""
    source = torchvision.models.mnasnet0_5()
    with torch.device("meta"):
        model = torchvision.models.mnasnet0_5()
    load_state(model, read_checkpoint(saved(source.state_dict())), "mnasnet0_5", "x.pth")
    assert torch.equal(model.layers[0].weight, source.layers[0].weight)  # type: ignore[arg-type]
