"""A change made for one network alone: too small for anybody to see, and so chosen that the answer turns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from ..errors import BadArgument, BadTarget
from ..networks.network import Network
from ..networks.preparation import Changed, Prepared, as_pixels
from ..pictures.image import ImageInput
from ..running.lock import work
from ..running.progress import Progress
from ..trace import FloatArray, Trace, run

MOST_LEVELS, MOST_STEPS = 64, 200
_STRIDE = 2.5  # of all steps together, in epsilons: enough to reach the border of what is allowed from anywhere


@dataclass(frozen=True, eq=False)
class Attack:
    """What was made of a picture to turn a network's answer.

    No value was changed by more than `epsilon` levels of 255, in `steps` steps along the sign of the gradient. `aim` is
    the class that was aimed at, None where any other than `away_from` was. `trace` is the pass over the outcome, which
    is made of whole levels and could be saved as it is; `change` (C, H, W) is what was added, in levels.
    """

    epsilon: int
    steps: int
    aim: int | None
    away_from: int
    trace: Trace
    change: FloatArray

    @property
    def is_reached(self) -> bool:
        """Whether the answer is the one that was aimed at, or another than it was."""
        best = self.trace.top(1)[0].index
        return best == self.aim if self.aim is not None else best != self.away_from


def attack(
    trace: Trace, epsilon: int, steps: int = 1, aim: int | None = None, progress: Progress | None = None
) -> Attack:
    """Change what the network receives by at most `epsilon` levels, to lose its likeliest class, or to gain `aim`.

    One step is the fast gradient sign method, x + e sign(grad_x L(x, y)) (Goodfellow et al. 2015, arXiv:1412.6572);
    more are projected gradient descent from the picture itself (Madry et al. 2018, arXiv:1706.06083), each step 2.5/n
    of epsilon long. L is the cross entropy of the likeliest class, which goes up, or of `aim`, which goes down. Values
    stay from 0 to 1, and are rounded to whole levels at the end. What `progress` raises cancels.
    Raises BadArgument for numbers that are none of these and scores that are no numbers, BadTarget, TooLarge.
    """
    for name, value, most in (("epsilon", epsilon, MOST_LEVELS), ("steps", steps, MOST_STEPS)):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise BadArgument(f"{name} is a whole number from 1 to {most}, not {value!r}.")
    if not trace.is_finite:
        raise BadArgument("Some of the network's scores are no finite numbers, so no gradient leads anywhere.")
    network, best = trace.network, trace.class_of(trace.top(1)[0].index if trace.network.categories else None)
    aim = None if aim is None else trace.class_of(aim)
    if aim == best:
        raise BadTarget(f"“{network.categories[best]}” is the answer already. Aim at another class, or at none.")
    start = network.preprocessing.unscaled(trace.prepared.tensor)
    x, radius = start.clone(), epsilon / 255
    stride = radius if steps == 1 else _STRIDE * radius / steps
    sign = 1.0 if aim is None else -1.0
    for done in range(steps):
        gradient = _gradient(network, network.preprocessing.scaled(x), best if aim is None else aim)
        x = start + (x + sign * stride * gradient.sign() - start).clamp(-radius, radius)
        x = x.clamp(0, 1)
        if progress is not None:
            progress(done + 1, steps)
    levels = (255 * (x - start)).round().clamp(-epsilon, epsilon)  # a picture holds whole ones
    x = (start + levels / 255).clamp(0, 1)
    other = network.with_preparation(_Given(network.preprocessing, x), "as given")
    found = run(other, trace.image, best if trace.target is None else trace.target)
    return Attack(epsilon, steps, aim, best, found, (255 * (x - start))[0].numpy())


def _gradient(network: Network, x: torch.Tensor, index: int) -> torch.Tensor:
    """Of the cross entropy of a class at what the network receives, (1, C, H, W)."""
    with work(f"One step with {network.title}"), torch.inference_mode(False), torch.enable_grad():
        x = x.to(network.device).detach().requires_grad_(True)
        output = network.graph.up_to(list(network.layers)[-1], x)
        if output.shape[1] == 1:  # the only logit is that of the second class
            output = torch.cat([torch.zeros_like(output), output], dim=1)
        loss = F.cross_entropy(output, torch.tensor([index], device=output.device))
        (found,) = torch.autograd.grad(loss, x, materialize_grads=True)
    return found.cpu()


@dataclass(frozen=True, eq=False)
class _Given(Changed):
    """A preparation whose outcome is given: values (1, C, H, W) from 0 to 1, whatever the picture is."""

    values: torch.Tensor

    def __call__(self, image: ImageInput) -> Prepared:
        tensor = self.usual.scaled(self.values)
        box = self.usual(image).box
        return Prepared(as_pixels(self.usual, tensor), box, tensor)


def magnified(found: Attack, strongest: float | None = None) -> np.ndarray:
    """The change as a picture (H, W, 3) uint8: grey where nothing was changed, and so much stronger that the largest
    change, or `strongest` levels, is black or white."""
    most = strongest or float(np.abs(found.change).max()) or 1.0
    shown = found.change if len(found.change) == 3 else found.change.mean(axis=0, keepdims=True).repeat(3, axis=0)
    return np.clip(np.rint(127.5 + 127.5 * np.moveaxis(shown, 0, -1) / most), 0, 255).astype(np.uint8)
