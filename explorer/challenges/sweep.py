"""A change swept from its lowest strength to its highest: what becomes of the answer, and of where its evidence is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..attribution.batches import Batches
from ..predictions import class_scores, probabilities_of
from ..running.progress import Progress
from ..trace import FloatArray, Trace
from .changes import changed


@dataclass(frozen=True, eq=False)
class Sweep:
    """A network's answers to a picture with a change at each of n strengths.

    logits (n, K), probabilities (n, K); maps (n, h, w) are Grad-CAM's for the logit of `target` at the network's own
    layer for it, before the ReLU, None where it has no maps. `target` is the class that is followed, `box` where in the
    picture the thing is that was laid on something else.
    """

    change: str
    strengths: tuple[float, ...]
    target: int
    logits: FloatArray
    probabilities: FloatArray
    maps: FloatArray | None
    box: tuple[int, ...] | None = None

    def top(self, i: int) -> int:
        """The likeliest class at strength number i."""
        return int(np.nan_to_num(class_scores(self.logits[i]), nan=-np.inf).argmax())

    @property
    def n_bytes(self) -> int:
        """Memory that it takes."""
        return self.logits.nbytes + self.probabilities.nbytes + (0 if self.maps is None else self.maps.nbytes)

    @property
    def kept(self) -> list[bool]:
        """At which strengths the followed class is the likeliest one."""
        return [self.top(i) == self.target for i in range(len(self.strengths))]


def sweep(
    trace: Trace, change: str, strengths: Sequence[float], target: int | None = None, with_maps: bool = True,
    progress: Progress | None = None, box: Sequence[int] | None = None,
) -> Sweep:  # fmt: skip
    """Change the trace's picture to each of the strengths, prepare it as ever, and ask the network.

    `target` is the trace's unless given. Pictures run in batches; with maps, each goes back from the logit to the CAM
    layer and no further. What `progress` raises cancels. `box` is that of `changed`, whose errors are raised as well;
    BadTarget, TooLarge.
    """
    network, target = trace.network, trace.class_of(target)
    with_maps = with_maps and network.has_maps
    pictures = [changed(trace.image, change, strength, box) for strength in strengths]
    logits: list[FloatArray] = []
    maps: list[FloatArray] = []
    run = Batches(network, with_maps)
    for first in range(0, len(pictures), run.batch):
        part = pictures[first : first + run.batch]
        prepared = torch.cat([network.prepare(picture).tensor for picture in part])
        outputs, found = run(prepared, lambda logits: [target] * len(logits))
        logits += [*outputs]
        maps += found
        if progress is not None:
            progress(min(len(pictures), first + run.batch), len(pictures))
    rows = np.stack(logits)
    return Sweep(
        change, tuple(map(float, strengths)), target, rows, np.stack([probabilities_of(row) for row in rows]),
        np.stack(maps) if with_maps else None, None if box is None else tuple(box),
    )  # fmt: skip
