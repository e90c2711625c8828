"""What each cell, channel and neuron adds to a logit."""

from __future__ import annotations

import math

import numpy as np

from explorer.classifier import map_sentences as maps_say
from explorer.classifier import sentences as say
from explorer.classifier.decomposition import Decomposition, channel_map, decompose, neuron
from explorer.classifier.head import head
from explorer.classifier.logits import READINGS
from explorer.trace import Trace

from .case import Case
from .of_classifier import backward, logit, pairs, terms
from .said import checks, counted, same, taken_apart, value_of


@checks(maps_say.channel_map_sentence)
def check_channel_maps(case: Case) -> None:
    ends = head(case.network)
    if ends.maps is None:
        return
    for trace, target, other in pairs(case):
        own, _ = terms(case, READINGS[1], target, other if len(trace.logits) > 1 else None)
        size = float(np.abs(own).sum())
        for channel in (int(np.argmax(own)), int(np.argmin(own))):
            values = channel_map(trace, channel, target, other)
            said = taken_apart(
                maps_say.channel_map_sentence(trace, values, channel, "it"),
                "What channel {channel:i} adds to it, cell by cell: the map times its weight. Its mean is its term, "
                "{term:n}.",
                "What channel {channel:i} adds to it, cell by cell: each value times a gain of its own. Together they "
                "are its term, {term:n}.",
            )
            assert int(said["channel"]) == channel
            same(said["term"], own[channel], 3, 1e-6 * size)


