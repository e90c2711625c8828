"""What is on this machine and what could be fetched: a view of the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from explorer.errors import UnknownNetwork, WeightsUnavailable
from explorer.loading.catalog import CATALOG, list_networks
from explorer.loading.inventory import LESSON, Item, choose_sets, free_bytes, inventory, lesson, missing, one_each
from explorer.loading.published import VARIABLE, find_set, weight_sets
from explorer.loading.sources import project
from explorer.places import assets
from explorer.wording import PERCENT

RESNET = CATALOG["resnet50"]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for torchvision's cache."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    return folder


def item_of(name: str, set_name: str = "pretrained") -> Item:
    """What the inventory says of one set."""
    wanted = find_set(CATALOG[name], set_name)
    (found,) = [item for item in inventory() if item.weights == wanted]
    return found


def test_every_set_of_every_network_is_there_once_and_in_order(cache: Path) -> None:
    found = [(item.info.name, item.weights.name) for item in inventory()]
    assert found == [(info.name, weights.name) for info in list_networks() for weights in weight_sets(info)]
    assert len(set(found)) == len(found) > len(list_networks())


def test_of_each_network_there_is_one_set_that_pretrained_means(cache: Path) -> None:
    items = one_each(inventory())
    assert [item.info.name for item in items] == list(CATALOG)
    for item in items:
        assert item.weights == find_set(item.info, "pretrained")


def test_the_lesson_is_one_network_of_each_idea(cache: Path) -> None:
    items = lesson(inventory())
    assert sorted(item.info.name for item in items) == sorted(LESSON)
    families = [item.info.family for item in items]
    assert {family for family in families if families.count(family) > 1} == {"ResNet"}  # small and usual
    years = [item.info.year or 0 for item in items]
    assert years == sorted(years)
    assert all(item.weights.url for item in items)  # what comes with the program need not be fetched


def test_an_empty_cache_lacks_all_that_was_published_and_nothing_else(cache: Path) -> None:
    items = inventory()
    assert missing(items) == tuple(item.weights for item in items if item.info.source == "torchvision")
    for item in items:
        if item.info.source == "torchvision":
            assert (item.path, item.n_bytes_here, item.place, item.can_be_deleted) == (None, 0, "to be fetched", False)
    pocket = item_of("pocket_resnet")
    path = assets() / "pocket_resnet.safetensors"
    assert (pocket.path, pocket.n_bytes_here) == (path, path.stat().st_size)
    assert (pocket.place, pocket.can_be_deleted) == ("comes with the program", False)


def test_weights_of_the_project_that_are_not_there_are_missing_and_cannot_be_fetched(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "assets", lambda: tmp_path)
    pocket = item_of("pocket_resnet")
    assert (pocket.path, pocket.place, pocket.can_be_deleted) == (None, "missing", False)
    assert missing([pocket]) == ()


def test_what_was_fetched_is_seen_at_once_and_can_be_deleted(cache: Path) -> None:
    first, second = find_set(RESNET, "IMAGENET1K_V1"), find_set(RESNET, "IMAGENET1K_V2")
    assert item_of("resnet50").path is None
    (cache / first.file).write_bytes(b"12345")
    item = item_of("resnet50")
    assert (item.path, item.n_bytes_here, item.place, item.can_be_deleted) == (cache / first.file, 5, "fetched", True)
    assert first not in missing(inventory())
    assert second in missing(inventory())
    (cache / first.file).unlink()
    assert item_of("resnet50").path is None


def test_only_what_was_fetched_can_be_deleted(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setenv(VARIABLE, str(own))
    for name in ("resnet50.safetensors", find_set(RESNET, "IMAGENET1K_V2").file):
        (own / name).write_bytes(b"x")
    for set_name in ("IMAGENET1K_V1", "IMAGENET1K_V2"):
        item = item_of("resnet50", set_name)
        assert item.path is not None
        assert item.path.parent == own
        assert (item.place, item.can_be_deleted) == ("in EXPLORER_WEIGHTS_DIR", False)


def test_a_file_of_ones_own_in_the_cache_cannot_be_deleted(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable may name the cache itself."""
    monkeypatch.setenv(VARIABLE, str(cache))
    (cache / "resnet50.pth").write_bytes(b"x")
    second = find_set(RESNET, "IMAGENET1K_V2")
    (cache / second.file).write_bytes(b"x")
    mine, fetched = item_of("resnet50"), item_of("resnet50", "IMAGENET1K_V2")
    assert (mine.path, mine.place, mine.can_be_deleted) == (cache / "resnet50.pth", "in EXPLORER_WEIGHTS_DIR", False)
    assert (fetched.path, fetched.place, fetched.can_be_deleted) == (cache / second.file, "fetched", True)


