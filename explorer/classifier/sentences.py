"""What is said about the way from the last maps to the probabilities, in plain sentences; and what is asked."""

from __future__ import annotations

import math

import numpy as np

from ..networks.layers import Layer
from ..trace import Trace
from ..wording import by, number, percent, ratio_phrase, signed
from .decomposition import Decomposition
from .head import Sizes, head, sizes
from .logits import Ledger, ledger, readings

# The three paragraphs


def ends_sentence(trace: Trace) -> str:
    """How the maps end, and how many numbers go where."""
    ends = head(trace.network)
    n, classes = math.prod(ends.shape), ends.last.shape[0]
    logits, n_layers = (f"{classes} logits" if classes > 1 else "one logit"), len(ends.weighted)
    if ends.form == "pixels":
        return (
            f"There are no maps here. The {by(ends.shape)} picture is written in one row of {n:,} numbers, and each "
            f"neuron of {ends.weighted[0].name} has a weight of its own for every pixel. "
            f"{f'{n_layers} dense layers make' if n_layers > 1 else 'One dense layer makes'} {logits} of them."
        )
    height, width = ends.shape[1:]
    begin = f"After {ends.maps}, {ends.shape[0]} maps of {height} × {width} cells are left. "
    if ends.form == "flattened":
        return begin + (
            f"They are not averaged: {ends.weighted[0].name} has a weight of its own for each of their {n:,} values, "
            "so it matters where in the picture something is. "
            f"{f'{n_layers} layers of weights make' if n_layers > 1 else 'One layer of weights makes'} {logits}."
        )
    if ends.form == "map per class":
        return begin + (
            f"{ends.last.name} mixes them, cell by cell, into one map for each class. What is negative becomes zero, "
            f"and the mean of a class’s map is its logit: {classes} maps, {logits}. There is no dense layer."
        )
    average = (
        begin + "Global average pooling keeps one number of each, its mean: how much of it there is, but not where. "
    )
    hidden = len(ends.weighted) - 1
    if ends.has_norm:
        return average + f"A layer norm brings the {ends.shape[0]} means to one scale; a dense layer makes {logits}."
    if hidden:
        return (
            average + f"{hidden + 1} dense layers, the first with {ends.weighted[0].shape[0]} neurons, make {logits}."
        )
    return average + f"One dense layer, {ends.last.name}, makes {logits} of these {ends.shape[0]} numbers."


def sum_sentence(trace: Trace, target: int) -> str:
    """The target's logit as a sum, counted."""
    found = ledger(trace, readings(trace.network)[0], target)
    n_for, n_against = int((found.terms > 0).sum()), int((found.terms < 0).sum())
    plus, minus = found.terms[found.terms > 0].sum(), found.terms[found.terms < 0].sum()
    noun = "channels" if found.is_by_channel else "inputs of the last dense layer"
    return (
        f"A logit is a sum and nothing else. For “{trace.prediction(target).category}” {n_for} of {len(found.terms)} "
        f"{noun} {_speak(n_for)} for it ({signed(plus)} together), {n_against} against it ({signed(minus)}), and the "
        f"bias adds {signed(found.bias)}: together {number(found.value)}."
    )


def _speak(n: int) -> str:
    return "speaks" if n == 1 else "speak"


# After the last map


def layer_sentence(trace: Trace, layer: Layer) -> str:  # noqa: C901  # one branch for each kind of layer
    """What a layer after the last maps does, with this picture's numbers."""
    ends = head(trace.network)
    source = trace.network.layers[layer.inputs[0]].shape if layer.inputs else ends.shape
    kind, n = layer.kind, math.prod(source)
    if kind == "dropout":
        return "In training it leaves values out at random. In use, as here, it passes everything on."
    if kind == "identity":
        return "It passes everything on as it is."
    if layer.is_idle:
        return f"Its input has {by(source[1:])} cells already, so it passes everything on."
    if kind == "average pooling":
        return f"Each of {source[0]} maps becomes one number: the mean of its {math.prod(source[1:])} cells."
    if kind == "flatten":
        if math.prod(source[1:]) == 1:
            return f"{n:,} numbers in one row, as they were."
        return f"All {n:,} values in one row: (c, y, x) becomes number (c × {source[1]} + y) × {source[2]} + x."
    if kind == "dense":
        sums = f"Each of {layer.shape[0]:,} sums" if layer.shape[0] > 1 else "One sum, which"
        return f"{sums} reads all {n:,} inputs, each times a weight of its own."
    if kind == "convolution" and layer.shape[1:] == (1, 1):
        return (
            f"Its {by(source[1:])} window covers the whole map. So it is a dense layer: {layer.shape[0]} sums of {n:,} "
            "products each."
        )
    if kind == "convolution":
        return f"A dense layer in each of {by(layer.shape[1:])} cells: {source[0]} inputs, one sum for each class."
    if kind == "layer norm":
        values = trace[layer.inputs[0]]
        return (
            f"Less their mean ({number(float(values.mean()))}), divided by their spread "
            f"({number(float(values.std()))}), each times a weight, plus a bias."
        )
    if kind == "batch norm":
        return "Each of them times a factor, plus a shift: what training has kept of their means and spreads."
    if kind == "ReLU":
        n_off = int((trace[layer.inputs[0]] < 0).sum())
        return f"What is negative becomes zero: {n_off:,} of {math.prod(layer.shape):,} here."
    if kind == "permutation":
        return "Another order of the axes, the same numbers."
    return f"Each number by itself: {layer.traits.formula_of_x or kind}."