@checks(maps_say.neuron_sentence, maps_say.neuron_map_sentence)
def check_neurons(case: Case) -> None:
    first = head(case.network).weighted[0]
    weight, bias = (case.network.weights(first.name).get(key) for key in ("weight", "bias"))
    if first.kind == "convolution" and weight[0].size == head(case.network).shape[0] != math.prod(
        head(case.network).shape
    ):
        return  # a layer in each cell is no list of neurons
    source = case.top[head(case.network).maps] if head(case.network).maps else case.top.prepared.tensor[0].numpy()
    if weight[0].size != source.size:
        return  # it reads means, and no page shows its neurons
    for unit in (0, len(weight) // 2):
        products = weight[unit].reshape(source.shape).astype(np.float64) * source
        found = neuron(case.top, unit)
        added = 0.0 if bias is None else float(bias[unit])
        size = float(np.abs(products).sum())
        said = taken_apart(
            maps_say.neuron_sentence(case.top, first.name, unit, found),
            "Neuron {unit:i}: {n:i} products make {sum:n}, the bias adds {bias:n}, together {whole:n}.[[ {kind} makes "
            "it {after:n}.]]",
            "Neuron {unit:i}: {n:i} products make {sum:n}, the bias adds {bias:n}, together {whole:n}. ReLU {relu}.",
        )
        whole = products.sum() + added
        assert int(said["unit"]) == unit
        counted(said["n"], products.size)
        same(said["sum"], products.sum(), 3, 1e-6 * size)
        same(said["bias"], added, 3)
        same(said["whole"], whole, 4, 1e-6 * size)
        assert ("relu" in said) == (case.network.layers[first.name].name in relus(case))
        if "relu" in said:
            assert ("lets it pass" in said["relu"]) == (whole > 0)
        if "after" in said:
            same(said["after"], math.tanh(whole), 4, 1e-5)
        compare_strongest(found, products, source, weight[unit])


def relus(case: Case) -> set[str]:
    return {source for layer in case.network.layers.values() if layer.kind == "ReLU" for source in layer.inputs}


def compare_strongest(found: Decomposition, products: np.ndarray, source: np.ndarray, weight: np.ndarray) -> None:
    said = taken_apart(
        maps_say.neuron_map_sentence(found),
        "Pixel (y, x) meets weight y × {width:i} + x. The strongest: ({y:i}, {x:i}) meets weight {at:i}, {a:n} × {b:n} "
        "= {ab:n}.",
        "Value (c, y, x) of the maps meets weight (c × {height:i} + y) × {width:i} + x of the neuron. The strongest: "
        "({c:i}, {y:i}, {x:i}) meets weight {at:i}, {a:n} × {b:n} = {ab:n}. The figure adds up all {n:i} channels.",
    )
    height, width = products.shape[1:]
    assert (int(said.get("height", height)), int(said["width"])) == (height, width)
    c, y, x = (int(said.get(key, "0")) for key in "cyx")
    at = int(said["at"].replace(",", ""))
    assert at == (c * height + y) * width + x
    assert abs(products[c, y, x]) >= np.abs(products).max() * (1 - 1e-6)
    same(said["a"], source[c, y, x])
    same(said["b"], weight.ravel()[at])
    same(said["ab"], products[c, y, x], 3)
    assert int(said.get("n", len(products))) == len(products)


@checks(maps_say.map_sentence)
def check_class_maps(case: Case) -> None:
    ends = head(case.network)
    for trace, target, other in pairs(case):
        other = other if len(trace.logits) > 1 else None
        found = decompose(trace, target, other)
        gain, bias = backward(case, ends, target, other)
        values = case.top[ends.maps] if ends.maps else case.source(ends.layers[0].name)
        size = float(np.abs(gain * values).sum()) + abs(bias)
        said = taken_apart(
            maps_say.map_sentence(trace, found, target, other),
            "What each pixel adds to {what}. They add up to {sum:n}; the biases on the way add {bias:n}.{rest}",
            "The map of this class. Its mean is {what}: {value:n}.",
            "The class activation map {source}: the channels added up cell by cell, each times its {factor}. Its mean, "
            "{sum:n}, and the bias, {bias:n}, are {what}.{rest}",
            "The class activation map {source}: the channels added up cell by cell, each times its {factor}. Its mean, "
            "{sum:n}, and the bias, {bias:n}, are {what}.",
            "What each of {height:i} × {width:i} cells adds to {what}, its {channels:i} channels together. They add up "
            "to {sum:n}; the biases on the way add {bias:n}.{rest}",
        )
        assert said["what"] == say.ledger_name(trace, target, other)
        if "value" in said:
            same(said["value"], logit(case, target, other), 4, 1e-6 * size)
            continue
        same(said["sum"], float((gain * values).sum()), 4, 3e-6 * size)
        same(said["bias"], bias, 4, 3e-6 * size)
        if "height" in said:
            assert tuple(int(said[key]) for key in ("channels", "height", "width")) == values.shape
        compare_exactness(case, trace, said.get("rest", "").strip(), (target, other, float((gain * values).sum())))


def compare_exactness(case: Case, trace: Trace, rest: str, asked: tuple[int, int | None, float]) -> None:
    """How many hidden neurons are on, or how far the slope is from the sum."""
    target, other, whole = asked
    hidden = [layer for layer in head(case.network).layers if layer.traits.group == "activation"]
    if any(layer.kind == "layer norm" for layer in head(case.network).layers):
        assert rest == "The layer norm’s spread is held as it is on this picture."
        return
    if not hidden:
        assert rest == ""
        return
    if all(layer.kind == "ReLU" for layer in hidden):
        on = " and ".join(
            f"{sum(value > 0 for value in case.top[layer.name].ravel().tolist()):,} of {case.top[layer.name].size:,}"
            for layer in hidden
        )
        assert rest.startswith(f"On this picture {on} hidden neurons are on. ")
        return
    said = taken_apart(
        rest,
        "{kind} bends every sum, so a logit has no one true division. Here each neuron passes on what came out of it "
        "by what went in; the sum is exact, the division a choice.[[ Gradient × activation, the slope instead, adds up "
        "to {slope:n}: a gap of {gap:n}.]]",
    )
    assert said["kind"] == hidden[0].kind
    maps = head(case.network).maps
    assert ("slope" in said) == (other is None and target == trace.target and maps is not None)
    if "slope" in said:
        products = trace.gradient(maps).astype(np.float64) * trace[maps]
        size = float(np.abs(products).sum())
        same(said["slope"], products.sum(), 4, 1e-6 * size)
        same(said["gap"], whole - products.sum(), 3, 1e-5 * size)


@checks(maps_say.channel_question)
def check_channel_question(case: Case) -> None:
    for target in (case.best, case.order[1]):
        asked = maps_say.channel_question(case.top, target)
        if asked is None:
            continue
        question, channels = asked
        own, _ = terms(case, READINGS[1], target, None)
        assert taken_apart(question.text, "Which of these four channels speaks most for “{category}”?") == {
            "category": case.category(target)
        }
        assert question.answers == tuple(f"channel {c}" for c in channels)
        assert channels[question.right] == max(channels, key=lambda c: own[c]) == int(own.argmax())
        said = question.why.removeprefix("A bright map is not enough: the weights decide. ").removesuffix(".")
        size = float(np.abs(own).sum())
        for part, c in zip(said.split("; "), channels, strict=True):
            one = taken_apart(part.lower(), "channel {c:i}: {a:n} × {b:n} = {ab:n}", "channel {c:i}: {ab:n}")
            assert int(one["c"]) == c
            same(one["ab"], own[c], 3, 1e-6 * size)
            if "a" in one and abs(own[c]) > 1e-3 * size:
                product = value_of(one["a"]) * value_of(one["b"])
                assert abs(product - own[c]) <= 2e-3 * abs(own[c]) + 1e-9
