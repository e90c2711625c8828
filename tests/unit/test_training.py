"""The recipe, on a data set small enough to train twice: colours instead of objects."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from explorer import load_network
from explorer.errors import BadData, UnknownNetwork
from explorer.loading.builtin import CATEGORIES
from explorer.training.evaluation import evaluate
from explorer.training.loop import train, train_and_save
from explorer.training.recipes import RECIPES, find_recipe, read_pictures

SMALL = dataclasses.replace(RECIPES["pocket_resnet"], epochs=2, batch=8, sizes=((0.0, 32), (0.5, 40)))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures of each folder for training and one for validation, spread over unpacked archives."""
    root = tmp_path_factory.mktemp("data")
    generator = np.random.default_rng(0)
    for i, folder in enumerate(SMALL.categories):
        for split, n in (("train", 2), ("val", 1)):
            for k in range(n):
                archive = SMALL.archives[i % len(SMALL.archives)]
                path = root / Path(archive).stem / split / folder / f"{k}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                noise = generator.integers(0, 30, (48, 48, 3))
                color = np.array([20 * i % 220, 70 * i % 220, 150 * i % 220])
                Image.fromarray((noise + color).astype(np.uint8)).save(path)
    return root


def test_the_recipe_names_every_class_of_the_network() -> None:
    for name, recipe in RECIPES.items():
        assert set(recipe.categories.values()) == set(CATEGORIES[name])
        assert recipe.network == name


def test_pictures_come_with_their_category_and_never_from_the_other_split(data: Path) -> None:
    pictures = list(read_pictures(data, SMALL, "val"))
    assert len(pictures) == len(SMALL.categories)
    assert {p.category for p in pictures} == set(CATEGORIES["pocket_resnet"])
    assert not {p.content for p in pictures} & {p.content for p in read_pictures(data, SMALL, "train")}
    assert all(Image.open(io.BytesIO(p.content)).size == (48, 48) for p in pictures)


def test_missing_data_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"has no imagenette_160_train\.tar and no folder imagenette_160_train\. Put"):
        list(read_pictures(tmp_path, SMALL, "train"))
    with pytest.raises(UnknownNetwork, match=r"There is no recipe for 'pocket_resne'\. Nearest: 'pocket_resnet'"):
        find_recipe("pocket_resne")


@pytest.mark.slow
def test_an_interrupted_training_ends_as_an_uninterrupted_one(data: Path, tmp_path: Path) -> None:
    said: list[str] = []
    whole = train(SMALL, data, tmp_path / "whole.state", report=said.append)

    class Stop(Exception):
        pass

    def stop_after_the_first_epoch(line: str) -> None:
        if line.startswith("epoch 2"):
            raise Stop

    # the report of the second epoch comes before its state is written: what is left is the state of the first
    with pytest.raises(Stop):
        train(SMALL, data, tmp_path / "cut.state", report=stop_after_the_first_epoch)
    resumed = train(SMALL, data, tmp_path / "cut.state", report=said.append)
    assert "continuing after epoch 1" in said
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_another_seed_is_another_training(digits: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPES["lenet5"], epochs=2, batch=8)
    one, other = (
        train(recipe, digits, tmp_path / f"{seed}.state", seed=seed, report=lambda line: None) for seed in (0, 1)
    )
    assert not torch.equal(one.c1.weight, other.c1.weight)  # type: ignore[arg-type]
    with pytest.raises(BadData, match="was begun with seed 1, not 0"):
        train(recipe, digits, tmp_path / "1.state", report=lambda line: None)


@pytest.mark.slow
def test_the_card_speaks_of_the_file_that_was_written(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "weights.safetensors"
    found = train_and_save(SMALL, data, out, report=lambda line: None)
    card = out.with_suffix(".md").read_text(encoding="utf-8")
    assert hashlib.sha256(out.read_bytes()).hexdigest() in card
    assert f"{found.accuracy:.2%} of {len(SMALL.categories)} validation pictures" in card
    assert found.table() in card
    assert all(terms in card for terms in SMALL.terms)
    assert not out.with_suffix(".state").exists()

    network = load_network("pocket_resnet", out)
    again = evaluate(network, data, SMALL)
    assert np.array_equal(again.confusion, found.confusion)
    assert again.confusion.sum(axis=1).tolist() == [
        list(SMALL.categories.values()).count(category) for category in network.categories
    ]


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Strokes that differ from digit to digit, as MNIST is handed on: light on dark, 20 pixels long."""
    root = tmp_path_factory.mktemp("digits")
    arrays: dict[str, np.ndarray] = {}
    for part, n in (("train", 4), ("test", 1)):
        pictures = np.zeros((10 * n, 28, 28), np.uint8)
        for i in range(10 * n):
            pictures[i, 4:24, 14] = 255
            pictures[i, 5 + 2 * (i % 10), 9:20] = 255
        arrays |= {f"x_{part}": pictures, f"y_{part}": np.arange(10 * n, dtype=np.uint8) % 10}
    np.savez(root / "mnist.npz", **arrays)
    return root


@pytest.mark.parametrize("name", ["lenet5", "mlp"])
def test_digits_are_trained_on_as_they_are_prepared_in_use(name: str, digits: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPES[name], epochs=2, batch=8)
    pictures = list(read_pictures(digits, recipe, "val"))
    assert [picture.category for picture in pictures] == list("0123456789")
    with np.load(digits / "mnist.npz") as arrays:
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(pictures[3].content))), arrays["x_test"][3])
    found = train_and_save(recipe, digits, tmp_path / f"{name}.safetensors", report=lambda line: None)
    assert found.n_pictures == 10
    assert set(found.categories) == set("0123456789")


@pytest.mark.slow
def test_two_classes_are_told_apart_by_one_logit(tmp_path: Path) -> None:
    """Blue or red: what the network calls a cat or a dog after this training is the colour."""
    recipe = dataclasses.replace(RECIPES["basic_cnn"], epochs=6, batch=8, learning_rate=0.005, cutmix=0.0)
    generator = np.random.default_rng(0)
    for split, n in (("train", 16), ("val", 4)):
        for folder, channel in (("cat", 2), ("dog", 0)):
            for k in range(n):
                pixels = generator.integers(0, 60, (80, 80, 3))
                pixels[:, :, channel] += 180
                path = tmp_path / "cats_dogs_80" / split / folder / f"{k}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels.astype(np.uint8)).save(path)
    found = train_and_save(recipe, tmp_path, tmp_path / "weights.safetensors", report=lambda line: None)
    assert found.confusion.tolist() == [[4, 0], [0, 4]]
    card = (tmp_path / "weights.md").read_text(encoding="utf-8")
    assert "dropout" in card
