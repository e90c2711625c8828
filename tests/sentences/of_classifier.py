"""From the last maps to the probabilities: every sum worked out again from weights and recorded values."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from explorer.classifier import sentences as say
from explorer.classifier import softmax_sentences as softmax_say
from explorer.classifier.decomposition import Decomposition, decompose
from explorer.classifier.head import Head, head, sizes
from explorer.classifier.logits import READINGS, Ledger, ledger, readings
from explorer.classifier.softmax import softmax_steps
from explorer.trace import Trace

from .case import Case
from .said import agrees, checks, counted, is_chance, is_share, same, softmax, taken_apart, value_of


def pairs(case: Case) -> Iterator[tuple[Trace, int, int | None]]:
    """A pass and the class that is added up, or the one that another is taken from."""
    yield case.top, case.best, None
    yield case.least, case.worst, None
    yield case.top, case.best, case.order[1]
    yield case.top, case.worst, case.best


def logit(case: Case, target: int, other: int | None) -> float:
    """Of one class, or of one less another; of a single logit that is the one logit again."""
    one_only = len(case.top.logits) == 1
    return case.logits[target] - (0 if other is None or one_only else case.logits[other])


def backward(case: Case, ends: Head, target: int, other: int | None) -> tuple[np.ndarray, float]:
    """What each value of the last maps is multiplied by on its way to a logit, and what the biases add: from the
    last layer to the first, in float64."""
    trace, bias = case.top, 0.0
    gain: np.ndarray = np.zeros(len(trace.logits))
    gain[0 if len(gain) == 1 else target] = 1 if target or len(gain) > 1 else -1
    if other is not None and len(gain) > 1:
        gain[other] -= 1
    for layer in reversed(ends.layers):
        read = (trace[layer.inputs[0]] if layer.inputs else case.source(layer.name)).astype(np.float64)
        weights = case.network.weights(layer.name)
        gain = gain.reshape(trace[layer.name].shape)
        if "weight" in weights and layer.kind in ("dense", "convolution"):
            w, per_output = weights["weight"].astype(np.float64), gain.reshape(len(gain), -1)
            if "bias" in weights:
                bias += float((per_output.sum(axis=1) * weights["bias"]).sum())
            gain = w.reshape(len(w), -1).T @ per_output
        elif layer.kind in ("ReLU", "tanh", "Hardswish", "GELU", "ReLU6"):
            out = trace[layer.name].astype(np.float64)
            gain = gain * np.divide(out, read, out=np.zeros_like(out), where=read != 0)
        elif layer.kind == "layer norm":  # with the spread that it found
            bias += float(gain.ravel() @ weights["bias"])
            scaled = gain.ravel() * weights["weight"]
            gain = (scaled - scaled.mean()) / math.sqrt(read.var() + 1e-6)
        elif layer.kind == "average pooling" and gain.size < read.size:
            n = read[0].size
            gain = np.broadcast_to(gain.reshape(-1, 1, 1) / n, read.shape)
        gain = gain.reshape(read.shape)
    return gain, bias


def terms(case: Case, reading: str, target: int, other: int | None) -> tuple[np.ndarray, float]:
    """What each input of the last dense layer, or each channel of the last maps, adds to a logit; and the bias."""
    ends = head(case.network)
    if reading == READINGS[0]:
        last = ends.weighted[-1]
        rest = Head(ends.form, None, ends.shape, ends.layers[ends.layers.index(last) :])
        gain, bias = backward(case, rest, target, other)
        return gain.ravel() * case.top[last.inputs[0]].astype(np.float64).ravel(), bias
    gain, bias = backward(case, ends, target, other)
    values = case.top[ends.maps] if ends.maps else case.source(ends.layers[0].name)
    return (gain * values).reshape(len(values), -1).sum(axis=1), bias


@checks(say.ends_sentence)
def check_ends(case: Case) -> None:
    ends, n_classes = head(case.network), len(case.top.logits)
    said = taken_apart(
        say.ends_sentence(case.top),
        "There are no maps here. The {sizes} picture is written in one row of {n:i} numbers, and each neuron of "
        "{first} has a weight of its own for every pixel. {dense:i} dense layers make {logits} of them.",
        "After {maps}, {channels:i} maps of {height:i} × {width:i} cells are left. They are not averaged: {first} has "
        "a weight of its own for each of their {n:i} values, so it matters where in the picture something is. "
        "{dense:i} layers of weights make {logits}.",
        "After {maps}, {channels:i} maps of {height:i} × {width:i} cells are left. {first} mixes them, cell by cell, "
        "into one map for each class. What is negative becomes zero, and the mean of a class’s map is its logit: "
        "{same:i} maps, {logits}. There is no dense layer.",
        "After {maps}, {channels:i} maps of {height:i} × {width:i} cells are left. Global average pooling keeps one "
        "number of each, its mean: how much of it there is, but not where. A layer norm brings the {means:i} means to "
        "one scale; a dense layer makes {logits}.",
        "After {maps}, {channels:i} maps of {height:i} × {width:i} cells are left. Global average pooling keeps one "
        "number of each, its mean: how much of it there is, but not where. {dense:i} dense layers, the first with "
        "{neurons:i} neurons, make {logits}.",
        "After {maps}, {channels:i} maps of {height:i} × {width:i} cells are left. Global average pooling keeps one "
        "number of each, its mean: how much of it there is, but not where. One dense layer, {first}, makes {logits} of "
        "these {means:i} numbers.",
    )
    assert said["logits"] == (f"{n_classes} logits" if n_classes > 1 else "one logit")
    source = case.top[said["maps"]] if "maps" in said else case.source(next(iter(case.network.layers)))
    weighted = [layer for layer in ends.layers if layer.n_parameters]
    if "maps" in said:
        assert source.shape == tuple(int(said[key]) for key in ("channels", "height", "width"))
    if "n" in said:
        counted(said["n"], source.size)
    if "first" in said:
        assert said["first"] == weighted[0].name
        assert case.network.weights(said["first"])["weight"][0].size in (source.size, source.shape[0])
    if "dense" in said:
        assert int(said["dense"]) == len(weighted)
    if "neurons" in said:
        assert int(said["neurons"]) == len(case.network.weights(weighted[0].name)["weight"])
    assert int(said.get("means", len(source))) == int(said.get("same", 0) or len(source)) or "same" in said
    assert int(said.get("same", n_classes)) == n_classes


@checks(say.sum_sentence)
def check_sum(case: Case) -> None:
    reading = readings(case.network)[0]
    for target in (case.best, case.worst):
        own, bias = terms(case, reading, target, None)
        size = float(np.abs(own).sum())
        own[np.abs(own) < 1e-9 * size] = 0
        said = taken_apart(
            say.sum_sentence(case.top, target),
            *(
                "A logit is a sum and nothing else. For “{category}” {plus:i} of {n:i} " + noun + " {speak} for it "
                "({up:n} together), {minus:i} against it ({down:n}), and the bias adds {bias:n}: together {value:n}."
                for noun in ("channels", "inputs of the last dense layer")
            ),
        )
        assert said["category"] == case.category(target)
        n_near = sum(0 < abs(one) < 1e-6 * size for one in own)
        assert abs(int(said["plus"]) - int((own > 0).sum())) <= n_near
        assert abs(int(said["minus"]) - int((own < 0).sum())) <= n_near
        assert int(said["n"]) == len(own)
        agrees(int(said["plus"]), "speaks", "speak", said["speak"])
        is_by_channel = head(case.network).maps is not None and len(own) == head(case.network).shape[0]
        assert (" channels speak" in say.sum_sentence(case.top, target)) == (is_by_channel and said["speak"] == "speak")
        same(said["up"], own[own > 0].sum(), 3, 1e-6 * size)
        same(said["down"], own[own < 0].sum(), 3, 1e-6 * size)
        same(said["bias"], bias, 3, 1e-6 * size)
        same(said["value"], case.logits[target], 4, 2e-6 * size)


@checks(say.layer_sentence)
def check_layers(case: Case) -> None:
    for layer in head(case.network).layers:
        read, given = case.source(layer.name), case.top[layer.name]
        said = taken_apart(
            say.layer_sentence(case.top, layer),
            "In training it leaves values out at random. In use, as here, it passes everything on.",
            "Its input has {height:i} × {width:i} cells already, so it passes everything on.",
            "Each of {channels:i} maps becomes one number: the mean of its {cells:i} cells.",
            "{n:i} numbers in one row, as they were.",
            "All {n:i} values in one row: (c, y, x) becomes number (c × {height:i} + y) × {width:i} + x.",
            "Each of {sums:i} sums reads all {n:i} inputs, each times a weight of its own.",
            "One sum, which reads all {n:i} inputs, each times a weight of its own.",
            "Its {height:i} × {width:i} window covers the whole map. So it is a dense layer: {sums:i} sums of {n:i} "
            "products each.",
            "A dense layer in each of {rows:i} × {columns:i} cells: {channels:i} inputs, one sum for each class.",
            "What is negative becomes zero: {off:i} of {values:i} here.",
            "Less their mean ({mean:n}), divided by their spread ({spread:n}), each times a weight, plus a bias.",
            "Another order of the axes, the same numbers.",
            "Each number by itself: {formula}.",
        )
        expected = {
            "height": read.shape[1] if read.ndim == 3 else 0, "width": read.shape[2] if read.ndim == 3 else 0,
            "channels": read.shape[0], "cells": read[0].size, "n": read.size, "sums": len(given),
            "rows": given.shape[-2] if given.ndim == 3 else 0, "columns": given.shape[-1],
            "off": sum(value < 0 for value in read.ravel().tolist()), "values": given.size,
        }  # fmt: skip
        for key in said.keys() & expected.keys():
            counted(said[key].replace(",", ""), expected[key]) if expected[key] < 1000 else None
            assert int(said[key].replace(",", "")) == expected[key], (key, said)
        if "mean" in said:
            same(said["mean"], float(read.mean(dtype=np.float64)), 4, 1e-6 * float(np.abs(read).max()))
            same(said["spread"], float(read.std(dtype=np.float64)), 4, 1e-6 * float(np.abs(read).max()))
        if "passes everything on" in say.layer_sentence(case.top, layer):
            assert np.array_equal(read.ravel(), given.ravel())


@checks(say.end_sentence)
def check_end(case: Case) -> None:
    said = taken_apart(
        say.end_sentence(case.top),
        "1 / (1 + e^−z) is the probability of “{second}”; what is left of 1 is that of “{first}”.",
        "e^z of each, divided by the sum of all {n:i}: positive, and 1 together.",
    )
    assert said.get("second") in (None, case.category(1))
    assert said.get("first") in (None, case.category(0))
    assert ("n" in said) == (len(case.top.logits) > 1)
    assert int(said.get("n", 1)) == len(case.top.logits)


@checks(say.check_sentence, say.ledger_name, say.difference_note, say.terms_note)
def check_comparisons(case: Case) -> None:
    for trace, target, other in pairs(case):
        recorded = logit(case, target, other)
        sums: list[Ledger | Decomposition] = [ledger(trace, one, target, other) for one in readings(case.network)]
        for found in (*sums, decompose(trace, target, other)):
            size = float(np.abs(found.terms if isinstance(found, Ledger) else found.products).sum())
            said = taken_apart(
                say.check_sentence(found, "All terms and the bias"),
                "✓ All terms and the bias: {value:n}. Recorded: {recorded:n}[[ ({apart:n} apart)]].",
                "✓ All terms and the bias: {value:n}. Recorded: {recorded:n} ({apart:n} apart). {remark}.",
            )
            same(said["value"], recorded, 6, 3e-6 * size)
            same(said["recorded"], recorded, 6)
            if isinstance(found, Ledger):
                compare_note(case, trace, found, other)
        name = say.ledger_name(trace, target, other)
        assert name == (
            f"the logit of “{case.category(target)}”"
            if other is None
            else f"“{case.category(target)}” minus “{case.category(other)}”"
        )
        assert bool(say.difference_note(trace, other)) == (other is not None and len(trace.logits) == 1)


def compare_note(case: Case, trace: Trace, found: Ledger, other: int | None) -> None:
    """What a bar is said to be a product of is what makes its length."""
    said = taken_apart(
        say.terms_note(trace, found, other),
        "Each bar is gain × mean of the map. The gain is the {what} as it arrives through the {way} on this picture.",
        "Each bar is {what} × {of}.",
        "A channel has many weights, one for each cell and neuron: its bar is the sum of all its products.",
        "There is no dense layer behind the average, so a channel is weighed before it: where the class’s map is zero "
        "it adds nothing. {rest}.",
    )
    ends = head(case.network)
    if "what" in said:
        assert said["what"] == ("weight" if other is None else "difference of the two weights")
    if "of" in said:
        means = said["of"] == "mean of the map"
        inputs = case.top[ends.maps].mean(axis=(1, 2), dtype=np.float64) if means else case.top[found.source].ravel()
        row = case.network.weights(found.reader)["weight"]
        assert found.terms.shape == inputs.shape == row.reshape(len(row), -1)[0].shape
        slack = 1e-6 * float(np.abs(found.terms).max())
        assert np.allclose(found.weights * inputs, found.terms, rtol=1e-4, atol=slack)
    if said.keys() == {"all"}:
        assert found.weights is None


@checks(say.ledger_sentence)
def check_ledgers(case: Case) -> None:
    for trace, target, other in pairs(case):
        other = other if len(trace.logits) > 1 else None
        for reading in readings(case.network):
            found = ledger(trace, reading, target, other)
            own, _ = terms(case, reading, target, other)
            size = float(np.abs(own).sum())
            for n in (1, 3, 10, len(own)):
                compare_ledger(
                    case, found, own, say.ledger_sentence(trace, found, n, target, other), (n, target, other)
                )
            assert np.allclose(found.terms, own, rtol=1e-3, atol=1e-6 * size)


def compare_ledger(case: Case, found: Ledger, own: np.ndarray, text: str, asked: tuple[int, int, int | None]) -> None:
    n, target, other = asked
    size, noun = float(np.abs(own).sum()), "channel" if found.is_by_channel else "input"
    ranked = sorted(range(len(own)), key=lambda i: -found.terms[i])
    supports = [i for i in ranked[:n] if found.terms[i] > 0]
    opposes = [i for i in ranked[::-1][:n] if found.terms[i] < 0]
    rest = [i for i in range(len(own)) if i not in {*supports, *opposes}]
    said = taken_apart(
        text,
        "The {plus:i} of {all:i} {noun}s that {speak} most for “{first}”, the {minus:i} that {also} most {against}"
        "[[, the others {together}]], and the bias.[[ {those} {make} {share:%} of all that the {again}s add or take "
        "away.]][[ The others add {up:n} and take away {down:n}.]]",
    )
    assert (int(said["plus"]), int(said["minus"]), int(said["all"])) == (len(supports), len(opposes), len(own))
    assert said["noun"] == noun == said.get("again", noun)
    assert said["first"] == case.category(target)
    assert said["against"] == ("against it" if other is None else f"for “{case.category(other)}”")
    agrees(len(supports), "speaks", "speak", said["speak"])
    agrees(len(opposes), "speaks", "speak", said["also"])
    assert ("together" in said) == bool(rest)
    n_shown = len(supports) + len(opposes)
    if "share" in said:
        agrees(n_shown, "That one makes", f"Those {n_shown} make", f"{said['those']} {said['make']}")
        shown = math.fsum(abs(own[i]) for i in (*supports, *opposes)) / size
        is_share(said["share"], 1.0 if not any(found.terms[i] for i in rest) else shown, 1e-5)
    assert ("up" in said) == any(found.terms[i] for i in rest)
    if "up" in said:
        same(said["up"], sum(own[i] for i in rest if own[i] > 0), 4, 3e-6 * size)
        same(said["down"], -sum(own[i] for i in rest if own[i] < 0), 4, 3e-6 * size)


@checks(say.size_sentence, say.convolution_sentence)
def check_sizes(case: Case) -> None:
    network, ends = case.network, head(case.network)
    own = {name: network.weights(name) for name in network.layers}
    n_of = {
        name: sum(array.size for key, array in arrays.items() if not key.startswith(("running", "num_batches")))
        for name, arrays in own.items()
    }
    said = taken_apart(
        say.size_sentence(case.top),
        "{head:i} of {all:i} parameters, {share:%}, belong to the layers above that add up products with weights "
        "({names}).",
    )
    names = [layer.name for layer in ends.layers if layer.kind in ("dense", "convolution")]
    counted(said["head"], sum(n_of[name] for name in names))
    counted(said["all"], sum(n_of.values()))
    is_share(said["share"], sum(n_of[name] for name in names) / sum(n_of.values()))
    assert said["names"] == ", ".join(names)
    text = say.convolution_sentence(sizes(network))
    first = next((name for name, layer in network.layers.items() if layer.kind == "convolution"), None)
    if first is None:
        assert text.startswith("This network reads its pixels with a dense layer.")
        return
    said = taken_apart(
        text,
        "{first} makes {sizes} = {values:i} values of {pixels:i} with {n:i} parameters, because one small kernel "
        "serves every place. A dense layer for the same would take {dense:i}: {times} times as many, and would have to "
        "learn each thing anew at every place.",
    )
    n_values, n_pixels = case.top[first].size, case.top.prepared.tensor.numel()
    assert said["first"] == first
    assert said["sizes"] == " × ".join(map(str, case.top[first].shape))
    counted(said["values"], n_values)
    counted(said["pixels"], n_pixels)
    counted(said["n"], n_of[first])
    counted(said["dense"], n_values * (n_pixels + 1))
    compare_times(said["times"], n_values * (n_pixels + 1) / n_of[first])


def compare_times(shown: str, ratio: float) -> None:
    """How many times as many, in words or figures."""
    number, _, unit = shown.partition(" ")
    if unit.startswith("×"):
        value = float(number) * 10.0 ** int(unit.removeprefix("× 10^"))
        assert abs(value - ratio) <= 1e-3 * ratio
        return
    assert "e" not in number
    factor = {"": 1.0, "million": 1e6, "billion": 1e9}[unit]
    assert abs(value_of(number) * factor - ratio) <= max(0.5 if ratio >= 9999 else 0, 0.0051 * ratio)


@checks(softmax_say.odds_sentence)
def check_odds(case: Case) -> None:
    said = taken_apart(
        softmax_say.odds_sentence(case.top),
        "One logit is enough for two classes: z = {z:n}. The sigmoid, 1 / (1 + e^−z), makes it the probability of "
        "“{second}”, {p:%}; the rest, {q:%}, is left for “{first}”. So z is the logarithm of the odds, ln(p / (1 − "
        "p)), and that of “{again}” is {back:n}.",
        "Softmax looks at differences alone. “{first}” ({high:n}) leads “{second}” ({low:n}) by {lead:n}, so it is "
        "e^{power:n} = {times} times as likely.",
    )
    if "z" in said:
        z = case.logits[1]
        same(said["z"], z)
        same(said["back"], -z)
        is_chance(said["p"], 1 / (1 + math.exp(-z)))
        is_chance(said["q"], 1 / (1 + math.exp(z)))
        assert [said[key] for key in ("first", "second", "again")] == [case.category(i) for i in (0, 1, 0)]
        return
    first, second = case.order[:2]
    assert (said["first"], said["second"]) == (case.category(first), case.category(second))
    same(said["high"], case.logits[first])
    same(said["low"], case.logits[second])
    lead = case.logits[first] - case.logits[second]
    same(said["lead"], lead)
    same(said["power"], lead)
    compare_times(said["times"], math.exp(lead))


@checks(softmax_say.sure_sentence, softmax_say.shift_sentence)
def check_softmax(case: Case) -> None:
    for temperature in (0.05, 1.0, 3.0, 20.0):
        steps = softmax_steps(case.top, temperature)
        halves = 2 if len(case.top.logits) == 1 else 1
        scaled = [z / halves / temperature for z in case.logits]
        p = softmax(scaled)
        bits = -math.fsum(one * math.log2(one) for one in p if one > 0)
        said = taken_apart(
            softmax_say.sure_sentence(steps),
            "“{best}” has {share:%}. The entropy is {bits:n} of at most {most:n} bits: as open as a fair draw among "
            "{even:n} of {n:i} classes. It is {degree}, which says nothing on whether it is right.",
        )
        assert said["best"] == case.category(case.best)
        is_chance(said["share"], max(p))
        assert abs(float(said["bits"]) - bits) <= 0.00501
        assert abs(float(said["most"]) - math.log2(len(p))) <= 0.00501
        same(said["even"], 2**bits, 4, 1e-6)
        assert int(said["n"]) == len(p)
        degrees = {"as good as certain": 2**bits < 1.1, "fairly sure": 1.1 <= 2**bits < 2, "unsure": 2**bits >= 2,
                   "as undecided as it can be": bits > 0.97 * math.log2(len(p))}  # fmt: skip
        assert degrees[said["degree"]]
        said = taken_apart(
            softmax_say.shift_sentence(steps),
            "The shift takes {top:n} off every logit. Every e^z becomes e^{same:n} times smaller, and so does their "
            "sum: the quotients stay. e^{power:n} {why}",
        )
        for key in ("top", "same", "power"):
            same(said[key], max(scaled))
        with np.errstate(over="ignore", under="ignore"):
            held = np.exp(np.float32(max(scaled)))
        assert ("can still be held" in said["why"]) == bool(np.isfinite(held) and held > 0)


@checks(softmax_say.shift_question)
def check_shift(case: Case) -> None:
    question = softmax_say.shift_question(case.top)
    raised = softmax([z + 5 for z in (case.logits if len(case.top.logits) > 1 else case.logits[1:])])
    compared = [after - before for before, after in zip(case.probabilities, raised, strict=True)]
    right = question.answers[question.right]
    if len(case.top.logits) > 1:
        assert right == "All stay as they are"
        assert max(map(abs, compared)) < 1e-12
        said = taken_apart(question.why, "With 5 added to all {n:i} logits no probability changes by more than "
                           "{most:n}: both the numerator and the sum are e^5 times as large.")  # fmt: skip
        assert int(said["n"]) == len(case.logits)
        assert float(said["most"]) < 1e-5
        return
    assert right == f"“{case.category(1)}” becomes likelier"
    assert compared[1] > 0
    said = taken_apart(question.why, "A single logit is compared with 0, and 0 stays. “{second}” goes from {before:%} "
                       "to {after:%}.")  # fmt: skip
    assert said["second"] == case.category(1)
    is_chance(said["before"], case.probabilities[1])
    is_chance(said["after"], raised[1])
