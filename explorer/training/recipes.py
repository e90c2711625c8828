"""What the shipped networks are trained on and how, as data; and the reading of those pictures."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from ..errors import BadData, UnknownNetwork, nearest
from ..pictures.made_sounds import KINDS, made_wave

_HELD_OUT = 1_000_000  # the seed of the first made sound to be measured on


@dataclass(frozen=True)
class Recipe:
    """What to train on and how. Folder names inside the archives are mapped to categories; where nothing is read from
    archives, `n_made` sounds of each category are made for either split."""

    network: str
    archives: tuple[str, ...]
    categories: Mapping[str, str]  # folder -> category
    terms: tuple[str, ...]
    epochs: int
    batch: int
    augmentation: Literal["photograph", "digit", "none"]
    sizes: tuple[tuple[float, int], ...]  # (share of the training from which it holds, side in pixels)
    learning_rate: float
    weight_decay: float
    label_smoothing: float
    cutmix: float  # share of the batches in which pictures swap a rectangle
    calm: float  # share of the training, at its end, with gentle crops and no CutMix
    n_made: Mapping[str, int] = field(default_factory=dict)  # split -> sounds of each category
    architecture: tuple[str, ...] = ()  # what else only the training does, as the model card says it


# Folders of Imagenette, called by ImageNet's numbers, and what the classes of ImageNet are called
IMAGENETTE = {
    "n01440764": "tench",
    "n02102040": "English springer",
    "n02979186": "cassette player",
    "n03000684": "chain saw",
    "n03028079": "church",
    "n03394916": "French horn",
    "n03417042": "garbage truck",
    "n03425413": "gas pump",
    "n03445777": "golf ball",
    "n03888257": "parachute",
}

_DIGITS: dict[str, Any] = {
    "archives": ("mnist.npz",),
    "categories": {digit: digit for digit in "0123456789"},
    "terms": ("MNIST (LeCun, Cortes, Burges), 70,000 digits: CC BY-SA 3.0 as commonly stated",),
    "batch": 64,
    "augmentation": "digit",
    "sizes": ((0.0, 32),),
    "label_smoothing": 0.0,
    "cutmix": 0.0,
    "calm": 0.1,
}

RECIPES = {
    "lenet5": Recipe(network="lenet5", epochs=20, learning_rate=0.05, weight_decay=1e-4, **_DIGITS),
    "mlp": Recipe(network="mlp", epochs=20, learning_rate=0.05, weight_decay=1e-4, **_DIGITS),
    "basic_cnn": Recipe(
        network="basic_cnn",
        archives=("cats_dogs_80.tar",),
        categories={"cat": "cat", "dog": "dog"},
        terms=("Kaggle Dogs vs. Cats (Asirra, Microsoft Research), 6,000 of each: research use",),
        epochs=120,
        batch=64,
        augmentation="photograph",
        sizes=((0.0, 64),),
        learning_rate=0.02,
        weight_decay=5e-4,
        label_smoothing=0.1,
        cutmix=0.5,
        calm=0.12,
        architecture=("dropout of half of what dense1 reads",),
    ),
    "pocket_resnet": Recipe(
        network="pocket_resnet",
        archives=("imagenette_160_train.tar", "imagenette_160_val.tar", "cats_dogs_160.tar"),
        categories={**IMAGENETTE, "n02102040": "dog", "dog": "dog", "cat": "cat"},
        terms=(
            "Imagenette2 160 px (fast.ai), a subset of ImageNet: ImageNet's terms, research and non-commercial use",
            "Kaggle Dogs vs. Cats (Asirra, Microsoft Research), 1,500 of each: research use",
        ),
        epochs=70,
        batch=64,
        augmentation="photograph",
        sizes=((0.0, 96), (0.35, 112), (0.6, 128)),
        learning_rate=0.1,
        weight_decay=5e-4,
        label_smoothing=0.1,
        cutmix=0.5,
        calm=0.12,
    ),
    "sound_cnn": Recipe(
        network="sound_cnn",
        archives=(),
        categories={kind: kind for kind in KINDS},
        terms=(
            "Sounds made by code, explorer.pictures.made_sounds, 300 of each kind and other 100 to be measured on: the "
            "network has never heard a sound of the world",
        ),
        epochs=12,
        batch=64,
        augmentation="none",
        sizes=((0.0, 128),),
        learning_rate=0.1,
        weight_decay=5e-4,
        label_smoothing=0.05,
        cutmix=0.0,
        calm=0.0,
        n_made={"train": 300, "val": 100},
    ),
}


def find_recipe(network: str) -> Recipe:
    """The recipe of a network that the project ships; raises UnknownNetwork."""
    if network not in RECIPES:
        raise UnknownNetwork(
            f"There is no recipe for '{network}'.{nearest(network, RECIPES)} The project trains {', '.join(RECIPES)}."
        )
    return RECIPES[network]


def category_of(network: str, folder: str) -> str:
    """What a folder of pictures shows, in the words of a network: as it was trained on it, by ImageNet's number where
    it is one of Imagenette's, else what the folder is called."""
    recipe = RECIPES.get(network)
    return IMAGENETTE.get(folder, folder) if recipe is None else recipe.categories.get(folder, folder)


