"""A change swept from its lowest strength to its highest: what becomes of the answer, and of where its evidence is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..attribution.cam import grad_cam
from ..networks.network import Network, as_array
from ..pictures.image import ImageInput
from ..running.budget import batch_size
from ..running.lock import work
from ..running.progress import Progress
from ..targets import Target
from ..trace import FloatArray, Trace, class_scores, probabilities_of
from .changes import changed

_MOST_AT_ONCE = 8  # more are no faster a picture, and whoever waits sees and cancels less often


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
    run = _Passes(network, Target(target), with_maps)
    for first in range(0, len(pictures), run.batch):
        part = pictures[first : first + run.batch]
        outputs, found = run(part)
        logits += [*outputs]
        maps += found
        if progress is not None:
            progress(min(len(pictures), first + run.batch), len(pictures))
    rows = np.stack(logits)
    return Sweep(
        change, tuple(map(float, strengths)), target, rows, np.stack([probabilities_of(row) for row in rows]),
        np.stack(maps) if with_maps else None, None if box is None else tuple(box),
    )  # fmt: skip


class _Passes:
    """Passes over batches of pictures, with the gradient at the CAM layer where maps are wanted."""

    def __init__(self, network: Network, target: Target, with_maps: bool) -> None:
        self.network, self.target = network, target
        self.what = f"A batch of passes of {network.title}"
        sizes = {name: math.prod(layer.shape) for name, layer in network.layers.items()}
        self.cam = network.resolve(network.cam_layer) if with_maps else None
        held = network.graph.rest([next(iter(network.layers))], network.layers).n_held(sizes)
        if self.cam is not None:
            self.halves = network.graph.halves(self.cam, [{}])
            order = list(network.layers)
            held += sum(sizes[name] for name in order[order.index(self.cam) :])  # kept for the way back
        self.batch = min(_MOST_AT_ONCE, batch_size(4 * held, self.what))

    def __call__(self, pictures: Sequence[ImageInput]) -> tuple[FloatArray, list[FloatArray]]:
        tensors = torch.cat([self.network.prepare(picture).tensor for picture in pictures])
        with work(self.what):
            x = tensors.to(self.network.device).contiguous(memory_format=torch.channels_last)
            if self.cam is None:
                with torch.inference_mode():
                    return as_array(self.network.graph.up_to(list(self.network.layers)[-1], x)), []
            with torch.no_grad():
                begun = self.halves.begin(x)
            with torch.inference_mode(False), torch.enable_grad():
                begun = [_tracked(value) for value in begun]
                output, value = self.halves.finish(0, begun)
                (gradient,) = torch.autograd.grad(self.target.score(self.network, output).sum(), value)
        layer = self.network.layers[self.cam]
        both = (as_array(layer.channels_first(part.detach())) for part in (value, gradient))
        return as_array(output.detach()), [grad_cam(a, g) for a, g in zip(*both, strict=True)]


def _tracked(value: object) -> object:
    """What the way back starts from: numbers, and no sizes or indices."""
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return value.detach().requires_grad_(True)
    return value
