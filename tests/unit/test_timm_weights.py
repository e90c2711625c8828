"""What is known of timm's trained weights, how pictures are prepared for them, and where their files are found."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

import explorer
from explorer.errors import BadCheckpoint, WeightsUnavailable
from explorer.loading.catalog import find, list_networks
from explorer.loading.efficientnet_lite import SCALES, EfficientNetLite
from explorer.loading.load import pretrained_is_here
from explorer.loading.preparations import as_text, parse_preparation, preparation_sentence
from explorer.loading.published import VARIABLE, find_set, networks_here, weight_sets
from explorer.loading.sources import timm as source
from explorer.networks import vision  # noqa: F401  # before timm imports torchvision
from explorer.networks.preparation import PhotoPreparation
from explorer.pictures.samples import load_sample

import timm  # isort: skip
from timm import data as timm_data  # isort: skip

RESNET = "timm/test_resnet"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own, and an empty cache."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "own"))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


def saved(path: Path, name: str = "test_resnet", **options: Any) -> torch.nn.Module:
    """The weights of a network of timm, drawn at random, as timm saves them."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        module: torch.nn.Module = timm.create_model(name, **options).eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file(module.state_dict(), path)
    return module


def same(network: explorer.Network, module: torch.nn.Module) -> bool:
    x = network.prepare(load_sample("coffee")).tensor
    with torch.inference_mode():
        return torch.allclose(network.graph.run(x.clone())[0], module(x), atol=1e-5)


def test_the_tables_say_what_timm_says() -> None:
    known = source.architectures()
    assert [*known] == sorted((f"timm/{name}" for name in timm.list_models()), key=[*known].index)
    assert {row.info.family for row in known.values()} == {*timm.list_modules()}
    n_sets = 0
    for info in list_networks("timm"):
        usual: Any = timm.get_pretrained_cfg(info.name.removeprefix("timm/"))
        assert (info.size, known[info.name].n_logits) == (usual.input_size[1], usual.num_classes)
        for found in weight_sets(info):
            n_sets += 1
            said: Any = timm.get_pretrained_cfg(f"{info.name.removeprefix('timm/')}.{found.name}")
            assert found.url == f"https://huggingface.co/{said.hf_hub_id}/resolve/main/model.safetensors"
            assert found.file == f"{info.name.removeprefix('timm/')}.{found.name}.safetensors"
            n_logits = known[info.name].n_logits if found.n_logits is None else found.n_logits
            assert n_logits == said.num_classes
            how = found.preparation
            assert isinstance(how, PhotoPreparation)
            assert (how.crop, how.interpolation) == (said.input_size[1], said.interpolation)
            assert (how.mean, how.std) == (said.mean, said.std)
            assert how.squash == (said.crop_mode == "squash")
            licence = {None: "no licence stated", "unknown": "licence unknown"}.get(said.license, said.license)
            assert found.licence.lower()[:4] == licence.lower()[:4]
            is_bound = "-nc-" in licence or "noncommercial" in licence
            assert ("not for commercial use" in found.licence) == is_bound
    assert n_sets > 900


def test_the_first_set_is_the_one_that_timm_means() -> None:
    for info in list_networks("timm"):
        usual: Any = timm.get_pretrained_cfg(info.name.removeprefix("timm/"))
        sets = weight_sets(info)
        if usual.hf_hub_id == f"timm/{info.name.removeprefix('timm/')}.{usual.tag}":
            assert sets[0].name == usual.tag
            assert sets[0].is_default


@pytest.mark.parametrize(
    "name", ["resnet50.a1_in1k", "resnet50.tv_in1k", "tf_efficientnet_b0.ns_jft_in1k", "test_nfnet.r160_in1k",
             "convnext_tiny.in12k_ft_in1k_384", "resnet50_clip.openai"],
)  # fmt: skip
def test_pictures_are_prepared_pixel_for_pixel_as_timm_does(name: str) -> None:
    network, _, tag = name.partition(".")
    how = find_set(find(f"timm/{network}"), tag).preparation
    assert isinstance(how, PhotoPreparation)
    known: Any = timm.get_pretrained_cfg(name)
    transform = timm_data.create_transform(**timm_data.resolve_data_config(pretrained_cfg=known.to_dict()))
    for sample in ("chelsea", "coffee", "astronaut"):
        image = load_sample(sample)
        expected = transform(Image.fromarray(image.pixels))
        assert torch.equal(how(image).tensor[0], expected), sample
    tall = np.ascontiguousarray(image.pixels[:, 100:180])  # far from square, where squashing shows
    expected = transform(Image.fromarray(tall))
    assert torch.equal(how(replace(image, pixels=tall)).tensor[0], expected)


