"""Many pictures through one network, and where in each the evidence is: in batches, and back no further than needed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch

from ..networks.cost import pictures_at_once
from ..networks.network import Network, as_array
from ..running.lock import work
from ..targets import Target
from ..trace import FloatArray
from .cam import grad_cam

Explained = Callable[[FloatArray], Sequence[int]]  # logits (B, K) -> of each picture the class that is explained


class Batches:
    """Passes over up to `batch` pictures at once. Where maps are wanted, each goes back from the logit to the CAM layer
    and no further."""

    def __init__(self, network: Network, with_maps: bool) -> None:
        self.network = network
        self.what = f"A batch of passes of {network.title}"
        self.cam = network.resolve(network.cam_layer) if with_maps and network.has_maps else None
        kept = 0  # for the way back
        if self.cam is not None:
            self.halves = network.graph.halves(self.cam, [{}])
            order = list(network.layers)
            kept = sum(math.prod(network.layers[name].shape) for name in order[order.index(self.cam) :])
        self.batch = pictures_at_once(network, self.what, kept)

    def __call__(self, pictures: torch.Tensor, explained: Explained) -> tuple[FloatArray, list[FloatArray]]:
        """Of prepared pictures (B, C, H, W) the logits (B, K), and Grad-CAM's signed map (h, w) of each."""
        with work(self.what):
            x = pictures.to(self.network.device).contiguous(memory_format=torch.channels_last)
            if self.cam is None:
                with torch.inference_mode():
                    return as_array(self.network.graph.up_to(list(self.network.layers)[-1], x)), []
            with torch.no_grad():
                begun = self.halves.begin(x)
            with torch.inference_mode(False), torch.enable_grad():
                begun = [_tracked(value) for value in begun]
                output, value = self.halves.finish(0, begun)
                logits = as_array(output.detach())
                scores = [
                    Target(index).score(self.network, row)
                    for index, row in zip(explained(logits), output.split(1), strict=True)
                ]
                (gradient,) = torch.autograd.grad(torch.cat(scores).sum(), value)
        layer = self.network.layers[self.cam]
        both = (as_array(layer.channels_first(part.detach())) for part in (value, gradient))
        return logits, [grad_cam(a, g) for a, g in zip(*both, strict=True)]


def _tracked(value: object) -> object:
    """What the way back starts from: numbers, and no sizes or indices."""
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return value.detach().requires_grad_(True)
    return value
