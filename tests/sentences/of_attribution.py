"""Maps of evidence: every method, for classes, differences and channels, with every sign that a map can have."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from explorer.attribution import METHODS, Attribution, cam, concepts, explain
from explorer.attribution import sentences as say
from explorer.attribution.figures import clipped_share, own_scale
from explorer.attribution.method import Method
from explorer.attribution.request import Request
from explorer.drawing.placing import note
from explorer.errors import Unsuited
from explorer.geometry import Places
from explorer.targets import Target

from .case import Case, centres, phrase_of, where
from .said import agrees, checks, counted, is_share, same, softmax, taken_apart, value_of

OPTIONS: dict[str, dict[str, Any]] = {
    "score_cam": {"n_channels": 3}, "smooth_grad": {"n_samples": 2}, "integrated_gradients": {"steps": 3},
    "rise": {"n_masks": 6, "grid": 4},
}  # fmt: skip
DEAR = ("score_cam", "ablation_cam", "smooth_grad", "integrated_gradients", "occlusion", "rise")  # many passes each
LARGE_PATCH = 0.5  # of the side


def maps(case: Case, signed: bool) -> list[tuple[Target, Attribution]]:
    """What `found_maps` finds, once."""
    if signed not in case.kept:
        case.kept[signed] = [*found_maps(case, signed)]
    found: list[tuple[Target, Attribution]] = case.kept[signed]
    return found


def found_maps(case: Case, signed: bool) -> Iterator[tuple[Target, Attribution]]:
    """What every method finds for every target; a method that has nothing to say is left out."""
    side = case.network.preprocessing.size
    for target, (method, card) in itertools.product(case.targets, METHODS.items()):
        is_first = target == case.targets[0]
        if (card.uses_layer and not case.network.has_maps) or (method in DEAR and side > 64 and not is_first):
            continue
        if not case.is_small and (method in DEAR or not is_first):
            continue
        if side > 64 and not card.signed_map and signed != (target in case.targets[::2]):
            continue  # half of the passes are enough
        options = {**OPTIONS.get(method, {})}
        if method == "occlusion":
            options |= {"patch": round(side * LARGE_PATCH), "stride": round(side * LARGE_PATCH) - 1}
        layer = case.network.cam_layer if card.uses_layer and target.layer is not None else None
        try:
            yield target, explain(case.trace(target), method, layer, signed=signed, **options)
        except Unsuited:
            continue


def of_every_sign(found: Attribution) -> Iterator[Attribution]:
    """The same with maps that no method may have found: of one sign, of both, the same everywhere, in a corner."""
    random, shape = np.random.default_rng(len(found.method)), found.values.shape
    drawn = random.gamma(0.2, size=shape).astype(np.float32)
    corner = np.zeros(shape, np.float32)
    corner[shape[0] // 5, -1 - shape[1] // 5] = 1
    for values in (drawn, np.full(shape, 0.25, np.float32), corner):
        yield replace(found, values=values, signed=False, remark=None)
    mixed = random.normal(size=shape).astype(np.float32)
    nearly = drawn.copy() + np.float32(1)
    nearly[0, 0] = -1e-4  # all but nothing speaks for it
    for values in (drawn, -drawn, mixed, corner - np.float32(0.001), nearly, -nearly):
        yield replace(found, values=values, signed=True, remark=None)


@checks(say.map_sentence, say.region)
def check_maps(case: Case) -> None:
    middles = {name: centres(case.network, name) for name in (case.network.cam_layer,)} if case.network.has_maps else {}
    for signed in (False, True):
        for target, found in maps(case, signed):
            compare_map(case, target, found, middles)
            if target == case.targets[0] and signed and found.values.size < 5000:
                for other in of_every_sign(found):
                    compare_map(case, target, other, middles)


def compare_map(case: Case, target: Target, found: Attribution, known: dict[str, list[np.ndarray]]) -> None:
    values, side, card = found.values.astype(np.float64), case.network.preprocessing.size, METHODS[found.method]
    text = say.map_sentence(case.network, found)
    if not values.any():
        compare_remark(case, target, found, text)
        return
    of_pixels = not card.uses_layer or found.method == "guided_grad_cam"
    assert values.shape == ((side, side) if of_pixels else case.network.layer(found.layer).size)
    middles = [(np.arange(side) + 0.5) / side] * 2 if of_pixels else known[case.network.cam_layer]
    direction = where(np.maximum(values, 0), middles) if values.max() > 0 else None
    if not found.signed:
        said = taken_apart(
            text,
            "Every {cell} holds {value:n}: the map prefers no place.",
            "Up to {high:n}, {where}. Half of it lies in {half:%} of the {cell}.",
        )
        assert said["cell"].removesuffix("s") == ("pixel" if of_pixels else "cell")
        same(said.get("high", said.get("value", "")), values.max(), 3)
        assert ("value" in said) == (values.min() == values.max())
        if "half" in said:
            is_share(said["half"], n_for_half(values) / values.size)
            assert direction in (said["where"], None)
        return
    begin = "From {low:n} to {high:n}[[, mostly {where}]]. "
    said = taken_apart(
        text,
        "From {low:n} to {high:n}. {share:%} of it supports {what}, mostly {where}.",
        "From {low:n} to {high:n}. {share:%} of it supports {what}: nothing here speaks for it.",
        "From {low:n} to {high:n}. {share:%} of it is positive: a higher value there raises {what}, mostly {where}.",
        "From {low:n} to {high:n}. {share:%} of it is positive: nowhere does a higher value raise {what}.",
        f"{begin}{card.one_sided or '-'}",
    )
    same(said["low"], values.min(), 3)
    same(said["high"], values.max(), 3)
    assert ("where" in said) == (values.max() > 0)
    assert direction in (said.get("where"), None)
    assert ("share" in said) == (not card.one_sided)
    if "share" in said:
        assert said["what"] == phrase_of(case, target)
        assert ("is positive" in text) == card.is_slope
        size = math.fsum(abs(values.ravel()))
        is_share(said["share"], math.fsum(value for value in values.ravel() if value > 0) / size, 1e-6)


def n_for_half(values: np.ndarray) -> int:
    """How many of the highest cells hold half of a map's sum."""
    ranked = sorted(values.ravel().tolist(), reverse=True)
    reached, half = 0.0, sum(ranked) / 2
    for n, value in enumerate(ranked, start=1):
        reached += value
        if reached >= half:
            return n
    raise AssertionError


