"""Which layers pool, and how."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import NoPooling
from ..geometry import Window
from ..networks.layers import Layer
from ..networks.network import Network
from ..trace import FloatArray, Trace

_ADAPTIVE = ("AdaptiveAvgPool2d", "adaptive_avg_pool2d", "mean")


@dataclass(frozen=True)
class Pooling:
    """A pooling layer as torch runs it: `rule` is "max" or "average", `source` the layer that it reads (None for the
    picture), `before` and `after` the heights and widths of its input and its output.

    `window` is None where it is adaptive: then the output's size is fixed, and the windows follow from it. An average
    is divided by the number of cells, those of the padding among them if `counts_padding`; or by `divisor`.
    """

    layer: str
    rule: str
    source: str | None
    n_channels: int
    before: tuple[int, int]
    after: tuple[int, int]
    window: Window | None
    is_ceil: bool = False
    counts_padding: bool = True
    divisor: int | None = None

    @property
    def is_global(self) -> bool:
        """Whether one window holds the whole map."""
        return self.regular is not None and self.regular.kernel == self.before and self.after == (1, 1)

    @property
    def regular(self) -> Window | None:
        """The window that slides over the map; None where an adaptive pooling has windows of several sizes."""
        if self.window is not None:
            return self.window
        sizes = [(n // m, n % m) for n, m in zip(self.before, self.after, strict=True)]
        if any(rest for _, rest in sizes):
            return None
        kernel = sizes[0][0], sizes[1][0]
        return Window(kernel, kernel, (0, 0))

    def cells(self, axis: int, i: int) -> range:
        """Where the window of output cell i looks along an axis (0 is y); what is not from 0 to n - 1 is padding."""
        if self.window is None:
            n, m = self.before[axis], self.after[axis]
            return range(i * n // m, -(-(i + 1) * n // m))
        first = i * self.window.stride[axis] - self.window.padding[axis]
        step = self.window.dilation[axis]
        return range(first, first + self.window.kernel[axis] * step, step)


def pooling_layers(network: Network) -> tuple[str, ...]:
    """The layers that pool maps, by module or by function, in the order of execution: first those that leave maps, then
    those that end them (averages over the whole map)."""
    found = [
        name
        for name, layer in network.layers.items()
        if layer.kind in ("max pooling", "average pooling") and _is_spatial(network, layer)
    ]
    return tuple(sorted(found, key=lambda name: not network.layers[name].is_spatial))


def _is_spatial(network: Network, layer: Layer) -> bool:
    source = network.layers[layer.inputs[0]] if layer.inputs else None
    return (source is None or len(source.shape) == 3) and len(layer.shape) in (1, 3) and not layer.channels_last


def pooling_of(network: Network, layer: str) -> Pooling:
    """What a pooling layer is; raises UnknownLayer, NoPooling."""
    described = network.layer(layer)
    if described.name not in pooling_layers(network):
        others = ", ".join(f"'{name}'" for name in pooling_layers(network)[:6])
        remedy = f"It pools in {others}." if others else "It has no pooling layer."
        raise NoPooling(f"'{described.name}' of {network.name} is {described.kind}, which pools nothing. {remedy}")
    is_max = described.kind == "max pooling"
    graph, name = network.graph, described.name
    is_adaptive = graph.operation(name) in _ADAPTIVE
    source = described.inputs[0] if described.inputs else None
    side = network.preprocessing.size
    before = network.layers[source].size if source else (side, side)
    after = described.size or (1, 1)
    counts = None if is_max or is_adaptive else graph.setting(name, 5, "count_include_pad")
    return Pooling(
        layer=name,
        rule="max" if is_max else "average",
        source=source,
        n_channels=described.n_channels,
        before=(before[0], before[1]),
        after=(after[0], after[1]),
        window=None if is_adaptive else described.window,
        is_ceil=not is_adaptive and bool(graph.setting(name, 5 if is_max else 4, "ceil_mode")),
        counts_padding=counts is not False,
        divisor=None if is_max or is_adaptive else graph.setting(name, 6, "divisor_override"),
    )


def maps_after(trace: Trace, pooling: Pooling) -> FloatArray:
    """What the layer gives, (C, H, W); a layer that ends the maps gives maps of one cell."""
    return trace[pooling.layer].reshape(pooling.n_channels, *pooling.after)
