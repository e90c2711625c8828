"""Which trained weights there are, where they are looked for, and that real ones give torchvision's own answer."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

import explorer
from explorer.errors import WeightsUnavailable
from explorer.loading import load as loading
from explorer.loading import published as weights
from explorer.loading.catalog import CATALOG
from explorer.loading.published import (
    VARIABLE,
    find_file,
    find_set,
    folder_problem,
    locate,
    weight_sets,
)
from explorer.loading.sources import project
from explorer.loading.sources.source import WeightSet
from explorer.loading.sources.torchvision import imagenet_categories
from explorer.networks.vision import torchvision
from explorer.pictures.samples import load_sample
from explorer.places import assets
from tests.servers import CONTENT, NAME, Server, running_server

ROOT = Path(explorer.__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "weights"
SQUEEZENET = CATALOG["squeezenet1_1"]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for torchvision's cache; nothing is fetched into it."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    return folder


@pytest.fixture
def own(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the variable names."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv(VARIABLE, str(folder))
    return folder


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with running_server() as server:
        yield server


@pytest.fixture
def no_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "fetch", lambda *arguments: pytest.fail("it was fetched"))


def squeezenet_file(seed: int) -> bytes:
    """A small network's random weights, as torchvision publishes trained ones."""
    torch.manual_seed(seed)
    file = io.BytesIO()
    torch.save(torchvision.models.squeezenet1_1().state_dict(), file)
    return file.getvalue()


def published(content: bytes) -> WeightSet:
    """A set of SqueezeNet 1.1 whose published name is right for the content."""
    name = f"squeezenet1_1-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    return dataclasses.replace(
        find_set(SQUEEZENET, "pretrained"), file=name, url=f"http://127.0.0.1:9/nothing-here/{name}"
    )


# Which sets there are


def test_pretrained_is_the_first_set_and_every_set_has_its_name() -> None:
    for info in CATALOG.values():
        sets = weight_sets(info)
        assert find_set(info, "pretrained") == sets[0]
        assert [found.name for found in sets if found.is_default] == [sets[0].name]
        for found in sets:
            assert found.network == info.name
            assert find_set(info, found.name) == found
            assert (found.url is None) == (info.source != "torchvision")


def test_vgg16_has_no_set_without_a_classifier() -> None:
    assert "IMAGENET1K_FEATURES" in [w.name for w in torchvision.models.VGG16_Weights]
    assert [found.name for found in weight_sets(CATALOG["vgg16"])] == ["IMAGENET1K_V1"]
    with pytest.raises(WeightsUnavailable, match=r"^VGG-16 has no weights 'IMAGENET1K_FEATURES'\. "):
        find_set(CATALOG["vgg16"], "IMAGENET1K_FEATURES")


@pytest.mark.parametrize(
    ("network", "given", "sentence"),
    [
        (
            "resnet50", "IMAGENET1K_V3",
            "ResNet-50 has no weights 'IMAGENET1K_V3'. Nearest: 'IMAGENET1K_V2'. There are IMAGENET1K_V1, "
            "IMAGENET1K_V2.",
        ),
        ("pocket_resnet", "xyz", "Pocket ResNet has no weights 'xyz'. There are project."),
    ],
)  # fmt: skip
def test_a_set_that_does_not_exist_is_refused_with_those_that_do(network: str, given: str, sentence: str) -> None:
    with pytest.raises(WeightsUnavailable) as caught:
        find_set(CATALOG[network], given)
    assert str(caught.value) == sentence


def test_weights_that_may_not_be_sold_say_so() -> None:
    licences = {(found.network, found.name): found.licence for info in CATALOG.values() for found in weight_sets(info)}
    swag = {key for key, licence in licences.items() if "CC-BY-NC 4.0 (SWAG): not for commercial use" in licence}
    # torchvision gives the licence of those that Singh et al. 2022 published, as an address, and of no other
    stated = {
        (network, published.name)
        for network in CATALOG
        if CATALOG[network].source == "torchvision"
        for published in torchvision.models.get_model_weights(network)
        if "license" in published.meta
    }
    assert swag == stated
    assert ("regnet_y_128gf", "IMAGENET1K_SWAG_E2E_V1") in swag
    for (network, _), licence in licences.items():
        assert ("model card" in licence) == (CATALOG[network].source == "project")
        assert licence


def test_the_size_of_a_published_file_is_in_bytes() -> None:
    """A file of float32 has four bytes for each weight, and little besides."""
    for name in ("alexnet", "vgg16", "resnet50", "squeezenet1_1"):
        found = find_set(CATALOG[name], "pretrained")
        assert found.n_bytes == pytest.approx(4 * CATALOG[name].n_parameters, rel=0.02)
    pocket = find_set(CATALOG["pocket_resnet"], "pretrained")
    assert pocket.n_bytes == (assets() / pocket.file).stat().st_size


