"""What a network can be trained on from scratch: pictures that code draws, and those of one's own folder.

Pictures are prepared as the network's own preparation prepares them, so what is trained here answers alike elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import BadData, BadOption, nearest
from ..networks.blocks import Shape
from ..networks.digits import DigitPreparation, centred, ink_on
from ..networks.preparation import PhotoPreparation, Preparation
from ..transfer.drawn import SETS, drawn_set
from ..transfer.examples import Source
from ..wording import plural
from .drawn_digits import drawn_digits

Pictures = NDArray[np.uint8]  # (N, C, H, W)
Labels = NDArray[np.int64]  # (N,)

OF_DIGITS: Shape = (1, 32, 32)
OF_PICTURES: Shape = (3, 64, 64)
_N_DRAWN, _N_DRAWN_TEST = 240, 80  # pictures of each class of a drawn set
_SHIFT = 0.15  # of the side: how far a shifted picture is moved at most, in each direction


@dataclass(frozen=True)
class DataSet:
    """What a set is called and shows, its classes, and what a network of one's own reads of it: (C, H, W)."""

    title: str
    says: str  # a phrase: what it is, and where it comes from
    categories: tuple[str, ...]
    shape: Shape
    read: Callable[[Shape, int | None, int], tuple[Pictures, Labels, Pictures, Labels]]


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


def data_sets() -> Mapping[str, DataSet]:
    """Every set that there is, by its key."""
    drawn = {name: DataSet(one.title, f"{one.says}, drawn by code", tuple(one.classes), OF_PICTURES, _of_set(name))
             for name, one in SETS.items()}  # fmt: skip
    return MappingProxyType({"digits": _DIGITS, **drawn})


def find(key: str) -> DataSet:
    """The set of that key. Raises BadData."""
    found = data_sets()
    if key not in found:
        raise BadData(f"There is no data set '{key}'.{nearest(key, found)} There are {', '.join(found)}.")
    return found[key]


def preparation_of(in_shape: Shape) -> Preparation:
    """How pictures are prepared for a network that reads (C, H, H): of one channel as digits are."""
    return DigitPreparation() if in_shape == OF_DIGITS else PhotoPreparation(in_shape[1], in_shape[1])


def load(key: str, in_shape: Shape, n_train: int | None = None, shifted: bool = False, seed: int = 0) -> Data:
    """The pictures of a set, uint8 (N, C, H, W), and their classes: `n_train` to train on, drawn evenly from the
    classes, or all. `shifted` moves each held-out picture somewhere else. Raises BadData, BadOption, BadImage.
    """
    found = find(key)
    train, train_labels, test, test_labels = found.read(in_shape, n_train, seed)
    if n_train is not None and not len(found.categories) <= n_train <= len(train):
        raise BadOption(
            f"{found.title} has {plural(len(train), 'picture')} to train on and "
            f"{plural(len(found.categories), 'class', 'classes')}; {n_train} are asked for. Take at least one of each "
            "class, and no more than there are."
        )
    if shifted:
        test = _moved(test, np.random.default_rng([seed, 2]))
    return Data(
        train[:n_train], train_labels[:n_train], test, test_labels, found.categories, found.title, found.says,
        preparation_of(in_shape),
    )  # fmt: skip


def _read_digits(in_shape: Shape, n_train: int | None, seed: int) -> tuple[Pictures, Labels, Pictures, Labels]:
    (train, train_labels), (test, test_labels) = drawn_digits("train", seed), drawn_digits("test", seed)
    return _fitted(train, in_shape), train_labels, _fitted(test, in_shape), test_labels


_DIGITS = DataSet(
    "Digits", "handwritten digits, drawn by code as a pen would", tuple("0123456789"), OF_DIGITS, _read_digits
)


def _of_set(name: str) -> Callable[[Shape, int | None, int], tuple[Pictures, Labels, Pictures, Labels]]:
    def read(in_shape: Shape, n_train: int | None, seed: int) -> tuple[Pictures, Labels, Pictures, Labels]:
        classes = drawn_set(name, _N_DRAWN + _N_DRAWN_TEST, seed)
        train = {category: sources[:_N_DRAWN] for category, sources in classes.items()}
        test = {category: sources[_N_DRAWN:] for category, sources in classes.items()}
        return *_read(train, in_shape), *_read(test, in_shape)

    return read


def _read(classes: Mapping[str, Sequence[Source]], in_shape: Shape) -> tuple[Pictures, Labels]:
    """The pictures of the classes in turn, prepared."""
    prepare = preparation_of(in_shape)
    n = max(map(len, classes.values()))
    pairs = [
        (sources[i], label) for i in range(n) for label, sources in enumerate(classes.values()) if i < len(sources)
    ]
    found = [_prepared(prepare, source.read().pixels) for source, _ in pairs]
    return np.stack(found), np.array([label for _, label in pairs])


def _prepared(prepare: Preparation, pixels: NDArray[np.uint8]) -> Pictures:
    """(C, H, W) of a picture (H, W, 3), before it is scaled."""
    if isinstance(prepare, PhotoPreparation):  # which scales each picture as well, and of thousands that is for nothing
        return np.moveaxis(np.asarray(prepare.cut(Image.fromarray(pixels))), -1, 0)
    return centred(ink_on(pixels))[None]


def _fitted(digits: Pictures, in_shape: Shape) -> Pictures:
    """Digits of 32 x 32 for a network that reads something else: as pictures."""
    if in_shape == OF_DIGITS:
        return digits
    prepare = preparation_of(in_shape)
    return np.stack([_prepared(prepare, np.repeat(one[0, :, :, None], 3, axis=2)) for one in digits])


def _moved(pictures: Pictures, rng: np.random.Generator) -> Pictures:
    """Each picture moved by a few pixels; what comes in at the border goes on as the border is."""
    side = pictures.shape[-1]
    most = round(_SHIFT * side)
    padded = np.pad(pictures, ((0, 0), (0, 0), (most, most), (most, most)), mode="edge")
    corners = rng.integers(0, 2 * most + 1, (len(pictures), 2))
    return np.stack([one[:, y : y + side, x : x + side] for one, (y, x) in zip(padded, corners, strict=True)])
