"""What a layer's channels hold, and what becomes of an answer when they are switched."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from explorer.attribution import class_activation_map
from explorer.feature_maps import channels, film
from explorer.feature_maps import sentences as say
from explorer.feature_maps.figures import histogram_bars
from explorer.interventions import decisive, switch
from explorer.trace import Trace

from .case import Case, field_of
from .said import agrees, checks, counted, is_chance, is_share, same, softmax, taken_apart


def layers(case: Case) -> Iterator[str]:
    """Of each kind of layer the first and the last one, and the blocks."""
    by_kind: dict[str, list[str]] = {}
    for name, layer in case.network.layers.items():
        by_kind.setdefault(layer.kind, []).append(name)
    found = {end for names in by_kind.values() for end in (names[0], names[-1])}
    if not case.is_small:
        found = {names[-1] for names in by_kind.values()}
    yield from [name for name in (*case.network.layers, *case.network.stages) if name in {*found, *case.network.stages}]


def maps(case: Case, layer: str) -> np.ndarray:
    """(C, cells)"""
    values, n = case.top[layer], case.network.layer(layer).n_channels
    return values.reshape(n, -1)


@checks(say.histogram_sentence)
def check_histograms(case: Case) -> None:
    for layer in layers(case):
        values = case.top[layer].ravel()
        found = channels.layer_histogram(case.top, layer)
        said = taken_apart(
            say.histogram_sentence(found),
            "Of {n:i} values {minus:%} are negative, {zero:%} exactly zero (left out of the bars), {plus:%} positive.",
        )
        counted(said["n"], values.size)
        shares = {"minus": (values < 0).sum(), "zero": (values == 0).sum(), "plus": (values > 0).sum()}
        for key, n in shares.items():
            is_share(said[key], int(n) / values.size)
        drawn = {part.name.split(" ", 1)[0]: part.name.split(" ", 1)[1] for part in histogram_bars(found).parts}
        names = {"negative": "minus", "zero": "zero", "positive": "plus"}
        assert drawn.keys() == {name for name, key in names.items() if shares[key]}
        for name, shown in drawn.items():
            is_share(shown, int(shares[names[name]]) / values.size)


@checks(say.dead_sentence, say.layer_sentence)
def check_dead_channels(case: Case) -> None:
    for layer in layers(case):
        values = maps(case, layer)
        dead = [c for c, one in enumerate(values) if not one.any()]
        said = taken_apart(
            say.dead_sentence(case.top, layer),
            "None of the {all:i} channels is dead: each is different from zero somewhere.",
            "{n:i} of {all:i} channels {verb} dead on this picture, zero everywhere: {names}. On another picture they "
            "may speak.",
        )
        assert int(said["all"]) == len(values)
        assert int(said.get("n", 0)) == len(dead)
        if dead:
            agrees(len(dead), "is", "are", said["verb"])
            assert said["names"] == ", ".join(map(str, dead[:20])) + (" …" if len(dead) > 20 else "")
        said = taken_apart(
            say.layer_sentence(case.top, layer),
            "{layer} ends {with} {kind}: {sizes} values, {zero:%} of them exactly zero[[; {n:i} of {all:i} channels "
            "{verb} zero everywhere on this picture]].",
            "{layer} is {kind}: {sizes} values, {zero:%} of them exactly zero[[; {n:i} of {all:i} channels {verb} "
            "zero everywhere on this picture]].",
        )
        described = case.network.layer(layer)
        assert said["layer"] == layer
        assert ("with" in said) == (layer not in case.network.layers)
        assert said["kind"] == described.kind
        assert said["sizes"] == " × ".join(map(str, case.top[layer].shape))
        is_share(said["zero"], int((values == 0).sum()) / values.size)
        assert int(said.get("n", 0)) == len(dead)
        if dead:
            assert int(said["all"]) == len(values)
            agrees(len(dead), "is", "are", said["verb"])


@checks(say.correlation_sentence)
def check_correlations(case: Case) -> None:
    for layer in (
        case.loudest[0],
        *[stage for stage in case.network.stages if case.network.layer(stage).is_spatial][:1],
    ):
        values = maps(case, layer).astype(np.float64)
        most = 24
        found = channels.correlations(case.top, layer, most)
        said = taken_apart(
            say.correlation_sentence(found),
            "{pairs}.[[ Of {n:i} channels these are the {shown:i} with the largest variance.]]"
            "[[ Without variance, and so without a correlation, {flat} of them: holes.]]",
        )
        if len(values) > most:
            assert (int(said["n"]), int(said["shown"])) == (len(values), most)
            ranked = sorted(range(len(values)), key=lambda c: -values[c].var())
            assert {*found.channels} == {*ranked[:most]}
        flat = [c for c in found.channels if values[c].min() == values[c].max()]
        if flat:
            n = int(said["flat"].split()[1])
            assert n == len(flat)
            agrees(n, "is", "are", said["flat"].split()[0])
        compare_pairs(said["pairs"], values, [c for c in found.channels if c not in flat])


def compare_pairs(text: str, values: np.ndarray, usable: list[int]) -> None:
    if text == "No two channels have a correlation here":
        assert len(usable) < 2 or values.shape[1] == 1
        return
    r = {
        (a, b): float(np.corrcoef(values[a], values[b])[0, 1]) for i, a in enumerate(usable) for b in usable[i + 1 :]
    }  # fmt: skip
    strongest = sorted((abs(one) for one in r.values()), reverse=True)[:5]
    named = text.removeprefix("Most alike: ").split("; ")
    assert len(named) == len(strongest)
    for part, size in zip(named, strongest, strict=True):
        one = taken_apart(part, "channels {a:i} and {b:i}, r = {r:n}")
        own = r[int(one["a"]), int(one["b"])]
        assert abs(float(one["r"]) - own) <= 0.00051
        assert abs(abs(own) - size) < 1e-5


@checks(say.step_sentence)
def check_steps(case: Case) -> None:
    network = case.network
    for layer in layers(case):
        for before, after in channels.steps_at(network, layer):
            for channel in {0, len(maps(case, after)) // 2}:
                compare_step(case, before, after, channel)


def compare_step(case: Case, before: str, after: str, channel: int) -> None:
    network, kind = case.network, case.network.layer(after).kind
    said = taken_apart(
        say.step_sentence(case.top, before, after, channel),
        "No channel of {before} belongs to channel {channel:i} of {after} ({kind}).",
        "Channel {channel:i} of {after} is made from {n:i} channels of {before} ({kind}). Channel {source:i} is the "
        "one with the strongest kernel.",
        "{after} ({kind}) turns {first} cells of {before} into {second}.",
        "{after} ({kind}) sets {cut:%} of the {numbers:i} numbers to zero. The range goes from ({a:n}, {b:n}) to "
        "({c:n}, {d:n}).",
        "{after} ({kind}) sets {cut:%} of channel {channel:i}'s {cells:i} cells to zero. The range goes from ({a:n}, "
        "{b:n}) to ({c:n}, {d:n}).",
    )
    assert (said["after"], said["kind"], said.get("before", before)) == (after, kind, before)
    assert int(said.get("channel", channel)) == channel
    if "source" in said:
        weight = network.weights(after)["weight"]
        sizes = [float(np.abs(one).sum(dtype=np.float64)) for one in weight[channel]]
        n_groups = len(maps(case, before)) // len(sizes)
        first = channel // (len(weight) // n_groups) * len(sizes)
        assert int(said["n"]) == len(sizes)
        assert sizes[int(said["source"]) - first] >= max(sizes) * (1 - 1e-6)
    if "cut" in said:
        one, other = (maps(case, name) for name in (before, after))
        if "cells" in said:
            own = channels.counterpart(network, before, after, channel)
            one, other = one[own], other[channel]
            counted(said["cells"], one.size)
            if kind in ("ReLU", "ReLU6", "Hardswish", "tanh", "batch norm", "dropout"):
                assert own == channel
        one, other = one.ravel(), other.ravel()
        n = sum(a != 0 and b == 0 for a, b in zip(one.tolist(), other.tolist(), strict=True))
        is_share(said["cut"], n / one.size)
        for key, value in zip("abcd", (one.min(), one.max(), other.min(), other.max()), strict=True):
            same(said[key], float(value), 3)
        assert int(said.get("numbers", one.size)) == one.size


@checks(say.beside_sentence, say.range_note)
def check_several_pictures(case: Case) -> None:
    layer, channel = case.loudest
    own = case.top[layer].reshape(len(case.top[layer]), -1)[channel : channel + 1]
    values = [own, own * 2, own * 0.5]
    said = taken_apart(
        say.beside_sentence(values, ["a", "b", "c"]), "One scale for all. The highest value, {high:n}, is on “{name}”."
    )
    same(said["high"], 2 * float(own.max()))
    assert said["name"] == ("b" if own.max() > 0 else "c")
    said = taken_apart(
        say.beside_sentence([own, own], ["a", "b"]), "One scale for all. The highest value is {high:n} on each picture."
    )
    same(said["high"], float(own.max()))
    for shown in (case.top[layer], own, np.where(own > 0, own, np.nan).astype(np.float32)):
        said = taken_apart(say.range_note(shown), "{low:n} to {high:n}, {zero:%} zero")
        finite = [value for value in shown.ravel().tolist() if math.isfinite(value)]
        same(said["low"], min(finite), 3)
        same(said["high"], max(finite), 3)
        is_share(said["zero"], finite.count(0.0) / len(finite))
    assert say.range_note(np.full((2, 2), np.nan, np.float32)) == "no finite number"


@checks(say.switch_sentence, say.evidence_sentence)
def check_switching(case: Case) -> None:
    layer, channel = case.loudest
    n = len(maps(case, layer))
    for factors in ({channel: 0.0}, dict.fromkeys(range(n), 0.0), {channel: 3.0, (channel + 1) % n: 0.5}):
        for trace, index in ((case.top, case.best), (case.least, case.worst)):
            after = switch(trace, layer, factors)
            p = softmax(after.logits)
            said = taken_apart(
                say.switch_sentence(trace, after, layer, factors),
                "With {n:i} of {all:i} channels of {layer} {done}, “{category}” goes from {before:%} to {after:%}; "
                "“{best}” stays the likeliest.",
                "With {n:i} of {all:i} channels of {layer} {done}, “{category}” goes from {before:%} to {after:%}; the "
                "likeliest is now “{now}”, {share:%}.",
            )
            assert (int(said["n"]), int(said["all"]), said["layer"]) == (len(factors), n, layer)
            assert said["done"] == ("switched off" if not any(factors.values()) else "times 0.5, 3")
            assert said["category"] == case.category(index)
            is_chance(said["before"], case.probabilities[index])
            is_chance(said["after"], p[index])
            best = p.index(max(p))
            assert ("now" in said) == (best != case.best)
            assert said.get("now", said.get("best")) == case.category(best)
            if "share" in said:
                is_chance(said["share"], max(p))
            compare_evidence(case, trace, after)
    assert say.switch_sentence(case.top, case.top, layer, {}).startswith("Nothing is switched: ")


def compare_evidence(case: Case, trace: Trace, after: Trace) -> None:
    if not case.network.has_maps:
        return
    before, behind = (class_activation_map(one, layer=case.network.cam_layer) for one in (trace, after))
    said = taken_apart(
        say.evidence_sentence(before, behind),
        "Before, the evidence went up to {high:n}; now no cell speaks for the class.",
        "The strongest evidence in a cell goes from {high:n} to {now:n}.",
    )
    same(said["high"], float(before.max()), 3)
    assert ("now" in said) == bool(behind.max() > 0)
    if "now" in said:
        same(said["now"], float(behind.max()), 3)


@checks(say.decision_sentence)
def check_decisions(case: Case) -> None:
    if not case.is_small:
        return
    layer, _ = case.loudest
    n = len(maps(case, layer))
    for trace, index, most in ((case.top, case.best, 3), (case.least, case.worst, 2)):
        found = decisive(trace, layer, max_channels=most)
        said = taken_apart(
            say.decision_sentence(trace, layer, found),
            "With {channels} of {layer} alone, and the other {off:i} off, “{category}” is the likeliest class, with "
            "{share:%}. Each was the one that helped most at its turn, of {tried}.",
            "With {channels} of {layer} alone, and the other {off:i} off, “{category}” is still not the likeliest "
            "class ({share:%}): its evidence is spread over more channels. Each was the one that helped most at its "
            "turn, of {tried}.",
        )
        kept = [int(one) for one in said["channels"].split(" ", 1)[1].split(", ")]
        agrees(len(kept), "channel", "channels", said["channels"].split()[0])
        assert (said["layer"], said["category"], int(said["off"])) == (layer, case.category(index), n - len(kept))
        after = switch(trace, layer, {c: 0.0 for c in range(n) if c not in kept})
        p = softmax(after.logits)
        is_chance(said["share"], p[index], 1e-5)
        assert ("still not" in say.decision_sentence(trace, layer, found)) == (max(p) > p[index])
        assert said["tried"] == ("all" if n <= 64 else "the 64 with most gradient × activation")


@checks(say.channel_sentence)
def check_channels(case: Case) -> None:
    for layer in layers(case):
        described = case.network.layer(layer)
        if len(described.shape) not in (1, 3):
            continue
        channel = len(case.top[layer]) // 2
        values = case.top[layer][channel].astype(np.float64)
        said = taken_apart(
            say.channel_sentence(case.top, layer, channel),
            "Number {channel:i} of {layer} is {value:n}. It has no place in the picture: the maps have ended.",
            "{height:i} × {width:i} cells from {low:n} to {high:n}, mean {mean:n}, {zero:%} exactly zero. Each cell "
            "depends on the whole picture.",
            "{height:i} × {width:i} cells from {low:n} to {high:n}, mean {mean:n}, {zero:%} exactly zero. Each cell "
            "sees {rows:i} × {columns:i} pixels, {step:i} further from cell to cell.",
            "{height:i} × {width:i} cells from {low:n} to {high:n}, mean {mean:n}, {zero:%} exactly zero. Each cell "
            "sees {rows:i} × {columns:i} pixels, padding among them, {step:i} further from cell to cell.",
        )
        if "value" in said:
            assert values.size == 1
            assert int(said["channel"]) == channel
            same(said["value"], values.item(), 6)
            continue
        assert (int(said["height"]), int(said["width"])) == values.shape
        same(said["low"], values.min())
        same(said["high"], values.max())
        same(said["mean"], values.mean(), 4, 1e-6 * float(np.abs(values).max()))
        is_share(said["zero"], int((values == 0).sum()) / values.size)
        if "rows" in said:
            compare_field(case, layer, channel, said)


def compare_field(case: Case, layer: str, channel: int, said: dict[str, str]) -> None:
    """Of a channel that a branch alone makes the field can be smaller than that of the layer."""
    found = []
    for axis in (0, 1):
        (low, high), (following, _) = (field_of(case.network, layer, cell, axis) for cell in (3, 4))
        found.append(high - low + 1)
        assert int(said["step"]) == following - low
    assert int(said["rows"]) <= found[0]
    assert int(said["columns"]) <= found[1]
    if not any(one.kind == "concatenation" for one in case.network.layers.values()):
        assert [int(said["rows"]), int(said["columns"])] == found
    side = case.network.preprocessing.size
    assert ("padding" in say.channel_sentence(case.top, layer, channel)) == (int(said["rows"]) > side)


@checks(film.Film.colors)
def check_films(case: Case) -> None:
    for names in ([case.loudest[0]], [next(iter(case.network.layers))]):
        found = film.film(case.top, names, 0, 1)
        values = [float(np.nanmin(film.drawable(case.top, name, 0))) for name in names]
        assert ("blue below zero" in found.colors) == (min(values) < 0)
        taken_apart(found.colors, "{all}")


@checks(say.left_out_sentence)
def check_what_a_film_leaves_out(case: Case) -> None:
    most = max(case.network.layer(stage).n_channels for stage in case.network.stages)
    for first in (0, most // 2, most - 1):
        text = say.left_out_sentence(case.network, film.left_out(case.network, None, first), first)
        columns = film.film_layers(case.network, None, first)
        assert bool(text) == (len(columns) < len(case.network.stages))
        if not text:
            continue
        said = taken_apart(
            text,
            "Left out: {ended} has no maps any more[[; too few channels to have a number {first:i}: {each}]].",
            "Left out: {ended} have no maps any more[[; too few channels to have a number {first:i}: {each}]].",
            "Left out: too few channels to have a number {first:i}: {each}.",
        )
        ended = said["ended"].split(", ") if "ended" in said else []
        if ended:
            agrees(len(ended), " has no", " have no", " has no" if " has no" in text else " have no")
        assert all(case.top[name].ndim < 3 or case.top[name].size == len(case.top[name]) for name in ended)
        few = [one.rpartition(" (") for one in said["each"].split(", ")] if "each" in said else []
        assert all(case.network.layer(name).n_channels == int(n[:-1]) <= first for name, _, n in few)
        assert {*columns, *ended, *(name for name, *_ in few)} == {*case.network.stages}


@checks(say.step_name)
def check_names_of_steps(case: Case) -> None:
    for layer in layers(case):
        for before, after in channels.steps_at(case.network, layer):
            said = taken_apart(say.step_name(before, after), "{before} → {own}")
            assert f".{before}".endswith(f".{said['before']}")
            assert f".{after}".endswith(f".{said['own']}")
            shared = after.removesuffix(said["own"])
            assert before.startswith(shared)
            hidden = before.removesuffix(said["before"])
            assert shared.startswith(hidden)
            assert shared.removeprefix(hidden).count(".") <= 1
            assert shared or before.split(".")[0] != after.split(".")[0] or "." not in after or "." not in before