# Where they are looked for


def test_nothing_is_found_where_nothing_is(own: Path) -> None:
    for info in CATALOG.values():
        for found in weight_sets(info):
            if found.url is not None:
                assert find_file(found) is None
    assert not loading.pretrained_is_here("squeezenet1_1")


def test_the_plainest_name_wins(own: Path, cache: Path) -> None:
    found = find_set(SQUEEZENET, "pretrained")
    in_order = [own / "squeezenet1_1.safetensors", own / "squeezenet1_1.pth", own / found.file, cache / found.file]
    for path in reversed(in_order):  # each is found before all that were there already
        path.write_bytes(b"x")
        assert find_file(found) == path
    assert loading.pretrained_is_here("squeezenet1_1")


def test_without_the_variable_only_the_cache_is_looked_into(
    own: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_set(SQUEEZENET, "pretrained")
    for name in ("squeezenet1_1.safetensors", "squeezenet1_1.pth"):
        (own / name).write_bytes(b"x")
        (cache / name).write_bytes(b"x")
    for value in (None, ""):
        monkeypatch.delenv(VARIABLE) if value is None else monkeypatch.setenv(VARIABLE, value)
        assert find_file(found) is None
    (cache / found.file).write_bytes(b"x")
    assert find_file(found) == cache / found.file


def test_other_sets_are_found_under_their_published_name_alone(own: Path, cache: Path) -> None:
    """A plain name says nothing of which set it is."""
    resnet = CATALOG["resnet50"]
    first, second = find_set(resnet, "IMAGENET1K_V1"), find_set(resnet, "IMAGENET1K_V2")
    (own / "resnet50.safetensors").write_bytes(b"x")
    assert find_file(first) == own / "resnet50.safetensors"
    assert find_file(second) is None
    assert not loading.pretrained_is_here("resnet50", "IMAGENET1K_V2")
    (cache / second.file).write_bytes(b"x")
    assert find_file(second) == cache / second.file
    (own / second.file).write_bytes(b"x")
    assert find_file(second) == own / second.file


def test_the_projects_own_weights_come_before_a_file_of_the_same_name(own: Path) -> None:
    found = find_set(CATALOG["pocket_resnet"], "pretrained")
    (own / "pocket_resnet.safetensors").write_bytes(b"x")
    assert find_file(found) == assets() / "pocket_resnet.safetensors" == locate(found)


def test_where_the_program_lacks_its_own_weights_the_folder_may_have_them(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "assets", lambda: tmp_path)
    found = find_set(CATALOG["pocket_resnet"], "pretrained")
    assert find_file(found) is None
    with pytest.raises(WeightsUnavailable, match=r"^The weights of pocket_resnet should be in .*, but are not\. Copy"):
        locate(found)
    (own / "pocket_resnet.pth").write_bytes(b"x")
    assert find_file(found) == own / "pocket_resnet.pth" == locate(found)


@pytest.mark.parametrize(("name", "reason"), [("nowhere", "No such file or directory"), ("file", "Not a directory")])
def test_a_folder_that_cannot_be_looked_into_is_passed_over_and_said_once(
    name: str, reason: str, own: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (own / "file").touch()
    assert folder_problem() == ""
    monkeypatch.setenv(VARIABLE, str(own / name))
    assert folder_problem() == (
        f"{VARIABLE} names the folder '{own / name}', which cannot be looked into: {reason}. Weights are taken from "
        "the other places. Put the folder there, or start again with another name or none."
    )
    found = find_set(CATALOG["pocket_resnet"], "pretrained")
    assert locate(found) == locate(found) == assets() / "pocket_resnet.safetensors"
    assert [record.getMessage() for record in caplog.records] == [folder_problem()]


def test_a_folder_is_no_file(own: Path) -> None:
    (own / "squeezenet1_1.pth").mkdir()
    assert find_file(find_set(SQUEEZENET, "pretrained")) is None


# What is done with what was found


def test_a_file_under_a_plain_name_is_used_as_it_is(own: Path, cache: Path, no_fetch: None) -> None:
    """Whoever put it there knows what it is; it has no checksum in its name."""
    (own / "squeezenet1_1.pth").write_bytes(squeezenet_file(1))
    network = explorer.load_network("squeezenet1_1")
    assert network.weights_name == "pretrained"
    assert network.categories == imagenet_categories()
    torch.manual_seed(1)
    expected = torchvision.models.squeezenet1_1().state_dict()
    found = network.graph.recorder.state_dict()
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert torch.equal(found[key].cpu(), value)


def test_a_file_under_a_plain_name_may_be_safetensors_of_half_precision(own: Path, no_fetch: None) -> None:
    torch.manual_seed(2)
    state = {key: value.half() for key, value in torchvision.models.squeezenet1_1().state_dict().items()}
    safetensors.torch.save_file(state, own / "squeezenet1_1.safetensors")
    network = explorer.load_network("squeezenet1_1")
    for key, value in network.graph.recorder.state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value.cpu(), state[key].float())


@pytest.mark.parametrize("where", ["own", "cache"])
def test_a_published_file_with_the_right_checksum_is_used_without_asking_anybody(
    where: str, own: Path, cache: Path
) -> None:
    content = squeezenet_file(3)
    found = published(content)
    path = {"own": own, "cache": cache}[where] / found.file
    path.write_bytes(content)
    assert locate(found) == path
    assert [*own.iterdir(), *cache.iterdir()] == [path]


@pytest.mark.parametrize("where", ["own", "cache"])
def test_a_damaged_file_is_fetched_anew_into_the_same_folder(
    where: str, own: Path, cache: Path, server: Server
) -> None:
    found = dataclasses.replace(find_set(SQUEEZENET, "pretrained"), file=NAME, url=server.url("good"))
    path = {"own": own, "cache": cache}[where] / NAME
    path.write_bytes(CONTENT[:-1] + b"\0")
    received: list[int] = []
    assert locate(found, lambda n, total: received.append(n)) == path
    assert path.read_bytes() == CONTENT
    assert received[-1] == len(CONTENT)
    assert len(server.requests) == 1
    assert locate(found) == path
    assert len(server.requests) == 1  # it is right now


def test_a_damaged_file_that_cannot_be_fetched_is_refused(own: Path, cache: Path, server: Server) -> None:
    found = dataclasses.replace(find_set(SQUEEZENET, "pretrained"), file=NAME, url=server.url("missing"))
    (own / NAME).write_bytes(b"damaged")
    with pytest.raises(WeightsUnavailable) as caught:
        locate(found)
    assert f"'{NAME}' are there but damaged, and could not be fetched" in str(caught.value)
    assert f"Place the file {NAME} in {own}, " in str(caught.value)


def test_what_is_nowhere_is_fetched_into_the_cache(own: Path, cache: Path, server: Server) -> None:
    found = dataclasses.replace(find_set(SQUEEZENET, "pretrained"), file=NAME, url=server.url("good"))
    assert locate(found) == cache / NAME
    assert not any(own.iterdir())


def test_weights_loaded_from_either_place_are_the_same_network(
    own: Path, cache: Path, no_fetch: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = squeezenet_file(4)
    (own / "squeezenet1_1.pth").write_bytes(content)
    plain = explorer.load_network("squeezenet1_1")
    monkeypatch.undo()
    by_path = explorer.load_network("squeezenet1_1", own / "squeezenet1_1.pth")
    assert by_path.key == plain.key
    assert (plain.weights_name, by_path.weights_name) == ("pretrained", "squeezenet1_1.pth")


def test_a_network_of_another_set_is_prepared_and_named_after_it(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = CATALOG["mobilenet_v2"]
    torch.manual_seed(5)
    state = torchvision.models.mobilenet_v2().state_dict()
    torch.save(state, own / "mobilenet_v2.pth")
    second = find_set(info, "IMAGENET1K_V2")
    monkeypatch.setattr(weights, "fetch", lambda url, folder, progress: own / "mobilenet_v2.pth")
    first, other = explorer.load_network("mobilenet_v2"), explorer.load_network("mobilenet_v2", "IMAGENET1K_V2")
    assert (first.weights_name, other.weights_name) == ("pretrained", "pretrained, IMAGENET1K_V2")
    assert (first.preprocessing, other.preprocessing) == (weight_sets(info)[0].preparation, second.preparation)
    assert first.preprocessing != other.preprocessing
    assert first.key != other.key  # the same numbers, but another answer to the same picture


# Real weights


@pytest.mark.parametrize("name", ["squeezenet1_1", "mobilenet_v2"])
def test_real_weights_give_the_logits_of_torchvision(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = SHARED / f"{name}.safetensors"
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside the repository")
    monkeypatch.setenv(VARIABLE, str(SHARED))
    network = explorer.load_network(name)
    model = torchvision.models.get_model(name)
    state = safetensors.torch.load_file(path)
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    prepare = torchvision.transforms._presets.ImageClassification(crop_size=224, resize_size=256)
    answers = set()
    for sample in ("chelsea", "coffee", "raccoon"):
        image = load_sample(sample)
        trace = explorer.run(network, image)
        with torch.inference_mode():
            expected = model.eval()(prepare(Image.fromarray(image.pixels))[None])[0].numpy()
        np.testing.assert_allclose(trace.logits, expected, atol=1e-4, rtol=1e-4)
        assert trace.top(1)[0].index == expected.argmax()
        answers.add(trace.top(1)[0].category)
    assert len(answers) == 3
