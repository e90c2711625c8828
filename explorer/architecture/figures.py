"""A network drawn: as boxes that unfold, as bars for what its stages cost, and what one unit sees of the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..drawing.color import palette, scale_for
from ..drawing.picture import png_of_pixels, visible
from ..drawing.series import Axis, Bars, Series
from ..networks.kinds import Group
from ..networks.layers import Layer
from ..networks.network import Network
from ..trace import FloatArray, Trace
from ..wording import PERCENT, by, count
from .hierarchy import Box, edges, hierarchy, stage_costs, totals
from .layout import arrange
from .nearby import Unit

# What is alike has one colour; the name of the kind always stands beside it. Told apart on white and on black, and by
# colour-blind eyes.
GROUPS: dict[Group, str] = {
    "convolution": "#3f7fd0",
    "dense": "#8f46d8",
    "normalisation": "#767b83",
    "activation": "#d9822b",
    "pooling": "#1f9a76",
    "joining": "#d1495b",
    "rearranging": "#a8a8a8",
}
HEAT = 0.65  # how much of the picture what a unit sees covers
_COSTS = {"parameters": "#3f7fd0", "multiply-adds": "#3f7fd0", "time": "#d9822b"}


def drawing(network: Network) -> dict[str, Any]:
    """The whole network as nested boxes, for the browser to unfold: of each its name, what is written in it and the
    shape that it gives; of a container its parts, their cells and the lines between them (`architecture.Arrangement`).
    """
    root = hierarchy(network)
    return _drawn(network, root, edges(root, network), (), "")


def _drawn(
    network: Network, box: Box, lines: Mapping[tuple[int, ...], set[tuple[int, int]]], path: tuple[int, ...],
    inside: str,
) -> dict[str, Any]:  # fmt: skip
    last = network.layers[box.layers[-1]]
    says = (_operation(last),) if not box.children else _container(network, box)
    drawn: dict[str, Any] = {
        "name": box.name,
        "title": box.name.removeprefix(f"{inside}."),
        "says": says,
        "shape": by(last.shape),
        "group": "" if box.children else last.traits.group,
    }
    if box.children:
        arrangement = arrange(len(box.children), lines[path])
        drawn["children"] = [
            _drawn(network, child, lines, (*path, place), box.name) for place, child in enumerate(box.children)
        ]
        drawn["cells"] = arrangement.cells
        drawn["edges"] = [(edge.source, edge.target, edge.lane) for edge in arrangement.edges]
        drawn["lanes"] = arrangement.n_lanes
    return drawn


def _operation(layer: Layer) -> str:
    """Its kind and the hyperparameters that one asks for first."""
    text = layer.kind
    if layer.window is not None:
        text += f" {by(layer.window.kernel)}"
        if layer.window.stride != (1, 1):
            text += f", stride {layer.window.stride[0]}"
        if layer.window.dilation != (1, 1):
            text += f", dilation {layer.window.dilation[0]}"
    if layer.groups is not None and layer.groups > 1:
        text += f", {layer.groups} groups"
    return text


def _container(network: Network, box: Box) -> tuple[str, str]:
    n_parameters = totals(network, box.layers).n_parameters
    weights = f"{count(n_parameters)} parameters" if n_parameters else "no parameters"
    return f"{len(box.layers)} operations", weights


def costs(network: Network, seconds: Mapping[str, float] | None) -> tuple[Bars, Bars]:
    """Where the parameters are; and where the multiply-adds are and, once it was measured, the time goes: the share of
    each stage, in percent, with the numbers themselves at the bars."""
    stages = hierarchy(network).children
    names = [stage.name for stage in stages]
    n_parameters, n_multiply_adds = stage_costs(network).T.tolist()
    work = [_shares("multiply-adds", n_multiply_adds, [count(n) for n in n_multiply_adds])]
    if seconds is not None:
        taken = [sum(seconds[name] for name in stage.layers) for stage in stages]
        work.append(_shares("time", taken, [f"{1000 * one:.3g} ms" for one in taken]))
    parameters = [_shares("parameters", n_parameters, [count(n) for n in n_parameters])]
    return _by_stage("Parameters, by stage", names, parameters), _by_stage(
        "Work for one picture, by stage", names, work
    )


def _shares(name: str, values: Sequence[float], texts: Sequence[str]) -> Series:
    whole = sum(values)
    shares = np.array([100 * value / whole if whole else 0.0 for value in values], np.float32)
    return Series(name, shares, (_COSTS[name],), texts)


def _by_stage(title: str, names: Sequence[str], series: Sequence[Series]) -> Bars:
    largest = max((float(one.values.max(initial=0)) for one in series), default=0.0)
    return Bars(title, "stage", names, series, Axis("percent of all", 0, largest or 1, PERCENT))


@dataclass(frozen=True, eq=False)
class FieldHeat:
    """What one unit (channel, y, x) sees: `levels` (h, w) the colour of "inferno" of each pixel that lies in `box`,
    (top, left, bottom, right) of the picture, brighter where a pixel matters more."""

    unit: Unit
    box: tuple[int, int, int, int]
    levels: NDArray[np.uint8]


def field_heat(network: Network, layer: str, unit: Unit, effective: FloatArray) -> FieldHeat:
    """The effective field (H, W) of a unit, in the frame of its receptive field."""
    channel, y, x = unit
    top, left, bottom, right = box = network.field(layer, channel).box(y, x, *effective.shape)
    # a few pixels matter far more than all others: beyond the 99.5th percentile all are as bright
    shown = np.nan_to_num(effective, nan=0.0, posinf=0.0)
    inside = shown[top:bottom, left:right]
    limit = float(np.percentile(inside, 99.5)) if inside.size else 0.0
    scale = scale_for(0.0, limit if limit > 0 else float(shown.max()), "inferno")
    return FieldHeat(unit, box, scale.indices(inside))


def field_png(trace: Trace, heat: FieldHeat) -> bytes:
    """What a unit sees, as heat over the picture as the network received it, and the frame of its receptive field."""
    pixels = visible(trace.prepared.pixels)
    factor = pixels.shape[0] // len(trace.prepared.pixels)
    top, left, bottom, right = (edge * factor for edge in heat.box)
    picture = pixels.copy()
    if heat.levels.size:
        colors = palette("inferno")[heat.levels.repeat(factor, axis=0).repeat(factor, axis=1)]
        seen = np.ascontiguousarray(pixels[top:bottom, left:right])
        picture[top:bottom, left:right] = cv2.addWeighted(seen, 1 - HEAT, colors, HEAT, 0)
    for outset, grey in ((0, 0), (1, 255), (2, 255), (3, 0)):  # seen on dark and on bright ground
        edge = (
            slice(max(0, top - outset - 1), bottom + outset + 1),
            slice(max(0, left - outset - 1), right + outset + 1),
        )
        framed = picture[edge]
        framed[[0, -1]] = framed[:, [0, -1]] = grey
    return png_of_pixels(picture)
