"""Sums of products: every product multiplied again, every size counted out window by window."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from explorer.convolution import figures, kernels, lab, recipes
from explorer.convolution import sentences as say
from explorer.convolution.opened import open_value, strongest
from explorer.convolution.products import rank
from explorer.convolution.recipes import RECIPES
from explorer.convolution.steps import what_it_does
from explorer.geometry import Axis

from .case import Case
from .said import agrees, checks, counted, counted_roughly, is_share, same, taken_apart, value_of


def weighted(case: Case) -> Iterator[str]:
    """The first two and the last two layers that add up products, and one with groups."""
    names = [name for name, layer in case.network.layers.items() if layer.kind in ("convolution", "dense")]
    grouped = [name for name in names if (case.network.layers[name].groups or 1) > 1]
    yield from dict.fromkeys([*names[:2], *grouped[:1], *names[-2:]])


def products_of(case: Case, layer: str, unit: tuple[int, ...]) -> tuple[np.ndarray, float]:
    """Every product that is added up to a value, (n_in, kH, kW), and the bias: one by one, padding as 0."""
    weights, described = case.network.weights(layer), case.network.layer(layer)
    weight, source = weights["weight"], case.source(layer)
    source = source if source.ndim == 3 else source.reshape(-1, 1, 1)
    own = weight[unit[0]].reshape(weight.shape[1], *(weight.shape[2:] or (1, 1))).astype(np.float64)
    first = unit[0] // (len(weight) // (described.groups or 1)) * len(own)
    found = np.zeros(own.shape)
    window, at = described.window, [*unit[1:], 0, 0][:2]
    for i, j in np.ndindex(own.shape[1:]):
        y, x = at if window is None else (
            place * s - p + cell * d
            for place, s, p, cell, d in zip(at, window.stride, window.padding, (i, j), window.dilation, strict=True)
        )  # fmt: skip
        if 0 <= y < source.shape[1] and 0 <= x < source.shape[2]:
            found[:, i, j] = own[:, i, j] * source[first : first + len(own), y, x]
    return found, float(weights["bias"][unit[0]]) if "bias" in weights else 0.0


@checks(say.rank_sentence)
def check_ranks(case: Case) -> None:
    for layer in weighted(case):
        unit = strongest(case.top, layer)
        for place in {unit, (unit[0], *[0] * (len(unit) - 1))}:
            opened = open_value(case.top, layer, place)
            own, bias = products_of(case, layer, place)
            assert abs(own.sum() + bias - case.top[layer][place]) < 1e-4 * (np.abs(own).sum() + abs(bias) + 1e-9)
            sizes = sorted(np.abs(own).ravel().tolist(), reverse=True)
            whole = math.fsum(sizes)
            for n in {1, 7, own.size - 1, own.size}:
                if 0 < n <= own.size:
                    compare_rank(say.rank_sentence(opened, rank(opened, n)), own, sizes, whole, n)


def compare_rank(text: str, own: np.ndarray, sizes: list[float], whole: float, n: int) -> None:
    said = taken_apart(
        text,
        "All {all:i} products are zero: where the window lies, every input or its weight is 0.",
        "The only product is zero: where the window lies, every input or its weight is 0.",
        "{begin}. For 90\u00a0% it takes {least:i}. Shares are of the sum of the absolute values, since products of "
        "both signs cancel.",
    )
    if "begin" not in said:
        assert whole == 0
        return
    reached, least = 0.0, 0
    while reached < 0.9 * whole * (1 - 1e-9):
        reached, least = reached + sizes[least], least + 1
    counted(said["least"], least)
    begin = taken_apart(
        said["begin"],
        "These are all {n:i} products",
        "This is the only product",
        "{n:i} of {all:i} products {make} {share:%} of all that is added up; the other {rest:i} together are {left:n}",
        "{n:i} of {all:i} products {make} {share:%} of all that is added up; the other one is {left:n}",
    )
    counted(begin.get("n", "1"), n)
    assert ("all" in begin) == (n < own.size)
    if "all" in begin:
        counted(begin["all"], own.size)
        assert int(begin.get("rest", "1").replace(",", "")) == own.size - n
        agrees(n, "makes", "make", begin["make"])
        shown = math.fsum(sizes[:n])
        is_share(begin["share"], 1.0 if not any(sizes[n:]) else shown / whole)
        ranked = np.argsort(-np.abs(own.ravel()), kind="stable")
        same(begin["left"], float(own.ravel()[ranked[n:]].sum()), 4, 1e-9 * whole)


@checks(say.filter_sentence, say.work_sentence)
def check_filters(case: Case) -> None:
    for layer in weighted(case):
        described, weights = case.network.layers[layer], case.network.weights(layer)
        weight, channel = weights["weight"], len(weights["weight"]) // 2
        n_groups = described.groups or 1
        ending = "and a bias" if "bias" in weights else "without a bias"
        n_in, size = weight.shape[1], weight[0].size
        said = taken_apart(
            say.filter_sentence(case.network, layer, channel),
            "Number {channel:i} of {layer} is the sum of {n:i} {products}[[ at every place of the {maps}]], one for "
            "each input, {ending}: a dense layer is a convolution whose kernel has one cell.",
            "Each value of {layer} is the sum of {n:i} {products}, {in:i} {inputs} × {high:i} × {wide:i} {cells}, "
            "{ending}. The kernel is not flipped: strictly this is cross-correlation, and the field says convolution."
            "[[ It is depthwise: filter {channel:i} reads channel {alone:i} alone, so each map is filtered by itself "
            "and nothing is mixed between channels.]]"
            "[[ Its channels fall into {groups:i} groups: filter {one:i} reads channels {first:i} to {last:i}.]]"
            "[[ A kernel of 1 × 1 has no {point}.]]",
        )
        assert (said["layer"], said["ending"]) == (layer, ending)
        counted(said["n"], size)
        agrees(size, "product", "products", said["products"])
        assert int(said.get("channel", said.get("one", channel))) == channel
        if "in" in said:
            assert (int(said["in"]), int(said["high"]), int(said["wide"])) == weight.shape[1:]
            agrees(n_in, "input channel", "input channels", said["inputs"])
            agrees(size // n_in, "cell", "cells", said["cells"])
            begin = channel // (len(weight) // n_groups) * n_in
            assert ("alone" in said) == (n_groups > 1 and n_in == 1)
            assert int(said.get("alone", begin)) == begin
            assert ("groups" in said) == (n_groups > 1 and n_in > 1)
            assert int(said.get("groups", n_groups)) == n_groups
            assert (int(said.get("first", begin)), int(said.get("last", begin + n_in - 1))) == (begin, begin + n_in - 1)
            assert ("point" in said) == (size == n_in)
        compare_work(case, layer, say.work_sentence(case.network, layer))


def compare_work(case: Case, layer: str, text: str) -> None:
    weight, values = case.network.weights(layer)["weight"], case.top[layer]
    said = taken_apart(
        text,
        "One value takes {n:i} {multiplications}. The layer gives {sizes} = {values:i} {value}: {all:i} {again} "
        "({short:c})[[, with no more than {weights:i} {weight}, since all {places:i} places of a map share one "
        "filter]]. Products with padding count, as the machine makes them too.",
        "One value takes {n:i} {multiplications}. The layer gives {values:i} {value}: {all:i} {again} ({short:c})[[, "
        "with no more than {weights:i} {weight}, since all {places:i} places of a map share one filter]]. Products "
        "with padding count, as the machine makes them too.",
    )
    counted(said["n"], weight[0].size)
    agrees(weight[0].size, "multiplication", "multiplications", said["multiplications"])
    assert said.get("sizes", " × ".join(map(str, values.shape))) == " × ".join(map(str, values.shape))
    counted(said["values"], values.size)
    agrees(values.size, "value", "values", said["value"])
    counted(said["all"], values.size * weight[0].size)
    counted_roughly(said["short"], values.size * weight[0].size)
    assert ("weights" in said) == (values[0].size > 1)
    if "weights" in said:
        counted(said["weights"], weight.size)
        counted(said["places"], values[0].size)


@checks(say.size_sentences, Axis.formula)
def check_sizes(case: Case) -> None:
    """For windows of every kind: which rows they read is counted out, place by place."""
    for n, k, s, p, d in itertools.product((5, 8), (1, 2, 3), (1, 2, 4), (0, 1), (1, 2)):
        down, across = Axis(n, k, s, p, d), Axis(n + 1, k, s, p, d)
        if min(down.room, across.room) < 0:
            continue
        (both,) = say.size_sentences((down, down), "it")
        assert both.startswith("Height and width: ")
        compare_size(both.removeprefix("Height and width: "), (n, k, s, p, d), "row and column")
        for text, begin, side, what in zip(
            say.size_sentences((down, across), "it"),
            ("Height: ", "Width: "),
            (n, n + 1),
            ("row", "column"),
            strict=True,
        ):
            assert text.startswith(begin)
            compare_size(text.removeprefix(begin), (side, k, s, p, d), what)


def compare_size(text: str, settings: tuple[int, ...], what: str, of: str = "it") -> None:
    n, k, s, p, d = settings
    starts = [first for first in range(-p, n + p, s) if first + (k - 1) * d < n + p]
    read = {first + cell * d for first in starts for cell in range(k)}
    last = starts[-1] + (k - 1) * d
    dropped = n + p - 1 - last
    unread_end = sum(last < cell for cell in range(n))
    between = sum(cell not in read and cell <= last for cell in range(n))
    said = taken_apart(
        text,
        "{formula}. The floor drops nothing: the last window ends with the last {what}[[ of the {padding}]].{between}",
        "{formula}. The floor drops nothing: the last window ends with the last {what}[[ of the {padding}]].",
        "{formula}. The floor drops {lost}, too few for another step{why}",
    )
    numbers = taken_apart(
        said["formula"],
        "⌊({n:i} + 2 · {p:i} − {d:i} · ({k:i} − 1) − 1) / {s:i}⌋ + 1 = ⌊{room:i} / {again:i}⌋ + 1 = {out:i}",
    )
    assert [int(numbers[key]) for key in ("n", "k", "s", "p", "d", "again")] == [n, k, s, p, d, s]
    assert int(numbers["out"]) == len(starts)
    assert int(numbers["room"]) // s + 1 == len(starts)
    assert ("lost" in said) == (dropped > 0)
    if not dropped:
        assert said["what"] == what
        assert ("padding" in said) == (p > 0)
    else:
        many = " and ".join(f"{word}s" for word in what.split(" and "))
        end = {"row": "bottom", "column": "right", "row and column": "bottom and at the right"}[what]
        assert said["lost"] == f"{dropped} {what if dropped == 1 else many} at the {end}"
        assert ("padding only" in said["why"]) == (unread_end == 0)
        if 0 < unread_end < dropped:
            assert f": {dropped - unread_end} of padding and {unread_end} of {of}, which no window reads" in said["why"]
    if between:
        more = " more" if unread_end else ""
        assert f" {between}{more} of {of} {'lies' if between == 1 else 'lie'} between what the windows read." in text
    assert ("between what" in text) == (between > 0)
    assert ("within reach" in text) == (dropped > 0 and not unread_end and not between)


@checks(recipes.explained)
def check_symbols(case: Case) -> None:
    for recipe in recipes.RECIPES.values():
        text = recipes.explained(recipe.formula)
        assert text.startswith(recipe.formula)
        there = {letter for letter in "σλθ" if letter in recipe.formula}
        if text == recipe.formula:
            assert not there
            continue
        said = taken_apart(text.removeprefix(recipe.formula), " Here {symbols}.")
        assert all(f"{letter} is " in said["symbols"] for letter in there)


@checks(say.layer_size_sentences, say.size_question)
def check_layer_sizes(case: Case) -> None:
    for layer in weighted(case):
        texts, window = say.layer_size_sentences(case.network, layer), case.network.layers[layer].window
        question = say.size_question(case.network, layer)
        if window is None:
            assert texts == ("The output has as many places as the input: every place is worked out on its own.",)
            assert question is None
            continue
        assert texts[0] == say.SIZE_FORMULA
        texts = texts[1:]
        source, given = case.source(layer), case.top[layer].shape
        height, width = source.shape[1:] if source.ndim == 3 else (1, 1)
        for text, axis, side, what in zip(
            texts if len(texts) == 2 else texts * 2, (0, 1), (height, width), ("row", "column"), strict=True
        ):
            settings = side, window.kernel[axis], window.stride[axis], window.padding[axis], window.dilation[axis]
            compare_size(text.partition(": ")[2], settings, "row and column" if len(texts) == 1 else what, "the input")
            assert f" = {given[axis + 1] if len(given) == 3 else 1}." in text
        if question is None:
            continue
        assert question.answers[question.right] == str(given[1])
        assert (
            f"{layer} reads maps {height} cells high, with a kernel {window.kernel[0]} high, stride " in question.text
        )
        assert question.why.endswith(f" = {given[1]}.")


@checks(say.weights_sentence, lab.value_sentence, lab.size_question, lab.sources, lab.input_names)
def check_lab(case: Case) -> None:
    names = lab.sources(case.network)
    assert len(names) == (4 if case.network.preprocessing.n_channels == 3 else 1)
    for name, over in itertools.product(list(RECIPES), names[:2]):
        kernel = kernels.named_kernel(name, RECIPES[name].sizes[0])
        compare_weights(say.weights_sentence(kernel.weights), kernel.weights.astype(np.float64))
        source = lab.source(case.network, case.top.prepared, over)
        for stride, padding, bias in (((1, 1), (0, 0), 0.0), ((3, 2), (1, 2), -0.25)):
            experiment = lab.convolve(source, kernel.weights, stride, padding, bias=bias)
            for place in ((0, 0), experiment.strongest):
                compare_value(lab.value_sentence(experiment, (over,), *place), experiment, (over,), place)
            question = lab.size_question(experiment)
            numbers = [int(one) for one in "".join(c if c.isdigit() else " " for c in question.text).split()]
            k, _, height, width, s, p, d = numbers
            sizes = [len([i for i in range(-p, n + p, s) if i + (k - 1) * d < n + p]) for n in (height, width)]
            assert (height, width) == source.shape[1:]
            assert question.answers[question.right] == f"{sizes[0]} × {sizes[1]}"
    first = kernels.first_layer(case.network)
    if first is not None and len(case.network.weights(first)["weight"][0]) == len(case.source(first)):
        experiment, channels = lab.own_experiment(case.top, first, 1), lab.input_names(case.network, first)
        assert len(channels) == len(case.source(first))
        text = lab.value_sentence(experiment, channels, 2, 3)
        compare_value(text, experiment, channels, (2, 3))
        assert abs(experiment.values[2, 3] - case.top[first][1, 2, 3]) < 1e-4 * (1 + abs(case.top[first][1, 2, 3]))


def compare_weights(text: str, weights: np.ndarray) -> None:
    size, total = float(np.abs(weights).sum()), float(weights.sum())
    said = taken_apart(
        text,
        "{n:i} {weights}, which {add} up to {sum:n}[[: {flat}]]. It is separable, one column times one row: {h:i} + "
        "{w:i} multiplications would do for {again:i} × {too:i}.",
        "{n:i} {weights}, which {add} up to {sum:n}[[: {flat}]].",
    )
    assert int(said["n"]) == weights.size
    agrees(weights.size, "weight", "weights", said["weights"])
    agrees(weights.size, "adds", "add", said["add"])
    same(said["sum"], total if abs(total) > 1e-5 * size else 0, 4, 1e-6 * size)
    flat = said["flat"]
    assert ("gives 0" in flat) == (abs(total) <= 1e-5 * size)
    assert ("keeps its value" in flat) == (abs(total - 1) <= 1e-5 * size)
    if "multiplied" in flat:
        same(flat.rsplit(" ", 1)[1], total)
    rank_of = int(np.linalg.matrix_rank(weights[0], tol=1e-5 * size))
    assert ("h" in said) == (rank_of == 1 and min(weights.shape[1:]) > 1)
    if "h" in said:
        assert [int(said[key]) for key in ("h", "w", "again", "too")] == [*weights.shape[1:]] * 2


def compare_value(text: str, experiment: lab.Experiment, names: tuple[str, ...], place: tuple[int, int]) -> None:
    window, sums, n_padding, size = experiment.window, [], 0, abs(experiment.bias) + 1e-9
    for plane, kernel in zip(experiment.source, experiment.weights, strict=True):
        total, n_padding = 0.0, 0
        for i, j in np.ndindex(kernel.shape):
            y, x = (at * s - p + cell * d for at, s, p, cell, d in
                    zip(place, window.stride, window.padding, (i, j), window.dilation, strict=True))  # fmt: skip
            if 0 <= y < plane.shape[0] and 0 <= x < plane.shape[1]:
                total += float(plane[y, x]) * float(kernel[i, j])
                size += abs(float(plane[y, x]) * float(kernel[i, j]))
            else:
                n_padding += 1
        sums.append(total)
    said = taken_apart(
        text,
        "Added up in full: {parts}; in the result: {value:n}. ✓ The sum in 64 bits and the value in 32 bits agree."
        "[[ Of the window’s {cells:i} cells {padding:i} {lie} in the padding and {count} as 0.]]",
    )
    *parts, last = [part.strip("()") for part in said["parts"].replace(" = ", " + ").split(" + ")]
    expected = [*zip(names, sums, strict=True), *([("bias", experiment.bias)] if experiment.bias else [])]
    if len(expected) > 1:
        for part, (name, value) in zip(parts, expected, strict=True):
            label, _, number = part.rpartition(" ")
            assert label in (name, "") if name != "bias" else label == "bias"
            same(number.strip("()"), value, 6, 1e-9 * size)
    same(last, sum(sums) + experiment.bias, 6, 1e-9 * size)
    same(said["value"], sum(sums) + experiment.bias, 6, 1e-6 * size)
    assert int(said.get("padding", 0)) == n_padding
    if n_padding:
        agrees(n_padding, "lies counts", "lie count", f"{said['lie']} {said['count']}")
    assert int(said.get("cells", experiment.weights[0].size)) == experiment.weights[0].size


@checks(what_it_does)
def check_operations(case: Case) -> None:
    for name, layer in case.network.layers.items():
        text = what_it_does(case.network, name)
        said = taken_apart(text, "{layer} ({kind}) {does}.")
        assert (said["layer"], said["kind"]) == (name, layer.kind)
        sources = " and ".join(layer.inputs) or "the picture"
        assert (sources if len(layer.inputs) <= 4 else f"{len(layer.inputs)} layers") in said["does"]


@checks(figures.which_window)
def check_window_questions(case: Case) -> None:
    for layer in weighted(case):
        if not case.network.layers[layer].is_spatial or case.top[layer][0].size > 1000:
            continue
        n_groups = case.network.layers[layer].groups or 1
        channel = 0
        question = figures.which_window(case.top, layer, 0, channel)
        if question is None or n_groups > 1:
            continue
        own = [products_of(case, layer, (0, y, x))[0][channel].sum() for y, x in np.ndindex(case.top[layer].shape[1:])]
        said = taken_apart(
            question.text,
            "The kernel of filter {filter:i} for input channel {channel:i} is in the middle above. Multiplied by it "
            "and added up, one of these four windows of that channel gives {value:n}, the {end} of the four. Which?",
        )
        assert (int(said["filter"]), int(said["channel"])) == (0, channel)
        sums = dict(part.split(" ") for part in question.why.removeprefix("The four sums: ").split(". ")[0].split(", "))
        values = {letter: value_of(shown) for letter, shown in sums.items()}
        pick = max if said["end"] == "highest" else min
        assert question.answers[question.right] == pick(values, key=lambda letter: values[letter])
        same(said["value"], float(pick(own)), 4, 1e-6 * max(map(abs, own)))
        assert abs(max(values.values()) - max(own)) < 1e-3 * max(map(abs, own))
        assert abs(min(values.values()) - min(own)) < 1e-3 * max(map(abs, own))