def end_sentence(trace: Trace) -> str:
    """What turns the logits into probabilities."""
    if len(trace.logits) == 1:
        second, first = trace.network.categories[1], trace.network.categories[0]
        return f"1 / (1 + e^−z) is the probability of “{second}”; what is left of 1 is that of “{first}”."
    return f"e^z of each, divided by the sum of all {len(trace.logits)}: positive, and 1 together."


# The ledger


def check_sentence(found: Ledger | Decomposition, what: str) -> str:
    """Whether a sum is what the pass recorded, with a tick or a cross, and how far apart the two are."""
    apart = abs(found.value - found.recorded)
    text = f"{'✓' if found.agrees else '✗'} {what}: {found.value:.6g}. Recorded: {found.recorded:.6g}"
    text += f" ({apart:.1g} apart)." if apart else "."
    if found.agrees and apart > 1e-4 * abs(found.recorded):
        text += " Large terms cancel here, and float32 can tell no more."
    return text.replace("-", "−")


def ledger_name(trace: Trace, target: int, other: int | None) -> str:
    """What a ledger adds up to, in words."""
    name = trace.network.categories[target]
    if other is None:
        return f"the logit of “{name}”"
    return f"“{name}” minus “{trace.network.categories[other]}”"


def ledger_sentence(trace: Trace, found: Ledger, n: int, target: int, other: int | None) -> str:
    """What a ledger's rows are, and how much of it the n strongest terms of either sign make."""
    supports, opposes = found.strongest(n)
    whole = float(np.abs(found.terms).sum())
    part = float(np.abs(found.terms[[*supports, *opposes]]).sum())
    noun = "channel" if found.is_by_channel else "input"
    first = f"“{trace.network.categories[target]}”"
    second = "against it" if other is None else f"for “{trace.network.categories[other]}”"
    rest = np.delete(found.terms, [*supports, *opposes])
    text = (
        f"The {len(supports)} of {len(found.terms)} {noun}s that {_speak(len(supports))} most for {first}, the "
        f"{len(opposes)} that {_speak(len(opposes))} most {second}{', the others together' if rest.size else ''}, and "
        "the bias."
    )
    if whole:
        n_shown = len(supports) + len(opposes)
        makes = "That one makes" if n_shown == 1 else f"Those {n_shown} make"
        share = part / whole if rest.any() else 1.0  # which two sums in another order need not be
        text += f" {makes} {percent(share)} of all that the {noun}s add or take away."
    if rest.any():
        text += f" The others add {number(rest[rest > 0].sum())} and take away {number(-rest[rest < 0].sum() + 0.0)}."
    return text


def terms_note(trace: Trace, found: Ledger, other: int | None) -> str:
    """What weight and input are in this ledger."""
    ends = head(trace.network)
    weight = "weight" if other is None else "difference of the two weights"
    if ends.form == "map per class":
        text = (
            "There is no dense layer behind the average, so a channel is weighed before it: where the class’s map is "
            "zero it adds nothing. "
        )
        return text + (
            "Its mean is taken with zeros there, and multiplies its weight."
            if found.weights is not None
            else "Two classes are above zero in different cells, so only the products are given."
        )
    if found.weights is None:
        return "A channel has many weights, one for each cell and neuron: its bar is the sum of all its products."
    if ends.form == "average":
        return f"Each bar is {weight} × mean of the map."
    if found.source == ends.maps:
        norm = "the layer norm" if ends.has_norm else "the batch norm" if len(ends.weighted) == 1 else ""
        through = norm or "the hidden neurons"
        return (
            f"Each bar is gain × mean of the map. The gain is the {weight} as it arrives through {through} on this "
            "picture."
        )
    if ends.has_norm:
        return f"Each bar is {weight} × mean of the map after the layer norm."
    return f"Each bar is {weight} × what the neuron of {found.source} gives."


def difference_note(trace: Trace, other: int | None) -> str:
    """Why a network with one logit has but one ledger."""
    if other is None or len(trace.logits) > 1:
        return ""
    return (
        "With one logit there is nothing to subtract: it is itself how far the second class is ahead of the first, and "
        "this is its ledger."
    )


# Why convolution


def size_sentence(trace: Trace) -> str:
    """The classifier's share of all parameters."""
    found, ends = sizes(trace.network), head(trace.network)
    names = ", ".join(layer.name for layer in ends.weighted)
    return (
        f"{found.n_head:,} of {found.n_all:,} parameters, {percent(found.n_head / found.n_all)}, belong to the layers "
        f"above that add up products with weights ({names})."
    )


def convolution_sentence(found: Sizes) -> str:
    """What dense layers on the raw pixels would take instead of the first convolution."""
    if found.first is None:
        return (
            "This network reads its pixels with a dense layer. What it learns at one place it does not know at "
            "another, and for a photograph it would be far too large. LeNet-5 reads the same digits with convolutions."
        )
    times = found.n_first_dense / found.first.n_parameters
    return (
        f"{found.first.name} makes {by(found.first.shape)} = {found.n_first_values:,} values of "
        f"{found.n_pixels:,} with {found.first.n_parameters:,} parameters, because one small kernel "
        f"serves every place. A dense layer for the same would take {found.n_first_dense:,}: "
        f"{ratio_phrase(times)} times as many, and would have to learn each thing anew at every place."
    )