def compare_remark(case: Case, target: Target, found: Attribution, text: str) -> None:
    signed = explain(case.trace(target), found.method, found.layer, signed=True, **found.options).values
    said = taken_apart(
        text,
        "{method} finds no positive evidence for {what} in {where}: look at the signed map.",
        "{method} finds nothing in {where} that {what} depends on: the map is 0 everywhere.",
    )
    assert said["method"] == METHODS[found.method].title
    assert said["where"] == (found.layer or "the picture")
    assert ("positive" in text) == bool(signed.any())
    assert signed.max() <= 0
    assert case.category(target.index) in said["what"] or str(target.index) in said["what"]


@checks(say.cost_sentence, say.gap_share, cam.exploding, Request.added_up)
def check_costs(case: Case) -> None:
    for target, found in maps(case, False):
        scale = own_scale(found, "inferno")
        n_beyond = int((abs(found.values.astype(np.float64)) > scale.high).sum())
        text = say.cost_sentence(found, clipped_share(found.values, scale))
        said = taken_apart(
            text,
            "{n:i} {passes} of the network, {seconds} s."
            "[[ Patch {patch:i} × {again:i} pixels, stride {stride:i}, fill {fill}.]]"
            "[[ Composite {composite}, gamma {gamma:n}, epsilon {epsilon:n}.]]"
            "[[ The pixels add up to the score less that of the baseline but for {gap}: the completeness gap.]]"
            "[[ The pixels add up to {total:n}, and the score is {whole:n}.]]"
            "[[ {n_similar:i} classes at most, strength {strength:n}. Compared with {others}.]]"
            "[[ {guided:i} of {all:i} activation functions are guided.]]"
            "[[ The weight of channel {channel:i} is {times:i} times the median: one of its denominators is {near:n}.]]"
            + (f" {METHODS[found.method].warning}" if METHODS[found.method].warning else "")
            + "[[ {clipped:%} of the pixels lie beyond the end of the colours.]]",
        )
        counted(said["n"], n_passes(case, found))
        agrees(value_of(said["n"]), "pass", "passes", said["passes"])
        if "clipped" in said:
            assert found.pixels is not None
            is_share(said["clipped"], n_beyond / found.values.size)
        assert ("clipped" in said) == (n_beyond > 0)
        if found.method == "occlusion":
            assert [int(said[key]) for key in ("patch", "again", "stride")] == [
                found.options[key] for key in ("patch", "patch", "stride")
            ]
            assert said["fill"] == found.options["fill"]
        if found.method == "finer_cam":
            compare_similar(case, target, found, said)
        if found.method in ("full_grad", "lrp"):
            same(said["total"], math.fsum(maps_signed(case, target, found).ravel()), 4)
            same(said["whole"], score(case, target, False), 4)
        if found.method == "lrp":
            assert said["composite"] == found.options["composite"]
            assert all(float(said[key]) == found.options[key] for key in ("gamma", "epsilon"))
        if found.method == "integrated_gradients":
            compare_gap(case, target, found, said["gap"])
        if found.method.startswith("guided"):
            assert (int(said["guided"]), int(said["all"])) == n_guided(case, target)
        if found.method == "grad_cam_pp":
            compare_exploding(case, target, found, said)


