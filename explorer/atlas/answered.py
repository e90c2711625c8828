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


def confusion(atlas: Atlas) -> NDArray[np.int64]:
    """How many pictures of each class (rows) were taken for each (columns), (k, k + 1): the last column is for all
    classes of the network that are none of the folder's."""
    known = known_classes(atlas)
    counts = np.zeros((len(known), len(known) + 1), np.int64)
    columns = columns_of(atlas)
    for at, label in enumerate(known):
        np.add.at(counts[at], columns[atlas.pictures.label == label], 1)
    return counts
