"""What a first batch norm remembers of how pictures were scaled: networks that are trained here, and a real one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import explorer
from explorer.loading.checkpoints import read_checkpoint
from explorer.loading.scaling import SCALINGS, read_scaling
from explorer.networks.preparation import PhotoPreparation
from explorer.pictures.samples import load_sample

POCKET = Path(explorer.__file__).parents[1] / "assets" / "pocket_resnet.safetensors"
PHOTOGRAPHS = ("chelsea", "coffee", "raccoon", "astronaut", "rocket", "photographer")


def batch(generator: np.random.Generator, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Parts of photographs in other light, scaled in that way, and from which of them each was cut."""
    parts, labels = [], []
    for label, photograph in enumerate(PHOTOGRAPHS):
        pixels = load_sample(photograph).pixels
        for _ in range(4):
            top, left = (generator.integers(0, side - 63) for side in pixels.shape[:2])
            light = generator.uniform(0.8, 1.2)
            parts.append(np.clip(pixels[top : top + 64, left : left + 64] * light, 0, 255) / 255)
            labels.append(label)
    values = (np.stack(parts) - SCALINGS[name].mean) / SCALINGS[name].std
    return torch.from_numpy(values.transpose(0, 3, 1, 2)).float(), torch.tensor(labels)


def trained(name: str, seed: int) -> nn.Module:
    """A small network that has learned to tell the photographs apart by their parts."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Conv2d(16, 16, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
            nn.Linear(16, len(PHOTOGRAPHS)),
        ).train()  # fmt: skip
    optimizer = torch.optim.Adam(module.parameters(), 0.003)
    generator = np.random.default_rng(seed)
    for _ in range(60):
        x, labels = batch(generator, name)
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(x), labels).backward()
        optimizer.step()
    return module.eval()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "seed"), [("imagenet", 0), ("half", 1), ("unit", 2), ("bytes", 3), ("mean-colour", 4)]
)
def test_a_trained_network_remembers_how_its_pictures_were_scaled(name: str, seed: int) -> None:
    reading = read_scaling(trained(name, seed), 160)
    assert reading is not None
    assert (reading.best, reading.is_decided) == (name, True), dict(reading.divergences)


def test_the_shipped_network_remembers_imagenet_s_mean() -> None:
    state = read_checkpoint(POCKET).state
    module = nn.Sequential(nn.Conv2d(3, 32, 7, 2, 3, bias=False), nn.BatchNorm2d(32))
    module.load_state_dict(
        {"0.weight": state["conv1.weight"], **{f"1.{key[4:]}": state[key] for key in state if key.startswith("bn1.")}}
    )
    reading = read_scaling(module.eval(), 160)
    assert reading is not None
    assert (reading.best, reading.is_decided) == ("imagenet", True)
    assert list(reading.divergences.values()) == sorted(reading.divergences.values())
    assert set(SCALINGS) - set(reading.divergences) == {"tensorflow"}  # half a grey level from "half": one answer


def test_the_divergence_is_that_of_two_normal_distributions() -> None:
    """By torch's own, channel by channel, for a convolution that passes each colour on."""
    module = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3))
    with torch.no_grad():
        module[0].weight.copy_(torch.eye(3)[:, :, None, None])  # type: ignore[index]
        module[0].bias.zero_()  # type: ignore[index]
        module[1].running_mean.copy_(torch.tensor([0.1, 0.2, 0.6]))  # type: ignore[index]
        module[1].running_var.copy_(torch.tensor([0.5, 0.1, 0.05]))  # type: ignore[index]
    reading = read_scaling(module.eval(), 96)
    assert reading is not None
    unit = PhotoPreparation(round(96 / 0.875), 96, mean=(0.0,) * 3, std=(1.0,) * 3)
    x = torch.cat([unit(load_sample(name)).tensor for name in PHOTOGRAPHS[:5]]).double()
    met = torch.distributions.Normal(x.mean(dim=(0, 2, 3)), x.std(dim=(0, 2, 3)))
    kept = torch.distributions.Normal(
        torch.tensor([0.1, 0.2, 0.6]).double(), torch.tensor([0.5, 0.1, 0.05]).double().sqrt()
    )
    kl = torch.distributions.kl_divergence
    expected = ((kl(met, kept) + kl(kept, met)) / 2).median()
    assert reading.divergences["unit"] == pytest.approx(float(expected), rel=1e-5)


def met(norm: nn.BatchNorm2d) -> nn.BatchNorm2d:
    """The same, after it has met something."""
    assert norm.running_mean is not None
    norm.running_mean.fill_(0.3)
    return norm


@pytest.mark.parametrize(
    "module",
    [
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), met(nn.BatchNorm2d(4))),
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)),  # folded, or as it was made: mean 0, variance 1
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=False)),
        nn.Sequential(nn.Conv2d(1, 4, 3), met(nn.BatchNorm2d(4))),
        nn.Sequential(nn.Linear(4, 3)),
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4)),
    ],
    ids=["behind another", "folded", "keeps nothing", "grey", "no convolution", "another norm"],
)
def test_where_nothing_is_kept_nothing_is_read(module: nn.Module) -> None:
    assert read_scaling(module.eval(), 64) is None
