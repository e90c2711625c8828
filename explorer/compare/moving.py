"""What a network receives, moved: also of one that would put a digit back into the middle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from ..networks.network import Network
from ..networks.preparation import Changed, Prepared
from ..pictures.image import ImageInput

T = TypeVar("T", np.uint8, np.float32)

MOST = 50  # percent of its width to each side


@dataclass(frozen=True)
class MovedPreparation(Changed):
    """The picture prepared as usual, then moved to the right by `percent` of its width, to whole pixels. What moves in
    is of the colour that its border mostly has."""

    percent: float

    def __call__(self, image: ImageInput) -> Prepared:
        found = self.usual(image)
        n = round(self.percent / 100 * self.size)
        pixels = np.ascontiguousarray(_moved(found.pixels.transpose(2, 0, 1), n).transpose(1, 2, 0))
        pixels.flags.writeable = False
        top, left, bottom, right = found.box
        by = n * (right - left) / self.size
        tensor = torch.from_numpy(_moved(found.tensor[0].numpy(), n)[None])
        return replace(found, pixels=pixels, tensor=tensor, box=(top, left - by, bottom, right - by))


def moved(network: Network, percent: float) -> Network:
    """The same network, whose pictures are moved to the right by a share of what it receives; to the left below 0."""
    if not round(percent / 100 * network.preprocessing.size):
        return network
    return network.with_preparation(MovedPreparation(network.preprocessing, percent), network.prepared)


def _moved(planes: NDArray[T], n: int) -> NDArray[T]:
    """(C, H, W), n columns to the right."""
    edge = np.concatenate(
        [planes[:, [0, -1]].reshape(len(planes), -1), planes[..., [0, -1]].reshape(len(planes), -1)], 1
    )
    paper = np.median(edge, axis=1).astype(planes.dtype)
    found = np.empty_like(planes)
    found[:] = paper[:, None, None]
    width = planes.shape[2]
    found[..., max(0, n) : width + min(0, n)] = planes[..., max(0, -n) : width + min(0, -n)]
    return found