def test_squashing_is_said_and_can_be_asked_for() -> None:
    how = find_set(find("timm/convnext_tiny"), "in12k_ft_in1k_384").preparation
    assert isinstance(how, PhotoPreparation)
    assert how.squash
    assert preparation_sentence(how).startswith(f"both sides to {how.resize} pixels (bicubic), the middle 384 × 384")
    info = find("timm/convnext_nano")
    assert parse_preparation(as_text(how), info) == how
    assert parse_preparation("squash=true,crop=192,resize=192", info) == PhotoPreparation(
        192, 192, "bicubic", squash=True
    )
    assert how.crop_box(300, 600) == (0, 0, 300, 600)
    assert PhotoPreparation(200, 100, squash=True).crop_box(300, 600) == (75, 150, 225, 450)
    with pytest.raises(explorer.ExplorerError, match="squash is true or false, not 'yes'"):
        parse_preparation("squash=yes", info)


@pytest.mark.parametrize(
    "place",
    [
        "timm/test_resnet.r160_in1k.safetensors",
        "test_resnet.r160_in1k.safetensors",
        "timm/test_resnet.safetensors",
        "test_resnet.r160_in1k/model.safetensors",
        "timm/test_resnet/model.safetensors",
        "test_resnet.safetensors",
    ],
)
def test_a_file_is_found_in_a_folder_of_ones_own(folder: Path, place: str) -> None:
    assert not pretrained_is_here(RESNET)
    module = saved(folder / place)
    assert pretrained_is_here(RESNET)
    assert networks_here(list_networks("timm")) == {RESNET}
    network = explorer.load_network(RESNET)
    assert same(network, module)
    assert network.categories == explorer.load_network("efficientnet_lite0", "random").categories
    assert network.preprocessing == find_set(find(RESNET), "pretrained").preparation


def test_a_name_that_is_also_ours_is_not_taken_for_timm_s(folder: Path) -> None:
    saved(folder / "resnet18.safetensors", "resnet18")
    assert not pretrained_is_here("timm/resnet18")
    assert pretrained_is_here("resnet18")


def test_a_configuration_beside_says_how(folder: Path) -> None:
    saved(folder / "timm" / "test_resnet" / "model.safetensors")
    config = {"architecture": "test_resnet", "num_classes": 1000, "pretrained_cfg": {
        "input_size": [3, 128, 128], "interpolation": "bilinear", "crop_pct": 0.8, "crop_mode": "squash",
        "mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6], "num_classes": 1000,
    }}  # fmt: skip
    (folder / "timm" / "test_resnet" / "config.json").write_text(json.dumps(config))
    network = explorer.load_network(RESNET)
    assert network.preprocessing == PhotoPreparation(
        160, 128, "bilinear", (0.1, 0.2, 0.3), (0.4, 0.5, 0.6), squash=True
    )
    assert network.prepared == "as config.json beside the file says"


@pytest.mark.slow
def test_classes_of_larger_sets_are_named_and_none_are_made_up(folder: Path) -> None:
    saved(folder / "convnextv2_atto.fcmae.safetensors", "convnextv2_atto", num_classes=0)
    bare = explorer.load_network("timm/convnextv2_atto", "fcmae")
    assert bare.categories == ()
    saved(folder / "convnext_nano.in12k.safetensors", "convnext_nano", num_classes=11821)
    network = explorer.load_network("timm/convnext_nano", "in12k")
    names = timm_data.ImageNetInfo("imagenet-12k").label_descriptions()
    assert network.categories == tuple(names)
    assert len(Counter(names)) > 11_000


def test_a_file_of_another_network_is_refused(folder: Path) -> None:
    saved(folder / "test_resnet.safetensors", "test_byobnet")
    with pytest.raises(BadCheckpoint, match=r"does not fit timm/test_resnet: it has no "):
        explorer.load_network(RESNET)


def test_a_checkpoint_of_ones_own_classes(tmp_path: Path) -> None:
    module = saved(tmp_path / "mine.safetensors", num_classes=3)
    network = explorer.load_network(RESNET, tmp_path / "mine.safetensors", categories=["ant", "bee", "cat"])
    assert same(network, module)
    assert network.categories == ("ant", "bee", "cat")


def test_without_weights_anywhere_there_are_none(folder: Path) -> None:
    nothing = next(info for info in list_networks("timm") if not weight_sets(info))
    with pytest.raises(WeightsUnavailable, match=f"^There are no trained weights of {nothing.name}"):
        find_set(nothing, "pretrained")


@pytest.mark.slow
@pytest.mark.parametrize("name", SCALES)
def test_efficientnet_lite_is_timm_s(name: str) -> None:
    """One file of weights fits both, and both compute the same."""
    module = timm.create_model(f"tf_{name}").eval()
    generator = torch.Generator().manual_seed(0)
    for key, value in module.state_dict().items():
        if key.endswith("running_mean"):
            value.normal_(std=0.1, generator=generator)
        elif key.endswith("running_var"):
            value.uniform_(0.5, 2, generator=generator)
    ours = EfficientNetLite(SCALES[name]).eval()
    ours.load_state_dict(module.state_dict())
    side = find(name).size
    x = torch.randn(2, 3, side, side, generator=generator)
    with torch.inference_mode():
        found, expected = ours(x), module(x)
    assert float((found - expected).abs().max()) <= 1e-4 * max(1.0, float(expected.abs().max()))
    assert float(expected.std()) > 1e-3
