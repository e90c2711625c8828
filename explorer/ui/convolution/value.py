"""The elements of the page on convolution: where to look, the player, and the whole sum with what follows it."""

from __future__ import annotations

from ...convolution.figures import input_scale
from ...convolution.opened import Opened
from ...convolution.products import Product, Ranking
from ...convolution.steps import Step
from ...drawing.color import scale_of
from ...drawing.picture import photo
from ...networks.network import Network
from ...trace import Trace, read_by
from ...wording import number, plural
from ..elements.opened import Bar, Products, taken_apart
from ..elements.pickers import pick_or_leave
from ..elements.window import LabelledMap, Reckoning, window_player
from ..frame.session import choose

_MOST_BARS, MOST_PRODUCTS = 14, 16
_NUMBERS = ("value", "weight", "product")


def pick_input(opened: Opened) -> int:
    """The input channel that the player shows, kept in the link; until one is chosen, the one with the largest
    subtotal."""
    channels = opened.channels
    best = channels[_strongest_inputs(opened)[0]]
    if len(channels) == 1 or len(opened.unit) == 1:
        return best
    label = f"Input channel, {channels[0]} to {channels[-1]}"
    chosen = pick_or_leave(label, channels, "unit_input", str(best))
    return best if chosen is None else chosen


def _go(y: int, x: int) -> None:
    choose("unit_y", y)
    choose("unit_x", x)


def player(trace: Trace, opened: Opened, channel: int, key: str) -> None:
    """The window over one input channel, and the output map of the value's channel."""
    network, index = trace.network, opened.unit[0]
    reads_picture = not network.layer(opened.layer).inputs
    n_others = len(opened.channels) - 1
    added = [f"{n_others} other input channel{'s' if n_others > 1 else ''}"] if n_others else []
    added += ["the bias"] if opened.has_bias else []
    source = network.layer(opened.layer).inputs[0] if not reads_picture else "The picture, normalised"
    window_player(
        LabelledMap(
            read_by(trace, opened.layer)[channel],
            trace.view(input_scale, opened.layer),
            f"{source}, {input_name(network, opened.layer, channel)}",
            trace.view(photo) if reads_picture else None,
        ),
        LabelledMap(
            trace[opened.layer][index],
            scale_of(trace[opened.layer][index]),
            f"{opened.layer}, channel {index}",
        ),
        opened.window,
        (opened.unit[1], opened.unit[2]),
        key,
        _go,
        Reckoning(
            kernel=opened.weights[channel - opened.channels[0]],
            note=f"(with {' and '.join(added)})" if added else "",
        ),
    )


def input_name(network: Network, layer: str, channel: int) -> str:
    """What an input channel is called: the colours of a picture have names."""
    if len(network.layer(layer).shape) == 1:
        return f"input {channel}"
    read = [network.layer(source) for source in network.layer(layer).inputs]
    if all(source.kind == "padding" and not source.inputs for source in read):  # a border leaves colours what they are
        return network.preprocessing.inputs[channel]
    return f"channel {channel}"


def whole_sum(network: Network, opened: Opened, ranking: Ranking, key: str) -> None:
    """Every input channel's subtotal as a bar, the strongest products, the sum, and what the operations behind make of
    it, each beside what was recorded. A bar can be chosen: the player then shows that input."""

    def name(channel: int) -> str:
        return input_name(network, opened.layer, channel)

    shown = _strongest_inputs(opened)[:_MOST_BARS]
    bars = [
        Bar(name(opened.channels[i]), float(opened.subtotals[i]), opened.channels[i] if len(opened.unit) == 3 else None)
        for i in shown
    ]
    if n_left := len(opened.subtotals) - len(shown):
        rest = float(opened.subtotals.sum() - opened.subtotals[shown].sum())
        bars.append(Bar(f"the other {n_left:,} together" if n_left > 1 else "the other one", rest))
    if opened.has_bias:
        bars.append(Bar("bias", opened.bias))

    n_left = ranking.n_products - len(ranking.products)
    taken_apart(
        bars,
        opened.value,
        Products(
            f"The {len(ranking.products)} strongest products",
            ("input", *(("kernel cell", "at y, x") if len(opened.unit) == 3 else ()), *_NUMBERS),
            [
                [
                    name(p.channel).removeprefix("channel "),
                    *([f"{p.cell[0]}, {p.cell[1]}", _place(p)] if len(opened.unit) == 3 else []),
                    *map(number, (p.input, p.weight, p.product)),
                ]
                for p in ranking.products
            ],
            f"{number(ranking.rest)}: the other {plural(n_left, 'product')}" if n_left else "",
        ),
        _ledger(opened),
        key,
        lambda channel: choose("unit_input", channel),
    )


def _place(product: Product) -> str:
    return "padding" if product.is_padding else f"{product.place[0]}, {product.place[1]}"


def _ledger(opened: Opened) -> list[dict[str, object]]:
    n = opened.products.size
    total = number(opened.value - opened.bias)
    formula = f"{plural(n, 'product')}: {total}"
    formula += f", bias {number(opened.bias)}" if opened.has_bias else ", no bias"
    own = Step(opened.layer, "sum", formula, opened.value, opened.recorded, opened.size)
    return [
        {
            "name": step.name,
            "kind": step.kind,
            "formula": step.formula,
            "value": number(step.value),
            "exact": f"{step.value!r} worked out, {step.recorded!r} recorded",
            "agrees": step.agrees,
            "recorded": f"✓ recorded {number(step.recorded)}"
            if step.agrees
            else f"✗ recorded {number(step.recorded)}, {number(abs(step.value - step.recorded))} away",
        }
        for step in (own, *opened.steps)
    ]


def _strongest_inputs(opened: Opened) -> list[int]:
    """The inputs by the size of their subtotals, as positions in the filter."""
    order: list[int] = (-abs(opened.subtotals)).argsort(kind="stable").tolist()
    return order
