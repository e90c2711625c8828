"""A network's way from the pixels to the answer: the strongest maps of its stages, and the numbers at the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..attribution import class_activation_map
from ..drawing.color import scale_of
from ..drawing.picture import countable, enlarge, heat_map, png_of_pixels, thumbnail, visible
from ..feature_maps.channels import channel_order
from ..networks.network import Network
from ..networks.preparation import COLOURS
from ..trace import FloatArray, Trace, as_maps, contribution
from ..wording import number

_SIDE = 160  # pixels
_MOST_STAGES, N_MAPS = 5, 3  # what a projector has room for
_MOST_BARS = 64


@dataclass(frozen=True)
class StrongMap:
    """One of the maps of a stage that raise the target's score most: what it adds to the score, None without a target,
    and its range."""

    channel: int
    png: bytes
    adds: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Stage:
    """A stage with maps, and the strongest of them."""

    layer: str
    shape: tuple[int, ...]
    maps: tuple[StrongMap, ...]


@dataclass(frozen=True, eq=False)
class Numbers:
    """A layer without maps: `bars` are its values in order, of neighbours the one furthest from 0 where they are many;
    each a share of the largest size, -1 to 1."""

    layer: str
    n: int
    bars: FloatArray


@dataclass(frozen=True)
class Journey:
    """What leads from the picture to the answer, and the evidence for the target as a map as large as the picture; None
    where there is none."""

    stages: tuple[Stage, ...]
    numbers: tuple[Numbers, ...]
    cam_png: bytes | None


@dataclass(frozen=True)
class PreparationStep:
    """One thing that was done to the picture before the network received it."""

    png: bytes
    width: int  # at which its longer side is as long as that of the other steps
    phrase: str


def preparation(trace: Trace) -> tuple[PreparationStep, ...]:
    """What was done to the picture, step by step, for a network that does more than to resize and to crop it."""
    shown = ((step.phrase, thumbnail(visible(step.pixels), _SIDE)) for step in trace.prepared.steps)
    return tuple(
        PreparationStep(png_of_pixels(small), _SIDE * small.shape[1] // max(small.shape[:2]), phrase)
        for phrase, small in shown
    )


def inputs(trace: Trace) -> tuple[PreparationStep, ...]:
    """What each channel is that a network reads of other channels than red, green and blue, from its lowest value to
    its highest; nothing for a network of colours, or of brightness alone."""
    how = trace.network.preprocessing
    if {*how.inputs} == {*COLOURS} or how.n_channels == 1:
        return ()
    found = []
    for name, values in zip(how.inputs, how.unscaled(trace.prepared.tensor)[0].numpy(), strict=True):
        low, high = float(values.min()), float(values.max())
        levels = countable((values - low) * (255 / (high - low or 1)), _SIDE)
        drawn = png_of_pixels(np.repeat(np.rint(levels).astype(np.uint8)[..., None], 3, axis=2))
        found.append(PreparationStep(drawn, _SIDE, f"{name}, {number(low)} (black) to {number(high)} (white)"))
    return tuple(found)


def journey(trace: Trace) -> Journey:
    """The network's stages on this picture: the maps that add most to the target's score, or, without a target, those
    with the largest mean."""
    network = trace.network
    numbers = [stage for stage in network.stages if not network.layer(stage).is_spatial]
    if not network.no_classes:
        numbers = numbers[:-1]  # the last are the logits
    can_explain = network.has_maps and trace.target is not None and trace.is_finite
    return Journey(
        tuple(_stage(trace, stage) for stage in shown_stages(network)),
        tuple(_numbers(trace, stage) for stage in numbers[-1:]),
        _cam_png(trace) if can_explain else None,
    )


def shown_stages(network: Network) -> tuple[str, ...]:
    """The stages with maps, or a few of them: where they are too many, the last of each size, without those that only
    pool, evenly chosen."""
    found = [stage for stage in network.stages if network.layer(stage).is_spatial]
    if len(found) > _MOST_STAGES:
        found = [*{network.layer(stage).size: stage for stage in found}.values()]
    if len(found) > _MOST_STAGES:
        found = [stage for stage in found if network.layer(stage).traits.pooling is None] or found
    if len(found) > _MOST_STAGES:
        found = [found[i] for i in np.linspace(0, len(found) - 1, _MOST_STAGES).round().astype(int)]
    return tuple(found)


def _stage(trace: Trace, stage: str) -> Stage:
    maps = as_maps(trace[stage])
    adds = trace.view(contribution, stage) if trace.has_gradient(stage) else None
    order = channel_order(trace, stage, "mean" if adds is None else "gradient × activation")
    shown = (
        StrongMap(
            channel=c,
            png=_png(maps[c]),
            adds=None if adds is None else float(adds[c]),
            low=float(maps[c].min()),
            high=float(maps[c].max()),
        )
        for c in order[:N_MAPS]
    )
    return Stage(stage, trace.network.layer(stage).shape, tuple(shown))


def _png(values: FloatArray) -> bytes:
    scale = scale_of(values)
    return heat_map(countable(values, _SIDE) if max(values.shape) > _SIDE else values, scale)


def _numbers(trace: Trace, stage: str) -> Numbers:
    values = np.nan_to_num(trace[stage].ravel())
    groups = np.array_split(values, min(len(values), _MOST_BARS))
    furthest = np.array([group[np.abs(group).argmax()] for group in groups], np.float32)
    return Numbers(stage, len(values), furthest / (np.abs(furthest).max() or 1))


def _cam_png(trace: Trace) -> bytes:
    cam, layer = class_activation_map(trace), trace.network.cam_layer
    return heat_map(enlarge(cam, *trace.prepared.size, trace.network.places(layer)), scale_of(cam, "inferno"))


def columns(found: Journey) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The layers and channels that are shown, as `flow` takes them."""
    return tuple((stage.layer, tuple(shown.channel for shown in stage.maps)) for stage in found.stages)
