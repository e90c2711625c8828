"""A network drawn: as boxes that unfold, as bars for what its stages cost, and what one unit sees of the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ..drawing.color import scale_for
from ..drawing.picture import overlay, png_of_pixels, visible
from ..networks.kinds import Group
from ..networks.layers import Layer
from ..networks.network import Network
from ..trace import Trace
from ..wording import by, count
from .field import effective_field
from .hierarchy import Box, edges, hierarchy, stage_costs, totals
from .layout import arrange
from .sentences import field_sentence

# What is alike has one colour; the name of the kind always stands beside it. Told apart on white and on black, and by
# colour-blind eyes.
GROUPS: dict[Group, str] = {
    "convolution": "#3f7fd0",
    "dense": "#9265c9",
    "normalisation": "#8b8f96",
    "activation": "#d9822b",
    "pooling": "#1f9a76",
    "joining": "#d1495b",
    "rearranging": "#a8a8a8",
}
_SMALL = 4  # a frame up to this part of the picture's side is shown enlarged as well
BARS = ("#3f7fd0", "#d9822b")


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


def stage_bars(
    names: Sequence[str], columns: Mapping[str, Sequence[float]], texts: Sequence[Sequence[str]]
) -> go.Figure:
    """Horizontal bars, the first stage on top: for each of up to two columns the share, in percent, that each stage has
    of the column's sum; `texts` are written at the bars, column by column."""
    figure = go.Figure()
    largest = 0.0
    for (column, values), text, color in zip(columns.items(), texts, BARS, strict=False):
        whole = sum(values)
        shares = [100 * value / whole if whole else 0.0 for value in values]
        largest = max(largest, *shares)
        figure.add_bar(
            y=[name.replace(" … ", " …<br>") for name in names],
            x=shares,
            orientation="h",
            name=column,
            text=list(text),
            textposition="outside",
            cliponaxis=False,
            marker_color=color,
            hovertemplate="%{y}<br>%{x:.1f} %<extra></extra>",
        )
    figure.update_layout(
        height=70 + len(names) * (46 if len(columns) > 1 or any(" … " in name for name in names) else 30),
        margin={"l": 8, "r": 8, "t": 8 if len(columns) == 1 else 36, "b": 40},
        barmode="group",
        bargap=0.3,
        dragmode=False,
        showlegend=len(columns) > 1,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    # room for what is written behind the longest bar
    figure.update_xaxes(range=[0, 1.55 * largest or 1], title="% of all", fixedrange=True)
    figure.update_yaxes(autorange="reversed", automargin=True, fixedrange=True, type="category")
    return figure


def costs(network: Network, seconds: Mapping[str, float] | None) -> tuple[go.Figure, go.Figure]:
    """Where the parameters are; and where the multiply-adds are and, once it was measured, the time goes: by stage."""
    stages = hierarchy(network).children
    names = [stage.name for stage in stages]
    n_parameters, n_multiply_adds = stage_costs(network).T.tolist()
    parameters = stage_bars(names, {"parameters": n_parameters}, [[count(n) for n in n_parameters]])
    work = {"multiply-adds": n_multiply_adds}
    texts = [[count(n) for n in n_multiply_adds]]
    if seconds is not None:
        work["time"] = [sum(seconds[name] for name in stage.layers) for stage in stages]
        texts.append([f"{1000 * taken:.3g} ms" for taken in work["time"]])
    return parameters, stage_bars(names, work, texts)


@dataclass(frozen=True)
class FieldView:
    """What one unit sees: the picture with a frame around all that it can see and, in it, its effective field as heat;
    where the frame is small, also what is in it, enlarged."""

    png: bytes
    closeup: bytes | None
    alt: str
    sentence: str


def field_view(trace: Trace, layer: str, channel: int, y: int, x: int) -> FieldView:
    """The effective field of a unit over the picture as the network received it, bright where a pixel matters most,
    and the frame of its receptive field. A layer without maps has its numbers at (0, 0)."""
    effective = effective_field(trace.network, trace.image, layer, channel, y, x)
    height, width = effective.shape
    box = trace.network.field(layer, channel).box(y, x, height, width)
    pixels = visible(trace.prepared.pixels)
    factor = pixels.shape[0] // height
    top, left, bottom, right = (edge * factor for edge in box)
    # a few pixels matter far more than all others: beyond the 99.5th percentile all are as bright
    shown = np.nan_to_num(effective, nan=0.0, posinf=0.0)
    inside = shown[box[0] : box[2], box[1] : box[3]]
    limit = float(np.percentile(inside, 99.5)) if inside.size else 0.0
    scale = scale_for(0.0, limit if limit > 0 else float(shown.max()), "inferno")
    heat = overlay(pixels, shown.repeat(factor, axis=0).repeat(factor, axis=1), scale, 0.65)
    picture = pixels.copy()
    picture[top:bottom, left:right] = heat[top:bottom, left:right]
    closeup = None
    if 0 < bottom - top <= height * factor // _SMALL and 0 < right - left <= width * factor // _SMALL:
        closeup = png_of_pixels(visible(heat[top:bottom, left:right]))
    for outset, grey in ((0, 0), (1, 255), (2, 255), (3, 0)):  # seen on dark and on bright ground
        edge = (
            slice(max(0, top - outset - 1), bottom + outset + 1),
            slice(max(0, left - outset - 1), right + outset + 1),
        )
        framed = picture[edge]
        framed[[0, -1]] = framed[:, [0, -1]] = grey
    alt = f"The picture with what channel {channel} of {layer} sees at ({y}, {x}): bright where a pixel matters most"
    return FieldView(
        png_of_pixels(picture), closeup, alt, field_sentence(trace.network, layer, y, x, effective, channel)
    )
