"""A person's own picture, changed after a network's taste: DeepDream, and what is left of it at a layer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch.nn import functional as F

from ..errors import BadOption, NotFinite
from ..networks.checks import check_network
from ..networks.folding import folded
from ..networks.network import Network
from ..pictures.image import ImageInput, check_image
from ..running.lock import work
from ..running.memory import ensure_room
from ..running.progress import Progress
from ..shown import Shown
from ..trace import FloatArray
from ..wording import described
from .canvas import Canvas, pixels_of
from .making import Growing, Pixels
from .objective import Objective, before_activation
from .settings import MOST_STEPS, Settings, runs_at

MOST_OCTAVES = 8
OCTAVE = 1.4  # from one size to the next (Mordvintsev et al. 2015)
_LEAST_SIDE = 48  # of the smallest octave
_STRIDE = 0.01  # how far a step changes values from 0 to 1, in the mean over the picture
_SMOOTH = 0.02  # weight of the total variation against a distance whose picture of noise has 1
_MOVES = 0.25  # of the usual movements: the features are to stay where they are


@dataclass(frozen=True, eq=False)
class Changed(Shown):
    """What became of a picture. `values` (1, C, H, W) from 0 to 1 in whole levels of 255, in the order of the network's
    inputs, beside those that it received, `before`; `course` is by step: of a dream the mean square of the layer's
    values, of an inversion the distance that is left, 1 that of a picture of the mean colour."""

    network: Network
    layer: str
    how: str  # "dream" or "inversion"
    values: FloatArray
    before: FloatArray
    course: FloatArray
    seconds: float

    @property
    def picture(self) -> Pixels:
        """As a picture, (H, W, 3)."""
        return pixels_of(self.network.preprocessing, self.values)[0]

    @property
    def picture_before(self) -> Pixels:
        """The same of what the network received."""
        return pixels_of(self.network.preprocessing, self.before)[0]

    @property
    def n_bytes(self) -> int:
        """Memory that it holds."""
        return self.values.nbytes + self.before.nbytes + self.course.nbytes


def dream(
    network: Network, image: ImageInput, layer: str, octaves: int = 4, steps: int = 12, seed: int = 0,
    progress: Progress | None = None, growing: Growing | None = None,
) -> Changed:  # fmt: skip
    """DeepDream (Mordvintsev, Olah and Tyka 2015, “Inceptionism”): what a layer sees in a picture, more of it.

        x <- x + stride * g / mean |g|,  g = d mean(A^2) / dx of the layer's values A

    on the picture reduced by 1.4 several times, the smallest first, so that large shapes are dreamt before small ones;
    of each size only what was dreamt goes on to the next, added to the picture as it was. With a channel, as in
    "layer4:17", that one alone is driven up, by its mean. Values stay from 0 to 1. Of a network that is built for one
    size, there is one octave. Raises UnknownLayer, BadChannel, BadOption, NotFinite, TooLarge; what `progress` raises
    cancels.
    """
    layer, channel = _parted(network, layer)
    name, before = _begun(network, image, layer)
    _check_count("octaves", octaves, MOST_OCTAVES)
    _check_count("steps", steps, MOST_STEPS)
    started, own = time.perf_counter(), network.preprocessing.size
    sides = [side for i in reversed(range(octaves)) if (side := round(own / OCTAVE**i)) >= _LEAST_SIDE or not i]
    sides = [side for side in sides if side == own or runs_at(network, name, side)]
    random, course = torch.Generator().manual_seed(seed), list[float]()
    dreamt = torch.zeros_like(before)
    run = folded(network.graph, name)
    for side in sides:
        base = _resized(before, side)
        dreamt = _resized(dreamt, side)
        for _ in range(steps):
            shift = [int(n) for n in torch.randint(-side // 16, side // 16 + 1, (2,), generator=random)]
            rolled = torch.roll((base + dreamt).clamp(0, 1), shift, (2, 3))
            value, gradient = _uphill(network, name, run, rolled, channel)
            gradient = torch.roll(gradient, [-n for n in shift], (2, 3))
            dreamt = (base + dreamt + _STRIDE * gradient / (gradient.abs().mean() + 1e-12)).clamp(0, 1) - base
            course.append(value)
            if growing is not None:
                growing(partial(_shown, network, base + dreamt))
            if progress is not None:
                progress(len(course), steps * len(sides))
    values = _levels(before + dreamt)
    return Changed(
        network, layer, "dream", values, _levels(before), np.array(course, np.float32), time.perf_counter() - started
    )


def invert(
    network: Network, image: ImageInput, layer: str, steps: int = 128, seed: int = 0,
    progress: Progress | None = None, growing: Growing | None = None,
) -> Changed:  # fmt: skip
    """What is left of a picture at a layer: another picture, begun from noise, for which the layer gives the same
    (Mahendran and Vedaldi 2015, arXiv:1412.0035, eq. 1-4), as waves whose strengths fall (`spectrum`).

        min over x of |A(x) - A(x0)|^2 / |A(m) - A(x0)|^2 + 0.02 TV(x),  m the picture of the mean colour

    A is the layer's values, of an activation those before it, TV the mean of |differences of neighbours| (eq. 6 with
    beta 1). Raises as `dream` does.
    """
    name, before = _begun(network, image, layer)
    _check_count("steps", steps, MOST_STEPS)
    started, scaled = time.perf_counter(), network.preprocessing.scaled
    settings = Settings(steps=steps, side=network.preprocessing.size, seed=seed)
    random = torch.Generator().manual_seed(seed)
    canvas = Canvas(network.preprocessing, settings, random, is_contrast_free=True)
    adam = canvas.adam()
    what, run = f"A step of an inversion of {network.title}", folded(network.graph, name)
    with work(what), torch.inference_mode():
        empty = torch.zeros_like(before).to(network.device)  # the mean is 0 for the network
        wanted = run(scaled(before).to(network.device)).clone()
        whole = float((run(empty) - wanted).square().mean()) or 1.0
    course = []
    for step in range(steps):
        with work(what), torch.inference_mode(False), torch.enable_grad():
            ensure_room(8 * network.n_values, what)
            x = canvas.values()
            given = run(scaled(x).to(network.device))
            distance = (given - wanted).square().mean() / whole
            rough = x.diff(dim=2).abs().mean() + x.diff(dim=3).abs().mean()
            adam.zero_grad()
            (distance + _SMOOTH * rough).backward()
            adam.step()
        course.append(float(distance.detach()))
        _check_finite(course[-1], layer)
        if growing is not None:
            growing(lambda: pixels_of(network.preprocessing, canvas.levels()))
        if progress is not None:
            progress(step + 1, steps)
    seconds = time.perf_counter() - started
    return Changed(network, layer, "inversion", canvas.levels(), _levels(before), np.array(course, np.float32), seconds)


def _parted(network: Network, text: str) -> tuple[str, int | None]:
    """A layer, and the channel of it that is meant, if one is."""
    if ":" not in str(text):
        return text, None
    objective = Objective.of(network, text).checked(network)
    assert objective.layer is not None  # a colon is for layers alone
    return objective.layer, objective.weights[0][0]


def _begun(network: Network, image: ImageInput, layer: str) -> tuple[str, torch.Tensor]:
    """The operation whose values count, and the picture as the network receives it, from 0 to 1."""
    check_network(network)
    check_image(image)
    name = before_activation(network, network.resolve(layer))
    return name, network.preprocessing.unscaled(network.prepare(image).tensor).clamp(0, 1)


def _uphill(
    network: Network, name: str, run: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, channel: int | None,
) -> tuple[float, torch.Tensor]:  # fmt: skip
    """What is driven up at a picture from 0 to 1, and its gradient there."""
    what = f"A step of a dream of {network.title}"
    with work(what), torch.inference_mode(False), torch.enable_grad():
        ensure_room(8 * network.n_values, what)
        x = x.clone().requires_grad_(True)
        given = run(network.preprocessing.scaled(x).to(network.device))
        maps = network.layers[name].as_maps(given)
        up = maps.square().mean() if channel is None else maps[:, channel].mean()
        (gradient,) = torch.autograd.grad(up, x)
    _check_finite(float(up.detach()), name)
    return float(up.detach()), gradient


def _shown(network: Network, values: torch.Tensor) -> list[Pixels]:
    return pixels_of(network.preprocessing, _levels(_resized(values, network.preprocessing.size)))


def _resized(values: torch.Tensor, side: int) -> torch.Tensor:
    if values.shape[-1] == side:
        return values
    return F.interpolate(values, size=(side, side), mode="bicubic", align_corners=False, antialias=True)


def _levels(values: torch.Tensor) -> FloatArray:
    found: FloatArray = (values.detach().clamp(0, 1) * 255).round().div(255).numpy()
    found.flags.writeable = False
    return found


def _check_count(name: str, value: object, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise BadOption(f"{name} is a whole number from 1 to {most}, not {described(value)}.")


def _check_finite(value: float, layer: str) -> None:
    if not np.isfinite(value):
        raise NotFinite(
            f"What {layer} gives is no finite number, so no step leads anywhere: these weights are broken, or were not "
            "trained to the end. Choose other weights."
        )