def compare_similar(case: Case, target: Target, found: Attribution, said: dict[str, str]) -> None:
    """The classes with the nearest logits, nearest first."""
    z = [float(one) for one in case.top.logits]
    others = sorted((k for k in range(len(z)) if k != target.index), key=lambda k: abs(z[k] - z[target.index]))
    names = [f"“{case.category(k)}”" for k in others[: found.options["n_similar"]]]
    assert said["others"] == ", ".join(names[:-1]) + f" and {names[-1]}"
    assert int(said["n_similar"]) == found.options["n_similar"]
    assert float(said["strength"]) == found.options["strength"]


def maps_signed(case: Case, target: Target, found: Attribution) -> np.ndarray:
    """The same map with all its signs."""
    return explain(case.trace(target), found.method, signed=True, **found.options).values.astype(np.float64)


def n_passes(case: Case, found: Attribution) -> int:
    """One for the recorded pass, and one for each picture that the method looks at besides."""
    side = case.network.preprocessing.size
    options = {key: int(value) for key, value in found.options.items() if not isinstance(value, str)}
    channels = 0 if found.layer is None else len(case.top[found.layer])
    n_patches, covered = 0, 0
    while found.method == "occlusion" and covered < side:  # until a row of patches has reached the border
        covered = options["patch"] if not n_patches else covered + options["stride"]
        n_patches += 1
    flat = 0
    if found.method == "score_cam":
        spread = [float(one.astype(np.float64).var()) for one in case.top[found.layer]]
        shown = sorted(range(channels), key=lambda c: -spread[c])[: options["n_channels"]]
        n_flat = sum(float(np.ptp(case.top[found.layer][c])) == 0 for c in shown)
        flat = len(shown) - n_flat + (n_flat > 0)
    more = {
        "ablation_cam": channels, "score_cam": flat, "gradient": 1, "input_x_gradient": 1, "guided_backprop": 1,
        "guided_grad_cam": 1, "finer_cam": 1, "full_grad": 1, "lrp": 1, "smooth_grad": options.get("n_samples"),
        "occlusion": n_patches**2,
        "integrated_gradients": options.get("steps", 0) + 1, "rise": options.get("n_masks"),
    }  # fmt: skip
    return 1 + (more.get(found.method) or 0)


def score(case: Case, target: Target, blank: bool) -> float:
    """The target's number on the picture, or on one of the mean colour."""
    x = case.top.prepared.tensor * (0 if blank else 1)
    output, values = case.network.graph.run(x)
    if target.layer is not None:
        return float(values[case.network.resolve(target.layer)][0, target.index].double().mean())
    z = [float(one) for one in output[0]]
    z = z if len(z) > 1 else [-z[0], z[0]]
    return z[target.index] - (z[target.against] if target.against is not None and len(output[0]) > 1 else 0)


def compare_gap(case: Case, target: Target, found: Attribution, shown: str) -> None:
    whole = score(case, target, False) - score(case, target, True)
    gap = abs(math.fsum(found.pixels.astype(np.float64).ravel()) - whole) / abs(whole)
    assert shown == say.gap_share(found.completeness_gap)
    is_share(shown, gap, 1e-4 * max(1, 10 * gap))
    assert say.gap_share(math.inf) == "more than any share, since both score the same"


