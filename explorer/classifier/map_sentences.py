"""Where a logit comes from, in plain sentences."""

from __future__ import annotations

import math

import numpy as np

from ..questions import Question
from ..trace import FloatArray, Trace
from ..wording import by, number, signed
from .decomposition import Decomposition, first_order
from .head import head, of_nothing
from .logits import READINGS, Ledger, ledger
from .sentences import ledger_name


def map_sentence(trace: Trace, parts: Decomposition, target: int, other: int | None) -> str:
    """What a map of contributions is, exactly."""
    ends, what = head(trace.network), ledger_name(trace, target, other)
    if ends.form == "pixels":
        begin = (
            f"What each pixel adds to {what}. They add up to {number(parts.value - parts.bias)}; the biases on "
            f"the way add {number(parts.bias)}."
        )
    elif ends.form == "map per class":
        return f"The map of this class. Its mean is {what}: {number(parts.recorded)}."
    elif ends.is_averaged:
        source, factor = ("of Zhou et al. 2016", "weight") if ends.form == "average" else ("with gains", "gain")
        begin = (
            f"The class activation map {source}: the channels added up cell by cell, each times its {factor}. Its "
            f"mean, {number(parts.value - parts.bias)}, and the bias, {number(parts.bias)}, are {what}."
        )
    else:
        begin = (
            f"What each of {by(ends.shape[1:])} cells adds to {what}, its {ends.shape[0]} channels together. They "
            f"add up to {number(parts.value - parts.bias)}; the biases on the way add {number(parts.bias)}."
        )
    return begin + _exactness(trace, parts, target, other)


def _exactness(trace: Trace, parts: Decomposition, target: int, other: int | None) -> str:
    """Which hidden neurons were on, and what is not linear."""
    ends = head(trace.network)
    if ends.has_norm:
        return " The layer norm’s spread is held as it is on this picture."
    if not ends.activations:
        return ""
    if ends.is_piecewise_linear:
        on = " and ".join(
            f"{int((trace[layer.name] > 0).sum()):,} of {math.prod(layer.shape):,}" for layer in ends.activations
        )
        return (
            f" On this picture {on} hidden neurons are on. Those let their sum pass unchanged, the others nothing, so "
            "the sum is exact; on another picture others are on."
        )
    bending = next(layer for layer in ends.activations if not layer.traits.is_on_or_off)
    less = f", less the {number(of_nothing(bending))} that it makes of 0," if of_nothing(bending) else ""
    text = (
        f" {bending.kind} bends every sum, so a logit has no one true division. Here each neuron passes on what came "
        f"out of it{less} by what went in; the sum is exact, the division a choice."
    )
    if other is None and target == trace.target and ends.maps is not None:
        found, sum_of = first_order(trace), float(parts.by_channel.sum())
        text += (
            f" Gradient × activation, the slope instead, adds up to {number(found)}: a gap of {signed(sum_of - found)}."
        )
    return text


def channel_map_sentence(trace: Trace, values: FloatArray, channel: int, what: str) -> str:
    """What one channel adds to a logit, cell by cell."""
    ends = head(trace.network)
    if ends.is_averaged:
        return (
            f"What channel {channel} adds to {what}, cell by cell: the map times its weight. Its mean is its term, "
            f"{signed(float(values.mean(dtype=np.float64)))}."
        )
    return (
        f"What channel {channel} adds to {what}, cell by cell: each value times a gain of its own. Together they are "
        f"its term, {signed(float(values.sum(dtype=np.float64)))}."
    )


def neuron_sentence(trace: Trace, layer: str, unit: int, found: Decomposition) -> str:
    """One neuron of the first dense layer: its sum, and what the activation makes of it."""
    readers = [reader for reader in trace.network.layers.values() if layer in reader.inputs]
    text = (
        f"Neuron {unit}: {found.values.size:,} products make {signed(found.value - found.bias)}, the bias adds "
        f"{signed(found.bias)}, together {number(found.value)}."
    )
    if readers and readers[0].kind == "ReLU":
        return text + (
            " ReLU lets it pass." if found.recorded > 0 else " ReLU makes it zero: it is off on this picture."
        )
    if readers:
        return text + f" {readers[0].kind} makes it {number(float(trace[readers[0].name].ravel()[unit]))}."
    return text


def neuron_map_sentence(found: Decomposition) -> str:
    """Which value of which map meets which weight of a neuron; the strongest product as the example."""
    products = found.products
    at = int(np.abs(products).argmax())
    channel, y, x = (int(i) for i in np.unravel_index(at, products.shape))
    height, width = products.shape[1:]
    example = (
        f"{number(float(found.values[channel, y, x]))} × {number(float(found.gains[channel, y, x]))} = "
        f"{signed(float(products[channel, y, x]))}"
    )
    if len(products) == 1:
        return f"Pixel (y, x) meets weight y × {width} + x. The strongest: ({y}, {x}) meets weight {at:,}, {example}."
    return (
        f"Value (c, y, x) of the maps meets weight (c × {height} + y) × {width} + x of the neuron. The strongest: "
        f"({channel}, {y}, {x}) meets weight {at:,}, {example}. The figure adds up all {len(products)} channels."
    )


def channel_question(trace: Trace, target: int) -> tuple[Question, list[int]] | None:
    """Which of four channels of the last maps speaks most for a class, and the four: beside the right one the one that
    speaks most against it, the one with the largest mean, and one in between. Their pictures are for the page to add;
    None where there are not four that differ."""
    maps = head(trace.network).maps
    if maps is None:
        return None
    found = ledger(trace, READINGS[1], target)
    order = np.argsort(-found.terms, kind="stable").tolist()
    if len(order) < 4 or not found.terms[order[0]] > 0:
        return None
    best, worst = order[0], order[-1]
    by_mean = np.argsort(-trace[maps].mean(axis=(1, 2)), kind="stable").tolist()
    loud = next(c for c in by_mean if c not in (best, worst))
    middle = next(c for c in [*order[len(order) // 4 :], *order] if c not in (best, worst, loud))
    if found.terms[loud] == found.terms[best]:
        return None
    channels = sorted([best, worst, loud, middle])
    products = "; ".join(f"channel {c}: {_product(found, c)}{signed(float(found.terms[c]))}" for c in channels)
    question = Question(
        f"Which of these four channels speaks most for “{trace.network.categories[target]}”?",
        tuple(f"channel {c}" for c in channels),
        channels.index(best),
        f"A bright map is not enough: the weights decide. {products[0].upper()}{products[1:]}.",
    )
    return question, channels


def _product(found: Ledger, index: int) -> str:
    if found.weights is None or found.inputs is None:
        return ""
    return f"{number(float(found.weights[index]))} × {number(float(found.inputs[index]))} = "
