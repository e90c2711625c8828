"""What a window slides over: a layer's convolution or pooling, its two sides and how one comes of the other."""

from __future__ import annotations

from collections.abc import Callable

from ..convolution.opened import Opened, strongest_places
from ..drawing.units import activation_unit, input_name, input_scale, input_unit, reads_channels
from ..feature_maps.files import Part, What, parts_near
from ..networks.pooling import Pooling
from ..trace import Trace, read_by
from ..wording import by
from .operation import Filters, Side, Sides, operation_data
from .window import Reckoning, Rule

Parts = Callable[[Trace, str, int, What], tuple[Part, ...]]  # as `parts_near`: which maps are sent of a layer
Place = tuple[int | None, int | None]  # (y, x), None where it is left to where the value is highest

_MOST_SEEN = 14  # cells along a side of a window whose numbers are shown while it slides


def strongest_inputs(opened: Opened) -> list[int]:
    """The inputs by the size of their subtotals, as positions in the filter."""
    order: list[int] = (-abs(opened.subtotals)).argsort(kind="stable").tolist()
    return order


def convolution_data(
    trace: Trace, opened: Opened, channel: int, at: Place, source: int | None = None, parts: Parts = parts_near
) -> dict[str, object]:
    """The window over one of the inputs of the opened value, and the map of its channel. `channel` is an input near
    which maps are sent; `source` the one that is shown, None for the one that adds most."""
    network, layer, index = trace.network, opened.layer, opened.unit[0]
    n_others = len(opened.channels) - 1
    added = [f"{n_others} other input channel{'s' if n_others > 1 else ''}"] if n_others else []
    added += ["the bias"] if opened.has_bias else []
    of_picture = reads_channels(network, layer)
    said = next(iter(network.layer(layer).inputs), "The picture, normalised")
    if network.layer(layer).inputs and of_picture:
        said = "The picture, normalised and padded"
    before, after, weights = read_by(trace, layer), trace[layer], network.weights(layer)["weight"]
    each = range(len(before)) if of_picture else range(1)
    names = [input_name(network, layer, c) for c in each] if of_picture else ["channel {channel}"]
    read = Side(
        before.shape,
        parts(trace, layer, channel, "reads"),
        [trace.view(input_scale, layer, c) for c in each],
        [f"{said}, {name}" for name in names],
        [input_unit(trace, layer, c) for c in each],
    )
    given = Side(
        after.shape,
        parts(trace, layer, index, "gives"),
        (),
        [f"{layer}, channel {{channel}}"],
        [activation_unit(network, layer)],
    )
    filters = Filters(
        weights.shape,
        network.layer(layer).groups or 1,
        parts(trace, layer, index, "weights"),
        source,
        opened.channels[strongest_inputs(opened)[0]],
    )
    return operation_data(
        Sides(read, given, filters),
        opened.window,
        trace.view(strongest_places, layer).tolist(),
        (index, *at),
        Reckoning(note=f"(with {' and '.join(added)})" if added else ""),
    )


def slides(pooling: Pooling) -> bool:
    """Whether there is a window to watch: one that slides, and holds few enough numbers to read."""
    window = pooling.regular
    return window is not None and max(window.kernel) <= _MOST_SEEN and pooling.after != (1, 1)


def pooling_data(
    trace: Trace, pooling: Pooling, channel: int, at: Place, parts: Parts = parts_near
) -> dict[str, object]:
    """The window of a pooling that slides over a channel, and the map that comes of it."""
    network, layer = trace.network, pooling.layer
    window = pooling.regular
    assert window is not None  # it slides
    rule: Rule = "max" if pooling.rule == "max" else "average"
    if pooling.divisor or (rule == "average" and pooling.is_ceil):
        rule = "value"  # divided by another number than the player would take
    return operation_data(
        Sides(
            pooled_side(trace, pooling, channel, parts),
            Side(
                (pooling.n_channels, *pooling.after),
                parts(trace, layer, channel, "gives"),
                (),
                (f"{layer}, channel {{channel}}: {by(pooling.after)}",),
                (activation_unit(network, layer),),
            ),
        ),
        window,
        trace.view(strongest_places, layer).tolist(),
        (channel, *at),
        Reckoning(rule, counts_padding=pooling.counts_padding),
    )


def pooled_side(trace: Trace, pooling: Pooling, channel: int, parts: Parts = parts_near) -> Side:
    """What the layer reads: maps of a layer, or the picture, whose channels have names and shades of their own."""
    layer, n, source = pooling.layer, pooling.n_channels, pooling.source or "the picture"
    of_picture = range(n) if reads_channels(trace.network, layer) else None
    names = ["channel {channel}"] if of_picture is None else [input_name(trace.network, layer, c) for c in of_picture]
    return Side(
        (n, *pooling.before),
        parts(trace, layer, channel, "reads"),
        () if pooling.source else tuple(trace.view(input_scale, layer, c) for c in range(n)),
        tuple(f"{source}, {name}: {by(pooling.before)}" for name in names),
        tuple(input_unit(trace, layer, c) for c in of_picture or [0]),
    )
