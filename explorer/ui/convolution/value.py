"""The elements of the page on convolution: where to look, the player, and the whole sum with what follows it."""

from __future__ import annotations

from ...convolution.opened import Opened
from ...convolution.products import Product, Ranking
from ...convolution.steps import Step
from ...drawing.units import input_name
from ...elements.sliding import convolution_data, strongest_inputs
from ...networks.layers import counted_before
from ...networks.network import Network
from ...trace import Trace, read_by
from ...units.routes import Unit
from ...wording import number, plural
from ..elements.opened import Bar, Line, Products, Ways, taken_apart
from ..elements.operation import operation_player
from ..elements.pickers import pick_or_leave
from ..elements.place import standing_place
from ..frame.link import standing_index
from ..frame.session import choose
from ..units.link import address, go_on, go_to_unit

_MOST_BARS, MOST_PRODUCTS = 14, 16
_NUMBERS = ("value", "weight", "product")


def pick_input(opened: Opened) -> int:
    """The input channel that the player shows, kept in the link; until one is chosen, the one with the largest
    subtotal."""
    channels = opened.channels
    best = channels[strongest_inputs(opened)[0]]
    if len(channels) == 1 or len(opened.unit) == 1:
        return best
    label = f"Input channel, {channels[0]} to {channels[-1]}"
    chosen = pick_or_leave(label, channels, "unit_input", str(best))
    return best if chosen is None else chosen


def player(trace: Trace, opened: Opened, channel: int, key: str) -> None:
    """The window over one input channel, and the output map of the value's channel."""
    layer, size = opened.layer, trace[opened.layer].shape[1:]
    source = standing_index("unit_input", len(read_by(trace, layer)))
    operation_player(convolution_data(trace, opened, channel, standing_place(size), source), size, key)


def whole_sum(network: Network, opened: Opened, ranking: Ranking, key: str) -> None:
    """Every input channel's subtotal as a bar, the strongest products, the sum, and what the operations behind make of
    it, each beside what was recorded. A bar can be chosen: the player then shows that input. Each row that is of a unit
    leads to its own page."""
    source = counted_before(network.layers, opened.layer)

    def unit(channel: int) -> Unit | None:
        return None if source is None else (source, channel)

    def name(channel: int) -> str:
        return input_name(network, opened.layer, channel)

    shown = strongest_inputs(opened)[:_MOST_BARS]
    bars = [
        Bar(
            name(channel),
            float(opened.subtotals[i]),
            channel if len(opened.unit) == 3 else None,
            unit(channel),
        )
        for i, channel in ((i, opened.channels[i]) for i in shown)
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
            [unit(p.channel) for p in ranking.products],
        ),
        _ledger(opened),
        key,
        lambda channel: choose("unit_input", channel),
        Ways(address, go_to_unit),
    )
    go_on()


def _place(product: Product) -> str:
    return "padding" if product.is_padding else f"{product.place[0]}, {product.place[1]}"


def _ledger(opened: Opened) -> list[Line]:
    n = opened.products.size
    total = number(opened.value - opened.bias)
    formula = f"{plural(n, 'product')}: {total}"
    formula += f", bias {number(opened.bias)}" if opened.has_bias else ", no bias"
    own = Step(opened.layer, "sum", formula, opened.value, opened.recorded, opened.size)
    return [Line(_shown(step), (step.name, opened.unit[0])) for step in (own, *opened.steps)]


def _shown(step: Step) -> dict[str, object]:
    return {
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
