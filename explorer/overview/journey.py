"""A network's stages as a strip of pictures, from the pixels to the probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..attribution import class_activation_map
from ..drawing.color import scale_of
from ..drawing.picture import countable, fold, heat_map, overlay, png_of_pixels, thumbnail, visible
from ..feature_maps.channels import representative
from ..networks.preparation import COLOURS
from ..trace import Trace, as_maps
from ..wording import number

_SIDE = 160  # pixels


@dataclass(frozen=True)
class Step:
    """One stage: the map of the channel that supports the class most, and, where there are maps, the stage's CAM.
    What has no maps any more is drawn as numbers in rows."""

    stage: str
    shape: str
    channel: int | None  # None for the ends of the journey, which are no layers
    map_png: bytes
    map_alt: str
    cam_png: bytes | None
    cam_alt: str


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


def journey(trace: Trace) -> tuple[Step, ...]:
    """Every stage of the network on this picture; the trace must have a target (NoTarget)."""
    return (_pixels(trace), *(_step(trace, stage) for stage in trace.network.stages), _probabilities(trace))


def _pixels(trace: Trace) -> Step:
    pixels = trace.prepared.pixels
    png = png_of_pixels(thumbnail(visible(pixels), _SIDE))
    shape = " × ".join(map(str, trace.prepared.tensor.shape[1:]))
    return Step("pixels", shape, None, png, "The picture as received", None, "")


def _probabilities(trace: Trace) -> Step:
    png = heat_map(countable(fold(trace.probabilities), _SIDE), scale_of(trace.probabilities))
    last = "softmax" if len(trace.logits) > 1 else "sigmoid"
    return Step(last, str(len(trace.probabilities)), None, png, "The probabilities, row by row", None, "")


def _step(trace: Trace, stage: str) -> Step:
    layer = trace.network.layer(stage)
    shape = " × ".join(map(str, layer.shape))
    maps = as_maps(trace[stage])
    channel = representative(trace, stage)
    if not layer.is_spatial:
        folded = fold(maps[:, 0, 0])
        png = heat_map(countable(folded, _SIDE), scale_of(folded))
        return Step(stage, shape, channel, png, f"{len(maps)} numbers of {stage}, row by row", None, "")
    values = maps[channel]
    cam = class_activation_map(trace, layer=stage)
    return Step(
        stage=stage,
        shape=shape,
        channel=channel,
        map_png=heat_map(countable(values, _SIDE), scale_of(values)),
        map_alt=f"Channel {channel} of {stage}, from {values.min():.3g} to {values.max():.3g}",
        cam_png=png_of_pixels(
            overlay(
                thumbnail(visible(trace.prepared.pixels), _SIDE),
                cam,
                scale_of(cam, "inferno"),
                places=trace.network.places(stage),
            )
        ),
        cam_alt=f"Grad-CAM at {stage}, up to {cam.max():.3g}",
    )
