"""A clip as a network sees it: each frame for itself, for it remembers nothing of the one before."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from ..attribution.batches import Batches
from ..drawing.picture import Pixels, thumbnail, visible
from ..errors import BadImage, NotFinite
from ..networks.network import Network
from ..pictures.frames import MOST_FRAMES, Clip, Frame, evenly
from ..predictions import class_scores, probabilities_of
from ..running.progress import Progress
from ..targets import as_target
from ..trace import FloatArray

SIDE = 320  # pixels of a frame that is kept to be shown


@dataclass(frozen=True, eq=False)
class Run:
    """Frames in a row, from number `first` to `last`, with one top class: `category` is its index."""

    category: int
    first: int
    last: int


@dataclass(frozen=True, eq=False)
class Watched:
    """What a network says of n frames of a clip.

    `indices` (n,) are their numbers in the clip and `seconds` (n,) their times there; logits and probabilities (n, K).
    `maps` (n, h, w) are Grad-CAM's for the logits of the classes `explained` (n,), at the network's own layer for it,
    before the ReLU; None where it has no maps. `pictures` (n, S, S, 3) uint8 are the frames as they were received, at
    most 320 pixels of them. `n_missing` frames were asked for and could not be decoded.
    """

    clip: Clip
    network: Network
    indices: NDArray[np.int64]
    seconds: NDArray[np.float64]
    logits: FloatArray
    probabilities: FloatArray
    explained: NDArray[np.int64]
    maps: FloatArray | None
    pictures: Pixels
    n_missing: int

    @cached_property
    def top(self) -> NDArray[np.int64]:
        """(n,) the likeliest class of each frame."""
        return _top(self.logits)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The frames in which the top class stays the same, from first to last."""
        changes = [0, *(np.flatnonzero(np.diff(self.top)) + 1).tolist(), len(self.top)]
        return tuple(Run(int(self.top[a]), a, b - 1) for a, b in pairwise(changes))

    def classes(self, most: int = 5) -> list[int]:
        """The classes that matter most in the clip: those that are the top one of most frames; then those that are
        likeliest on average."""
        n_tops = np.bincount(self.top, minlength=self.probabilities.shape[1])
        order = np.lexsort((-self.probabilities.mean(axis=0), -n_tops))
        found: list[int] = order[:most].tolist()
        return found

    @property
    def peak(self) -> float:
        """The strongest evidence of any frame, in units of the logit: what one scale for all of them ends in."""
        return 0.0 if self.maps is None else max(0.0, float(self.maps.max()))

    @property
    def n_bytes(self) -> int:
        """Memory that it takes."""
        others = self.logits.nbytes + self.probabilities.nbytes + self.pictures.nbytes
        return others + (0 if self.maps is None else self.maps.nbytes)


def watch(
    network: Network, clip: Clip, n_frames: int = MOST_FRAMES, target: int | str | None = None,
    progress: Progress | None = None,
) -> Watched:  # fmt: skip
    """Have the network look at a clip: at every frame, or at `n_frames` of a longer one, evenly.

    `target` is the class whose evidence is looked for, by number or name; without it, in each frame that of its own top
    class. Frames are decoded one after another, prepared as pictures are, and run in batches. `progress` counts them;
    what it raises cancels. Raises BadImage where no frame can be decoded, NotFinite where a score is no number,
    BadTarget, TooLarge, and BadArgument for less than 2 frames.
    """
    which = evenly(clip.n_frames, n_frames)
    explained = None if target is None else as_target(network, target).index
    run = Batches(network, with_maps=True)
    looked = _Looked(network, run, explained)

    def tell(*_: int) -> None:
        """Also while frames between are decoded, so that Cancel is heard."""
        if progress is not None:
            progress(len(looked.frames), len(which))

    for frames in _in_batches(clip.frames(which, tell), run.batch):
        looked.at(frames)
        tell()
    if not looked.frames:
        raise BadImage(f"'{clip.name}' has no frame that can be decoded. Choose another file.")
    logits = np.concatenate(looked.logits)
    return Watched(
        clip, network, np.array([index for index, _ in looked.frames]), np.array([s for _, s in looked.frames]), logits,
        np.stack([probabilities_of(row) for row in logits]),
        _top(logits) if explained is None else np.full(len(logits), explained),
        np.stack(looked.maps) if looked.maps else None, np.stack(looked.pictures), len(which) - len(logits),
    )  # fmt: skip


class _Looked:
    """What has been found in the frames so far."""

    def __init__(self, network: Network, run: Batches, explained: int | None) -> None:
        self.network, self.run, self.explained = network, run, explained
        self.frames: list[tuple[int, float]] = []
        self.logits: list[FloatArray] = []
        self.maps: list[FloatArray] = []
        self.pictures: list[Pixels] = []

    def at(self, frames: Sequence[Frame]) -> None:
        prepared = [self.network.prepare(frame.image) for frame in frames]
        logits, maps = self.run(torch.cat([one.tensor for one in prepared]), self._explain)
        self._check(logits)
        self.logits.append(logits)
        self.maps += maps
        self.pictures += [thumbnail(visible(one.pixels), SIDE) for one in prepared]
        self.frames += [(frame.index, frame.seconds) for frame in frames]

    def _explain(self, logits: FloatArray) -> Sequence[int]:
        self._check(logits)
        return _top(logits).tolist() if self.explained is None else [self.explained] * len(logits)

    def _check(self, logits: FloatArray) -> None:
        if not np.isfinite(logits).all():
            raise NotFinite(
                f"{self.network.title} scores this clip with values that are no numbers, so there is nothing to see in "
                "it. Its weights may be damaged: choose others."
            )


def _top(logits: FloatArray) -> NDArray[np.int64]:
    return np.array([int(class_scores(row).argmax()) for row in logits])


def _in_batches(frames: Iterator[Frame], size: int) -> Iterator[list[Frame]]:
    batch: list[Frame] = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def watched_csv(watched: Watched) -> str:
    """A row for each frame: which one it is, when it is shown, its top class and how likely that is; the class whose
    evidence is looked for, how likely that is, and how strong its evidence is at the most."""
    network, file = watched.network, io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(
        ["frame", "time [s]", "top class", "probability", "explained", "its probability", "highest of its map"]
    )
    peaks = [""] * len(watched.top) if watched.maps is None else watched.maps.max(axis=(1, 2)).tolist()
    for i, (top, explained) in enumerate(zip(watched.top.tolist(), watched.explained.tolist(), strict=True)):
        writer.writerow([
            int(watched.indices[i]), float(watched.seconds[i]), network.categories[top],
            float(watched.probabilities[i, top]), network.categories[explained],
            float(watched.probabilities[i, explained]), peaks[i],
        ])  # fmt: skip
    return file.getvalue()