# What a person asks to fetch


def test_networks_are_chosen_in_the_order_given_and_once(cache: Path) -> None:
    chosen = choose_sets(["vgg16", "alexnet", "vgg16"])
    assert chosen == tuple(find_set(CATALOG[name], "pretrained") for name in ("vgg16", "alexnet"))
    assert choose_sets(["resnet50"], "IMAGENET1K_V2") == (find_set(RESNET, "IMAGENET1K_V2"),)


def test_bundles_are_what_they_say_whether_or_not_it_is_here(cache: Path) -> None:
    (cache / find_set(CATALOG["alexnet"], "pretrained").file).write_bytes(b"x")
    assert {weights.network for weights in choose_sets(["lesson"])} == set(LESSON)
    published = {info.name for info in list_networks() if info.source == "torchvision"}
    assert [weights.network for weights in choose_sets(["all"])] == [name for name in CATALOG if name in published]
    assert all(weights.is_default for weights in choose_sets(["all"]))
    both = choose_sets(["lesson", "vgg19", "alexnet"])
    assert [weights.network for weights in both] == [*(w.network for w in choose_sets(["lesson"])), "vgg19"]
    assert set(choose_sets(["lesson", "all"])) == set(choose_sets(["all"]))


@pytest.mark.parametrize(
    ("names", "error", "sentence"),
    [
        (["alexnet", "alexnett"], UnknownNetwork, "There is no network 'alexnett'. Nearest: 'alexnet'. "),
        (["vit_b_16"], UnknownNetwork, "There is no network 'vit_b_16'. Transformers (ViT, Swin, MaxViT) are not in "),
        (
            ["lesson", "pocket_resnet"], WeightsUnavailable,
            "The weights of pocket_resnet come with the program: there is nothing to fetch.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_fetched_is_refused(names: list[str], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error) as caught:
        choose_sets(names)
    assert str(caught.value).startswith(sentence)


def test_a_set_that_the_network_does_not_have_is_refused() -> None:
    with pytest.raises(WeightsUnavailable) as caught:
        choose_sets(["resnet50", "vgg16"], "IMAGENET1K_V2")
    assert str(caught.value).startswith("VGG-16 has no weights 'IMAGENET1K_V2'. ")


def test_the_room_on_the_disk_is_that_where_the_folder_will_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    usage = shutil.disk_usage

    def disk_usage(path: Path) -> object:
        asked.append(path)
        return usage(path)

    monkeypatch.setattr(shutil, "disk_usage", disk_usage)
    assert free_bytes(tmp_path / "not" / "yet") > 0
    monkeypatch.chdir(tmp_path)
    assert free_bytes(Path("nor") / "this") > 0
    assert free_bytes(tmp_path) > 0
    assert asked == [tmp_path, Path(), tmp_path]


def test_the_project_s_own_say_how_often_they_are_right() -> None:
    """As their cards do, of pictures of their own classes; ImageNet's columns stay empty."""
    for info in project.SOURCE.networks:
        (weights,) = project.SOURCE.weight_sets(info)
        share, n = weights.elsewhere.split(f"{PERCENT} of ")
        card = (assets() / f"{info.name}.md").read_text()
        assert f"% of {n.split()[0].replace(',', '')} validation pictures" in card
        assert abs(float(share) - float(card.partition("Accuracy: ")[2].partition("%")[0])) <= 0.05
        assert weights.top1 is None