def n_guided(case: Case, target: Target) -> tuple[int, int]:
    """Activation functions from the picture to the target: those of ReLU's kind with weights behind them, and all."""
    layers = case.network.layers
    end = list(layers)[-1] if target.layer is None else case.network.resolve(target.layer)
    weights_behind: dict[str, bool] = {end: False}
    waiting = [end]
    while waiting:
        name = waiting.pop()
        behind = weights_behind[name] or layers[name].kind in ("convolution", "dense")
        for source in layers[name].inputs:
            if source not in weights_behind or (behind and not weights_behind[source]):
                weights_behind[source] = behind or weights_behind.get(source, False)
                waiting.append(source)
    bends = {name for name in weights_behind if layers[name].traits.group == "activation"}
    return sum(layers[name].kind in ("ReLU", "ReLU6") and weights_behind[name] for name in bends), len(bends)


def compare_exploding(case: Case, target: Target, found: Attribution, said: dict[str, str]) -> None:
    """Grad-CAM++'s weights, channel by channel: one that is more than ten times the median because a denominator
    came near 0 is named."""
    trace = case.trace(target)
    activation, gradient = (values.astype(np.float64) for values in trace.spatial(found.layer))
    weights, least = [], []
    for a, g in zip(activation, gradient, strict=True):
        denominators = 2 + np.maximum(g, 0) * a.sum()
        least.append(abs(denominators).min())
        weights.append(abs((np.maximum(g, 0) / np.where(denominators == 0, np.inf, denominators)).sum()))
    some = sorted(weight for weight in weights if weight > 0)
    largest = max(weights, default=0)
    median = float(np.median(some)) if some else 0
    c = weights.index(largest)
    is_odd = median > 0 and largest > 10 * median and least[c] < 0.2
    if is_odd and min(abs(largest / median - 10), abs(least[c] - 0.2)) < 1e-3:
        return
    assert ("channel" in said) == is_odd
    if is_odd:
        assert int(said["channel"]) == c
        assert abs(value_of(said["times"]) - largest / median) < 0.5 + 1e-2 * largest / median


@checks(Method.symbols)
def check_symbols(case: Case) -> None:
    """Every symbol of a formula, and none that it does not have."""
    for card in METHODS.values():
        letters = set(re.findall(r"(?<![A-Za-z\[])[A-Za-z](?![A-Za-z_\[\]])|[A-Z]\[c\]|[a-z]+_[a-z]+", card.formula))
        known = {part.split(" is ")[0] for part in card.symbols.split(", ")}
        letters -= {"a"} if "a[c]" in card.formula else set()
        missing = letters - known - {"c", "v", "M", "M[c]", "S[c]", "integral_0"}  # these the formula explains itself
        assert not missing, (card.title, missing)
        taken_apart(card.symbols, "{all}")


@checks(say.unit, say.unit_of)
def check_units(case: Case) -> None:
    for target, found in maps(case, False):
        text = say.unit(found)
        nouns = {"the logit": target.is_class, "the difference": target.against is not None,
                 "the channel": target.layer is not None}  # fmt: skip
        assert all(noun not in text or is_it for noun, is_it in nouns.items()), text
        assert ("probability" in text) == (found.method == "rise" and target.is_class)
        assert ("mean target" in text) == (found.method == "rise" and not target.is_class)
        card = METHODS[found.method]
        assert ("change of" in text) == (card.is_slope and found.method != "guided_grad_cam")
        assert text == say.unit_of(found.method, target)
        taken_apart(text, "{all}")


@checks(say.name, say.heading, Target.phrase)
def check_names(case: Case) -> None:
    for target in case.targets:
        expected = phrase_of(case, target)
        assert say.name(case.network, target) == expected
        assert say.heading(case.network, target) == expected[0].upper() + expected[1:]
        if target.layer is not None:
            assert target.phrase(case.network) == expected
            continue
        said = taken_apart(
            target.phrase(case.network),
            "the logit of “{first}” less that of “{second}”",
            "the log odds of “{first}” against “{second}”",
            "the logit of “{first}”",
        )
        assert said["first"] == case.category(target.index)
        assert said.get("second") == (None if target.against is None else case.category(target.against))
    if case.network.has_maps:
        layer, channel = case.loudest
        text = Target(channel, layer=layer, place=(1, 0)).phrase(case.network)
        assert text == f"channel {channel} of {layer} in row 1, column 0"
    others = {target: say.rival(case.top, target) for target in case.targets}
    assert [one and one.index for one in others.values()] == [case.order[1], case.best, case.best, None]


