"""What a network can be trained on from scratch: pictures that code draws, and those of one's own folder.

Pictures are prepared as the network's own preparation prepares them, so what is trained here answers alike elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import BadData, BadOption, nearest
from ..networks.blocks import Shape
from ..networks.digits import DigitPreparation, centred, ink_on
from ..networks.preparation import PhotoPreparation, Preparation
from ..pictures.classes import VARIABLE, class_folders, classes_in, data_folder, data_problem
from ..pictures.folders import PictureFile
from ..transfer.drawn import SETS, Drawn, drawn_set
from ..transfer.examples import gathered
from ..wording import plural, quoted
from .drawn_digits import drawn_digits
from .mnist import NAME, read_mnist

Pictures = NDArray[np.uint8]  # (N, C, H, W)
Labels = NDArray[np.int64]  # (N,)

Source = Drawn | PictureFile
Part = tuple[Pictures | Sequence[Source], Labels]

OF_DIGITS: Shape = (1, 32, 32)
OF_PICTURES: Shape = (3, 64, 64)
_N_DRAWN, _N_DRAWN_TEST = 800, 80  # pictures of each class of a drawn set: a few seconds to draw
_MOST_BYTES = 256 << 20  # of the pictures to train on
_SHIFT = 0.15  # of the side: how far a shifted picture is moved at most, in each direction


@dataclass(frozen=True)
class DataSet:
    """What a set is called and shows, its classes, and what a network of one's own reads of it: (C, H, W).

    `read` gives, for a seed, the pictures to train on, those that are held out, and what is to be known of them.
    """

    title: str
    says: str  # a phrase: what it is, and where it comes from
    categories: tuple[str, ...]
    shape: Shape
    read: Callable[[int], tuple[Part, Part, tuple[str, ...]]]


@dataclass(frozen=True, eq=False)
class Data:
    """Pictures to train on and pictures that are held out, as a network receives them but for the scaling."""

    train: Pictures
    train_labels: Labels
    test: Pictures
    test_labels: Labels
    categories: tuple[str, ...]
    title: str
    says: str
    preparation: Preparation  # `scaled` makes of values from 0 to 1 what the network reads
    notes: tuple[str, ...] = ()  # what was left out or has to be known, as sentences


def data_sets() -> Mapping[str, DataSet]:
    """Every set that there is, by its key: those that code draws, and those in the folder that EXPLORER_DATA_DIR names,
    MNIST and one folder of classes after the other."""
    found = {"digits": _DIGITS} | {name: _drawn_set(name) for name in SETS}
    folder = data_folder()
    if folder is not None and (folder / NAME).is_file():
        says = f"70,000 handwritten digits (LeCun, Cortes, Burges), from {NAME} in {VARIABLE}"
        found["mnist"] = DataSet("MNIST", says, _TEN, OF_DIGITS, partial(_read_mnist, folder / NAME))
    for name, place in class_folders().items():
        says = f"pictures of one's own, from {name} in {VARIABLE}"
        found[f"folder {name}"] = DataSet(name, says, tuple(classes_in(place)), OF_PICTURES, partial(_read_own, place))
    return MappingProxyType(found)


def find(key: str) -> DataSet:
    """The set of that key. Raises BadData."""
    found = data_sets()
    if key not in found:
        raise BadData(
            f"There is no data set {quoted(key)}.{nearest(key, found)} There are {', '.join(found)}. "
            f"{data_problem()}".rstrip()
        )
    return found[key]


def preparation_of(in_shape: Shape) -> Preparation:
    """How pictures are prepared for a network that reads (C, H, H): of one channel as digits are."""
    return DigitPreparation() if in_shape == OF_DIGITS else PhotoPreparation(in_shape[1], in_shape[1])


def load(key: str, in_shape: Shape, n_train: int | None = None, shifted: bool = False, seed: int = 0) -> Data:
    """The pictures of a set, uint8 (N, C, H, W), and their classes, (N,): `n_train` to train on, evenly from all
    classes, or as many as there are and 256 MiB hold. `shifted` moves each held-out picture somewhere else.

    The same seed gives the same. Raises BadData, BadOption, BadImage.
    """
    found = find(key)
    (train, train_labels), (test, test_labels), notes = found.read(seed)
    n = min(len(train), _MOST_BYTES // math.prod(in_shape))
    if n_train is not None:
        if not len(found.categories) <= n_train <= n:
            raise BadOption(
                f"{found.title} has {plural(n, 'picture')} to train on, of {len(found.categories)} classes; "
                f"{n_train:,} are asked for. Take {len(found.categories)} to {n:,}."
            )
        n = n_train
    rng = np.random.default_rng([seed, 2])
    chosen = _in_turn(train_labels, rng)[:n]
    held_out = _fitted(test, range(len(test)), in_shape)
    return Data(
        _fitted(train, chosen, in_shape), train_labels[chosen], _moved(held_out, rng) if shifted else held_out,
        test_labels, found.categories, found.title, found.says, preparation_of(in_shape), notes,
    )  # fmt: skip


_TEN = tuple("0123456789")


def _read_digits(seed: int) -> tuple[Part, Part, tuple[str, ...]]:
    return drawn_digits("train", seed), drawn_digits("test", seed), ()


_DIGITS = DataSet("Digits", "handwritten digits, drawn by code as by a pen", _TEN, OF_DIGITS, _read_digits)


def _read_mnist(path: Path, seed: int) -> tuple[Part, Part, tuple[str, ...]]:
    train, train_labels, test, test_labels = read_mnist(path)
    return (train, train_labels), (test, test_labels), ()


def _drawn_set(name: str) -> DataSet:
    found = SETS[name]

    def read(seed: int) -> tuple[Part, Part, tuple[str, ...]]:
        parts = [*drawn_set(name, _N_DRAWN + _N_DRAWN_TEST, seed).values()]
        return _labelled([part[:_N_DRAWN] for part in parts]), _labelled([part[_N_DRAWN:] for part in parts]), ()

    return DataSet(found.title, f"{found.says}, drawn by code", tuple(found.classes), OF_PICTURES, read)


def _read_own(place: Path, seed: int) -> tuple[Part, Part, tuple[str, ...]]:
    """Three quarters to train on, the rest held out, and nothing in both."""
    found = gathered(classes_in(place), seed=seed)
    parts = [[one for one in found.examples if one.is_held_out == held_out] for held_out in (False, True)]
    train, test = (
        ([cast(PictureFile, one.source) for one in part], np.array([one.label for one in part])) for part in parts
    )
    return train, test, found.notes


def _labelled(parts: Sequence[Sequence[Source]]) -> Part:
    labels = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return [source for part in parts for source in part], labels


def _in_turn(labels: Labels, rng: np.random.Generator) -> NDArray[np.intp]:
    """All places of a list in a random order in which the classes take turns, as long as each has some left."""
    order = rng.permutation(len(labels))
    turn = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        own = labels[order] == label
        turn[own] = np.arange(own.sum())
    return order[np.argsort(turn, kind="stable")]


def _fitted(pictures: Pictures | Sequence[Source], chosen: Iterable[int], in_shape: Shape) -> Pictures:
    """Some pictures as a network receives them, before they are scaled."""
    if isinstance(pictures, np.ndarray) and in_shape == OF_DIGITS:
        return pictures[np.asarray(chosen)]
    prepare = preparation_of(in_shape)
    return np.stack([_prepared(prepare, _pixels(pictures[i])) for i in chosen])


def _pixels(picture: Pictures | Source) -> Pictures:
    """(H, W, 3)"""
    if isinstance(picture, np.ndarray):
        return np.repeat(picture[0, :, :, None], 3, axis=2)
    return picture.drawn() if isinstance(picture, Drawn) else picture.read().pixels


def _prepared(prepare: Preparation, pixels: Pictures) -> Pictures:
    """(C, H, W) of a picture (H, W, 3)."""
    if isinstance(prepare, PhotoPreparation):  # which would scale each of thousands as well
        return np.moveaxis(np.asarray(prepare.cut(Image.fromarray(pixels))), -1, 0)
    return centred(ink_on(pixels))[None]


def _moved(pictures: Pictures, rng: np.random.Generator) -> Pictures:
    """Each picture moved by a few pixels; what comes in at the border goes on as the border is."""
    side = pictures.shape[-1]
    most = round(_SHIFT * side)
    padded = np.pad(pictures, ((0, 0), (0, 0), (most, most), (most, most)), mode="edge")
    corners = rng.integers(0, 2 * most + 1, (len(pictures), 2))
    return np.stack([one[:, y : y + side, x : x + side] for one, (y, x) in zip(padded, corners, strict=True)])