@dataclass(frozen=True)
class Picture:
    """One labelled file of a data set."""

    name: str
    category: str
    content: bytes


def read_pictures(folder: Path | None, recipe: Recipe, split: str) -> Iterator[Picture]:
    """Yield the pictures of `split` ("train" or "val") from the recipe's archives in `folder`, in a fixed order; sounds
    that are made for it come as WAV files.

    An archive `x.tar` holds `<split>/<folder>/<name>`; a folder `x` with the same content, already unpacked, will do.
    `x.npz` holds arrays of grey pictures and of their labels, `x_train`, `y_train`, `x_test` and `y_test`, as MNIST is
    handed on; its test set is the split "val".
    Raises BadData when one is missing, or its folder, or none of them has a picture of the split.
    """
    if recipe.n_made:
        yield from _made(recipe, split)
        return
    if folder is None:
        raise BadData(f"{recipe.network} is trained on {', '.join(recipe.archives)}. Name their folder: --data DIR.")
    n_found = 0
    for archive in recipe.archives:
        packed, unpacked = folder / archive, folder / Path(archive).stem
        if packed.suffix == ".npz" and packed.is_file():
            found = _npz_members(packed, split)
        elif packed.is_file():
            found = _tar_members(packed, split)
        elif unpacked.is_dir():
            found = ((str(p.relative_to(unpacked)), p.read_bytes()) for p in sorted(unpacked.glob(f"{split}/*/*")))
        else:
            raise BadData(f"{folder} has no {archive} and no folder {unpacked.name}. Put the data there and try again.")
        for name, content in found:
            category = recipe.categories.get(Path(name).parent.name)
            if category is not None:
                n_found += 1
                yield Picture(name, category, content)
    if n_found == 0:
        raise BadData(f"{folder} has no pictures of the split '{split}' for {recipe.network}.")


def _made(recipe: Recipe, split: str) -> Iterator[Picture]:
    """The sounds of a split, those of each category in turn; no seed is in both."""
    first = 0 if split == "train" else _HELD_OUT
    for seed in range(first, first + recipe.n_made[split]):
        for folder, category in recipe.categories.items():
            yield Picture(f"{split}/{folder}/{seed}.wav", category, made_wave(category, seed))


def _tar_members(path: Path, split: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as tar:
        for member in tar:
            if member.isfile() and member.name.startswith(f"{split}/"):
                extracted = tar.extractfile(member)
                assert extracted is not None  # it is a file
                yield member.name, extracted.read()


def _npz_members(path: Path, split: str) -> Iterator[tuple[str, bytes]]:
    part = "test" if split == "val" else split
    with np.load(path, allow_pickle=False) as arrays:
        pictures, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
    for i, (pixels, label) in enumerate(zip(pictures, labels, strict=True)):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG", compress_level=1)
        yield f"{split}/{label}/{i:05}.png", file.getvalue()
