"""EfficientNet-Lite: the same numbers as another implementation gives, and files of weights by either's names."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet

import explorer
from explorer.loading.catalog import CATALOG
from explorer.loading.checkpoints import read_checkpoint
from explorer.loading.efficientnet_lite import SCALES, EfficientNetLite
from explorer.loading.published import find_set, locate
from explorer.loading.recognition import recognise
from explorer.loading.scaling import SCALINGS
from explorer.networks.network import Network
from explorer.networks.preparation import PhotoPreparation
from explorer.networks.same import SamePadding
from explorer.pictures.samples import SAMPLES, load_sample

NAMES = tuple(SCALES)


def file_of(name: str) -> Path:
    return locate(find_set(CATALOG[name], "pretrained"))


@pytest.fixture(scope="module")
def lite0() -> Network:
    return explorer.load_network("efficientnet_lite0")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_its_logits_are_those_of_another_implementation(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    network = explorer.load_network(name)
    other = EfficientNet.from_pretrained(name.replace("_", "-"), weights_path=str(file_of(name))).eval()
    for sample in SAMPLES if name == NAMES[0] else ("chelsea", "rocket"):
        x = network.prepare(load_sample(sample)).tensor
        with torch.inference_mode():
            found, _ = network.graph.run(x)
            assert torch.allclose(found, other(x), atol=1e-4), sample


def test_pictures_are_prepared_as_its_makers_did(lite0: Network) -> None:
    assert isinstance(lite0.preprocessing, PhotoPreparation)
    image = load_sample("coffee")
    prepared = lite0.prepare(image)
    assert prepared.tensor.shape == (1, 3, 224, 224)
    assert np.allclose(prepared.tensor[0].permute(1, 2, 0) * 128 + 127, prepared.pixels, atol=1e-3)
    best = explorer.run(lite0, image).top(1)[0]
    assert best.category == "espresso"
    assert best.probability > 0.9


@pytest.mark.parametrize("name", NAMES)
def test_its_first_batch_norm_remembers_how(name: str) -> None:
    network = explorer.load_network(name, file_of(name).read_bytes())
    assert network.prepared.startswith("as its first batch norm remembers")
    assert isinstance(network.preprocessing, PhotoPreparation)
    for scaling in ("half", "tensorflow"):  # less than a grey level apart
        assert np.allclose(network.preprocessing.mean, SCALINGS[scaling].mean, atol=1 / 255)
        assert np.allclose(network.preprocessing.std, SCALINGS[scaling].std, atol=1 / 255)


@pytest.mark.parametrize("name", NAMES)
def test_files_are_recognised_by_the_names_of_either(name: str) -> None:
    there = read_checkpoint(file_of(name))  # _conv_stem, _blocks.7._expand_conv
    assert recognise(there.state).network == name
    own = EfficientNetLite(SCALES[name], num_classes=3).state_dict()  # conv_stem, blocks.3.1.conv_pw
    file = io.BytesIO()
    torch.save(own, file)
    found = recognise(read_checkpoint(file.getvalue()).state)
    assert (found.network, found.n_logits) == (name, 3)
    assert list(there.state) == list(own)


def test_weights_of_a_gated_relative_are_not_taken_for_it() -> None:
    state = dict(EfficientNet.from_name("efficientnet-lite0").state_dict())
    state["_blocks.0._se_reduce.weight"] = torch.zeros(8, 32, 1, 1)
    file = io.BytesIO()
    torch.save(state, file)
    assert recognise(read_checkpoint(file.getvalue()).state).network is None


def test_same_padding_finds_a_place_for_each_step() -> None:
    """By the definition, row by row: ceil(n / stride) windows, which hang over as evenly as can be, the end first."""
    for kernel in (1, 2, 3, 5):
        for stride in (1, 2, 3):
            for n in range(1, 20):
                before, behind = SamePadding(kernel, stride).zeros(n)
                places = len(range(0, n, stride))
                assert (n + before + behind - kernel) // stride + 1 >= places
                assert behind - before in (0, 1)
                if before + behind:
                    assert (places - 1) * stride + kernel == n + before + behind
    x = torch.arange(1.0, 7).reshape(1, 1, 2, 3)
    padded = SamePadding(3, 2)(x)
    assert padded[0, 0].tolist() == [[0, 1, 2, 3, 0], [0, 4, 5, 6, 0], [0] * 5]


def test_a_unit_sees_what_its_gradient_reaches(lite0: Network) -> None:
    """The padding at one side moves the field: the middle unit of early layers, by autograd on random weights."""
    network = explorer.load_network("efficientnet_lite0", "random")
    side = network.preprocessing.size
    for name in ("conv_stem", "blocks.1.0.pad", "blocks.1.0.conv_dw", "blocks.2.0.conv_dw"):
        layer = network.layer(name)
        y, x = layer.shape[1] // 2, layer.shape[2] // 2
        picture = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0)).requires_grad_()
        values = network.graph.run(picture)[1][name]
        assert isinstance(values, torch.Tensor)
        values[0, :, y, x].sum().backward()
        assert picture.grad is not None
        seen = picture.grad.abs().sum((0, 1)).numpy() > 0
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        top, left, bottom, right = layer.receptive_field.box(y, x, side, side)
        assert (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1) == (top, left, bottom, right), name


def test_stages_are_blocks_and_no_padding(lite0: Network) -> None:
    assert lite0.stages[:5] == ("blocks.0", "blocks.1", "blocks.2", "blocks.4", "blocks.6")
    assert lite0.cam_layer == "act2"
    assert lite0.layer("pad").kind == "padding"
    assert lite0.layer("pad").shape == (3, 225, 225)
