"""Which pictures a layer takes for alike, and what that says of their labels and of pictures that are there twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..running.progress import Progress
from .rows import Floats, Integers

N_NEAREST = 10
_BLOCK = 1024
_OWN, _OTHERS, _UNSURE = 0.2, 0.6, 0.1  # of ten neighbours two at most, six at least; the network's probability
_ALIKE, _LEVELS, _SIDE = 0.85, 10.0, 16  # the cosine; levels of 255 by which thumbnails of 16 x 16 may differ


@dataclass(frozen=True, eq=False)
class Nearest:
    """Of each picture the nearest others, the nearest first: (n, k) each."""

    rows: Integers
    cosines: Floats

    @property
    def n_bytes(self) -> int:
        """What it takes in memory."""
        return self.rows.nbytes + self.cosines.nbytes


@dataclass(frozen=True)
class Suspect:
    """A picture whose label is likely wrong: its row and label, the label that most of its neighbours have, and the
    shares of them that have the one and the other."""

    row: int
    label: int
    likelier: int
    share: float
    likelier_share: float


def nearest(features: Floats, k: int = N_NEAREST, progress: Progress | None = None) -> Nearest:
    """The k pictures whose pooled values have the highest cosine with each one's, after the mean over all pictures is
    taken off. Exact: every pair is compared. What `progress` raises cancels."""
    centred = features - features.mean(axis=0)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = centred / np.where(length > 0, length, 1)
    n = len(unit)
    k = min(k, n - 1)
    rows, cosines = np.empty((n, k), np.int64), np.empty((n, k), np.float32)
    for first in range(0, n, _BLOCK):
        if progress is not None:
            progress(first, n)
        block = unit[first : first + _BLOCK] @ unit.T
        own = np.arange(len(block))
        block[own, first + own] = -np.inf
        found = np.argpartition(-block, k - 1, axis=1)[:, :k] if k else np.empty((len(block), 0), np.int64)
        values = np.take_along_axis(block, found, axis=1)
        order = np.lexsort((found, -values), axis=1)
        rows[first : first + _BLOCK] = np.take_along_axis(found, order, axis=1)
        cosines[first : first + _BLOCK] = np.take_along_axis(values, order, axis=1)
    return Nearest(rows, cosines)


def same_class_share(found: Nearest, labels: Integers) -> float:
    """Of the nearest pictures of each that has a label, the share that has the same one; NaN where none has."""
    known = labels >= 0
    return float((labels[found.rows[known]] == labels[known][:, None]).mean()) if known.any() else float("nan")


def same_class_by_lot(labels: Integers) -> float:
    """What that share would be if the nearest were drawn by lot from all others."""
    known = labels[labels >= 0]
    counts = np.bincount(known).astype(np.float64) if len(known) else np.zeros(0)
    others = len(labels) - 1
    return float((counts * (counts - 1)).sum() / len(known) / others) if len(known) and others else float("nan")


def mislabelled(found: Nearest, labels: Integers, of_label: Floats) -> list[Suspect]:
    """Pictures whose label few of their nearest share (two of ten or fewer) while most share another one (six of ten or
    more), and to whose label the network itself gives less than a tenth, where it has such a class. After Wilson's
    editing (1972, "Asymptotic properties of nearest neighbor rules using edited data"); the surest first."""
    suspects = []
    for row in np.flatnonzero(labels >= 0).tolist():
        around = labels[found.rows[row]]
        around = around[around >= 0]
        if not len(around):
            continue
        shares = np.bincount(around) / len(around)
        likelier, label = int(shares.argmax()), int(labels[row])
        own = float(shares[label]) if label < len(shares) else 0.0
        is_sure = not of_label[row] >= _UNSURE  # of what the network has no class for, it has no word
        if own <= _OWN and shares[likelier] >= _OTHERS and is_sure:
            suspects.append(Suspect(row, label, likelier, own, float(shares[likelier])))
    return sorted(suspects, key=lambda one: (one.share - one.likelier_share, np.nan_to_num(of_label[one.row])))


def duplicates(
    found: Nearest, thumbnail: Callable[[int], bytes], progress: Progress | None = None
) -> list[tuple[int, int, float]]:  # fmt: skip
    """Pairs of pictures that are the same but for a little: each among the other's nearest or the other way round, with
    a cosine of 0.85 or more, and with thumbnails that differ by 10 levels of 255 at most on average, one of them
    mirrored or not. With that difference, the most alike first. What `progress` raises cancels."""
    where, at = np.nonzero(found.cosines >= _ALIKE)
    pairs = sorted(
        {(min(a, b), max(a, b)) for a, b in zip(where.tolist(), found.rows[where, at].tolist(), strict=True)}
    )
    small: dict[int, NDArray[np.float32]] = {}

    def of(row: int) -> NDArray[np.float32]:
        if row not in small:
            pixels = cv2.imdecode(np.frombuffer(thumbnail(row), np.uint8), cv2.IMREAD_COLOR)
            assert pixels is not None  # an atlas writes none that cannot be read
            small[row] = np.asarray(cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.float32)
        return small[row]

    apart = []
    for i, (a, b) in enumerate(pairs):
        if progress is not None and i % _BLOCK == 0:
            progress(i, len(pairs))
        apart.append((a, b, min(float(np.abs(of(a) - one).mean()) for one in (of(b), of(b)[:, ::-1]))))
    return sorted((one for one in apart if one[2] <= _LEVELS), key=lambda one: (one[2], one[:2]))