@checks(say.depth_sentence, say.classes_sentence, say.fusion_sentence)
def check_rows_of_maps(case: Case) -> None:
    layer = case.loudest[0]
    for method, drawn, n in itertools.product(("grad_cam", "rise"), ("grad_cam", "layer_cam"), (1, 3)):
        title = METHODS[drawn].title
        begin = (
            title if method == drawn else f"{METHODS[method].title} takes more than the recorded pass; this is {title}"
        )
        depth, classes = say.depth_sentence(method, drawn), say.classes_sentence(method, drawn, layer)
        assert depth.startswith(f"{begin} at every stage. ")
        assert classes.startswith(f"{begin} at {layer} for the likeliest classes. ")
        said = taken_apart(say.fusion_sentence(method, drawn, n), f"{begin} at {{n:i}} {{layers}}, each {{rest}}.")
        assert int(said["n"]) == n
        agrees(n, "layer", "layers", said["layers"])


@checks(note)
def check_drawings(case: Case) -> None:
    here = Places((1.0, 1.0), (2.0, 2.0), (9, 9))
    assert note(None, None) == ""
    assert [note(here, used).split("; ")[1] for used in (here, None)] == [
        "each cell where it looks", "stretched over the picture"
    ]  # fmt: skip
    taken_apart(note(here, here), "; {drawing}")
    for stage in case.network.stages if case.network.has_maps else ():
        if not case.network.layer(stage).is_spatial:
            continue
        places, middles = case.network.places(stage), centres(case.network, stage)
        n = case.network.layer(stage).size
        even = [(np.arange(k) + 0.5) / k for k in n]
        assert (places is None) == all(np.allclose(a, b) for a, b in zip(middles, even, strict=True)), stage
        if places is not None:
            for axis in (0, 1):
                drawn = (places.first[axis] + np.arange(n[axis]) * places.step[axis] + 0.5) / places.size[axis]
                assert np.allclose(drawn, middles[axis]), stage


@checks(say.concepts_sentence, say.concept_name, say.concept_sentence)
def check_concepts(case: Case) -> None:
    if not case.network.has_maps or not case.is_small:
        return
    try:
        found = concepts(case.top, n=3)
    except Unsuited:
        return
    maps = case.top[found.layer].astype(np.float64)
    said = taken_apart(
        say.concepts_sentence(found),
        "{n:i} concepts add up to the maps of {layer} but for {missed:%} of their energy (the sum of squares). Each "
        "has a colour of its own, clear at 0 and full at its own maximum; where several lie, the colours mix.",
    )
    counted(said["n"], 3)
    assert said["layer"] == found.layer
    again = np.einsum("nhw,nc->chw", found.maps.astype(np.float64), found.channels)
    is_share(said["missed"], float(((maps - again) ** 2).sum() / (maps**2).sum()), 1e-5)
    for k in range(3):
        part = found.channels[k][:, None, None] * found.maps[k]
        start = torch.from_numpy(part)[None]
        rest = case.network.graph.rest([found.layer], case.network.layers)
        with torch.inference_mode():
            logits = rest.output({found.layer: start}, case.top.prepared.tensor, case.top.activations)[0]
        probabilities = softmax(logits.tolist())
        best = max(range(len(probabilities)), key=lambda i: probabilities[i])
        title = taken_apart(say.concept_name(case.network, found, k), f"{k + 1} {{category}}, {{p:%}}")
        said = taken_apart(
            say.concept_sentence(case.network, found, k),
            "Concept {k:i}, {most:n} where it is strongest, is made most of the channels {made} of {all:i}. Given this "
            "part of the maps alone, the rest of the network says “{category}”, {p:%}: it never saw such maps, so the "
            "name is a hint.",
        )
        counted(said["k"], k + 1)
        counted(said["all"], len(maps))
        same(said["most"], float(found.maps[k].max()), 3)
        for texts in (title, said):
            assert texts["category"] == case.network.categories[best]
            is_share(texts["p"], probabilities[best], 1e-4)
        made = [re.fullmatch(r"(\d+) \((\d\.\d\d)\)", one) for one in said["made"].split(", ")]
        order = sorted(range(len(maps)), key=lambda c: -found.channels[k][c])
        for one, c in zip(made, order, strict=False):
            assert one is not None
            assert int(one[1]) == c
            assert abs(float(one[2]) - found.channels[k][c]) <= 0.00501
