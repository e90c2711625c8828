"""The film of a training: frames of numbers, one after another in bytes as a browser reads them."""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import numpy as np

from ..trace import FloatArray
from .thinning import spread

CHUNK = 16  # frames that are handed over together
MOST_BYTES = 32 << 20  # of a film
_FEWEST = 8  # frames that are kept, however large they are


@dataclass(frozen=True)
class Layout:
    """What each frame of a film holds, in order, and what does not change over it.

    `fields` names each with its shape. `layers` are those of the gradients; `kernels`, `maps` and `evidence` the layers
    of these fields, "" where there is none; `edited` the shape of the weight of which the kernels are a part.
    `n_looked_at` of the `n_held_out` pictures are measured on the way.
    """

    fields: tuple[tuple[str, tuple[int, ...]], ...]
    layers: tuple[str, ...]
    kernels: str
    maps: str
    evidence: str
    edited: tuple[int, ...]
    categories: tuple[str, ...]
    n_train: int
    n_held_out: int
    n_looked_at: int
    n_parameters: int
    dropout: float | None

    @property
    def n_floats(self) -> int:
        """How many numbers a frame has."""
        return sum(math.prod(shape) for _, shape in self.fields)

    def as_json(self) -> str:
        """The layout as the browser reads it."""
        return json.dumps({**asdict(self), "n_floats": self.n_floats})

    def packed(self, values: Mapping[str, FloatArray | float]) -> bytes:
        """A frame as bytes: its fields in order, row by row, little-endian float32."""
        rows = [np.asarray(values[name], "<f4").reshape(math.prod(shape)) for name, shape in self.fields]
        return np.concatenate(rows).tobytes()

    def unpacked(self, content: bytes) -> Iterator[dict[str, FloatArray]]:
        """The frames of bytes, each as its fields in their shapes."""
        for row in np.frombuffer(content, "<f4").reshape(-1, self.n_floats):
            yield {name: row[part].reshape(shape) for name, shape, part in self._places()}

    def column(self, content: bytes, name: str) -> FloatArray:
        """One field of all frames of bytes, (n, *shape)."""
        shape, part = next((shape, part) for found, shape, part in self._places() if found == name)
        return np.frombuffer(content, "<f4").reshape(-1, self.n_floats)[:, part].reshape(-1, *shape)

    def _places(self) -> Iterator[tuple[str, tuple[int, ...], slice]]:
        at = 0
        for name, shape in self.fields:
            yield name, shape, slice(at, at + math.prod(shape))
            at += math.prod(shape)


class Film:
    """Frames in the order of their steps. What takes more room than `most_bytes` is thinned to half: the first and the
    last frame stay, and of the early steps more than of the later ones, for in them most happens. `edition` counts how
    often frames that were there before have changed or gone."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._frames: list[bytes] = []
        self.steps: list[int] = []
        self.edition = 0

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, frame: bytes) -> None:
        """Put a frame at the end; frames of its step and later ones, of a training that went back, go."""
        step = int(np.frombuffer(frame[:4], "<f4")[0])
        self.cut(step - 1)
        self._frames.append(frame)
        self.steps.append(step)
        if len(self._frames) * len(frame) > self._most_bytes and len(self._frames) > _FEWEST:
            kept = spread(self.steps)
            self._frames, self.steps = [self._frames[i] for i in kept], [self.steps[i] for i in kept]
            self.edition += 1

    def cut(self, step: int) -> None:
        """Let go of all frames after a step."""
        n_kept = bisect_right(self.steps, step)
        if n_kept < len(self.steps):
            del self._frames[n_kept:], self.steps[n_kept:]
            self.edition += 1

    def packed(self, first: int = 0, n: int | None = None) -> bytes:
        """`n` frames from the one of that number on, or all."""
        return b"".join(self._frames[first : None if n is None else first + n])
