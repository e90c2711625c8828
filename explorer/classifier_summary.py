"""What is said about the way from the last maps to the probabilities, in plain sentences; and what is asked."""

from __future__ import annotations

import math

import numpy as np

from .architecture import by
from .arithmetic import number
from .classifier import (
    READINGS,
    Ledger,
    Shares,
    Sizes,
    Softmax,
    first_order,
    ledger,
    readings,
    sizes,
    tail,
)
from .networks.layers import Layer
from .questions import Question
from .summary import percent
from .trace import FloatArray, Trace, probabilities_of

_FUNCTIONS = {"hardswish": "x × min(6, max(0, x + 3)) / 6", "tanh": "tanh(x), between −1 and 1"}
_FLOAT32_MOST = 88.7  # e to the power of more than that is no float32


def signed(value: float) -> str:
    """Three figures of a number, with its sign: +2.46, −0.00310."""
    return f"{value:+#.3g}".replace("-", "−")


# The three paragraphs


def ends_sentence(trace: Trace) -> str:
    """How the maps end, and how many numbers go where."""
    ends = tail(trace.network)
    n, classes = math.prod(ends.shape), ends.last.shape[0]
    logits = f"{classes} logits" if classes > 1 else "one logit"
    if ends.form == "pixels":
        return (
            f"There are no maps here. The {by(ends.shape)} picture is written in one row of {n:,} numbers, and each "
            f"neuron of {ends.weighted[0].name} has a weight of its own for every pixel. {len(ends.weighted)} dense "
            f"layers make {logits} of them."
        )
    height, width = ends.shape[1:]
    begin = f"After {ends.maps}, {ends.shape[0]} maps of {height} × {width} cells are left. "
    if ends.form == "flattened":
        return begin + (
            f"They are not averaged: {ends.weighted[0].name} has a weight of its own for each of their {n:,} values, "
            f"so it matters where in the picture something is. {len(ends.weighted)} layers of weights make {logits}."
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
        f"{noun} speak for it ({signed(plus)} together), {n_against} against it ({signed(minus)}), and the bias adds "
        f"{signed(found.bias)}: together {number(found.value)}."
    )


def odds_sentence(trace: Trace) -> str:
    """What softmax, or the sigmoid, makes of the lead of the likeliest class."""
    first, second = trace.top(2) if len(trace.probabilities) > 1 else (*trace.top(1), *trace.top(1))
    if len(trace.logits) == 1:
        z = float(trace.logits[0])
        return (
            f"One logit is enough for two classes: z = {number(z)}. The sigmoid, 1 / (1 + e^−z), makes it the "
            f"probability of “{trace.network.categories[1]}”, {percent(float(trace.probabilities[1]))}; the rest, "
            f"{percent(float(trace.probabilities[0]))}, is left for “{trace.network.categories[0]}”."
        )
    lead = first.logit - second.logit
    times = _times(math.exp(min(lead, 700.0)))
    return (
        f"Softmax looks at differences alone. “{first.category}” ({number(first.logit)}) leads “{second.category}” "
        f"({number(second.logit)}) by {number(lead)}, so it is e^{number(lead)} = {times} times as likely."
    )


def _times(ratio: float) -> str:
    """How many times as many, in figures that one can say."""
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if size <= ratio < 1e12:
            return f"{ratio / size:.3g} {name}"
    return f"{ratio:,.0f}" if 1e4 <= ratio < 1e6 else f"{ratio:.4g}".replace("e+", " × 10^")


# After the last map


def layer_sentence(trace: Trace, layer: Layer) -> str:  # noqa: C901  # one branch for each kind of layer
    """What a layer after the last maps does, with this picture's numbers."""
    ends = tail(trace.network)
    source = trace.network.layers[layer.inputs[0]].shape if layer.inputs else ends.shape
    kind, n = layer.kind, math.prod(source)
    if kind == "dropout":
        return "In training it leaves values out at random. In use, as here, it passes everything on."
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
    if kind == "ReLU":
        n_off = int((trace[layer.name] == 0).sum())
        return f"What is negative becomes zero: {n_off:,} of {math.prod(layer.shape):,} here."
    if kind == "permutation":
        return "Another order of the axes, the same numbers."
    return f"Each number by itself: {_FUNCTIONS.get(kind.lower(), kind)}."


def end_sentence(trace: Trace) -> str:
    """What turns the logits into probabilities."""
    if len(trace.logits) == 1:
        second, first = trace.network.categories[1], trace.network.categories[0]
        return f"1 / (1 + e^−z) is the probability of “{second}”; what is left of 1 is that of “{first}”."
    return f"e^z of each, divided by the sum of all {len(trace.logits)}: positive, and 1 together."


# The ledger


def check_sentence(found: Ledger | Shares, what: str) -> str:
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
    text = (
        f"The {len(supports)} of {len(found.terms)} {noun}s that speak most for {first}, the {len(opposes)} that speak "
        f"most {second}, the others together, and the bias."
    )
    if whole:
        text += (
            f" Those {len(supports) + len(opposes)} make {percent(part / whole)} of all that is added or taken away."
        )
    rest = np.delete(found.terms, [*supports, *opposes])
    if rest.any():
        text += f" The others add {number(rest[rest > 0].sum())} and take away {number(-rest[rest < 0].sum() + 0.0)}."
    return text


def terms_note(trace: Trace, found: Ledger, other: int | None) -> str:
    """What weight and input are in this ledger."""
    ends = tail(trace.network)
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
        through = "the layer norm" if ends.has_norm else "the hidden neurons"
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


