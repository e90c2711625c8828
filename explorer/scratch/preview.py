"""A network as it is before its training begins: what a page shows while nobody has pressed anything."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..running.lock import work
from .data import glimpse
from .film import Layout
from .looking import Looker
from .presets import in_shape
from .settings import Plan
from .training import Training

_ONLY_TRAINING_KNOWS = ("loss", "accuracy", "gradients", "changes")


@dataclass(frozen=True, eq=False)
class Preview:
    """How its frames are laid out, the first of them as bytes, and the watched picture (H, W, C) with its class. What
    only a training knows is NaN in the frame, and 0 in the layout."""

    layout: Layout
    frame: bytes
    picture: NDArray[np.uint8]
    category: int

    @property
    def n_bytes(self) -> int:
        """What it takes of a cache."""
        return len(self.frame) + self.picture.nbytes

    def index_of(self, kernel: int, color: int, y: int, x: int) -> tuple[int, ...]:
        """Where a cell of the kernels lies in the layer's weight."""
        if len(self.layout.edited) == 4:
            return kernel, color, y, x
        _, _, height, width = dict(self.layout.fields)["kernels"]
        return kernel, (color * height + y) * width + x


def preview(plan: Plan) -> Preview:
    """The network of a plan with its random weights, and what it makes of the watched picture. Raises BadData,
    BadImage."""
    data = glimpse(plan.data, in_shape(plan.network, plan.data), plan.watched, plan.shifted)
    with work("the network"):
        looker = Looker(Training(replace(plan, watched=0), data), 1)
        content = looker.frame()
    layout = replace(looker.layout, n_train=0, n_held_out=0, n_looked_at=0)
    (found,) = layout.unpacked(content)
    frame = found | {name: np.full_like(found[name], math.nan) for name in _ONLY_TRAINING_KNOWS}
    picture = data.test[0].transpose(1, 2, 0)
    return Preview(layout, layout.packed(frame), picture, looker.target)
