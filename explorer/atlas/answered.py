"""What the network answered to the pictures of an atlas, beside the folders that they lay in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .reading import Atlas
from .rows import Integers

RIGHT, WRONG, UNKNOWN = 1, 0, -1


def outcomes(atlas: Atlas) -> Integers:
    """For each picture 1 where the answer is the class of its folder, 0 where it is another, and -1 where nothing can
    be said: the network has no class of the folder's name, or there is no folder."""
    pictures = atlas.pictures
    meant = np.array([*atlas.class_indices, -1], np.int64)[pictures.label]  # label -1 is the last
    return np.where(meant < 0, UNKNOWN, np.where(pictures.answer == meant, RIGHT, WRONG)).astype(np.int64)


def known_classes(atlas: Atlas) -> list[int]:
    """The folder's classes that the network has as well, by their number in the folder."""
    return [i for i, index in enumerate(atlas.class_indices) if index >= 0]


def columns_of(atlas: Atlas) -> Integers:
    """Where each picture's answer stands among the known classes; the number of them for any other class."""
    known = known_classes(atlas)
    place = {atlas.class_indices[label]: at for at, label in enumerate(known)}
    return np.array([place.get(int(answer), len(known)) for answer in atlas.pictures.answer], np.int64)


def answers_given(atlas: Atlas, rows: Integers) -> list[int]:
    """The network's classes that it answered to some of the pictures, the most frequent first."""
    given = atlas.pictures.answer[rows]
    classes, counts = np.unique(given[given >= 0], return_counts=True)
    found: list[int] = classes[np.argsort(-counts, kind="stable")].tolist()
    return found


def of_pair(atlas: Atlas, rows: Integers, label: int | None, answer: int | None) -> NDArray[np.bool_]:
    """Which of the pictures lay in a folder, by its number, and were answered by a class of the network; None for
    any."""
    pictures = atlas.pictures
    found: NDArray[np.bool_] = np.ones(len(rows), np.bool_)
    if label is not None:
        found &= pictures.label[rows] == label
    if answer is not None:
        found &= pictures.answer[rows] == answer
    return found


def confusion(atlas: Atlas) -> NDArray[np.int64]:
    """How many pictures of each class (rows) were taken for each (columns), (k, k + 1): the last column is for all
    classes of the network that are none of the folder's."""
    known = known_classes(atlas)
    counts = np.zeros((len(known), len(known) + 1), np.int64)
    columns = columns_of(atlas)
    for at, label in enumerate(known):
        np.add.at(counts[at], columns[atlas.pictures.label == label], 1)
    return counts