def map_sentence(trace: Trace, shares: Shares, target: int, other: int | None) -> str:
    """What a map of contributions is, exactly."""
    ends, what = tail(trace.network), ledger_name(trace, target, other)
    if ends.form == "pixels":
        begin = (
            f"What each pixel adds to {what}. They add up to {number(shares.value - shares.bias)}; the biases on "
            f"the way add {number(shares.bias)}."
        )
    elif ends.form == "map per class":
        return f"The map of this class. Its mean is {what}: {number(shares.recorded)}."
    elif ends.is_averaged:
        source, factor = ("of Zhou et al. 2016", "weight") if ends.form == "average" else ("with gains", "gain")
        begin = (
            f"The class activation map {source}: the channels added up cell by cell, each times its {factor}. Its "
            f"mean, {number(shares.value - shares.bias)}, and the bias, {number(shares.bias)}, are {what}."
        )
    else:
        begin = (
            f"What each of {by(ends.shape[1:])} cells adds to {what}, its {ends.shape[0]} channels together. They "
            f"add up to {number(shares.value - shares.bias)}; the biases on the way add {number(shares.bias)}."
        )
    return begin + _exactness(trace, shares, target, other)


def _exactness(trace: Trace, shares: Shares, target: int, other: int | None) -> str:
    """Which hidden neurons were on, and what is not linear."""
    ends = tail(trace.network)
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
    kind = ends.activations[0].kind
    text = (
        f" {kind} bends every sum, so a logit has no one true division. Here each neuron passes on what came out of it "
        "by what went in; the sum is exact, the division a choice."
    )
    if other is None and target == trace.target and ends.maps is not None:
        found, sum_of = first_order(trace), float(shares.by_channel.sum())
        text += (
            f" Gradient × activation, the slope instead, adds up to {number(found)}: a gap of {signed(sum_of - found)}."
        )
    return text


def channel_map_sentence(trace: Trace, values: FloatArray, channel: int, what: str) -> str:
    """What one channel adds to a logit, cell by cell."""
    ends = tail(trace.network)
    if ends.is_averaged:
        return (
            f"What channel {channel} adds to {what}, cell by cell: the map times its weight. Its mean is its term, "
            f"{signed(float(values.mean(dtype=np.float64)))}."
        )
    return (
        f"What channel {channel} adds to {what}, cell by cell: each value times a gain of its own. Together they are "
        f"its term, {signed(float(values.sum(dtype=np.float64)))}."
    )


def neuron_sentence(trace: Trace, layer: str, unit: int, found: Shares) -> str:
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


def neuron_map_sentence(found: Shares) -> str:
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


# Softmax


def sure_sentence(steps: Softmax) -> str:
    """How sure the network is, from the entropy of its probabilities."""
    even = 2**steps.bits
    n = 2**steps.most_bits
    best = max(steps.rows, key=lambda row: row.probability if row.index is not None else -1.0)
    degree = "as good as certain" if even < 1.1 else "fairly sure" if even < 2 else "unsure"
    if steps.bits > 0.97 * steps.most_bits:
        degree = "as undecided as it can be"
    return (
        f"“{best.category}” has {percent(best.probability)}. The entropy is {steps.bits:.2f} of at most "
        f"{steps.most_bits:.2f} bits: as open as a fair draw among {even:.4g} of {n:.0f} classes. It is {degree}, "
        "which says nothing on whether it is right."
    )


def shift_sentence(steps: Softmax) -> str:
    """Why the highest logit is subtracted first, and that it changes nothing."""
    top = max(row.scaled for row in steps.rows)
    if top > _FLOAT32_MOST:
        why = f"e^{number(top)} is more than a float32 can hold; without the shift the answer would be no number."
    else:
        why = f"e^{number(top)} can still be held; from e^{_FLOAT32_MOST} on a float32 cannot."
    return (
        f"The shift takes {number(top)} off every logit. Every e^z becomes e^{number(top)} times smaller, and so does "
        f"their sum: the quotients stay. {why}"
    )


# Why convolution


def size_sentence(trace: Trace) -> str:
    """The classifier's share of all parameters."""
    found, ends = sizes(trace.network), tail(trace.network)
    names = ", ".join(layer.name for layer in ends.weighted)
    return (
        f"{found.n_tail:,} of {found.n_all:,} parameters, "
        f"{percent(found.n_tail / found.n_all)}, belong to the layers above that multiply by weights ({names})."
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
        f"{_times(times)} times as many, and would have to learn each thing anew at every place."
    )


# Questions


def shift_question(trace: Trace) -> Question:
    """What adding 5 to every logit does: nothing after softmax, but a good deal to a single logit."""
    before, after = trace.probabilities, probabilities_of(trace.logits + np.float32(5))
    best = trace.top(1)[0]
    answers = (
        "All stay as they are",
        f"“{best.category}” becomes likelier",
        "All grow",
        "All come closer to each other",
    )
    if len(trace.logits) > 1:
        most = float(np.abs(after - before).max())
        why = (
            f"With 5 added to all {len(trace.logits)} logits no probability changes by more than {most:.1g}: both the "
            "numerator and the sum are e^5 times as large."
        )
        return Question("What happens to the probabilities if 5 is added to every logit?", answers, 0, why)
    second = trace.network.categories[1]
    return Question(
        "What happens if 5 is added to the one logit?",
        ("Nothing: softmax ignores a shift", f"“{second}” becomes likelier", f"“{second}” becomes less likely"),
        1,
        f"A single logit is compared with 0, and 0 stays. “{second}” goes from {percent(float(before[1]))} to "
        f"{percent(float(after[1]))}.",
    )


def channel_question(trace: Trace, target: int) -> tuple[Question, list[int]] | None:
    """Which of four channels of the last maps speaks most for a class, and the four: beside the right one the one that
    speaks most against it, the one with the largest mean, and one in between. Their pictures are for the page to add;
    None where there are not four that differ."""
    maps = tail(trace.network).maps
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
